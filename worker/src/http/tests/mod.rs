//! The API over a store in this process: everything but the platform.

mod user;

use pollster::block_on;
use serde_json::{Value, json};

use super::TestStore;
use crate::answer::Answer;
use crate::app::App;
use crate::clock;
use crate::config::Config;
use crate::serve::serve;
use crate::store::Store;
use crate::testing::{Request, header, parsed, setting, token, tokens};

type Deployment = crate::testing::Deployment<TestStore>;

const HOUR: u64 = 3_600_000;

fn refusal(answer: &Answer) -> (u16, String, String) {
    assert_eq!(header(answer, "Content-Type"), Some("application/problem+json"));
    let problem = parsed(answer);
    assert_eq!(problem["status"], answer.status);
    let text = |name: &str| problem[name].as_str().unwrap_or_default().to_owned();
    (answer.status, text("code"), text("field"))
}

fn refused(status: u16, code: &str, field: &str) -> (u16, String, String) {
    (status, code.to_owned(), field.to_owned())
}

#[test]
fn a_session_is_created_read_changed_and_ended() {
    let deployment = Deployment::new();
    let id = deployment.create_id(&json!({ "data": { "cart": [1] }, "user": "ada", "label": "Firefox" }));
    let (status, session) = deployment.read(&id);
    assert_eq!((status, &session["data"], &session["user"]), (200, &json!({ "cart": [1] }), &json!("ada")));

    let put = Request::session("PUT", "/v1/session", &id).json(&json!({ "data": { "cart": [], "n": 1 } }));
    assert_eq!(deployment.send(put).0.status, 200);
    let patch = Request::session("PATCH", "/v1/session", &id)
        .json(&json!({ "data": { "cart": null }, "label": null }))
        .header("content-type", "application/merge-patch+json; charset=utf-8");
    assert_eq!(deployment.send(patch).0.status, 200);
    let (_, session) = deployment.read(&id);
    assert_eq!(
        (&session["data"], &session["label"], &session["user"]),
        (&json!({ "n": 1 }), &Value::Null, &json!("ada"))
    );

    let (answer, _) = deployment.send(Request::session("DELETE", "/v1/session", &id));
    assert_eq!((answer.status, header(&answer, "Revocation-Bound"), &*answer.body), (204, Some("0"), ""));
    assert_eq!(deployment.read(&id).0, 404);
    assert_eq!(deployment.send(Request::session("DELETE", "/v1/session", &id)).0.status, 204);
}

#[test]
fn a_login_gets_a_new_id_and_the_old_one_dies() {
    let deployment = Deployment::new();
    let old = deployment.create_id(&json!({ "data": { "cart": [1] } }));
    clock::set(clock::now() + HOUR);
    let login = json!({ "user": "ada", "data": { "cart": [1], "role": "admin" }, "grace": "10s" });
    let (answer, _) = deployment.send(Request::session("POST", "/v1/session/regenerate", &old).json(&login));
    let new = parsed(&answer);
    assert_eq!(answer.status, 201);

    assert_eq!(deployment.read(new["id"].as_str().unwrap()).1["data"]["role"], "admin");
    let (status, in_grace) = deployment.read(&old);
    assert_eq!((status, &in_grace["data"], &in_grace["user"]), (200, &json!({ "cart": [1] }), &Value::Null));
    let put = Request::session("PUT", "/v1/session", &old).json(&json!({ "data": {} }));
    assert_eq!(refusal(&deployment.send(put).0), refused(404, "no_such_session", ""));
    clock::set(clock::now() + 10_000);
    assert_eq!(deployment.read(&old).0, 404);
}

#[test]
fn a_lost_update_is_refused() {
    let deployment = Deployment::new();
    let created = deployment.create(&json!({}));
    let (id, version) = (created["id"].as_str().unwrap(), created["version"].as_str().unwrap());
    let put = |tag: String| {
        let request = Request::session("PUT", "/v1/session", id).json(&json!({ "data": {} }));
        deployment.send(request.header("if-match", tag)).0
    };
    let first = put(format!("\"{version}\""));
    assert_eq!(first.status, 200);
    assert_eq!(refusal(&put(format!("\"{version}\""))), refused(412, "version_conflict", ""));
    assert_eq!(put(header(&first, "ETag").unwrap().to_owned()).status, 200);
    assert_eq!(put("*".to_owned()).status, 200);
    for bad in [version.to_owned(), format!("W/\"{version}\""), "\"\"".to_owned(), "\"a\", \"b\"".to_owned()] {
        assert_eq!(refusal(&put(bad)), refused(400, "invalid_header", "If-Match"));
    }
}

