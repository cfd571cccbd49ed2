//! What goes wrong, as callers are told: RFC 9457 problem documents with stable codes. The one place where errors become
//! HTTP; the reasons that nobody outside may learn go to the log.

use std::borrow::Cow;

use sealed_session::session::SessionError;

use crate::answer::Answer;
use crate::json::Object;

/// A refusal.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Problem {
    /// The HTTP status.
    pub status: u16,
    /// The stable identifier.
    pub code: &'static str,
    /// What to do about it.
    detail: &'static str,
    /// The field or header that it is about.
    field: Option<String>,
    /// What only the log learns.
    pub reason: Option<&'static str>,
    header: Option<(&'static str, Cow<'static, str>)>,
}

impl Problem {
    const fn new(status: u16, code: &'static str, detail: &'static str) -> Self {
        Self { status, code, detail, field: None, reason: None, header: None }
    }

    fn about(mut self, field: &str) -> Self {
        self.field = Some(field.to_owned());
        self
    }

    fn with(mut self, name: &'static str, value: impl Into<Cow<'static, str>>) -> Self {
        self.header = Some((name, value.into()));
        self
    }

    pub(super) const fn body_too_large() -> Self {
        Self::new(413, "body_too_large", "the request's body is larger than this deployment's MAX_BODY")
    }

    pub(super) const fn forbidden() -> Self {
        Self::new(403, "forbidden", "this API token has not the scope that the call needs")
    }

    pub(super) const fn invalid_body() -> Self {
        Self::new(400, "invalid_body", "expected a JSON object in UTF-8")
    }

    pub(super) fn invalid_field(field: &str, detail: &'static str) -> Self {
        Self::new(400, "invalid_field", detail).about(field)
    }

    pub(super) fn invalid_header(name: &'static str, detail: &'static str) -> Self {
        Self::new(400, "invalid_header", detail).about(name)
    }

    pub(super) fn invalid_query(name: &str, expected: &'static str) -> Self {
        Self::new(400, "invalid_query", expected).about(name)
    }

    pub(super) const fn invalid_session_id() -> Self {
        Self::new(400, "invalid_session_id", "a foreign Session-Id is 16 to 128 visible ASCII characters")
    }

    pub(super) fn method_not_allowed(allowed: impl Iterator<Item = &'static str>) -> Self {
        let allowed = allowed.collect::<Vec<_>>().join(", ");
        Self::new(405, "method_not_allowed", "see the header Allow").with("Allow", allowed)
    }

    pub(super) const fn missing_session_id() -> Self {
        Self::new(400, "missing_session_id", "name the session in the header Session-Id")
    }

    pub(super) const fn missing_user_id() -> Self {
        Self::new(400, "missing_user_id", "name the user in the header User-Id, percent-encoded")
    }

    pub(super) const fn no_such_route() -> Self {
        Self::new(404, "no_such_route", "see /openapi.json for what there is")
    }

    pub(super) const fn not_configured() -> Self {
        Self::new(503, "not_configured", "this deployment's settings are not valid: its log says what to set")
    }

    pub(super) fn unauthorized() -> Self {
        Self::new(401, "unauthorized", "send an API token of this deployment: Authorization: Bearer sst_…")
            .with("WWW-Authenticate", "Bearer")
    }

    pub(super) fn unknown_field(field: &str) -> Self {
        Self::new(400, "unknown_field", "this call takes no such field").about(field)
    }

    pub(super) const fn unsupported_media_type() -> Self {
        Self::new(415, "unsupported_media_type", "send the body as application/json")
    }

    /// The body broke off.
    pub(super) const fn unreadable_body() -> Self {
        Self::new(400, "invalid_body", "the body could not be read")
    }

    pub(super) fn into_answer(self) -> Answer {
        let mut body = Object::new();
        body.text("title", title(self.status));
        body.raw("status", &self.status.to_string());
        body.text("code", self.code);
        body.text("detail", self.detail);
        if let Some(field) = &self.field {
            body.text("field", field);
        }
        let mut answer = Answer::new(self.status).json("application/problem+json", body);
        if let Some((name, value)) = self.header {
            answer = answer.header(name, value);
        }
        answer
    }
}

impl From<SessionError> for Problem {
    fn from(error: SessionError) -> Self {
        let problem = |status, detail| Self::new(status, error.code(), detail);
        match error {
            SessionError::DataTooLarge => {
                problem(413, "the session's data would be larger than this deployment's MAX_BODY")
            }
            SessionError::InvalidData => problem(400, "the patch nests deeper than 64 levels").about("data"),
            SessionError::InvalidLifetime(field) => problem(400, field.message()).about(field.name()),
            SessionError::NativeId => {
                problem(400, "nobody may choose a session ID: leave Session-Id out, or send a foreign one")
            }
            SessionError::NoLookupKey => problem(503, "the keyring has no lookup key"),
            SessionError::NoRandomness => problem(503, "the platform's random source failed"),
            SessionError::NoSuchSession(absence) => {
                Self { reason: Some(absence.name()), ..problem(404, "the session ended, expired or never was") }
            }
            SessionError::SessionEnded => problem(409, "a session under this ID ended a moment ago: use a new ID"),
            SessionError::StoreUnavailable => {
                problem(503, "the session store did not answer: try again").with("Retry-After", "1")
            }
            SessionError::VersionConflict => problem(412, "the session has another version: read it again"),
            // The enum may grow; what this release does not know is a bug of its own.
            _ => Self::new(500, "internal_error", "this is a bug: please report it"),
        }
    }
}

/// The status in words (RFC 9110, section 15).
const fn title(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        412 => "Precondition Failed",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        503 => "Service Unavailable",
        _ => "Internal Server Error",
    }
}
