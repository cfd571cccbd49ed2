//! The names of a session: the ID that its owner holds, and what is derived from it (FORMAT.md, "Identifiers").
//!
//! A session ID is a secret: it has no `Display`, its `Debug` says only what it is, and its bytes are wiped. A handle,
//! a log ID and a pseudonym may be shown; they open nothing.

use core::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

#[cfg(any(feature = "session", feature = "wasm", test))]
use crate::crypto::derive::Deriver;
use crate::crypto::derive::{Label, derive};
use crate::error::RandomError;
use crate::key::{Keyring, LookupKey};
use crate::scope::Tenant;
use crate::text;

/// Bytes of a session ID, a handle, a CSRF token and a pseudonym.
pub(crate) const ID_LEN: usize = 32;
/// Characters of their texts.
const ID_TEXT_LEN: usize = 43;

/// Byte 0 of a session ID and of its handle: which shard keeps the session.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Placement(pub u8);

/// What names a session to its owner and to nobody else: a placement byte and 31 bytes of the platform's CSPRNG.
#[derive(Clone, Eq, PartialEq, Zeroize, ZeroizeOnDrop)]
pub struct SessionId([u8; ID_LEN]);

impl SessionId {
    /// A new ID. Where nothing decides its placement, that is random too.
    ///
    /// # Errors
    ///
    /// [`RandomError`] when the platform's random source fails. There is no fallback.
    pub fn generate(placement: Option<Placement>) -> Result<Self, RandomError> {
        let mut id = Self([0; ID_LEN]);
        getrandom::fill(&mut id.0).map_err(|_| RandomError)?;
        if let (Some(Placement(byte)), Some(first)) = (placement, id.0.first_mut()) {
            *first = byte;
        }
        Ok(id)
    }

    /// Reads an ID's 43 characters, or nothing.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        text::decode(text).map(|bytes| Self(*bytes))
    }

    /// The text to give to the session's owner.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(text::encode(&self.0))
    }

    /// What the store knows the session by.
    #[must_use]
    pub fn handle(&self, tenant: &Tenant) -> Handle {
        let mut handle = *derive(&self.0, Label::Handle, &[tenant.as_str().as_bytes()]);
        if let (Some(to), Some(from)) = (handle.first_mut(), self.0.first()) {
            *to = *from;
        }
        Handle(handle)
    }

    /// The synchronizer token of this session: needs no storage, and changes whenever the ID does.
    #[must_use]
    pub fn csrf_token(&self, tenant: &Tenant) -> CsrfToken {
        CsrfToken(*derive(&self.0, Label::Csrf, &[tenant.as_str().as_bytes()]))
    }

    /// The handle and the CSRF token, for the price of one key schedule.
    #[cfg(any(feature = "session", feature = "wasm", test))]
    pub(crate) fn names(&self, tenant: &Tenant) -> (Handle, CsrfToken) {
        let deriver = Deriver::new(&self.0);
        let tenant = tenant.as_str().as_bytes();
        let mut handle = *deriver.derive(Label::Handle, &[tenant]);
        if let (Some(to), Some(from)) = (handle.first_mut(), self.0.first()) {
            *to = *from;
        }
        (Handle(handle), CsrfToken(*deriver.derive(Label::Csrf, &[tenant])))
    }

    /// Which shard keeps the session.
    #[must_use]
    pub fn placement(&self) -> Placement {
        Placement(self.0.first().copied().unwrap_or_default())
    }

    #[cfg(any(feature = "session", feature = "wasm", test))]
    pub(crate) const fn as_bytes(&self) -> &[u8; ID_LEN] {
        &self.0
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionId").finish_non_exhaustive()
    }
}

/// A session ID that somebody else made: a UUID, an express sid. 16 to 128 visible ASCII characters.
///
/// 43 base64url characters are a session ID or malformed, never foreign: nobody may choose a native one. A foreign ID
/// must carry at least 122 random bits; a weak one is as weak as it is.
#[derive(Clone, Eq, PartialEq, Zeroize, ZeroizeOnDrop)]
pub struct ForeignId(String);

impl ForeignId {
    /// Reads a foreign ID, or nothing.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        let native = text.len() == ID_TEXT_LEN && text.bytes().all(is_base64url);
        (MIN_FOREIGN_LEN..=MAX_FOREIGN_LEN).contains(&text.len()).then_some(())?;
        (visible && !native).then(|| Self(text.to_owned()))
    }

    /// The text. Whoever has it has the session.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn session_id(&self, lookup: &LookupKey, tenant: &Tenant) -> SessionId {
        SessionId(*lookup.derive(Label::ForeignId, &[tenant.as_str().as_bytes(), self.0.as_bytes()]))
    }
}

impl fmt::Debug for ForeignId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ForeignId").finish_non_exhaustive()
    }
}

/// How a caller names a session: by an ID of ours or by a foreign one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SessionName {
    /// An ID that this kernel made.
    Native(SessionId),
    /// An ID that the caller made.
    Foreign(ForeignId),
}

impl SessionName {
    /// Reads either kind, or nothing.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        SessionId::parse(text).map(Self::Native).or_else(|| ForeignId::parse(text).map(Self::Foreign))
    }

    /// The session ID meant, or `None` for a foreign one where there is no lookup key to tell.
    #[must_use]
    pub fn session_id(&self, ring: &Keyring, tenant: &Tenant) -> Option<SessionId> {
        match self {
            Self::Native(id) => Some(id.clone()),
            Self::Foreign(id) => Some(id.session_id(ring.lookup()?, tenant)),
        }
    }

    /// Whether the caller made the ID.
    #[must_use]
    pub const fn is_foreign(&self) -> bool {
        matches!(self, Self::Foreign(_))
    }
}

