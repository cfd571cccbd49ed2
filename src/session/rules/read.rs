//! Read: answers a live session, and slides its idle deadline once per tenth of the window.

use super::live::{Found, Look, look};
use super::{Io, put_entry, view};
use crate::id::SessionName;
use crate::session::command::Outcome;
use crate::session::error::SessionError;
use crate::session::lifetime::unix_seconds_up;
use crate::session::store::{Change, Key};

pub(super) async fn read(io: &Io, name: &SessionName, strict: bool) -> Result<Outcome, SessionError> {
    let found = look(io, name, if strict { Look::StrictRead } else { Look::Read }).await?;
    touch_if_due(io, &found)?;
    Ok(Outcome::Session(view(&found.named, found.record, found.version, found.last_seen, found.dies)))
}

/// A look that leaves no trace.
pub(super) async fn peek(io: &Io, name: &SessionName) -> Result<Outcome, SessionError> {
    let found = look(io, name, Look::StrictRead).await?;
    Ok(Outcome::Session(view(&found.named, found.record, found.version, found.last_seen, found.dies)))
}

/// Says that the session is in use, where that is not known yet. Never the record: rewriting that would undo other people's writes and revive ended
/// sessions. It is claimed here before it is put, so that of many reads at once one writes.
pub(super) fn touch_if_due(io: &Io, found: &Found) -> Result<(), SessionError> {
    let (context, now) = (io.context(), io.now());
    if found.dies.is_some() || !found.record.lifetime.is_touch_due(found.last_seen, now) {
        return Ok(());
    }
    io.settled(|settled| settled.saw(found.handle(), now));
    io.later(match &found.record.user {
        Some(member) if !context.is_exact() => put_entry(context, member, found.handle(), found.record.shown(), now)?,
        _ => Change::Put {
            key: Key::Activity(found.handle()),
            value: context.seal_last_seen(found.handle(), now, found.record.lifetime.absolute)?,
            expires_at: unix_seconds_up(found.record.lifetime.absolute),
        },
    });
    Ok(())
}
