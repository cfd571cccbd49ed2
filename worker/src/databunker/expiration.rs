//! For how long a session shall live, as the two surfaces say it. The same text means two things: `1m` is a month to v1 and a
//! minute to v2.

use serde_json::value::RawValue;

/// `expiration` of v1: seconds or epoch seconds, as a number or as text; or text with a unit, of which `m` is 31 days.
/// `None` where nothing is asked for, or nothing that can be read: then it is the most that there is.
pub(super) fn v1(value: Option<&RawValue>, now: u64) -> Option<u32> {
    seconds(value?, now, |unit| match unit {
        "s" => Some(1),
        "h" => Some(HOUR),
        "d" => Some(DAY),
        "m" => Some(31 * DAY),
        _ => None,
    })
}

/// `slidingtime` and `finaltime` of v2: the same, but that `m` is a minute, and there are years of 365 days.
pub(super) fn v2(value: Option<&RawValue>, now: u64) -> Option<u32> {
    seconds(value?, now, |unit| match unit {
        "s" => Some(1),
        "m" => Some(60),
        "h" => Some(HOUR),
        "d" => Some(DAY),
        "y" => Some(365 * DAY),
        _ => None,
    })
}

/// Seconds from `now` (Unix seconds), at least one: too many to count are as many as can be counted.
fn seconds(value: &RawValue, now: u64, unit: impl Fn(&str) -> Option<u64>) -> Option<u32> {
    let seconds = if let Ok(number) = serde_json::from_str::<f64>(value.get()) {
        // Fractions are cut, and what no number can hold is the nearest that it can.
        #[expect(clippy::cast_possible_truncation, reason = "casts from floats saturate")]
        let number = number as i64;
        match u64::try_from(number) {
            Ok(number) => from_now(number, now)?,
            // Before it began: as short as there is.
            Err(_) => SHORTEST,
        }
    } else {
        let text = serde_json::from_str::<String>(value.get()).ok()?;
        let (digits, suffix) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
        if digits.is_empty() {
            return None;
        }
        let number = digits.parse().unwrap_or(u64::MAX);
        if suffix.is_empty() {
            from_now(number, now)?
        } else {
            Some(number.saturating_mul(unit(suffix)?)).filter(|seconds| *seconds > 0)?
        }
    };
    Some(u32::try_from(seconds).unwrap_or(u32::MAX))
}

/// A bare number: what is later than now is a moment, and so is what cannot be meant as a duration.
fn from_now(number: u64, now: u64) -> Option<u64> {
    match number {
        0 => None,
        later if later > now => Some(later.saturating_sub(now)),
        // It has passed. The original, whose clock has 32 bits, ends such a session before it begins.
        past if past >= EPOCH_SECONDS => Some(SHORTEST),
        duration => Some(duration),
    }
}

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;
/// Seconds: no life is shorter, and no session is over when it begins.
const SHORTEST: u64 = 1;
/// The epoch's seconds have had ten digits since 2001, and nobody asks for thirty years.
const EPOCH_SECONDS: u64 = 1_000_000_000;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: u64 = 1_800_000_000;
    type Read = fn(Option<&RawValue>, u64) -> Option<u32>;

    fn read(read: Read, json: &str) -> Option<u32> {
        read(Some(serde_json::from_str(json).unwrap()), NOW)
    }

    #[test]
    fn v1_reads_what_the_original_reads() {
        for (json, seconds) in [
            ("3", Some(3)),
            ("3.9", Some(3)),
            ("\"3\"", Some(3)),
            ("\"3s\"", Some(3)),
            ("\"007s\"", Some(7)),
            ("\"2h\"", Some(7200)),
            ("\"10d\"", Some(864_000)),
            ("1800000030", Some(30)),
            ("\"1800000030\"", Some(30)),
            ("0", None),
            ("0.9", None),
            ("\"0\"", None),
            ("\"0h\"", None),
            ("null", None),
            ("true", None),
            ("{}", None),
            ("[\"1h\"]", None),
            ("\"\"", None),
            ("\"abc\"", None),
            ("\"-1\"", None),
            ("\"+1\"", None),
            ("\"5S\"", None),
            ("\" 5s\"", None),
            ("\"5s \"", None),
            ("\"5 s\"", None),
            ("\"1.5h\"", None),
            ("\"1w\"", None),
            ("\"1y\"", None),
            ("\"1ms\"", None),
            ("\"1h30\"", None),
            ("\"\u{0665}s\"", None),
        ] {
            assert_eq!(read(v1, json), seconds, "{json}");
        }
        assert_eq!(v1(None, NOW), None);
    }

    #[test]
    fn m_is_a_month_of_31_days_in_v1_and_a_minute_in_v2() {
        assert_eq!((read(v1, "\"1m\""), read(v2, "\"1m\"")), (Some(2_678_400), Some(60)));
        assert_eq!((read(v1, "\"30m\""), read(v2, "\"30m\"")), (Some(80_352_000), Some(1800)));
    }

    #[test]
    fn v2_has_years_and_the_rest_of_v1() {
        for (json, seconds) in [
            ("\"1y\"", Some(31_536_000)),
            ("\"24h\"", Some(86_400)),
            ("\"30d\"", Some(2_592_000)),
            ("\"90s\"", Some(90)),
            ("90", Some(90)),
            ("1800000090", Some(90)),
            ("\"1w\"", None),
            ("null", None),
        ] {
            assert_eq!(read(v2, json), seconds, "{json}");
        }
    }

    #[test]
    fn what_overflows_there_is_long_here_and_what_has_passed_is_short() {
        for json in ["2147483648", "\"600m\"", "\"25000d\"", "1800000030000", "1e300", "\"99999999999999999999d\""] {
            assert!(read(v1, json).unwrap() >= 300_000_000, "{json}");
        }
        for json in ["-5", "-1e300", "1799999900", "\"1799999900\"", "1800000000"] {
            assert_eq!(read(v1, json), Some(1), "{json}");
        }
    }

    proptest! {
        #[test]
        fn every_text_means_something_or_nothing(text in prop_oneof![any::<String>(), "[0-9]{0,25}.{0,3}"], now: u64) {
            let json = serde_json::to_string(&text).unwrap();
            for read in [v1 as Read, v2 as Read] {
                let seconds = read(Some(serde_json::from_str(&json).unwrap()), now);
                prop_assert!(seconds.is_none_or(|seconds| seconds > 0));
                prop_assert!(seconds.is_none() || text.starts_with(|c: char| c.is_ascii_digit()));
            }
        }

        #[test]
        fn every_number_means_the_same_as_its_text(number: u32, now in 0..u64::from(u32::MAX)) {
            for read in [v1 as Read, v2 as Read] {
                let of = |json: String| read(Some(serde_json::from_str(&json).unwrap()), now);
                prop_assert_eq!(of(number.to_string()), of(format!("\"{number}\"")));
            }
        }

        #[test]
        fn every_json_is_read(json in "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,5})?([eE][+-]?[0-9]{1,4})?", now: u64) {
            let json = serde_json::from_str::<&RawValue>(&json).unwrap();
            prop_assert!(v1(Some(json), now).is_none_or(|seconds| seconds > 0));
            prop_assert_eq!(v1(Some(json), now), v2(Some(json), now));
        }
    }
}
