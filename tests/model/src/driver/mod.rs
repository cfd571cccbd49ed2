//! One call on its way: asks the store for what its operation wants, a step at a time, as the Worker's driver does.

mod eventual;
mod words;

use std::collections::VecDeque;

use sealed_session::Handle;
use sealed_session::session::{Change, Input, Key, Operation, Outcome, SessionError, Settled, Step};

use self::eventual::Sending;
pub use self::words::words;
use crate::chance::Chance;
use crate::double::Double;
use crate::setup::Setup;
use crate::store::{Heard, Store, Talk};

/// A call that was not answered yet.
pub struct Running {
    operation: Operation,
    stage: Stage,
    place: usize,
    /// It does not move before this.
    pub ready_at: u64,
    /// In which order sessions came: a schedule must not depend on the bytes of their handles.
    rank: Vec<Handle>,
    /// The record that it read last.
    record: Option<(Key, Vec<u8>)>,
}

/// Asking and being answered are two moves: time passes and others move in between.
enum Stage {
    Wants(Step),
    /// An eventual store takes changes one by one.
    Sending(Sending),
    /// Batches that do not depend on each other.
    Batches {
        batches: VecDeque<Vec<Change>>,
        failed: bool,
    },
    /// Objects are asked by messages; for these keys, where it is a get.
    Talking(Talk, Vec<Key>),
    Answered(Input),
}

/// What a move came to.
pub enum Moved {
    /// Something, in words where somebody reads them.
    On(Option<String>),
    /// The end.
    Done { result: Result<Outcome, SessionError>, later: Vec<Change> },
}

/// What a move happens in. `now` is by the clock of the call's place.
pub struct Surroundings<'w> {
    pub setup: &'w Setup,
    pub store: &'w mut Store,
    pub settled: &'w mut Settled,
    pub chance: &'w mut Chance,
    /// By the one true clock, which is the store's.
    pub now: u64,
    /// By the place's.
    pub here: u64,
    /// Whether moves are put into words.
    pub traced: bool,
}

impl Surroundings<'_> {
    fn told(&self, words: impl FnOnce() -> String) -> Moved {
        Moved::On(self.traced.then(words))
    }

    /// The step, as a double that leaves a rule out takes it.
    fn doubled(&self, step: Step) -> Step {
        match (self.setup.double, step) {
            (Some(Double::NotAfterIgnored), Step::Apply { when, changes, .. }) => {
                Step::Apply { when, changes, not_after: None }
            }
            (Some(Double::ConditionsIgnored), Step::Apply { changes, not_after, .. }) => {
                Step::Apply { when: Vec::new(), changes, not_after }
            }
            (_, step) => step,
        }
    }
}

impl Running {
    /// `rank` is the handles in the order in which their sessions came.
    pub const fn new(operation: Operation, place: usize, rank: Vec<Handle>) -> Self {
        Self { operation, stage: Stage::Answered(Input::Failed), place, ready_at: 0, rank, record: None }
    }

    /// One move.
    pub fn advance(&mut self, at: &mut Surroundings<'_>) -> Moved {
        match core::mem::replace(&mut self.stage, Stage::Answered(Input::Failed)) {
            Stage::Answered(input) => {
                let step = self.operation.resume(input, at.settled, at.here);
                self.wants(step, at)
            }
            Stage::Wants(step) => self.ask(at.doubled(step), at),
            Stage::Sending(sending) => self.send(sending, at),
            Stage::Batches { batches, failed } => self.apply_each(batches, failed, at),
            Stage::Talking(talk, keys) => self.talk(talk, keys, at),
        }
    }

    /// Takes an operation's step: also its first.
    pub fn wants(&mut self, step: Step, at: &Surroundings<'_>) -> Moved {
        if let Step::Done { result, later } = step {
            let double = |change| match at.setup.double {
                Some(double) => double.touch(change, self.record.as_ref()),
                None => change,
            };
            return Moved::Done { result, later: later.into_iter().map(double).collect() };
        }
        let wants = at.told(|| words::wish(&step));
        self.stage = Stage::Wants(step);
        wants
    }

