//! Create: a new session under a new ID, or under the caller's foreign one in place of what is there.

use super::{Io, Joins, LANDS_WITHIN, MAX_TRIES, Named, put_entry, put_record, register, unchanged, written};
use crate::id::{SessionId, SessionName};
use crate::session::command::{Create, Outcome};
use crate::session::context::Sealed;
use crate::session::error::SessionError;
use crate::session::marker::Ended;
use crate::session::record::{Member, Record};
use crate::session::store::{Change, Condition, Key};

pub(super) async fn create(io: &Io, create: Create) -> Result<Outcome, SessionError> {
    let context = io.context();
    context.limits().check_data(&create.data)?;
    let now = io.now();
    let lifetime = context.limits().lifetime(now, create.idle, create.absolute, context.promises().min_idle)?;
    let user = create.user.map(|id| Member { id, joined: now });
    let mut record = Record { lifetime, written: now, user, label: create.label, grace: None, data: create.data };

    let foreign = create.foreign_id.map(SessionName::Foreign);
    for _ in 0..MAX_TRIES {
        let id = match &foreign {
            Some(name) => context.session_id(name)?,
            None => SessionId::generate(create.placement)?,
        };
        let named = Named::new(context, id);
        let sealed = if context.is_exact() {
            create_exact(io, &named, &mut record, foreign.is_some()).await?
        } else {
            create_eventual(io, &named, &record, foreign.is_some()).await?
        };
        if let Some(sealed) = sealed {
            let session = written(&named, record, &sealed);
            return Ok(Outcome::Created { id: foreign.is_none().then_some(named.id), session });
        }
    }
    Err(SessionError::StoreUnavailable)
}

/// First the line in the user's list, then the record: a session that nobody could revoke must never be usable. Reads
/// neither: a miss would be cached and hide the new session. `None`: too slow, start again.
async fn create_eventual(
    io: &Io,
    Named { id, handle, .. }: &Named,
    record: &Record,
    foreign: bool,
) -> Result<Option<Sealed>, SessionError> {
    let context = io.context();
    let handle = *handle;
    let checked = io.now();
    if foreign {
        let [ended] = io.get([Key::Ended(handle)]).await?;
        refuse_if_barred(io, ended.as_deref())?;
    }
    let sealed = context.seal_record(id, record)?;
    let mut changes = Vec::with_capacity(2);
    if let Some(member) = &record.user {
        changes.push(put_entry(context, member, handle, record, io.now())?);
    }
    changes.push(put_record(handle, &sealed));
    let not_after = foreign.then_some(checked.saturating_add(LANDS_WITHIN));
    let applied = io.apply(Vec::new(), changes, not_after).await?;
    io.settled(|settled| settled.forget(handle));
    Ok(applied.is_done().then_some(sealed))
}

/// The user's shard knows the session before its own does, and the record is written only if nobody ended it in
/// between. `None`: somebody was quicker, start again.
async fn create_exact(
    io: &Io,
    Named { id, handle, .. }: &Named,
    record: &mut Record,
    foreign: bool,
) -> Result<Option<Sealed>, SessionError> {
    let context = io.context();
    let handle = *handle;
    let mut when = vec![Condition::Absent(Key::Session(handle)), Condition::Absent(Key::Ended(handle))];
    let mut stale = None;
    if foreign {
        let [sealed, ended] = io.get([Key::Session(handle), Key::Ended(handle)]).await?;
        refuse_if_barred(io, ended.as_deref())?;
        let replaced = sealed.as_deref().and_then(|sealed| context.open_record(id, sealed, io.now()).ok());
        stale = replaced.and_then(|(old, _)| old.user).filter(|old| !is_same_user(record, old));
        when = vec![unchanged(Key::Session(handle), sealed), Condition::Equals(Key::Ended(handle), ended)];
    }
    if !register(io, handle, record, Joins::Anew).await? {
        return Ok(None);
    }
    let sealed = context.seal_record(id, record)?;
    let changes = vec![put_record(handle, &sealed), Change::Delete(Key::Activity(handle))];
    let applied = io.apply(when, changes, None).await?;
    if let Some(member) = if applied.is_done() { &stale } else { &record.user } {
        io.later(Change::Delete(super::entry_key(context, member, handle)?));
    }
    Ok(applied.is_done().then_some(sealed))
}

/// Under this foreign ID a session ended a moment ago: what comes now may be a late request of it.
fn refuse_if_barred(io: &Io, ended: Option<&[u8]>) -> Result<(), SessionError> {
    let visibility = io.context().promises().visibility;
    match ended.map(Ended::decode) {
        Some(marker) if marker.covers(io.now(), true, visibility) => Err(SessionError::SessionEnded),
        _ => Ok(()),
    }
}

fn is_same_user(record: &Record, other: &Member) -> bool {
    record.user.as_ref().is_some_and(|member| member.id == other.id)
}
