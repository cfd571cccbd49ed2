//! One call on its way: asks the store for what its operation wants, a step at a time, as the Worker's driver does.

use std::collections::VecDeque;

use sealed_session::session::{Change, Input, Key, Operation, Outcome, SessionError, Settled, Step};

use crate::chance::Chance;
use crate::double::Double;
use crate::operator::RevokeAll;
use crate::retry::wait_before;
use crate::setup::Setup;
use crate::store::{Sent, Store};

/// A call that was not answered yet.
pub struct Running {
    work: Work,
    stage: Stage,
    place: usize,
    /// It does not move before this.
    pub ready_at: u64,
    /// When its operation last moved, by the place's clock, if what it sends then must not be late.
    sends_from: Option<u64>,
    /// The record that it read last.
    record: Option<(Key, Vec<u8>)>,
}

/// Who decides what is wanted next.
pub enum Work {
    Operation(Operation),
    Operator(RevokeAll),
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
    /// `sends_from`: of a create that the rules set no limit.
    pub const fn new(work: Work, place: usize, sends_from: Option<u64>) -> Self {
        Self { work, stage: Stage::Answered(Input::Failed), place, ready_at: 0, sends_from, record: None }
    }

    /// One move.
    pub fn advance(&mut self, at: &mut Surroundings<'_>) -> Moved {
        match core::mem::replace(&mut self.stage, Stage::Answered(Input::Failed)) {
            Stage::Answered(input) => {
                self.sends_from = self.sends_from.map(|_| at.here);
                let step = match &mut self.work {
                    Work::Operation(operation) => operation.resume(input, at.settled, at.here),
                    Work::Operator(revoke_all) => revoke_all.resume(input, at.here),
                };
                self.wants(step, at)
            }
            Stage::Wants(step) => self.ask(step, at),
            Stage::Sending { changes, not_after, tries } => self.send(changes, not_after, tries, at),
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
            Step::List { user, .. } => Input::Page(at.store.page(user, self.place, at.now)),
            Step::Apply { when, changes, not_after } => {
                let is_double = |double| at.setup.double == Some(double);
                let not_after = not_after.filter(|_| !is_double(Double::NotAfterIgnored));
                let not_after = not_after.or(self.sends_from.map(|from| from + SENT_WITHIN));
                let when = if is_double(Double::ConditionsIgnored) { Vec::new() } else { when };
                let Store::Exact(memory) = &mut *at.store else {
                    self.stage = Stage::Sending { changes: changes.into(), not_after, tries: 0 };
                    return self.advance(at);
                };
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
                    return self.answered(if not_after.is_some() { Input::TooLate } else { Input::Failed }, at);
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

/// Milliseconds: D.
const SENT_WITHIN: u64 = 10_000;
