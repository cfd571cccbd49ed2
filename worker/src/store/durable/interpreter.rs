//! What an object does, over any table: get, apply, list, and tidying up. No rule, no key, no I/O.
//!
//! Every function here is one synchronous run. In a Durable Object nothing else runs meanwhile, so a condition that
//! holds when it is looked at still holds when the change is made, and no reader sees half of a batch. That a batch which
//! breaks off in its middle leaves nothing behind is the caller's part: it runs [`change`] in a transaction.

use sealed_session::UserPseudonym;
use sealed_session::session::{Change, Condition, Key, Page};

use super::wire::{Answer, Call, Wish};

/// A table of values by key. An error means that nothing of this run may stand.
#[expect(clippy::missing_errors_doc, reason = "said above, once")]
pub trait Rows {
    /// Why the table could not be read or written.
    type Error;

    /// Which object this is, if it was ever told.
    fn owner(&self) -> Result<Option<String>, Self::Error>;
    /// Remembers which object this is.
    fn set_owner(&self, owner: &str) -> Result<(), Self::Error>;
    /// The value of a key.
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Self::Error>;
    /// Writes a value, over whatever is there.
    fn put(&self, key: &str, value: &[u8], expires_at: u32) -> Result<(), Self::Error>;
    /// Removes a key, if it is there.
    fn delete(&self, key: &str) -> Result<(), Self::Error>;
    /// Keys after `after` and before `end` with their values, in the order of their bytes.
    fn list(&self, after: &str, end: &str, limit: usize) -> Result<Vec<(String, Vec<u8>)>, Self::Error>;
    /// The key that is so many rows after `after`, if there are as many.
    fn key_after(&self, after: &str, rows: usize) -> Result<Option<String>, Self::Error>;
    /// Removes what expired at `at` (Unix seconds) or before, among the keys after `after` up to `end`, or to the last one.
    fn delete_expired(&self, after: &str, end: Option<&str>, at: u32) -> Result<(), Self::Error>;
    /// Up to which key the present sweep came; empty where none is under way.
    fn swept_to(&self) -> Result<String, Self::Error>;
    /// Remembers that.
    fn set_swept_to(&self, key: &str) -> Result<(), Self::Error>;
    /// Whether nothing is left.
    fn is_empty(&self) -> Result<bool, Self::Error>;
}

/// Answers a call that changes nothing.
///
/// # Errors
///
/// Those of the table.
pub fn ask<R: Rows>(rows: &R, call: &[u8]) -> Result<Vec<u8>, R::Error> {
    answer(rows, call, |wish| match wish {
        Wish::Get(keys) => get(rows, &keys),
        Wish::List { user, after, limit } => list(rows, user, after.as_deref(), limit),
        Wish::Apply(..) => Ok(Answer::Unreadable),
    })
}

/// Answers a call for changes: all of them, or none.
///
/// # Errors
///
/// Those of the table. Nothing of the batch may stand then.
pub fn change<R: Rows>(rows: &R, call: &[u8]) -> Result<Vec<u8>, R::Error> {
    answer(rows, call, |wish| match wish {
        Wish::Apply(when, changes) => apply(rows, &when, &changes),
        Wish::Get(_) | Wish::List { .. } => Ok(Answer::Unreadable),
    })
}

/// Removes what expired long ago, a part of the table at a time. Says after how many milliseconds to go on or to begin again,
/// or `None` where nothing is left to expire.
///
/// It goes through the table in the order of keys. An index by expiry would find those rows at once, and would make every
/// write two: a write costs what a thousand rows cost to look at.
///
/// # Errors
///
/// Those of the table.
pub fn sweep<R: Rows>(rows: &R, now: u64) -> Result<Option<u32>, R::Error> {
    let seconds = u32::try_from(now / 1000).unwrap_or(u32::MAX);
    let after = rows.swept_to()?;
    let end = rows.key_after(&after, SWEPT_AT_ONCE)?;
    rows.delete_expired(&after, end.as_deref(), seconds.saturating_sub(KEPT_LONGER))?;
    let swept = end.as_deref().unwrap_or_default();
    if swept != after {
        rows.set_swept_to(swept)?;
    }
    Ok(if end.is_some() { Some(SWEEP_ON_MS) } else { (!rows.is_empty()?).then_some(SWEEP_EVERY_MS) })
}

/// Whoever calls must mean this object, and be of one mind with those who called before about how many there are.
fn answer<R: Rows>(
    rows: &R,
    call: &[u8],
    run: impl FnOnce(Wish) -> Result<Answer, R::Error>,
) -> Result<Vec<u8>, R::Error> {
    let Some(call) = Call::decode(call) else { return Ok(Answer::Unreadable.encode()) };
    let answer = match rows.owner()? {
        Some(owner) if owner != call.owner => Answer::Other(owner),
        Some(_) => run(call.wish)?,
        None => {
            rows.set_owner(&call.owner)?;
            run(call.wish)?
        }
    };
    Ok(answer.encode())
}

fn get<R: Rows>(rows: &R, keys: &[Key]) -> Result<Answer, R::Error> {
    keys.iter().map(|key| rows.get(&key.to_string())).collect::<Result<_, _>>().map(Answer::Values)
}

fn apply<R: Rows>(rows: &R, when: &[Condition], changes: &[Change]) -> Result<Answer, R::Error> {
    for condition in when {
        if !condition.holds(rows.get(&condition.key().to_string())?.as_deref()) {
            return Ok(Answer::Conflict);
        }
    }
    for change in changes {
        let key = change.key().to_string();
        match change {
            Change::Delete(_) => rows.delete(&key)?,
            Change::Put { value, expires_at, .. } => rows.put(&key, value, *expires_at)?,
        }
    }
    Ok(Answer::Applied)
}

fn list<R: Rows>(rows: &R, user: UserPseudonym, after: Option<&str>, limit: usize) -> Result<Answer, R::Error> {
    let prefix = format!("u:{user}:");
    // Where a page starts is the caller's to say, whose list it is of is not.
    let after = after.filter(|after| after.starts_with(&prefix)).unwrap_or(&prefix);
    // The byte after ':' is ';'.
    let end = format!("u:{user};");
    let limit = limit.min(LISTED_AT_ONCE);
    let mut found = rows.list(after, &end, limit.saturating_add(1))?;
    let is_more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| is_more).map(|(key, _)| key.clone());
    let entries = found.into_iter().filter_map(|(key, value)| match Key::parse(&key) {
        Some(Key::User(_, handle)) => Some((handle, value)),
        _ => None,
    });
    Ok(Answer::Page(Page { entries: entries.collect(), next }))
}

/// Seconds that a row is kept after its expiry. The record decides what is over, by the clock of whoever reads it; a row
/// must not be gone before all of them agree.
const KEPT_LONGER: u32 = 3600;
/// Rows. A part is some milliseconds in which nobody else is answered.
const SWEPT_AT_ONCE: usize = 2000;
/// Milliseconds until the next part.
const SWEEP_ON_MS: u32 = 10_000;
/// Milliseconds until the next sweep.
pub const SWEEP_EVERY_MS: u32 = 3_600_000;
/// Entries of a page.
const LISTED_AT_ONCE: usize = 1000;
