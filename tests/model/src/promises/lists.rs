//! A user's list: their sessions, and no others.

use super::Case;
use super::ended::{ended_before, regenerated_before};
use super::lifetime::lives;
use super::users::{joinings, revoked_before};
use super::writes::was_called;
use crate::call::Call;
use crate::history::{Entry, Told};

/// A list shows what somebody made that user's, under a label that somebody gave it. Or an ID that no client was told of: that
/// of a create or regenerate that failed, or was not answered, or had to start again under another one.
pub fn listed_is_theirs(case: &Case<'_>) -> Option<String> {
    let (user, entries) = case.told.listed()?;
    let may_make = |told: &Told| match told.call {
        Call::Create { user: given, .. } | Call::Regenerate { user: given @ Some(_), .. } => given == Some(user),
        Call::Regenerate { session, .. } => joinings(case, session).any(|told| told.call.joins() == Some(Some(user))),
        _ => false,
    };
    let is_theirs = |entry: &Entry| match entry.session {
        Some(session) => {
            joinings(case, session).any(|told| told.call.joins() == Some(Some(user)))
                && was_called(case, session, entry.label)
        }
        None => case.history.calls.iter().any(may_make),
    };
    let entry = entries.iter().find(|entry| !is_theirs(entry))?;
    let session = entry.session.map_or("an unknown session".to_owned(), |session| format!("S{session}"));
    Some(format!("{session} with label {:?} is none of theirs", entry.label))
}

/// From the answer to an end, a regenerate or a revoke-all, or V later, no list shows what it ended; and none shows what has
/// outlived its absolute life.
pub fn listed_is_alive(case: &Case<'_>) -> Option<String> {
    let (user, entries) = case.told.listed()?;
    for Entry { session, created, .. } in entries {
        let Some(session) = session.filter(|session| !is_leftover(case, *session)) else { continue };
        let ended = ended_before(case, session, *created).chain(regenerated_before(case, session, *created));
        if let Some((number, _)) = ended.chain(revoked_before(case, session, user)).next() {
            return Some(format!("S{session} is shown, and call #{number} had ended it"));
        }
        let born = case.history.births(session).map(|told| told.moved).max()?;
        if case.told.begun >= born + case.lives(session).max()? + case.setup.slack() {
            return Some(format!("S{session} is shown, and was born at {born}"));
        }
    }
    None
}

/// Whether what is listed under a foreign ID may be what another create put there: one that is under way, or that failed, or
/// whose session was replaced by one that ends earlier. Then its marker may be gone before its line.
fn is_leftover(case: &Case<'_>, session: usize) -> bool {
    let creates = case.history.calls_on(session).filter(|(_, told)| matches!(told.call, Call::Create { .. }));
    creates.count() > 1
}

/// A session that lives for certain and is that user's for certain is in their list.
pub fn live_is_listed(case: &Case<'_>) -> Option<String> {
    let (user, entries) = case.told.listed()?;
    let is_missing = |session: &usize| entries.iter().all(|entry| entry.session != Some(*session));
    let mut sessions = (0..case.history.sessions.len()).filter(is_missing);
    let missing = sessions.find(|session| is_of(case, *session, user) && lives(case, *session))?;
    Some(format!("S{missing} is not shown"))
}

/// Whether the session is that user's for certain: who made it theirs came after all who made it somebody else's. In an
/// eventual store those must have been other IDs, and no changes of a user, since of two writes of one session the later one
/// need not see the first.
fn is_of(case: &Case<'_>, session: usize, user: usize) -> bool {
    let is_theirs = |told: &Told| told.call.joins() == Some(Some(user));
    let others = || joinings(case, session).filter(|told| !is_theirs(told));
    let is_after = |told: &Told| others().all(|other| other.moved < told.begun);
    let is_here = |told: &Told| told.call.session() == Some(session);
    let is_change = |told: &Told| matches!(told.call, Call::Replace { .. });
    surely_joined(case, session).any(|told| is_theirs(told) && is_after(told))
        && (case.is_exact() || !(others().any(is_here) || joinings(case, session).any(is_change)))
}

/// The calls that gave the session its user, as far as it has to show: those that were answered, under this ID, or under one
/// that it had before it left that.
fn surely_joined<'h>(case: &Case<'h>, session: usize) -> impl Iterator<Item = &'h Told> {
    let history = case.history;
    let maker = |session: usize| history.sessions[session].by.map(|by| &history.calls[by]);
    let here = maker(session).into_iter().chain(history.calls_on(session).map(|(_, told)| told));
    let here = here.filter(|told| case.is_bound_by(told.moved));
    // Under a foreign ID another session may have begun since.
    let left = history.chain(session).filter_map(move |child| {
        let elder = history.sessions[child].from.filter(|elder| !case.is_foreign(*elder))?;
        Some((elder, maker(child)?.begun))
    });
    let before = left.flat_map(move |(elder, left)| {
        let calls = maker(elder).into_iter().chain(history.calls_on(elder).map(|(_, told)| told));
        calls.filter(move |told| told.moved + case.setup.bound() < left)
    });
    here.chain(before).filter(|told| told.shown().is_some() && told.call.joins().is_some())
}
