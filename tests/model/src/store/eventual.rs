//! An eventual store, as adverse as its promises allow (DESIGN.md, "The eventual scheme").
//!
//! - A write is sent, *arrives* up to ten seconds later, and is seen at each place some time within V: from its arrival,
//!   or from its acknowledgement where that comes first. Where it was written it may be seen at once, or as late as
//!   anywhere.
//! - The write that arrives last wins. A place shows, of what has arrived, the last write that is seen there; one that
//!   flaps shows anything that is not surely overwritten. So cached values and cached misses need no rule of their own:
//!   until a write is seen, whatever was before it is shown, be that nothing.
//! - Two writes of one key within a second: the second is turned away.
//! - A list is late in its own way, and by V at most.

use std::collections::BTreeMap;

use sealed_session::session::{Change, Key};
use sealed_session::{Handle, UserPseudonym};

use crate::chance::Chance;
use crate::setup::{PLACES, Setup};

/// Everything that was ever written.
pub struct Eventual {
    visibility: u64,
    late: u64,
    acknowledges_early: bool,
    flaps: bool,
    slowest: bool,
    keeps_expired: bool,
    /// In the order of arrival, what is still under way included.
    writes: BTreeMap<Key, Vec<Write>>,
}

/// What became of a send.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Sent {
    /// It is acknowledged at this time.
    Accepted(u64),
    /// 429.
    TooSoon,
}

struct Write {
    value: Option<(Vec<u8>, u64)>,
    sent: u64,
    arrives: u64,
    /// When each place shows it: its gets, and its lists.
    seen: [u64; PLACES],
    listed: [u64; PLACES],
    /// When every place does.
    seen_everywhere: u64,
}

impl Eventual {
    pub const fn new(setup: &Setup) -> Self {
        let Setup { visibility, late, acknowledges_early, flaps, slowest, keeps_expired, .. } = *setup;
        Self { visibility, late, acknowledges_early, flaps, slowest, keeps_expired, writes: BTreeMap::new() }
    }

    pub fn value(&self, key: &Key, place: usize, now: u64, chance: &mut Chance) -> Option<Vec<u8>> {
        let writes = self.arrived(key, now);
        let shown = if self.flaps && chance.one_in(3) {
            // Nothing, too, unless some write is surely seen.
            let surely = writes.iter().rposition(|write| write.seen_everywhere <= now);
            let first = surely.map_or(0, |index| index + 1);
            (first + chance.index(writes.len() + 1 - first)).checked_sub(1)
        } else {
            writes.iter().rposition(|write| write.seen[place] <= now)
        };
        self.shown(&writes[shown?], now)
    }

    pub fn listed(&self, user: UserPseudonym, place: usize, now: u64) -> Vec<(Handle, Vec<u8>)> {
        let entry = |key: &Key| {
            let Key::User(owner, handle) = key else { return None };
            let write = self.arrived(key, now).iter().rev().find(|write| write.listed[place] <= now)?;
            (*owner == user).then_some((*handle, self.shown(write, now)?))
        };
        self.writes.keys().filter_map(entry).collect()
    }

    pub fn send(&mut self, change: Change, place: usize, now: u64, chance: &mut Chance) -> Sent {
        let writes = self.writes.entry(change.key()).or_default();
        if writes.iter().any(|write| write.sent.abs_diff(now) < WRITE_INTERVAL) {
            return Sent::TooSoon;
        }
        let arrives = now + delay(self.late, chance);
        let acknowledged = if self.acknowledges_early { now } else { arrives };
        let seen_everywhere = arrives.max(acknowledged + self.visibility);
        let slowest = self.slowest;
        let somewhere = |own: bool, chance: &mut Chance| {
            if slowest {
                seen_everywhere
            } else if own && chance.one_in(2) {
                arrives
            } else {
                arrives + delay(seen_everywhere - arrives, chance)
            }
        };
        let seen = core::array::from_fn(|at| somewhere(at == place, chance));
        let listed = core::array::from_fn(|_| somewhere(false, chance));
        let value = match change {
            Change::Delete(_) => None,
            Change::Put { value, expires_at, .. } => {
                Some((value, (u64::from(expires_at) * 1000).max(now + SOONEST_EXPIRATION)))
            }
        };
        let after = writes.partition_point(|write| write.arrives <= arrives);
        writes.insert(after, Write { value, sent: now, arrives, seen, listed, seen_everywhere });
        Sent::Accepted(acknowledged)
    }

    fn arrived(&self, key: &Key, now: u64) -> &[Write] {
        let writes = self.writes.get(key).map_or(&[][..], Vec::as_slice);
        &writes[..writes.partition_point(|write| write.arrives <= now)]
    }

    fn shown(&self, write: &Write, now: u64) -> Option<Vec<u8>> {
        let (value, expires) = write.value.as_ref()?;
        (self.keeps_expired || now < *expires).then(|| value.clone())
    }
}

/// Mostly nothing, a moment, or all of it: what lies between finds less.
fn delay(most: u64, chance: &mut Chance) -> u64 {
    match chance.below(8) {
        0..3 => 0,
        3 => chance.up_to(most.min(1000)),
        4..6 => chance.up_to(most),
        _ => most,
    }
}

/// Milliseconds between two writes of one key.
const WRITE_INTERVAL: u64 = 1000;
/// Milliseconds that a value is kept at least.
const SOONEST_EXPIRATION: u64 = 90_000;
