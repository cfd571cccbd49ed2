//! The calls about one user.

use serde_json::{Value, json};

use super::{Deployment, HOUR, Request, header, parsed, refusal, refused};
use crate::clock;

fn of(method: &'static str, path: &'static str, user: &str) -> Request {
    Request::new(method, path)
        .header("user-id", user)
        .header("authorization", format!("Bearer {}", super::token("dpo")))
}

fn list(deployment: &Deployment, user: &str) -> Vec<Value> {
    let (answer, _) = deployment.send(of("GET", "/v1/user/sessions", user));
    assert_eq!(answer.status, 200, "{}", answer.body);
    parsed(&answer)["sessions"].as_array().unwrap().clone()
}

#[test]
fn a_list_shows_live_sessions_and_neither_ids_nor_data() {
    let deployment = Deployment::new();
    let id = deployment.create_id(&json!({ "user": "ada", "label": "Firefox", "data": { "secret": "payload" } }));
    let ended = deployment.create_id(&json!({ "user": "ada" }));
    deployment.create(&json!({ "user": "bob" }));
    deployment.send(Request::session("DELETE", "/v1/session", &ended));
    clock::set(clock::now() + 2 * HOUR);
    assert_eq!(deployment.read(&id).0, 200, "which touches");

    let (answer, line) = deployment.send(of("GET", "/v1/user/sessions?limit=5", "ada"));
    let page = parsed(&answer);
    let sessions = page["sessions"].as_array().unwrap();
    assert_eq!((sessions.len(), &page["next"]), (1, &Value::Null));
    assert_eq!((&sessions[0]["label"], &sessions[0]["handle"]), (&json!("Firefox"), &deployment.read(&id).1["handle"]));
    assert_eq!(sessions[0]["last_seen_at"], deployment.read(&id).1["last_seen_at"]);
    assert!(!answer.body.contains(&id) && !answer.body.contains("payload"));
    assert_eq!((line.route, line.token.as_deref()), ("/v1/user/sessions", Some("dpo")));
}

#[test]
fn a_user_is_any_text_percent_encoded() {
    let deployment = Deployment::new();
    deployment.create(&json!({ "user": "Émilie %" }));
    assert_eq!(list(&deployment, "%C3%89milie%20%25").len(), 1);
    assert_eq!(list(&deployment, "Emilie").len(), 0);
    for bad in ["%", "%ff", ""] {
        let (answer, _) = deployment.send(of("GET", "/v1/user/sessions", bad));
        assert_eq!(refusal(&answer), refused(400, "invalid_header", "User-Id"), "{bad}");
    }
    let missing =
        Request::new("GET", "/v1/user/sessions").header("authorization", format!("Bearer {}", super::token("dpo")));
    assert_eq!(refusal(&deployment.send(missing).0), refused(400, "missing_user_id", ""));
}

#[test]
fn pages_go_on_where_the_last_one_ended() {
    let deployment = Deployment::new();
    for _ in 0..5 {
        deployment.create(&json!({ "user": "ada" }));
    }
    let first = parsed(&deployment.send(of("GET", "/v1/user/sessions?limit=3", "ada")).0);
    let next = first["next"].as_str().unwrap().replace(':', "%3A");
    let path: &'static str = Box::leak(format!("/v1/user/sessions?limit=3&cursor={next}").into_boxed_str());
    let second = parsed(&deployment.send(of("GET", path, "ada")).0);
    let handles = |page: &Value| -> Vec<String> {
        page["sessions"].as_array().unwrap().iter().map(|row| row["handle"].to_string()).collect()
    };
    let mut all = [handles(&first), handles(&second)].concat();
    all.sort();
    all.dedup();
    assert_eq!((all.len(), &second["next"]), (5, &Value::Null));
    let (answer, _) = deployment.send(of("GET", "/v1/user/sessions?limit=101", "ada"));
    assert_eq!(refusal(&answer), refused(400, "invalid_query", "limit"));
}

#[test]
fn revoking_one_needs_it_to_be_theirs() {
    let deployment = Deployment::new();
    let created = deployment.create(&json!({ "user": "ada" }));
    let (id, handle) = (created["id"].as_str().unwrap(), created["handle"].as_str().unwrap());
    let path: &'static str = Box::leak(format!("/v1/user/sessions/{handle}").into_boxed_str());
    let (answer, line) = deployment.send(of("DELETE", path, "bob"));
    assert_eq!(refusal(&answer), refused(404, "no_such_session", ""));
    assert_eq!((line.route, line.reason), ("/v1/user/sessions/{handle}", Some("absent")));
    assert_eq!(deployment.read(id).0, 200);
    let (answer, line) = deployment.send(of("DELETE", path, "ada"));
    assert_eq!((answer.status, header(&answer, "Revocation-Bound"), line.log_id.is_some()), (204, Some("0"), true));
    assert_eq!(deployment.read(id).0, 404);
    assert_eq!(refusal(&deployment.send(of("DELETE", path, "ada")).0), refused(404, "no_such_session", ""));
    let (answer, _) = deployment.send(of("DELETE", "/v1/user/sessions/nobody", "ada"));
    assert_eq!(refusal(&answer), refused(404, "no_such_session", ""));
    let (answer, _) = deployment.send(of("GET", path, "ada"));
    assert_eq!(refusal(&answer), refused(405, "method_not_allowed", ""));
}

