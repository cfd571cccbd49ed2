//! Operations: the session rules as values that do no I/O.
//!
//! An operation says what it wants from the store, is told what came back, and ends with an outcome. Who drives it owns
//! the I/O: a loop over promises, a simulator that chooses who moves next, a direct call into memory.
//!
//! The rules are straight-line `async` functions in [`super::rules`]; the dozen lines in [`Operation::advance`] turn
//! one into `start` and `resume`. There is no executor and no waker: the only thing a rule ever waits for is the answer
//! that `resume` brings.

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context as TaskContext, Poll, Waker};
use std::rc::Rc;

use super::command::{Command, Outcome};
use super::context::Context;
use super::error::SessionError;
use super::rules::{self, Io};
use super::settled::Settled;
use super::store::{Change, Condition, Key, Page};
use crate::id::UserPseudonym;

/// What an operation wants next.
#[derive(Debug)]
pub enum Step {
    /// Apply the changes in their order and stop at the first failure, if all conditions hold. All keys have one
    /// placement in a store that is atomic.
    Apply {
        /// What must hold; a store that is not atomic does not look.
        when: Vec<Condition>,
        /// What to change.
        changes: Vec<Change>,
        /// Unix milliseconds after which nothing of it may be sent any more, retries included.
        not_after: Option<u64>,
    },
    /// Apply each batch in its order. The batches do not depend on each other, so a store may apply them side by side; each is
    /// tried, whatever becomes of the others, and repeated as it needs. In an atomic store all keys of a batch have one
    /// placement.
    ApplyEach(Vec<Vec<Change>>),
    /// The operation ended.
    Done {
        /// What it came to.
        result: Result<Outcome, SessionError>,
        /// To be applied once, after the answer was given; failure is nobody's.
        later: Vec<Change>,
    },
    /// The values of these keys, in their order.
    Get(Vec<Key>),
    /// A page of a user's index.
    List {
        /// Whose.
        user: UserPseudonym,
        /// Where to go on: the last page's `next`.
        after: Option<String>,
        /// Entries at most.
        limit: usize,
    },
}

/// What came back.
#[derive(Debug)]
pub enum Input {
    /// All changes were applied, of all batches.
    Applied,
    /// A condition did not hold; nothing was applied.
    Conflict,
    /// The store failed. What was applied of a batch is unknown.
    Failed,
    /// A page.
    Page(Page),
    /// It was past `not_after`; what was sent before stands.
    TooLate,
    /// One value for each key, `None` where nothing is.
    Values(Vec<Option<Vec<u8>>>),
}

/// One call on its way. It belongs to one thread; dropping it abandons the call.
pub struct Operation {
    io: Rc<Io>,
    /// `None` once it ended.
    rule: Option<Rule>,
}

type Rule = Pin<Box<dyn Future<Output = Result<Outcome, SessionError>>>>;

impl Operation {
    /// Begins `command` and says what it wants first. `now` is in Unix milliseconds.
    pub fn start(command: Command, context: &Context, settled: &mut Settled, now: u64) -> (Self, Step) {
        let io = Rc::new(Io::new(context.clone(), now));
        let rule: Rule = Box::pin(rules::run(Rc::clone(&io), command));
        let mut operation = Self { io, rule: Some(rule) };
        let step = operation.advance(settled, now);
        (operation, step)
    }

    /// Takes the answer to the last step and says what is wanted next.
    pub fn resume(&mut self, input: Input, settled: &mut Settled, now: u64) -> Step {
        self.io.answer(input);
        self.advance(settled, now)
    }

    fn advance(&mut self, settled: &mut Settled, now: u64) -> Step {
        let Some(rule) = &mut self.rule else { return Step::internal_error() };
        self.io.enter(core::mem::take(settled), now);
        let polled = rule.as_mut().poll(&mut TaskContext::from_waker(Waker::noop()));
        *settled = self.io.leave();
        match polled {
            Poll::Pending => self.io.wish().unwrap_or_else(Step::internal_error),
            Poll::Ready(result) => {
                self.rule = None;
                Step::Done { result, later: self.io.take_later() }
            }
        }
    }
}

impl Step {
    fn internal_error() -> Self {
        Self::Done { result: Err(SessionError::Internal), later: Vec::new() }
    }
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operation").field("ended", &self.rule.is_none()).finish_non_exhaustive()
    }
}
