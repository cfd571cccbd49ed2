//! Databunker's calls over a store in this process: everything but the platform.

mod calls;
mod lists;
mod repairs;
mod replay;
mod touches;

use serde_json::{Value, json};

use super::TestStore;
use crate::answer::Answer;
use crate::testing::{Request, header, parsed, token};

type Deployment = crate::testing::Deployment<TestStore>;

/// A call of v1 by a caller who may make all of them.
fn bunker(method: &'static str, path: &str) -> Request {
    Request::from_nobody(method, format!("/databunker{path}")).header("x-bunker-token", token("bunker"))
}

fn session(method: &'static str, id: &str) -> Request {
    bunker(method, &format!("/v1/session/{id}"))
}

fn post(deployment: &Deployment, id: &str, data: &Value) {
    let (answer, _) = deployment.send(session("POST", id).json(data));
    assert_eq!((answer.status, parsed(&answer)), (200, json!({ "status": "ok", "session": id })));
}

/// What a session holds, if it is there.
fn data(deployment: &Deployment, id: &str) -> Option<Value> {
    let (answer, _) = deployment.send(session("GET", id));
    let body = parsed(&answer);
    if answer.status == 200 {
        return Some(body["data"].clone());
    }
    assert_eq!(refusal(&answer), (405, "not found".to_owned()));
    None
}

/// A call of v2.
fn pro(name: &str, parameters: &Value) -> Request {
    bunker("POST", &format!("/v2/{name}")).json(parameters)
}

/// The status and the message of a refusal, which is JSON as Databunker's clients expect it.
fn refusal(answer: &Answer) -> (u16, String) {
    assert_eq!(header(answer, "Content-Type"), Some("application/json; charset=utf-8"));
    let body = parsed(answer);
    assert_eq!((body.as_object().unwrap().len(), &body["status"]), (2, &json!("error")), "{body}");
    (answer.status, body["message"].as_str().unwrap().to_owned())
}

fn refused(status: u16, message: &str) -> (u16, String) {
    (status, message.to_owned())
}

const ID: &str = "5e551000-0000-4000-8000-000000000001";
const OTHER: &str = "5e551000-0000-4000-8000-000000000002";
