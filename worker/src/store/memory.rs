//! The kernel's store in memory, behind the same trait: the whole API runs over it in plain `cargo test`.

use core::cell::{Cell, RefCell};

use sealed_session::UserPseudonym;
use sealed_session::session::{Change, Condition, Input, Key, Memory, Page, Step};

use super::{Applied, Store, StoreFailed};
use crate::clock;

/// Memory that can be told to fail.
#[derive(Debug, Default)]
pub struct MemoryStore {
    /// What is stored.
    pub memory: RefCell<Memory>,
    /// While this is set, nothing is answered.
    pub is_down: Cell<bool>,
    operations: Cell<u32>,
}

impl MemoryStore {
    fn answer(&self, step: Step) -> Result<Input, StoreFailed> {
        self.operations.set(self.operations.get().saturating_add(1));
        if self.is_down.get() {
            return Err(StoreFailed);
        }
        Ok(self.memory.borrow_mut().answer(step, clock::now()))
    }
}

impl Store for MemoryStore {
    async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Vec<u8>>>, StoreFailed> {
        match self.answer(Step::Get(keys.to_vec()))? {
            Input::Values(values) => Ok(values),
            _ => Err(StoreFailed),
        }
    }

    async fn apply(
        &self,
        when: &[Condition],
        changes: &[Change],
        not_after: Option<u64>,
    ) -> Result<Applied, StoreFailed> {
        match self.answer(Step::Apply { when: when.to_vec(), changes: changes.to_vec(), not_after })? {
            Input::Applied => Ok(Applied::Done),
            Input::Conflict => Ok(Applied::Conflict),
            Input::TooLate => Ok(Applied::TooLate),
            _ => Err(StoreFailed),
        }
    }

    async fn apply_once(&self, change: &Change) -> Result<(), StoreFailed> {
        self.apply(&[], core::slice::from_ref(change), None).await.map(|_| ())
    }

    async fn list(&self, user: UserPseudonym, after: Option<&str>, limit: usize) -> Result<Page, StoreFailed> {
        match self.answer(Step::List { user, after: after.map(str::to_owned), limit })? {
            Input::Page(page) => Ok(page),
            _ => Err(StoreFailed),
        }
    }

    fn operations(&self) -> u32 {
        self.operations.get()
    }
}
