//! Revoke one: ends a session by its handle, if it is that user's.

use super::drop_lines;
use crate::id::{Handle, UserId};
use crate::session::command::Outcome;
use crate::session::entry::Entry;
use crate::session::error::{Absence, SessionError};
use crate::session::marker::{Ended, Revoked};
use crate::session::rules::{Io, end_for_good};
use crate::session::store::{Change, Key};

pub(in super::super) async fn revoke_one(io: &Io, user: &UserId, handle: Handle) -> Result<Outcome, SessionError> {
    let context = io.context();
    let owner = context.pseudonym(user)?;
    let line = Key::User(owner, handle);
    let exact = context.is_exact();
    let keys = [Some(line), Some(Key::Ended(handle)), (!exact).then_some(Key::Revoked(owner))];
    let [sealed, ended, revoked] = io.get_wanted(keys).await?;

    // That the line is there says whose it is. What stands in it need not be readable to end the session.
    let sealed = sealed.ok_or(Absence::Absent)?;
    let entry = context.open_entry(user, handle, &sealed, io.now());
    if let Some(absence) = over(io, handle, entry, ended.as_deref(), revoked.as_deref()) {
        if !matches!(absence, Absence::Expired | Absence::Grace) {
            drop_lines(io, vec![(line, sealed)]).await;
        }
        return Err(absence.into());
    }

    io.apply(Vec::new(), end_for_good(io, handle), None).await?;
    if exact {
        drop_lines(io, vec![(line, sealed)]).await;
    } else {
        io.apply(Vec::new(), vec![Change::Delete(line)], None).await?;
    }
    io.settled(|settled| settled.forget(handle));
    Ok(Outcome::Ended)
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
