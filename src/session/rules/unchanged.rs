//! A create under a foreign ID that would change nothing: the session that is there stays, and was used. For callers that
//! create with every request; a write each would be the most that KV takes, and more than anybody wants to pay.

use super::create::started;
use super::live::{Found, Look, last_seen, look};
use super::read::touch_if_due;
use super::{Io, Named, view};
use crate::envelope::Version;
use crate::id::SessionName;
use crate::session::command::{Create, Session};
use crate::session::error::SessionError;
use crate::session::record::Record;

/// In an eventual store: the session, if it may stay.
///
/// Asks nothing where this instance has not read just that from under this ID before, so that nobody asks for a session that
/// may not exist yet: a miss would be remembered and hide it. What was read here and written from here since is not known
/// either, since a read may still show what was there before. What another place wrote within the visibility is not to be
/// seen, here as anywhere: then that stays.
pub(super) async fn kept_if_known(
    io: &Io,
    name: &SessionName,
    create: &Create,
) -> Result<Option<Session>, SessionError> {
    let context = io.context();
    if !create.keeps_unchanged || context.promises().atomic {
        return Ok(None);
    }
    let handle = context.session_id(name)?.handle(context.tenant());
    if !io.settled(|settled| settled.held(handle, &create.data)) {
        return Ok(None);
    }
    let found = match look(io, name, Look::Change).await {
        Ok(found) => found,
        Err(SessionError::NoSuchSession(_)) => {
            // The look may have wanted to tidy up after the answer, and by then there may be a session under this ID.
            io.leave_nothing();
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    if found.dies.is_some() || !is_unchanged(io, &found.record, create)? {
        return Ok(None);
    }
    use_it(io, found).map(Some)
}

/// In an exact store: the session, if it may stay. It was read a moment ago, and nothing bars its ID.
pub(super) fn kept(
    io: &Io,
    named: &Named,
    create: &Create,
    record: &Record,
    version: Version,
    activity: Option<&[u8]>,
) -> Result<Option<Session>, SessionError> {
    if !create.keeps_unchanged || !is_unchanged(io, record, create)? {
        return Ok(None);
    }
    let last_seen = last_seen(io, named.handle, record, activity);
    if record.lifetime.is_over(io.now()) || record.lifetime.is_idle(last_seen, io.now()) {
        return Ok(None);
    }
    let (named, record) = (named.clone(), record.clone());
    let found = Found {
        named,
        record,
        version,
        last_seen,
        dies: None,
        checked: io.now(),
        ended: None,
        activity: activity.map(<[u8]>::to_vec),
        revoked: None,
    };
    use_it(io, found).map(Some)
}

fn use_it(io: &Io, found: Found) -> Result<Session, SessionError> {
    touch_if_due(io, &found)?;
    Ok(view(&found.named, found.record, found.version, found.last_seen, None))
}

/// Whether the session would become what it is, and became that so short a while ago that its life need not begin anew.
fn is_unchanged(io: &Io, record: &Record, create: &Create) -> Result<bool, SessionError> {
    let new = started(io, create)?;
    let user = |record: &Record| record.user.clone().map(|member| (member.id, member.disclosed));
    let windows = |record: &Record| (record.lifetime.idle, record.lifetime.absolute_ms());
    Ok(record.grace.is_none()
        && record.data == new.data
        && record.label == new.label
        && user(record) == user(&new)
        && windows(record) == windows(&new)
        && !record.lifetime.is_renewal_due(io.now()))
}
