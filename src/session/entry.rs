//! What stands beside a record: the entry of the per-user index (`u:`) and the time a session was last seen (`a:`).
//! Both are sealed (FORMAT.md, "Entries").
//!
//! ```text
//! u: 0x01 || created (u64) || absolute (u64) || idle (u32) || joined (u64) || last seen (u64, 0: see a:) || label
//!    0x02 || … the same … || lp(foreign ID) || label
//! a: 0x01 || last seen (u64)
//! ```

use zeroize::Zeroizing;

use super::codec::{Reader, put_text};
use super::lifetime::Lifetime;
use super::record::Label;
use crate::id::ForeignId;

/// One session in the list of its user: enough to show it, and nothing of its data.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Entry {
    pub(crate) lifetime: Lifetime,
    pub(crate) joined: u64,
    /// 0 in exact stores, where `a:` has it.
    pub(crate) last_seen: u64,
    pub(crate) label: Option<Label>,
    /// The session's ID, where whoever made it wants lists to tell: then whoever reads this line can open the session.
    pub(crate) disclosed: Option<ForeignId>,
}

impl Entry {
    pub(crate) fn encode(&self) -> Zeroizing<Vec<u8>> {
        let mut out = Zeroizing::new(Vec::with_capacity(MAX_LEN));
        out.push(if self.disclosed.is_some() { DISCLOSING } else { FORMAT });
        out.extend_from_slice(&self.lifetime.created.to_be_bytes());
        out.extend_from_slice(&self.lifetime.absolute.to_be_bytes());
        out.extend_from_slice(&self.lifetime.idle.to_be_bytes());
        out.extend_from_slice(&self.joined.to_be_bytes());
        out.extend_from_slice(&self.last_seen.to_be_bytes());
        if let Some(id) = &self.disclosed {
            put_text(&mut out, id.as_str());
        }
        out.extend_from_slice(self.label.as_ref().map_or(&[], |label| label.as_str().as_bytes()));
        out
    }

    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut fields = Reader::new(bytes);
        let format = fields.u8()?;
        let lifetime = Lifetime { created: fields.u64()?, absolute: fields.u64()?, idle: fields.u32()? };
        let (joined, last_seen) = (fields.u64()?, fields.u64()?);
        let disclosed = match format {
            FORMAT => None,
            DISCLOSING => Some(ForeignId::parse(fields.text()?)?),
            _ => return None,
        };
        let label = match core::str::from_utf8(fields.rest()).ok()? {
            "" => None,
            text => Some(Label::parse(text)?),
        };
        Some(Self { lifetime, joined, last_seen, label, disclosed })
    }
}

/// When a session was last seen: what a touch writes where there is no entry to hold it.
pub(crate) fn encode_last_seen(last_seen: u64) -> Vec<u8> {
    let mut out = vec![FORMAT];
    out.extend_from_slice(&last_seen.to_be_bytes());
    out
}

pub(crate) fn decode_last_seen(bytes: &[u8]) -> Option<u64> {
    let mut fields = Reader::new(bytes);
    (fields.u8()? == FORMAT).then_some(())?;
    let last_seen = fields.u64()?;
    fields.end().map(|()| last_seen)
}

const FORMAT: u8 = 1;
/// An entry with the session's ID in it.
const DISCLOSING: u8 = 2;
/// Bytes of the longest entry.
const MAX_LEN: usize = 295;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read_back() {
        let lifetime = Lifetime { created: 1, absolute: 2, idle: 3 };
        for label in [None, Label::parse("Firefox"), Label::parse(&"l".repeat(128))] {
            for disclosed in [None, ForeignId::parse(&"f".repeat(128))] {
                let entry = Entry { lifetime, joined: 4, last_seen: 5, label: label.clone(), disclosed };
                assert!(entry.encode().len() <= MAX_LEN);
                assert_eq!(Entry::decode(&entry.encode()), Some(entry));
            }
        }
        assert_eq!(decode_last_seen(&encode_last_seen(7)), Some(7));
    }

    #[test]
    fn cut_and_overlong_entries_are_refused() {
        let good = encode_last_seen(7);
        assert_eq!(decode_last_seen(&good[..8]), None);
        assert_eq!(decode_last_seen(&[good.as_slice(), &[0]].concat()), None);
        assert_eq!(Entry::decode(&[1; 36]), None);
        assert_eq!(Entry::decode(&[[3; 37].as_slice(), b"label"].concat()), None, "there is no such format");
        let disclosing = |id: &[u8]| [[2; 37].as_slice(), id].concat();
        for id in [&b""[..], b"\0", b"\0\x03abc", b"\0\x20Kx3vQ0aJm2Lw9_-ZyTt7uVbNcXeRdSf"] {
            assert_eq!(Entry::decode(&disclosing(id)), None, "cut, or no foreign ID: {id:?}");
        }
        assert!(Entry::decode(&disclosing(b"\0\x10Kx3vQ0aJm2Lw9_-Z")).is_some());
        assert_eq!(Entry::decode(&[[1; 37].as_slice(), &[0xFF]].concat()), None, "a label is UTF-8");
    }
}
