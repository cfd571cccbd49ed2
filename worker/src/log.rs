//! What the log learns: one JSON line per request, and one for whatever went wrong behind it.
//!
//! Nothing here can name a session, a user, a token or a payload: a line has a log ID, which only somebody who knows
//! the handle can tie to a session, and words of ours.

use std::collections::BTreeMap;

use sealed_session::LogId;
use serde_json::{Value, json};

use crate::config::ConfigError;

/// The line of one request.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Line {
    /// The request's method, if it is one of HTTP's own.
    pub method: &'static str,
    /// The route it took, as a template: never the path, which a caller may fill with anything.
    pub route: &'static str,
    /// The answer's status.
    pub status: u16,
    /// The problem's code, if it was one.
    pub code: Option<&'static str>,
    /// Why there is no such session: what the caller is not told.
    pub reason: Option<&'static str>,
    /// The session.
    pub log_id: Option<LogId>,
    /// The operator's name for the token that called.
    pub token: Option<String>,
    /// Milliseconds from the request's arrival to its answer.
    pub ms: u64,
    /// Store operations, those after the answer included.
    pub store_operations: u32,
}

impl Line {
    /// The line as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut fields: BTreeMap<&str, Value> = BTreeMap::from([
            ("method", json!(self.method)),
            ("route", json!(self.route)),
            ("status", json!(self.status)),
            ("ms", json!(self.ms)),
            ("store_operations", json!(self.store_operations)),
        ]);
        let optional = [
            ("code", self.code.map(str::to_owned)),
            ("reason", self.reason.map(str::to_owned)),
            ("log_id", self.log_id.map(|id| id.to_string())),
            ("token", self.token.clone()),
        ];
        fields.extend(optional.into_iter().filter_map(|(name, value)| Some((name, json!(value?)))));
        json!(fields).to_string()
    }
}

/// Says what to set.
pub fn not_configured(error: ConfigError) {
    write_error(&json!({ "error": "not_configured", "detail": error.to_string() }));
}

/// Says what the store said.
pub fn store_failed(call: &'static str, message: &str) {
    write_error(&json!({ "error": "store_failed", "call": call, "detail": message }));
}

/// Writes a request's line.
pub fn request(line: &Line) {
    write(&line.to_json());
}

#[cfg(target_arch = "wasm32")]
fn write(line: &str) {
    worker::web_sys::console::log_1(&line.into());
}

#[cfg(target_arch = "wasm32")]
fn write_error(line: &Value) {
    worker::web_sys::console::error_1(&line.to_string().into());
}

#[cfg(not(target_arch = "wasm32"))]
fn write(_line: &str) {}

#[cfg(not(target_arch = "wasm32"))]
fn write_error(_line: &Value) {}
