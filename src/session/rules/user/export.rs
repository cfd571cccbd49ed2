//! Export: what the index holds about a user, as it stands there (GDPR, articles 15 and 20).

use super::row;
use crate::session::command::{Exported, Outcome, UserPage};
use crate::session::error::{Absence, SessionError};
use crate::session::marker::Revoked;
use crate::session::rules::Io;
use crate::session::store::Key;

pub(in super::super) async fn export(io: &Io, page: &UserPage) -> Result<Outcome, SessionError> {
    let context = io.context();
    let user = context.pseudonym(&page.user)?;
    let listed = io.list(user, page.after.clone(), page.limit.clamp(1, MAX_ROWS)).await?;
    let mut keys = vec![Key::Revoked(user)];
    if context.is_exact() {
        keys.extend(listed.entries.iter().map(|(handle, _)| Key::Activity(*handle)));
    }
    let mut values = io.get_all(keys).await?.into_iter();
    let revoked_at = values.next().flatten().map(|value| Revoked::decode(&value).until);

    let (mut sessions, mut unreadable) = (Vec::with_capacity(listed.entries.len()), 0_usize);
    for (handle, sealed) in listed.entries {
        let touched = values.next().flatten();
        let touched = touched.and_then(|sealed| context.open_last_seen(handle, &sealed, io.now()));
        match context.open_entry(&page.user, handle, &sealed, io.now()) {
            Ok(entry) => sessions.push(row(handle, entry, touched)),
            // Over, and only still to be seen.
            Err(Absence::Expired) => {}
            Err(_) => unreadable = unreadable.saturating_add(1),
        }
    }
    Ok(Outcome::Exported(Exported { sessions, unreadable, revoked_at, next: listed.next }))
}

/// What one list call of KV shows. In an exact store each is asked for last seen, a shard at a time.
const MAX_ROWS: usize = 1000;
