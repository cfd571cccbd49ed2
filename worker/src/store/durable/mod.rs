//! Durable Objects as a store: exact.
//!
//! What we rely on: an object exists once in the world and runs one piece of code at a time; what it wrote since its last
//! await is committed whole or not at all; and its answer is held back until that is on disk. So a condition is exact, a
//! batch is atomic, and whoever reads after an answer reads what was answered, wherever they are. What we do not rely on:
//! that an object stays in memory, or that a call arrives. When an object is late, so is the answer; when it does not
//! answer, that is 503, and a session is neither alive nor ended by it.
//!
//! Keys are spread over objects by their placement ([`Shards`]). Every call says which object it means and of how many;
//! an object remembers what it was told first and refuses everything else ([`interpreter`]). Since fewer or more objects
//! would put keys elsewhere, where nobody finds them, an isolate asks the first object before it trusts its own setting.

pub mod interpreter;
#[cfg(not(target_arch = "wasm32"))]
pub mod local;
#[cfg(target_arch = "wasm32")]
pub mod namespace;
#[cfg(target_arch = "wasm32")]
pub mod object;
pub mod shards;
#[cfg(test)]
mod tests;
pub mod wire;

use core::cell::Cell;
use core::future::Future;
use std::collections::BTreeMap;
use std::rc::Rc;

use sealed_session::UserPseudonym;
use sealed_session::session::{Change, Condition, Key, Page};

pub use self::shards::Shards;
use self::wire::Answer;
use super::retry::wait_before_asking_again;
use super::{Applied, Store, StoreFailed};
use crate::{clock, log};

/// Objects that can be called by name.
pub trait Objects {
    /// A call on its way.
    type Sent: Future<Output = Result<Vec<u8>, Unanswered>>;

    /// Calls an object. The call is on its way when this returns, so that several run side by side.
    fn call(&self, name: &str, method: Method, message: &[u8]) -> Self::Sent;
    /// Lets time pass.
    fn pause(&self, ms: u64) -> impl Future<Output = ()>;
}

/// What an object can be asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Method {
    /// Something that changes nothing.
    Ask,
    /// A batch.
    Change,
}

/// A call came to no answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Unanswered {
    /// What the platform says; it names no key and no value.
    pub message: String,
    /// The platform thinks that another try may do.
    pub is_retryable: bool,
}

/// The deployment's objects, for the length of one invocation.
pub struct Durable<O> {
    objects: O,
    shards: Shards,
    /// The first object and this isolate are of one mind about how many objects there are.
    agreed: Rc<Cell<bool>>,
    operations: Cell<u32>,
}

impl<O: Objects> Durable<O> {
    /// `agreed` is the isolate's own, and false at its start.
    pub const fn new(objects: O, shards: Shards, agreed: Rc<Cell<bool>>) -> Self {
        Self { objects, shards, agreed, operations: Cell::new(0) }
    }

    /// What an object is told that it is.
    fn owner(&self, shard: u16) -> String {
        format!("{} of {}", self.shards.name(shard), self.shards.number())
    }

    /// Sends a question. It may be sent again: it changes nothing.
    fn ask(&self, shard: u16, message: Vec<u8>) -> impl Future<Output = Result<Answer, StoreFailed>> {
        let began = clock::now();
        let mut sent = self.send(shard, Method::Ask, &message);
        async move {
            for tries in 1.. {
                match sent.await {
                    Ok(answer) => return understood(&answer),
                    Err(error) => {
                        let asked_for = clock::now().saturating_sub(began);
                        let again = wait_before_asking_again(tries, asked_for, random());
                        let again = again.filter(|_| error.is_retryable);
                        let Some(wait) = again else { return Err(failed("ask", &error)) };
                        self.objects.pause(wait).await;
                        sent = self.send(shard, Method::Ask, &message);
                    }
                }
            }
            Err(StoreFailed)
        }
    }

    /// Sends a batch, once. The platform sends again what has not arrived; of a batch that was cut off after that nobody
    /// knows whether it was applied, and a second one would meet what the first one wrote.
    async fn change(&self, when: &[Condition], changes: &[Change]) -> Result<Applied, StoreFailed> {
        let mut shards =
            when.iter().map(Condition::key).chain(changes.iter().map(Change::key)).map(|key| self.shards.of(&key));
        let Some(shard) = shards.next() else { return Ok(Applied::Done) };
        if shards.any(|other| other != shard) {
            // The rules' promise, which no store can keep for them.
            log::store_failed("change", "one batch for several objects");
            return Err(StoreFailed);
        }
        self.agree().await?;
        let message = wire::apply(&self.owner(shard), when, changes);
        let answer = self.send(shard, Method::Change, &message).await.map_err(|error| failed("change", &error))?;
        applied(&answer)
    }

    fn send(&self, shard: u16, method: Method, message: &[u8]) -> O::Sent {
        self.operations.set(self.operations.get().saturating_add(1));
        self.objects.call(&self.shards.name(shard), method, message)
    }

