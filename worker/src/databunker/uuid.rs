//! UUIDs as Databunker takes them: 8-4-4-4-12 hexadecimal digits, whatever they say of a version, and case-sensitive.

use sealed_session::ForeignId;
use sealed_session::session::SessionError;

/// The foreign ID that a UUID is, or nothing.
pub(super) fn parse(text: &str) -> Option<ForeignId> {
    ForeignId::parse(text).filter(|_| is_uuid(text))
}

/// Whether it has the form of one.
pub(super) fn is_uuid(text: &str) -> bool {
    let has_form = |(at, byte): (usize, u8)| if DASHES.contains(&at) { byte == b'-' } else { byte.is_ascii_hexdigit() };
    text.len() == LEN && text.bytes().enumerate().all(has_form)
}

/// A new one: 122 random bits (RFC 9562, section 5.4).
pub(super) fn random() -> Result<ForeignId, SessionError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| SessionError::NoRandomness)?;
    let bits = u128::from_be_bytes(bytes) & !(0xF << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    let hex = format!("{bits:032x}");
    let part = |from, to| hex.get(from..to).unwrap_or_default();
    let text = [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-");
    parse(&text).ok_or(SessionError::Internal)
}

const LEN: usize = 36;
const DASHES: [usize; 4] = [8, 13, 18, 23];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_looked_at_and_nothing_else() {
        for good in [
            "5e551000-0000-4000-8000-000000000001",
            "ABCDEF01-2345-7789-abcd-ef0123456789",
            "00000000-0000-0000-0000-000000000000",
        ] {
            assert!(parse(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "5e551000000040008000000000000001",
            "5e551000-0000-4000-8000-00000000000",
            "5e551000-0000-4000-8000-0000000000011",
            "5e551000-0000-4000-8000-00000000000g",
            "5e551000_0000_4000_8000_000000000001",
            "5e55100-00000-4000-8000-000000000001",
            "Kx3vQ0aJm2Lw9_-ZyTt7uVbNcXeRdSfG",
        ] {
            assert!(parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn new_ones_are_of_version_4_and_do_not_repeat() {
        let made: std::collections::BTreeSet<String> =
            (0..1000).map(|_| random().unwrap().as_str().to_owned()).collect();
        assert_eq!(made.len(), 1000);
        for uuid in &made {
            assert!(uuid.as_bytes()[14] == b'4' && matches!(uuid.as_bytes()[19], b'8' | b'9' | b'a' | b'b'), "{uuid}");
        }
    }
}
