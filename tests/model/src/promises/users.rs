//! Sessions belong to their users, and users can end them.

use super::Case;
use crate::call::Call;
use crate::history::Told;
use crate::hole::Hole;

/// From the answer to a revoke-all, or V later, no session is let in as that user's, but for the spared one and what
/// it becomes, and those that became the user's after the call had begun.
pub fn revoked_is_revoked(case: &Case<'_>) -> Option<String> {
    // Who joins by this very call joined after all that was answered before it.
    let let_in = case.lets_in().filter(|_| case.told.call.joins().is_none())?;
    let user = let_in.seen.user?;
    let excused = (case.setup.excuses(Hole::IndexKeepsForeign) && was_asked_to_be_brief(case, let_in.session))
        || (case.setup.excuses(Hole::IndexKeepsBroken) && was_nearly_ended(case, let_in.session))
        || (case.setup.excuses(Hole::IndexKeepsRaced) && was_given_away(case, let_in.session, user));
    if excused {
        return None;
    }
    let (number, revoke) = revoked_before(case, let_in.session, user)?;
    Some(format!("call #{number} had revoked it, {} ms before", case.told.begun - revoke.moved))
}

/// The revoke-all of this user that ended the session and that this call is bound by.
pub fn revoked_before<'h>(case: &Case<'h>, session: usize, user: usize) -> Option<(usize, &'h Told)> {
    let mut calls = case.history.calls.iter().enumerate();
    calls.find(|(number, revoke)| {
        let Call::RevokeAll { user: whose, .. } = revoke.call else { return false };
        let is_bound = whose == user && revoke.ended().is_some_and(|at| case.is_bound_by(at));
        let is_later = || joinings(case, session).any(|told| told.moved + case.setup.slack() >= revoke.begun);
        is_bound && !is_spared(case, session, user, *number) && !is_later()
    })
}

/// Who revokes one session by its handle ends one that somebody gave that user, and no other.
pub fn revoked_one_was_theirs(case: &Case<'_>) -> Option<String> {
    let Call::RevokeOne { user, session } = case.told.call else { return None };
    case.told.ended()?;
    let is_given = joinings(case, session).any(|told| told.call.joins() == Some(Some(user)));
    (!is_given).then(|| "nobody had made it that user's".to_owned())
}

/// Whether the `number`th call spared the session or what it came from; or whether the marker of another revoke-all of
/// that user, which may have come after it, spares it or is of an earlier time. Two at once leave one marker (README.md).
fn is_spared(case: &Case<'_>, session: usize, user: usize, number: usize) -> bool {
    let revoke = &case.history.calls[number];
    case.history.calls.iter().any(|other| match other.call {
        Call::RevokeAll { user: whose, spared } => {
            let is_it = core::ptr::eq(other, revoke);
            let may_follow = other.moved + case.setup.late >= revoke.begun && whose == user;
            let spares = spared.is_some_and(|spared| case.history.chain(session).any(|elder| elder == spared));
            (is_it && spares) || (!is_it && may_follow && (spares || other.begun <= revoke.begun))
        }
        _ => false,
    })
}

/// Whether, in an eventual store, somebody asked for a shorter life under this foreign ID.
fn was_asked_to_be_brief(case: &Case<'_>, session: usize) -> bool {
    let briefly = |told: &Told| matches!(told.call, Call::Create { foreign: Some(_), brief: true, .. });
    !case.is_exact() && case.history.calls_on(session).any(|(_, told)| briefly(told))
}

/// Whether, in an eventual store, an end of it broke off.
fn was_nearly_ended(case: &Case<'_>, session: usize) -> bool {
    let broke_off = |told: &Told| told.call.is_end() && told.ended().is_none() && told.absent().is_none();
    !case.is_exact() && case.history.calls_on(session).any(|(_, told)| broke_off(told))
}

/// Whether, in an eventual store, somebody gave it to another user or to nobody, and yet it is this user's.
fn was_given_away(case: &Case<'_>, session: usize, user: usize) -> bool {
    let away = |told: &Told| matches!(told.call, Call::Replace { user: Some(other), .. } if other != Some(user));
    !case.is_exact() && case.history.chain(session).flat_map(|on| case.history.calls_on(on)).any(|(_, told)| away(told))
}

/// Every session's data says whose it is from its first write on: nobody sees another session's.
pub fn own_session_only(case: &Case<'_>) -> Option<String> {
    let (session, seen) = case.told.shown()?;
    let tag = case.history.sessions[session].tag.as_bytes();
    let is_own = seen.data.windows(tag.len()).any(|part| part == tag);
    (!is_own).then(|| format!("it is shown {}", String::from_utf8_lossy(&seen.data)))
}

/// A session has a user that somebody gave it: at its creation, at a login, by a change.
pub fn user_was_given(case: &Case<'_>) -> Option<String> {
    let (session, seen) = case.told.shown()?;
    let is_given = joinings(case, session).any(|told| told.call.joins() == Some(seen.user));
    (!is_given).then(|| format!("it is shown as user {:?}'s", seen.user))
}

/// All calls that may have given a session its user, whatever they were told.
pub fn joinings<'h>(case: &Case<'h>, session: usize) -> impl Iterator<Item = &'h Told> {
    let history = case.history;
    let of_one = |session: usize| {
        let made = history.sessions[session].by.map(|by| &history.calls[by]);
        made.into_iter().chain(history.calls_on(session).map(|(_, told)| told))
    };
    // A regenerate of this very ID makes another session its user's.
    let is_here = move |told: &&Told| match told.call {
        Call::Regenerate { session: old, .. } => old != session,
        _ => true,
    };
    history.chain(session).flat_map(of_one).filter(|told| told.call.joins().is_some()).filter(is_here)
}
