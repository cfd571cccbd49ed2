//! The calls, one by one, where the transcript does not say it all.

use serde_json::{Value, json};

use super::{
    Deployment, ID, OTHER, Request, bunker, data, header, parsed, post, pro, refusal, refused, session, token,
};
use crate::clock;

const HOUR: u64 = 3_600_000;

#[test]
fn a_session_of_one_surface_is_one_of_all() {
    let deployment = Deployment::new();
    post(&deployment, ID, &json!({ "n": 1, "login": "ada" }));
    let (status, native) = deployment.read(ID);
    assert_eq!(
        (status, &native["data"], &native["user"]),
        (200, &json!({ "n": 1, "login": "ada" }), &json!("login:ada"))
    );
    let (answer, _) = deployment.send(pro("SessionGet", &json!({ "sessionuuid": ID })));
    assert_eq!(parsed(&answer), json!({ "status": "ok", "sessiondata": { "n": 1, "login": "ada" } }));

    let put = Request::session("PUT", "/v1/session", ID).json(&json!({ "data": { "n": 2 } }));
    assert_eq!(deployment.send(put).0.status, 200);
    assert_eq!(data(&deployment, ID), Some(json!({ "n": 2 })));
    let (answer, _) = deployment.send(pro("SessionDelete", &json!({ "sessionuuid": ID })));
    assert_eq!(parsed(&answer), json!({ "status": "ok" }));
    assert_eq!((data(&deployment, ID), deployment.read(ID).0), (None, 404));
}

#[test]
fn an_id_of_ours_is_not_reached_by_a_url() {
    let deployment = Deployment::new();
    let id = deployment.create_id(&json!({ "data": { "secret": 1 } }));
    assert_eq!(data(&deployment, &id), None);
    assert_eq!(refusal(&deployment.send(session("DELETE", &id)).0), refused(405, "bad uuid"));
    let (answer, _) = deployment.send(pro("SessionGet", &json!({ "sessionuuid": id })));
    assert_eq!(refusal(&answer), refused(400, "Bad UUID"));
    assert_eq!(deployment.read(&id).0, 200);
}

#[test]
fn expiration_ends_a_session_whether_it_is_read_or_not_and_a_post_begins_it_anew() {
    let deployment = Deployment::new();
    post(&deployment, ID, &json!({ "expiration": "30s" }));
    for _ in 0..2 {
        clock::set(clock::now() + 14_000);
        assert!(data(&deployment, ID).is_some());
    }
    clock::set(clock::now() + 2_000);
    assert_eq!(data(&deployment, ID), None);

    // Without one it is the most, and so is whatever is longer.
    for (body, hours) in
        [(json!({ "x": 1 }), 1), (json!({ "expiration": "1m" }), 1), (json!({ "expiration": 3600 }), 1)]
    {
        post(&deployment, ID, &body);
        clock::set(clock::now() + hours * HOUR - 1);
        assert!(data(&deployment, ID).is_some());
        clock::set(clock::now() + 1);
        assert_eq!(data(&deployment, ID), None, "{body}");
    }
}

#[test]
fn the_most_is_configurable() {
    let deployment = Deployment::with(&[("DATABUNKER_MAX_EXPIRATION", "90d")]);
    post(&deployment, ID, &json!({ "expiration": "1m" }));
    clock::set(clock::now() + 31 * 24 * HOUR - 1);
    assert!(data(&deployment, ID).is_some(), "a month of 31 days");
    clock::set(clock::now() + 1);
    assert_eq!(data(&deployment, ID), None);
}

#[test]
fn an_expiration_that_has_passed_leaves_a_second() {
    let deployment = Deployment::new();
    for (body, most) in
        [(json!({ "expiration": clock::now() / 1000 - 100 }), 1_000), (json!({ "expiration": -5 }), 1_000)]
    {
        post(&deployment, ID, &body);
        clock::set(clock::now() + most);
        assert_eq!(data(&deployment, ID), None, "{body}");
    }
}

