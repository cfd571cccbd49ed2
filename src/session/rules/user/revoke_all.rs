//! Revoke all: first the marker, which ends what no list shows yet; then what is listed, a page at a call.

use super::drop_lines;
use crate::id::{Handle, UserId, UserPseudonym};
use crate::session::command::{Outcome, RevokeAll, RevokedAll};
use crate::session::entry::Entry;
use crate::session::error::{Absence, SessionError};
use crate::session::lifetime::{ms, unix_seconds_up};
use crate::session::marker::Revoked;
use crate::session::rules::live::{Look, look};
use crate::session::rules::{Io, MAX_TRIES, end_unread};
use crate::session::store::{Change, Condition, Key};

pub(in super::super) async fn revoke_all(io: &Io, call: &RevokeAll) -> Result<Outcome, SessionError> {
    let user = io.context().pseudonym(&call.user)?;
    let spared = spared(io, call).await?;
    // A call that goes on says nothing new: a marker of its own would end who logged in since the first.
    let (until, spared) = match call.after {
        None => (mark(io, user, spared).await?, spared),
        Some(_) => marked(io, user, spared).await?,
    };

    let listed = io.list(user, call.after.clone(), MAX_ENDED).await?;
    let mut ended = RevokedAll { ended: 0, complete_by: 0, next: listed.next };
    // In an exact store the session and its line lie in two shards; in the other a line goes with its session.
    let (mut batches, mut lines, mut handles) = (Vec::new(), Vec::new(), Vec::new());
    for (handle, sealed) in listed.entries {
        let entry = io.context().open_entry(&call.user, handle, &sealed, io.now());
        if spared == Some(handle) || entry.as_ref().is_ok_and(|entry| entry.joined > until) {
            continue;
        }
        // Also one whose time is over: under a foreign ID there may be a session that its line does not tell.
        let mut changes = end_unread(io, handle);
        if let Some(deadline) = deadline(io, entry) {
            ended.ended = ended.ended.saturating_add(1);
            ended.complete_by = ended.complete_by.max(deadline);
        }
        let line = Key::User(user, handle);
        if io.context().is_exact() {
            lines.push((line, sealed));
        } else {
            changes.push(Change::Delete(line));
        }
        batches.push(changes);
        handles.push(handle);
    }
    io.apply_each(batches).await?;
    drop_lines(io, lines).await;
    io.settled(|settled| handles.into_iter().for_each(|handle| settled.forget(handle)));
    Ok(Outcome::Revoked(ended))
}

/// The session that stays, if one does. One that is not alive or not theirs is refused before anything is ended.
async fn spared(io: &Io, call: &RevokeAll) -> Result<Option<Handle>, SessionError> {
    let Some(name) = &call.spared else { return Ok(None) };
    let found = look(io, name, Look::Change).await?.writable()?;
    let is_theirs = |id: &UserId| *id == call.user;
    if !found.record.user.as_ref().is_some_and(|member| is_theirs(&member.id)) {
        return Err(Absence::Absent.into());
    }
    Ok(Some(found.handle()))
}

/// Puts the marker, as of now. In an exact store it only ever gets later, than anybody who joined since the last one too, and
/// who is about to register notices.
async fn mark(io: &Io, user: UserPseudonym, spared: Option<Handle>) -> Result<u64, SessionError> {
    let key = Key::Revoked(user);
    for _ in 0..MAX_TRIES {
        let mut until = io.now();
        let mut when = Vec::new();
        if io.context().is_exact() {
            let [value] = io.get([key]).await?;
            let before = value.as_deref().map(Revoked::decode);
            until = before.map_or(until, |before| until.max(before.until.saturating_add(1)));
            when.push(Condition::Equals(key, value));
        }
        let expires_at = unix_seconds_up(until.saturating_add(ms(io.context().limits().longest)));
        let value = Revoked { expires_at, until, spared }.encode();
        if io.apply(when, vec![Change::Put { key, value, expires_at }], None).await?.is_done() {
            return Ok(until);
        }
    }
    Err(SessionError::StoreUnavailable)
}

/// The marker of the call that this one goes on from, with the session that it spares. Where it is not to be seen here, what is
/// listed ends all the same.
async fn marked(io: &Io, user: UserPseudonym, spared: Option<Handle>) -> Result<(u64, Option<Handle>), SessionError> {
    let [value] = io.get([Key::Revoked(user)]).await?;
    let marker = value.as_deref().map(Revoked::decode);
    Ok((marker.map_or(io.now(), |marker| marker.until), spared.or(marker.and_then(|marker| marker.spared))))
}

/// When the session is over in any case; `None` if it is. A line that does not open says nothing about it.
fn deadline(io: &Io, entry: Result<Entry, Absence>) -> Option<u64> {
    match entry {
        Ok(entry) => Some(entry.lifetime.absolute).filter(|_| !entry.lifetime.is_over(io.now())),
        Err(Absence::Expired) => None,
        Err(_) => Some(io.now().saturating_add(ms(io.context().limits().longest))),
    }
}

/// Three operations each in an eventual store, and one invocation of a Worker may make 1 000.
const MAX_ENDED: usize = 300;
