//! What ends stays ended.

use super::{Case, Let};
use crate::call::Call;
use crate::history::Told;
use crate::hole::Hole;

/// From the answer to an end (exact), or V later (eventual), nobody is let in under that ID. A foreign ID may have a
/// new session, and that was created after the answer.
pub fn ended_is_ended(case: &Case<'_>) -> Option<String> {
    let let_in = case.lets_in()?;
    let excused = |end: &Told| {
        case.setup.excuses(Hole::EndMissesARegenerate) && is_in_grace_of_another(case, let_in.session, end)
    };
    let (number, end) = ended_before(case, let_in.session, begun(case, &let_in)).find(|(_, end)| !excused(end))?;
    Some(format!("call #{number} had ended it, {} ms before", case.told.begun - end.moved))
}

/// The ends of what is shown under this ID and was created then, that this call is bound by.
pub fn ended_before<'h>(case: &Case<'h>, session: usize, created: u64) -> impl Iterator<Item = (usize, &'h Told)> {
    ends(case, session).filter(move |(_, end)| case.is_bound_by(end.moved) && !is_younger(case, session, created, end))
}

/// The regenerates of what is shown under this ID and was created then, that this call is bound by.
pub fn regenerated_before<'h>(
    case: &Case<'h>,
    session: usize,
    created: u64,
) -> impl Iterator<Item = (usize, &'h Told)> {
    let regenerates = regenerates(case, session).map(|(number, (told, _))| (number, told));
    let counts = move |told: &Told| {
        told.shown().is_some() && case.is_bound_by(told.moved) && !is_younger(case, session, created, told)
    };
    regenerates.filter(move |(number, told)| *number != case.number && counts(told))
}

/// From the answer to an end, or V later, a foreign ID takes no new session until the bar is over. (Where several calls
/// ended the ID at once, any of their markers may be the one that stands.)
pub fn foreign_is_barred(case: &Case<'_>) -> Option<String> {
    let Call::Create { foreign: Some(session), .. } = case.told.call else { return None };
    let (_, seen) = case.told.shown()?;
    let ending = |told: &Told| told.call.is_end() || matches!(told.call, Call::Regenerate { .. });
    if case.history.calls_on(session).filter(|(_, told)| ending(told)).count() > 1 {
        return None;
    }
    let is_early = |end: &Told| seen.created + case.setup.slack() < end.begun + case.setup.bar();
    let (number, end) = ends(case, session).find(|(_, end)| case.is_bound_by(end.moved) && is_early(end))?;
    Some(format!("call #{number} had ended the session under this ID, {} ms before", case.told.begun - end.moved))
}

/// From the answer to a regenerate, or V later, the old ID is readable in its grace at most, and never writable.
pub fn regenerated_is_over(case: &Case<'_>) -> Option<String> {
    let let_in = case.lets_in()?;
    for (number, told) in regenerated_before(case, let_in.session, begun(case, &let_in)) {
        let regenerates = regenerates(case, let_in.session).filter(|(number, _)| *number != case.number);
        // Of several that could not see each other, in an eventual store, the last one's grace counts.
        let others = regenerates.filter(|(_, (other, _))| other.begun <= told.moved + case.setup.bound());
        let dies = others.map(|(_, (other, grace))| other.moved + grace).max().unwrap_or_default();
        let is_read = matches!(case.told.call, Call::Read { .. });
        if !is_read || case.told.moved >= dies + case.setup.slack() {
            return Some(format!("call #{number} had given it a new ID"));
        }
    }
    None
}

/// Who ends an ID in its grace means the session: the successor ends with it. In an eventual store the grace may not
/// have come about, so this is the exact store's promise.
pub fn grace_ends_with_its_successor(case: &Case<'_>) -> Option<String> {
    let let_in = case.lets_in()?;
    let (old, regenerate, grace) = made_by(case, let_in.session)?;
    // No grace outlives what it is the grace of.
    let oldest = case.history.births(old).map(|told| told.begun).min()?;
    let dies = (regenerate.begun + grace).min(oldest + case.shortest_life(old)?);
    let in_grace = |end: &Told| end.begun >= regenerate.moved && end.moved < dies;
    // A revoke-all may have ended the old ID before, and knows no successor. And when the successor changes its ID in turn,
    // the grace before that is over.
    let is_over = |end: &Told| {
        let before = case.history.calls.iter().filter(|told| told.begun <= end.moved);
        before.into_iter().any(|told| match told.call {
            Call::Regenerate { session, .. } => session == let_in.session,
            Call::RevokeAll { .. } => true,
            _ => false,
        })
    };
    let counts = |end: &Told| in_grace(end) && case.is_bound_by(end.moved) && !is_over(end);
    let mut ends = ends(case, old).filter(|(_, end)| counts(end));
    let (number, _) = ends.next().filter(|_| case.is_exact())?;
    Some(format!("call #{number} had ended the ID that it came from, in its grace"))
}

