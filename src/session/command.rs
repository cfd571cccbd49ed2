//! What can be asked of a session, and what comes of it.

use super::error::{LifetimeField, SessionError};
use super::lifetime::Lifetime;
use super::record::{Data, Label};
use super::store::Promises;
use crate::envelope::Version;
use crate::id::{CsrfToken, ForeignId, Handle, Placement, SessionId, SessionName, UserId};

/// One call. Durations are in seconds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Command {
    /// A new session; under a foreign ID also instead of the one that is there.
    Create(Create),
    /// Ends a session, also one that is not there: what it would have been is barred.
    End(SessionName),
    /// A page of what is held about a user.
    Export(UserPage),
    /// A page of a user's live sessions.
    List(UserPage),
    /// Reads a session as one who does not use it: no deadline slides. It relies on nothing that this instance has settled.
    Peek(SessionName),
    /// Reads a session, and slides its idle deadline when a tenth of the window has passed.
    Read {
        /// Which one.
        name: SessionName,
        /// Ask the store for everything, whatever this instance has settled.
        strict: bool,
    },
    /// A new ID for the same session; the old one dies.
    Regenerate(Regenerate),
    /// Ends all sessions of a user, but for one where one is spared.
    RevokeAll(RevokeAll),
    /// Ends one session of a user.
    RevokeOne {
        /// Whose it must be.
        user: UserId,
        /// Which one.
        handle: Handle,
    },
    /// Changes a session that is there.
    Write(Write),
}

/// What a new session is made of.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Create {
    /// An ID of the caller's own.
    pub foreign_id: Option<ForeignId>,
    /// Which shard, where the caller has a reason to choose.
    pub placement: Option<Placement>,
    /// The payload.
    pub data: Data,
    /// Whose it is.
    pub user: Option<UserId>,
    /// What a list of the user's sessions shows.
    pub label: Option<Label>,
    /// The idle window; the deployment's where none is given.
    pub idle: Option<u32>,
    /// The absolute life; the deployment's where none is given.
    pub absolute: Option<u32>,
    /// Whether the line in the user's list has the foreign ID, so that who reads the line can open the session. The cost is in
    /// docs/THREAT-MODEL.md.
    pub discloses_id: bool,
    /// Whether the session that is there may stay as it is, where this would make it what it became less than a tenth of its
    /// absolute life ago. It then was used; nothing else is written. For callers that create with every request, and often with
    /// several at once: of those, in an exact store, one is written, and the others count as having come before it.
    pub keeps_unchanged: bool,
}

/// A change to a live session. What is `None` stays.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Write {
    /// Which one.
    pub name: SessionName,
    /// Only if it has this version.
    pub only: Option<Version>,
    /// What becomes of the data.
    pub data: DataChange,
    /// Another user, or none.
    pub user: Option<Option<UserId>>,
    /// Another label, or none.
    pub label: Option<Option<Label>>,
    /// Another idle window.
    pub idle: Option<u32>,
}

/// What becomes of a session's data.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum DataChange {
    /// It stays.
    Keep,
    /// An RFC 7396 merge patch is applied to it; both are JSON.
    Merge(Data),
    /// It becomes this.
    Replace(Data),
}

/// A change of ID. With a user it is the login: lifetimes start anew.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Regenerate {
    /// Which one.
    pub name: SessionName,
    /// For how long the old data stays readable under the old ID.
    pub grace: u32,
    /// Who logged in.
    pub user: Option<UserId>,
    /// What the session holds from now on.
    pub data: Option<Data>,
}

/// A part of a user's index.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UserPage {
    /// Whose.
    pub user: UserId,
    /// Where to go on: `next` of the page before.
    pub after: Option<String>,
    /// Sessions at most; a store may have a lower bound of its own.
    pub limit: usize,
}

/// The end of all sessions of a user.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RevokeAll {
    /// Whose.
    pub user: UserId,
    /// The session that stays: it must be alive, and theirs.
    pub spared: Option<SessionName>,
    /// Where to go on: `next` of the call before.
    pub after: Option<String>,
}

