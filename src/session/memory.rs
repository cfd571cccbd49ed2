//! The exact store in memory, and its driver: for tests, for one process, and as the example of a store.

use std::collections::BTreeMap;

use super::command::{Command, Outcome};
use super::context::Context;
use super::error::SessionError;
use super::lifetime::unix_seconds;
use super::operation::{Input, Operation, Step};
use super::settled::Settled;
use super::store::{Change, Condition, Key, Page};
use crate::id::UserPseudonym;

/// Keys and values. It promises [`Promises::EXACT`](super::store::Promises::EXACT).
#[derive(Clone, Debug, Default)]
pub struct Memory {
    values: BTreeMap<Key, (Vec<u8>, u32)>,
}

impl Memory {
    /// Runs one call to its end, at one moment.
    ///
    /// # Errors
    ///
    /// As the rules say; this store itself does not fail.
    pub fn run(
        &mut self,
        command: Command,
        context: &Context,
        settled: &mut Settled,
        now: u64,
    ) -> Result<Outcome, SessionError> {
        let (mut operation, mut step) = Operation::start(command, context, settled, now);
        loop {
            let input = match step {
                Step::Done { result, later } => {
                    self.apply(&[], later, now);
                    return result;
                }
                step => self.answer(step, now),
            };
            step = operation.resume(input, settled, now);
        }
    }

    /// Answers one step: what every store does.
    pub fn answer(&mut self, step: Step, now: u64) -> Input {
        match step {
            Step::Get(keys) => Input::Values(keys.iter().map(|key| self.get(key, now).map(<[u8]>::to_vec)).collect()),
            Step::Apply { not_after: Some(not_after), .. } if now > not_after => Input::TooLate,
            Step::Apply { when, changes, .. } => self.apply(&when, changes, now),
            Step::ApplyEach(batches) => {
                for changes in batches {
                    self.apply(&[], changes, now);
                }
                Input::Applied
            }
            Step::List { user, after, limit } => Input::Page(self.list(user, after.as_deref(), limit, now)),
            // There is no answer to an end, and the operation says so if it is told one.
            Step::Done { .. } => Input::Failed,
        }
    }

    /// The value of a key, if it has not expired.
    #[must_use]
    pub fn get(&self, key: &Key, now: u64) -> Option<&[u8]> {
        self.values
            .get(key)
            .filter(|(_, expires_at)| *expires_at > unix_seconds(now))
            .map(|(value, _)| value.as_slice())
    }

    /// Everything that is stored, in the order of the keys, with the second that it expires at.
    pub fn dump(&self) -> impl Iterator<Item = (&Key, &[u8], u32)> {
        self.values.iter().map(|(key, (value, expires_at))| (key, value.as_slice(), *expires_at))
    }

    /// Drops what has expired.
    pub fn sweep(&mut self, now: u64) {
        self.values.retain(|_, (_, expires_at)| *expires_at > unix_seconds(now));
    }

    /// Conditions are about what a get would show: a value that has expired is not there.
    fn apply(&mut self, when: &[Condition], changes: Vec<Change>, now: u64) -> Input {
        if !when.iter().all(|condition| condition.holds(self.get(&condition.key(), now))) {
            return Input::Conflict;
        }
        for change in changes {
            match change {
                Change::Delete(key) => self.values.remove(&key),
                Change::Put { key, value, expires_at } => self.values.insert(key, (value, expires_at)),
            };
        }
        Input::Applied
    }

    fn list(&self, user: UserPseudonym, after: Option<&str>, limit: usize, now: u64) -> Page {
        let after = after.and_then(Key::parse);
        let mut page = Page::default();
        for (key, (value, expires_at)) in &self.values {
            let Key::User(owner, handle) = key else { continue };
            if *owner != user || *expires_at <= unix_seconds(now) || after.is_some_and(|after| *key <= after) {
                continue;
            }
            if page.entries.len() == limit {
                page.next = page.entries.last().map(|(last, _)| Key::User(user, *last).to_string());
                break;
            }
            page.entries.push((*handle, value.clone()));
        }
        page
    }
}
