//! Answers' JSON, written as it is read. Session data goes through as the bytes that it came in.

/// An object, member by member.
#[derive(Debug)]
pub(crate) struct Object(String);

impl Object {
    pub(crate) fn new() -> Self {
        Self(String::with_capacity(512))
    }

    /// A member whose value is JSON already.
    pub(crate) fn raw(&mut self, name: &'static str, json: &str) {
        self.0.push(if self.0.is_empty() { '{' } else { ',' });
        self.0.push('"');
        self.0.push_str(name);
        self.0.push_str("\":");
        self.0.push_str(json);
    }

    pub(crate) fn text(&mut self, name: &'static str, text: &str) {
        self.raw(name, &quote(text));
    }

    pub(crate) fn optional_text(&mut self, name: &'static str, text: Option<&str>) {
        match text {
            Some(text) => self.text(name, text),
            None => self.raw(name, "null"),
        }
    }

    pub(crate) fn finish(mut self) -> String {
        self.0.push_str(if self.0.is_empty() { "{}" } else { "}" });
        self.0
    }
}

/// A text as a JSON string.
pub(crate) fn quote(text: &str) -> String {
    // Writing a string to memory does not fail.
    serde_json::to_string(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_escaped_and_json_is_not() {
        let mut object = Object::new();
        object.text("a", "\"\\\n\u{1}ä");
        object.raw("b", "[1, 2]");
        object.optional_text("c", None);
        assert_eq!(object.finish(), "{\"a\":\"\\\"\\\\\\n\\u0001ä\",\"b\":[1, 2],\"c\":null}");
        assert_eq!(Object::new().finish(), "{}");
    }
}
