//! What Databunker answered, request by request, against what we answer (tests/databunker/README.md).

#![allow(clippy::arithmetic_side_effects, reason = "a test may panic")]

use serde_json::{Value, json};

use super::{Deployment, Request, bunker, token};
use crate::clock;

#[test]
fn every_difference_is_one_that_is_named() {
    let (transcript, ours) = (file(TRANSCRIPT), file(OURS));
    let deployment = Deployment::with(&[("DATABUNKER_LISTING", "full"), ("MAX_BODY", "262144")]);
    let (mut replayed, mut failures) = (0, Vec::new());
    for case in array(&transcript["cases"]) {
        prepare(&deployment, &ours, case);
        clock::set(clock::now() + case["wait_before_ms"].as_u64().unwrap_or(0));
        let (status, body) = send(&deployment, case);
        let same = answers(&json!({ "status": status, "body": body }), &case["response"]);
        let named = difference(&ours, &case["n"]);
        match named {
            None if !same => failures.push(format!("{case}\n  is answered {status} {body}")),
            Some(_) if same => failures.push(format!("{case}\n  is answered as there: it is no difference any more")),
            Some(named) if named["name"] != case["name"] => failures.push(format!("{named} is another case")),
            Some(named) if !answers(&json!({ "status": status, "body": body }), named) => {
                failures.push(format!("{named}\n  is answered {status} {body}"));
            }
            _ => {}
        }
        replayed += 1;
    }
    assert_eq!(replayed, 194);
    assert!(failures.is_empty(), "{} differences:\n\n{}", failures.len(), failures.join("\n\n"));
}

#[test]
fn every_named_difference_is_of_a_case_that_there_is() {
    let (transcript, ours) = (file(TRANSCRIPT), file(OURS));
    let numbers: Vec<_> = array(&transcript["cases"]).iter().map(|case| &case["n"]).collect();
    let named: Vec<_> = array(&ours["differences"]).iter().flat_map(|group| array(&group["cases"])).collect();
    assert!(named.iter().all(|case| numbers.contains(&&case["n"])));
    assert!(array(&ours["given"]).iter().all(|given| numbers.contains(&&given["before"])));
}

/// What the longer run did before this case.
fn prepare(deployment: &Deployment, ours: &Value, case: &Value) {
    // Between two requests some time passes, or the order of sessions would be anybody's guess.
    clock::set(clock::now() + 1);
    for given in array(&ours["given"]).iter().filter(|given| given["before"] == case["n"]) {
        for post in given["posts"].as_array().into_iter().flatten() {
            clock::set(clock::now() + 1);
            let path = post["path"].as_str().unwrap();
            assert_eq!(deployment.send(bunker("POST", path).json(&post["body"])).0.status, 200, "{post}");
        }
        clock::set(clock::now() + given["wait_ms"].as_u64().unwrap_or(0));
    }
}

fn send(deployment: &Deployment, case: &Value) -> (u16, Value) {
    let asked = &case["request"];
    let method = METHODS.into_iter().find(|method| asked["method"] == **method).unwrap();
    let mut request = Request::from_nobody(method, format!("/databunker{}", asked["path"].as_str().unwrap()));
    request.body = filled(&text(&asked["body"])).into_bytes();
    for (name, value) in asked["headers"].as_object().unwrap() {
        let values = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
        // Two headers of one name come to the Worker as one.
        let values: Vec<String> =
            values.iter().map(|value| value.as_str().unwrap().replace("DEMO", &token("bunker"))).collect();
        let name = HEADERS.into_iter().find(|known| known.eq_ignore_ascii_case(name));
        if let Some(name) = name {
            request = request.header(name, values.join(", "));
        }
    }
    let (answer, _) = deployment.send(request);
    (answer.status, Value::from(answer.body.into_owned()))
}

/// Whether an answer is this one.
fn answers(given: &Value, expected: &Value) -> bool {
    let body = |value: &Value| {
        let text = if value.is_object() { value.to_string() } else { text(value) };
        serde_json::from_str(&text).unwrap_or(Value::String(text))
    };
    given["status"] == expected["status"] && fits(&body(&given["body"]), &body(&expected["body"]))
}

fn fits(given: &Value, expected: &Value) -> bool {
    match (given, expected) {
        (_, Value::String(mark)) if mark == "<when>" => {
            given.as_u64().is_some_and(|when| (clock::now() / 1000).abs_diff(when) < 3600)
        }
        (_, Value::String(mark)) if mark == "<uuid>" => given.as_str().is_some_and(crate::databunker::uuid::is_uuid),
        (_, Value::String(mark)) if mark == "<rows>" => given.is_array(),
        (_, Value::String(mark)) if mark == "<total>" => given.is_u64(),
        (Value::Object(given), Value::Object(expected)) => {
            given.len() == expected.len()
                && expected.iter().all(|(name, value)| given.get(name).is_some_and(|given| fits(given, value)))
        }
        (Value::Array(given), Value::Array(expected)) => {
            given.len() == expected.len() && given.iter().zip(expected).all(|(given, expected)| fits(given, expected))
        }
        _ => given == expected,
    }
}

/// A body: text, or parts of it of which some are repeated.
fn text(body: &Value) -> String {
    let part = |part: &Value| match part["repeat"].as_str() {
        Some(repeated) => repeated.repeat(usize::try_from(part["times"].as_u64().unwrap()).unwrap()),
        None => part["text"].as_str().unwrap().to_owned(),
    };
    match body {
        Value::Array(parts) => parts.iter().map(part).collect(),
        Value::String(text) => text.clone(),
        _ => String::new(),
    }
}

/// The values that the transcript leaves open.
fn filled(text: &str) -> String {
    let seconds = clock::now() / 1000;
    text.replace("{{now+30}}", &(seconds + 30).to_string())
        .replace("{{now-100}}", &(seconds - 100).to_string())
        .replace("{{nowms+30}}", &(clock::now() + 30_000).to_string())
        .replace("{{alice token}}", "a11ce000-0000-4000-8000-000000000001")
}

fn difference<'v>(ours: &'v Value, number: &Value) -> Option<&'v Value> {
    array(&ours["differences"]).iter().flat_map(|group| array(&group["cases"])).find(|case| case["n"] == *number)
}

fn file(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn array(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap()
}

const TRANSCRIPT: &str = include_str!("../../../../tests/databunker/transcript.json");
const OURS: &str = include_str!("../../../../tests/databunker/replay.json");
const METHODS: [&str; 7] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];
const HEADERS: [&str; 2] = ["x-bunker-token", "content-type"];
