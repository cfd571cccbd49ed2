//! The calls about one user: list, end, export, erase. The user stands in a header, never in a URL.

use sealed_session::session::{
    Absence, Command, Erasure, Exported, Label, Listed, Outcome, Receipt, RevokeAll, RevokedAll, Row, Session,
    SessionError, UserPage,
};
use sealed_session::{Handle, SessionName, UserId};

use super::Answered;
use super::problem::Problem;
use super::query::Paging;
use super::time::rfc3339;
use crate::answer::Answer;
use crate::call::Call;
use crate::clock;
use crate::json::Object;
use crate::percent;
use crate::request::{Header, Incoming};
use crate::store::Store;

/// `GET /v1/user/sessions`: the user's live sessions.
pub(super) async fn list<S: Store, R: Incoming>(call: &mut Call<'_, S, R>) -> Answered {
    let user = named_user(call.request)?;
    let Paging { limit, cursor } = Paging::parse(call.request.query(), MAX_ROWS)?;
    let page = UserPage { user, after: cursor, limit: limit.unwrap_or(MAX_ROWS) };
    let Outcome::Listed(Listed { sessions, next }) = call.run(Command::List(page)).await? else {
        return Err(SessionError::Internal.into());
    };
    let mut body = Object::new();
    body.raw("sessions", &rows(&sessions));
    body.optional_text("next", next.as_deref());
    Ok(Answer::new(200).json("application/json", body))
}

/// `DELETE /v1/user/sessions`: ends all sessions of the user; with a `Session-Id`, all but that one.
pub(super) async fn revoke_all<S: Store, R: Incoming>(call: &mut Call<'_, S, R>) -> Answered {
    let user = named_user(call.request)?;
    let Paging { cursor, .. } = Paging::parse(call.request.query(), 0)?;
    let spared = named_session(call.request)?;
    let revoked = end_all(call, RevokeAll { user, spared, after: cursor }).await?;
    let mut body = Object::new();
    body.raw("ended", &revoked.ended.to_string());
    Ok(more(Answer::new(200), body, call, revoked.next.as_deref()))
}

/// `DELETE /v1/user/sessions/{handle}`: ends one session, if it is that user's.
pub(super) async fn revoke_one<S: Store, R: Incoming>(call: &mut Call<'_, S, R>, handle: Option<Handle>) -> Answered {
    let user = named_user(call.request)?;
    // What has not the form of a handle is no session of anybody.
    let handle = handle.ok_or(SessionError::NoSuchSession(Absence::Absent))?;
    let ended = call.run(Command::RevokeOne { user, handle }).await;
    call.trace.line.log_id = Some(handle.log_id(&call.caller.tenant));
    ended?;
    Ok(Answer::new(204).header("Revocation-Bound", call.config.promises.visibility.to_string()))
}

/// `GET /v1/user/export`: everything held about the user that can be read without their cookie; with a `Session-Id` of
/// theirs, what that session holds too.
pub(super) async fn export<S: Store, R: Incoming>(call: &mut Call<'_, S, R>) -> Answered {
    let user = named_user(call.request)?;
    let Paging { limit, cursor } = Paging::parse(call.request.query(), MAX_ROWS)?;
    let session = match named_session(call.request)? {
        Some(name) => Some(own_session(call, name, &user).await?),
        None => None,
    };
    let page = UserPage { user: user.clone(), after: cursor, limit: limit.unwrap_or(MAX_ROWS) };
    let Outcome::Exported(Exported { sessions, unreadable, revoked_at, next }) =
        call.run(Command::Export(page)).await?
    else {
        return Err(SessionError::Internal.into());
    };
    let mut body = Object::new();
    body.text("schema", "sealed-session/export/v1");
    body.text("exported_at", &rfc3339(clock::now()));
    body.text("user", user.as_str());
    body.raw("sessions", &rows(&sessions));
    body.raw("unreadable_sessions", &unreadable.to_string());
    body.optional_text("revoked_at", revoked_at.map(rfc3339).as_deref());
    match session {
        Some(session) => body.raw("session", &payload(&session)),
        None => body.raw("session", "null"),
    }
    body.optional_text("next", next.as_deref());
    Ok(Answer::new(200).json("application/json", body))
}

