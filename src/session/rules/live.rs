//! Whether a session is alive: the one check that every call but create and end begins with.

use super::{Io, LATE, Named, entry_key, reach};
use crate::envelope::Version;
use crate::id::{Handle, SessionName};
use crate::session::error::{Absence, SessionError};
use crate::session::lifetime::ms;
use crate::session::marker::{Ended, Revoked, ends_successor};
use crate::session::record::Record;
use crate::session::store::{Change, Key};

/// What the check is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Look {
    /// A read, which may trust what this instance settled.
    Read,
    /// A read that may not.
    StrictRead,
    /// A change: always asks, and never from the settled set, since what it writes may outlive what it overlooks.
    Change,
}

/// A session that is alive, or in grace.
pub(super) struct Found {
    pub(super) named: Named,
    pub(super) record: Record,
    pub(super) version: Version,
    /// When it was last seen, as recorded.
    pub(super) last_seen: u64,
    /// It is the old side of a regenerate, readable until then, and nothing else.
    pub(super) dies: Option<u64>,
    /// When its markers were asked for. A write that this check allows must land soon after.
    pub(super) checked: u64,
    /// The value of `e:`, for the condition of a change.
    pub(super) ended: Option<Vec<u8>>,
    /// The value of `a:` in an exact store, or of what stands for it in an eventual one, where it was asked for.
    pub(super) activity: Option<Vec<u8>>,
    /// The value of `r:`, where it was asked for.
    pub(super) revoked: Option<Revoked>,
}

impl Found {
    pub(super) const fn handle(&self) -> Handle {
        self.named.handle
    }

    /// A session that takes changes.
    pub(super) fn writable(self) -> Result<Self, SessionError> {
        if self.dies.is_some() { Err(Absence::Grace.into()) } else { Ok(self) }
    }
}

/// Looks for a live session.
pub(super) async fn look(io: &Io, name: &SessionName, how: Look) -> Result<Found, SessionError> {
    let context = io.context();
    let named = Named::new(context, context.session_id(name)?);
    let handle = named.handle;
    let exact = context.is_exact();
    let settled = if how == Look::Read && !exact { io.settled(|settled| settled.version(handle)) } else { None };

    // First the record, with all that can be asked without knowing it.
    let checked = io.now();
    let first = [
        Some(Key::Session(handle)),
        settled.is_none().then_some(Key::Ended(handle)),
        exact.then_some(Key::Activity(handle)),
    ];
    let [sealed, mut ended, mut activity] = io.get_wanted(first).await?;
    let sealed = sealed.ok_or_else(|| absent(ended.as_deref()))?;
    let opened = context.open_record(&named.id, &sealed, io.now());
    let (record, version) = opened.map_err(|absence| unopened(io, name, handle, absence, ended.as_deref()))?;

    // Then what the record says should be asked. An exact store has no more to say: revoke-all ended each session in
    // its own shard, and last seen came along.
    let mut revoked = None;
    if !exact {
        let is_settled = settled == Some(version);
        let entry = match &record.user {
            _ if !wants_entry(io, handle, &record, how) => None,
            Some(member) => Some(entry_key(context, member, handle)?),
            None => Some(Key::Activity(handle)),
        };
        let marker = match &record.user {
            Some(member) if !is_settled => Some(Key::Revoked(context.pseudonym(&member.id)?)),
            _ => None,
        };
        let missed = (settled.is_some() && !is_settled).then_some(Key::Ended(handle));
        // Under the IDs that it had a moment ago, somebody may have ended it where the new one was not to be seen yet.
        let finals =
            record.predecessors.iter().filter(|_| !is_settled).map(|before| Key::Final(before.handle)).collect();
        let ([also_ended, marker_value, entry_value], finals) =
            io.get_wanted_and([missed, marker, entry], finals).await?;
        let visibility = context.promises().visibility;
        let mut predecessors = record.predecessors.iter().zip(finals);
        if predecessors.any(|(before, value)| value.is_some_and(|value| ends_successor(&value, before.at, visibility)))
        {
            io.later(Change::Delete(Key::Session(handle)));
            if let Some(member) = &record.user {
                io.later(Change::Delete(entry_key(context, member, handle)?));
            }
            return Err(Absence::Ended.into());
        }
        ended = ended.or(also_ended);
        revoked = marker_value.as_deref().map(Revoked::decode);
        activity = entry_value;
    }

    let dies = check_ended(io, name, handle, &record, ended.as_deref())?;
    if dies.is_some() && !exact && how != Look::Change {
        // The regenerate may have written over an end that it did not see.
        let [value] = io.get([Key::Final(handle)]).await?;
        if value.is_some_and(|value| ends_successor(&value, io.now(), context.promises().visibility)) {
            return Err(Absence::Ended.into());
        }
    }
    let now = io.now();
    if dies.is_some_and(|dies| now >= dies) {
        return Err(Absence::Ended.into());
    }
    if let (Some(revoked), Some(member)) = (revoked, &record.user)
        && revoked.ends(handle, member.joined)
    {
        return Err(Absence::Revoked.into());
    }
    // Clean, and so long after the write that no earlier end can still be hidden. What was settled already was not asked.
    let visible = visible_from(io, &record);
    if !exact && dies.is_none() && checked >= visible {
        io.settled(|known| known.settle(handle, version));
    }
    if record.lifetime.is_over(now) {
        return Err(Absence::Expired.into());
    }
    if !exact && name.is_foreign() {
        io.settled(|known| known.holds(handle, &record.data));
    }
    let last_seen = last_seen(io, handle, &record, activity.as_deref());
    if dies.is_none() && record.lifetime.is_idle(last_seen, now) {
        return Err(Absence::Idle.into());
    }
    Ok(Found { named, record, version, last_seen, dies, checked, ended, activity, revoked })
}

