//! Receipts of erasures (FORMAT.md, "Receipts"): what was done, authenticated, naming nobody.
//!
//! ```text
//! 0x01 || flags || at (u64 ms) || ended (u32) || complete by (u64 ms) || nonce (16) || about (32) || tag (64)
//!
//! about = first 32 bytes of HMAC-SHA-512(receipt key, "about"   || 0x00 || nonce || pseudonym)
//! tag   =                   HMAC-SHA-512(receipt key, "receipt" || 0x00 || all that comes before it)
//! ```
//!
//! `about` lets whoever has the key and the user ID tell whom it is about. Without the key it is noise, and two receipts of
//! one user have nothing in common.

use ctutils::CtEq;

use super::codec::Reader;
use super::command::RevokedAll;
use super::error::SessionError;
use crate::crypto::derive::{Deriver, KEY_LEN, Key, Label};
use crate::error::RandomError;
use crate::id::UserPseudonym;
use crate::key::Keyring;
use crate::scope::Tenant;
use crate::text;

/// What an erasure came to. Times are Unix milliseconds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Erasure {
    /// When.
    pub at: u64,
    /// How many sessions were ended.
    pub ended: u32,
    /// When the last trace is gone from the store: the latest deadline of what was ended.
    pub complete_by: u64,
    /// There was more to end, and another call went on.
    pub is_partial: bool,
}

impl Erasure {
    /// What a revoke-all came to at `at`, after what an earlier call of the same erasure came to.
    #[must_use]
    pub fn of(revoked: &RevokedAll, before: Option<&Receipt>, at: u64) -> Self {
        let before = before.map(Receipt::erasure);
        Self {
            at,
            ended: revoked.ended.saturating_add(before.map_or(0, |before| before.ended)),
            complete_by: revoked.complete_by.max(before.map_or(at, |before| before.complete_by)),
            is_partial: revoked.next.is_some(),
        }
    }
}

/// An erasure, authenticated.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Receipt {
    erasure: Erasure,
    nonce: [u8; NONCE_LEN],
    about: [u8; ABOUT_LEN],
    tag: [u8; TAG_LEN],
}

/// The key that receipts of a tenant are authenticated with; `None` without a lookup key.
pub(crate) fn key(ring: &Keyring, tenant: &Tenant) -> Option<Key> {
    Some(ring.lookup()?.derive(Label::Receipt, &[tenant.as_str().as_bytes()]))
}

impl Receipt {
    pub(crate) fn issue(key: &[u8; KEY_LEN], user: UserPseudonym, erasure: Erasure) -> Result<Self, SessionError> {
        let mut nonce = [0; NONCE_LEN];
        getrandom::fill(&mut nonce).map_err(|_| RandomError)?;
        Ok(Self::issue_with(key, user, erasure, nonce))
    }

    /// [`Self::issue`] with the nonce chosen by the caller. Under a repeated nonce two receipts show that they are about one
    /// user, so this stays private to the crate: known answers come through here, callers do not.
    pub(crate) fn issue_with(
        key: &[u8; KEY_LEN],
        user: UserPseudonym,
        erasure: Erasure,
        nonce: [u8; NONCE_LEN],
    ) -> Self {
        let mut receipt = Self { erasure, nonce, about: about(key, &nonce, user), tag: [0; TAG_LEN] };
        receipt.tag = receipt.expected_tag(key);
        receipt
    }

    /// What it says. Believe it only if it is our own.
    #[must_use]
    pub const fn erasure(&self) -> Erasure {
        self.erasure
    }

