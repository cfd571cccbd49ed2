//! What a rule sees of the world: the time, the settled set, and a store that it can only ask.

use core::cell::Cell;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context as TaskContext, Poll};

use crate::id::UserPseudonym;
use crate::session::context::Context;
use crate::session::error::SessionError;
use crate::session::operation::{Input, Step};
use crate::session::settled::Settled;
use crate::session::store::{Change, Condition, Key, Page};

/// One operation's desk. The rule puts a wish on it and waits; the operation takes the wish away and brings the answer.
pub(crate) struct Io {
    context: Context,
    now: Cell<u64>,
    settled: Cell<Settled>,
    wish: Cell<Option<Step>>,
    answer: Cell<Option<Input>>,
    later: Cell<Vec<Change>>,
}

/// What became of an apply that did not fail.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Applied {
    Conflict,
    Done,
    TooLate,
}

impl Applied {
    pub(crate) fn is_done(self) -> bool {
        self == Self::Done
    }
}

/// The rule's side.
impl Io {
    pub(crate) const fn context(&self) -> &Context {
        &self.context
    }

    /// The time as of the last answer, in Unix milliseconds.
    pub(crate) fn now(&self) -> u64 {
        self.now.get()
    }

    pub(crate) fn settled<T>(&self, look: impl FnOnce(&mut Settled) -> T) -> T {
        let mut settled = self.settled.take();
        let seen = look(&mut settled);
        self.settled.set(settled);
        seen
    }

    /// To be applied after the answer was given, once.
    pub(crate) fn later(&self, change: Change) {
        let mut later = self.later.take();
        later.push(change);
        self.later.set(later);
    }

    /// Forgets what was to be applied after the answer.
    pub(crate) fn leave_nothing(&self) {
        self.later.take();
    }

    pub(crate) async fn get<const N: usize>(&self, keys: [Key; N]) -> Result<[Option<Vec<u8>>; N], SessionError> {
        match self.ask(Step::Get(keys.to_vec())).await {
            Input::Values(values) => values.try_into().map_err(|_| SessionError::Internal),
            Input::Failed => Err(SessionError::StoreUnavailable),
            _ => Err(SessionError::Internal),
        }
    }

    /// [`Self::get`] of those keys that are wanted: no question at all where none is.
    pub(crate) async fn get_wanted<const N: usize>(
        &self,
        keys: [Option<Key>; N],
    ) -> Result<[Option<Vec<u8>>; N], SessionError> {
        Ok(self.get_wanted_and(keys, Vec::new()).await?.0)
    }

    /// [`Self::get_wanted`], with any number of further keys in the same question.
    pub(crate) async fn get_wanted_and<const N: usize>(
        &self,
        keys: [Option<Key>; N],
        further: Vec<Key>,
    ) -> Result<([Option<Vec<u8>>; N], Vec<Option<Vec<u8>>>), SessionError> {
        let wanted: Vec<Key> = keys.iter().copied().flatten().chain(further).collect();
        let mut answers = Vec::new().into_iter();
        if !wanted.is_empty() {
            let expected = wanted.len();
            match self.ask(Step::Get(wanted)).await {
                Input::Values(values) if values.len() == expected => answers = values.into_iter(),
                Input::Failed => return Err(SessionError::StoreUnavailable),
                _ => return Err(SessionError::Internal),
            }
        }
        let first = keys.map(|key| key.and_then(|_| answers.next().flatten()));
        Ok((first, answers.collect()))
    }

    pub(crate) async fn apply(
        &self,
        when: Vec<Condition>,
        changes: Vec<Change>,
        not_after: Option<u64>,
    ) -> Result<Applied, SessionError> {
        match self.ask(Step::Apply { when, changes, not_after }).await {
            Input::Applied => Ok(Applied::Done),
            Input::Conflict => Ok(Applied::Conflict),
            Input::TooLate => Ok(Applied::TooLate),
            Input::Failed => Err(SessionError::StoreUnavailable),
            _ => Err(SessionError::Internal),
        }
    }

    /// Batches that do not depend on each other.
    pub(crate) async fn apply_each(&self, batches: Vec<Vec<Change>>) -> Result<(), SessionError> {
        if batches.is_empty() {
            return Ok(());
        }
        match self.ask(Step::ApplyEach(batches)).await {
            Input::Applied => Ok(()),
            Input::Failed => Err(SessionError::StoreUnavailable),
            _ => Err(SessionError::Internal),
        }
    }

    /// A page of a user's index.
    pub(crate) async fn list(
        &self,
        user: UserPseudonym,
        after: Option<String>,
        limit: usize,
    ) -> Result<Page, SessionError> {
        match self.ask(Step::List { user, after, limit }).await {
            Input::Page(page) => Ok(page),
            Input::Failed => Err(SessionError::StoreUnavailable),
            _ => Err(SessionError::Internal),
        }
    }

    /// The values of any number of keys.
    pub(crate) async fn get_all(&self, keys: Vec<Key>) -> Result<Vec<Option<Vec<u8>>>, SessionError> {
        let mut values = Vec::with_capacity(keys.len());
        for part in keys.chunks(self.context.promises().max_batch.max(1)) {
            values.extend(self.get_wanted_and([], part.to_vec()).await?.1);
        }
        Ok(values)
    }

    fn ask(&self, step: Step) -> Ask<'_> {
        Ask { io: self, wish: Some(step) }
    }
}

/// The operation's side.
impl Io {
    pub(crate) fn new(context: Context, now: u64) -> Self {
        Self {
            context,
            now: Cell::new(now),
            settled: Cell::default(),
            wish: Cell::default(),
            answer: Cell::default(),
            later: Cell::default(),
        }
    }

    pub(crate) fn answer(&self, input: Input) {
        self.answer.set(Some(input));
    }

    pub(crate) fn enter(&self, settled: Settled, now: u64) {
        self.settled.set(settled);
        self.now.set(now);
    }

    pub(crate) fn leave(&self) -> Settled {
        self.settled.take()
    }

    pub(crate) fn wish(&self) -> Option<Step> {
        self.wish.take()
    }

    pub(crate) fn take_later(&self) -> Vec<Change> {
        self.later.take()
    }
}

/// Waits for the answer to one wish.
struct Ask<'a> {
    io: &'a Io,
    wish: Option<Step>,
}

impl Future for Ask<'_> {
    type Output = Input;

    fn poll(mut self: Pin<&mut Self>, _: &mut TaskContext<'_>) -> Poll<Input> {
        if let Some(wish) = self.wish.take() {
            // An answer that nobody had asked for is not an answer to this.
            self.io.answer.set(None);
            self.io.wish.set(Some(wish));
            return Poll::Pending;
        }
        self.io.answer.take().map_or(Poll::Pending, Poll::Ready)
    }
}
