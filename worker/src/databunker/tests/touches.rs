//! These clients write with every request. What that changes is written; what it does not is a use of the session.

use serde_json::{Value, json};

use super::{Deployment, ID, data, post, pro};
use crate::clock;

const MINUTE: u64 = 60_000;

fn version(deployment: &Deployment) -> Value {
    let (status, session) = deployment.read(ID);
    assert_eq!(status, 200);
    session["version"].clone()
}

#[test]
fn an_unchanged_post_writes_nothing_for_a_tenth_of_the_life_and_then_begins_it_anew() {
    let deployment = Deployment::new();
    let body = json!({ "cookie": { "originalMaxAge": null }, "n": 1 });
    post(&deployment, ID, &body);
    let first = version(&deployment);
    for _ in 0..5 {
        clock::set(clock::now() + MINUTE);
        post(&deployment, ID, &body);
        assert_eq!(version(&deployment), first);
    }
    clock::set(clock::now() + MINUTE);
    post(&deployment, ID, &body);
    let second = version(&deployment);
    assert_ne!(second, first);

    // Whoever posts with every request stays logged in, however long.
    for _ in 0..40 {
        clock::set(clock::now() + 54 * MINUTE - 1);
        post(&deployment, ID, &body);
    }
    assert_eq!(data(&deployment, ID), Some(body));
}

#[test]
fn whatever_changes_is_written_at_once() {
    let deployment = Deployment::new();
    let mut versions = Vec::new();
    for body in [
        json!({ "n": 1 }),
        json!({ "n": 2 }),
        json!({ "n": 2, "login": "ada" }),
        json!({ "n": 2, "login": "bob" }),
        json!({ "n": 2, "login": "bob", "expiration": "10s" }),
        json!({ "n": 1 }),
    ] {
        post(&deployment, ID, &body);
        assert_eq!(data(&deployment, ID), Some(body));
        versions.push(version(&deployment).as_str().unwrap().to_owned());
    }
    versions.sort_unstable();
    versions.dedup();
    assert_eq!(versions.len(), 6);
}

#[test]
fn an_unchanged_upsert_slides_the_idle_window_and_leaves_the_version_alone() {
    let deployment = Deployment::with(&[("DATABUNKER_MAX_EXPIRATION", "30d")]);
    let upsert = json!({ "sessionuuid": ID, "sessiondata": { "n": 1 }, "slidingtime": "1h", "finaltime": "30d" });
    let send = || assert_eq!(deployment.send(pro("SessionUpsert", &upsert)).0.status, 200);
    send();
    let first = version(&deployment);
    for _ in 0..10 {
        clock::set(clock::now() + 50 * MINUTE);
        send();
    }
    assert_eq!(version(&deployment), first);
    let longer = json!({ "sessionuuid": ID, "sessiondata": { "n": 1 }, "slidingtime": "2h", "finaltime": "30d" });
    assert_eq!(deployment.send(pro("SessionUpsert", &longer)).0.status, 200);
    assert_ne!(version(&deployment), first, "another window is a change");
}

#[test]
fn an_unchanged_post_does_not_keep_what_ended_elsewhere() {
    let deployment = Deployment::new();
    post(&deployment, ID, &json!({ "n": 1 }));
    let end = crate::testing::Request::session("DELETE", "/v1/session", ID);
    assert_eq!(deployment.send(end).0.status, 204);
    post(&deployment, ID, &json!({ "n": 1 }));
    assert_eq!(data(&deployment, ID), None);
}
