//! A user's sessions: by handle, or in full where the deployment says so.

use serde_json::{Value, json};

use super::{Deployment, ID, OTHER, Request, bunker, data, parsed, post, pro, refusal, refused, session, token};
use crate::clock;

fn list(deployment: &Deployment, query: &str) -> Value {
    let (answer, line) = deployment.send(bunker("GET", &format!("/v1/sessions/login/ada{query}")));
    assert_eq!((answer.status, line.log_id), (200, None), "{}", answer.body);
    parsed(&answer)
}

fn list_pro(deployment: &Deployment) -> Value {
    let (answer, _) = deployment.send(pro("SessionListUserSessions", &json!({ "mode": "login", "identity": "ada" })));
    assert_eq!(answer.status, 200, "{}", answer.body);
    parsed(&answer)
}

fn handles(deployment: &Deployment) -> Vec<Value> {
    let list = Request::new("GET", "/v1/user/sessions")
        .header("user-id", "login:ada")
        .header("authorization", format!("Bearer {}", token("dpo")));
    let sessions = parsed(&deployment.send(list).0)["sessions"].clone();
    sessions.as_array().unwrap().iter().map(|row| row["handle"].clone()).collect()
}

#[test]
fn rows_carry_handles_and_no_data() {
    let deployment = Deployment::new();
    let when = clock::now() / 1000;
    post(&deployment, ID, &json!({ "login": "ada", "secret": 1 }));
    let handle = handles(&deployment)[0].clone();
    let row = json!({ "when": when, "session": handle });
    assert_eq!(list(&deployment, ""), json!({ "status": "ok", "total": 1, "rows": [row] }));
    assert_eq!(list_pro(&deployment), json!({ "status": "ok", "total": 1, "rows": [{ "sessionuuid": handle }] }));

    // And by its handle it is revoked through the other API.
    let path = format!("/v1/user/sessions/{}", handle.as_str().unwrap());
    let revoke = Request::new("DELETE", path).header("user-id", "login:ada");
    let revoke = revoke.header("authorization", format!("Bearer {}", token("dpo")));
    assert_eq!(deployment.send(revoke).0.status, 204);
    assert_eq!((data(&deployment, ID), list(&deployment, "")["total"].clone()), (None, json!(0)));
}

#[test]
fn full_rows_carry_ids_and_data_of_sessions_that_were_made_here_and_only_of_those() {
    let deployment = Deployment::with(&[("DATABUNKER_LISTING", "full")]);
    let when = clock::now() / 1000;
    post(&deployment, ID, &json!({ "login": "ada", "secret": 1 }));
    clock::set(clock::now() + 1_000);
    let native =
        Request::session("POST", "/v1/sessions", OTHER).json(&json!({ "user": "login:ada", "data": { "n": 1 } }));
    assert_eq!(deployment.send(native).0.status, 201);
    let full = json!({ "when": when, "session": ID, "data": { "login": "ada", "secret": 1 } });
    let listed = list(&deployment, "");
    assert_eq!((&listed["total"], &listed["rows"][0]), (&json!(2), &full));
    let other = listed["rows"][1].as_object().unwrap();
    assert!(!other.contains_key("data") && other["session"] != OTHER, "{other:?}");
    let pro = list_pro(&deployment);
    assert_eq!(pro["rows"][0], json!({ "sessionuuid": ID, "sessiondata": { "login": "ada", "secret": 1 } }));
    // The API beside it shows no IDs, whatever this one does.
    assert!(!handles(&deployment).contains(&json!(ID)));
}