#[test]
fn revoking_all_leaves_none_but_the_spared() {
    let deployment = Deployment::new();
    let ids: Vec<String> = (0..4).map(|_| deployment.create_id(&json!({ "user": "ada" }))).collect();
    let other = deployment.create_id(&json!({ "user": "bob" }));
    let spare = |id: &str| deployment.send(of("DELETE", "/v1/user/sessions", "ada").header("session-id", id)).0;

    assert_eq!(refusal(&spare(&other)), refused(404, "no_such_session", ""));
    assert!(ids.iter().all(|id| deployment.read(id).0 == 200), "nothing is ended where none can be spared");
    let answer = parsed(&spare(&ids[0]));
    assert_eq!(
        (&answer["ended"], &answer["more"], &answer["revocation_bound_seconds"]),
        (&json!(3), &json!(false), &json!(0))
    );
    let alive: Vec<u16> = ids.iter().chain([&other]).map(|id| deployment.read(id).0).collect();
    assert_eq!(alive, [200, 404, 404, 404, 200]);

    // The spared one stays spared under a new ID, and ends with the next call that spares nobody.
    let (answer, _) = deployment.send(Request::session("POST", "/v1/session/regenerate", &ids[0]));
    let new = parsed(&answer)["id"].as_str().unwrap().to_owned();
    assert_eq!(deployment.read(&new).0, 200);
    deployment.send(of("DELETE", "/v1/user/sessions", "ada"));
    assert_eq!(deployment.read(&new).0, 404);
    let after = deployment.create_id(&json!({ "user": "ada" }));
    assert_eq!(deployment.read(&after).0, 200, "who logs in afterwards is in");
}

#[test]
fn an_export_has_what_is_held_and_the_session_that_is_shown() {
    let deployment = Deployment::new();
    let id = deployment.create_id(&json!({ "user": "ada", "data": { "cart": [1] } }));
    let other = deployment.create_id(&json!({ "user": "bob" }));
    let export = parsed(&deployment.send(of("GET", "/v1/user/export", "ada")).0);
    assert_eq!((&export["user"], &export["session"]), (&json!("ada"), &Value::Null));
    assert_eq!(export["sessions"].as_array().unwrap().len(), 1);
    let with = |id: &str| deployment.send(of("GET", "/v1/user/export", "ada").header("session-id", id)).0;
    assert_eq!(parsed(&with(&id))["session"]["data"], json!({ "cart": [1] }));
    assert_eq!(refusal(&with(&other)), refused(404, "no_such_session", ""));
}

#[test]
fn an_erasure_answers_a_receipt_that_names_nobody() {
    let deployment = Deployment::new();
    let id = deployment.create_id(&json!({ "user": "ada" }));
    let (answer, _) = deployment.send(of("DELETE", "/v1/user", "ada"));
    let erased = parsed(&answer);
    assert_eq!((answer.status, &erased["sessions_ended"], &erased["partial"]), (200, &json!(1), &json!(false)));
    assert!(!answer.body.contains("ada"));
    assert_eq!((deployment.read(&id).0, list(&deployment, "ada").len()), (404, 0));

    let verify = |user: Option<&str>, receipt: &str| {
        let request = match user {
            Some(user) => of("POST", "/v1/receipts/verify", user),
            None => Request::new("POST", "/v1/receipts/verify")
                .header("authorization", format!("Bearer {}", super::token("dpo"))),
        };
        deployment.send(request.json(&json!({ "receipt": receipt }))).0
    };
    let receipt = erased["receipt"].as_str().unwrap();
    for (user, about) in [(None, Value::Null), (Some("ada"), json!(true)), (Some("bob"), json!(false))] {
        let verdict = parsed(&verify(user, receipt));
        assert_eq!((&verdict["authentic"], &verdict["about_user"]), (&json!(true), &about));
        assert_eq!(verdict["sessions_ended"], 1);
    }
    let last = if receipt.ends_with('A') { "E" } else { "A" };
    let forged = format!("{}{last}", receipt.get(..receipt.len() - 1).unwrap());
    assert_eq!(parsed(&verify(None, &forged)), json!({ "authentic": false }));
    assert_eq!(refusal(&verify(None, "srt1_AAAA")), refused(400, "invalid_field", "receipt"));

    // The next part of an erasure counts on from the receipt before; one about somebody else is refused.
    deployment.create(&json!({ "user": "ada" }));
    let goes_on = |user| deployment.send(of("DELETE", "/v1/user", user).header("receipt", receipt)).0;
    assert_eq!(parsed(&goes_on("ada"))["sessions_ended"], 2);
    assert_eq!(refusal(&goes_on("bob")), refused(400, "invalid_header", "Receipt"));
}

#[test]
fn they_need_the_scope_and_stay_in_their_tenant() {
    let deployment = Deployment::new();
    deployment.create(&json!({ "user": "ada" }));
    for (method, path) in [
        ("GET", "/v1/user/sessions"),
        ("DELETE", "/v1/user/sessions"),
        ("GET", "/v1/user/export"),
        ("DELETE", "/v1/user"),
        ("POST", "/v1/receipts/verify"),
    ] {
        let request = Request::new(method, path).header("user-id", "ada");
        assert_eq!(refusal(&deployment.send(request).0), refused(403, "forbidden", ""), "{method} {path}");
    }
    let elsewhere = Request::new("GET", "/v1/user/sessions")
        .header("user-id", "ada")
        .header("authorization", format!("Bearer {}", super::token("otherdpo")));
    assert_eq!(parsed(&deployment.send(elsewhere).0)["sessions"], json!([]));
}
