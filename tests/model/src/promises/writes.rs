//! What was written stays written.

use super::Case;
use crate::call::{BRIEF, Call, mark};
use crate::history::Told;

/// A version has one content: who sees it twice sees the same. So no touch changes data under a version.
pub fn version_is_content(case: &Case<'_>) -> Option<String> {
    let (_, seen) = case.told.shown()?;
    let same = |told: &Told| {
        told.shown().is_none_or(|(_, other)| {
            other.version != seen.version
                || (&other.data, other.user, other.label, other.created)
                    == (&seen.data, seen.user, seen.label, seen.created)
        })
    };
    let number = case.history.calls.iter().position(|told| !same(told))?;
    Some(format!("call #{number} saw the same version with another content"))
}

/// Who creates a session under an ID of their own is told of what they asked for, also where it was there already and
/// stayed: its data, its user, and nine tenths of its life at the least.
pub fn created_as_asked(case: &Case<'_>) -> Option<String> {
    let Call::Create { foreign: Some(session), user, brief, .. } = case.told.call else { return None };
    let (_, seen) = case.told.shown()?;
    let data = format!("{{{}}}", case.history.sessions[session].tag);
    if seen.data != data.as_bytes() || seen.user != user {
        return Some("it is told of something else".to_owned());
    }
    let life = if brief { u64::from(BRIEF) * 1000 } else { case.setup.absolute_ms() };
    let left = (seen.expires + case.setup.slack()).saturating_sub(case.told.begun);
    (left < life - life / 10).then(|| format!("{left} ms are left"))
}

/// In an exact store, what an answered write replaced is never seen again: if somebody had seen a version before the
/// write began, nobody sees it after its answer. So no touch and no late writer puts an old record back.
pub fn no_version_comes_back(case: &Case<'_>) -> Option<String> {
    let let_in = case.lets_in().filter(|_| case.is_exact())?;
    if matches!(case.told.call, Call::Regenerate { .. }) {
        return None;
    }
    let saw = |told: &Told| told.shown().is_some_and(|(_, other)| other.version == let_in.seen.version);
    for (number, write) in case.history.calls_on(let_in.session) {
        let is_before = number != case.number && write.moved < case.told.begun;
        if !is_before || !is_write(write) || write.shown().is_none() || saw(write) {
            continue;
        }
        if case.history.calls_on(let_in.session).any(|(_, told)| told.moved < write.begun && saw(told)) {
            return Some(format!("call #{number} had replaced this version"));
        }
    }
    None
}

/// In an exact store an answered patch is seen by every call that begins after its answer, under the same ID or one
/// that was regenerated from it, until somebody replaces all data.
pub fn no_patch_is_lost(case: &Case<'_>) -> Option<String> {
    let let_in = case.lets_in().filter(|_| case.is_exact())?;
    let lost = |number: usize, told: &Told| {
        let is_patch = matches!(told.call, Call::Patch { keeps: false, .. }) && told.shown().is_some();
        let mark = mark(number).into_bytes();
        let is_shown = let_in.seen.data.windows(mark.len()).any(|part| part == mark);
        is_patch && told.moved < case.told.begun && !is_shown && !is_replaced_since(case, let_in.session, told)
    };
    // What is written under a foreign ID later may be another session's.
    let elders = case.history.chain(let_in.session);
    let same = elders.filter(|session| *session == let_in.session || !case.is_foreign(*session));
    let mut patches = same.flat_map(|session| case.history.calls_on(session));
    let (number, _) = patches.find(|(number, told)| lost(*number, told))?;
    Some(format!("what call #{number} wrote is gone"))
}

/// A session has a label that somebody gave it: at its creation or by a change.
pub fn label_was_given(case: &Case<'_>) -> Option<String> {
    let (session, seen) = case.told.shown()?;
    (!was_called(case, session, seen.label)).then(|| format!("it is called {:?}", seen.label))
}

/// Whether somebody gave this label to the session.
pub fn was_called(case: &Case<'_>, session: usize, label: Option<usize>) -> bool {
    let history = case.history;
    history.chain(session).any(|session| {
        let made = history.sessions[session].by.map(|by| &history.calls[by]);
        let mut calls = made.into_iter().chain(history.calls_on(session).map(|(_, told)| told));
        calls.any(|told| told.call.details().label == Some(label))
    })
}

/// Whether a call that replaces all data may have come after `patch`, on this session or what it came from.
fn is_replaced_since(case: &Case<'_>, session: usize, patch: &Told) -> bool {
    let replaces = |told: &Told| matches!(told.call, Call::Replace { .. } | Call::Create { .. });
    let mut calls = case.history.chain(session).flat_map(|session| case.history.calls_on(session));
    calls.any(|(_, told)| replaces(told) && (told.moved >= patch.begun || told.answer.is_none()))
}

const fn is_write(told: &Told) -> bool {
    matches!(told.call, Call::Create { .. } | Call::Patch { .. } | Call::Replace { .. })
}
