//! The session calls: headers and body in, one command, its outcome out.

use sealed_session::envelope::Version;
use sealed_session::session::{
    Absence, Command, Create, Data, DataChange, Label, Outcome, Regenerate, Session, SessionError, Write,
};
use sealed_session::{SessionName, UserId};

use super::Answered;
use super::body::body;
use super::fields::Fields;
use super::problem::Problem;
use super::time::rfc3339;
use crate::answer::Answer;
use crate::call::Call;
use crate::json::Object;
use crate::request::{Header, Incoming};
use crate::store::Store;

/// `POST /v1/sessions`: a new session; with a foreign ID in `Session-Id`, under that ID.
pub(super) async fn create<S: Store, R: Incoming>(call: &mut Call<'_, S, R>) -> Answered {
    let foreign_id = match call.request.header(Header::SessionId).map(SessionName::parse) {
        None => None,
        Some(None) => return Err(Problem::invalid_session_id()),
        Some(Some(SessionName::Native(_))) => return Err(SessionError::NativeId.into()),
        Some(Some(SessionName::Foreign(id))) => Some(id),
    };
    let body = body(call, &[JSON]).await?;
    let mut fields = Fields::parse(&body)?;
    let create = Create {
        foreign_id,
        data: fields.data().unwrap_or_else(|| Data::from(b"{}".to_vec())),
        user: fields.user()?.flatten(),
        label: fields.label()?.flatten(),
        idle: fields.duration("idle")?,
        absolute: fields.duration("absolute")?,
        ..Create::default()
    };
    fields.end()?;
    created(call.run(Command::Create(create)).await?)
}

/// `GET /v1/session`: reads, and slides the idle deadline.
pub(super) async fn read<S: Store, R: Incoming>(call: &mut Call<'_, S, R>) -> Answered {
    let name = named(call)?;
    let strict = match call.request.header(Header::Strict) {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(Problem::invalid_header("Strict", "expected true or false")),
    };
    let session = changed(call.run(Command::Read { name, strict }).await?)?;
    let mut body = Object::new();
    // Every write had JSON in UTF-8; what another writer of the store put there is not ours to pass on.
    body.raw("data", core::str::from_utf8(session.data.as_bytes()).unwrap_or("null"));
    body.optional_text("user", session.user.as_ref().map(UserId::as_str));
    body.optional_text("label", session.label.as_ref().map(Label::as_str));
    body.text("last_seen_at", &rfc3339(session.last_seen));
    Ok(describe(Answer::new(200), body, &session))
}

/// `PUT /v1/session`: replaces the data. Never creates: a session that ended, expired or never was is the same 404.
pub(super) async fn replace<S: Store, R: Incoming>(call: &mut Call<'_, S, R>) -> Answered {
    let replacement = |data: Option<Data>| {
        data.map(DataChange::Replace).ok_or_else(|| Problem::invalid_field("data", "a replace needs the new data"))
    };
    write(call, &[JSON], replacement).await
}

/// `PATCH /v1/session`: applies an RFC 7396 merge patch to the data. Never creates.
pub(super) async fn patch<S: Store, R: Incoming>(call: &mut Call<'_, S, R>) -> Answered {
    write(call, &[MERGE_PATCH, JSON], |data| Ok(data.map_or(DataChange::Keep, DataChange::Merge))).await
}

/// `POST /v1/session/regenerate`: a new ID for the same session; with a user, the login.
pub(super) async fn regenerate<S: Store, R: Incoming>(call: &mut Call<'_, S, R>) -> Answered {
    let name = named(call)?;
    let body = body(call, &[JSON]).await?;
    let mut fields = Fields::parse(&body)?;
    let (grace, data) = (fields.duration("grace")?.unwrap_or(0), fields.data());
    let user = match fields.user()? {
        // To leave a user is no login; a replace does that.
        Some(None) => return Err(Problem::invalid_field("user", "a regenerate cannot remove the user")),
        user => user.flatten(),
    };
    fields.end()?;
    created(call.run(Command::Regenerate(Regenerate { name, grace, user, data })).await?)
}

/// `DELETE /v1/session`: ends it, wherever it is.
pub(super) async fn end<S: Store, R: Incoming>(call: &mut Call<'_, S, R>) -> Answered {
    let name = named(call)?;
    call.run(Command::End(name)).await?;
    Ok(Answer::new(204).header("Revocation-Bound", call.config.promises.visibility.to_string()))
}

async fn write<S: Store, R: Incoming>(
    call: &mut Call<'_, S, R>,
    types: &[&str],
    change: impl FnOnce(Option<Data>) -> Result<DataChange, Problem>,
) -> Answered {
    let name = named(call)?;
    let only = if_match(call)?;
    let body = body(call, types).await?;
    let mut fields = Fields::parse(&body)?;
    let data = change(fields.data())?;
    let (user, label, idle) = (fields.user()?, fields.label()?, fields.duration("idle")?);
    fields.end()?;
    let session = changed(call.run(Command::Write(Write { name, only, data, user, label, idle })).await?)?;
    let mut body = Object::new();
    body.text("last_seen_at", &rfc3339(session.last_seen));
    Ok(describe(Answer::new(200), body, &session))
}

/// The session that the request names. An ID that has not the form of one is a session that never was.
fn named<S: Store, R: Incoming>(call: &mut Call<'_, S, R>) -> Result<SessionName, Problem> {
    let text = call.request.header(Header::SessionId).ok_or_else(Problem::missing_session_id)?;
    let name = SessionName::parse(text).ok_or(SessionError::NoSuchSession(Absence::Absent))?;
    call.name = Some(name.clone());
    Ok(name)
}

/// `If-Match` (RFC 9110, section 13.1.1): one strong entity tag of ours, or `*`.
fn if_match<S: Store, R: Incoming>(call: &Call<'_, S, R>) -> Result<Option<Version>, Problem> {
    let Some(value) = call.request.header(Header::IfMatch) else { return Ok(None) };
    if value == "*" {
        return Ok(None);
    }
    let version = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).and_then(Version::parse);
    version.map(Some).ok_or_else(|| Problem::invalid_header("If-Match", "expected one ETag of this session, or *"))
}

/// The answer to a call that made an ID.
fn created(outcome: Outcome) -> Answered {
    let Outcome::Created { id, session } = outcome else { return Err(SessionError::Internal.into()) };
    let mut body = Object::new();
    if let Some(id) = id {
        body.text("id", &id.to_text());
    }
    Ok(describe(Answer::new(201), body, &session))
}

/// The outcome of a call that made none.
fn changed(outcome: Outcome) -> Result<Session, Problem> {
    match outcome {
        Outcome::Session(session) => Ok(session),
        _ => Err(SessionError::Internal.into()),
    }
}

/// What every answer says about its session.
fn describe(answer: Answer, mut body: Object, session: &Session) -> Answer {
    let version = session.version.to_string();
    body.text("handle", &session.handle.to_string());
    body.text("csrf", &session.csrf.to_text());
    body.text("version", &version);
    body.text("created_at", &rfc3339(session.created));
    body.text("expires_at", &rfc3339(session.expires));
    body.text("idle_expires_at", &rfc3339(session.idle_expires));
    answer.json("application/json", body).header("ETag", format!("\"{version}\""))
}

const JSON: &str = "application/json";
const MERGE_PATCH: &str = "application/merge-patch+json";
