//! JSON merge patch (RFC 7396), over text.
//!
//! Only objects that the patch reaches into are taken apart. Everything else passes through byte for byte: numbers keep
//! their digits and members their order.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::error::SessionError;
use super::object::{Members, members};
use super::record::Data;

/// `MergePatch(target, patch)` of RFC 7396, section 2.
///
/// # Errors
///
/// [`SessionError::InvalidData`] where either is not JSON, or the patch nests deeper than 64 levels.
pub(crate) fn merge_patch(target: &Data, patch: &Data) -> Result<Data, SessionError> {
    let (target, patch) = (parse(target)?, parse(patch)?);
    let mut out = String::with_capacity(target.get().len().saturating_add(patch.get().len()));
    merge(Some(target), patch, MAX_DEPTH, &mut out)?;
    Ok(Data::from(out.into_bytes()))
}

fn merge(target: Option<&RawValue>, patch: &RawValue, depth: usize, out: &mut String) -> Result<(), SessionError> {
    let depth = depth.checked_sub(1).ok_or(SessionError::InvalidData)?;
    let Some(patch) = object(patch)? else {
        out.push_str(patch.get());
        return Ok(());
    };
    let target = target.map(object).transpose()?.flatten().unwrap_or_default();
    let mut patches = last_by_name(&patch);
    let mut object = Object::begin(out);
    let lasts = last_by_name(&target);
    for (at, (name, value)) in target.0.iter().enumerate() {
        if lasts.get(&**name) != Some(&at) {
            continue;
        }
        match patches.remove(&**name).and_then(|at| patch.0.get(at)) {
            None => object.member(name)?.push_str(value.get()),
            Some((_, patch)) if is_null(patch) => {}
            Some((_, patch)) => merge(Some(value), patch, depth, object.member(name)?)?,
        }
    }
    // What the target does not have yet, in the order of the patch.
    for (at, (name, value)) in patch.0.iter().enumerate() {
        if patches.get(&**name) == Some(&at) && !is_null(value) {
            merge(None, value, depth, object.member(name)?)?;
        }
    }
    object.end();
    Ok(())
}

fn parse(data: &Data) -> Result<&RawValue, SessionError> {
    serde_json::from_slice(data.as_bytes()).map_err(|_| SessionError::InvalidData)
}

/// The members of an object, or `None` for any other value.
fn object(value: &RawValue) -> Result<Option<Members<'_>>, SessionError> {
    let text = value.get();
    if text.starts_with('{') { members(text.as_bytes()).map(Some).ok_or(SessionError::InvalidData) } else { Ok(None) }
}

fn is_null(value: &RawValue) -> bool {
    value.get() == "null"
}

/// Where each name's value is. A name that occurs twice means its last value, as it does to `JSON.parse`.
fn last_by_name<'m>(members: &'m Members<'_>) -> BTreeMap<&'m str, usize> {
    let mut last = BTreeMap::new();
    for (at, (name, _)) in members.0.iter().enumerate() {
        last.insert(&**name, at);
    }
    last
}

/// Writes an object member by member.
struct Object<'a> {
    out: &'a mut String,
    is_first: bool,
}

impl<'a> Object<'a> {
    fn begin(out: &'a mut String) -> Self {
        out.push('{');
        Self { out, is_first: true }
    }

    /// Writes the name; the value is to follow.
    fn member(&mut self, name: &str) -> Result<&mut String, SessionError> {
        if !core::mem::take(&mut self.is_first) {
            self.out.push(',');
        }
        self.out.push_str(&serde_json::to_string(name).map_err(|_| SessionError::InvalidData)?);
        self.out.push(':');
        Ok(self.out)
    }

    fn end(self) {
        self.out.push('}');
    }
}

/// Levels of a patch at most: deeper than any session, and far from the end of the stack.
const MAX_DEPTH: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(target: &str, patch: &str) -> Result<String, SessionError> {
        let merged = merge_patch(&Data::from(target.as_bytes().to_vec()), &Data::from(patch.as_bytes().to_vec()))?;
        Ok(String::from_utf8(merged.as_bytes().to_vec()).unwrap())
    }

    /// The test cases of RFC 7396, appendix A, in its order.
    #[test]
    fn appendix_a() {
        for (target, patch, result) in [
            (r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"a":null}"#, "{}"),
            (r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#),
            (r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"c"}"#, r#"{"a":["b"]}"#, r#"{"a":["b"]}"#),
            (r#"{"a":{"b":"c"}}"#, r#"{"a":{"b":"d","c":null}}"#, r#"{"a":{"b":"d"}}"#),
            (r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#),
            (r#"["a","b"]"#, r#"["c","d"]"#, r#"["c","d"]"#),
            (r#"{"a":"b"}"#, r#"["c"]"#, r#"["c"]"#),
            (r#"{"a":"foo"}"#, "null", "null"),
            (r#"{"a":"foo"}"#, r#""bar""#, r#""bar""#),
            (r#"{"e":null}"#, r#"{"a":1}"#, r#"{"e":null,"a":1}"#),
            ("[1,2]", r#"{"a":"b","c":null}"#, r#"{"a":"b"}"#),
            ("{}", r#"{"a":{"bb":{"ccc":null}}}"#, r#"{"a":{"bb":{}}}"#),
        ] {
            assert_eq!(merged(target, patch).as_deref(), Ok(result), "{target} with {patch}");
        }
    }

    #[test]
    fn what_a_patch_does_not_name_keeps_its_bytes() {
        let target = r#"{"n":12345678901234567890.10, "b": {"x" : 1e400}, "a":1}"#;
        assert_eq!(merged(target, r#"{"a":2}"#).unwrap(), r#"{"n":12345678901234567890.10,"b":{"x" : 1e400},"a":2}"#);
    }

    #[test]
    fn names_are_compared_unescaped_and_the_last_of_two_counts() {
        assert_eq!(merged(r#"{"\u0061":1}"#, r#"{"a":2}"#).unwrap(), r#"{"a":2}"#);
        assert_eq!(merged(r#"{"a":1,"a":2}"#, r#"{"b":1}"#).unwrap(), r#"{"a":2,"b":1}"#);
        assert_eq!(merged("{}", r#"{"a":1,"a":2}"#).unwrap(), r#"{"a":2}"#);
        assert_eq!(merged("{}", r#"{"__proto__":{"x":1}}"#).unwrap(), r#"{"__proto__":{"x":1}}"#);
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |levels| format!("{}1{}", r#"{"a":"#.repeat(levels), "}".repeat(levels));
        assert!(merged("{}", &nested(63)).is_ok());
        assert_eq!(merged("{}", &nested(64)), Err(SessionError::InvalidData));
        assert_eq!(merged("{}", &nested(100_000)), Err(SessionError::InvalidData));
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for bad in ["", "{", "{a:1}", "{}x", "\u{feff}{}"] {
            assert_eq!(merged(bad, "{}"), Err(SessionError::InvalidData), "{bad}");
            assert_eq!(merged("{}", bad), Err(SessionError::InvalidData), "{bad}");
        }
    }
}