#[test]
fn a_list_is_no_use_of_what_it_lists() {
    let deployment = Deployment::with(&[("DATABUNKER_LISTING", "full"), ("DATABUNKER_MAX_EXPIRATION", "1d")]);
    let upsert = json!({ "sessionuuid": ID, "sessiondata": { "login": "ada" }, "slidingtime": "1h" });
    assert_eq!(deployment.send(pro("SessionUpsert", &upsert)).0.status, 200);
    for _ in 0..3 {
        clock::set(clock::now() + 19 * 60_000);
        assert_eq!(list(&deployment, "")["rows"][0]["session"], ID);
    }
    clock::set(clock::now() + 3 * 60_000);
    assert_eq!(data(&deployment, ID), None);
    assert_eq!(list(&deployment, "")["rows"], json!([]));
}

#[test]
fn what_was_disclosed_is_not_shown_where_the_setting_is_gone() {
    let keys = sealed_session::Keyring::generate().unwrap();
    let mut deployment = Deployment::with(&[("DATABUNKER_LISTING", "full"), ("SESSION_KEYS", &keys)]);
    post(&deployment, ID, &json!({ "login": "ada" }));
    deployment.app = Deployment::with(&[("SESSION_KEYS", &keys)]).app;
    let listed = list(&deployment, "");
    assert!(listed["total"] == 1 && listed["rows"][0]["session"] != ID, "{listed}");
    // The next write of the same data takes the ID out of the list for good.
    post(&deployment, ID, &json!({ "login": "ada" }));
    deployment.app = Deployment::with(&[("DATABUNKER_LISTING", "full"), ("SESSION_KEYS", &keys)]).app;
    assert_ne!(list(&deployment, "")["rows"][0]["session"], ID);
}

#[test]
fn pages_are_cut_from_the_oldest_on() {
    let deployment = Deployment::with(&[("DATABUNKER_LISTING", "full")]);
    let id = |n: u32| format!("5e551000-0000-4000-8000-{n:012}");
    for n in 1..=12 {
        clock::set(clock::now() + 1);
        post(&deployment, &id(n), &json!({ "login": "ada", "n": n }));
    }
    let numbers = |query: &str| -> Vec<u64> {
        let listed = list(&deployment, query);
        assert_eq!(listed["total"], 12);
        listed["rows"].as_array().unwrap().iter().map(|row| row["data"]["n"].as_u64().unwrap()).collect()
    };
    assert_eq!(numbers(""), (1..=10).collect::<Vec<_>>());
    assert_eq!(numbers("?offset=2&limit=3"), [3, 4, 5]);
    assert_eq!(numbers("?limit=0"), (1..=12).collect::<Vec<_>>());
    assert_eq!(numbers("?offset=99"), [0; 0]);
    clock::set(clock::now() + 1);
    post(&deployment, &id(1), &json!({ "login": "ada", "n": 13 }));
    assert_eq!(numbers("?offset=11"), [13], "a session that is posted again is the youngest");
}

#[test]
fn a_list_of_many_is_bounded() {
    let deployment = Deployment::with(&[("DATABUNKER_LISTING", "full")]);
    for n in 0..520 {
        post(&deployment, &format!("5e551000-0000-4000-8000-{n:012}"), &json!({ "login": "ada" }));
    }
    let listed = list(&deployment, "?limit=0");
    assert_eq!((&listed["total"], listed["rows"].as_array().unwrap().len()), (&json!(500), 100));
}

#[test]
fn who_cannot_be_anybody_is_refused_and_who_is_nobody_has_an_empty_list() {
    let deployment = Deployment::new();
    for (path, status, message) in [
        ("/v1/sessions/name/ada", 405, "bad mode"),
        ("/v1/sessions/token/ada", 405, "bad uuid"),
        ("/v1/sessions/phone/none", 405, "not found"),
        ("/v1/sessions/login/%20", 405, "not found"),
    ] {
        assert_eq!(refusal(&deployment.send(bunker("GET", path)).0), refused(status, message), "{path}");
    }
    assert_eq!(list(&deployment, ""), json!({ "status": "ok", "total": 0, "rows": [] }));
    assert_eq!(deployment.send(session("GET", ID)).0.status, 405);
}
