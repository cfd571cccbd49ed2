//! Room for one session more, where a deployment lets its users have only so many: the oldest end.

use crate::id::{Handle, UserId};
use crate::session::entry::Entry;
use crate::session::error::SessionError;
use crate::session::rules::{Io, end_for_good};
use crate::session::store::{Change, Key};

/// Ends the oldest sessions of a user who is about to get one more. Before that one is made: where this fails, nobody has
/// logged in. `replaced` is the session that the new one takes the place of.
pub(in super::super) async fn make_room(
    io: &Io,
    user: Option<&UserId>,
    replaced: Option<Handle>,
) -> Result<(), SessionError> {
    let (Some(user), Some(most)) = (user, io.context().limits().max_sessions_per_user) else { return Ok(()) };
    let owner = io.context().pseudonym(user)?;
    let listed = io.list(owner, None, MAX_LISTED).await?;

    let open = |(handle, sealed): (Handle, Vec<u8>)| {
        let entry = io.context().open_entry(user, handle, &sealed, io.now()).ok()?;
        (Some(handle) != replaced && !entry.lifetime.is_over(io.now())).then_some((handle, entry))
    };
    let mut sessions: Vec<(Handle, Entry)> = listed.entries.into_iter().filter_map(open).collect();
    let kept = usize::try_from(most.saturating_sub(1)).unwrap_or(usize::MAX);
    if sessions.len() <= kept {
        return Ok(());
    }
    // An end elsewhere may still be listed; what has ended takes no room, and an old ID in its grace neither.
    sessions.sort_by_key(|(_, entry)| entry.joined);
    let candidates = sessions.iter().take(MAX_ENDED).map(|(handle, _)| Key::Ended(*handle)).collect();
    let mut ended = io.get_all(candidates).await?.into_iter();
    sessions.retain(|_| ended.next().flatten().is_none());

    let surplus = sessions.len().saturating_sub(kept).min(MAX_ENDED);
    let exact = io.context().is_exact();
    let mut batches = Vec::with_capacity(surplus);
    for (handle, _) in sessions.into_iter().take(surplus) {
        let mut changes = end_for_good(io, handle);
        if !exact {
            changes.push(Change::Delete(Key::User(owner, handle)));
        }
        batches.push(changes);
        io.settled(|settled| settled.forget(handle));
    }
    // In an exact store their lines are dropped by the next list, which sees that they ended.
    io.apply_each(batches).await
}

/// What one list call of KV shows. Who has more than this many sessions under such a limit had them before it was set.
const MAX_LISTED: usize = 1000;
/// Sessions that one call ends at most: some four operations each, of the 1 000 that an invocation may make.
const MAX_ENDED: usize = 100;
