//! The calls that clients make. What one becomes is in [`command`], what comes of it in [`answer`]; a new kind of call
//! needs a line in each function of these files, and its promise.

mod answer;
mod command;

use sealed_session::session::Context;
use sealed_session::{ForeignId, SessionName};

use crate::chance::Chance;
use crate::history::{History, Known};

/// One call. Sessions, users and labels are numbers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Call {
    /// A new session, under a foreign ID or a new one; brief ones live for [`BRIEF`]. Where a native ID lies is drawn, so
    /// that a schedule does not depend on the bytes of IDs.
    Create { foreign: Option<usize>, user: Option<usize>, label: Option<usize>, brief: bool, placement: u8 },
    /// A logout.
    End { session: usize },
    /// The sessions that a user has.
    List { user: usize },
    /// A merge patch that adds one member, unless it keeps the data.
    Patch { session: usize, keeps: bool, details: Details },
    /// A read, and the touch that may be due.
    Read { session: usize, strict: bool },
    /// A new ID; a login where there is a user. Grace in seconds.
    Regenerate { session: usize, grace: u32, user: Option<usize> },
    /// Other data, and perhaps another user.
    Replace { session: usize, user: Option<Option<usize>>, details: Details },
    /// All sessions of a user but one. An erasure is the same, without one that is spared.
    RevokeAll { user: usize, spared: Option<usize> },
    /// One session of a user, by its handle.
    RevokeOne { user: usize, session: usize },
}

/// What a write changes besides, and a list shows.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Details {
    /// Another label, or none.
    pub label: Option<Option<usize>>,
    /// Another idle window, in seconds.
    pub idle: Option<u32>,
}

impl Call {
    /// The sessions that there are before any call: foreign IDs.
    pub fn foreign_ids(context: &Context) -> Vec<Known> {
        let known = |number| {
            let id = ForeignId::parse(&format!("5e551000-0000-4000-8000-00000000000{number}")).unwrap();
            let name = SessionName::Foreign(id);
            let handle = context.session_id(&name).unwrap().handle(context.tenant());
            Known { name, handle, tag: format!("\"of\":\"f{number}\""), by: None, from: None }
        };
        (0..FOREIGN_IDS).map(known).collect()
    }

    /// What a client might want next.
    pub fn drawn(history: &History, chance: &mut Chance) -> Self {
        let session = pick(history, chance);
        let user = |chance: &mut Chance| chance.weighted(&[(1, None), (3, Some(0)), (1, Some(1))]);
        match chance.below(100) {
            0..16 => Self::Create {
                foreign: chance.of(&[None, None, Some(0), Some(1)]),
                user: user(chance),
                label: chance.of(&[None, Some(0)]),
                brief: chance.one_in(6),
                placement: u8::try_from(chance.below(256)).unwrap(),
            },
            16..44 => Self::Read { session, strict: chance.one_in(8) },
            44..53 => Self::Patch { session, keeps: chance.one_in(4), details: Details::drawn(chance) },
            53..62 => {
                Self::Replace { session, user: chance.one_in(4).then(|| user(chance)), details: Details::drawn(chance) }
            }
            62..75 => Self::Regenerate {
                session,
                grace: chance.of(&[0, 0, 10, 60]),
                user: if chance.one_in(4) { Some(chance.index(USERS)) } else { None },
            },
            75..84 => Self::End { session },
            84..91 => {
                let owned = alive(history).find_map(|session| Some((history.owner(session)?, session)));
                let (user, session) = owned.filter(|_| !chance.one_in(3)).unwrap_or((chance.index(USERS), session));
                Self::RevokeOne { user, session }
            }
            91..95 => Self::List { user: chance.weighted(&[(3, 0), (1, 1)]) },
            _ => Self::RevokeAll {
                user: chance.weighted(&[(3, 0), (1, 1)]),
                spared: chance.one_in(2).then_some(session),
            },
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Create { .. } => "create",
            Self::End { .. } => "end",
            Self::List { .. } => "list",
            Self::Patch { .. } => "patch",
            Self::Read { .. } => "read",
            Self::Regenerate { .. } => "regenerate",
            Self::Replace { .. } => "replace",
            Self::RevokeAll { .. } => "revoke all",
            Self::RevokeOne { .. } => "revoke one",
        }
    }

    /// The ID that it is about.
    #[must_use]
    pub const fn session(&self) -> Option<usize> {
        match *self {
            Self::Create { foreign, .. } => foreign,
            Self::List { .. } | Self::RevokeAll { .. } => None,
            Self::End { session }
            | Self::Patch { session, .. }
            | Self::Read { session, .. }
            | Self::Regenerate { session, .. }
            | Self::Replace { session, .. }
            | Self::RevokeOne { session, .. } => Some(session),
        }
    }

    /// Whether lifetimes start anew.
    #[must_use]
    pub const fn is_birth(&self) -> bool {
        matches!(self, Self::Create { .. } | Self::Regenerate { user: Some(_), .. })
    }

    /// Whether it ends the session that it names, and nothing else.
    #[must_use]
    pub const fn is_end(&self) -> bool {
        matches!(self, Self::End { .. } | Self::RevokeOne { .. })
    }

    /// The user whose the session becomes, if it says so.
    #[must_use]
    pub const fn joins(&self) -> Option<Option<usize>> {
        match *self {
            Self::Create { user, .. } => Some(user),
            Self::Regenerate { user: Some(user), .. } => Some(Some(user)),
            Self::Replace { user, .. } => user,
            _ => None,
        }
    }

    /// What it says of label and idle window.
    #[must_use]
    pub const fn details(&self) -> Details {
        match *self {
            Self::Create { label, .. } => Details { label: Some(label), idle: None },
            Self::Patch { details, .. } | Self::Replace { details, .. } => details,
            _ => Details { label: None, idle: None },
        }
    }
}

impl Details {
    fn drawn(chance: &mut Chance) -> Self {
        Self {
            label: chance.one_in(5).then(|| chance.of(&[None, Some(0), Some(1), Some(2)])),
            idle: chance.one_in(8).then(|| chance.of(&[600, 1800])),
        }
    }
}

/// What the data of a session holds that the `number`th call wrote.
pub fn mark(number: usize) -> String {
    format!("\"by{number}\":1")
}

fn tag(number: usize) -> String {
    format!("\"of\":\"c{number}\"")
}

/// Mostly one that is alive as far as anybody was told, or one of the youngest: calls should meet.
fn pick(history: &History, chance: &mut Chance) -> usize {
    let count = history.sessions.len();
    let alive: Vec<usize> = alive(history).take(2).collect();
    if !alive.is_empty() && !chance.one_in(3) {
        return chance.of(&alive);
    }
    let recent = if chance.one_in(4) { count } else { count.min(3) };
    count - 1 - chance.index(recent)
}

/// The sessions that are alive as far as anybody was told, the youngest first.
fn alive(history: &History) -> impl Iterator<Item = usize> {
    (0..history.sessions.len()).rev().filter(|session| history.seems_alive(*session))
}

/// Seconds: a life that ends before most markers do.
pub const BRIEF: u32 = 45;
/// How many people there are.
pub const USERS: usize = 2;
const FOREIGN_IDS: usize = 2;