    /// Asks the first object once in an isolate's life.
    async fn agree(&self) -> Result<(), StoreFailed> {
        if !self.agreed.get() {
            self.ask(FIRST, wire::get(&self.owner(FIRST), &[])).await?;
            self.agreed.set(true);
        }
        Ok(())
    }
}

impl<O: Objects> Store for Durable<O> {
    /// Each object is asked once, all at the same time.
    async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Vec<u8>>>, StoreFailed> {
        let mut shards: Vec<u16> = keys.iter().map(|key| self.shards.of(key)).collect();
        shards.sort_unstable();
        shards.dedup();
        let sent: Vec<_> = shards
            .into_iter()
            .map(|shard| {
                let of_shard: Vec<usize> =
                    (0..).zip(keys).filter(|(_, key)| self.shards.of(key) == shard).map(|(at, _)| at).collect();
                let named: Vec<&Key> = of_shard.iter().filter_map(|at| keys.get(*at)).collect();
                (of_shard, self.ask(shard, wire::get(&self.owner(shard), &named)))
            })
            .collect();
        let agreed = (!self.agreed.get()).then(|| self.ask(FIRST, wire::get(&self.owner(FIRST), &[])));

        let mut values = vec![None; keys.len()];
        for (places, answer) in sent {
            let Answer::Values(found) = answer.await? else { return Err(misunderstood()) };
            if found.len() != places.len() {
                return Err(misunderstood());
            }
            for (place, value) in places.into_iter().zip(found) {
                if let Some(slot) = values.get_mut(place) {
                    *slot = value;
                }
            }
        }
        if let Some(agreed) = agreed {
            agreed.await?;
            self.agreed.set(true);
        }
        Ok(values)
    }

    async fn apply(
        &self,
        when: &[Condition],
        changes: &[Change],
        not_after: Option<u64>,
    ) -> Result<Applied, StoreFailed> {
        if not_after.is_some_and(|not_after| clock::now() > not_after) {
            return Ok(Applied::TooLate);
        }
        self.change(when, changes).await
    }

    /// What goes to one object goes as one batch, and all objects are sent theirs at the same time.
    async fn apply_each(&self, batches: &[Vec<Change>]) -> Result<(), StoreFailed> {
        self.agree().await?;
        let mut of_shards: BTreeMap<u16, Vec<Change>> = BTreeMap::new();
        for change in batches.iter().flatten() {
            of_shards.entry(self.shards.of(&change.key())).or_default().push(change.clone());
        }
        let sent: Vec<_> = of_shards
            .into_iter()
            .flat_map(|(shard, changes)| {
                let message = |part| wire::apply(&self.owner(shard), &[], part);
                let parts = changes.chunks(MOST_CHANGES).map(message).collect::<Vec<_>>();
                parts.into_iter().map(move |message| self.send(shard, Method::Change, &message))
            })
            .collect();
        let mut result = Ok(());
        for answer in sent {
            let applied = answer.await.map_err(|error| failed("change", &error)).and_then(|answer| applied(&answer));
            result = result.and(applied.map(|_| ()));
        }
        result
    }

    async fn apply_once(&self, change: &Change) -> Result<(), StoreFailed> {
        self.change(&[], core::slice::from_ref(change)).await.map(|_| ())
    }

    async fn list(&self, user: UserPseudonym, after: Option<&str>, limit: usize) -> Result<Page, StoreFailed> {
        self.agree().await?;
        let shard = self.shards.of(&Key::Revoked(user));
        match self.ask(shard, wire::list(&self.owner(shard), user, after, limit)).await? {
            Answer::Page(page) => Ok(page),
            _ => Err(misunderstood()),
        }
    }

    fn operations(&self) -> u32 {
        self.operations.get()
    }
}

/// What an object says of itself is no answer.
fn understood(answer: &[u8]) -> Result<Answer, StoreFailed> {
    match Answer::decode(answer) {
        Some(Answer::Other(owner)) => {
            let advice = format!("the object is {owner}: set DURABLE_SHARDS back to that number (see wrangler.toml)");
            log::store_failed("agree", &advice);
            Err(StoreFailed)
        }
        Some(Answer::Unreadable) | None => Err(misunderstood()),
        Some(answer) => Ok(answer),
    }
}

fn applied(answer: &[u8]) -> Result<Applied, StoreFailed> {
    match understood(answer)? {
        Answer::Applied => Ok(Applied::Done),
        Answer::Conflict => Ok(Applied::Conflict),
        _ => Err(misunderstood()),
    }
}

fn misunderstood() -> StoreFailed {
    log::store_failed("understand", "Worker and object are of different releases: one of them is being replaced");
    StoreFailed
}

fn failed(call: &'static str, error: &Unanswered) -> StoreFailed {
    log::store_failed(call, &error.message);
    StoreFailed
}

fn random() -> u32 {
    // Jitter may be guessed; without a random source there is none.
    getrandom::u32().unwrap_or_default()
}

/// Of one batch where several may be one: some milliseconds in which an object answers nobody else.
const MOST_CHANGES: usize = 1000;
/// The object that knows how many there are.
const FIRST: u16 = 0;
