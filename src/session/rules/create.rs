//! Create: a new session under a new ID, or under the caller's foreign one in place of what is there.

use super::unchanged::{kept, kept_if_known};
use super::user::room::make_room;
use super::{
    Io, Joins, LANDS_WITHIN, MAX_TRIES, Named, entry_key, listed, put_entry, put_record, register, unchanged, unlist,
    written,
};
use crate::id::{SessionId, SessionName};
use crate::session::command::{Create, Outcome, Session};
use crate::session::error::SessionError;
use crate::session::marker::Ended;
use crate::session::record::{Member, Record};
use crate::session::store::{Change, Condition, Key};

pub(super) async fn create(io: &Io, create: Create) -> Result<Outcome, SessionError> {
    let context = io.context();
    context.limits().check_data(&create.data)?;
    // Refused before anything is asked.
    started(io, &create)?;

    let foreign = create.foreign_id.clone().map(SessionName::Foreign);
    if let Some(name) = &foreign
        && let Some(session) = kept_if_known(io, name, &create).await?
    {
        return Ok(Outcome::Created { id: None, session });
    }
    make_room_for(io, &create, foreign.as_ref()).await?;
    let mut first = None;
    for _ in 0..MAX_TRIES {
        let id = match &foreign {
            Some(name) => context.session_id(name)?,
            None => SessionId::generate(create.placement)?,
        };
        let named = Named::new(context, id);
        let made = if context.is_exact() {
            create_exact(io, &named, &create, &mut first).await?
        } else {
            create_eventual(io, &named, &create).await?
        };
        if let Some(session) = made {
            return Ok(Outcome::Created { id: foreign.is_none().then_some(named.id), session });
        }
    }
    Err(SessionError::StoreUnavailable)
}

/// Room among the user's sessions, unless the ID is barred: then nobody logs in, and nobody should have to go for it.
async fn make_room_for(io: &Io, create: &Create, foreign: Option<&SessionName>) -> Result<(), SessionError> {
    let context = io.context();
    if create.user.is_none() || context.limits().max_sessions_per_user.is_none() {
        return Ok(());
    }
    let mut replaced = None;
    if let Some(name) = foreign {
        let handle = context.session_id(name)?.handle(context.tenant());
        let [ended] = io.get([Key::Ended(handle)]).await?;
        refuse_if_barred(io, ended.as_deref())?;
        replaced = Some(handle);
    }
    make_room(io, create.user.as_ref(), replaced).await
}

/// The record of a session that starts now.
pub(super) fn started(io: &Io, create: &Create) -> Result<Record, SessionError> {
    let (context, now) = (io.context(), io.now());
    let lifetime = context.limits().lifetime(now, create.idle, create.absolute, context.promises().min_idle)?;
    let disclosed = create.foreign_id.clone().filter(|_| create.discloses_id);
    let user = create.user.clone().map(|id| Member { id, joined: now, listed: now, disclosed });
    Ok(Record {
        lifetime,
        written: now,
        user,
        label: create.label.clone(),
        grace: None,
        predecessors: Vec::new(),
        data: create.data.clone(),
    })
}

/// First the line in the user's list, then the record: a session that nobody could revoke must never be usable. Reads
/// neither: a miss would be cached and hide the new session. `None`: too slow, start again.
async fn create_eventual(io: &Io, named: &Named, create: &Create) -> Result<Option<Session>, SessionError> {
    let context = io.context();
    let not_after = Some(io.now().saturating_add(LANDS_WITHIN));
    if create.foreign_id.is_some() {
        let [ended] = io.get([Key::Ended(named.handle)]).await?;
        refuse_if_barred(io, ended.as_deref())?;
    }
    // As of after the check: what starts now is what the marker does not cover.
    let record = started(io, create)?;
    let sealed = context.seal_record(&named.id, &record)?;
    let mut changes = Vec::with_capacity(2);
    if let Some(member) = &record.user {
        changes.push(put_entry(context, member, named.handle, record.shown(), io.now())?);
    }
    changes.push(put_record(named.handle, &sealed));
    let applied = io.apply(Vec::new(), changes, not_after).await?;
    io.settled(|settled| settled.forget(named.handle));
    if applied.is_done() {
        return Ok(Some(written(named, record, &sealed)));
    }
    if let (Some(member), None) = (&record.user, &create.foreign_id) {
        // This ID is given up, and nobody else has it.
        io.later(Change::Delete(entry_key(context, member, named.handle)?));
    }
    Ok(None)
}

/// When the life under an ID began that a create found there.
type Life = Option<u64>;

/// The user's shard knows the session before its own does, and the record is written only if nobody ended it in
/// between. `None`: somebody was quicker, start again.
async fn create_exact(
    io: &Io,
    named: &Named,
    create: &Create,
    first: &mut Option<Life>,
) -> Result<Option<Session>, SessionError> {
    let (context, handle) = (io.context(), named.handle);
    let mut when = vec![Condition::Absent(Key::Session(handle)), Condition::Absent(Key::Ended(handle))];
    let mut replaced = None;
    if create.foreign_id.is_some() {
        let activity = create.keeps_unchanged.then_some(Key::Activity(handle));
        let wanted = [Some(Key::Session(handle)), Some(Key::Ended(handle)), activity];
        let [sealed, ended, activity] = io.get_wanted(wanted).await?;
        refuse_if_barred(io, ended.as_deref())?;
        let opened = sealed.as_deref().and_then(|sealed| context.open_record(&named.id, sealed, io.now()).ok());
        if let Some((record, version)) = &opened
            && let Some(session) = kept(io, named, create, record, *version, activity.as_deref())?
        {
            return Ok(Some(session));
        }
        let life = opened.as_ref().map(|(record, _)| record.lifetime.created);
        if create.keeps_unchanged && life.is_some() && first.is_some_and(|first| first != life) {
            // Another create came in since this one began: it may as well have come after it, and taken its place.
            let record = started(io, create)?;
            let sealed = context.seal_record(&named.id, &record)?;
            return Ok(Some(written(named, record, &sealed)));
        }
        first.get_or_insert(life);
        replaced = opened.and_then(|(old, _)| old.user).filter(|old| create.user.as_ref() != Some(&old.id));
        when = vec![unchanged(Key::Session(handle), sealed), Condition::Equals(Key::Ended(handle), ended)];
    }
    let line = listed(io, replaced.as_ref(), handle).await?;
    let mut record = started(io, create)?;
    if !register(io, handle, &mut record, Joins::Anew).await? {
        return Ok(None);
    }
    let sealed = context.seal_record(&named.id, &record)?;
    let changes = vec![put_record(handle, &sealed), Change::Delete(Key::Activity(handle))];
    // An end in between bars the ID for a while, and then its marker goes: this must not be slower than that.
    let not_after = create.foreign_id.is_some().then(|| record.written.saturating_add(LANDS_WITHIN));
    if io.apply(when, changes, not_after).await?.is_done() {
        unlist(io, line).await;
        return Ok(Some(written(named, record, &sealed)));
    }
    if let (Some(member), None) = (&record.user, &create.foreign_id) {
        // This ID is given up, and nobody else has it.
        io.later(Change::Delete(entry_key(context, member, handle)?));
    }
    Ok(None)
}

/// Under this foreign ID a session ended a moment ago: what comes now may be a late request of it.
fn refuse_if_barred(io: &Io, ended: Option<&[u8]>) -> Result<(), SessionError> {
    let visibility = io.context().promises().visibility;
    match ended.map(Ended::decode) {
        Some(marker) if marker.covers(io.now(), true, visibility) => Err(SessionError::SessionEnded),
        _ => Ok(()),
    }
}
