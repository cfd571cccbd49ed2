//! Databunker's session calls, for clients that are moved by changing their base URL (docs/MIGRATING-FROM-DATABUNKER.md).
//! The whole of it on one screen:
//!
//! | call | handler | touches |
//! |---|---|---|
//! | `POST /databunker/v1/session/{uuid}` | [`v1::post`] | creates or replaces; leaves what is unchanged |
//! | `GET /databunker/v1/session/{uuid}` | [`v1::get`] | reads; writes last seen after the answer, if due |
//! | `DELETE /databunker/v1/session/{uuid}` | [`v1::delete`] | marks the end, then deletes |
//! | `GET /databunker/v1/sessions/{mode}/{identity}` | [`v1::list`] | reads the user's list |
//! | `POST /databunker/v1/session/{mode}/{identity}` | [`v1::post_for`] | creates under an ID that is made here |
//! | `GET /databunker/v1/session/{mode}/{identity}` | [`v1::list`] | as above |
//! | `…/databunker/v1/session/session/{uuid}` | as without the first `session` | |
//! | `POST /databunker/v2/SessionUpsert` | [`v2::upsert`] | creates or replaces; leaves what is unchanged |
//! | `POST /databunker/v2/SessionGet` | [`v2::get`] | reads; writes last seen after the answer, if due |
//! | `POST /databunker/v2/SessionDelete` | [`v2::delete`] | marks the end, then deletes |
//! | `POST /databunker/v2/SessionListUserSessions` | [`v2::list`] | reads the user's list |
//! | `GET /databunker/status`, `GET /databunker/v1/status` | here | nothing |
//! | `OPTIONS` of all of these | here | nothing |
//!
//! v1 is that of Databunker, v2 that of Databunker Pro. They know the rules and not the API beside them.

mod auth;
mod body;
mod expiration;
mod identity;
mod listing;
#[cfg(test)]
mod over_memory;
#[cfg(test)]
mod over_objects;
mod refusal;
mod route;
mod session;
mod uuid;
mod v1;
mod v2;

use self::refusal::Refusal;
use self::route::{Method, Route};
use crate::answer::Answer;
use crate::app::App;
use crate::call::{Call, Trace};
use crate::json::Object;
use crate::request::Incoming;
use crate::store::Store;
use crate::token::Scope;

/// What a handler comes to.
type Answered = Result<Answer, Refusal>;

/// Which of the two sets of calls, which differ in how they refuse.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Surface {
    /// Databunker.
    V1,
    /// Databunker Pro.
    V2,
}

/// Whether a path is one of Databunker's.
pub(crate) fn is_for(path: &str) -> bool {
    path.strip_prefix(PREFIX).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Answers a call of a Databunker client.
pub(crate) async fn respond(app: &App, store: &impl Store, request: &mut impl Incoming, trace: &mut Trace) -> Answer {
    let path = request.path().strip_prefix(PREFIX).unwrap_or_default();
    let surface = if path.starts_with("/v2/") { Surface::V2 } else { Surface::V1 };
    let route = Route::find(path);
    trace.line.route = route.as_ref().map_or("none", Route::template);
    let mut answer = match answer(app, store, request, route, trace).await {
        Ok(answer) => answer,
        Err(refusal) => {
            trace.line.code = Some(refusal.code());
            trace.line.reason = refusal.reason();
            refusal.into_answer(surface, request.method() == "POST")
        }
    };
    if request.method() == "HEAD" {
        answer.body = "".into();
    }
    // Who may call, a token says that no browser sends by itself.
    answer.header("Access-Control-Allow-Origin", "*")
}

async fn answer(
    app: &App,
    store: &impl Store,
    request: &mut impl Incoming,
    route: Option<Route>,
    trace: &mut Trace,
) -> Answered {
    let method = Method::parse(request.method());
    // What needs no caller.
    match (method, &route) {
        (Some(Method::Options), None) => return Err(Refusal::NoSuchEndpoint),
        (Some(Method::Options), Some(route)) => return Ok(preflight(route)),
        (Some(Method::Get), Some(Route::Status)) => {
            app.configured().ok_or(Refusal::NotConfigured)?;
            return Ok(Answer::new(200).text("OK"));
        }
        _ => {}
    }

    // Who is calling comes before everything else, also before whether there is such a session, or such a call.
    let config = app.configured().ok_or(Refusal::NotConfigured)?;
    let caller = auth::caller(config, request)?;
    trace.line.token = Some(caller.name.clone());
    let route = route.ok_or(Refusal::NoSuchEndpoint)?;
    let method = method.filter(|method| route.methods().contains(method));
    let method = method.ok_or_else(|| Refusal::MethodNotAllowed(route.allow()))?;
    let scope = if route.is_list(method) { Scope::Users } else { Scope::Sessions };
    if !caller.allows(scope) {
        return Err(Refusal::AccessDenied);
    }
    let call = &mut Call { app, config, store, caller, request, name: None, trace };
    match (route, method) {
        (Route::Session(id), Method::Post) => v1::post(call, &id).await,
        (Route::Session(id), Method::Get) => v1::get(call, &id).await,
        (Route::Session(id), Method::Delete) => v1::delete(call, &id).await,
        (Route::UserSession(identity), Method::Post) => v1::post_for(call, &identity).await,
        (Route::UserSession(identity) | Route::UserSessions(identity), Method::Get) => v1::list(call, &identity).await,
        (Route::SessionUpsert, Method::Post) => v2::upsert(call).await,
        (Route::SessionGet, Method::Post) => v2::get(call).await,
        (Route::SessionDelete, Method::Post) => v2::delete(call).await,
        (Route::SessionListUserSessions, Method::Post) => v2::list(call).await,
        // The routes have no other methods.
        _ => Err(Refusal::NoSuchEndpoint),
    }
}

/// What a browser asks before it calls from another origin.
fn preflight(route: &Route) -> Answer {
    Answer::new(204)
        .header("Access-Control-Allow-Headers", "Accept, Content-Type, X-Bunker-Token, X-Bunker-Tenant")
        .header("Access-Control-Allow-Methods", "GET, POST, DELETE")
        .header("Allow", route.allow())
}

/// An answer that all is well.
fn ok(members: impl FnOnce(&mut Object)) -> Answer {
    let mut body = Object::new();
    body.text("status", "ok");
    members(&mut body);
    Answer::new(200).json(JSON, body)
}

/// Where it is mounted.
const PREFIX: &str = "/databunker";
/// As the original says it.
const JSON: &str = "application/json; charset=utf-8";
