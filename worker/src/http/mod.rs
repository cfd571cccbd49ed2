//! HTTP API v1 (docs/openapi.yaml). The whole of it on one screen:
//!
//! | call | handler | touches |
//! |---|---|---|
//! | `POST /v1/sessions` | [`session::create`] | writes the user's entry, then the record |
//! | `GET /v1/session` | [`session::read`] | reads; writes last seen after the answer, if due |
//! | `PUT /v1/session` | [`session::replace`] | checks, then writes the record |
//! | `PATCH /v1/session` | [`session::patch`] | checks, then writes the record |
//! | `POST /v1/session/regenerate` | [`session::regenerate`] | writes the new one, then ends the old one |
//! | `DELETE /v1/session` | [`session::end`] | marks the end, then deletes |
//! | `GET /v1/user/sessions` | [`user::list`] | reads the user's list; deletes stale lines after the answer |
//! | `DELETE /v1/user/sessions` | [`user::revoke_all`] | writes the user's marker, then ends what is listed |
//! | `DELETE /v1/user/sessions/{handle}` | [`user::revoke_one`] | marks the end, then deletes |
//! | `GET /v1/user/export` | [`user::export`] | reads the user's list |
//! | `DELETE /v1/user` | [`user::erase`] | like revoking all; answers a receipt |
//! | `POST /v1/receipts/verify` | [`receipt::verify`] | nothing |
//! | `GET /v1/status` | [`status::status`] | nothing |
//! | `GET /healthz`, `GET /openapi.json` | here | nothing |
//!
//! This module knows no KV and no platform: a request comes as [`Incoming`], an answer leaves as [`Answer`], and the
//! whole API runs over memory in plain `cargo test`.

mod auth;
mod body;
mod fields;
#[cfg(test)]
mod over_memory;
#[cfg(test)]
mod over_objects;
mod problem;
mod query;
mod receipt;
mod session;
mod status;
mod time;
mod user;

use sealed_session::Handle;

use self::problem::Problem;
use crate::answer::Answer;
use crate::app::App;
use crate::call::{Call, Trace};
use crate::config::Config;
use crate::request::Incoming;
use crate::store::Store;
use crate::token::Scope;

/// What a handler comes to.
type Answered = Result<Answer, Problem>;

/// Answers a call of the API.
pub(crate) async fn respond(app: &App, store: &impl Store, request: &mut impl Incoming, trace: &mut Trace) -> Answer {
    match answer(app, store, request, trace).await {
        Ok(mut answer) => {
            if let Some((total, store)) = trace.timing {
                let timing = format!("store;dur={store}, open;dur={}", total.saturating_sub(store));
                answer = answer.header("Server-Timing", timing);
            }
            if trace.is_eventual { answer.header("Consistency", "eventual") } else { answer }
        }
        Err(problem) => {
            trace.line.code = Some(problem.code);
            trace.line.reason = problem.reason;
            problem.into_answer()
        }
    }
}

async fn answer(app: &App, store: &impl Store, request: &mut impl Incoming, trace: &mut Trace) -> Answered {
    let route = Route::find(request.method(), request.path());
    trace.line.route = route.as_ref().map_or("none", |route| route.template());
    // What needs no caller.
    match route {
        Ok(Route::OpenApi) => return Ok(Answer::new(200).static_json(CONTRACT)),
        Ok(Route::Health) => {
            configured(app)?;
            return Ok(Answer::new(200).static_json("{\"status\":\"ok\"}"));
        }
        Err(problem) if !request.path().starts_with("/v1/") => return Err(problem),
        _ => {}
    }

    // Who is calling comes before everything else, also before whether there is such a route.
    let config = configured(app)?;
    let caller = auth::caller(config, request)?;
    trace.line.token = Some(caller.name.clone());
    let route = route?;
    if route.scope().is_some_and(|scope| !caller.allows(scope)) {
        return Err(Problem::forbidden());
    }
    let call = &mut Call { app, config, store, caller, request, name: None, trace };
    match route {
        Route::Create => session::create(call).await,
        Route::Read => session::read(call).await,
        Route::Replace => session::replace(call).await,
        Route::Patch => session::patch(call).await,
        Route::Regenerate => session::regenerate(call).await,
        Route::End => session::end(call).await,
        Route::UserErase => user::erase(call).await,
        Route::UserExport => user::export(call).await,
        Route::UserRevokeAll => user::revoke_all(call).await,
        Route::UserRevokeOne(handle) => user::revoke_one(call, handle).await,
        Route::UserSessions => user::list(call).await,
        Route::VerifyReceipt => receipt::verify(call).await,
        Route::Status => Ok(status::status(app, config)),
        Route::Health | Route::OpenApi => Err(Problem::no_such_route()),
    }
}

