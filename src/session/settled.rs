//! What this instance need not ask again (DESIGN.md, "Settling").
//!
//! In an eventual store a read asks for the session's markers too, until a clean answer is old enough that no end which
//! had been answered before could still be hidden. From then on that version is *settled* here. The set also knows when
//! this instance last saw a session, so that of ten reads at once one writes the touch.

use core::hash::Hasher;
use std::collections::BTreeMap;
use std::hash::DefaultHasher;

use super::record::Data;
use crate::envelope::Version;
use crate::id::Handle;

/// A bounded memory of what was checked. Two generations: the younger one is filled until it is full and then becomes
/// the older, whose entries are forgotten unless they were used meanwhile. Losing an entry costs a read, never safety.
#[derive(Debug)]
pub struct Settled {
    capacity: usize,
    young: BTreeMap<Handle, Known>,
    old: BTreeMap<Handle, Known>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Known {
    version: Option<Version>,
    last_seen: u64,
    /// What the session held when it was last read here, as a number; only of sessions under foreign IDs.
    held: Option<u64>,
}

impl Settled {
    /// A memory of at least `capacity` and at most twice as many sessions, some 136 bytes each.
    #[must_use]
    pub const fn new(capacity: usize) -> Self {
        Self { capacity, young: BTreeMap::new(), old: BTreeMap::new() }
    }

    /// The version that is settled, if one is.
    pub(crate) fn version(&mut self, handle: Handle) -> Option<Version> {
        self.recall(handle).and_then(|known| known.version)
    }

    /// When this instance last saw the session, or 0.
    pub(crate) fn last_seen(&mut self, handle: Handle) -> u64 {
        self.recall(handle).map_or(0, |known| known.last_seen)
    }

    pub(crate) fn settle(&mut self, handle: Handle, version: Version) {
        self.entry(handle).version = Some(version);
    }

    pub(crate) fn saw(&mut self, handle: Handle, last_seen: u64) {
        let known = self.entry(handle);
        known.last_seen = known.last_seen.max(last_seen);
    }

    /// The session was read here, and held this.
    pub(crate) fn holds(&mut self, handle: Handle, data: &Data) {
        self.entry(handle).held = Some(number(data));
    }

    /// Whether the session was read here, held this, and was not written from here since.
    pub(crate) fn held(&mut self, handle: Handle, data: &Data) -> bool {
        self.recall(handle).and_then(|known| known.held).is_some_and(|held| held == number(data))
    }

    /// The session was written from here: what a read here may still show is older.
    pub(crate) fn overwrote(&mut self, handle: Handle) {
        if let Some(known) = self.recall(handle) {
            known.held = None;
        }
    }

    pub(crate) fn forget(&mut self, handle: Handle) {
        self.young.remove(&handle);
        self.old.remove(&handle);
    }

    fn recall(&mut self, handle: Handle) -> Option<&mut Known> {
        if !self.young.contains_key(&handle) {
            let known = self.old.remove(&handle)?;
            self.remember(handle, known);
        }
        self.young.get_mut(&handle)
    }

    fn entry(&mut self, handle: Handle) -> &mut Known {
        let known = self.recall(handle).copied();
        if known.is_none() {
            self.remember(handle, Known::default());
        }
        self.young.entry(handle).or_default()
    }

    fn remember(&mut self, handle: Handle, known: Known) {
        if self.young.len() >= self.capacity {
            self.old = core::mem::take(&mut self.young);
        }
        self.young.insert(handle, known);
    }
}

/// Two payloads with one number are no harm: whoever asks compares the payloads before it believes that they are the same.
fn number(data: &Data) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(data.as_bytes());
    hasher.finish()
}

impl Default for Settled {
    /// Nothing known and room for nothing: what stands in while an operation holds the real one.
    fn default() -> Self {
        Self::new(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handle(n: u32) -> Handle {
        let mut bytes = [0; 32];
        bytes[..4].copy_from_slice(&n.to_be_bytes());
        Handle::from_bytes(bytes)
    }

    #[test]
    fn memory_is_bounded_and_keeps_what_is_used() {
        let mut settled = Settled::new(100);
        settled.saw(handle(0), 5);
        for n in 1..10_000 {
            settled.saw(handle(n), 1);
            assert_eq!(settled.last_seen(handle(0)), 5, "used at every step, forgotten at {n}");
            assert!(settled.young.len() + settled.old.len() <= 200);
        }
        assert_eq!(settled.last_seen(handle(1)), 0);
    }

    #[test]
    fn what_was_read_is_known_until_it_is_written() {
        let data = |text: &str| Data::from(text.as_bytes().to_vec());
        let mut settled = Settled::new(10);
        assert!(!settled.held(handle(1), &data("{}")));
        settled.holds(handle(1), &data("{}"));
        assert!(settled.held(handle(1), &data("{}")) && !settled.held(handle(1), &data("[]")));
        assert!(!settled.held(handle(2), &data("{}")));
        settled.overwrote(handle(1));
        assert!(!settled.held(handle(1), &data("{}")));
    }

    #[test]
    fn last_seen_only_moves_forward() {
        let mut settled = Settled::new(10);
        settled.saw(handle(1), 7);
        settled.saw(handle(1), 3);
        assert_eq!(settled.last_seen(handle(1)), 7);
        settled.forget(handle(1));
        assert_eq!(settled.last_seen(handle(1)), 0);
    }
}
