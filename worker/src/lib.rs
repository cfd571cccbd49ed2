//! The session service on Cloudflare Workers.
//!
//! `http` is the API, `databunker` that of Databunker beside it, [`serve()`] the way to both; [`store`] drives the kernel's
//! operations over a store, [`config`] reads the settings. This file wires them to the platform and does nothing else.

mod answer;
mod app;
mod call;
pub mod clock;
pub mod config;
mod databunker;
mod duration;
mod http;
mod json;
pub mod log;
mod percent;
#[cfg(target_arch = "wasm32")]
mod platform;
mod request;
mod serve;
pub mod store;
#[cfg(test)]
mod testing;
mod token;

pub use self::answer::Answer;
pub use self::app::App;
pub use self::request::{Broken, Header, Incoming};
pub use self::serve::serve;

#[cfg(target_arch = "wasm32")]
mod entry {
    use core::cell::{Cell, OnceCell};
    use std::rc::Rc;

    use js_sys::{Object, Reflect};
    use wasm_bindgen::JsCast;
    use worker::web_sys::{Request, Response};
    use worker::{Context, Env, Error, event};

    use crate::app::App;
    use crate::config::{Config, ConfigError, StoreKind};
    use crate::log;
    use crate::platform::{PlatformRequest, respond};
    use crate::serve::serve;
    use crate::store::Store;
    use crate::store::bound::Bound;
    use crate::store::durable::Durable;
    use crate::store::durable::namespace::Namespace;
    use crate::store::kv::Kv;

    thread_local! {
        /// The isolate's state, made by its first request: settings are read once.
        static APP: OnceCell<Rc<App>> = const { OnceCell::new() };
        /// What [`Durable`] asks once in the isolate's life.
        static AGREED: Rc<Cell<bool>> = Rc::default();
    }

    #[event(fetch)]
    async fn fetch(request: Request, env: Env, context: Context) -> Result<Response, Error> {
        let app = APP.with(|app| Rc::clone(app.get_or_init(|| Rc::new(App::new(read_config(&env))))));
        let store = bound(&app, &env);
        let (answer, mut line) = serve(&app, &store, &mut PlatformRequest::from(request)).await;
        let response = respond(&answer)?;
        if answer.later.is_empty() {
            line.store_operations = store.operations();
            log::request(&line);
            return Ok(response);
        }
        context.wait_until(async move {
            for change in &answer.later {
                // Failure is nobody's: the next call that needs it does it again.
                let _ = store.apply_once(change).await;
            }
            line.store_operations = store.operations();
            log::request(&line);
        });
        Ok(response)
    }

    /// The store that the settings name. Where they are wrong, nobody asks it anything.
    fn bound(app: &App, env: &Env) -> Bound {
        match app.config() {
            Ok(config) if config.store == StoreKind::Durable => {
                let objects = Namespace::new(env, config.shards);
                Bound::Durable(Durable::new(objects, config.shards, AGREED.with(Rc::clone)))
            }
            _ => Bound::Kv(Kv::new(env)),
        }
    }

    fn read_config(env: &Env) -> Result<Config, ConfigError> {
        let text = |name: &str| Reflect::get(env, &name.into()).ok()?.as_string();
        let names = Object::keys(env.unchecked_ref::<Object>());
        let names = names.iter().filter_map(|name| name.as_string()).filter(|name| is_token_list(name));
        let token_lists: Vec<_> = names.filter_map(|name| text(&name)).collect();
        let config = Config::read(text, &token_lists)?;
        match config.store {
            StoreKind::Durable if !Namespace::is_bound(env) => Err(ConfigError::NoShards),
            StoreKind::Kv if !Kv::is_bound(env) => Err(ConfigError::NoNamespace),
            _ => Ok(config),
        }
    }

    /// One value holds 5 KB, so a deployment with many callers has several lists.
    fn is_token_list(name: &str) -> bool {
        name == "API_TOKENS" || name.starts_with("API_TOKENS_")
    }
}
