//! Steps and outcomes, as JavaScript reads them; and the store's answers.

use super::wire::{Reader, Writer};
use crate::id::UserId;
use crate::session::{
    Change, Condition, Exported, Input, Key, Label, Listed, Outcome, Page, RevokedAll, Row, Session, SessionError, Step,
};

/// Writes a step.
pub(super) fn step(out: &mut Writer, step: &Step) {
    match step {
        Step::Done { result, later } => {
            out.u8(DONE);
            changes(out, later);
            match result {
                Ok(outcome) => outcome_of(out, outcome),
                Err(error) => {
                    let field = if let SessionError::InvalidLifetime(field) = error { field.name() } else { "" };
                    told(out, error.code(), field);
                }
            }
        }
        Step::Get(keys) => {
            out.u8(GET);
            out.list(keys, key);
        }
        Step::Apply { when, changes: wanted, not_after } => {
            out.u8(APPLY);
            out.list(when, condition);
            changes(out, wanted);
            out.optional(*not_after, Writer::u64);
        }
        Step::ApplyEach(batches) => {
            out.u8(APPLY_EACH);
            out.list(batches, |out, batch| changes(out, batch));
        }
        Step::List { user, after, limit } => {
            out.u8(LIST);
            out.text(&format!("u:{user}:"));
            out.optional(after.as_deref(), Writer::text);
            out.size(*limit);
        }
    }
}

/// Writes the end of a command that could not begin.
pub(super) fn refusal(out: &mut Writer, code: &str, field: &str) {
    out.u8(DONE);
    changes(out, &[]);
    told(out, code, field);
}

fn told(out: &mut Writer, code: &str, field: &str) {
    out.u8(REFUSED);
    out.text(code);
    out.text(field);
}

/// Reads what the store said. What cannot be read is a failed store.
pub(super) fn input(bytes: &[u8]) -> Input {
    read_input(bytes).unwrap_or(Input::Failed)
}

fn read_input(bytes: &[u8]) -> Option<Input> {
    let mut from = Reader::new(bytes);
    let input = match from.u8()? {
        0 => Input::Failed,
        1 => Input::Applied,
        2 => Input::Conflict,
        3 => Input::TooLate,
        4 => Input::Values(from.list(|from| from.optional(|from| from.bytes().map(<[u8]>::to_vec)))?),
        5 => {
            let entries = from.list(|from| Some((from.text()?, from.bytes()?)))?;
            // Somebody else's key under our prefix is not an entry.
            let entry = |(key, value): (&str, &[u8])| match Key::parse(key) {
                Some(Key::User(_, handle)) => Some((handle, value.to_vec())),
                _ => None,
            };
            let entries = entries.into_iter().filter_map(entry).collect();
            Input::Page(Page { entries, next: from.optional(Reader::text)?.map(str::to_owned) })
        }
        _ => return None,
    };
    from.end()?;
    Some(input)
}

fn outcome_of(out: &mut Writer, outcome: &Outcome) {
    match outcome {
        Outcome::Created { id, session: created } => {
            out.u8(CREATED);
            out.optional(id.as_ref(), |out, id| out.text(&id.to_text()));
            session(out, created);
        }
        Outcome::Ended => out.u8(ENDED),
        Outcome::Exported(Exported { sessions, unreadable, revoked_at, next }) => {
            out.u8(EXPORTED);
            out.list(sessions, row);
            out.optional(next.as_deref(), Writer::text);
            out.size(*unreadable);
            out.optional(*revoked_at, Writer::u64);
        }
        Outcome::Listed(Listed { sessions, next }) => {
            out.u8(LISTED);
            out.list(sessions, row);
            out.optional(next.as_deref(), Writer::text);
        }
        Outcome::Revoked(RevokedAll { ended, complete_by, next }) => {
            out.u8(REVOKED);
            out.u32(*ended);
            out.u64(*complete_by);
            out.optional(next.as_deref(), Writer::text);
        }
        Outcome::Session(live) => {
            out.u8(SESSION);
            session(out, live);
        }
    }
}

fn session(out: &mut Writer, session: &Session) {
    out.text(&session.handle.to_string());
    out.text(&session.csrf.to_text());
    out.text(&session.version.to_string());
    for time in [session.created, session.last_seen, session.expires, session.idle_expires] {
        out.u64(time);
    }
    out.optional(session.user.as_ref().map(UserId::as_str), Writer::text);
    out.optional(session.label.as_ref().map(Label::as_str), Writer::text);
    out.bytes(session.data.as_bytes());
}

fn row(out: &mut Writer, row: &Row) {
    out.text(&row.handle.to_string());
    for time in [row.created, row.joined, row.last_seen, row.expires, row.idle_expires] {
        out.u64(time);
    }
    out.optional(row.label.as_ref().map(Label::as_str), Writer::text);
}

fn key(out: &mut Writer, key: &Key) {
    out.text(&key.to_string());
}

fn condition(out: &mut Writer, condition: &Condition) {
    key(out, &condition.key());
    match condition {
        Condition::Absent(_) => out.u8(0),
        Condition::Equals(_, expected) => {
            out.u8(1);
            out.optional(expected.as_deref(), Writer::bytes);
        }
        Condition::Version(_, version) => {
            out.u8(2);
            out.bytes(version.as_bytes());
        }
    }
}

fn changes(out: &mut Writer, changes: &[Change]) {
    out.list(changes, |out, change| {
        key(out, &change.key());
        match change {
            Change::Delete(_) => out.u8(0),
            Change::Put { value, expires_at, .. } => {
                out.u8(1);
                out.bytes(value);
                out.u32(*expires_at);
            }
        }
    });
}

const DONE: u8 = 0;
const GET: u8 = 1;
const APPLY: u8 = 2;
const APPLY_EACH: u8 = 3;
const LIST: u8 = 4;

const REFUSED: u8 = 0;
const CREATED: u8 = 1;
const ENDED: u8 = 2;
const EXPORTED: u8 = 3;
const LISTED: u8 = 4;
const REVOKED: u8 = 5;
const SESSION: u8 = 6;
