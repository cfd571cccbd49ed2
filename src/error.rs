//! Why the kernel refused. One enum for each kind of operation, with codes that never change; no message carries key,
//! payload, session ID or user ID, so every one is safe to log.

use core::fmt;

/// The platform's random source failed. Nothing was made; there is no fallback.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RandomError;

impl fmt::Display for RandomError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the platform's random source failed")
    }
}

impl core::error::Error for RandomError {}

/// Why a keyring's text was refused.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyringError {
    /// Two root keys have the same key ID; one of them could never be found again.
    EqualKeyIds,
    /// An item is neither `slk1_` nor `ssk1_` followed by 43 base64url characters.
    Malformed,
    /// There is no root key.
    NoRootKey,
    /// There is more than one lookup key; names could be told in two ways.
    TwoLookupKeys,
    /// A key consists of one byte, repeated: a placeholder, not a key.
    Weak,
}

impl KeyringError {
    /// The stable identifier of this reason.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::EqualKeyIds => "equal_key_ids",
            Self::Malformed => "malformed_key",
            Self::NoRootKey => "no_root_key",
            Self::TwoLookupKeys => "two_lookup_keys",
            Self::Weak => "weak_key",
        }
    }
}

impl fmt::Display for KeyringError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EqualKeyIds => "cannot read keyring: two root keys have the same key ID",
            Self::Malformed => {
                "cannot read keyring: expected items separated by commas, each slk1_ or ssk1_ and 43 base64url characters"
            }
            Self::NoRootKey => "cannot read keyring: it has no root key (ssk1_…)",
            Self::TwoLookupKeys => "cannot read keyring: it has more than one lookup key (slk1_…)",
            Self::Weak => "cannot read keyring: a key is one byte repeated",
        })
    }
}

impl core::error::Error for KeyringError {}

/// Why [`seal`](crate::envelope::seal) made no envelope.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SealError {
    /// `expires_at` is 0, the moment that no envelope may expire at.
    ExpiresAtZero,
    /// The platform's random source failed.
    Random,
    /// The payload or the subject is longer than the format's limits allow.
    TooLarge,
}

impl SealError {
    /// The stable identifier of this reason.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::ExpiresAtZero => "expires_at_zero",
            Self::Random => "no_randomness",
            Self::TooLarge => "payload_too_large",
        }
    }
}

impl fmt::Display for SealError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ExpiresAtZero => "cannot seal: an envelope must expire after Unix second 0",
            Self::Random => "cannot seal: the platform's random source failed",
            Self::TooLarge => "cannot seal: payload over 1 MiB or subject over 4 KiB",
        })
    }
}

impl core::error::Error for SealError {}

/// Why [`open`](crate::envelope::open) refused an envelope.
///
/// The set is coarse on purpose: a wrong key, a wrong session ID and a flipped bit are all
/// [`Unauthentic`](Self::Unauthentic), so that nothing about the key leaks through the error.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OpenError {
    /// The authenticated expiry time has passed.
    Expired,
    /// The bytes are not a v1 envelope, or the sealed padding has no end mark.
    Malformed,
    /// Authentication failed: wrong key, tenant, purpose or subject, or altered bytes.
    Unauthentic,
    /// The envelope names a key that is not in the keyring.
    UnknownKey,
}

impl OpenError {
    /// The stable identifier that crosses the wasm boundary and stands in the vectors.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Malformed => "malformed",
            Self::Unauthentic => "unauthentic",
            Self::UnknownKey => "unknown_key",
        }
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Expired => "sealed envelope expired",
            Self::Malformed => "malformed sealed envelope",
            Self::Unauthentic => "sealed envelope failed authentication",
            Self::UnknownKey => "sealed envelope was sealed with a key that is not in the keyring",
        })
    }
}

impl core::error::Error for OpenError {}
