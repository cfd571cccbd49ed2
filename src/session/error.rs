//! Why a session operation was refused. The codes are the same in Rust, TypeScript and docs/openapi.yaml.

use core::fmt;

use crate::error::{OpenError, RandomError, SealError};

/// Why an operation ended without an outcome. No variant carries an ID, a user or data: every message may be logged.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SessionError {
    /// The data is longer than the deployment allows.
    DataTooLarge,
    /// A bug of ours or of a driver: an operation was resumed after its end, or with an answer to another question.
    Internal,
    /// A merge patch, or the data that it should apply to, is not JSON or nests too deeply.
    InvalidData,
    /// A duration is out of bounds.
    InvalidLifetime(LifetimeField),
    /// A session was to be created under an ID of ours that the caller chose.
    NativeId,
    /// The keyring has no lookup key, which users and foreign IDs need.
    NoLookupKey,
    /// The platform's random source failed.
    NoRandomness,
    /// There is no such session, for a reason that only the log learns.
    NoSuchSession(Absence),
    /// Under this foreign ID a session ended a moment ago; a late request must not bring it back.
    SessionEnded,
    /// The store did not answer, or other writers were always quicker. To be tried again.
    StoreUnavailable,
    /// The session has another version than the caller's.
    VersionConflict,
}

impl SessionError {
    /// The stable identifier.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::DataTooLarge => "data_too_large",
            Self::Internal => "internal_error",
            Self::InvalidData => "invalid_data",
            Self::InvalidLifetime(_) => "invalid_lifetime",
            Self::NativeId => "native_id",
            Self::NoLookupKey => "no_lookup_key",
            Self::NoRandomness => "no_randomness",
            Self::NoSuchSession(_) => "no_such_session",
            Self::SessionEnded => "session_ended",
            Self::StoreUnavailable => "store_unavailable",
            Self::VersionConflict => "version_conflict",
        }
    }

    /// Every code, for the test that compares them with the other languages'.
    pub const CODES: [&'static str; 11] = [
        "data_too_large",
        "internal_error",
        "invalid_data",
        "invalid_lifetime",
        "native_id",
        "no_lookup_key",
        "no_randomness",
        "no_such_session",
        "session_ended",
        "store_unavailable",
        "version_conflict",
    ];
}

impl fmt::Display for SessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DataTooLarge => "session data is larger than this deployment allows",
            Self::Internal => "internal error",
            Self::InvalidData => "data is not JSON that a merge patch can apply to, or nests deeper than 64 levels",
            Self::InvalidLifetime(field) => field.message(),
            Self::NativeId => "a session ID is never chosen by the caller: leave it out, or give a foreign one",
            Self::NoLookupKey => "the keyring has no lookup key (slk1_…), which users and foreign IDs need",
            Self::NoRandomness => "the platform's random source failed",
            Self::NoSuchSession(_) => "no such session",
            Self::SessionEnded => "the session under this ID ended a moment ago",
            Self::StoreUnavailable => "the session store is unavailable: try again",
            Self::VersionConflict => "the session has another version",
        })
    }
}

impl core::error::Error for SessionError {}

impl From<RandomError> for SessionError {
    fn from(_: RandomError) -> Self {
        Self::NoRandomness
    }
}

impl From<SealError> for SessionError {
    fn from(error: SealError) -> Self {
        match error {
            SealError::Random => Self::NoRandomness,
            SealError::TooLarge => Self::DataTooLarge,
            // Every deadline of ours lies after 1970: a clock that says otherwise is broken.
            SealError::ExpiresAtZero => Self::Internal,
        }
    }
}

/// Which duration was out of bounds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LifetimeField {
    /// The absolute life: from 1 second to the deployment's longest.
    Absolute,
    /// The grace after a regenerate: at most 60 seconds.
    Grace,
    /// The idle window: not under the store's least, and not over the absolute life.
    Idle,
}

impl LifetimeField {
    /// The field's name in a request.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Absolute => "absolute",
            Self::Grace => "grace",
            Self::Idle => "idle",
        }
    }

    /// What its bounds are.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::Absolute => "absolute must be at least one second and at most this deployment's longest lifetime",
            Self::Grace => "grace must be at most 60 seconds",
            Self::Idle => {
                "idle must be at most absolute, and not under the least that this store allows (or equal to absolute)"
            }
        }
    }
}

/// Why there is no such session. To the caller they are one answer; counters in the log tell them apart.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Absence {
    /// Nothing is stored, or the ID has not the form of one.
    Absent,
    /// It was ended.
    Ended,
    /// Its absolute life is over.
    Expired,
    /// It is the old side of a regenerate, which takes no writes.
    Grace,
    /// It lay unused for too long.
    Idle,
    /// What is stored is not an envelope or not a record.
    Malformed,
    /// All sessions of its user were ended.
    Revoked,
    /// What is stored was not sealed for this session.
    Unauthentic,
    /// What is stored was sealed under a key that is not in the keyring.
    UnknownKey,
}

impl Absence {
    /// The reason's name in the log.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Ended => "ended",
            Self::Expired => "expired",
            Self::Grace => "grace",
            Self::Idle => "idle",
            Self::Malformed => "malformed",
            Self::Revoked => "revoked",
            Self::Unauthentic => "unauthentic",
            Self::UnknownKey => "unknown_key",
        }
    }
}

impl From<OpenError> for Absence {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Expired => Self::Expired,
            OpenError::Malformed => Self::Malformed,
            OpenError::Unauthentic => Self::Unauthentic,
            OpenError::UnknownKey => Self::UnknownKey,
        }
    }
}

impl From<Absence> for SessionError {
    fn from(absence: Absence) -> Self {
        Self::NoSuchSession(absence)
    }
}
