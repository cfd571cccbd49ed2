//! The stores that a deployment can choose from, as one.

use sealed_session::UserPseudonym;
use sealed_session::session::{Change, Condition, Key, Page};

use super::durable::Durable;
use super::durable::namespace::Namespace;
use super::kv::Kv;
use super::{Applied, Store, StoreFailed};

/// The store that a deployment chose. One binary serves both, and everything above it is compiled once.
pub enum Bound {
    /// `STORE = "durable"`.
    Durable(Durable<Namespace>),
    /// `STORE = "kv"`.
    Kv(Kv),
}

impl Store for Bound {
    async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Vec<u8>>>, StoreFailed> {
        match self {
            Self::Durable(store) => store.get(keys).await,
            Self::Kv(store) => store.get(keys).await,
        }
    }

    async fn apply(
        &self,
        when: &[Condition],
        changes: &[Change],
        not_after: Option<u64>,
    ) -> Result<Applied, StoreFailed> {
        match self {
            Self::Durable(store) => store.apply(when, changes, not_after).await,
            Self::Kv(store) => store.apply(when, changes, not_after).await,
        }
    }

    async fn apply_each(&self, batches: &[Vec<Change>]) -> Result<(), StoreFailed> {
        match self {
            Self::Durable(store) => store.apply_each(batches).await,
            Self::Kv(store) => store.apply_each(batches).await,
        }
    }

    async fn apply_once(&self, change: &Change) -> Result<(), StoreFailed> {
        match self {
            Self::Durable(store) => store.apply_once(change).await,
            Self::Kv(store) => store.apply_once(change).await,
        }
    }

    async fn list(&self, user: UserPseudonym, after: Option<&str>, limit: usize) -> Result<Page, StoreFailed> {
        match self {
            Self::Durable(store) => store.list(user, after, limit).await,
            Self::Kv(store) => store.list(user, after, limit).await,
        }
    }

    fn operations(&self) -> u32 {
        match self {
            Self::Durable(store) => store.operations(),
            Self::Kv(store) => store.operations(),
        }
    }
}
