//! The record: all that a session is, as it is sealed under `s:<handle>` (FORMAT.md, "Session record").
//!
//! ```text
//! 0x01 || flags || created (u64 ms) || absolute (u64 ms) || idle (u32 s) || written (u64 ms)
//!      || user:  lp(user) || joined (u64 ms) || listed (u64 ms)        flag 0x01
//!      || label: lp(label)                                             flag 0x02
//!      || grace: successor (32) || dies (u64 ms)                       flag 0x04
//!      || predecessors: count (1–8) || { handle (32) || at (u64 ms) }  flag 0x08
//!      || disclosed: lp(foreign ID), only with a user                  flag 0x10
//!      || data
//! ```

use zeroize::Zeroizing;

use super::codec::{Reader, put_text};
use super::lifetime::Lifetime;
use crate::id::{ForeignId, Handle, UserId};

/// What a session is. Its data is the caller's, JSON in UTF-8; nothing here looks into it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Record {
    pub(crate) lifetime: Lifetime,
    /// When this version was written; using a session by writing it counts as seeing it.
    pub(crate) written: u64,
    pub(crate) user: Option<Member>,
    pub(crate) label: Option<Label>,
    pub(crate) grace: Option<Grace>,
    /// The IDs that this session had a moment ago, in an eventual store: somebody may have ended one of them where that
    /// was not to be seen yet.
    pub(crate) predecessors: Vec<Predecessor>,
    pub(crate) data: Data,
}

/// Whose session it is, and since when: what a revoke-all compares with, not the session's age.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Member {
    pub(crate) id: UserId,
    pub(crate) joined: u64,
    /// When a write last told the user's list that the session is in use. Reads tell it by touches.
    pub(crate) listed: u64,
    /// The session's own ID, where the line in the user's list has it too.
    pub(crate) disclosed: Option<ForeignId>,
}

/// The old side of a regenerate: its data is readable until it dies, and ending it ends the successor.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Grace {
    pub(crate) successor: Handle,
    pub(crate) dies: u64,
}

/// An ID that the session had.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Predecessor {
    pub(crate) handle: Handle,
    /// When the session left it.
    pub(crate) at: u64,
}

/// What a person sees in a list of their sessions ("Firefox on Linux"): 1 to 128 bytes of UTF-8.
#[derive(Clone, Eq, PartialEq)]
pub struct Label(String);

impl Label {
    /// Reads a label, or nothing if it is empty or too long.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        (1..=MAX_LABEL_LEN).contains(&text.len()).then(|| Self(text.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl core::fmt::Debug for Label {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Label").finish_non_exhaustive()
    }
}

/// A session's payload: wiped when dropped, and never printed.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Data(Zeroizing<Vec<u8>>);

impl Data {
    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for Data {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }
}

impl core::fmt::Debug for Data {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Data").finish_non_exhaustive()
    }
}

impl Record {
    pub(crate) fn encode(&self) -> Zeroizing<Vec<u8>> {
        let mut out = Zeroizing::new(Vec::with_capacity(MAX_HEAD_LEN.saturating_add(self.data.as_bytes().len())));
        let flag = |present: bool, flag: u8| if present { flag } else { 0 };
        let predecessors = self.predecessors.get(..MAX_PREDECESSORS).unwrap_or(&self.predecessors);
        let disclosed = self.user.as_ref().and_then(|user| user.disclosed.as_ref());
        let flags = flag(self.user.is_some(), USER)
            | flag(self.label.is_some(), LABEL)
            | flag(self.grace.is_some(), GRACE)
            | flag(!predecessors.is_empty(), PREDECESSORS)
            | flag(disclosed.is_some(), DISCLOSED);
        out.extend_from_slice(&[FORMAT, flags]);
        out.extend_from_slice(&self.lifetime.created.to_be_bytes());
        out.extend_from_slice(&self.lifetime.absolute.to_be_bytes());
        out.extend_from_slice(&self.lifetime.idle.to_be_bytes());
        out.extend_from_slice(&self.written.to_be_bytes());
        if let Some(user) = &self.user {
            put_text(&mut out, user.id.as_str());
            out.extend_from_slice(&user.joined.to_be_bytes());
            out.extend_from_slice(&user.listed.to_be_bytes());
        }
        if let Some(label) = &self.label {
            put_text(&mut out, label.as_str());
        }
        if let Some(grace) = &self.grace {
            out.extend_from_slice(grace.successor.as_bytes());
            out.extend_from_slice(&grace.dies.to_be_bytes());
        }
        if !predecessors.is_empty() {
            out.push(u8::try_from(predecessors.len()).unwrap_or(u8::MAX));
            for predecessor in predecessors {
                out.extend_from_slice(predecessor.handle.as_bytes());
                out.extend_from_slice(&predecessor.at.to_be_bytes());
            }
        }
        if let Some(id) = disclosed {
            put_text(&mut out, id.as_str());
        }
        out.extend_from_slice(self.data.as_bytes());
        out
    }

