//! The rules of sessions (docs/DESIGN.md), one call to a file, written as they are told.

mod create;
mod end;
mod io;
mod live;
mod read;
mod regenerate;
mod unchanged;
mod user;
mod write;

use std::rc::Rc;

use self::io::Applied;
pub(super) use self::io::Io;
use super::command::{Command, Outcome, Session};
use super::context::{Context, Sealed};
use super::entry::Entry;
use super::error::{Absence, SessionError};
use super::lifetime::{Lifetime, ms, unix_seconds_up};
use super::marker::{Ended, Final, Revoked, bar_ms};
use super::record::{Label, Member, Record};
use super::store::{Change, Condition, Key};
use crate::envelope::Version;
use crate::id::{CsrfToken, Handle, SessionId};

/// Runs one call from its first question to its outcome.
pub(super) async fn run(io: Rc<Io>, command: Command) -> Result<Outcome, SessionError> {
    match command {
        Command::Create(create) => create::create(&io, create).await,
        Command::End(name) => end::end(&io, &name).await,
        Command::Export(page) => user::export::export(&io, &page).await,
        Command::List(page) => user::list::list(&io, &page).await,
        Command::Peek(name) => read::peek(&io, &name).await,
        Command::Read { name, strict } => read::read(&io, &name, strict).await,
        Command::Regenerate(regenerate) => regenerate::regenerate(&io, regenerate).await,
        Command::RevokeAll(call) => user::revoke_all::revoke_all(&io, &call).await,
        Command::RevokeOne { user, handle } => user::revoke_one::revoke_one(&io, &user, handle).await,
        Command::Write(write) => write::write(&io, &write).await,
    }
}

/// How often a rule starts again when others were quicker or the store was slow, before it says 503.
const MAX_TRIES: usize = 3;

/// Seconds: longer than requests that are under way need, shorter than anybody wants an old ID to live.
const MAX_GRACE: u32 = 60;

/// Milliseconds that an eventual store's write may take from the check that allowed it to its landing. What bounds a
/// revocation is this plus the visibility, so a put that would come later starts again from the check.
const LANDS_WITHIN: u64 = 10_000;

/// Milliseconds that an eventual store's write may be behind the time that stands in it: sent late, and landed late.
const LATE: u64 = 2 * LANDS_WITHIN;

impl Context {
    fn is_exact(&self) -> bool {
        self.promises().atomic
    }
}

/// Writes the record under its handle.
fn put_record(handle: Handle, sealed: &Sealed) -> Change {
    Change::Put { key: Key::Session(handle), value: sealed.value.clone(), expires_at: sealed.expires_at }
}

/// Writes the session's line into its user's list. Whoever writes it uses the session. In eventual stores it is also where
/// touches go.
fn put_entry(
    context: &Context,
    member: &Member,
    handle: Handle,
    shown: Shown,
    now: u64,
) -> Result<Change, SessionError> {
    let entry = Entry {
        lifetime: shown.lifetime,
        joined: member.joined,
        last_seen: now,
        label: shown.label.cloned(),
        disclosed: member.disclosed.clone(),
    };
    Ok(Change::Put {
        key: Key::User(context.pseudonym(&member.id)?, handle),
        value: context.seal_entry(&member.id, handle, &entry)?,
        expires_at: unix_seconds_up(shown.lifetime.absolute),
    })
}

/// What a line shows of its record.
#[derive(Clone, Copy)]
struct Shown<'a> {
    lifetime: Lifetime,
    label: Option<&'a Label>,
}

impl Record {
    fn shown(&self) -> Shown<'_> {
        Shown { lifetime: self.lifetime, label: self.label.as_ref() }
    }
}

/// The key of the session's line in its user's list.
fn entry_key(context: &Context, member: &Member, handle: Handle) -> Result<Key, SessionError> {
    Ok(Key::User(context.pseudonym(&member.id)?, handle))
}

