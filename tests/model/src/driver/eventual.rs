//! Changes on their way to an eventual store, as the Worker's store for KV sends them.

use std::collections::VecDeque;

use sealed_session::session::{Change, Input};
use session_worker::store::retry::{is_last, wait_before};

use super::words::words;
use super::{Moved, Running, Stage, Surroundings};
use crate::store::{Sent, Store};

/// Changes that go one by one.
pub struct Sending {
    pub changes: VecDeque<Change>,
    pub not_after: Option<u64>,
    tries: u32,
}

impl Sending {
    pub fn new(changes: impl IntoIterator<Item = Change>, not_after: Option<u64>) -> Self {
        Self { changes: changes.into_iter().collect(), not_after, tries: 0 }
    }
}

impl Running {
    /// The first of the changes.
    pub(super) fn send(&mut self, sending: Sending, at: &mut Surroundings<'_>) -> Moved {
        let Sending { mut changes, not_after, tries } = sending;
        let Store::Eventual(eventual) = &mut *at.store else { unreachable!("only an eventual store is sent to") };
        let Some(change) = changes.front() else { return self.answered(Input::Applied, at) };
        if not_after.is_some_and(|not_after| at.here > not_after) {
            return self.answered(Input::TooLate, at);
        }
        let fails = at.chance.one_in(at.setup.faults);
        if fails && at.chance.one_in(2) {
            return self.answered(Input::Failed, at);
        }
        let change = change.clone();
        let told = at.traced.then(|| words(&change));
        match eventual.send(change, self.place, at.now, at.chance) {
            Sent::Accepted(_) if fails => self.answered(Input::Failed, at),
            Sent::Accepted(acknowledged) => {
                changes.pop_front();
                self.ready_at = acknowledged;
                self.stage = Stage::Sending(Sending { changes, not_after, tries: 0 });
                Moved::On(told.map(|told| format!("sends {told}")))
            }
            Sent::TooSoon => {
                let random = u32::try_from(at.chance.below(1 << 32)).unwrap();
                let Some(wait) = wait_before(tries + 1, at.here, not_after, random) else {
                    return self.answered(if is_last(tries + 1) { Input::Failed } else { Input::TooLate }, at);
                };
                self.ready_at = at.now + wait;
                self.stage = Stage::Sending(Sending { changes, not_after, tries: tries + 1 });
                Moved::On(told.map(|told| format!("is told 429 for {told}")))
            }
        }
    }
}
