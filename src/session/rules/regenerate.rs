//! Regenerate: a new ID for the same session. With a user it is the login.

use super::live::{Found, Look, look};
use super::user::room::make_room;
use super::{
    Applied, Io, Joins, LANDS_WITHIN, MAX_GRACE, MAX_TRIES, Named, end_graces, entry_key, forget_predecessors, longest,
    put_ended, put_entry, put_record, register, rejoined, written,
};
use crate::id::{Handle, SessionId};
use crate::session::command::{Outcome, Regenerate};
use crate::session::context::Sealed;
use crate::session::error::{LifetimeField, SessionError};
use crate::session::lifetime::{ms, unix_seconds_up};
use crate::session::marker::{Ended, bar_ms};
use crate::session::record::{Grace, MAX_PREDECESSORS, Member, Predecessor, Record};
use crate::session::store::{Change, Condition, Key};

pub(super) async fn regenerate(io: &Io, call: Regenerate) -> Result<Outcome, SessionError> {
    let context = io.context();
    if call.grace > MAX_GRACE {
        return Err(SessionError::InvalidLifetime(LifetimeField::Grace));
    }
    if let Some(data) = &call.data {
        context.limits().check_data(data)?;
    }
    let mut has_room = false;
    for _ in 0..MAX_TRIES {
        let found = look(io, &call.name, Look::Change).await?.writable()?;
        let named = Named::new(context, SessionId::generate(Some(found.handle().placement()))?);
        if !has_room {
            make_room(io, call.user.as_ref(), Some(found.handle())).await?;
            has_room = true;
        }
        let mut record = successor(io, &call, &found)?;
        let sealed = if context.is_exact() {
            swap_exact(io, &call, &found, &named, &mut record).await?
        } else {
            swap_eventual(io, &call, &found, &named, &record).await?
        };
        if let Some(sealed) = sealed {
            io.settled(|settled| settled.forget(found.handle()));
            let session = written(&named, record, &sealed);
            return Ok(Outcome::Created { id: Some(named.id), session });
        }
    }
    Err(SessionError::StoreUnavailable)
}

/// The record under the new ID.
fn successor(io: &Io, call: &Regenerate, found: &Found) -> Result<Record, SessionError> {
    let now = io.now();
    let mut record = found.record.clone();
    record.written = now;
    if io.context().is_exact() {
        // There nobody misses an end. What counts is an old ID whose grace must go with the session.
        record.predecessors.clear();
    }
    forget_predecessors(io, &mut record);
    if record.predecessors.len() >= MAX_PREDECESSORS {
        return Err(SessionError::StoreUnavailable);
    }
    if call.grace > 0 || !io.context().is_exact() {
        record.predecessors.push(Predecessor { handle: found.handle(), at: now });
    }
    if let Some(data) = &call.data {
        record.data = data.clone();
    }
    match (&call.user, &mut record.user) {
        (Some(user), _) => {
            record.user = Some(Member { id: user.clone(), joined: now, listed: now, disclosed: None });
            record.lifetime = record.lifetime.anew(now);
        }
        (None, Some(member)) => {
            member.joined = rejoined(found.handle(), member.joined, found.revoked);
            member.listed = now;
            // That was the old ID.
            member.disclosed = None;
        }
        (None, None) => {}
    }
    Ok(record)
}

/// The new session first, then the end of the old one; where the old one could not be ended, the new one goes.
async fn swap_eventual(
    io: &Io,
    call: &Regenerate,
    found: &Found,
    Named { id, handle, .. }: &Named,
    record: &Record,
) -> Result<Option<Sealed>, SessionError> {
    let context = io.context();
    let sealed = context.seal_record(id, record)?;
    let mut changes = Vec::with_capacity(2);
    let mut undo = vec![Change::Delete(Key::Session(*handle))];
    if let Some(member) = &record.user {
        changes.push(put_entry(context, member, *handle, record.shown(), io.now())?);
        undo.push(Change::Delete(entry_key(context, member, *handle)?));
    }
    changes.push(put_record(*handle, &sealed));
    let not_after = Some(found.checked.saturating_add(LANDS_WITHIN));
    if !io.apply(Vec::new(), changes, not_after).await?.is_done() {
        return Ok(None);
    }

    let ended = end_eventual(io, call, found, *handle, not_after).await;
    if ended == Ok(Applied::Done) {
        return Ok(Some(sealed));
    }
    io.apply(Vec::new(), undo, None).await?;
    // Nobody was told the new ID. Where there was no time left to end the old one, all starts again.
    if ended.is_ok() { Ok(None) } else { Err(SessionError::StoreUnavailable) }
}