    /// Its text: `srt1_` and base64url.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut bytes = self.signed();
        bytes.extend_from_slice(&self.tag);
        format!("{PREFIX}{}", text::encode(&bytes))
    }

    /// Reads a receipt's text, or nothing.
    #[must_use]
    pub fn parse(receipt: &str) -> Option<Self> {
        let bytes = text::decode::<LEN>(receipt.strip_prefix(PREFIX)?)?;
        let mut fields = Reader::new(bytes.as_slice());
        (fields.u8()? == FORMAT).then_some(())?;
        let is_partial = match fields.u8()? {
            0 => false,
            PARTIAL => true,
            _ => return None,
        };
        let erasure = Erasure { at: fields.u64()?, ended: fields.u32()?, complete_by: fields.u64()?, is_partial };
        Some(Self { erasure, nonce: fields.array()?, about: fields.array()?, tag: fields.array()? })
    }

    pub(crate) fn is_authentic(&self, key: &[u8; KEY_LEN]) -> bool {
        self.expected_tag(key).ct_eq(&self.tag).to_bool()
    }

    pub(crate) fn is_about(&self, key: &[u8; KEY_LEN], user: UserPseudonym) -> bool {
        self.is_authentic(key) && about(key, &self.nonce, user).ct_eq(&self.about).to_bool()
    }

    fn signed(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(LEN);
        bytes.extend_from_slice(&[FORMAT, if self.erasure.is_partial { PARTIAL } else { 0 }]);
        bytes.extend_from_slice(&self.erasure.at.to_be_bytes());
        bytes.extend_from_slice(&self.erasure.ended.to_be_bytes());
        bytes.extend_from_slice(&self.erasure.complete_by.to_be_bytes());
        bytes.extend_from_slice(&self.nonce);
        bytes.extend_from_slice(&self.about);
        bytes
    }

    fn expected_tag(&self, key: &[u8; KEY_LEN]) -> [u8; TAG_LEN] {
        Deriver::new(key).mac(&[b"receipt\0", self.signed().as_slice()].concat())
    }
}

fn about(key: &[u8; KEY_LEN], nonce: &[u8; NONCE_LEN], user: UserPseudonym) -> [u8; ABOUT_LEN] {
    let mac = Deriver::new(key).mac(&[b"about\0".as_slice(), nonce, user.as_bytes()].concat());
    let mut about = [0; ABOUT_LEN];
    for (to, from) in about.iter_mut().zip(mac) {
        *to = from;
    }
    about
}

const PREFIX: &str = "srt1_";
const FORMAT: u8 = 1;
const PARTIAL: u8 = 0x01;
const NONCE_LEN: usize = 16;
const ABOUT_LEN: usize = 32;
const TAG_LEN: usize = 64;
const LEN: usize = 2 + 8 + 4 + 8 + NONCE_LEN + ABOUT_LEN + TAG_LEN;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::UserId;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    const ERASURE: Erasure = Erasure { at: 1, ended: 2, complete_by: 3, is_partial: true };

    fn ring() -> Keyring {
        // Published keys, as in tests/vectors.
        let lookup = "slk1_YGFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6e3x9fn8";
        Keyring::parse(&format!("{lookup},ssk1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8")).unwrap()
    }

    fn issued(user: &str) -> (Key, Receipt) {
        let (ring, tenant) = (ring(), Tenant::default());
        let key = key(&ring, &tenant).unwrap();
        let user = UserId::parse(user).unwrap().pseudonym(&ring, &tenant).unwrap();
        let receipt = Receipt::issue(&key, user, ERASURE).unwrap();
        (key, receipt)
    }

    #[test]
    fn what_was_issued_is_read_back_and_is_about_its_user_alone() {
        let (key, receipt) = issued("ada");
        let read = Receipt::parse(&receipt.to_text()).unwrap();
        assert_eq!(read, receipt);
        assert_eq!(read.erasure(), ERASURE);
        let name = |user: &str| UserId::parse(user).unwrap().pseudonym(&ring(), &Tenant::default()).unwrap();
        assert!(read.is_authentic(&key) && read.is_about(&key, name("ada")) && !read.is_about(&key, name("bob")));
        let other = super::key(&ring(), &Tenant::parse("acme").unwrap()).unwrap();
        assert!(!read.is_authentic(&other) && !read.is_about(&other, name("ada")));
    }

    #[test]
    fn whatever_is_changed_is_noticed() {
        let (key, receipt) = issued("ada");
        let text = receipt.to_text();
        let bytes = text::decode_any(text.strip_prefix(PREFIX).unwrap()).unwrap();
        assert_eq!(bytes.len(), LEN);
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 0x01;
            let read = Receipt::parse(&format!("{PREFIX}{}", text::encode(&changed)));
            assert!(read.is_none_or(|read| !read.is_authentic(&key)), "byte {at}");
        }
        let bare = text.strip_prefix(PREFIX).unwrap();
        for other in ["", PREFIX, bare, &text.replace("srt1_", "srt2_"), &format!("{text}A"), &format!("{PREFIX}AA")] {
            assert_eq!(Receipt::parse(other), None, "{other}");
        }
    }

    #[test]
    fn two_receipts_of_one_user_have_nothing_in_common() {
        let ((_, one), (_, other)) = (issued("ada"), issued("ada"));
        assert!(one.nonce != other.nonce && one.about != other.about && one.tag != other.tag);
    }
}
