//! What the store shows, and how it replies.

use std::collections::BTreeMap;

use super::file::Reply;
use crate::envelope::Version;
use crate::id::UserPseudonym;
use crate::session::{Change, Condition, Input, Key, Page, Step};

/// Keys and values. It keeps what has expired, as a store may.
pub(super) struct Shelf {
    values: BTreeMap<Key, Vec<u8>>,
    /// Every version that was ever at a key, in the order in which they came: `v1`, `v2`.
    versions: BTreeMap<Key, Vec<Version>>,
    looks_at_conditions: bool,
}

impl Shelf {
    pub(super) fn new(looks_at_conditions: bool) -> Self {
        Self { values: BTreeMap::new(), versions: BTreeMap::new(), looks_at_conditions }
    }

    pub(super) fn get(&self, key: &Key) -> Option<&Vec<u8>> {
        self.values.get(key)
    }

    pub(super) fn put(&mut self, key: Key, value: Vec<u8>) {
        if let Some(version) = Version::of(&value) {
            self.versions.entry(key).or_default().push(version);
        }
        self.values.insert(key, value);
    }

    pub(super) fn delete(&mut self, key: &Key) {
        self.values.remove(key);
    }

    pub(super) fn version(&self, key: Key, name: &str) -> Option<Version> {
        let number: usize = name.strip_prefix('v')?.parse().ok()?;
        self.versions.get(&key)?.get(number.checked_sub(1)?).copied()
    }

    /// `v1` for the first version that was at this key.
    pub(super) fn version_name(&self, key: Key, version: Version) -> String {
        let known = self.versions.get(&key).and_then(|all| all.iter().position(|known| *known == version));
        known.map_or_else(|| "another version".to_owned(), |at| format!("v{}", at + 1))
    }

    /// The version that is there now.
    pub(super) fn current(&self, key: Key) -> Option<String> {
        Version::of(self.get(&key)?).map(|version| self.version_name(key, version))
    }

    /// Replies to a step. `None` for one that nothing here asks.
    pub(super) fn reply(&mut self, step: &Step, reply: Option<Reply>) -> Option<Input> {
        match reply {
            Some(Reply::Conflict) => return Some(Input::Conflict),
            Some(Reply::Failed) => return Some(Input::Failed),
            Some(Reply::TooLate) => return Some(Input::TooLate),
            None => {}
        }
        match step {
            Step::Get(keys) => Some(Input::Values(keys.iter().map(|key| self.get(key).cloned()).collect())),
            Step::Apply { when, .. } if self.looks_at_conditions && !self.holds(when) => Some(Input::Conflict),
            Step::Apply { changes, .. } => {
                self.apply(changes);
                Some(Input::Applied)
            }
            Step::ApplyEach(batches) => {
                for changes in batches {
                    self.apply(changes);
                }
                Some(Input::Applied)
            }
            Step::List { user, after, limit } => Some(Input::Page(self.list(*user, after.as_deref(), *limit))),
            Step::Done { .. } => None,
        }
    }

    fn list(&self, user: UserPseudonym, after: Option<&str>, limit: usize) -> Page {
        let after = after.and_then(Key::parse);
        let lines = self.values.iter().filter_map(|(key, value)| match key {
            Key::User(owner, handle) if *owner == user && after.is_none_or(|after| *key > after) => {
                Some((*handle, value.clone()))
            }
            _ => None,
        });
        let mut entries: Vec<_> = lines.take(limit + 1).collect();
        let is_all = entries.len() <= limit;
        entries.truncate(limit);
        let next = entries.last().filter(|_| !is_all).map(|(last, _)| Key::User(user, *last).to_string());
        Page { entries, next }
    }

    pub(super) fn apply(&mut self, changes: &[Change]) {
        for change in changes {
            match change {
                Change::Delete(key) => self.delete(key),
                Change::Put { key, value, .. } => self.put(*key, value.clone()),
            }
        }
    }

    fn holds(&self, when: &[Condition]) -> bool {
        when.iter().all(|condition| condition.holds(self.get(&condition.key()).map(Vec::as_slice)))
    }
}
