//! What the original does to its clients, and these calls do not: a test for each.

use serde_json::{Value, json};

use super::{Deployment, ID, OTHER, Request, bunker, data, parsed, post, pro, refusal, refused, session, token};
use crate::app::App;
use crate::clock;
use crate::config::Config;
use crate::store::Store;
use crate::testing;

#[test]
fn an_expired_session_is_not_found_so_that_the_node_store_begins_a_new_one() {
    let deployment = Deployment::new();
    post(&deployment, ID, &json!({ "expiration": "2s" }));
    clock::set(clock::now() + 2_000);
    for _ in 0..2 {
        assert_eq!(refusal(&deployment.send(session("GET", ID)).0), refused(405, "not found"));
    }
    post(&deployment, ID, &json!({ "n": 1 }));
    assert_eq!(data(&deployment, ID), Some(json!({ "n": 1 })));
}

#[test]
fn every_answer_is_json_but_for_the_one_that_says_that_it_is_up() {
    let deployment = Deployment::new();
    post(&deployment, ID, &json!({ "login": "ada" }));
    for method in ["GET", "POST", "DELETE", "PUT", "PATCH", "BREW"] {
        for path in [
            "",
            "/",
            "/v1",
            "/v1/nope",
            "/v1/session",
            "/v1/session/abc",
            "/v1/session/%zz",
            &format!("/v1/session/{OTHER}"),
            &format!("/v1/session/{OTHER}/"),
            "/v1/session/login/ada",
            "/v1/sessions/login/ada",
            "/v1/sessions/name/ada",
            "/v2",
            "/v2/SessionGet",
            "/v2/SessionUpsert",
            "/v2/SessionDelete",
            "/v2/SessionListUserSessions",
            "/v2/UserCreate",
        ] {
            for known in [true, false] {
                let call = bunker(method, path);
                let call = if known { call } else { call.header("x-bunker-token", "DEMO") };
                let (answer, _) = deployment.send(call);
                assert!(
                    matches!(&parsed(&answer)["status"], Value::String(status) if status == "ok" || status == "error")
                );
            }
        }
    }
    for path in ["/status", "/v1/status"] {
        let (answer, _) = deployment.send(Request::from_nobody("GET", format!("/databunker{path}")));
        assert_eq!((answer.status, &*answer.body), (200, "OK"));
    }
}

#[test]
fn authentication_comes_before_existence() {
    let deployment = Deployment::new();
    post(&deployment, ID, &json!({ "login": "ada" }));
    let before = deployment.store.operations();
    for unknown in [None, Some("DEMO"), Some(""), Some("11111111-2222-4333-8444-555555555555"), Some("Bearer")] {
        for (method, path) in [
            ("GET", format!("/v1/session/{ID}")),
            ("GET", format!("/v1/session/{OTHER}")),
            ("GET", "/v1/session/abc".to_owned()),
            ("POST", "/v1/session/abc".to_owned()),
            ("POST", format!("/v1/session/{ID}")),
            ("DELETE", format!("/v1/session/{ID}")),
            ("GET", "/v1/sessions/login/ada".to_owned()),
            ("GET", "/v1/sessions/login/nosuch".to_owned()),
            ("GET", "/v1/sessions/name/ada".to_owned()),
            ("GET", "/v1/nope".to_owned()),
            ("PUT", format!("/v1/session/{ID}")),
            ("POST", "/v2/SessionGet".to_owned()),
            ("POST", "/v2/Nope".to_owned()),
        ] {
            let request = Request::from_nobody(method, format!("/databunker{path}"));
            let request = unknown.into_iter().fold(request, |request, token| request.header("x-bunker-token", token));
            assert_eq!(
                refusal(&deployment.send(request).0),
                refused(403, "Access denied"),
                "{unknown:?} {method} {path}"
            );
        }
    }
    // A token counts in its header, and nowhere else.
    let elsewhere = Request::new("GET", format!("/databunker/v1/session/{ID}?token={}", token("bunker")));
    assert_eq!(deployment.send(elsewhere).0.status, 403);
    assert_eq!(deployment.store.operations(), before);
}

#[test]
fn errors_of_ours_never_hang_the_client() {
    let deployment = Deployment::new();
    let failed = "the session store did not answer: try again";
    deployment.store.is_down.set(true);
    // The Node store throws, where nobody catches, after any status of a write but 2xx: what it passes on is a 200 that says
    // error.
    let (answer, line) = deployment.send(session("POST", ID).json(&json!({ "n": 1 })));
    assert_eq!((refusal(&answer), line.code), (refused(200, failed), Some("store_unavailable")));
    let (answer, line) = deployment.send(session("POST", ID).json(&json!({ "long": "x".repeat(1000) })));
    assert_eq!(
        (refusal(&answer), line.code),
        (refused(200, "the request's body is too large"), Some("body_too_large"))
    );
    for method in ["GET", "DELETE"] {
        assert_eq!(refusal(&deployment.send(session(method, ID)).0), refused(503, failed), "{method}");
    }
    assert_eq!(refusal(&deployment.send(bunker("GET", "/v1/sessions/login/ada")).0), refused(503, failed));
    // The clients of Pro look at the body alone.
    for name in ["SessionUpsert", "SessionGet", "SessionDelete"] {
        let (answer, _) = deployment.send(pro(name, &json!({ "sessionuuid": ID, "sessiondata": {} })));
        assert_eq!(refusal(&answer), refused(503, failed), "{name}");
    }

    let unconfigured = App::new(Config::read(|_| None, &[testing::tokens()]));
    let deployment = Deployment { app: unconfigured, store: deployment.store };
    let wrong = "this deployment's settings are not valid";
    assert_eq!(refusal(&deployment.send(session("POST", ID).json(&json!({ "n": 1 }))).0), refused(200, wrong));
    assert_eq!(refusal(&deployment.send(session("GET", ID)).0), refused(503, wrong));
    assert_eq!(refusal(&deployment.send(bunker("GET", "/status")).0), refused(503, wrong));
}

#[test]
fn a_late_write_after_a_logout_is_answered_and_stores_nothing() {
    let deployment = Deployment::new();
    post(&deployment, ID, &json!({ "n": 1 }));
    assert_eq!(deployment.send(session("DELETE", ID)).0.status, 200);
    let (answer, line) = deployment.send(session("POST", ID).json(&json!({ "n": 1 })));
    assert_eq!((answer.status, parsed(&answer)["status"].clone()), (200, json!("ok")));
    assert_eq!(line.code, Some("session_ended"), "the log knows");
    let upsert = json!({ "sessionuuid": ID, "sessiondata": { "n": 2 } });
    assert_eq!(parsed(&deployment.send(pro("SessionUpsert", &upsert)).0), json!({ "status": "ok" }));
    assert_eq!((data(&deployment, ID), deployment.read(ID).0), (None, 404));
    // Two minutes later it is a new session.
    clock::set(clock::now() + 120_000);
    post(&deployment, ID, &json!({ "n": 3 }));
    assert_eq!(data(&deployment, ID), Some(json!({ "n": 3 })));
}

#[test]
fn a_refused_write_leaves_the_session_as_it_was() {
    let deployment = Deployment::new();
    post(&deployment, ID, &json!({ "keep": 1 }));
    for bad in [&b"{"[..], b"[1]", b"", b"{\"a\":\"\xff\"}"] {
        let mut request = session("POST", ID).header("content-type", "application/json");
        request.body = bad.to_vec();
        assert_eq!(refusal(&deployment.send(request).0).0, 405);
    }
    assert_eq!(data(&deployment, ID), Some(json!({ "keep": 1 })));
}
