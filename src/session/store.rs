//! The seam to every store: what a rule asks for, and what a store says of itself.
//!
//! A store is get, apply and list over keys and bytes. It knows no session, no key and no rule.

use core::fmt;

use crate::envelope::Version;
use crate::id::{Handle, Placement, UserPseudonym};

/// A place in the store. Its text is what a store that takes text uses: `s:<handle>`, at most 89 characters.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Key {
    /// When the session was last seen, sealed.
    Activity(Handle),
    /// The session ended, or goes on under another ID.
    Ended(Handle),
    /// The session ended for good. Only eventual stores need it: there, a regenerate that does not see an end yet writes
    /// over `e:`, and its successor must find out.
    Final(Handle),
    /// All sessions of the user ended.
    Revoked(UserPseudonym),
    /// The record, sealed. Authoritative.
    Session(Handle),
    /// A line in the list of the user's sessions, sealed.
    User(UserPseudonym, Handle),
}

impl Key {
    /// Reads a key's text, or nothing.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, name) = text.split_once(':')?;
        match kind {
            "a" => Handle::parse(name).map(Self::Activity),
            "e" => Handle::parse(name).map(Self::Ended),
            "f" => Handle::parse(name).map(Self::Final),
            "r" => UserPseudonym::parse(name).map(Self::Revoked),
            "s" => Handle::parse(name).map(Self::Session),
            "u" => {
                let (user, handle) = name.split_once(':')?;
                Some(Self::User(UserPseudonym::parse(user)?, Handle::parse(handle)?))
            }
            _ => None,
        }
    }

    /// What decides the shard: everything of a session lies together, and so does everything of a user's index.
    #[must_use]
    pub fn placement(&self) -> Placement {
        match self {
            Self::Activity(handle) | Self::Ended(handle) | Self::Final(handle) | Self::Session(handle) => {
                handle.placement()
            }
            Self::Revoked(user) | Self::User(user, _) => user.placement(),
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Activity(handle) => write!(f, "a:{handle}"),
            Self::Ended(handle) => write!(f, "e:{handle}"),
            Self::Final(handle) => write!(f, "f:{handle}"),
            Self::Revoked(user) => write!(f, "r:{user}"),
            Self::Session(handle) => write!(f, "s:{handle}"),
            Self::User(user, handle) => write!(f, "u:{user}:{handle}"),
        }
    }
}

/// What a store promises. The rules choose their scheme by it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Promises {
    /// Conditions hold at the moment of the change, and a batch within one placement is applied whole. Such a store
    /// also shows every write at once. Without it, conditions are not looked at: the rule compared what it had read.
    pub atomic: bool,
    /// Seconds until a write is seen everywhere, in a store that is not atomic.
    pub visibility: u32,
    /// The least idle window in seconds: an eventual store cannot keep a shorter one.
    pub min_idle: u32,
    /// Keys in one get or changes in one apply, at most.
    pub max_batch: usize,
}

impl Promises {
    /// An exact store: memory, Redis, Durable Objects.
    pub const EXACT: Self = Self { atomic: true, visibility: 0, min_idle: 1, max_batch: 1000 };

    /// Seconds of visibility that the rules work with. KV may cache for 30, whatever it is asked for, and under the 10 in which a
    /// write lands and what clocks differ settling would be unsound; beyond an hour no revocation bound is worth stating.
    pub const VISIBILITY: core::ops::RangeInclusive<u32> = 30..=3600;

    /// An eventual store whose writes are seen everywhere within `visibility` seconds, like Workers KV.
    #[must_use]
    pub const fn eventual(visibility: u32) -> Self {
        Self { atomic: false, visibility, min_idle: MIN_EVENTUAL_IDLE, max_batch: 128 }
    }
}

/// What must hold for changes to be applied. Only atomic stores look.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Condition {
    /// Nothing is there.
    Absent(Key),
    /// Exactly this is there, or nothing.
    Equals(Key, Option<Vec<u8>>),
    /// An envelope of this version is there.
    Version(Key, Version),
}

impl Condition {
    /// The key that it speaks of.
    #[must_use]
    pub const fn key(&self) -> Key {
        match self {
            Self::Absent(key) | Self::Equals(key, _) | Self::Version(key, _) => *key,
        }
    }

    /// Whether it holds where `current` is stored.
    #[must_use]
    pub fn holds(&self, current: Option<&[u8]>) -> bool {
        match self {
            Self::Absent(_) => current.is_none(),
            Self::Equals(_, expected) => current == expected.as_deref(),
            Self::Version(_, version) => current.and_then(Version::of) == Some(*version),
        }
    }
}

/// One change.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Change {
    /// Nothing shall be there.
    Delete(Key),
    /// This shall be there until `expires_at` (Unix seconds); a store may keep it longer, never shorter.
    Put {
        /// Where.
        key: Key,
        /// What: sealed, or a marker.
        value: Vec<u8>,
        /// Until when it is needed.
        expires_at: u32,
    },
}

impl Change {
    /// The key that it changes.
    #[must_use]
    pub const fn key(&self) -> Key {
        match self {
            Self::Delete(key) | Self::Put { key, .. } => *key,
        }
    }
}

/// A page of a user's index.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Page {
    /// The sessions, in the order of their keys.
    pub entries: Vec<(Handle, Vec<u8>)>,
    /// Where the next page starts, if there is one; the store's own words.
    pub next: Option<String>,
}

/// Seconds. Under it, the slack of a tenth plus the visibility would be most of the window.
const MIN_EVENTUAL_IDLE: u32 = 600;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_back_and_nothing_else_is_a_key() {
        let (handle, user) = ("A".repeat(43), "B".repeat(42) + "A");
        let texts = ["s", "a", "e", "f"].map(|kind| format!("{kind}:{handle}"));
        for text in texts.into_iter().chain([format!("r:{user}")]) {
            assert_eq!(Key::parse(&text).unwrap().to_string(), text);
        }
        let entry = format!("u:{user}:{handle}");
        assert_eq!(Key::parse(&entry).unwrap().to_string(), entry);
        assert_eq!(entry.len(), 89);
        for other in ["", "s", "s:", "s:abc", "x:AAAA", &format!("u:{user}"), &format!("s:{handle}:")] {
            assert_eq!(Key::parse(other), None, "{other}");
        }
    }
}
