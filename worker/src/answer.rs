//! An answer before it becomes a platform's response.

use std::borrow::Cow;

use sealed_session::session::Change;

use crate::json::Object;

/// Status, headers, body, and what is left to do after they are sent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// In the order they were given; no name occurs twice.
    pub headers: Vec<(&'static str, Cow<'static, str>)>,
    /// The body; empty where the status has none.
    pub body: Cow<'static, str>,
    /// Changes to apply once the answer is on its way.
    pub later: Vec<Change>,
}

impl Answer {
    pub(crate) const fn new(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Cow::Borrowed(""), later: Vec::new() }
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<Cow<'static, str>>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn json(mut self, content_type: &'static str, body: Object) -> Self {
        self.body = Cow::Owned(body.finish());
        self.header("Content-Type", content_type)
    }

    pub(crate) fn text(mut self, body: &'static str) -> Self {
        self.body = Cow::Borrowed(body);
        self.header("Content-Type", "text/plain; charset=utf-8")
    }

    pub(crate) fn static_json(mut self, body: &'static str) -> Self {
        self.body = Cow::Borrowed(body);
        self.header("Content-Type", "application/json")
    }
}
