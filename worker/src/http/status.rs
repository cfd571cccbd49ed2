//! `GET /v1/status`: what this deployment is and promises, for operators and their monitors.

use crate::answer::Answer;
use crate::app::App;
use crate::config::Config;
use crate::json::{Object, quote};

pub(super) fn status(app: &App, config: &Config) -> Answer {
    let key_ids: Vec<String> = config.key_ids.iter().map(|id| quote(&id.to_string())).collect();
    let visibility = config.promises.visibility.to_string();
    let mut body = Object::new();
    body.text("version", env!("CARGO_PKG_VERSION"));
    body.text("store", config.store.name());
    body.raw("revocation_bound_seconds", &visibility);
    body.raw("assumed_kv_visibility_seconds", &visibility);
    body.raw("key_ids", &format!("[{}]", key_ids.join(",")));
    body.raw("unknown_key_ids_met", &app.unknown_keys().to_string());
    if app.unknown_keys() > 0 {
        body.text(
            "warning",
            "sessions sealed under a key that is not in SESSION_KEYS were met: a root key left the ring too early",
        );
    }
    Answer::new(200).json("application/json", body)
}
