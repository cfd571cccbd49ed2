//! What is promised, each promise a function of what the clients were told.
//!
//! A promise looks at one answer, in the light of all that was told before, and says why it should not have been given.
//! "From then on" always means for calls that begin then: an answer that was under way may be given later.

mod ended;
mod lifetime;
mod lists;
mod users;
mod writes;

use core::fmt;

use sealed_session::SessionName;

use crate::call::{BRIEF, Call};
use crate::history::{History, Seen, Told};
use crate::setup::{Kind, Setup};

/// An answer that should not have been given.
#[derive(Debug, Eq, PartialEq)]
pub struct Broken {
    /// The promise's name.
    pub promise: &'static str,
    /// Why.
    pub because: String,
}

/// What is under judgement.
pub struct Case<'h> {
    /// Where it takes place.
    pub setup: &'h Setup,
    /// All that was told.
    pub history: &'h History,
    /// The answer's call, by number.
    pub number: usize,
    /// And itself.
    pub told: &'h Told,
}

/// An answer that says to a client: this is a session, and you are in it.
pub struct Let<'h> {
    /// The session that was named.
    pub session: usize,
    /// What is shown of it, or of the one that it became.
    pub seen: &'h Seen,
}

/// The first promise that this answer breaks.
#[must_use]
pub fn broken_by(setup: &Setup, history: &History, number: usize) -> Option<Broken> {
    let case = Case { setup, history, number, told: &history.calls[number] };
    PROMISES.iter().find_map(|(promise, function)| {
        let because = function(&case)?;
        Some(Broken { promise, because })
    })
}

impl<'h> Case<'h> {
    /// Whom this answer lets in: not a create, which knows nothing of what was before.
    #[must_use]
    pub fn lets_in(&self) -> Option<Let<'h>> {
        let (_, seen) = self.told.shown()?;
        let is_create = matches!(self.told.call, Call::Create { .. });
        self.told.call.session().filter(|_| !is_create).map(|session| Let { session, seen })
    }

    /// Whether what was answered at `at` holds for this call, wherever it is made. Within one millisecond nobody can say.
    #[must_use]
    pub fn is_bound_by(&self, at: u64) -> bool {
        self.told.begun > at + self.setup.bound()
    }

    /// When it was checked at the earliest that the session lives. What a change came to is answered later.
    fn checked(&self) -> u64 {
        if matches!(self.told.call, Call::Read { .. }) { self.told.moved } else { self.told.begun }
    }

    /// Milliseconds of absolute life that each create of a session asked for. A login keeps what its session had.
    fn lives(&self, session: usize) -> impl Iterator<Item = u64> {
        self.history.births(session).filter_map(|told| match told.call {
            Call::Create { brief: true, .. } => Some(u64::from(BRIEF) * 1000),
            Call::Create { .. } => Some(self.setup.absolute_ms()),
            _ => None,
        })
    }

    fn shortest_life(&self, session: usize) -> Option<u64> {
        self.lives(session).min()
    }

    fn is_foreign(&self, session: usize) -> bool {
        matches!(self.history.sessions[session].name, SessionName::Foreign(_))
    }

    fn is_exact(&self) -> bool {
        self.setup.kind != Kind::Eventual
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "broken: {}: {}", self.promise, self.because)
    }
}

type Promise = fn(&Case<'_>) -> Option<String>;

const PROMISES: [(&str, Promise); 22] = [
    ("an ended session answers nowhere", ended::ended_is_ended),
    ("a foreign ID is barred for a while", ended::foreign_is_barred),
    ("the old ID of a regenerate dies", ended::regenerated_is_over),
    ("an end in grace ends the successor", ended::grace_ends_with_its_successor),
    ("a logout ends what the session had become", ended::ended_with_its_lineage),
    ("a revoked session has no successor", ended::revoked_one_has_no_successor),
    ("an ID has one successor", ended::one_successor),
    ("nobody outlives the absolute life", lifetime::absolute),
    ("nobody outlives the idle window", lifetime::idle),
    ("a live session answers", lifetime::live),
    ("a create is what was asked for", writes::created_as_asked),
    ("a version is one content", writes::version_is_content),
    ("no version comes back", writes::no_version_comes_back),
    ("no patch is lost", writes::no_patch_is_lost),
    ("a label is one that was given", writes::label_was_given),
    ("a list shows the user's own", lists::listed_is_theirs),
    ("a list shows what lives", lists::listed_is_alive),
    ("what lives is listed", lists::live_is_listed),
    ("revoke-one ends the user's own", users::revoked_one_was_theirs),
    ("revoke-all leaves none but the spared", users::revoked_is_revoked),
    ("nobody sees another's session", users::own_session_only),
    ("a session has the user that it was given", users::user_was_given),
];