/// Milliseconds around a regenerate in which an end of the old ID may have missed it, or still be on its way.
fn reach(context: &Context) -> u64 {
    bar_ms(context.promises().visibility).saturating_add(LATE)
}

/// Forgets the IDs that the session had so long ago that an end of one would have been seen by this call's check.
fn forget_predecessors(io: &Io, record: &mut Record) {
    let kept = reach(io.context());
    record.predecessors.retain(|predecessor| io.now() < predecessor.at.saturating_add(kept));
}

fn put_ended(handle: Handle, marker: Ended) -> Change {
    Change::Put { key: Key::Ended(handle), value: marker.encode(), expires_at: marker.expires_at }
}

/// A final end as of `at`, to be kept until `needed` (Unix seconds), and as long as it bars a foreign ID.
fn end_of(io: &Io, handle: Handle, at: u64, needed: u32) -> Change {
    let barred = unix_seconds_up(at.saturating_add(bar_ms(io.context().promises().visibility)));
    put_ended(handle, Ended { expires_at: needed.max(barred), at, dies: at })
}

/// Ends the graces of IDs that the session had: whoever logs out, or changes the ID again, wants none of them to be read.
fn end_graces(io: &Io, record: &Record) -> Vec<Change> {
    let in_grace = record.predecessors.iter().filter(|before| io.now() < before.at.saturating_add(ms(MAX_GRACE)));
    in_grace.flat_map(|before| end_unread(io, before.handle)).collect()
}

/// For as long as anything may live that starts now.
fn longest(io: &Io) -> u32 {
    unix_seconds_up(io.now().saturating_add(ms(io.context().limits().longest)))
}

/// Ends a session of which only its line is known, all but the line. What is not read may be younger than the line says.
fn end_unread(io: &Io, handle: Handle) -> Vec<Change> {
    let mut changes = vec![end_of(io, handle, io.now(), longest(io)), Change::Delete(Key::Session(handle))];
    if io.context().is_exact() {
        changes.push(Change::Delete(Key::Activity(handle)));
    }
    changes
}

/// [`end_unread`], for good: whatever a regenerate elsewhere makes of the session ends as well.
fn end_for_good(io: &Io, handle: Handle) -> Vec<Change> {
    let mut changes = end_unread(io, handle);
    if !io.context().is_exact() {
        changes.insert(0, put_final(io, handle));
    }
    changes
}

/// The end that no regenerate writes over. It outlives whatever a successor may become.
fn put_final(io: &Io, handle: Handle) -> Change {
    let expires_at = longest(io);
    Change::Put { key: Key::Final(handle), value: Final { expires_at, at: io.now() }.encode(), expires_at }
}

/// What is stored is still the same: by its version where it has one.
fn unchanged(key: Key, value: Option<Vec<u8>>) -> Condition {
    match value.as_deref().and_then(Version::of) {
        Some(version) => Condition::Version(key, version),
        None => Condition::Equals(key, value),
    }
}

/// How a session comes to be its user's, seen from the user's revoke-all marker.
enum Joins {
    /// By a login, which comes after every revoke-all that it can see, in the same millisecond too.
    Anew,
    /// It was theirs already, under another handle.
    From(Handle),
    /// It is theirs already, and stays under this handle.
    Stays,
}

