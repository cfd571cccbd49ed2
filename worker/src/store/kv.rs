//! Workers KV as a store.
//!
//! What we rely on: a write is seen everywhere within the visibility that the deployment states, the last of two writes
//! wins, and a value is gone at its expiration. What we do not rely on: that a write is seen here before that, that a
//! miss is news, or that two writes keep their order elsewhere; the rules answer for those. When KV is later than the
//! stated visibility, revocations are late by as much; docs/DESIGN.md says what breaks when it is later than twice that.
//!
//! Values are raw bytes. The entries of a user's index (`u:`) are the exception: an entry is one base64url string in the
//! key's metadata with an empty value, so that one list call shows up to 1 000 of them.
//!
//! The binding is called directly, with options made once: the `worker` crate's builders look every function up and
//! serialise every option at each call, which is a tenth of a read.

use core::cell::Cell;

use js_sys::futures::JsFuture;
use js_sys::{ArrayBuffer, Object, Promise, Reflect, Uint8Array};
use sealed_session::session::{Change, Condition, Key, Page};
use sealed_session::{UserPseudonym, text};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use worker::Delay;

use super::retry::{is_last, wait_before};
use super::{Applied, Store, StoreFailed};
use crate::{clock, log};

/// A namespace, for the length of one invocation.
pub struct Kv {
    namespace: KvNamespace,
    get_options: JsValue,
    operations: Cell<u32>,
}

impl Kv {
    /// The namespace bound as `SESSIONS`. Without one, every call fails.
    #[must_use]
    pub fn new(env: &JsValue) -> Self {
        Self {
            namespace: field(env, BINDING).unchecked_into(),
            get_options: GET_OPTIONS.with(JsValue::clone),
            operations: Cell::new(0),
        }
    }

    /// Whether there is a namespace.
    #[must_use]
    pub fn is_bound(env: &JsValue) -> bool {
        field(env, BINDING).is_object()
    }

    /// Counts an operation, before it is sent. One invocation may make 1 000; we stop before the platform does, since a
    /// call that fails half-way is worse than one that was not begun.
    fn count(&self) -> Result<(), StoreFailed> {
        let count = self.operations.get().saturating_add(1);
        self.operations.set(count);
        if count > MAX_OPERATIONS {
            log::store_failed("count", "one call would take more than 1000 KV operations");
            return Err(StoreFailed);
        }
        Ok(())
    }

    /// Sends a get. The promises of one step run side by side.
    fn send_get(&self, key: &Key) -> Result<Promise, StoreFailed> {
        self.count()?;
        let name = key.to_string();
        let sent = match key {
            Key::User(..) => self.namespace.get_with_metadata(&name, &self.get_options),
            _ => self.namespace.get(&name, &self.get_options),
        };
        sent.map_err(|error| failed("get", &error))
    }

    async fn send(&self, change: &Change) -> Result<(), Refused> {
        landed(self.send_change(change)?).await
    }

    /// Sends a change. What is sent before the first is awaited runs side by side.
    fn send_change(&self, change: &Change) -> Result<Promise, Refused> {
        self.count().map_err(|StoreFailed| Refused::Failed)?;
        let name = change.key().to_string();
        let sent = match change {
            Change::Delete(_) => self.namespace.delete(&name),
            Change::Put { key, value, expires_at } => {
                let options = Object::new();
                // KV refuses an expiration less than a minute away. The record decides what is over; KV tidies up.
                let soonest = (clock::now() / 1000).saturating_add(SOONEST_EXPIRATION);
                let expiration = u64::from(*expires_at).max(soonest);
                #[expect(clippy::cast_precision_loss, reason = "seconds are far below 2^53")]
                set(&options, "expiration", &JsValue::from_f64(expiration as f64));
                let value = match key {
                    Key::User(..) => {
                        set(&options, "metadata", &text::encode(value).into());
                        Uint8Array::new_with_length(0)
                    }
                    _ => Uint8Array::from(value.as_slice()),
                };
                self.namespace.put(&name, &value, &options)
            }
        };
        sent.map_err(|error| Refused::by(&error))
    }
}

