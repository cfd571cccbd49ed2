//! One call on its way: asks the store for what its operation wants, a step at a time, as the Worker's driver does.

use std::collections::VecDeque;

use sealed_session::Handle;
use sealed_session::session::{Change, Input, Key, Operation, Outcome, SessionError, Settled, Step};

use crate::chance::Chance;
use crate::double::Double;
use crate::retry::{is_last, wait_before};
use crate::setup::Setup;
use crate::store::{Sent, Store};

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
    Sending {
        changes: VecDeque<Change>,
        not_after: Option<u64>,
        tries: u32,
    },
    /// Batches that do not depend on each other.
    Batches {
        batches: VecDeque<Vec<Change>>,
        failed: bool,
    },
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
            Stage::Wants(step) => self.ask(step, at),
            Stage::Sending { changes, not_after, tries } => self.send(changes, not_after, tries, at),
            Stage::Batches { batches, failed } => self.apply_each(batches, failed, at),
        }
    }

    /// The first of `batches`; one that fails does not keep the others back. Where changes go one by one, so do these.
    fn apply_each(&mut self, mut batches: VecDeque<Vec<Change>>, failed: bool, at: &mut Surroundings<'_>) -> Moved {
        let Store::Exact(memory) = &mut *at.store else {
            let changes = batches.into_iter().flatten().collect();
            self.stage = Stage::Sending { changes, not_after: None, tries: 0 };
            return self.advance(at);
        };
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

    /// Takes an operation's step: also its first.
    pub fn wants(&mut self, step: Step, at: &Surroundings<'_>) -> Moved {
        if let Step::Done { result, later } = step {
            let double = |change| match at.setup.double {
                Some(double) => double.touch(change, self.record.as_ref()),
                None => change,
            };
            return Moved::Done { result, later: later.into_iter().map(double).collect() };
        }
        let wants = at.told(|| wish(&step));
        self.stage = Stage::Wants(step);
        wants
    }

    fn ask(&mut self, step: Step, at: &mut Surroundings<'_>) -> Moved {
        let fails = at.chance.one_in(at.setup.faults);
        let input = match step {
            Step::Done { .. } => unreachable!("an end is no wish"),
            Step::Get(_) | Step::List { .. } if fails => Input::Failed,
            Step::Get(keys) => self.values(&keys, at),
            Step::List { user, .. } => {
                let mut page = at.store.page(user, self.place, at.now);
                page.entries.sort_by_key(|(handle, _)| self.rank.iter().position(|known| known == handle));
                Input::Page(page)
            }
            Step::ApplyEach(batches) => {
                self.stage = Stage::Batches { batches: batches.into(), failed: false };
                return self.advance(at);
            }
            Step::Apply { when, changes, not_after } => {
                let is_double = |double| at.setup.double == Some(double);
                let not_after = not_after.filter(|_| !is_double(Double::NotAfterIgnored));
                let when = if is_double(Double::ConditionsIgnored) { Vec::new() } else { when };
                let Store::Exact(memory) = &mut *at.store else {
                    self.stage = Stage::Sending { changes: changes.into(), not_after, tries: 0 };
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

    fn values(&mut self, keys: &[Key], at: &mut Surroundings<'_>) -> Input {
        let mut values = at.store.values(keys, self.place, at.now, at.chance);
        for (key, value) in keys.iter().zip(&mut values) {
            if at.setup.double.is_some_and(|double| double.hides(key)) {
                *value = None;
            }
            if let (Key::Session(_), Some(value)) = (key, &value) {
                self.record = Some((*key, value.clone()));
            }
        }
        Input::Values(values)
    }

    /// The first of `changes`, as the Worker's store for KV sends it.
    fn send(
        &mut self,
        mut changes: VecDeque<Change>,
        not_after: Option<u64>,
        tries: u32,
        at: &mut Surroundings<'_>,
    ) -> Moved {
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
                self.stage = Stage::Sending { changes, not_after, tries: 0 };
                Moved::On(told.map(|told| format!("sends {told}")))
            }
            Sent::TooSoon => {
                let random = u32::try_from(at.chance.below(1 << 32)).unwrap();
                let Some(wait) = wait_before(tries + 1, at.here, not_after, random) else {
                    return self.answered(if is_last(tries + 1) { Input::Failed } else { Input::TooLate }, at);
                };
                self.ready_at = at.now + wait;
                self.stage = Stage::Sending { changes, not_after, tries: tries + 1 };
                Moved::On(told.map(|told| format!("is told 429 for {told}")))
            }
        }
    }

    fn answered(&mut self, input: Input, at: &Surroundings<'_>) -> Moved {
        let told = at.told(|| answer(&input));
        self.stage = Stage::Answered(input);
        told
    }
}

fn wish(step: &Step) -> String {
    let keys = |keys: &[Key]| keys.iter().map(Key::to_string).collect::<Vec<_>>().join(" ");
    match step {
        Step::Apply { changes, .. } => {
            format!("wants to {}", changes.iter().map(words).collect::<Vec<_>>().join(", "))
        }
        Step::ApplyEach(batches) => format!("wants to make {} batches of changes", batches.len()),
        Step::Done { .. } => "is done".to_owned(),
        Step::Get(wanted) => format!("asks for {}", keys(wanted)),
        Step::List { .. } => "asks for the list".to_owned(),
    }
}

fn answer(input: &Input) -> String {
    match input {
        Input::Values(values) => {
            let shown: Vec<_> = values.iter().map(|value| if value.is_some() { "there" } else { "nothing" }).collect();
            format!("is shown: {}", shown.join(", "))
        }
        Input::Page(page) => format!("is shown {} entries", page.entries.len()),
        other => format!("is told: {other:?}"),
    }
}

/// A change in words.
pub fn words(change: &Change) -> String {
    match change {
        Change::Delete(key) => format!("delete {key}"),
        Change::Put { key, .. } => format!("put {key}"),
    }
}