/// `DELETE /v1/user`: ends all sessions of the user and forgets them; answers a receipt. A call that goes on brings the
/// receipt of the one before in the header `Receipt`, so that the last one counts everything.
pub(super) async fn erase<S: Store, R: Incoming>(call: &mut Call<'_, S, R>) -> Answered {
    let user = named_user(call.request)?;
    let Paging { cursor, .. } = Paging::parse(call.request.query(), 0)?;
    let context = call.config.context(&call.caller.tenant).ok_or(SessionError::Internal)?;
    let before = match call.request.header(Header::Receipt) {
        None => None,
        Some(text) => {
            let receipt = Receipt::parse(text).filter(|receipt| context.is_about(receipt, &user));
            Some(receipt.ok_or_else(|| {
                Problem::invalid_header("Receipt", "expected this deployment's receipt about this user")
            })?)
        }
    };
    let revoked = end_all(call, RevokeAll { user: user.clone(), spared: None, after: cursor }).await?;
    let erasure = Erasure::of(&revoked, before.as_ref(), clock::now());
    let receipt = context.receipt(&user, erasure)?;
    let mut body = Object::new();
    body.text("receipt", &receipt.to_text());
    describe(&mut body, erasure);
    Ok(more(Answer::new(200), body, call, revoked.next.as_deref()))
}

/// What an erasure came to, in every answer that tells it.
pub(super) fn describe(body: &mut Object, erasure: Erasure) {
    body.text("erased_at", &rfc3339(erasure.at));
    body.raw("sessions_ended", &erasure.ended.to_string());
    body.text("complete_by", &rfc3339(erasure.complete_by));
    body.raw("partial", if erasure.is_partial { "true" } else { "false" });
}

/// The user that the request names, if it does.
pub(super) fn user_of(request: &impl Incoming) -> Result<Option<UserId>, Problem> {
    let Some(value) = request.header(Header::UserId) else { return Ok(None) };
    let user = percent::decode(value).and_then(|user| UserId::parse(&user));
    user.map(Some)
        .ok_or_else(|| Problem::invalid_header("User-Id", "expected 1 to 256 bytes of UTF-8, percent-encoded"))
}

fn named_user(request: &impl Incoming) -> Result<UserId, Problem> {
    user_of(request)?.ok_or_else(Problem::missing_user_id)
}

/// The session that the request names, if it does. What has not the form of an ID is a session that never was.
fn named_session(request: &impl Incoming) -> Result<Option<SessionName>, Problem> {
    let Some(text) = request.header(Header::SessionId) else { return Ok(None) };
    Ok(Some(SessionName::parse(text).ok_or(SessionError::NoSuchSession(Absence::Absent))?))
}

async fn own_session<S: Store, R: Incoming>(
    call: &mut Call<'_, S, R>,
    name: SessionName,
    user: &UserId,
) -> Result<Session, Problem> {
    match call.run(Command::Read { name, strict: true }).await? {
        Outcome::Session(session) if session.user.as_ref() == Some(user) => Ok(session),
        Outcome::Session(_) => Err(SessionError::NoSuchSession(Absence::Absent).into()),
        _ => Err(SessionError::Internal.into()),
    }
}

async fn end_all<S: Store, R: Incoming>(call: &mut Call<'_, S, R>, command: RevokeAll) -> Result<RevokedAll, Problem> {
    match call.run(Command::RevokeAll(command)).await? {
        Outcome::Revoked(revoked) => Ok(revoked),
        _ => Err(SessionError::Internal.into()),
    }
}

/// Whether to call again, and how long what was answered may take to be true everywhere.
fn more<S, R>(answer: Answer, mut body: Object, call: &Call<'_, S, R>, next: Option<&str>) -> Answer {
    body.raw("more", if next.is_some() { "true" } else { "false" });
    body.optional_text("next", next);
    body.raw("revocation_bound_seconds", &call.config.promises.visibility.to_string());
    answer.json("application/json", body)
}

fn rows(rows: &[Row]) -> String {
    let rows: Vec<String> = rows.iter().map(row).collect();
    format!("[{}]", rows.join(","))
}

fn row(row: &Row) -> String {
    let mut body = Object::new();
    body.text("handle", &row.handle.to_string());
    body.optional_text("label", row.label.as_ref().map(Label::as_str));
    body.text("created_at", &rfc3339(row.created));
    body.text("joined_at", &rfc3339(row.joined));
    body.text("last_seen_at", &rfc3339(row.last_seen));
    body.text("expires_at", &rfc3339(row.expires));
    body.text("idle_expires_at", &rfc3339(row.idle_expires));
    body.finish()
}

/// What a session holds for its user.
fn payload(session: &Session) -> String {
    let mut body = Object::new();
    body.text("handle", &session.handle.to_string());
    body.optional_text("label", session.label.as_ref().map(Label::as_str));
    body.raw("data", core::str::from_utf8(session.data.as_bytes()).unwrap_or("null"));
    body.text("created_at", &rfc3339(session.created));
    body.text("last_seen_at", &rfc3339(session.last_seen));
    body.text("expires_at", &rfc3339(session.expires));
    body.text("idle_expires_at", &rfc3339(session.idle_expires));
    body.finish()
}

/// Sessions on a page, at most.
const MAX_ROWS: usize = 100;