async fn landed(sent: Promise) -> Result<(), Refused> {
    JsFuture::from(sent).await.map(|_| ()).map_err(|error| Refused::by(&error))
}

impl Store for Kv {
    async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Vec<u8>>>, StoreFailed> {
        let sent = keys.iter().map(|key| self.send_get(key)).collect::<Result<Vec<_>, _>>()?;
        let mut values = Vec::with_capacity(sent.len());
        for (key, promise) in keys.iter().zip(sent) {
            let answer = JsFuture::from(promise).await.map_err(|error| failed("get", &error))?;
            values.push(match key {
                Key::User(..) => metadata(&answer),
                _ => bytes(&answer),
            });
        }
        Ok(values)
    }

    /// Conditions are not looked at: KV has no such thing, and the rules compared what they had read.
    async fn apply(
        &self,
        _when: &[Condition],
        changes: &[Change],
        not_after: Option<u64>,
    ) -> Result<Applied, StoreFailed> {
        for change in changes {
            for tries in 1.. {
                if not_after.is_some_and(|not_after| clock::now() > not_after) {
                    return Ok(Applied::TooLate);
                }
                match self.send(change).await {
                    Ok(()) => break,
                    Err(Refused::Failed) => return Err(StoreFailed),
                    Err(Refused::TooSoon) => {}
                }
                let Some(wait) = wait_before(tries, clock::now(), not_after, random()) else {
                    // To start again from the check helps where time ran out, not where KV has had enough.
                    return if is_last(tries) { Err(StoreFailed) } else { Ok(Applied::TooLate) };
                };
                Delay::from(core::time::Duration::from_millis(wait)).await;
            }
        }
        Ok(Applied::Done)
    }

    /// A few batches at a time: the first change of each side by side, then the second.
    async fn apply_each(&self, batches: &[Vec<Change>]) -> Result<(), StoreFailed> {
        let mut result = Ok(());
        for window in batches.chunks(AT_ONCE) {
            let mut going: Vec<&[Change]> = window.iter().map(Vec::as_slice).collect();
            while going.iter().any(|changes| !changes.is_empty()) {
                let firsts = going.iter().filter_map(|changes| changes.split_first());
                let sent: Vec<_> = firsts.map(|(change, rest)| (change, rest, self.send_change(change))).collect();
                going.clear();
                for (change, rest, sent) in sent {
                    let landed = match sent {
                        Ok(promise) => landed(promise).await,
                        Err(refused) => Err(refused),
                    };
                    let applied = match landed {
                        Ok(()) => Ok(()),
                        Err(Refused::TooSoon) => self.apply(&[], core::slice::from_ref(change), None).await.map(|_| ()),
                        Err(Refused::Failed) => Err(StoreFailed),
                    };
                    match applied {
                        Ok(()) => going.push(rest),
                        Err(StoreFailed) => result = Err(StoreFailed),
                    }
                }
            }
        }
        result
    }

    async fn apply_once(&self, change: &Change) -> Result<(), StoreFailed> {
        self.send(change).await.map_err(|_| StoreFailed)
    }

    async fn list(&self, user: UserPseudonym, after: Option<&str>, limit: usize) -> Result<Page, StoreFailed> {
        self.count()?;
        let options = Object::new();
        set(&options, "prefix", &format!("u:{user}:").into());
        set(&options, "limit", &JsValue::from(u32::try_from(limit.min(MAX_LIST)).unwrap_or(u32::MAX)));
        if let Some(after) = after {
            set(&options, "cursor", &after.into());
        }
        let sent = self.namespace.list(&options).map_err(|error| failed("list", &error))?;
        let answer = JsFuture::from(sent).await.map_err(|error| failed("list", &error))?;
        let keys = field(&answer, "keys").unchecked_into::<js_sys::Array>();
        let entries = keys.iter().filter_map(|key| {
            let name = field(&key, "name").as_string()?;
            // Somebody else's key under our prefix is not an entry.
            let Some(Key::User(_, handle)) = Key::parse(&name) else { return None };
            Some((handle, metadata(&key).unwrap_or_default()))
        });
        Ok(Page {
            entries: entries.collect(),
            next: field(&answer, "cursor").as_string().filter(|_| field(&answer, "list_complete").is_falsy()),
        })
    }