/// When every end that this version could have missed is to be seen everywhere.
fn visible_from(io: &Io, record: &Record) -> u64 {
    let twice = ms(io.context().promises().visibility).saturating_mul(2).saturating_add(LATE);
    let left = record.predecessors.iter().map(|before| before.at.saturating_add(reach(io.context()))).max();
    record.written.saturating_add(twice).max(left.unwrap_or(0))
}

/// Nothing is stored. The marker, where it was asked for, tells the log why.
fn absent(ended: Option<&[u8]>) -> SessionError {
    if ended.is_some() { Absence::Ended.into() } else { Absence::Absent.into() }
}

/// What is stored does not open. Under a final marker it is a native session's last trace, and may go. Under a foreign ID
/// it may be a new session's, sealed under a key that this instance does not have yet.
fn unopened(io: &Io, name: &SessionName, handle: Handle, absence: Absence, ended: Option<&[u8]>) -> SessionError {
    let is_over = ended.map(Ended::decode).is_some_and(|marker| marker.is_final(io.now()));
    if is_over && !name.is_foreign() {
        io.later(Change::Delete(Key::Session(handle)));
        return Absence::Ended.into();
    }
    absence.into()
}

/// Refuses what ended; says when what is left of it dies, if it is in grace.
fn check_ended(
    io: &Io,
    name: &SessionName,
    handle: Handle,
    record: &Record,
    ended: Option<&[u8]>,
) -> Result<Option<u64>, SessionError> {
    let now = io.now();
    let visibility = io.context().promises().visibility;
    let covering =
        ended.map(Ended::decode).filter(|marker| marker.covers(record.lifetime.created, name.is_foreign(), visibility));
    if covering.is_some_and(|marker| marker.is_final(now)) {
        // A late write, or a delete that was lost: nobody can use it, so nobody should keep it.
        io.later(Change::Delete(Key::Session(handle)));
        return Err(Absence::Ended.into());
    }
    // The marker and the record written once more say the same; either may be seen first.
    let dies = record.grace.map(|grace| grace.dies).or(covering.map(|marker| marker.dies));
    if dies.is_some_and(|dies| now >= dies) { Err(Absence::Ended.into()) } else { Ok(dies) }
}

/// Whether last seen must be asked for: a read asks where a touch may be due, a change where the idle window may be
/// over, by what is known here.
fn wants_entry(io: &Io, handle: Handle, record: &Record, how: Look) -> bool {
    let known = record.written.max(io.settled(|settled| settled.last_seen(handle)));
    match how {
        _ if record.grace.is_some() => false,
        Look::Change => record.lifetime.is_idle(known, io.now()),
        Look::Read | Look::StrictRead => record.lifetime.is_touch_due(known, io.now()),
    }
}

/// The latest of what the store has, when the record was written, and what this instance knew. An entry that is missing
/// or does not open counts as absent.
pub(super) fn last_seen(io: &Io, handle: Handle, record: &Record, activity: Option<&[u8]>) -> u64 {
    let (context, now) = (io.context(), io.now());
    let recorded = activity.and_then(|sealed| match &record.user {
        Some(member) if !context.is_exact() => {
            context.open_entry(&member.id, handle, sealed, now).ok().map(|entry| entry.last_seen)
        }
        _ => context.open_last_seen(handle, sealed, now),
    });
    io.settled(|settled| {
        if let Some(recorded) = recorded {
            settled.saw(handle, recorded);
        }
        record.written.max(settled.last_seen(handle))
    })
}