#[test]
fn the_caller_comes_before_everything_else() {
    let deployment = Deployment::new();
    for path in ["/v1/session", "/v1/nothing", "/v1/status"] {
        for authorization in ["", "Bearer", "Bearer sst_", "Basic YQ=="] {
            let request = Request::new("BREW", path).header("authorization", authorization);
            let (answer, _) = deployment.send(request);
            assert_eq!(refusal(&answer), refused(401, "unauthorized", ""));
            assert_eq!(header(&answer, "WWW-Authenticate"), Some("Bearer"));
        }
    }
    let operator = format!("Bearer {}", token("operator"));
    let read = Request::new("GET", "/v1/session").header("authorization", operator.clone());
    assert_eq!(refusal(&deployment.send(read).0), refused(403, "forbidden", ""));
    assert_eq!(refusal(&deployment.send(Request::new("GET", "/v1/status")).0), refused(403, "forbidden", ""));
    let status = Request::new("GET", "/v1/status").header("authorization", operator);
    assert_eq!(parsed(&deployment.send(status).0)["store"], "memory");
    assert_eq!(deployment.store.operations(), 0);
}

#[test]
fn tenants_do_not_see_each_other() {
    let deployment = Deployment::new();
    let id = deployment.create_id(&json!({ "user": "ada" }));
    let other = || format!("Bearer {}", token("other"));
    let read = Request::session("GET", "/v1/session", &id).header("authorization", other());
    assert_eq!(deployment.send(read).0.status, 404);
    let end = Request::session("DELETE", "/v1/session", &id).header("authorization", other());
    assert_eq!(deployment.send(end).0.status, 204);
    assert_eq!(deployment.read(&id).0, 200);
}

#[test]
fn every_missing_session_is_the_same_answer() {
    let deployment = Deployment::new();
    let ended = deployment.create_id(&json!({}));
    deployment.send(Request::session("DELETE", "/v1/session", &ended));
    // Between two seconds, so that the store still has what the record says is over.
    clock::set(clock::now() + 500);
    let expired = deployment.create_id(&json!({ "absolute": 1 }));
    let idle = deployment.create_id(&json!({ "idle": 1, "absolute": 100 }));
    clock::set(clock::now() + 1_000);
    let never = "A".repeat(43);
    let answers: Vec<_> = [&*ended, &*expired, &*idle, &*never, "short", "0123456789abcdef", "käse"]
        .into_iter()
        .map(|id| deployment.send(Request::session("GET", "/v1/session", id)))
        .collect();
    assert!(answers.iter().all(|(answer, _)| *answer == answers[0].0), "{answers:?}");
    assert_eq!(refusal(&answers[0].0), refused(404, "no_such_session", ""));
    let reasons: Vec<_> = answers.iter().map(|(_, line)| line.reason.unwrap()).collect();
    assert_eq!(reasons, ["ended", "expired", "idle", "absent", "absent", "absent", "absent"]);
}