/// What a call came to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// A session under a new ID, or under the caller's own.
    Created {
        /// The ID to hand to the session's owner; `None` for a foreign one, which the caller has.
        id: Option<SessionId>,
        /// The session.
        session: Session,
    },
    /// The session is ended, wherever it was.
    Ended,
    /// What is held about a user.
    Exported(Exported),
    /// Sessions of a user.
    Listed(Listed),
    /// Sessions of a user are ended.
    Revoked(RevokedAll),
    /// The session as it is now.
    Session(Session),
}

/// A session as its owner may see it. Times are Unix milliseconds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Session {
    /// Its public name.
    pub handle: Handle,
    /// Its synchronizer token.
    pub csrf: CsrfToken,
    /// Which write it is from.
    pub version: Version,
    /// When it was created, or its user logged in.
    pub created: u64,
    /// When it was last seen, as recorded.
    pub last_seen: u64,
    /// When its absolute life ends; in grace, when the old ID dies.
    pub expires: u64,
    /// When it ends if nobody uses it.
    pub idle_expires: u64,
    /// Whose it is.
    pub user: Option<UserId>,
    /// What lists show.
    pub label: Option<Label>,
    /// The payload.
    pub data: Data,
}

/// A page of a user's live sessions.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Listed {
    /// In the order of their handles, which is none that means anything.
    pub sessions: Vec<Row>,
    /// Where the next page starts, if there may be one.
    pub next: Option<String>,
}

/// One session in its user's list. Times are Unix milliseconds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Row {
    /// Its public name.
    pub handle: Handle,
    /// When it was created, or its user logged in.
    pub created: u64,
    /// When it got its user.
    pub joined: u64,
    /// When it was last seen, as recorded: late by a tenth of its idle window at the most.
    pub last_seen: u64,
    /// When its absolute life ends.
    pub expires: u64,
    /// When it ends if nobody uses it.
    pub idle_expires: u64,
    /// What it is called.
    pub label: Option<Label>,
    /// Its ID, if it was created to disclose that. Whoever has it has the session.
    pub disclosed: Option<ForeignId>,
}

/// A page of what is held about a user: what stands in their index, alive or not.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Exported {
    /// What could be read.
    pub sessions: Vec<Row>,
    /// Lines that do not open: sealed under a key that is not in the keyring, or damaged.
    pub unreadable: usize,
    /// When all sessions of this user were last ended at once.
    pub revoked_at: Option<u64>,
    /// Where the next page starts, if there may be one.
    pub next: Option<String>,
}

/// What a revoke-all did.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RevokedAll {
    /// Sessions that this call ended.
    pub ended: u32,
    /// The latest absolute deadline of those, in Unix milliseconds: when also the markers are gone that keep them ended. 0 for
    /// none.
    pub complete_by: u64,
    /// Where to go on, if this was not all.
    pub next: Option<String>,
}

/// What a deployment allows, and what it takes where nothing is said. Durations are in seconds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// The idle window where none is asked for; clipped to the absolute life.
    pub idle: u32,
    /// The absolute life where none is asked for.
    pub absolute: u32,
    /// The longest absolute life.
    pub longest: u32,
    /// Bytes of data.
    pub max_data: usize,
    /// Sessions that one user may have: who logs in once more ends their oldest. `None` for any number.
    pub max_sessions_per_user: Option<u32>,
}

impl Default for Limits {
    /// 12 hours idle, 7 days absolute, 400 days at the longest (what browsers keep a cookie for), 256 KiB.
    fn default() -> Self {
        Self {
            idle: 12 * 3600,
            absolute: 7 * DAY,
            longest: 400 * DAY,
            max_data: 256 * 1024,
            max_sessions_per_user: None,
        }
    }
}

/// One of the limits that can be wrong.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Limit {
    /// The absolute life where none is asked for: at least a second, at most the longest.
    Absolute,
    /// The idle window where none is asked for: at least what the store can keep, at most the absolute life.
    Idle,
    /// The longest absolute life: at least a second, at most ten years.
    Longest,
    /// Bytes of data: at least one, at most 1 MiB.
    MaxData,
    /// Sessions that one user may have: at least one, at most 100.
    MaxSessionsPerUser,
}