/// What the store knows a session by. Derived from its ID, so it may be shown: it opens nothing.
#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
pub struct Handle([u8; ID_LEN]);

impl Handle {
    /// Reads a handle's 43 characters, or nothing.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        text::decode(text).map(|bytes| Self(*bytes))
    }

    /// What logs may carry. It names the session to somebody who already knows the handle.
    #[must_use]
    pub fn log_id(&self, tenant: &Tenant) -> LogId {
        let value = derive(&self.0, Label::LogId, &[tenant.as_str().as_bytes()]);
        LogId(value.first_chunk().copied().unwrap_or_default())
    }

    /// Which shard keeps the session.
    #[must_use]
    pub fn placement(&self) -> Placement {
        Placement(self.0.first().copied().unwrap_or_default())
    }

    #[cfg(any(feature = "session", test))]
    pub(crate) const fn from_bytes(bytes: [u8; ID_LEN]) -> Self {
        Self(bytes)
    }

    #[cfg(any(feature = "session", test))]
    pub(crate) const fn as_bytes(&self) -> &[u8; ID_LEN] {
        &self.0
    }
}

/// The session's name in logs: 12 characters.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct LogId([u8; 9]);

/// A synchronizer token against cross-site request forgery: 43 characters, bound to one session ID.
#[derive(Clone, Eq, PartialEq, Zeroize, ZeroizeOnDrop)]
pub struct CsrfToken([u8; ID_LEN]);

impl CsrfToken {
    /// The text to put into a form or a header.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(text::encode(&self.0))
    }
}

impl fmt::Debug for CsrfToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsrfToken").finish_non_exhaustive()
    }
}

/// Who a session belongs to: 1 to 256 bytes of UTF-8, compared as bytes and never normalised.
#[derive(Clone, Eq, PartialEq, Zeroize, ZeroizeOnDrop)]
pub struct UserId(String);

impl UserId {
    /// Reads a user ID, or nothing if it is empty or too long.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        (1..=MAX_USER_ID_LEN).contains(&text.len()).then(|| Self(text.to_owned()))
    }

    /// What the store knows the user by, or `None` where there is no lookup key.
    #[must_use]
    pub fn pseudonym(&self, ring: &Keyring, tenant: &Tenant) -> Option<UserPseudonym> {
        let name = ring.lookup()?.derive(Label::User, &[tenant.as_str().as_bytes(), self.0.as_bytes()]);
        Some(UserPseudonym(*name))
    }

    /// The ID itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserId").finish_non_exhaustive()
    }
}

/// A user's name in the store. Without the lookup key it tells nothing about who that is.
#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
pub struct UserPseudonym([u8; ID_LEN]);

impl UserPseudonym {
    /// Reads a pseudonym's 43 characters, or nothing.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        text::decode(text).map(|bytes| Self(*bytes))
    }

    /// Which shard keeps the user's index.
    #[must_use]
    pub fn placement(&self) -> Placement {
        Placement(self.0.first().copied().unwrap_or_default())
    }

    #[cfg(feature = "session")]
    pub(crate) const fn as_bytes(&self) -> &[u8; ID_LEN] {
        &self.0
    }
}

/// Names that may be shown print as their text.
macro_rules! shown_as_text {
    ($($name:ident),+) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&text::encode(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    )+};
}

shown_as_text!(Handle, LogId, UserPseudonym);

const fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

const MIN_FOREIGN_LEN: usize = 16;
const MAX_FOREIGN_LEN: usize = 128;
const MAX_USER_ID_LEN: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_print() {
        let id = SessionId::generate(None).unwrap();
        assert_eq!(format!("{id:?}"), "SessionId { .. }");
        assert_eq!(format!("{:?}", id.csrf_token(&Tenant::default())), "CsrfToken { .. }");
        assert_eq!(format!("{:?}", ForeignId::parse("0123456789abcdef").unwrap()), "ForeignId { .. }");
        assert_eq!(format!("{:?}", UserId::parse("ada@example.org").unwrap()), "UserId { .. }");
    }

    #[test]
    fn secrets_are_wiped_when_dropped() {
        fn assert_wiped<T: ZeroizeOnDrop>() {}
        assert_wiped::<SessionId>();
        assert_wiped::<ForeignId>();
        assert_wiped::<CsrfToken>();
        assert_wiped::<UserId>();
    }

    #[test]
    fn a_session_keeps_its_placement_in_its_handle() {
        let id = SessionId::generate(Some(Placement(7))).unwrap();
        assert_eq!(id.placement(), Placement(7));
        assert_eq!(id.handle(&Tenant::default()).placement(), Placement(7));
        assert_eq!(id.names(&Tenant::default()), (id.handle(&Tenant::default()), id.csrf_token(&Tenant::default())));
    }

    #[test]
    fn ids_do_not_repeat_and_every_byte_of_them_varies() {
        let ids: Vec<_> = (0..4096).map(|_| SessionId::generate(None).unwrap()).collect();
        let mut sorted: Vec<_> = ids.iter().map(|id| *id.as_bytes()).collect();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), ids.len());
        for position in 0..ID_LEN {
            let distinct: std::collections::BTreeSet<_> = sorted.iter().map(|id| id[position]).collect();
            assert!(distinct.len() > 240, "byte {position} took {} values", distinct.len());
        }
    }
}
