//! The rules about all sessions of one user. They know handles, never IDs: what they read is the user's index.

pub(super) mod export;
pub(super) mod list;
pub(super) mod revoke_all;
pub(super) mod revoke_one;
pub(super) mod room;

use crate::id::Handle;
use crate::session::command::Row;
use crate::session::entry::Entry;
use crate::session::rules::{Io, Line, unlist};
use crate::session::store::Change;

/// Drops lines of sessions that are over. Its failure is nobody's.
async fn drop_lines(io: &Io, lines: Vec<Line>) {
    if io.context().is_exact() {
        return unlist(io, lines).await;
    }
    for (key, _) in lines {
        io.later(Change::Delete(key));
    }
}

/// A line as its user may see it. `touched` is what an exact store has beside it.
fn row(handle: Handle, entry: Entry, touched: Option<u64>) -> Row {
    // A line that was never touched is as old as the session's start with this user.
    let last_seen = entry.last_seen.max(touched.unwrap_or(0)).max(entry.joined);
    Row {
        handle,
        created: entry.lifetime.created,
        joined: entry.joined,
        last_seen,
        expires: entry.lifetime.absolute,
        idle_expires: entry.lifetime.idle_deadline(last_seen),
        label: entry.label,
        disclosed: entry.disclosed,
    }
}