#[test]
fn slidingtime_is_idle_and_finaltime_is_absolute() {
    let deployment = Deployment::with(&[("DATABUNKER_MAX_EXPIRATION", "30d")]);
    let upsert = json!({
        "sessionuuid": ID, "sessiondata": { "n": 1 }, "slidingtime": "1h", "finaltime": "3h", "request_metadata": {},
    });
    let (answer, _) = deployment.send(pro("SessionUpsert", &upsert));
    assert_eq!((answer.status, parsed(&answer)), (200, json!({ "status": "ok" })));
    let read = || deployment.send(pro("SessionGet", &json!({ "sessionuuid": ID }))).0;
    for _ in 0..3 {
        clock::set(clock::now() + 59 * 60_000);
        assert_eq!(parsed(&read())["sessiondata"], json!({ "n": 1 }));
    }
    clock::set(clock::now() + 3 * 60_000);
    assert_eq!(refusal(&read()), refused(404, "not found"), "absolute");

    assert_eq!(deployment.send(pro("SessionUpsert", &upsert)).0.status, 200);
    clock::set(clock::now() + HOUR);
    assert_eq!(refusal(&read()), refused(404, "not found"), "idle");

    // m is minutes here, and a sliding time longer than the final one is cut.
    let minutes = json!({ "sessionuuid": ID, "sessiondata": { "n": 1 }, "slidingtime": "2d", "finaltime": "30m" });
    assert_eq!(deployment.send(pro("SessionUpsert", &minutes)).0.status, 200);
    clock::set(clock::now() + 30 * 60_000 - 1);
    assert_eq!(read().status, 200);
    clock::set(clock::now() + 1);
    assert_eq!(read().status, 404);
}

#[test]
fn parameters_that_are_missing_or_wrong_are_refused_in_the_words_of_pro() {
    let deployment = Deployment::new();
    for (name, parameters, status, message) in [
        ("SessionUpsert", json!({ "sessionuuid": ID }), 400, "Missing API request parameters: sessiondata"),
        ("SessionUpsert", json!({ "sessiondata": {} }), 400, "Missing API request parameters: sessionuuid"),
        ("SessionUpsert", json!({ "sessionuuid": ID, "sessiondata": [1] }), 400, "Failed to decode the request body"),
        ("SessionUpsert", json!({ "sessionuuid": "abc", "sessiondata": {} }), 400, "Bad UUID"),
        ("SessionGet", json!({ "sessionuuid": 7 }), 400, "Bad UUID"),
        ("SessionGet", json!({}), 400, "Missing API request parameters: sessionuuid"),
        ("SessionGet", json!([]), 400, "Failed to decode the request body"),
        ("SessionGet", json!({ "sessionuuid": ID }), 404, "not found"),
        ("SessionDelete", json!({ "sessionuuid": null }), 400, "Missing API request parameters: sessionuuid"),
        ("SessionListUserSessions", json!({ "mode": "name", "identity": "ada" }), 400, "Bad mode"),
        ("SessionListUserSessions", json!({ "mode": "login" }), 400, "Missing API request parameters: identity"),
        ("SessionShred", json!({}), 404, "The API request was not found"),
    ] {
        let (answer, _) = deployment.send(pro(name, &parameters));
        assert_eq!(refusal(&answer), refused(status, message), "{name} {parameters}");
    }
    let (answer, _) = deployment.send(bunker("GET", "/v2/SessionGet"));
    assert_eq!((refusal(&answer).0, header(&answer, "Allow")), (405, Some("OPTIONS, POST")));
}

#[test]
fn the_user_of_v2_is_named_by_parameters_or_by_the_data() {
    let deployment = Deployment::new();
    let named = json!({ "sessionuuid": ID, "sessiondata": { "login": "bob" }, "mode": "email", "identity": "Ada@B.C" });
    assert_eq!(deployment.send(pro("SessionUpsert", &named)).0.status, 200);
    assert_eq!(deployment.read(ID).1["user"], "email:ada@b.c");
    let by_data = json!({ "sessionuuid": OTHER, "sessiondata": { "login": "bob" } });
    assert_eq!(deployment.send(pro("SessionUpsert", &by_data)).0.status, 200);
    assert_eq!(deployment.read(OTHER).1["user"], "login:bob");
}

#[test]
fn the_tenant_of_the_header_is_that_of_the_token() {
    let deployment = Deployment::new();
    post(&deployment, ID, &json!({ "n": 1 }));
    for (tenant, status) in [("acme", 200), (" acme ", 200), ("", 200), ("globex", 403), ("ACME", 403)] {
        for call in [pro("SessionGet", &json!({ "sessionuuid": ID })), session("GET", ID)] {
            let (answer, _) = deployment.send(call.header("x-bunker-tenant", tenant));
            assert_eq!(answer.status, status, "{tenant:?}");
        }
    }
    let other = session("GET", ID).header("x-bunker-token", token("other"));
    assert_eq!(refusal(&deployment.send(other).0), refused(405, "not found"), "a session of another tenant");
}

