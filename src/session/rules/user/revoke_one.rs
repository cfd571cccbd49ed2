//! Revoke one: ends a session by its handle, if it is that user's.

use super::drop_lines;
use crate::id::{Handle, UserId};
use crate::session::command::Outcome;
use crate::session::entry::Entry;
use crate::session::error::{Absence, SessionError};
use crate::session::marker::{Ended, Revoked};
use crate::session::rules::{Io, LANDS_WITHIN, MAX_TRIES, end_for_good};
use crate::session::store::{Change, Condition, Key};

pub(in super::super) async fn revoke_one(io: &Io, user: &UserId, handle: Handle) -> Result<Outcome, SessionError> {
    let context = io.context();
    let owner = context.pseudonym(user)?;
    let line = Key::User(owner, handle);
    let exact = context.is_exact();
    let mut listed = None;
    // In an eventual store a try that came too late may have sent its markers. These are their times.
    let mut own = Vec::new();
    for _ in 0..MAX_TRIES {
        let checked = io.now();
        let keys = [Some(line), Some(Key::Ended(handle)), (!exact).then_some(Key::Revoked(owner))];
        let [sealed, ended, revoked] = io.get_wanted(keys).await?;

        // That the line is there, or was, says whose it is. What stands in it need not be readable to end the session.
        let sealed = sealed.or(listed.filter(|_| !exact)).ok_or(Absence::Absent)?;
        listed = Some(sealed.clone());
        let entry = context.open_entry(user, handle, &sealed, io.now());
        let is_own = ended.as_deref().map(Ended::decode).is_some_and(|marker| own.contains(&marker.at));
        match over(io, handle, entry, ended.as_deref(), revoked.as_deref()).filter(|_| !is_own) {
            None => {}
            // Nobody knows what of it counted.
            Some(_) if !own.is_empty() => return Err(SessionError::StoreUnavailable),
            Some(absence) => {
                // The line of one that its user's marker ends is what the revoke-all finds it by.
                if !matches!(absence, Absence::Expired | Absence::Grace | Absence::Revoked) {
                    drop_lines(io, vec![(line, sealed)]).await;
                }
                return Err(absence.into());
            }
        }

        // Who regenerates it meanwhile has a successor, and that is then the one to end: this one is 404. So an exact store
        // looks whether it was left; in an eventual one the markers come soon after the check, and tell when that was.
        let when = if exact { vec![Condition::Equals(Key::Ended(handle), ended)] } else { Vec::new() };
        let not_after = (!exact).then(|| checked.saturating_add(LANDS_WITHIN));
        // Markers of its own stay as they are: later ones would no longer reach what was regenerated at their time.
        let changes = if is_own { vec![Change::Delete(Key::Session(handle))] } else { end_for_good(io, handle) };
        let at = io.now();
        if !io.apply(when, changes, not_after).await?.is_done() {
            own.extend((!exact).then_some(at));
            continue;
        }
        if exact {
            drop_lines(io, vec![(line, sealed)]).await;
        } else {
            io.apply(Vec::new(), vec![Change::Delete(line)], None).await?;
        }
        io.settled(|settled| settled.forget(handle));
        return Ok(Outcome::Ended);
    }
    Err(SessionError::StoreUnavailable)
}

/// Why the session is over already, as far as can be told.
fn over(
    io: &Io,
    handle: Handle,
    entry: Result<Entry, Absence>,
    ended: Option<&[u8]>,
    revoked: Option<&[u8]>,
) -> Option<Absence> {
    let (now, visibility) = (io.now(), io.context().promises().visibility);
    let entry = match entry {
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
