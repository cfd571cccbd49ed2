//! End: logging out. Also where nothing is to be seen, since here that may only be old news.

use super::{
    Io, LANDS_WITHIN, MAX_TRIES, end_graces, end_of, entry_key, listed, longest, put_final, unchanged, unlist,
};
use crate::id::{Handle, SessionName};
use crate::session::command::Outcome;
use crate::session::error::SessionError;
use crate::session::lifetime::unix_seconds_up;
use crate::session::marker::Ended;
use crate::session::record::Record;
use crate::session::store::{Change, Condition, Key};

pub(super) async fn end(io: &Io, name: &SessionName) -> Result<Outcome, SessionError> {
    let context = io.context();
    let id = context.session_id(name)?;
    let handle = id.handle(context.tenant());
    for tries_left in (0..MAX_TRIES).rev() {
        let [sealed, ended] = io.get([Key::Session(handle), Key::Ended(handle)]).await?;
        let before = ended.as_deref().map(Ended::decode);
        let is_over = before.is_some_and(|before| before.is_final(io.now()));
        if sealed.is_none() && is_over && !name.is_foreign() {
            // A native ID lives once, and this end has been answered before.
            return Ok(Outcome::Ended);
        }
        let record = sealed.as_deref().and_then(|sealed| context.open_record(&id, sealed, io.now()).ok());
        let record = record.map(|(record, _)| record);

        // What was read says what must end: a regenerate in between has a successor. The last try ends what it knows.
        let when = if context.is_exact() && tries_left > 0 {
            vec![unchanged(Key::Session(handle), sealed), Condition::Equals(Key::Ended(handle), ended)]
        } else {
            Vec::new()
        };
        // Under a foreign ID another session may be registered before its line goes, and that line must stay.
        let is_conditional = context.is_exact() && name.is_foreign();
        let member = record.as_ref().and_then(|record| record.user.as_ref());
        let line = listed(io, member.filter(|_| is_conditional), handle).await?;
        // Markers say when they were made, so they must not be sent much later than that.
        let not_after = (!context.is_exact()).then(|| io.now().saturating_add(LANDS_WITHIN));
        let changes = session_changes(io, handle, record.as_ref(), before, name.is_foreign());
        if io.apply(when, changes, not_after).await?.is_done() {
            if is_conditional {
                unlist(io, line).await;
            }
            let lines = listed_changes(io, handle, record.as_ref().filter(|_| !is_conditional))?;
            if !lines.is_empty() {
                io.apply(Vec::new(), lines, None).await?;
            }
            io.settled(|settled| settled.forget(handle));
            return Ok(Outcome::Ended);
        }
    }
    Err(SessionError::StoreUnavailable)
}

/// The marker first: from then on nothing that is still to be seen of the session counts. Handles of one regenerate
/// share their placement, so this is one batch.
fn session_changes(
    io: &Io,
    handle: Handle,
    record: Option<&Record>,
    before: Option<Ended>,
    foreign: bool,
) -> Vec<Change> {
    let now = io.now();
    let longest = longest(io);
    let mut changes = Vec::with_capacity(6);
    if !io.context().is_exact() && !is_over(io, record, before, foreign) {
        changes.push(put_final(io, handle));
    }
    let mut end = |handle, expires_at, at| {
        changes.push(end_of(io, handle, at, expires_at));
        changes.push(Change::Delete(Key::Session(handle)));
        if io.context().is_exact() {
            changes.push(Change::Delete(Key::Activity(handle)));
        }
    };
    // What was not read may live as long as anything may, but where an earlier end knew better: a native ID has had one
    // life only. A foreign one may, in an eventual store, have a newer record than the one seen here. And an end only
    // ever gets stricter: one by a clock that is ahead of this one stays as late as it is.
    let known = record.map(|record| unix_seconds_up(record.lifetime.absolute));
    let earlier = before.filter(|before| !foreign && before.is_final(now)).map(|before| before.expires_at.min(longest));
    let is_certain = !foreign || io.context().is_exact();
    let needed = known.max(earlier).filter(|_| is_certain).unwrap_or(longest);
    end(handle, needed, before.map_or(now, |before| now.max(before.at)));
    if let Some(successor) = successor(record, now) {
        // It may be a login's, with a longer life than the old session's.
        end(successor, longest, now);
    }
    if let Some(record) = record {
        changes.extend(end_graces(io, record));
    }
    changes
}

/// Whether the session had ended already, or had left this ID for good: then it is not this call that ends it, and whoever
/// kept the old ID has no say about what came after.
fn is_over(io: &Io, record: Option<&Record>, before: Option<Ended>, foreign: bool) -> bool {
    let (now, visibility) = (io.now(), io.context().promises().visibility);
    let created = record.map_or(now, |record| record.lifetime.created);
    record.and_then(|record| record.grace).is_some_and(|grace| now >= grace.dies)
        || before.is_some_and(|before| before.is_final(now) && before.covers(created, foreign, visibility))
}

/// The session that goes on under a new ID, while the old one is in grace.
fn successor(record: Option<&Record>, now: u64) -> Option<Handle> {
    record?.grace.filter(|grace| now < grace.dies).map(|grace| grace.successor)
}

/// What lists and touches wrote about the session.
fn listed_changes(io: &Io, handle: Handle, record: Option<&Record>) -> Result<Vec<Change>, SessionError> {
    let context = io.context();
    let Some(record) = record else { return Ok(Vec::new()) };
    let mut changes = Vec::with_capacity(2);
    for handle in [Some(handle), successor(Some(record), io.now())].into_iter().flatten() {
        match &record.user {
            Some(member) => changes.push(Change::Delete(entry_key(context, member, handle)?)),
            None if !context.is_exact() => changes.push(Change::Delete(Key::Activity(handle))),
            None => {}
        }
    }
    Ok(changes)
}