/// The old session ends by its marker, which is sent soon after the check: whoever ends the old ID later than that must see
/// that it was left. Its record, written once more for its grace, is a write of data; if that comes too late, there is no grace.
async fn end_eventual(
    io: &Io,
    call: &Regenerate,
    found: &Found,
    successor: Handle,
    not_after: Option<u64>,
) -> Result<Applied, SessionError> {
    let old = Key::Session(found.handle());
    let (marker, in_grace) = old_side(io, call, found, successor)?;
    // The line goes last: while the old record may be seen anywhere, a revoke-all must find it.
    let line = match &found.record.user {
        Some(member) => Some(Change::Delete(entry_key(io.context(), member, found.handle())?)),
        None => None,
    };
    let ended = io.apply(Vec::new(), vec![marker], not_after).await?;
    if !ended.is_done() {
        return Ok(ended);
    }
    let is_in_grace = match in_grace {
        Some(put) => io.apply(Vec::new(), vec![put], not_after).await?.is_done(),
        None => false,
    };
    let mut rest = Vec::with_capacity(2);
    if !is_in_grace {
        rest.push(Change::Delete(old));
    }
    rest.extend(line);
    if rest.is_empty() { Ok(ended) } else { io.apply(Vec::new(), rest, None).await }
}

/// One batch in one shard, since both handles have one placement. `None`: somebody was quicker, start again.
async fn swap_exact(
    io: &Io,
    call: &Regenerate,
    found: &Found,
    Named { id, handle, .. }: &Named,
    record: &mut Record,
) -> Result<Option<Sealed>, SessionError> {
    let context = io.context();
    let joins = if call.user.is_some() { Joins::Anew } else { Joins::From(found.handle()) };
    if !register(io, *handle, record, joins).await? {
        return Ok(None);
    }
    let sealed = context.seal_record(id, record)?;
    let when = vec![
        Condition::Version(Key::Session(found.handle()), found.version),
        Condition::Equals(Key::Ended(found.handle()), found.ended.clone()),
        Condition::Absent(Key::Session(*handle)),
        Condition::Absent(Key::Ended(*handle)),
    ];
    let (marker, in_grace) = old_side(io, call, found, *handle)?;
    let old_record = in_grace.unwrap_or(Change::Delete(Key::Session(found.handle())));
    let mut changes =
        vec![put_record(*handle, &sealed), marker, old_record, Change::Delete(Key::Activity(found.handle()))];
    changes.extend(end_graces(io, &found.record));
    let applied = io.apply(when, changes, None).await?;
    let stale = if applied.is_done() {
        // While the old ID is in grace its line stays, so that a revoke-all finds it; so does that of a foreign ID, under which
        // another session may be registered by then. Lists do not show it, and drop it as they read it.
        let goes = call.grace == 0 && !call.name.is_foreign();
        found.record.user.as_ref().filter(|_| goes).map(|member| (member, found.handle()))
    } else {
        record.user.as_ref().map(|member| (member, *handle))
    };
    if let Some((member, handle)) = stale {
        io.later(Change::Delete(entry_key(context, member, handle)?));
    }
    Ok(applied.is_done().then_some(sealed))
}

/// The old session's marker and, if there is a grace, its record written once more with its successor.
fn old_side(
    io: &Io,
    call: &Regenerate,
    found: &Found,
    successor: Handle,
) -> Result<(Change, Option<Change>), SessionError> {
    let (context, now) = (io.context(), io.now());
    // Grace never outlives what it is the grace of.
    let dies = now.saturating_add(ms(call.grace)).min(found.record.lifetime.absolute);
    // Under a foreign ID there may be a record that was not seen here, and which this ends too.
    let barred = unix_seconds_up(now.saturating_add(bar_ms(context.promises().visibility)));
    let needed = unix_seconds_up(found.record.lifetime.absolute).max(barred);
    let expires_at = if call.name.is_foreign() && !context.is_exact() { longest(io) } else { needed };
    let marker = put_ended(found.handle(), Ended { expires_at, at: now, dies });
    if call.grace == 0 {
        return Ok((marker, None));
    }
    let old = Record { grace: Some(Grace { successor, dies }), ..found.record.clone() };
    Ok((marker, Some(put_record(found.handle(), &context.seal_record(&found.named.id, &old)?))))
}
