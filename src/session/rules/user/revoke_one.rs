//! Revoke one: ends a session by its handle, if it is that user's.

use super::drop_lines;
use crate::id::{Handle, UserId, UserPseudonym};
use crate::session::command::Outcome;
use crate::session::error::{Absence, SessionError};
use crate::session::marker::{Ended, Revoked};
use crate::session::rules::{Io, LANDS_WITHIN, Line, MAX_TRIES, end_for_good};
use crate::session::store::{Change, Condition, Key};

pub(in super::super) async fn revoke_one(io: &Io, user: &UserId, handle: Handle) -> Result<Outcome, SessionError> {
    let owner = io.context().pseudonym(user)?;
    if io.context().is_exact() {
        revoke_exact(io, user, owner, handle).await?;
    } else {
        revoke_eventual(io, user, owner, handle).await?;
    }
    io.settled(|settled| settled.forget(handle));
    Ok(Outcome::Ended)
}

/// Who regenerates it meanwhile has a successor, and that is then the one to end: this one is 404.
async fn revoke_exact(io: &Io, user: &UserId, owner: UserPseudonym, handle: Handle) -> Result<(), SessionError> {
    let line = Key::User(owner, handle);
    for _ in 0..MAX_TRIES {
        let [sealed, ended] = io.get([line, Key::Ended(handle)]).await?;
        let sealed = sealed.ok_or(Absence::Absent)?;
        if let Some(absence) = over(io, user, handle, &sealed, ended.as_deref(), None) {
            return refuse(io, absence, (line, sealed)).await;
        }
        let when = vec![Condition::Equals(Key::Ended(handle), ended)];
        let not_after = Some(marked_until(io, user, handle, &sealed).min(io.now().saturating_add(LANDS_WITHIN)));
        if io.apply(when, end_for_good(io, handle), not_after).await?.is_done() {
            drop_lines(io, vec![(line, sealed)]).await;
            return Ok(());
        }
    }
    Err(SessionError::StoreUnavailable)
}

/// Until when a regenerate's marker is there to be met: as long as the session that it ended would have lived. Of a line that does
/// not open, nobody knows.
fn marked_until(io: &Io, user: &UserId, handle: Handle, sealed: &[u8]) -> u64 {
    let entry = io.context().open_entry(user, handle, sealed, io.now());
    entry.map_or(u64::MAX, |entry| entry.lifetime.absolute)
}

/// The markers come soon after the check, since by their time they tell which successors they reach.
async fn revoke_eventual(io: &Io, user: &UserId, owner: UserPseudonym, handle: Handle) -> Result<(), SessionError> {
    let line = Key::User(owner, handle);
    let mut checked = io.now();
    let [sealed, before, revoked] = io.get([line, Key::Ended(handle), Key::Revoked(owner)]).await?;
    let sealed = sealed.ok_or(Absence::Absent)?;
    if let Some(absence) = over(io, user, handle, &sealed, before.as_deref(), revoked.as_deref()) {
        return refuse(io, absence, (line, sealed)).await;
    }

    let mut changes = end_for_good(io, handle);
    let mut sent = changes.clone();
    for _ in 0..MAX_TRIES {
        let not_after = Some(checked.saturating_add(LANDS_WITHIN));
        if io.apply(Vec::new(), changes, not_after).await?.is_done() {
            io.apply(Vec::new(), vec![Change::Delete(line)], None).await?;
            return Ok(());
        }
        checked = io.now();
        let [ended] = io.get([Key::Ended(handle)]).await?;
        changes = if is_among(&sent, ended.as_deref()) {
            // These stay as they are: later ones might not reach what was regenerated at their time.
            vec![Change::Delete(Key::Session(handle))]
        } else if ended.is_none() || ended == before {
            end_for_good(io, handle)
        } else {
            // Somebody else ended it, or gave it a new ID, and nobody knows what of this counted.
            break;
        };
        sent.extend(changes.iter().cloned());
    }
    Err(SessionError::StoreUnavailable)
}

fn is_among(sent: &[Change], ended: Option<&[u8]>) -> bool {
    sent.iter().any(|change| match change {
        Change::Put { key: Key::Ended(_), value, .. } => ended == Some(value.as_slice()),
        _ => false,
    })
}

/// The line of one that only its user's marker ends stays: it is what the revoke-all finds it by.
async fn refuse(io: &Io, absence: Absence, line: Line) -> Result<(), SessionError> {
    if absence == Absence::Ended {
        drop_lines(io, vec![line]).await;
    }
    Err(absence.into())
}

/// Why the session is over already, as far as can be told.
fn over(
    io: &Io,
    user: &UserId,
    handle: Handle,
    sealed: &[u8],
    ended: Option<&[u8]>,
    revoked: Option<&[u8]>,
) -> Option<Absence> {
    let (now, visibility) = (io.now(), io.context().promises().visibility);
    // That the line is there says whose it is. What stands in it need not be readable to end the session.
    let entry = match io.context().open_entry(user, handle, sealed, now) {
        Ok(entry) if entry.lifetime.is_over(now) => return Some(Absence::Expired),
        Err(Absence::Expired) => return Some(Absence::Expired),
        Ok(entry) => entry,
        Err(_) => return None,
    };
    // Whether the ID is foreign, nobody can tell from a handle. The rule for foreign ones holds for the others as well.
    let covers = |marker: &Ended| marker.covers(entry.lifetime.created, true, visibility);
    if let Some(marker) = ended.map(Ended::decode).filter(covers) {
        // An old ID is no session of its own: the one to end is its successor.
        return Some(if marker.is_final(now) { Absence::Ended } else { Absence::Grace });
    }
    revoked.map(Revoked::decode).filter(|revoked| revoked.ends(handle, entry.joined)).map(|_| Absence::Revoked)
}