/// The settings, or 503.
fn configured(app: &App) -> Result<&Config, Problem> {
    app.configured().ok_or_else(Problem::not_configured)
}

/// What can be called.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Route {
    Create,
    End,
    Health,
    OpenApi,
    Patch,
    Read,
    Regenerate,
    Replace,
    Status,
    UserErase,
    UserExport,
    UserRevokeAll,
    /// `None` where the path has not the form of a handle.
    UserRevokeOne(Option<Handle>),
    UserSessions,
    VerifyReceipt,
}

impl Route {
    /// The table of routes.
    fn find(method: &str, path: &str) -> Result<Self, Problem> {
        let methods: &[(&str, Self)] = match path {
            "/v1/sessions" => &[("POST", Self::Create)],
            "/v1/session" => {
                &[("GET", Self::Read), ("PUT", Self::Replace), ("PATCH", Self::Patch), ("DELETE", Self::End)]
            }
            "/v1/session/regenerate" => &[("POST", Self::Regenerate)],
            "/v1/user" => &[("DELETE", Self::UserErase)],
            "/v1/user/export" => &[("GET", Self::UserExport)],
            "/v1/user/sessions" => &[("GET", Self::UserSessions), ("DELETE", Self::UserRevokeAll)],
            "/v1/receipts/verify" => &[("POST", Self::VerifyReceipt)],
            "/v1/status" => &[("GET", Self::Status)],
            HEALTH => &[("GET", Self::Health)],
            OPENAPI => &[("GET", Self::OpenApi)],
            _ => {
                let handle = path.strip_prefix("/v1/user/sessions/").filter(|handle| !handle.contains('/'));
                let handle = Handle::parse(handle.ok_or_else(Problem::no_such_route)?);
                return match method {
                    "DELETE" => Ok(Self::UserRevokeOne(handle)),
                    _ => Err(Problem::method_not_allowed(["DELETE"].into_iter())),
                };
            }
        };
        let found = methods.iter().find(|(known, _)| *known == method).map(|(_, route)| *route);
        found.ok_or_else(|| Problem::method_not_allowed(methods.iter().map(|(known, _)| *known)))
    }

    const fn template(self) -> &'static str {
        match self {
            Self::Create => "/v1/sessions",
            Self::End | Self::Patch | Self::Read | Self::Replace => "/v1/session",
            Self::Health => HEALTH,
            Self::OpenApi => OPENAPI,
            Self::Regenerate => "/v1/session/regenerate",
            Self::Status => "/v1/status",
            Self::UserErase => "/v1/user",
            Self::UserExport => "/v1/user/export",
            Self::UserRevokeAll | Self::UserSessions => "/v1/user/sessions",
            Self::UserRevokeOne(_) => "/v1/user/sessions/{handle}",
            Self::VerifyReceipt => "/v1/receipts/verify",
        }
    }

    /// What the caller's token must allow; `None` where anybody may call.
    const fn scope(self) -> Option<Scope> {
        match self {
            Self::Create | Self::End | Self::Patch | Self::Read | Self::Regenerate | Self::Replace => {
                Some(Scope::Sessions)
            }
            Self::UserErase
            | Self::UserExport
            | Self::UserRevokeAll
            | Self::UserRevokeOne(_)
            | Self::UserSessions
            | Self::VerifyReceipt => Some(Scope::Users),
            Self::Status => Some(Scope::Admin),
            Self::Health | Self::OpenApi => None,
        }
    }
}

const HEALTH: &str = "/healthz";
pub(crate) const OPENAPI: &str = "/openapi.json";
/// docs/openapi.yaml, as JSON.
const CONTRACT: &str = include_str!(concat!(env!("OUT_DIR"), "/openapi.json"));