#[test]
fn documented_paths_are_other_ways_to_the_same() {
    let deployment = Deployment::new();
    let (answer, _) = deployment.send(bunker("POST", "/v1/session/login/ada").json(&json!({ "a": 1, "login": "bob" })));
    let made = parsed(&answer)["session"].as_str().unwrap().to_owned();
    assert_eq!(deployment.read(&made).1["user"], "login:ada", "the path decides");
    let list = |path: &str| parsed(&deployment.send(bunker("GET", path)).0);
    assert_eq!(list("/v1/session/login/ada"), list("/v1/sessions/login/ada"));
    assert_eq!(list("/v1/session/login/ada")["total"], 1);
    let (answer, _) = deployment.send(bunker("GET", &format!("/v1/session/session/{made}")));
    assert_eq!((answer.status, &parsed(&answer)["data"]), (200, &json!({ "a": 1, "login": "bob" })));
    let (answer, _) = deployment.send(bunker("DELETE", &format!("/v1/session/session/{made}")));
    assert_eq!(parsed(&answer), json!({ "status": "ok" }));
    assert_eq!(data(&deployment, &made), None);
}

#[test]
fn browsers_are_told_what_they_may_send() {
    let deployment = Deployment::new();
    for path in ["/databunker/v2/SessionGet", "/databunker/v1/session/x", "/databunker/v1/sessions/login/x"] {
        let (answer, line) = deployment.send(Request::from_nobody("OPTIONS", path));
        assert_eq!((answer.status, &*answer.body, line.token), (204, "", None));
        assert_eq!(header(&answer, "Access-Control-Allow-Origin"), Some("*"));
        let allowed = header(&answer, "Access-Control-Allow-Headers").unwrap();
        assert!(["Content-Type", "X-Bunker-Token", "X-Bunker-Tenant"].iter().all(|name| allowed.contains(name)));
    }
    assert_eq!(deployment.send(Request::from_nobody("OPTIONS", "/databunker/v1/nope")).0.status, 404);
    assert_eq!(header(&deployment.send(session("GET", ID)).0, "Access-Control-Allow-Origin"), Some("*"));
}

#[test]
fn the_log_names_the_route_and_no_session_and_no_user() {
    let deployment = Deployment::new();
    for (request, route) in [
        (session("POST", ID).json(&json!({ "login": "ada" })), "/databunker/v1/session/{session}"),
        (session("GET", ID), "/databunker/v1/session/{session}"),
        (bunker("GET", "/v1/sessions/login/ada"), "/databunker/v1/sessions/{mode}/{identity}"),
        (bunker("GET", "/v1/nope/ada"), "none"),
    ] {
        let (_, line) = deployment.send(request);
        assert_eq!((line.route, line.token.as_deref()), (route, Some("bunker")));
        let text = line.to_json();
        assert!(!text.contains("ada") && !text.contains(ID), "{text}");
    }
}

#[test]
fn scopes_hold_here_too() {
    let deployment = Deployment::new();
    let as_of = |request: Request, caller| deployment.send(request.header("x-bunker-token", token(caller))).0;
    let denied = refused(403, "Access denied");
    assert_eq!(refusal(&as_of(bunker("GET", "/v1/sessions/login/ada"), "app")), denied);
    assert_eq!(as_of(bunker("GET", "/v1/sessions/login/ada"), "dpo").status, 200);
    assert_eq!(refusal(&as_of(session("GET", ID), "dpo")), denied);
    assert_eq!(as_of(session("POST", ID).json(&json!({ "a": 1 })), "app").status, 200);
    for call in ["SessionGet", "SessionUpsert", "SessionDelete"] {
        assert_eq!(refusal(&as_of(pro(call, &json!({})), "operator")), denied, "{call}");
    }
    let list = json!({ "mode": "login", "identity": "ada" });
    assert_eq!(refusal(&as_of(pro("SessionListUserSessions", &list), "app")), denied);
    let found: Vec<Value> = vec![parsed(&as_of(pro("SessionListUserSessions", &list), "dpo"))];
    assert_eq!(found, [json!({ "status": "ok", "total": 0, "rows": [] })]);
}
