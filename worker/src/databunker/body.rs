//! Bodies of v1: a JSON object, whatever it holds, or a form, which becomes one.

use std::collections::BTreeMap;

use sealed_session::session::members;

use super::refusal::Refusal;
use crate::call::Call;
use crate::json::quote;
use crate::request::{Header, Incoming};

/// The object that was posted, as JSON text that holds at least one member.
pub(super) async fn posted<S, R: Incoming>(call: &mut Call<'_, S, R>) -> Result<Vec<u8>, Refusal> {
    let body = call.request.body(call.config.max_body).await?.ok_or(Refusal::BodyTooLarge)?;
    object(call.request.header(Header::ContentType), &body)
}

/// The same of a body and its content type. JSON keeps its bytes but for white space around it.
fn object(content_type: Option<&str>, body: &[u8]) -> Result<Vec<u8>, Refusal> {
    let essence = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let body = body.trim_ascii();
    if body.len() < SHORTEST {
        return Err(Refusal::EmptyBody);
    }
    if essence.starts_with("application/x-www-form-urlencoded") {
        return from_form(body);
    }
    // An XML type means JSON there, too.
    if !essence.starts_with("application/json") && !essence.starts_with("application/xml") {
        return Err(Refusal::EmptyBody);
    }
    match members(body) {
        Some(members) if members.0.is_empty() => Err(Refusal::EmptyBody),
        Some(_) => Ok(body.to_vec()),
        None if body == b"null" => Err(Refusal::EmptyBody),
        None => Err(Refusal::Undecodable),
    }
}

/// A form (<https://url.spec.whatwg.org/#urlencoded-parsing>) as an object of texts. Of a name that comes twice, the first
/// value counts.
fn from_form(body: &[u8]) -> Result<Vec<u8>, Refusal> {
    if body.starts_with(b"{") || body.contains(&b';') {
        return Err(Refusal::Undecodable);
    }
    let mut fields = BTreeMap::new();
    for pair in body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        let (name, value) = match pair.iter().position(|byte| *byte == b'=') {
            Some(at) => (pair.get(..at).unwrap_or_default(), pair.get(at.saturating_add(1)..).unwrap_or_default()),
            None => (pair, &[][..]),
        };
        let (name, value) = (unescaped(name)?, unescaped(value)?);
        fields.entry(name).or_insert(value);
    }
    if fields.is_empty() {
        return Err(Refusal::EmptyBody);
    }
    let members: Vec<String> = fields.iter().map(|(name, value)| format!("{}:{}", quote(name), quote(value))).collect();
    Ok(format!("{{{}}}", members.join(",")).into_bytes())
}

fn unescaped(text: &[u8]) -> Result<String, Refusal> {
    let text = core::str::from_utf8(text).map_err(|_| Refusal::Undecodable)?;
    crate::percent::decode(&text.replace('+', " ")).ok_or(Refusal::Undecodable)
}

/// Bytes. What is shorter counts as nothing.
const SHORTEST: usize = 3;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FORM: Option<&str> = Some("application/x-www-form-urlencoded; charset=utf-8");

    fn text(content_type: Option<&str>, body: &str) -> Result<String, Refusal> {
        object(content_type, body.as_bytes()).map(|object| String::from_utf8(object).unwrap())
    }

    #[test]
    fn json_keeps_its_bytes() {
        for content_type in ["application/json", "Application/JSON; charset=utf-8", "application/xml"] {
            assert_eq!(text(Some(content_type), " {\"b\": 1, \"a\":1e3} \n").unwrap(), "{\"b\": 1, \"a\":1e3}");
        }
    }

    #[test]
    fn what_is_no_object_is_refused_in_the_words_of_the_original() {
        let json = Some("application/json");
        for empty in ["", "{}", "{ }", "  ", "null", "12", "\"\""] {
            assert_eq!(text(json, empty), Err(Refusal::EmptyBody), "{empty}");
        }
        for bad in ["123", "\"abc\"", "[1]", "{\"a\":1", "{\"a\":1}}", "a=1&b=2"] {
            assert_eq!(text(json, bad), Err(Refusal::Undecodable), "{bad}");
        }
        assert_eq!(object(json, b"{\"a\":\"\xff\"}"), Err(Refusal::Undecodable));
        for other in [None, Some(""), Some("text/plain"), Some("multipart/form-data")] {
            assert_eq!(text(other, "{\"a\":1}"), Err(Refusal::EmptyBody), "{other:?}");
        }
    }

    #[test]
    fn forms_become_objects_of_texts() {
        assert_eq!(text(FORM, "b=two&a=1&c=&a=2&d").unwrap(), r#"{"a":"1","b":"two","c":"","d":""}"#);
        assert_eq!(text(FORM, "n=J%C3%BCrgen+M%26M&q=%22").unwrap(), "{\"n\":\"Jürgen M&M\",\"q\":\"\\\"\"}");
        for bad in ["{\"a\":1}", "a=%zz", "a=1;b=2", "a=%ff"] {
            assert_eq!(text(FORM, bad), Err(Refusal::Undecodable), "{bad}");
        }
        assert_eq!(text(FORM, "&&&"), Err(Refusal::EmptyBody));
    }

    proptest! {
        #[test]
        fn whatever_is_taken_is_an_object_with_members(
            content_type in prop::sample::select(vec![FORM, Some("application/json")]),
            body in prop_oneof![any::<Vec<u8>>(), "[a=&%+{}0-9\":]{0,20}".prop_map(String::into_bytes)],
        ) {
            if let Ok(object) = object(content_type, &body) {
                prop_assert!(members(&object).is_some_and(|members| !members.0.is_empty()));
            }
        }
    }
}
