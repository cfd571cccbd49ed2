//! Stores, and the loop that moves an operation over one.
//!
//! A store is get, apply and list. It knows keys and bytes; what they mean, and when something is over, the kernel
//! decides.

#[cfg(target_arch = "wasm32")]
pub mod bound;
pub mod durable;
#[cfg(target_arch = "wasm32")]
pub mod kv;
#[cfg(not(target_arch = "wasm32"))]
pub mod memory;
pub mod retry;

use core::cell::Cell;

use sealed_session::UserPseudonym;
use sealed_session::session::{
    Change, Command, Condition, Context, Input, Key, Operation, Outcome, Page, SessionError, Settled, Step,
};

use crate::clock;

/// The store failed; the log has the reason.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct StoreFailed;

/// What became of an apply.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Applied {
    /// A condition did not hold; nothing was applied.
    Conflict,
    /// Everything was applied.
    Done,
    /// The time for it had passed.
    TooLate,
}

/// A place that keeps values by key until they expire.
#[expect(async_fn_in_trait, reason = "one isolate, one thread: no future is ever sent")]
pub trait Store {
    /// The values of `keys`, in their order.
    async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Vec<u8>>>, StoreFailed>;

    /// Applies `changes` in their order if all of `when` holds. Nothing is sent after `not_after` (Unix milliseconds).
    async fn apply(
        &self,
        when: &[Condition],
        changes: &[Change],
        not_after: Option<u64>,
    ) -> Result<Applied, StoreFailed>;

    /// Applies each of `batches` in its order. They do not depend on each other: each is tried, whatever becomes of the
    /// others, and a store that can sends several at once.
    async fn apply_each(&self, batches: &[Vec<Change>]) -> Result<(), StoreFailed> {
        let mut result = Ok(());
        for changes in batches {
            result = result.and(self.apply(&[], changes, None).await.map(|_| ()));
        }
        result
    }

    /// Applies one change once, without waiting for better times. For what happens after the answer.
    async fn apply_once(&self, change: &Change) -> Result<(), StoreFailed>;

    /// A page of a user's index.
    async fn list(&self, user: UserPseudonym, after: Option<&str>, limit: usize) -> Result<Page, StoreFailed>;

    /// Store operations of this invocation so far.
    fn operations(&self) -> u32;
}

/// An operation's end.
#[derive(Debug)]
pub struct Ran {
    /// What it came to.
    pub result: Result<Outcome, SessionError>,
    /// What to do after the answer.
    pub later: Vec<Change>,
    /// Milliseconds spent waiting for the store.
    pub store_ms: u64,
}

/// Moves one call over a store, from its first question to its end.
pub async fn run(store: &impl Store, command: Command, context: &Context, settled: &Cell<Settled>) -> Ran {
    let (mut operation, mut step) = with(settled, |settled| Operation::start(command, context, settled, clock::now()));
    let mut store_ms = 0_u64;
    loop {
        if let Step::Done { result, later } = step {
            return Ran { result, later, store_ms };
        }
        let asked = clock::now();
        let input = answer(store, step).await;
        let now = clock::now();
        store_ms = store_ms.saturating_add(now.saturating_sub(asked));
        step = with(settled, |settled| operation.resume(input, settled, now));
    }
}

/// What a store answers to a step.
pub async fn answer(store: &impl Store, step: Step) -> Input {
    match step {
        Step::Get(keys) => store.get(&keys).await.map_or(Input::Failed, Input::Values),
        Step::Apply { when, changes, not_after } => match store.apply(&when, &changes, not_after).await {
            Ok(Applied::Done) => Input::Applied,
            Ok(Applied::Conflict) => Input::Conflict,
            Ok(Applied::TooLate) => Input::TooLate,
            Err(StoreFailed) => Input::Failed,
        },
        Step::ApplyEach(batches) => store.apply_each(&batches).await.map_or(Input::Failed, |()| Input::Applied),
        Step::List { user, after, limit } => {
            store.list(user, after.as_deref(), limit).await.map_or(Input::Failed, Input::Page)
        }
        // There is no answer to an end, and the operation says so if it is told one.
        Step::Done { .. } => Input::Failed,
    }
}

/// The settled set is shared by the calls of an isolate; it is only ever held between two awaits.
fn with<T>(settled: &Cell<Settled>, work: impl FnOnce(&mut Settled) -> T) -> T {
    let mut held = settled.take();
    let done = work(&mut held);
    settled.set(held);
    done
}
