//! `Derive`, and the one table of its labels (FORMAT.md, "Derive").
//!
//! ```text
//! Derive(key, label, part1, part2, …) =
//!     HKDF-Expand-SHA-512(prk = key, info = "sealed-session/v1/" || label || 0x00 || lp(part1) || …, L = 32)
//! ```

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha512;
use zeroize::Zeroizing;

/// Bytes of every key in this format.
pub(crate) const KEY_LEN: usize = 32;

/// A key, wiped when dropped.
pub(crate) type Key = Zeroizing<[u8; KEY_LEN]>;

/// What a derived value is for. No two purposes share a label, so no value can be taken for another.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Label {
    Csrf,
    ForeignId,
    Handle,
    KeyId,
    LogId,
    #[cfg_attr(not(any(test, feature = "session")), expect(dead_code, reason = "receipts are the session rules'"))]
    Receipt,
    Scope,
    Subject,
    User,
}

impl Label {
    /// Every label there is, for the test that says that none occurs twice.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 9] = [
        Self::Csrf,
        Self::ForeignId,
        Self::Handle,
        Self::KeyId,
        Self::LogId,
        Self::Receipt,
        Self::Scope,
        Self::Subject,
        Self::User,
    ];

    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Csrf => "csrf",
            Self::ForeignId => "foreign id",
            Self::Handle => "handle",
            Self::KeyId => "key id",
            Self::LogId => "log id",
            Self::Receipt => "receipt",
            Self::Scope => "scope",
            Self::Subject => "subject",
            Self::User => "user",
        }
    }
}

/// A key made ready to derive from: the two keyed states of HMAC, which are half the work of a short derivation.
#[derive(Clone)]
pub(crate) struct Deriver(Hmac<Sha512>);

impl Deriver {
    /// Keys of the format have 32 bytes. The official vectors have others, up to a block; longer ones HMAC would hash.
    pub(crate) fn new<const N: usize>(key: &[u8; N]) -> Self {
        const { assert!(N <= BLOCK_LEN) };
        // RFC 2104: a key shorter than a block is followed by zeros. Doing it here has no failure to handle.
        let mut block = Zeroizing::new([0_u8; BLOCK_LEN]);
        for (to, from) in block.iter_mut().zip(key) {
            *to = *from;
        }
        Self(Hmac::new((&*block).into()))
    }

    /// `Derive(key, label, parts…)`.
    ///
    /// A part is at most 65 535 bytes, which `lp` can count. The types of everything that gets here keep it far below:
    /// the longest is a subject, and [`crate::envelope`] bounds those.
    pub(crate) fn derive(&self, label: Label, parts: &[&[u8]]) -> Key {
        let mut mac = self.0.clone();
        mac.update(PREFIX);
        mac.update(label.text().as_bytes());
        mac.update(&[0]);
        for part in parts {
            mac.update(&u16::try_from(part.len()).unwrap_or(u16::MAX).to_be_bytes());
            mac.update(part);
        }
        let mut key = Key::default();
        fill(key.as_mut_slice(), finish_block(mac, 1).as_slice());
        key
    }

    /// HKDF-Expand (RFC 5869, section 2.3) to `N` bytes, at most 255 blocks of 64.
    ///
    /// The RFC asks for a pseudorandom key of the hash's length. C2SP chunked-encryption, as published, uses 32 bytes
    /// with SHA-512 all the same, and HMAC takes keys of any length, so this does not check.
    pub(crate) fn expand<const N: usize>(&self, info: &[&[u8]]) -> Zeroizing<[u8; N]> {
        let mut out = Zeroizing::new([0_u8; N]);
        let mut previous: Option<Zeroizing<[u8; HASH_LEN]>> = None;
        for (chunk, counter) in out.chunks_mut(HASH_LEN).zip(1..=u8::MAX) {
            let mut mac = self.0.clone();
            if let Some(previous) = &previous {
                mac.update(previous.as_slice());
            }
            for part in info {
                mac.update(part);
            }
            let block = finish_block(mac, counter);
            fill(chunk, block.as_slice());
            previous = Some(block);
        }
        out
    }

    /// A full HMAC-SHA-512 of `message`: what receipts are authenticated with.
    #[cfg(any(test, feature = "session"))]
    pub(crate) fn mac(&self, message: &[u8]) -> [u8; HASH_LEN] {
        let mut mac = self.0.clone();
        mac.update(message);
        mac.finalize().into_bytes().into()
    }
}

/// Derives once from `key`; keys that are used again are worth a [`Deriver`].
pub(crate) fn derive(key: &[u8; KEY_LEN], label: Label, parts: &[&[u8]]) -> Key {
    Deriver::new(key).derive(label, parts)
}

fn finish_block(mut mac: Hmac<Sha512>, counter: u8) -> Zeroizing<[u8; HASH_LEN]> {
    mac.update(&[counter]);
    Zeroizing::new(mac.finalize().into_bytes().into())
}

/// Copies as much of `from` as `to` has room for.
fn fill(to: &mut [u8], from: &[u8]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
}

const PREFIX: &[u8] = b"sealed-session/v1/";
/// Bytes of a SHA-512 value.
const HASH_LEN: usize = 64;
/// Bytes of a SHA-512 block.
const BLOCK_LEN: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_label_occurs_twice() {
        for (n, label) in Label::ALL.iter().enumerate() {
            assert!(Label::ALL.iter().skip(n + 1).all(|other| other.text() != label.text()), "{label:?}");
        }
    }
}
