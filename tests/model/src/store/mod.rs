//! The stores, one step at a time.

mod durable;
mod eventual;

use sealed_session::UserPseudonym;
use sealed_session::session::{Change, Condition, Input, Key, Memory, Page, Step};

pub use self::durable::{Heard, Objects, Talk};
pub use self::eventual::{Eventual, Sent};
use crate::chance::Chance;
use crate::setup::{Kind, Setup};

/// One of the stores.
pub enum Store {
    /// The Worker's store for Durable Objects, over objects in this process.
    Durable(Objects),
    /// The kernel's own store in memory: what it promises is what is tested.
    Exact(Memory),
    /// Central values, and what each place sees of them.
    Eventual(Eventual),
}

impl Store {
    pub fn new(setup: &Setup) -> Self {
        match setup.kind {
            Kind::Durable => Self::Durable(Objects::new(setup)),
            Kind::Exact => Self::Exact(Memory::default()),
            Kind::Eventual => Self::Eventual(Eventual::new(setup)),
        }
    }

    /// What a get shows, where that is one moment.
    pub fn values(&self, keys: &[Key], place: usize, now: u64, chance: &mut Chance) -> Vec<Option<Vec<u8>>> {
        let value = |key| match self {
            Self::Durable(_) => unreachable!("objects are asked by messages"),
            Self::Exact(memory) => memory.get(key, now).map(<[u8]>::to_vec),
            Self::Eventual(eventual) => eventual.value(key, place, now, chance),
        };
        keys.iter().map(value).collect()
    }

    /// What a list shows, where that is one moment.
    pub fn page(&mut self, user: UserPseudonym, place: usize, now: u64) -> Page {
        match self {
            Self::Durable(_) => unreachable!("objects are asked by messages"),
            Self::Exact(memory) => match memory.answer(Step::List { user, after: None, limit: usize::MAX }, now) {
                Input::Page(page) => page,
                other => unreachable!("{other:?} is no page"),
            },
            Self::Eventual(eventual) => Page { entries: eventual.listed(user, place, now), next: None },
        }
    }

    /// All changes at one moment, in the exact store.
    pub fn apply_exactly(memory: &mut Memory, when: Vec<Condition>, changes: Vec<Change>, now: u64) -> Input {
        memory.answer(Step::Apply { when, changes, not_after: None }, now)
    }

    /// A change that nobody waits for: where it is turned away, that was it.
    pub fn apply_later(&mut self, change: Change, place: usize, now: u64, chance: &mut Chance) {
        match self {
            Self::Durable(objects) => objects.apply_once(change, place, now),
            Self::Exact(memory) => drop(Self::apply_exactly(memory, Vec::new(), vec![change], now)),
            Self::Eventual(eventual) => drop(eventual.send(change, place, now, chance)),
        }
    }

    /// What a store does by itself as time passes.
    pub fn tidy(&mut self, now: u64) {
        if let Self::Durable(objects) = self {
            objects.sweep(now);
        }
    }
}