#[test]
fn bodies_that_are_not_as_agreed_are_refused_by_field() {
    let deployment = Deployment::new();
    let long = "x".repeat(257);
    for (body, code, field) in [
        ("nope", "invalid_body", ""),
        ("[]", "invalid_body", ""),
        ("{}{}", "invalid_body", ""),
        ("null", "invalid_body", ""),
        (r#"{"dat":1}"#, "unknown_field", "dat"),
        (r#"{"user":1}"#, "invalid_field", "user"),
        (r#"{"user":""}"#, "invalid_field", "user"),
        (&format!(r#"{{"user":"{long}"}}"#), "invalid_field", "user"),
        (&format!(r#"{{"label":"{long}"}}"#), "invalid_field", "label"),
        (r#"{"idle":"soon"}"#, "invalid_field", "idle"),
        (r#"{"idle":-1}"#, "invalid_field", "idle"),
        (r#"{"idle":1.5}"#, "invalid_field", "idle"),
        (r#"{"idle":null}"#, "invalid_field", "idle"),
        (r#"{"idle":0}"#, "invalid_lifetime", "idle"),
        (r#"{"idle":"2h","absolute":"1h"}"#, "invalid_lifetime", "idle"),
        (r#"{"absolute":"401d"}"#, "invalid_lifetime", "absolute"),
        (r#"{"absolute":99999999999}"#, "invalid_lifetime", "absolute"),
    ] {
        let mut request = Request::new("POST", "/v1/sessions");
        request.body = body.as_bytes().to_vec();
        assert_eq!(refusal(&deployment.send(request).0), refused(400, code, field), "{body}");
    }
    let mut request = Request::new("POST", "/v1/sessions");
    request.body = b"{\"data\":\"\xff\"}".to_vec();
    assert_eq!(refusal(&deployment.send(request).0), refused(400, "invalid_body", ""));
    assert_eq!(deployment.store.operations(), 0);
}

#[test]
fn bodies_have_a_size_and_a_type() {
    let deployment = Deployment::new();
    let body = |data: &str| Request::new("POST", "/v1/sessions").json(&json!({ "data": data }));
    assert_eq!(deployment.send(body(&"x".repeat(1000 - 11))).0.status, 201);
    assert_eq!(refusal(&deployment.send(body(&"x".repeat(1000 - 10))).0), refused(413, "body_too_large", ""));
    let form = body("x").header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(refusal(&deployment.send(form).0), refused(415, "unsupported_media_type", ""));

    let id = deployment.create_id(&json!({ "data": { "a": "x".repeat(900) } }));
    let patch = Request::session("PATCH", "/v1/session", &id).json(&json!({ "data": { "b": "x".repeat(900) } }));
    assert_eq!(refusal(&deployment.send(patch).0), refused(413, "data_too_large", ""));
    let put = Request::session("PUT", "/v1/session", &id).json(&json!({ "user": "ada" }));
    assert_eq!(refusal(&deployment.send(put).0), refused(400, "invalid_field", "data"));
}

#[test]
fn session_ids_are_never_chosen_unless_they_are_foreign() {
    let deployment = Deployment::new();
    let create = |id: &str| deployment.send(Request::session("POST", "/v1/sessions", id)).0;
    assert_eq!(refusal(&create(&"A".repeat(43))), refused(400, "native_id", ""));
    assert_eq!(refusal(&create("short")), refused(400, "invalid_session_id", ""));

    let uuid = "5e551000-0000-4000-8000-000000000001";
    let created = create(uuid);
    assert_eq!((created.status, parsed(&created).get("id")), (201, None));
    assert_eq!(deployment.read(uuid).0, 200);
    deployment.send(Request::session("DELETE", "/v1/session", uuid));
    assert_eq!(refusal(&create(uuid)), refused(409, "session_ended", ""));
    clock::set(clock::now() + 120_000);
    assert_eq!(create(uuid).status, 201);
    assert_eq!(deployment.read(uuid).0, 200);
}

#[test]
fn a_store_that_is_down_is_never_a_session() {
    let deployment = Deployment::new();
    let id = deployment.create_id(&json!({}));
    deployment.store.is_down.set(true);
    for (method, path, body) in [
        ("POST", "/v1/sessions", json!({})),
        ("GET", "/v1/session", json!({})),
        ("PUT", "/v1/session", json!({ "data": 1 })),
        ("PATCH", "/v1/session", json!({})),
        ("POST", "/v1/session/regenerate", json!({})),
        ("DELETE", "/v1/session", json!({})),
    ] {
        let request = Request::new(method, path).json(&body);
        let named = if path == "/v1/sessions" { request } else { request.header("session-id", id.clone()) };
        let (answer, _) = deployment.send(named);
        assert_eq!(refusal(&answer), refused(503, "store_unavailable", ""), "{method} {path}");
        assert_eq!((header(&answer, "Retry-After"), header(&answer, "Server-Timing")), (Some("1"), None));
    }
}

#[test]
fn use_slides_the_idle_deadline_and_leaves_the_version_alone() {
    let deployment = Deployment::new();
    let created = deployment.create(&json!({ "idle": "1h" }));
    let id = created["id"].as_str().unwrap();
    for _ in 0..30 {
        clock::set(clock::now() + HOUR / 2);
        let (status, session) = deployment.read(id);
        assert_eq!((status, &session["version"]), (200, &created["version"]));
    }
    clock::set(clock::now() + HOUR);
    assert_eq!(deployment.read(id).0, 404);
}

#[test]
fn answers_are_not_cached_and_say_what_they_took() {
    let deployment = Deployment::new();
    let (answer, line) = deployment.send(Request::new("POST", "/v1/sessions"));
    assert_eq!(header(&answer, "Cache-Control"), Some("no-store"));
    assert_eq!(header(&answer, "Server-Timing"), Some("store;dur=0, open;dur=0"));
    assert_eq!((line.method, line.route, line.status), ("POST", "/v1/sessions", 201));
    assert_eq!(line.token.as_deref(), Some("app"));
    assert_eq!(line.log_id.unwrap().to_string().len(), 12);
    let contract = deployment.send(Request::new("GET", "/openapi.json")).0;
    assert_eq!(parsed(&contract)["openapi"], "3.1.0");
    assert_eq!(header(&contract, "Cache-Control"), None);
}

#[test]
fn methods_and_routes_that_are_not_there_say_so() {
    let deployment = Deployment::new();
    let (answer, line) = deployment.send(Request::new("BREW", "/v1/session"));
    assert_eq!(refusal(&answer), refused(405, "method_not_allowed", ""));
    assert_eq!(header(&answer, "Allow"), Some("GET, PUT, PATCH, DELETE"));
    assert_eq!((line.method, line.route), ("other", "none"), "the log repeats nothing a caller made up");
    assert_eq!(refusal(&deployment.send(Request::new("GET", "/v1/nothing")).0), refused(404, "no_such_route", ""));
    assert_eq!(refusal(&deployment.send(Request::new("GET", "/")).0), refused(404, "no_such_route", ""));
}

#[test]
fn without_a_valid_configuration_nobody_gets_in() {
    let store = TestStore::default();
    for app in [App::new(Config::read(|_| None, &[tokens()])), App::new(Config::read(setting, &[]))] {
        for path in ["/v1/session", "/v1/sessions", "/healthz"] {
            let (answer, _) = block_on(serve(&app, &store, &mut Request::new("GET", path)));
            assert_eq!(refusal(&answer), refused(503, "not_configured", ""), "{path}");
        }
    }
}
