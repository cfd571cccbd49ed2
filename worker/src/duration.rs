//! Durations as people write them: `"45s"`, `"30m"`, `"12h"`, `"7d"`.

/// Reads a duration in seconds, or nothing: no sign, no fraction, no white space, one unit. One that is too long to
/// count is as long as can be counted, which is over every limit.
pub fn parse(text: &str) -> Option<u32> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86400,
        _ => return None,
    };
    Some(number(digits)?.saturating_mul(seconds))
}

/// Reads a duration, or a bare number of seconds, as settings have it.
pub fn parse_setting(text: &str) -> Option<u32> {
    parse(text).or_else(|| number(text))
}

/// Digits and nothing else; `u32::from_str` would take a plus sign.
fn number(digits: &str) -> Option<u32> {
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_one_unit_and_nothing_else() {
        for (text, seconds) in
            [("0s", 0), ("45s", 45), ("30m", 1800), ("12h", 43200), ("400d", 34_560_000), ("50000d", u32::MAX)]
        {
            assert_eq!(parse(text), Some(seconds), "{text}");
        }
        for refused in ["", "s", "m", "12", "1w", "-1h", "+1h", "1.5h", " 1h", "1h ", "1 h", "1h30m", "1ä"] {
            assert_eq!(parse(refused), None, "{refused}");
        }
        assert_eq!(parse_setting("60"), Some(60));
        assert_eq!(parse_setting("99999999999999999999"), Some(u32::MAX));
        assert_eq!(parse_setting("+60"), None);
    }
}