/// V after the answer to an end of an ID, nobody is let in by a session that was regenerated from it without seeing
/// that end. (In an exact store a regenerate sees every end, or comes before it.)
pub fn ended_with_its_lineage(case: &Case<'_>) -> Option<String> {
    let let_in = case.lets_in()?;
    if case.is_exact() {
        return None;
    }
    for session in case.history.chain(let_in.session) {
        let Some((old, regenerate, _)) = made_by(case, session) else { continue };
        // Of two at the same time, the end may have come second, to an ID that was left.
        let overtook = |end: &Told| regenerate.begun > end.moved && regenerate.begun < end.moved + case.setup.bound();
        // Under a foreign ID another session may have begun since.
        let is_another = |end: &Told| {
            let creates = case.history.calls_on(old).filter(|(_, told)| matches!(told.call, Call::Create { .. }));
            creates.map(|(_, told)| told).any(|told| told.moved > end.begun)
        };
        let counts = |end: &Told| overtook(end) && case.is_bound_by(end.moved) && !is_another(end);
        if let Some((number, _)) = ends(case, old).find(|(_, end)| counts(end)) {
            return Some(format!("call #{number} had ended the ID that it was regenerated from"));
        }
    }
    None
}

/// Who revoked a session by its handle saw it under that ID: what was regenerated from it meanwhile ends as well, at once in
/// an exact store, after V in an eventual one. (Else the one that goes on would have been the one to revoke: 404.) There the
/// markers tell only of what was regenerated around their time, so a call that is not slower than that.
pub fn revoked_one_has_no_successor(case: &Case<'_>) -> Option<String> {
    let let_in = case.lets_in()?;
    for session in case.history.chain(let_in.session) {
        let Some((old, ..)) = made_by(case, session).filter(|(old, ..)| !case.is_foreign(*old)) else { continue };
        let is_slow = |told: &Told| !case.is_exact() && told.moved - told.begun >= case.setup.bar();
        let revokes =
            |told: &Told| matches!(told.call, Call::RevokeOne { .. }) && case.is_bound_by(told.moved) && !is_slow(told);
        if let Some((number, _)) = ends(case, old).find(|(_, told)| revokes(told)) {
            return Some(format!("call #{number} had revoked the session that it was"));
        }
    }
    None
}

/// Of two regenerates of an ID, in an exact store, one succeeds.
pub fn one_successor(case: &Case<'_>) -> Option<String> {
    let session = case.told.call.session().filter(|_| case.is_exact() && is_regenerate(case.told))?;
    let mut others =
        regenerates(case, session).filter(|(number, (told, _))| *number != case.number && is_regenerate(told));
    let (number, _) = others.next().filter(|_| !case.is_foreign(session))?;
    Some(format!("call #{number} had given it a new ID, too"))
}

/// Answered ends of this ID.
fn ends<'h>(case: &Case<'h>, session: usize) -> impl Iterator<Item = (usize, &'h Told)> {
    case.history.calls_on(session).filter(|(_, told)| told.call.is_end() && told.ended().is_some())
}

/// Regenerates of this ID, whatever came of them, with their grace in milliseconds.
fn regenerates<'h>(case: &Case<'h>, session: usize) -> impl Iterator<Item = (usize, (&'h Told, u64))> {
    case.history.calls_on(session).filter_map(|(number, told)| match told.call {
        Call::Regenerate { grace, .. } => Some((number, (told, u64::from(grace) * 1000))),
        _ => None,
    })
}

/// The regenerate that a session came from, its old ID, and its grace.
fn made_by<'h>(case: &Case<'h>, session: usize) -> Option<(usize, &'h Told, u64)> {
    let known = &case.history.sessions[session];
    let told = &case.history.calls[known.by?];
    match told.call {
        Call::Regenerate { grace, .. } => Some((known.from?, told, u64::from(grace) * 1000)),
        _ => None,
    }
}

fn is_regenerate(told: &Told) -> bool {
    matches!(told.call, Call::Regenerate { .. }) && told.shown().is_some()
}

/// Whether what is shown was created under a foreign ID after this was answered, or so long after it began that the bar
/// is over.
fn is_younger(case: &Case<'_>, session: usize, created: u64, ended: &Told) -> bool {
    let since = ended.moved.min(ended.begun + case.setup.bar());
    case.is_foreign(session) && created.saturating_add(case.setup.slack()) >= since
}

/// When what lets in was created. A login says when it was itself.
fn begun(case: &Case<'_>, let_in: &Let<'_>) -> u64 {
    if case.told.call.is_birth() { u64::MAX } else { let_in.seen.created }
}

/// Whether, in an eventual store, two regenerates and an end of one ID met, and this reads in the grace of one of them.
fn is_in_grace_of_another(case: &Case<'_>, session: usize, end: &Told) -> bool {
    let met = |told: &Told| told.begun < end.moved + case.setup.bound();
    let regenerates = || regenerates(case, session).filter(|(_, (told, _))| met(told));
    let reads_in = |(_, (told, grace)): (usize, (&Told, u64))| {
        grace > 0 && case.told.begun < told.moved + grace + case.setup.bound()
    };
    !case.is_exact() && regenerates().count() > 1 && regenerates().any(reads_in)
}
