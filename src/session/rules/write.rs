//! Replace and merge patch: a new version of a session that is there. Never creates.

use super::live::{Found, Look, look};
use super::user::room::make_room;
use super::{
    Io, Joins, LANDS_WITHIN, MAX_TRIES, entry_key, forget_predecessors, listed, put_entry, put_record, register,
    unlist, written,
};
use crate::session::command::{DataChange, Outcome, Write, allowed_idle};
use crate::session::context::Sealed;
use crate::session::error::SessionError;
use crate::session::lifetime::unix_seconds_up;
use crate::session::merge::merge_patch;
use crate::session::record::{Member, Record};
use crate::session::store::{Change, Condition, Key};

pub(super) async fn write(io: &Io, write: &Write) -> Result<Outcome, SessionError> {
    let context = io.context();
    if let DataChange::Merge(data) | DataChange::Replace(data) = &write.data {
        context.limits().check_data(data)?;
    }
    let mut has_room = false;
    for _ in 0..MAX_TRIES {
        let found = look(io, &write.name, Look::Change).await?.writable()?;
        if write.only.is_some_and(|only| only != found.version) {
            return Err(SessionError::VersionConflict);
        }
        let mut record = changed(io, write, &found)?;
        let comes =
            record.user.as_ref().filter(|member| !is_user(&found.record, member)).map(|member| member.id.clone());
        if !has_room {
            make_room(io, comes.as_ref(), Some(found.handle())).await?;
            has_room = true;
        }
        let sealed = if context.is_exact() {
            write_exact(io, &found, &mut record).await?
        } else {
            write_eventual(io, &found, &record).await?
        };
        if let Some(sealed) = sealed {
            return Ok(Outcome::Session(written(&found.named, record, &sealed)));
        }
    }
    Err(SessionError::StoreUnavailable)
}

/// The record as it should become.
fn changed(io: &Io, write: &Write, found: &Found) -> Result<Record, SessionError> {
    let (context, now) = (io.context(), io.now());
    let mut record = found.record.clone();
    record.written = now;
    if let Some(user) = &write.user {
        // Joined moves only where the user changes: else whoever stole a session could escape a revoke-all.
        let stays = |member: &Member| user.as_ref() == Some(&member.id);
        let old = record.user.take().filter(stays);
        record.user = old.or_else(|| user.clone().map(|id| Member { id, joined: now, listed: now, disclosed: None }));
    }
    forget_predecessors(io, &mut record);
    if let Some(label) = &write.label {
        record.label.clone_from(label);
    }
    if let Some(idle) = write.idle {
        record.lifetime.idle = idle;
        allowed_idle(record.lifetime, context.promises().min_idle)?;
    }
    let touched = io.settled(|settled| settled.last_seen(found.handle()));
    if let Some(member) = &mut record.user
        && record.lifetime.is_touch_due(member.listed.max(touched), now)
    {
        member.listed = now;
    }
    match &write.data {
        DataChange::Keep => {}
        DataChange::Merge(patch) => {
            record.data = merge_patch(&record.data, patch)?;
            context.limits().check_data(&record.data)?;
        }
        DataChange::Replace(data) => record.data = data.clone(),
    }
    Ok(record)
}

/// New line, record, then the old line goes. `None`: too slow, start again from the check.
async fn write_eventual(io: &Io, found: &Found, record: &Record) -> Result<Option<Sealed>, SessionError> {
    let context = io.context();
    let sealed = context.seal_record(&found.named.id, record)?;
    let mut changes = Vec::with_capacity(3);
    if let Some(member) = record.user.as_ref().filter(|_| is_shown_anew(found, record)) {
        changes.push(put_entry(context, member, found.handle(), record.shown(), io.now())?);
    }
    changes.push(put_record(found.handle(), &sealed));
    if let Some(member) = left(found, record) {
        changes.push(Change::Delete(entry_key(context, member, found.handle())?));
    }
    let applied = io.apply(Vec::new(), changes, Some(found.checked.saturating_add(LANDS_WITHIN))).await?;
    io.settled(|settled| settled.overwrote(found.handle()));
    if !applied.is_done() {
        return Ok(None);
    }
    if let Some(member) = record.user.as_ref().filter(|_| is_touch(found, record) && !is_shown_anew(found, record)) {
        // Like the touch of a read: after the answer, since a second write of one key within a second would have to wait.
        io.settled(|settled| settled.saw(found.handle(), io.now()));
        io.later(put_entry(context, member, found.handle(), record.shown(), io.now())?);
    }
    Ok(Some(sealed))
}

/// Compare-and-swap on the version. `None`: somebody was quicker, start again.
///
/// A line that was written for a swap that then failed stays: somebody else may have made the session that user's
/// meanwhile, and a session without its line would escape a revoke-all.
async fn write_exact(io: &Io, found: &Found, record: &mut Record) -> Result<Option<Sealed>, SessionError> {
    let context = io.context();
    let line = listed(io, left(found, record), found.handle()).await?;
    if record.user.is_some() && is_shown_anew(found, record) {
        let is_same_user = found.record.user.as_ref().is_some_and(|member| is_user(record, member));
        let joins = if is_same_user { Joins::Stays } else { Joins::Anew };
        if !register(io, found.handle(), record, joins).await? {
            return Ok(None);
        }
    }
    let sealed = context.seal_record(&found.named.id, record)?;
    let mut when = vec![
        Condition::Version(Key::Session(found.handle()), found.version),
        Condition::Equals(Key::Ended(found.handle()), found.ended.clone()),
    ];
    let mut changes = vec![put_record(found.handle(), &sealed)];
    if is_touch(found, record) {
        // Not over a touch of somebody who came later and was quicker.
        when.push(Condition::Equals(Key::Activity(found.handle()), found.activity.clone()));
        let value = context.seal_last_seen(found.handle(), io.now(), record.lifetime.absolute)?;
        let expires_at = unix_seconds_up(record.lifetime.absolute);
        changes.push(Change::Put { key: Key::Activity(found.handle()), value, expires_at });
    }
    if !io.apply(when, changes, None).await?.is_done() {
        return Ok(None);
    }
    unlist(io, line).await;
    Ok(Some(sealed))
}

/// Whether the line in the user's list says something else now: it shows the user, the label and the idle window.
fn is_shown_anew(found: &Found, record: &Record) -> bool {
    let joined = |record: &Record| record.user.as_ref().map(|member| (member.id.clone(), member.joined));
    let old = &found.record;
    joined(old) != joined(record) || old.label != record.label || old.lifetime != record.lifetime
}

/// Whether this write tells the list that the session is in use. A session that is only ever written to would look idle
/// there, since its reads are not what keeps it alive.
fn is_touch(found: &Found, record: &Record) -> bool {
    match (&found.record.user, &record.user) {
        (Some(old), Some(new)) => old.id == new.id && old.listed != new.listed,
        _ => false,
    }
}

/// The member whose line must go.
fn left<'f>(found: &'f Found, record: &Record) -> Option<&'f Member> {
    found.record.user.as_ref().filter(|member| !is_user(record, member))
}

fn is_user(record: &Record, other: &Member) -> bool {
    record.user.as_ref().is_some_and(|member| member.id == other.id)
}
