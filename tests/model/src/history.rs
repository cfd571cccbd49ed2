//! What the clients asked and were told, and when. Nothing here knows what is stored, or how the rules work.

use sealed_session::envelope::Version;
use sealed_session::session::{Absence, SessionError};
use sealed_session::{Handle, SessionName};

use crate::call::Call;

/// A session as the clients know it: one ID, whatever lives under it.
pub struct Known {
    /// What a call names it by.
    pub name: SessionName,
    /// What the store names it by.
    pub handle: Handle,
    /// What its data says, whoever wrote it.
    pub tag: String,
    /// The call that it came from; `None` for a foreign ID, which was there before.
    pub by: Option<usize>,
    /// The session that it was regenerated from.
    pub from: Option<usize>,
}

/// One call. Times are the true clock's, in Unix milliseconds.
pub struct Told {
    /// What was asked.
    pub call: Call,
    /// Which client asked.
    pub client: usize,
    /// Where.
    pub place: usize,
    /// When.
    pub begun: u64,
    /// When it last moved; once there is an answer, when that was given.
    pub moved: u64,
    /// What the client was told; `None` while it waits, and for ever where the call was cut off.
    pub answer: Option<Answer>,
    /// What became of the touch.
    pub touch: Touch,
}

/// What a client was told.
pub enum Answer {
    /// Done, and nothing to show.
    Ended,
    /// A user's sessions.
    Listed(Vec<Entry>),
    /// Why not.
    Refused(SessionError),
    /// A session: under the ID that was asked for, or under a new one.
    Session {
        /// Which.
        session: usize,
        /// What it looks like.
        seen: Seen,
    },
}

/// What an answer shows of a session.
pub struct Seen {
    /// Its version.
    pub version: Version,
    /// Its data.
    pub data: Vec<u8>,
    /// Its user, by number.
    pub user: Option<usize>,
    /// Its label, by number.
    pub label: Option<usize>,
    /// Since when it is.
    pub created: u64,
    /// Until when at most.
    pub expires: u64,
}

/// What a list shows of a session.
pub struct Entry {
    /// Which; `None` for one that no client was told of.
    pub session: Option<usize>,
    /// Its label, by number.
    pub label: Option<usize>,
    /// Since when it is.
    pub created: u64,
    /// Until when at most.
    pub expires: u64,
}

/// What became of what a call left for later.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Touch {
    /// The store has it, since then.
    Applied(u64),
    /// Nothing was due.
    NotDue,
    /// It is under way, or lost.
    Pending,
}

/// Everything so far.
#[derive(Default)]
pub struct History {
    /// By number.
    pub sessions: Vec<Known>,
    /// By number.
    pub calls: Vec<Told>,
}

impl History {
    /// This session, the one that it was regenerated from, and so on.
    pub fn chain(&self, session: usize) -> impl Iterator<Item = usize> {
        core::iter::successors(Some(session), |session| self.sessions[*session].from)
    }

    /// All calls that were made under this ID, with their numbers.
    pub fn calls_on(&self, session: usize) -> impl Iterator<Item = (usize, &Told)> {
        self.calls.iter().enumerate().filter(move |(_, told)| told.call.session() == Some(session))
    }

    /// Whether the last that a client was told of this session is that it is there.
    #[must_use]
    pub fn seems_alive(&self, session: usize) -> bool {
        let made = self.sessions[session].by.map(|by| &self.calls[by]);
        // Who is told that a session is not this user's is told nothing of the session.
        let says = |told: &&Told| {
            told.answer.is_some() && !(told.absent().is_some() && matches!(told.call, Call::RevokeOne { .. }))
        };
        let answered = self.calls_on(session).map(|(_, told)| told).filter(says);
        let last = made.into_iter().chain(answered).max_by_key(|told| told.moved);
        let is_there = |told: &Told| {
            told.shown().is_some() && !matches!(told.call, Call::Regenerate { session: old, .. } if old == session)
        };
        last.is_some_and(is_there)
    }

    /// The user that it was last shown with.
    #[must_use]
    pub fn owner(&self, session: usize) -> Option<usize> {
        let shown = self.calls.iter().rev().filter_map(Told::shown);
        shown.filter(|(shown, _)| *shown == session).map(|(_, seen)| seen.user).next().flatten()
    }

    /// The calls that may have begun a life of this session: the create that made it, all creates under a foreign ID,
    /// and the regenerates in between that were logins. Also those that nobody answered.
    pub fn births(&self, session: usize) -> impl Iterator<Item = &Told> {
        let of_one = |session: usize| {
            let made = self.sessions[session].by.map(|by| &self.calls[by]).filter(|told| told.call.is_birth());
            let creates = self.calls_on(session).map(|(_, told)| told);
            made.into_iter().chain(creates.filter(|told| matches!(told.call, Call::Create { .. })))
        };
        self.chain(session).flat_map(of_one)
    }
}

impl Told {
    /// When it was answered.
    #[must_use]
    pub fn answered(&self) -> Option<u64> {
        self.answer.as_ref().map(|_| self.moved)
    }

    /// The session that it was told of.
    #[must_use]
    pub fn shown(&self) -> Option<(usize, &Seen)> {
        match &self.answer {
            Some(Answer::Session { session, seen }) => Some((*session, seen)),
            _ => None,
        }
    }

    /// The user whose list it was told, and the list.
    #[must_use]
    pub fn listed(&self) -> Option<(usize, &[Entry])> {
        match (&self.call, &self.answer) {
            (Call::List { user }, Some(Answer::Listed(entries))) => Some((*user, entries)),
            _ => None,
        }
    }

    /// When a client was told that this ended something.
    #[must_use]
    pub fn ended(&self) -> Option<u64> {
        matches!(self.answer, Some(Answer::Ended)).then_some(self.moved)
    }

    /// Whether it was told that there is no such session.
    #[must_use]
    pub const fn absent(&self) -> Option<Absence> {
        match self.answer {
            Some(Answer::Refused(SessionError::NoSuchSession(absence))) => Some(absence),
            _ => None,
        }
    }
}