    /// Reads a record, or nothing: another format byte, an unknown flag, a field that is cut off or out of bounds.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut fields = Reader::new(bytes);
        let (format, flags) = (fields.u8()?, fields.u8()?);
        if format != FORMAT || flags & !(USER | LABEL | GRACE | PREDECESSORS | DISCLOSED) != 0 {
            return None;
        }
        let lifetime = Lifetime { created: fields.u64()?, absolute: fields.u64()?, idle: fields.u32()? };
        let written = fields.u64()?;
        let mut user = match flags & USER {
            0 => None,
            _ => Some(Member {
                id: UserId::parse(fields.text()?)?,
                joined: fields.u64()?,
                listed: fields.u64()?,
                disclosed: None,
            }),
        };
        let label = match flags & LABEL {
            0 => None,
            _ => Some(Label::parse(fields.text()?)?),
        };
        let grace = match flags & GRACE {
            0 => None,
            _ => Some(Grace { successor: Handle::from_bytes(fields.array()?), dies: fields.u64()? }),
        };
        let mut predecessors = Vec::new();
        if flags & PREDECESSORS != 0 {
            let count = fields.u8()?;
            if !(1..=MAX_PREDECESSORS).contains(&usize::from(count)) {
                return None;
            }
            for _ in 0..count {
                let handle = Handle::from_bytes(fields.array()?);
                predecessors.push(Predecessor { handle, at: fields.u64()? });
            }
        }
        if flags & DISCLOSED != 0 {
            user.as_mut()?.disclosed = Some(ForeignId::parse(fields.text()?)?);
        }
        let data = Data::from(fields.rest().to_vec());
        Some(Self { lifetime, written, user, label, grace, predecessors, data })
    }
}

const FORMAT: u8 = 1;
const USER: u8 = 0x01;
const LABEL: u8 = 0x02;
const GRACE: u8 = 0x04;
const PREDECESSORS: u8 = 0x08;
const DISCLOSED: u8 = 0x10;
/// Changes of ID within twice the store's visibility. Nobody logs in that often in two minutes, and each is a read more for
/// every check.
pub(crate) const MAX_PREDECESSORS: usize = 8;
const MAX_LABEL_LEN: usize = 128;
/// Everything before the data, at most: what a record needs beyond its payload.
const MAX_HEAD_LEN: usize = 925;

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> Record {
        Record {
            lifetime: Lifetime { created: 1, absolute: 2, idle: 3 },
            written: 4,
            user: Some(Member {
                id: UserId::parse(&"u".repeat(256)).unwrap(),
                joined: 5,
                listed: 7,
                disclosed: ForeignId::parse(&"f".repeat(128)),
            }),
            label: Label::parse(&"l".repeat(128)),
            grace: Some(Grace { successor: Handle::from_bytes([9; 32]), dies: 6 }),
            predecessors: vec![Predecessor { handle: Handle::from_bytes([8; 32]), at: 8 }; MAX_PREDECESSORS],
            data: Data::from(b"{}".to_vec()),
        }
    }

    #[test]
    fn every_combination_of_fields_is_read_back() {
        for drop in 0..32 {
            let mut record = full();
            record.user = record.user.filter(|_| drop & 1 == 0);
            record.label = record.label.filter(|_| drop & 2 == 0);
            record.grace = record.grace.filter(|_| drop & 4 == 0);
            if drop & 8 != 0 {
                record.predecessors.clear();
            }
            if let Some(user) = record.user.as_mut().filter(|_| drop & 16 != 0) {
                user.disclosed = None;
            }
            assert_eq!(Record::decode(&record.encode()).unwrap(), record);
        }
    }

    #[test]
    fn the_longest_head_fits() {
        assert!(full().encode().len() - 2 <= MAX_HEAD_LEN);
    }

    #[test]
    fn other_formats_flags_and_cut_fields_are_refused() {
        let good = full().encode();
        for cut in 0..good.len() - 2 {
            assert_eq!(Record::decode(&good[..cut]), None, "cut at {cut}");
        }
        for (at, byte) in [(0, 0), (0, 2), (1, 0x1E), (1, 0x3F), (1, 0x80)] {
            let mut bad = good.clone();
            bad[at] = byte;
            assert_eq!(Record::decode(&bad), None);
        }
    }

    #[test]
    fn payloads_and_labels_do_not_print() {
        let printed = format!("{:?}", full());
        assert!(
            !printed.contains("uuu")
                && !printed.contains("fff")
                && !printed.contains("lll")
                && !printed.contains("123, 125"),
            "{printed}"
        );
    }
}
