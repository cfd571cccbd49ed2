//! One session, as both surfaces ask for it.

use sealed_session::session::{Command, Create, Data, Outcome, Session, SessionError};
use sealed_session::{ForeignId, SessionName, UserId};

use super::refusal::Refusal;
use crate::call::Call;
use crate::store::Store;

/// What a session becomes. Durations are in seconds.
pub(super) struct Upsert {
    pub(super) id: ForeignId,
    pub(super) data: Data,
    pub(super) user: Option<UserId>,
    pub(super) idle: u32,
    pub(super) absolute: u32,
}

/// Creates a session, or replaces the one that is there. Where that would change nothing, it stays: these clients write with
/// every request.
pub(super) async fn upsert<S: Store, R>(call: &mut Call<'_, S, R>, upsert: Upsert) -> Result<(), Refusal> {
    let Upsert { id, data, user, idle, absolute } = upsert;
    call.name = Some(SessionName::Foreign(id.clone()));
    let create = Create {
        foreign_id: Some(id),
        data,
        user,
        idle: Some(idle),
        absolute: Some(absolute),
        discloses_id: call.config.databunker.full_listing,
        keeps_unchanged: true,
        ..Create::default()
    };
    match call.run(Command::Create(create)).await {
        Ok(_) => Ok(()),
        // A late write of a client that logged out. There is nothing for it to do about that, and its Node store takes any
        // refusal of a write for the end of the process.
        Err(error @ SessionError::SessionEnded) => {
            call.trace.line.code = Some(error.code());
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

/// Reads a session, which uses it.
pub(super) async fn read<S: Store, R>(call: &mut Call<'_, S, R>, id: ForeignId) -> Result<Session, Refusal> {
    let name = SessionName::Foreign(id);
    call.name = Some(name.clone());
    match call.run(Command::Read { name, strict: false }).await? {
        Outcome::Session(session) => Ok(session),
        _ => Err(SessionError::Internal.into()),
    }
}

/// Ends a session, wherever it is.
pub(super) async fn end<S: Store, R>(call: &mut Call<'_, S, R>, id: ForeignId) -> Result<(), Refusal> {
    let name = SessionName::Foreign(id);
    call.name = Some(name.clone());
    call.run(Command::End(name)).await?;
    Ok(())
}

/// Session data as JSON. Every write had JSON in UTF-8; what another writer of the store put there is not ours to pass on.
pub(super) fn json(data: &Data) -> &str {
    core::str::from_utf8(data.as_bytes()).unwrap_or("null")
}

/// When the session became what it is, in Unix seconds.
pub(super) fn when(created: u64) -> String {
    (created / 1000).to_string()
}
