//! The objects as the platform has them: a namespace, names, and one call each way.

use core::future::Future;
use core::pin::Pin;

use js_sys::futures::JsFuture;
use js_sys::{Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use worker::Delay;

use super::{Method, Objects, Shards, Unanswered};

/// The namespace bound as `SHARDS`.
pub struct Namespace {
    binding: JsValue,
    /// Where objects shall be made; looked at for those that do not exist yet.
    options: JsValue,
}

impl Namespace {
    /// Without the binding, every call fails.
    #[must_use]
    pub fn new(env: &JsValue, shards: Shards) -> Self {
        let options = Object::new();
        if let Some(home) = shards.home() {
            // Fails on frozen objects and setters that throw; ours is neither.
            let _ = Reflect::set(&options, &"locationHint".into(), &home.into());
        }
        Self { binding: field(env, BINDING), options: options.into() }
    }

    /// Whether there is a namespace.
    #[must_use]
    pub fn is_bound(env: &JsValue) -> bool {
        field(env, BINDING).is_object()
    }
}

impl Objects for Namespace {
    type Sent = Pin<Box<dyn Future<Output = Result<Vec<u8>, Unanswered>>>>;

    fn call(&self, name: &str, method: Method, message: &[u8]) -> Self::Sent {
        // A copy of its own: of a view, all of the module's memory might be sent.
        let message = Uint8Array::from(message);
        let sent: Promise = match method {
            Method::Ask => glue::ask(&self.binding, name, &self.options, &message),
            Method::Change => glue::change(&self.binding, name, &self.options, &message),
        };
        Box::pin(async move {
            let answer = JsFuture::from(sent).await.map_err(|error| Unanswered {
                message: field(&error, "message").as_string().unwrap_or_default(),
                // An object with too much to do gets no more of it.
                is_retryable: field(&error, "retryable").is_truthy() && !field(&error, "overloaded").is_truthy(),
            })?;
            Ok(answer.dyn_ref::<Uint8Array>().map(Uint8Array::to_vec).unwrap_or_default())
        })
    }

    async fn pause(&self, ms: u64) {
        Delay::from(core::time::Duration::from_millis(ms)).await;
    }
}

fn field(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).unwrap_or_default()
}

#[allow(unsafe_code, reason = "wasm-bindgen's own glue")]
mod glue {
    use super::{JsValue, Promise, Uint8Array};
    use wasm_bindgen::prelude::wasm_bindgen;

    #[wasm_bindgen(module = "/src/store/durable/namespace.js")]
    extern "C" {
        pub fn ask(namespace: &JsValue, name: &str, options: &JsValue, message: &Uint8Array) -> Promise;
        pub fn change(namespace: &JsValue, name: &str, options: &JsValue, message: &Uint8Array) -> Promise;
    }
}

/// The binding's name in wrangler.toml.
const BINDING: &str = "SHARDS";
