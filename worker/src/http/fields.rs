//! Request bodies: a JSON object whose fields are taken one by one. What nobody took is an unknown field.

use sealed_session::UserId;
use sealed_session::session::{Data, Label, Members, members};
use serde_json::value::RawValue;

use super::problem::Problem;
use crate::duration;

/// The fields that are still to be taken.
pub(super) struct Fields<'a>(Members<'a>);

/// A field that may be `null`, which means none.
type Nullable<T> = Option<Option<T>>;

impl<'a> Fields<'a> {
    /// Reads a body; an empty one has no fields.
    pub(super) fn parse(body: &'a [u8]) -> Result<Self, Problem> {
        if body.is_empty() {
            return Ok(Self(Members::default()));
        }
        members(body).map(Self).ok_or_else(Problem::invalid_body)
    }

    /// Takes a field; of two with one name, the last one counts.
    fn take(&mut self, name: &str) -> Option<&'a RawValue> {
        let value = self.0.0.iter().rev().find(|(known, _)| known == name).map(|(_, value)| *value);
        self.0.0.retain(|(known, _)| known != name);
        value
    }

    /// Session data: any JSON, kept as the bytes that it came in.
    pub(super) fn data(&mut self) -> Option<Data> {
        self.take("data").map(|value| Data::from(value.get().as_bytes().to_vec()))
    }

    /// A user ID; `null` means nobody.
    pub(super) fn user(&mut self) -> Result<Nullable<UserId>, Problem> {
        self.text("user", "a user is 1 to 256 bytes of text", UserId::parse)
    }

    /// A label; `null` means none.
    pub(super) fn label(&mut self) -> Result<Nullable<Label>, Problem> {
        self.text("label", "a label is 1 to 128 bytes of text", Label::parse)
    }

    /// A text that must be there.
    pub(super) fn string(&mut self, name: &'static str, detail: &'static str) -> Result<String, Problem> {
        self.text(name, detail, |text| Some(text.to_owned()))?
            .flatten()
            .ok_or_else(|| Problem::invalid_field(name, detail))
    }

    /// A duration in seconds.
    pub(super) fn duration(&mut self, name: &'static str) -> Result<Option<u32>, Problem> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let seconds = match serde_json::from_str::<String>(value.get()) {
            Ok(text) => duration::parse(&text),
            Err(_) => {
                serde_json::from_str::<u64>(value.get()).ok().map(|seconds| u32::try_from(seconds).unwrap_or(u32::MAX))
            }
        };
        let detail = "a duration is whole seconds, or a text like \"30m\", \"12h\" or \"7d\"";
        seconds.map(Some).ok_or_else(|| Problem::invalid_field(name, detail))
    }

    /// Refuses what was not taken.
    pub(super) fn end(self) -> Result<(), Problem> {
        match self.0.0.first().map(|(name, _)| name) {
            None => Ok(()),
            // A name is the caller's own, but a long one helps nobody.
            Some(name) => Err(Problem::unknown_field(name.get(..MAX_SHOWN).unwrap_or(name))),
        }
    }

    fn text<T>(
        &mut self,
        name: &'static str,
        detail: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Nullable<T>, Problem> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let value = match serde_json::from_str::<Option<String>>(value.get()) {
            Ok(None) => Some(None),
            Ok(Some(text)) => parse(&text).map(Some),
            Err(_) => None,
        };
        value.map(Some).ok_or_else(|| Problem::invalid_field(name, detail))
    }
}

/// Bytes of an unknown field's name that are repeated to the caller.
const MAX_SHOWN: usize = 64;
