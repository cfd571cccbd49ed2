//! What the log learns: one JSON line per request, and one for whatever went wrong behind it.
//!
//! Nothing here can name a session, a user, a token or a payload: a line has a log ID, which only somebody who knows
//! the handle can tie to a session, and words of ours.

use sealed_session::LogId;

use crate::config::ConfigError;
use crate::json::Object;

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
        let mut line = Object::new();
        line.text("method", self.method);
        line.text("route", self.route);
        line.raw("status", &self.status.to_string());
        line.raw("ms", &self.ms.to_string());
        line.raw("store_operations", &self.store_operations.to_string());
        if let Some(code) = self.code {
            line.text("code", code);
        }
        if let Some(reason) = self.reason {
            line.text("reason", reason);
        }
        if let Some(log_id) = self.log_id {
            line.text("log_id", &log_id.to_string());
        }
        if let Some(token) = &self.token {
            line.text("token", token);
        }
        line.finish()
    }
}

/// Says what to set.
pub fn not_configured(error: ConfigError) {
    write_error("not_configured", None, &error.to_string());
}

/// Says what the store said.
pub fn store_failed(call: &'static str, message: &str) {
    write_error("store_failed", Some(call), message);
}

/// Writes a request's line.
pub fn request(line: &Line) {
    write(&line.to_json());
}

fn write_error(error: &'static str, call: Option<&'static str>, detail: &str) {
    let mut line = Object::new();
    line.text("error", error);
    if let Some(call) = call {
        line.text("call", call);
    }
    line.text("detail", detail);
    write_to_errors(&line.finish());
}

#[cfg(target_arch = "wasm32")]
fn write(line: &str) {
    worker::web_sys::console::log_1(&line.into());
}

#[cfg(target_arch = "wasm32")]
fn write_to_errors(line: &str) {
    worker::web_sys::console::error_1(&line.into());
}

#[cfg(not(target_arch = "wasm32"))]
fn write(_line: &str) {}

#[cfg(not(target_arch = "wasm32"))]
fn write_to_errors(_line: &str) {}
