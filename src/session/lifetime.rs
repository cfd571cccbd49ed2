//! How long a session lives: an absolute deadline that nothing moves, and an idle window that use moves.
//!
//! Times are Unix milliseconds, windows are seconds. Whoever calls says what time it is.

/// The two lifetimes of one session.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Lifetime {
    /// When it was created, or when its user logged in.
    pub created: u64,
    /// When it ends, however much it is used.
    pub absolute: u64,
    /// For how many seconds it may lie unused.
    pub idle: u32,
}

impl Lifetime {
    /// A lifetime of `absolute` seconds from `now`.
    #[must_use]
    pub fn starting(now: u64, idle: u32, absolute: u32) -> Self {
        Self { created: now, absolute: now.saturating_add(ms(absolute)), idle }
    }

    /// The same windows, from `now` on.
    #[must_use]
    pub fn anew(self, now: u64) -> Self {
        Self { created: now, absolute: now.saturating_add(self.absolute_ms()), idle: self.idle }
    }

    /// When it ends if nobody uses it any more.
    #[must_use]
    pub fn idle_deadline(self, last_seen: u64) -> u64 {
        last_seen.saturating_add(ms(self.idle)).min(self.absolute)
    }

    /// Whether it lived out its absolute life.
    #[must_use]
    pub const fn is_over(self, now: u64) -> bool {
        now >= self.absolute
    }

    /// Whether it lay unused for too long.
    #[must_use]
    pub fn is_idle(self, last_seen: u64, now: u64) -> bool {
        now >= self.idle_deadline(last_seen)
    }

    /// Whether the store should be told that it is in use: once per tenth of the idle window, so that a session costs
    /// ten writes a window at the most, and lives a tenth of it less than its last use would allow at the worst.
    #[must_use]
    pub fn is_touch_due(self, last_seen: u64, now: u64) -> bool {
        now.saturating_sub(last_seen) >= ms(self.idle) / TOUCHES_PER_WINDOW
    }

    /// Whether a caller who wants the same life anew should get it: once per tenth of the absolute life. Before that, what is
    /// left is as good, as with a touch.
    #[must_use]
    pub fn is_renewal_due(self, now: u64) -> bool {
        now.saturating_sub(self.created) >= self.absolute_ms() / TOUCHES_PER_WINDOW
    }

    /// The absolute life in milliseconds.
    #[must_use]
    pub const fn absolute_ms(self) -> u64 {
        self.absolute.saturating_sub(self.created)
    }
}

/// The first whole second at or after a moment: when something that is alive before it may be dropped.
#[must_use]
pub fn unix_seconds_up(ms: u64) -> u32 {
    u32::try_from(ms.div_ceil(1000)).unwrap_or(u32::MAX)
}

/// The whole second that a moment lies in.
#[must_use]
pub fn unix_seconds(ms: u64) -> u32 {
    u32::try_from(ms / 1000).unwrap_or(u32::MAX)
}

/// Seconds as milliseconds.
#[must_use]
pub(super) fn ms(seconds: u32) -> u64 {
    u64::from(seconds).saturating_mul(1000)
}

const TOUCHES_PER_WINDOW: u64 = 10;

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u32 = 3600;

    #[test]
    fn idle_never_outlives_absolute() {
        let life = Lifetime::starting(1_000, HOUR, 2 * HOUR);
        assert_eq!(life.idle_deadline(1_000), 1_000 + ms(HOUR));
        assert_eq!(life.idle_deadline(1_000 + ms(HOUR) + 1), 1_000 + ms(2 * HOUR));
    }

    #[test]
    fn lifetimes_end_at_the_very_millisecond() {
        let life = Lifetime::starting(0, HOUR, HOUR);
        assert!(!life.is_over(ms(HOUR) - 1) && life.is_over(ms(HOUR)));
        assert!(!life.is_idle(0, ms(HOUR) - 1) && life.is_idle(0, ms(HOUR)));
    }

    #[test]
    fn a_touch_is_due_after_a_tenth_of_the_idle_window() {
        let life = Lifetime::starting(0, HOUR, 24 * HOUR);
        assert!(!life.is_touch_due(0, ms(HOUR) / 10 - 1) && life.is_touch_due(0, ms(HOUR) / 10));
        assert!(!life.is_touch_due(10, 5), "a clock that went back owes no touch");
    }

    #[test]
    fn a_life_is_renewed_after_a_tenth_of_it() {
        let life = Lifetime::starting(1_000, 60, HOUR);
        assert!(!life.is_renewal_due(1_000 + ms(HOUR) / 10 - 1) && life.is_renewal_due(1_000 + ms(HOUR) / 10));
        assert!(!life.is_renewal_due(0), "a clock that went back");
    }

    #[test]
    fn no_number_is_too_large() {
        let life = Lifetime::starting(u64::MAX, u32::MAX, u32::MAX);
        assert!(life.is_over(u64::MAX));
        assert_eq!(unix_seconds_up(u64::MAX), u32::MAX);
        assert_eq!(life.anew(u64::MAX).absolute, u64::MAX);
    }

    #[test]
    fn deadlines_round_up_to_seconds() {
        assert_eq!((unix_seconds_up(1_000), unix_seconds_up(1_001), unix_seconds(1_999)), (1, 2, 1));
    }
}
