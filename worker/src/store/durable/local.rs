//! Objects in this process: the same calls, the same bytes, the same interpreter, over tables in memory. For tests.

use core::cell::{Cell, RefCell};
use core::convert::Infallible;
use core::future::{Future, Ready, ready};
use std::collections::BTreeMap;
use std::rc::Rc;

use sealed_session::UserPseudonym;
use sealed_session::session::{Change, Condition, Key, Page};

use super::interpreter::{self, Rows};
use super::{Durable, Method, Objects, Shards, Unanswered};
use crate::store::{Applied, Store, StoreFailed};

/// A table in memory.
#[derive(Debug, Default)]
pub struct Table {
    owner: RefCell<Option<String>>,
    swept_to: RefCell<String>,
    rows: RefCell<BTreeMap<String, (Vec<u8>, u32)>>,
}

impl Rows for Table {
    type Error = Infallible;

    fn owner(&self) -> Result<Option<String>, Infallible> {
        Ok(self.owner.borrow().clone())
    }

    fn set_owner(&self, owner: &str) -> Result<(), Infallible> {
        self.owner.replace(Some(owner.to_owned()));
        Ok(())
    }

    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Infallible> {
        Ok(self.rows.borrow().get(key).map(|(value, _)| value.clone()))
    }

    fn put(&self, key: &str, value: &[u8], expires_at: u32) -> Result<(), Infallible> {
        self.rows.borrow_mut().insert(key.to_owned(), (value.to_vec(), expires_at));
        Ok(())
    }

    fn delete(&self, key: &str) -> Result<(), Infallible> {
        self.rows.borrow_mut().remove(key);
        Ok(())
    }

    fn list(&self, after: &str, end: &str, limit: usize) -> Result<Vec<(String, Vec<u8>)>, Infallible> {
        let rows = self.rows.borrow();
        let between = rows.iter().filter(|(key, _)| key.as_str() > after && key.as_str() < end);
        Ok(between.take(limit).map(|(key, (value, _))| (key.clone(), value.clone())).collect())
    }

    fn key_after(&self, after: &str, rows: usize) -> Result<Option<String>, Infallible> {
        let known = self.rows.borrow();
        Ok(known.keys().filter(|key| key.as_str() > after).nth(rows.saturating_sub(1)).cloned())
    }

    fn delete_expired(&self, after: &str, end: Option<&str>, at: u32) -> Result<(), Infallible> {
        let is_swept = |key: &str| key > after && end.is_none_or(|end| key <= end);
        self.rows.borrow_mut().retain(|key, (_, expires_at)| !is_swept(key) || *expires_at > at);
        Ok(())
    }

    fn swept_to(&self) -> Result<String, Infallible> {
        Ok(self.swept_to.borrow().clone())
    }

    fn set_swept_to(&self, key: &str) -> Result<(), Infallible> {
        self.swept_to.replace(key.to_owned());
        Ok(())
    }

    fn is_empty(&self) -> Result<bool, Infallible> {
        Ok(self.rows.borrow().is_empty())
    }
}

/// Objects by name, that can be told to fail.
#[derive(Debug, Default)]
pub struct LocalObjects {
    /// The tables of those that were called.
    pub tables: RefCell<BTreeMap<String, Rc<Table>>>,
    /// While this is set, nothing is answered.
    pub is_down: Cell<bool>,
    /// So many calls fail, as those do whose object is moving.
    pub failing: Cell<u32>,
    /// What was called, in its order.
    pub called: RefCell<Vec<(String, Method)>>,
}

impl LocalObjects {
    /// The table of an object, made when it is first called.
    #[must_use]
    pub fn table(&self, name: &str) -> Rc<Table> {
        Rc::clone(self.tables.borrow_mut().entry(name.to_owned()).or_default())
    }

    fn answer(&self, name: &str, method: Method, message: &[u8]) -> Result<Vec<u8>, Unanswered> {
        self.called.borrow_mut().push((name.to_owned(), method));
        let failing = self.failing.get();
        self.failing.set(failing.saturating_sub(1));
        if self.is_down.get() || failing > 0 {
            return Err(Unanswered { message: "told to fail".to_owned(), is_retryable: failing > 0 });
        }
        let table = self.table(name);
        let Ok(answer) = match method {
            Method::Ask => interpreter::ask(&*table, message),
            Method::Change => interpreter::change(&*table, message),
        };
        Ok(answer)
    }
}

impl Objects for Rc<LocalObjects> {
    type Sent = Ready<Result<Vec<u8>, Unanswered>>;

    fn call(&self, name: &str, method: Method, message: &[u8]) -> Self::Sent {
        ready(self.answer(name, method, message))
    }

    fn pause(&self, _ms: u64) -> impl Future<Output = ()> {
        ready(())
    }
}

/// [`Durable`] over [`LocalObjects`].
pub struct LocalStore {
    /// The objects.
    pub objects: Rc<LocalObjects>,
    durable: Durable<Rc<LocalObjects>>,
}

impl LocalStore {
    /// As an isolate with these settings finds them.
    #[must_use]
    pub fn over(objects: &Rc<LocalObjects>, shards: Shards) -> Self {
        Self { durable: Durable::new(Rc::clone(objects), shards, Rc::default()), objects: Rc::clone(objects) }
    }
}

impl Default for LocalStore {
    fn default() -> Self {
        Self::over(&Rc::default(), Shards::usual())
    }
}

impl core::ops::Deref for LocalStore {
    type Target = LocalObjects;

    fn deref(&self) -> &LocalObjects {
        &self.objects
    }
}

impl Store for LocalStore {
    async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Vec<u8>>>, StoreFailed> {
        self.durable.get(keys).await
    }

    async fn apply(
        &self,
        when: &[Condition],
        changes: &[Change],
        not_after: Option<u64>,
    ) -> Result<Applied, StoreFailed> {
        self.durable.apply(when, changes, not_after).await
    }

    async fn apply_each(&self, batches: &[Vec<Change>]) -> Result<(), StoreFailed> {
        self.durable.apply_each(batches).await
    }

    async fn apply_once(&self, change: &Change) -> Result<(), StoreFailed> {
        self.durable.apply_once(change).await
    }

    async fn list(&self, user: UserPseudonym, after: Option<&str>, limit: usize) -> Result<Page, StoreFailed> {
        self.durable.list(user, after, limit).await
    }

    fn operations(&self) -> u32 {
        self.durable.operations()
    }
}
