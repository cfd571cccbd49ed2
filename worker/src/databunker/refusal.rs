//! What goes wrong, as Databunker's clients are told: `{"status":"error","message":"…"}`. The one place where errors become
//! its statuses and words.

use sealed_session::session::SessionError;

use super::{JSON, Surface};
use crate::answer::Answer;
use crate::json::Object;
use crate::request::Broken;

/// A refusal.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Refusal {
    AccessDenied,
    BadMode,
    BadUuid,
    BodyTooLarge,
    EmptyBody,
    /// With the header `Allow`.
    MethodNotAllowed(&'static str),
    /// A parameter of v2 that must be there.
    Missing(&'static str),
    NoSuchEndpoint,
    NotConfigured,
    /// Expired, ended or never there: the same.
    NotFound,
    Session(SessionError),
    Undecodable,
}

impl Refusal {
    /// What the log learns.
    pub(super) const fn code(&self) -> &'static str {
        match self {
            Self::AccessDenied => "access_denied",
            Self::BadMode => "bad_mode",
            Self::BadUuid => "bad_uuid",
            Self::BodyTooLarge => "body_too_large",
            Self::EmptyBody => "empty_body",
            Self::MethodNotAllowed(_) => "method_not_allowed",
            Self::Missing(_) => "missing_parameter",
            Self::NoSuchEndpoint => "no_such_route",
            Self::NotConfigured => "not_configured",
            Self::NotFound => "no_such_session",
            Self::Session(error) => error.code(),
            Self::Undecodable => "invalid_body",
        }
    }

    /// Why there is no such session: what the caller is not told.
    pub(super) const fn reason(&self) -> Option<&'static str> {
        match self {
            Self::Session(SessionError::NoSuchSession(absence)) => Some(absence.name()),
            _ => None,
        }
    }

    /// The answer, in the words of a surface.
    pub(super) fn into_answer(self, surface: Surface, is_post: bool) -> Answer {
        let v1 = surface == Surface::V1;
        let (status, message) = match &self {
            Self::AccessDenied => (403, "Access denied"),
            Self::BadMode if v1 => (405, "bad mode"),
            Self::BadMode => (400, "Bad mode"),
            Self::BadUuid if v1 => (405, "bad uuid"),
            Self::BadUuid => (400, "Bad UUID"),
            Self::BodyTooLarge | Self::Session(SessionError::DataTooLarge) => (413, "the request's body is too large"),
            Self::EmptyBody => (if v1 { 405 } else { 400 }, "empty body"),
            Self::MethodNotAllowed(_) => (405, "method not allowed"),
            Self::Missing(_) => (400, "Missing API request parameters"),
            Self::NoSuchEndpoint if v1 => (404, "endpoint is missing"),
            Self::NoSuchEndpoint => (404, "The API request was not found"),
            Self::NotConfigured => (503, "this deployment's settings are not valid"),
            // The very words and any status but 2xx: to the Node store that is a session that is not there, and every other
            // message a failure.
            Self::NotFound | Self::Session(SessionError::NoSuchSession(_)) => (if v1 { 405 } else { 404 }, "not found"),
            Self::Session(SessionError::InvalidLifetime(_)) => (400, "slidingtime is too short for this store"),
            Self::Session(SessionError::StoreUnavailable) => (503, "the session store did not answer: try again"),
            Self::Session(_) => (500, "internal error"),
            Self::Undecodable if v1 => (405, "failed to decode request body"),
            Self::Undecodable => (400, "Failed to decode the request body"),
        };
        // After any other status, the Node store of v1 forgets its caller and throws where nobody catches, which ends the
        // process. What the original never refused must not do that; a 200 that says error is passed on as an error.
        let is_ours = matches!(status, 413 | 500..);
        let status = if v1 && is_post && is_ours { 200 } else { status };
        let mut body = Object::new();
        body.text("status", "error");
        match self {
            Self::Missing(parameter) => body.text("message", &format!("{message}: {parameter}")),
            _ => body.text("message", message),
        }
        let answer = Answer::new(status).json(JSON, body);
        match self {
            Self::MethodNotAllowed(allow) => answer.header("Allow", allow),
            _ => answer,
        }
    }
}

impl From<SessionError> for Refusal {
    fn from(error: SessionError) -> Self {
        Self::Session(error)
    }
}

impl From<Broken> for Refusal {
    fn from(_: Broken) -> Self {
        Self::Undecodable
    }
}