/// Registers a session with its user in an exact store: the line is written only if no revoke-all came between reading
/// its marker and this. So the user's shard knows every handle before its first write. `false`: start again.
async fn register(io: &Io, handle: Handle, record: &mut Record, joins: Joins) -> Result<bool, SessionError> {
    let context = io.context();
    let Some(member) = &mut record.user else { return Ok(true) };
    let key = Key::Revoked(context.pseudonym(&member.id)?);
    let line = entry_key(context, member, handle)?;
    let [value, listed] = io.get([key, line]).await?;
    if let Some(revoked) = value.as_deref().map(Revoked::decode) {
        let joined = match joins {
            // A marker that cannot be read is of the last moment there is, and nothing comes after that.
            Joins::Anew => revoked.until.checked_add(1).map(|after| member.joined.max(after)),
            Joins::From(old) => {
                (!revoked.ends(old, member.joined)).then(|| rejoined(old, member.joined, Some(revoked)))
            }
            Joins::Stays => (!revoked.ends(handle, member.joined)).then_some(member.joined),
        };
        member.joined = joined.ok_or(Absence::Revoked)?;
    }
    let member = member.clone();
    // Of two creates under one foreign ID, one gives up, and which one its line does not tell: so it lasts as long as either.
    let before = listed.as_deref().and_then(|sealed| context.open_entry(&member.id, handle, sealed, io.now()).ok());
    let mut shown = record.shown();
    shown.lifetime.absolute = shown.lifetime.absolute.max(before.map_or(0, |entry| entry.lifetime.absolute));
    let entry = put_entry(context, &member, handle, shown, io.now())?;
    let when = vec![Condition::Equals(key, value), Condition::Equals(line, listed)];
    Ok(io.apply(when, vec![entry], None).await?.is_done())
}

/// A line in a user's list, as it was read.
type Line = (Key, Vec<u8>);

/// The line of `member` in an exact store.
async fn listed(io: &Io, member: Option<&Member>, handle: Handle) -> Result<Option<Line>, SessionError> {
    let Some(member) = member else { return Ok(None) };
    let key = entry_key(io.context(), member, handle)?;
    let [value] = io.get([key]).await?;
    Ok(value.map(|value| (key, value)))
}

/// Deletes lines of a user in an exact store that are of no session any more, all or none: unless somebody wrote one anew,
/// which may be of a session that is. Its failure is nobody's: a line too many shows a session that is not there, and revokes
/// nothing that should stay.
async fn unlist(io: &Io, lines: impl IntoIterator<Item = Line>) {
    let lines: Vec<Line> = lines.into_iter().collect();
    if !lines.is_empty() {
        let changes = lines.iter().map(|(key, _)| Change::Delete(*key)).collect();
        let when = lines.into_iter().map(|(key, value)| Condition::Equals(key, Some(value))).collect();
        let _ = io.apply(when, changes, None).await;
    }
}

/// When the user joined, seen from a new ID: a session that a revoke-all spared stays spared by being younger than the
/// marker. Not as young as now: whoever holds a stolen one could leave before a marker that is not to be seen yet.
fn rejoined(old: Handle, joined: u64, revoked: Option<Revoked>) -> u64 {
    match revoked {
        Some(revoked) if revoked.spares(old) => joined.max(revoked.until.saturating_add(1)),
        _ => joined,
    }
}

/// A session ID with the names that are derived from it.
#[derive(Clone)]
struct Named {
    id: SessionId,
    handle: Handle,
    csrf: CsrfToken,
}

impl Named {
    fn new(context: &Context, id: SessionId) -> Self {
        let (handle, csrf) = id.names(context.tenant());
        Self { id, handle, csrf }
    }
}

/// The answer for a session that was just written.
fn written(named: &Named, record: Record, sealed: &Sealed) -> Session {
    let last_seen = record.written;
    view(named, record, sealed.version, last_seen, None)
}

/// A session as its owner may see it. In grace nothing slides any more: the old ID dies when it dies.
fn view(named: &Named, record: Record, version: Version, last_seen: u64, dies: Option<u64>) -> Session {
    let deadlines = (record.lifetime.absolute, record.lifetime.idle_deadline(last_seen));
    let (expires, idle_expires) = dies.map_or(deadlines, |dies| (dies, dies));
    Session {
        handle: named.handle,
        csrf: named.csrf.clone(),
        version,
        created: record.lifetime.created,
        last_seen,
        expires,
        idle_expires,
        user: record.user.map(|member| member.id),
        label: record.label,
        data: record.data,
    }
}
