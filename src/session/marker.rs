//! Markers: what stays ended although nobody can open it (FORMAT.md, "Markers"). They need no key to read and hold
//! nothing personal.
//!
//! ```text
//! e: 0x01 || expires_at (u32 s) || ended (u64 ms) || dies (u64 ms)          21 bytes
//! f: 0x01 || expires_at (u32 s) || ended (u64 ms)                           13 bytes
//! r: 0x01 || expires_at (u32 s) || until (u64 ms) || spared handle (32)     45 bytes
//! ```
//!
//! A marker that cannot be read counts as the strictest one: whoever can damage it could as well have written it.

use super::codec::Reader;
use super::lifetime::ms;
use crate::id::{Handle, ID_LEN};

/// `e:<handle>`: this session ended. It only ever gets stricter.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Ended {
    pub(crate) expires_at: u32,
    /// When.
    pub(crate) at: u64,
    /// Later than `at` only in grace: until then the old data is readable.
    pub(crate) dies: u64,
}

impl Ended {
    pub(crate) fn encode(self) -> Vec<u8> {
        let mut out = vec![FORMAT];
        out.extend_from_slice(&self.expires_at.to_be_bytes());
        out.extend_from_slice(&self.at.to_be_bytes());
        out.extend_from_slice(&self.dies.to_be_bytes());
        out
    }

    pub(crate) fn decode(bytes: &[u8]) -> Self {
        let fields = || {
            let mut fields = Reader::new(bytes);
            (fields.u8()? == FORMAT).then_some(())?;
            let marker = Self { expires_at: fields.u32()?, at: fields.u64()?, dies: fields.u64()? };
            fields.end().map(|()| marker)
        };
        fields().unwrap_or(Self { expires_at: u32::MAX, at: u64::MAX, dies: 0 })
    }

    /// Whether nothing of the session is readable any more. An end is, whatever a clock says; a grace when it is over.
    pub(crate) const fn is_final(self, now: u64) -> bool {
        self.dies <= self.at || now >= self.dies
    }

    /// Whether it ends a record created at `created`. A native ID is never created twice, so its marker ends all there
    /// is. A foreign ID may be: what comes more than twice the bound after the end is a new session.
    pub(crate) fn covers(self, created: u64, foreign: bool, visibility: u32) -> bool {
        !foreign || created < self.at.saturating_add(bar_ms(visibility))
    }
}

/// `f:<handle>`: somebody ended this session, whatever a regenerate elsewhere made of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Final {
    pub(crate) expires_at: u32,
    /// When.
    pub(crate) at: u64,
}

impl Final {
    pub(crate) fn encode(self) -> Vec<u8> {
        let mut out = vec![FORMAT];
        out.extend_from_slice(&self.expires_at.to_be_bytes());
        out.extend_from_slice(&self.at.to_be_bytes());
        out
    }

    /// `None` where it cannot be read: it ended whatever there is to end.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut fields = Reader::new(bytes);
        (fields.u8()? == FORMAT).then_some(())?;
        let marker = Self { expires_at: fields.u32()?, at: fields.u64()? };
        fields.end().map(|()| marker)
    }
}

/// Whether a session that took a new ID at `regenerated` ended by what stands under its old one's `f:`. It did where the
/// two may have missed each other. Long after a regenerate, the old ID has no say any more, whoever holds it; and under a
/// foreign ID there may be another session by then.
pub(crate) fn ends_successor(value: &[u8], regenerated: u64, visibility: u32) -> bool {
    Final::decode(value).is_none_or(|marker| marker.at.abs_diff(regenerated) < bar_ms(visibility))
}

/// `r:<pseudonym>`: every session that this user had at `until` is ended, but for the spared one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Revoked {
    pub(crate) expires_at: u32,
    pub(crate) until: u64,
    pub(crate) spared: Option<Handle>,
}

impl Revoked {
    pub(crate) fn encode(self) -> Vec<u8> {
        let mut out = vec![FORMAT];
        out.extend_from_slice(&self.expires_at.to_be_bytes());
        out.extend_from_slice(&self.until.to_be_bytes());
        out.extend_from_slice(self.spared.map_or([0; ID_LEN], |handle| *handle.as_bytes()).as_slice());
        out
    }

    pub(crate) fn decode(bytes: &[u8]) -> Self {
        let fields = || {
            let mut fields = Reader::new(bytes);
            (fields.u8()? == FORMAT).then_some(())?;
            let (expires_at, until) = (fields.u32()?, fields.u64()?);
            let spared = Some(fields.array()?).filter(|handle| *handle != [0; ID_LEN]).map(Handle::from_bytes);
            fields.end().map(|()| Self { expires_at, until, spared })
        };
        fields().unwrap_or(Self { expires_at: u32::MAX, until: u64::MAX, spared: None })
    }

    /// Whether it ends the session `handle`, whose user joined it at `joined`.
    pub(crate) fn ends(self, handle: Handle, joined: u64) -> bool {
        joined <= self.until && !self.spares(handle)
    }

    pub(crate) fn spares(self, handle: Handle) -> bool {
        self.spared == Some(handle)
    }
}

/// For how long an end and what it has not seen may miss each other: twice what a late write may need. So long a foreign
/// ID takes no new session after an end, and a successor asks for the ends of the IDs that it had.
pub(crate) fn bar_ms(visibility: u32) -> u64 {
    ms(visibility.max(MIN_BAR_SECONDS)).saturating_mul(2)
}

const FORMAT: u8 = 1;
/// A client that logged out may still have a request under way, whatever the store promises.
const MIN_BAR_SECONDS: u32 = 60;

#[cfg(test)]
mod tests {
    use super::*;

    const HANDLE: Handle = Handle::from_bytes([7; 32]);

    #[test]
    fn markers_are_read_back() {
        let ended = Ended { expires_at: 1, at: 2, dies: 3 };
        assert_eq!(Ended::decode(&ended.encode()), ended);
        assert_eq!(ended.encode().len(), 21);
        for spared in [None, Some(HANDLE)] {
            let revoked = Revoked { expires_at: 1, until: 2, spared };
            assert_eq!(Revoked::decode(&revoked.encode()), revoked);
            assert_eq!(revoked.encode().len(), 45);
        }
    }

    #[test]
    fn a_damaged_marker_is_the_strictest() {
        for damaged in [&[][..], &[2; 21], &[1; 20], &[1; 22]] {
            let ended = Ended::decode(damaged);
            assert!(ended.is_final(0) && ended.covers(u64::MAX - 1, true, 0));
            assert!(Revoked::decode(damaged).ends(HANDLE, u64::MAX));
        }
    }

    #[test]
    fn a_foreign_id_is_barred_for_twice_the_bound_and_a_native_one_for_ever() {
        let ended = Ended { expires_at: 9, at: 1_000, dies: 1_000 };
        assert!(ended.covers(120_999, true, 60) && !ended.covers(121_000, true, 60));
        assert!(ended.covers(120_999, true, 0) && !ended.covers(241_000, true, 120));
        assert!(ended.covers(u64::MAX, false, 60));
    }

    #[test]
    fn revoke_all_ends_who_joined_before_but_not_the_spared() {
        let revoked = Revoked { expires_at: 9, until: 10, spared: Some(HANDLE) };
        let other = Handle::from_bytes([8; 32]);
        assert!(revoked.ends(other, 10) && !revoked.ends(other, 11) && !revoked.ends(HANDLE, 10));
    }
}
