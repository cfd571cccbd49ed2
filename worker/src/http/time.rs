//! Times as answers have them: RFC 3339 in UTC, with milliseconds.

use chrono::{DateTime, SecondsFormat};

/// A moment in Unix milliseconds, as `2026-11-21T10:58:00.123Z`.
pub(super) fn rfc3339(ms: u64) -> String {
    // Deadlines lie within ten years of a clock; what chrono cannot show is no time of ours.
    let moment = i64::try_from(ms).ok().and_then(DateTime::from_timestamp_millis).unwrap_or_default();
    moment.to_rfc3339_opts(SecondsFormat::Millis, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_by_people_and_by_date() {
        assert_eq!(rfc3339(1_800_000_000_123), "2027-01-15T08:00:00.123Z");
        assert_eq!(rfc3339(u64::MAX), "1970-01-01T00:00:00.000Z");
    }
}
