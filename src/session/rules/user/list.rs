//! List: the sessions that a user has now. Lines of sessions that are over are passed over, and dropped.

use super::{drop_lines, row};
use crate::id::Handle;
use crate::session::command::{Listed, Outcome, Row, UserPage};
use crate::session::entry::Entry;
use crate::session::error::SessionError;
use crate::session::lifetime::ms;
use crate::session::marker::{Ended, Revoked};
use crate::session::rules::Io;
use crate::session::store::Key;

pub(in super::super) async fn list(io: &Io, page: &UserPage) -> Result<Outcome, SessionError> {
    let context = io.context();
    let user = context.pseudonym(&page.user)?;
    let listed = io.list(user, page.after.clone(), page.limit.clamp(1, MAX_ROWS)).await?;

    // One question for all: each session's end, in an exact store also when it was last seen and whether it is there, in
    // an eventual one the user's marker.
    let handles = listed.entries.iter().map(|(handle, _)| *handle);
    let mut keys: Vec<Key> = handles.clone().map(Key::Ended).collect();
    if context.is_exact() {
        keys.extend(handles.clone().map(Key::Activity).chain(handles.map(Key::Session)));
    } else {
        keys.push(Key::Revoked(user));
    }
    let count = listed.entries.len();
    let mut values = io.get_all(keys).await?.into_iter();
    let ended: Vec<_> = values.by_ref().take(count).collect();
    let mut rest: Vec<_> = values.collect();
    let revoked = if context.is_exact() { None } else { rest.pop().flatten() };
    let revoked = revoked.as_deref().map(Revoked::decode);

    let (mut sessions, mut over) = (Vec::with_capacity(count), Vec::new());
    for (n, ((handle, sealed), ended)) in listed.entries.into_iter().zip(ended).enumerate() {
        // It is over, and the store will drop it; or it is sealed under a key that this instance does not have yet.
        let Ok(entry) = context.open_entry(&page.user, handle, &sealed, io.now()) else { continue };
        let touched = rest.get(n).and_then(Option::as_deref);
        let touched = touched.and_then(|sealed| context.open_last_seen(handle, sealed, io.now()));
        let is_there = !context.is_exact() || rest.get(count.saturating_add(n)).is_some_and(Option::is_some);
        match standing(io, handle, &entry, ended.as_deref(), revoked) {
            Standing::Over => over.push((Key::User(user, handle), sealed)),
            Standing::Live if is_there => sessions.extend(awake(io, row(handle, entry, touched))),
            // A line that is live is put before its record. That lost to another writer's; or it is on its way, however slowly,
            // and then the line is what a revoke-all finds it by. So it stays until it expires.
            Standing::InGrace | Standing::Revoked | Standing::Live => {}
        }
    }
    drop_lines(io, over).await;
    Ok(Outcome::Listed(Listed { sessions, next: listed.next }))
}

enum Standing {
    Live,
    /// The old side of a regenerate: its line goes with the regenerate, and was not to be seen here.
    InGrace,
    Over,
    /// Its user's marker ends it, and who put that is about to end it by its own: for instances that have settled it, and do
    /// not look at the other. They find it by its line.
    Revoked,
}

fn standing(io: &Io, handle: Handle, entry: &Entry, ended: Option<&[u8]>, revoked: Option<Revoked>) -> Standing {
    let (now, visibility) = (io.now(), io.context().promises().visibility);
    // Whether the ID is foreign, nobody can tell from a handle. The rule for foreign ones holds for the others as well.
    let covers = |marker: &Ended| marker.covers(entry.lifetime.created, true, visibility);
    let marker = ended.map(Ended::decode).filter(covers);
    let is_revoked = revoked.is_some_and(|revoked| revoked.ends(handle, entry.joined));
    match marker {
        _ if entry.lifetime.is_over(now) => Standing::Over,
        Some(marker) if marker.is_final(now) => Standing::Over,
        _ if is_revoked => Standing::Revoked,
        Some(_) => Standing::InGrace,
        None => Standing::Live,
    }
}

/// Passes over who lay unused for too long, as far as anybody knows. What is recorded is late by a tenth of the window, and
/// in an eventual store by its visibility; the line stays, since it may be the only thing that is.
fn awake(io: &Io, row: Row) -> Option<Row> {
    let slack = row.idle_expires.saturating_sub(row.last_seen) / 10;
    let late = slack.saturating_add(ms(io.context().promises().visibility));
    (io.now() < row.idle_expires.saturating_add(late)).then_some(row)
}

/// Each is a read in an eventual store, and one invocation of a Worker may make 1 000.
const MAX_ROWS: usize = 100;
