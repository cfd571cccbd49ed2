//! Deadlines hold, and nothing but a deadline or an end ends a session.

use sealed_session::session::SessionError;

use super::Case;
use super::users::joinings;
use crate::call::Call;
use crate::history::{Answer, Told, Touch};

/// Nobody is let in past the absolute life of the last create or login, counted from its last move: a client that was
/// not answered may have created the session all the same.
pub fn absolute(case: &Case<'_>) -> Option<String> {
    let let_in = case.lets_in()?;
    let last = case.history.births(let_in.session).map(|told| told.moved).max()?;
    let deadline = last + case.lives(let_in.session).max()? + case.setup.slack();
    if case.checked() >= deadline {
        return Some(format!("its last birth was {} ms ago", case.checked() - last));
    }
    // A login that answers shows the next life's end.
    let is_over = !case.told.call.is_birth() && let_in.seen.expires > deadline;
    is_over.then(|| format!("it says that it lives until {}, and was born at {last}", let_in.seen.expires))
}

/// Nobody is let in an idle window after the session's last use, whoever used it under whichever of its IDs. In grace
/// nothing slides and nothing is checked.
pub fn idle(case: &Case<'_>) -> Option<String> {
    let let_in = case.lets_in()?;
    let regenerated = |told: &Told| matches!(told.call, Call::Regenerate { .. });
    if case.history.calls_on(let_in.session).any(|(number, told)| number != case.number && regenerated(told)) {
        return None;
    }
    let uses = case.history.chain(let_in.session).flat_map(|session| {
        let made = case.history.sessions[session].by.map(|by| (by, &case.history.calls[by]));
        made.into_iter().chain(case.history.calls_on(session))
    });
    let is_use = |told: &Told| (told.absent().is_none() || has_started_again(case, told)) && !told.call.is_end();
    let last =
        uses.filter(|(number, told)| *number != case.number && is_use(told)).map(|(_, told)| told.moved).max()?;
    let unused = case.checked().saturating_sub(last);
    let longest = windows(case, let_in.session).max()?;
    (unused >= longest + case.setup.slack()).then(|| format!("it was not used for {unused} ms"))
}

/// Whether this was a write of an eventual store that was too slow, and so may have told the list of a use before it met the
/// end of the idle window.
fn has_started_again(case: &Case<'_>, told: &Told) -> bool {
    let is_write = matches!(told.call, Call::Patch { .. } | Call::Replace { .. });
    !case.is_exact() && is_write && told.moved - told.begun > STARTS_AGAIN
}

/// A session that a client was given, that nobody ended, regenerated or revoked and that is within its lifetimes,
/// is there: at once in an exact store, after V in an eventual one. Use keeps it alive but for a tenth of its window.
pub fn live(case: &Case<'_>) -> Option<String> {
    // Who may end it or not is told of a handle.
    let absence = case.told.absent().filter(|_| !matches!(case.told.call, Call::RevokeOne { .. }))?;
    case.told.call.session().filter(|session| lives(case, *session))?;
    Some(format!("it is told {absence:?}"))
}

/// Whether a session lives for certain, as far as this call may know.
pub fn lives(case: &Case<'_>, session: usize) -> bool {
    // A foreign ID may be created more than once, and in an eventual store any of those may be the last.
    let makers = || {
        let made = case.history.sessions[session].by.map(|by| &case.history.calls[by]);
        made.into_iter().chain(case.history.calls_on(session).map(|(_, told)| told).filter(|told| is_create(told)))
    };
    let given = makers().filter(|told| told.shown().is_some()).map(|told| told.moved).min();
    given.is_some_and(|given| case.is_bound_by(given))
        && within_its_life(case, session, makers().map(|told| told.begun).min().unwrap_or_default())
        && !is_endangered(case, session)
}

fn within_its_life(case: &Case<'_>, session: usize, written: u64) -> bool {
    let oldest = case.history.births(session).map(|told| told.begun).min();
    let shortest = windows(case, session).min();
    let (Some(oldest), Some(life), Some(window)) = (oldest, case.shortest_life(session), shortest) else {
        return false;
    };
    let is_lost = |told: &Told| match told.touch {
        Touch::Applied(at) => at >= case.told.begun,
        Touch::NotDue => false,
        Touch::Pending => true,
    };
    let uses = || case.history.calls_on(session).map(|(_, told)| told);
    // Nor is it known which of its lives was used.
    let is_unsure = uses().any(is_lost) || case.is_foreign(session);
    let used = if is_unsure { None } else { uses().filter_map(|told| used_until(case, told, window)).max() };
    let idle = used.unwrap_or_default().max(written + window);
    case.told.moved + case.setup.slack() < idle.min(oldest + life)
}

/// The idle windows that the session may have, in milliseconds: the deployment's, and those that were asked for.
fn windows(case: &Case<'_>, session: usize) -> impl Iterator<Item = u64> {
    let told = case.history.chain(session).flat_map(|session| case.history.calls_on(session));
    let asked = told.filter_map(|(_, told)| told.call.details().idle).map(|idle| u64::from(idle) * 1000);
    asked.chain([case.setup.idle_ms()])
}

fn is_create(told: &Told) -> bool {
    matches!(told.call, Call::Create { .. })
}

/// Until when this use keeps a session alive at the least: where it was recorded before, in an exact store.
fn used_until(case: &Case<'_>, told: &Told, window: u64) -> Option<u64> {
    let is_recorded = told.shown().is_some() && told.moved <= case.told.begun;
    // Two instances may touch at once, and then the later touch may be the older one.
    let least = window - window / 10 - case.setup.late;
    (is_recorded && case.is_exact()).then_some(told.begun + least)
}

/// Whether some call may have ended it, also under an ID that it came from.
fn is_endangered(case: &Case<'_>, session: usize) -> bool {
    let is_elder = |other| case.history.chain(session).any(|elder| elder == other);
    // A user ends what is theirs, was, or was about to be, and nothing else.
    let was_of = |user| joinings(case, session).any(|told| told.call.joins() == Some(Some(user)));
    case.history.calls.iter().enumerate().filter(|(_, told)| !is_refused_early(told)).any(|(number, told)| {
        match told.call {
            Call::End { session: other } => is_elder(other),
            Call::Regenerate { session: other, .. } => session == other && number != case.number,
            Call::RevokeAll { user, .. } => was_of(user),
            Call::RevokeOne { user, session: other } => is_elder(other) && was_of(user),
            _ => false,
        }
    })
}

/// Whether it was refused before it changed anything.
const fn is_refused_early(told: &Told) -> bool {
    matches!(told.answer, Some(Answer::Refused(SessionError::NoSuchSession(_))))
}

/// Milliseconds: D. A write of an eventual store that was not sent by then checks again.
const STARTS_AGAIN: u64 = 10_000;
