//! When what the store turned away is tried again.

/// How long to wait before the next try, or `None` to give up.
///
/// Workers KV takes one write per second and key and answers 429 to the next one. So the first wait is a second, and the
/// jitter keeps two writers that collided from colliding again. `random` is any random number.
#[must_use]
pub fn wait_before(tries: u32, now: u64, not_after: Option<u64>, random: u32) -> Option<u64> {
    if is_last(tries) {
        return None;
    }
    let jitter = u64::from(random) % JITTER_MS;
    let wait = BASE_WAIT_MS.saturating_mul(u64::from(tries.max(1))).saturating_add(jitter);
    // A wait that ends too late is not worth waiting for.
    not_after.is_none_or(|not_after| now.saturating_add(wait) <= not_after).then_some(wait)
}

/// Whether a write was tried as often as it is worth.
#[must_use]
pub const fn is_last(tries: u32) -> bool {
    tries >= MAX_TRIES
}

/// How long to wait, in milliseconds, before a question that came to no answer is asked again, or `None` to give up.
///
/// A Durable Object that moves or starts again is back within a moment, so the waits are short, and all callers together
/// shall not come back in the same one. The platform tries for itself as well: where that took long already (`asked_for`,
/// in milliseconds), more of it is not what the caller waits for. `random` is any random number.
#[must_use]
pub fn wait_before_asking_again(tries: u32, asked_for: u64, random: u32) -> Option<u64> {
    let longest = FIRST_WAIT_MS.checked_shl(tries.max(1))?;
    (tries < MAX_QUESTIONS && asked_for < LONG_MS)
        .then(|| FIRST_WAIT_MS.saturating_add(u64::from(random).checked_rem(longest).unwrap_or_default()))
}

/// Tries of one question, the first included.
const MAX_QUESTIONS: u32 = 3;
/// Milliseconds.
const FIRST_WAIT_MS: u64 = 50;
/// Milliseconds.
const LONG_MS: u64 = 2000;
/// Tries of one write, the first included: at most some 8 seconds of waiting, which the caller sees as a slow call.
const MAX_TRIES: u32 = 4;
/// Milliseconds: what KV asks for between two writes of one key.
const BASE_WAIT_MS: u64 = 1000;
/// Milliseconds.
const JITTER_MS: u64 = 500;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_bounded_in_number_and_length() {
        for random in [0, 499, 500, u32::MAX] {
            let waits: Vec<u64> = (1..).map_while(|tries| wait_before(tries, 0, None, random)).collect();
            assert_eq!(waits.len(), 3);
            assert!(waits.iter().all(|wait| (1000..=3500).contains(wait)), "{waits:?}");
        }
    }

    #[test]
    fn questions_are_asked_again_soon_and_not_for_ever() {
        for random in [0, 99, 100, 199, u32::MAX] {
            let waits: Vec<u64> = (1..).map_while(|tries| wait_before_asking_again(tries, 1999, random)).collect();
            assert_eq!(waits.len(), 2);
            assert!(waits.iter().all(|wait| (50..250).contains(wait)), "{waits:?}");
        }
        assert_eq!(wait_before_asking_again(u32::MAX, 0, 0), None);
        assert_eq!(wait_before_asking_again(1, 2000, 0), None);
    }

    #[test]
    fn nothing_waits_past_its_time() {
        assert_eq!(wait_before(1, 5_000, Some(5_999), 0), None);
        assert_eq!(wait_before(1, 5_000, Some(6_000), 0), Some(1_000));
        assert_eq!(wait_before(1, u64::MAX, Some(u64::MAX), 0), Some(1_000));
    }
}