    fn ask(&mut self, step: Step, at: &mut Surroundings<'_>) -> Moved {
        if let Store::Durable(objects) = &*at.store {
            let keys = if let Step::Get(keys) = &step { keys.clone() } else { Vec::new() };
            return match objects.begin(step, self.place, at.here) {
                Ok(talk) => self.talk(talk, keys, at),
                Err(input) => self.answered(input, at),
            };
        }
        let fails = at.chance.one_in(at.setup.faults);
        let input = match step {
            Step::Done { .. } => unreachable!("an end is no wish"),
            Step::Get(_) | Step::List { .. } if fails => Input::Failed,
            Step::Get(keys) => {
                let values = at.store.values(&keys, self.place, at.now, at.chance);
                self.shown(&keys, Input::Values(values), at)
            }
            Step::List { user, .. } => {
                let page = at.store.page(user, self.place, at.now);
                self.shown(&[], Input::Page(page), at)
            }
            Step::ApplyEach(batches) => {
                self.stage = match at.store {
                    Store::Exact(_) => Stage::Batches { batches: batches.into(), failed: false },
                    // Where changes go one by one, so do these.
                    _ => Stage::Sending(Sending::new(batches.into_iter().flatten(), None)),
                };
                return self.advance(at);
            }
            Step::Apply { when, changes, not_after } => {
                let Store::Exact(memory) = &mut *at.store else {
                    self.stage = Stage::Sending(Sending::new(changes, not_after));
                    return self.advance(at);
                };
                if not_after.is_some_and(|not_after| at.here > not_after) {
                    return self.answered(Input::TooLate, at);
                }
                // A store that fails may have applied it.
                if fails && at.chance.one_in(2) {
                    Input::Failed
                } else {
                    let input = Store::apply_exactly(memory, when, changes, at.now);
                    if fails { Input::Failed } else { input }
                }
            }
        };
        self.answered(input, at)
    }

    /// The first of `batches`; one that fails does not keep the others back.
    fn apply_each(&mut self, mut batches: VecDeque<Vec<Change>>, failed: bool, at: &mut Surroundings<'_>) -> Moved {
        let Store::Exact(memory) = &mut *at.store else { unreachable!("others take batches in their own way") };
        let Some(changes) = batches.pop_front() else {
            return self.answered(if failed { Input::Failed } else { Input::Applied }, at);
        };
        let fails = at.chance.one_in(at.setup.faults);
        let told = at.traced.then(|| changes.iter().map(words).collect::<Vec<_>>().join(", "));
        if !fails || at.chance.one_in(2) {
            drop(Store::apply_exactly(memory, Vec::new(), changes, at.now));
        }
        self.stage = Stage::Batches { batches, failed: failed || fails };
        Moved::On(told)
    }

    /// A message to an object, or its answer.
    fn talk(&mut self, mut talk: Talk, keys: Vec<Key>, at: &mut Surroundings<'_>) -> Moved {
        let Store::Durable(objects) = &mut *at.store else { unreachable!("only objects are talked to") };
        let told = match talk.advance(objects, at.setup.faults, at.here, at.chance) {
            Heard::All(input) => {
                let input = self.shown(&keys, input, at);
                return self.answered(input, at);
            }
            Heard::Delivered(words) => words,
            Heard::Paused(ms) => {
                self.ready_at = at.now + ms;
                "waits before it asks again".to_owned()
            }
            Heard::Waiting => "has a part of the answer".to_owned(),
        };
        self.stage = Stage::Talking(talk, keys);
        Moved::On(at.traced.then_some(told))
    }

    /// What the call is shown, and the schedule may know of it.
    fn shown(&mut self, keys: &[Key], input: Input, at: &Surroundings<'_>) -> Input {
        match input {
            Input::Values(mut values) => {
                for (key, value) in keys.iter().zip(&mut values) {
                    if let Some(double) = at.setup.double {
                        double.show(key, value);
                    }
                    if let (Key::Session(_), Some(value)) = (key, &value) {
                        self.record = Some((*key, value.clone()));
                    }
                }
                Input::Values(values)
            }
            Input::Page(mut page) => {
                page.entries.sort_by_key(|(handle, _)| self.rank.iter().position(|known| known == handle));
                if at.setup.double == Some(Double::ListsForget) {
                    page.entries.pop();
                }
                Input::Page(page)
            }
            other => other,
        }
    }

    fn answered(&mut self, input: Input, at: &Surroundings<'_>) -> Moved {
        let told = at.told(|| words::answer(&input));
        self.stage = Stage::Answered(input);
        told
    }
}