    fn operations(&self) -> u32 {
        self.operations.get()
    }
}

/// Why a write was not taken.
enum Refused {
    Failed,
    /// 429: the key was written less than a second ago.
    TooSoon,
}

impl Refused {
    fn by(error: &JsValue) -> Self {
        // KV says `KV PUT failed: 429 Too Many Requests`; the number is its only structure.
        let message = field(error, "message").as_string().unwrap_or_default();
        if message.contains(" 429 ") {
            return Self::TooSoon;
        }
        let StoreFailed = failed("write", error);
        Self::Failed
    }
}

/// Tells the log what the store said. Its messages name no key and no value.
fn failed(call: &'static str, error: &JsValue) -> StoreFailed {
    log::store_failed(call, &field(error, "message").as_string().unwrap_or_default());
    StoreFailed
}

/// A value, or nothing where KV answered null.
fn bytes(answer: &JsValue) -> Option<Vec<u8>> {
    answer.dyn_ref::<ArrayBuffer>().map(|buffer| Uint8Array::new(buffer).to_vec())
}

/// An entry: base64url in the key's metadata.
fn metadata(answer: &JsValue) -> Option<Vec<u8>> {
    text::decode_any(&field(answer, "metadata").as_string()?)
}

fn field(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).unwrap_or_default()
}

fn set(object: &Object, name: &str, value: &JsValue) {
    // Fails on frozen objects and setters that throw; ours are neither.
    let _ = Reflect::set(object, &name.into(), value);
}

fn random() -> u32 {
    // Jitter may be guessed; without a random source the writes still happen, all after the same wait.
    getrandom::u32().unwrap_or_default()
}

#[allow(unsafe_code, reason = "wasm-bindgen's own glue")]
mod binding {
    use super::{JsValue, Object, Promise, Uint8Array, wasm_bindgen};

    #[wasm_bindgen]
    extern "C" {
        /// The binding's own type: <https://developers.cloudflare.com/kv/api/>.
        pub type KvNamespace;

        #[wasm_bindgen(method, catch)]
        pub fn get(this: &KvNamespace, key: &str, options: &JsValue) -> Result<Promise, JsValue>;

        #[wasm_bindgen(method, catch, js_name = getWithMetadata)]
        pub fn get_with_metadata(this: &KvNamespace, key: &str, options: &JsValue) -> Result<Promise, JsValue>;

        #[wasm_bindgen(method, catch)]
        pub fn put(this: &KvNamespace, key: &str, value: &Uint8Array, options: &Object) -> Result<Promise, JsValue>;

        #[wasm_bindgen(method, catch)]
        pub fn delete(this: &KvNamespace, key: &str) -> Result<Promise, JsValue>;

        #[wasm_bindgen(method, catch)]
        pub fn list(this: &KvNamespace, options: &Object) -> Result<Promise, JsValue>;
    }
}
use binding::KvNamespace;

thread_local! {
    /// Bytes, and the shortest time that KV lets a location trust its cache. Made once: it is the same at every call.
    static GET_OPTIONS: JsValue = {
        let options = Object::new();
        set(&options, "type", &"arrayBuffer".into());
        set(&options, "cacheTtl", &JsValue::from(CACHE_TTL));
        options.into()
    };
}

/// The binding's name in wrangler.toml.
const BINDING: &str = "SESSIONS";
/// Seconds: KV's least. Less time in a cache is less time in which a write is not seen.
const CACHE_TTL: u32 = 30;
/// Seconds: KV takes 60; the rest is for clocks that differ.
const SOONEST_EXPIRATION: u64 = 90;
/// KV's limit for one invocation.
const MAX_OPERATIONS: u32 = 1000;
/// What the platform sends at once from one invocation; more would wait there.
const AT_ONCE: usize = 6;
/// KV's limit for one page.
const MAX_LIST: usize = 1000;