impl Limits {
    /// Whether sessions can live by these limits in a store with these promises.
    ///
    /// # Errors
    ///
    /// The first limit that cannot be kept.
    pub fn check(&self, promises: &Promises) -> Result<(), Limit> {
        let within = |value: u32, most: u32, limit| if (1..=most).contains(&value) { Ok(()) } else { Err(limit) };
        within(self.longest, LONGEST_LIFE, Limit::Longest)?;
        within(self.absolute, self.longest, Limit::Absolute)?;
        within(self.idle, self.absolute, Limit::Idle)?;
        if self.idle < promises.min_idle && self.idle != self.absolute {
            return Err(Limit::Idle);
        }
        if !(1..=MOST_DATA).contains(&self.max_data) {
            return Err(Limit::MaxData);
        }
        self.max_sessions_per_user
            .map_or(Ok(()), |most| within(most, MOST_SESSIONS_PER_USER, Limit::MaxSessionsPerUser))
    }

    /// The lifetime of a session that starts at `now`.
    pub(crate) fn lifetime(
        &self,
        now: u64,
        idle: Option<u32>,
        absolute: Option<u32>,
        min_idle: u32,
    ) -> Result<Lifetime, SessionError> {
        let absolute = absolute.unwrap_or(self.absolute.min(self.longest));
        if !(1..=self.longest).contains(&absolute) {
            return Err(SessionError::InvalidLifetime(LifetimeField::Absolute));
        }
        let idle = idle.unwrap_or(self.idle.min(absolute));
        let lifetime = Lifetime::starting(now, idle, absolute);
        allowed_idle(lifetime, min_idle).map(|()| lifetime)
    }

    pub(crate) fn check_data(&self, data: &Data) -> Result<(), SessionError> {
        if data.as_bytes().len() > self.max_data { Err(SessionError::DataTooLarge) } else { Ok(()) }
    }
}

/// An idle window as long as the absolute life means none, and is allowed whatever the store's least is.
pub(crate) fn allowed_idle(lifetime: Lifetime, min_idle: u32) -> Result<(), SessionError> {
    let (idle, absolute) = (super::lifetime::ms(lifetime.idle), lifetime.absolute_ms());
    if lifetime.idle > 0 && idle <= absolute && (lifetime.idle >= min_idle || idle == absolute) {
        Ok(())
    } else {
        Err(SessionError::InvalidLifetime(LifetimeField::Idle))
    }
}

/// Seconds of a day.
const DAY: u32 = 24 * 3600;
/// Seconds: ten years, which the format's 32-bit times carry until 2096.
const LONGEST_LIFE: u32 = 10 * 366 * DAY;
/// Bytes: what the format carries.
const MOST_DATA: usize = 1024 * 1024;
/// What a login can look through: each is a read in an eventual store.
const MOST_SESSIONS_PER_USER: u32 = 100;

#[cfg(test)]
mod tests {
    use super::*;

    fn idle(limits: Limits, idle: Option<u32>, absolute: Option<u32>) -> Result<u32, SessionError> {
        limits.lifetime(1_000, idle, absolute, 600).map(|life| life.idle)
    }

    #[test]
    fn a_default_idle_is_clipped_and_an_asked_one_refused() {
        let refused = Err(SessionError::InvalidLifetime(LifetimeField::Idle));
        let limits = Limits::default();
        assert_eq!(idle(limits, None, Some(3600)), Ok(3600));
        assert_eq!(idle(limits, Some(3601), Some(3600)), refused);
        assert_eq!(idle(limits, Some(599), Some(3600)), refused);
        assert_eq!(idle(limits, Some(600), Some(3600)), Ok(600));
        assert_eq!(idle(limits, Some(0), Some(3600)), refused);
        assert_eq!(idle(limits, Some(5), Some(5)), Ok(5), "idle = absolute means none");
        assert_eq!(idle(limits, None, Some(5)), Ok(5));
    }

    #[test]
    fn absurd_lives_are_refused() {
        let limits = Limits::default();
        for absolute in [0, 400 * DAY + 1, u32::MAX] {
            let refused = Err(SessionError::InvalidLifetime(LifetimeField::Absolute));
            assert_eq!(idle(limits, None, Some(absolute)), refused);
        }
    }
}
