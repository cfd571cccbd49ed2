//! What every operation of one tenant works with: keys, limits and what the store promises.

use core::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::codec::put_text;
use super::command::Limits;
use super::entry::{self, Entry};
use super::error::{Absence, SessionError};
use super::lifetime::{unix_seconds, unix_seconds_up};
use super::receipt::{self, Erasure, Receipt};
use super::record::Record;
use super::store::Promises;
use crate::envelope::{self, Version};
use crate::id::{Handle, SessionId, SessionName, UserId, UserPseudonym};
use crate::key::Keyring;
use crate::scope::{Purpose, Scope, Tenant};

/// One tenant's sessions in one store. Making one derives keys, so make it once; a clone is a pointer.
#[derive(Clone)]
pub struct Context(Arc<Parts>);

struct Parts {
    ring: Keyring,
    tenant: Tenant,
    sessions: Scope,
    entries: Scope,
    activity: Scope,
    limits: Limits,
    promises: Promises,
}

impl Context {
    /// A context for `tenant`'s sessions in a store that keeps `promises`.
    #[must_use]
    pub fn new(ring: &Keyring, tenant: Tenant, limits: Limits, promises: Promises) -> Self {
        let scope = |purpose| Scope::new(ring, &tenant, &purpose);
        let (sessions, entries, activity) =
            (scope(Purpose::Session), scope(Purpose::UserSession), scope(Purpose::Activity));
        Self(Arc::new(Parts { ring: ring.clone(), tenant, sessions, entries, activity, limits, promises }))
    }

    /// The tenant.
    #[must_use]
    pub fn tenant(&self) -> &Tenant {
        &self.0.tenant
    }

    /// The limits.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// What the store promises.
    #[must_use]
    pub fn promises(&self) -> &Promises {
        &self.0.promises
    }

    /// The session ID that `name` means.
    ///
    /// # Errors
    ///
    /// [`SessionError::NoLookupKey`] for a foreign ID where the keyring cannot tell.
    pub fn session_id(&self, name: &SessionName) -> Result<SessionId, SessionError> {
        name.session_id(&self.0.ring, &self.0.tenant).ok_or(SessionError::NoLookupKey)
    }

    /// Authenticates what an erasure came to.
    ///
    /// # Errors
    ///
    /// [`SessionError::NoLookupKey`] where the keyring cannot; [`SessionError::NoRandomness`].
    pub fn receipt(&self, user: &UserId, erasure: Erasure) -> Result<Receipt, SessionError> {
        let key = receipt::key(&self.0.ring, &self.0.tenant).ok_or(SessionError::NoLookupKey)?;
        Receipt::issue(&key, self.pseudonym(user)?, erasure)
    }

    /// Whether this deployment issued the receipt for this tenant.
    #[must_use]
    pub fn is_own(&self, receipt: &Receipt) -> bool {
        receipt::key(&self.0.ring, &self.0.tenant).is_some_and(|key| receipt.is_authentic(&key))
    }

    /// Whether the receipt, if it is our own, is about this user.
    #[must_use]
    pub fn is_about(&self, receipt: &Receipt, user: &UserId) -> bool {
        let key = receipt::key(&self.0.ring, &self.0.tenant);
        key.zip(self.pseudonym(user).ok()).is_some_and(|(key, user)| receipt.is_about(&key, user))
    }

    /// The user's name in the store.
    ///
    /// # Errors
    ///
    /// [`SessionError::NoLookupKey`] where the keyring cannot tell.
    pub fn pseudonym(&self, user: &UserId) -> Result<UserPseudonym, SessionError> {
        user.pseudonym(&self.0.ring, &self.0.tenant).ok_or(SessionError::NoLookupKey)
    }

    /// Seals a record under its ID, to expire with the session or with its grace.
    pub(crate) fn seal_record(&self, id: &SessionId, record: &Record) -> Result<Sealed, SessionError> {
        let deadline = record.grace.map_or(record.lifetime.absolute, |grace| grace.dies);
        let expires_at = unix_seconds_up(deadline);
        let value = envelope::seal(&self.0.sessions, id.as_bytes(), &record.encode(), expires_at)?;
        let version = Version::of(&value).ok_or(SessionError::Internal)?;
        Ok(Sealed { value, expires_at, version })
    }

    pub(crate) fn open_record(&self, id: &SessionId, sealed: &[u8], now: u64) -> Result<(Record, Version), Absence> {
        let payload = envelope::open(&self.0.sessions, id.as_bytes(), sealed, unix_seconds(now))?;
        let record = Record::decode(&payload).ok_or(Absence::Malformed)?;
        Ok((record, Version::of(sealed).ok_or(Absence::Malformed)?))
    }

    pub(crate) fn seal_entry(&self, user: &UserId, handle: Handle, entry: &Entry) -> Result<Vec<u8>, SessionError> {
        let expires_at = unix_seconds_up(entry.lifetime.absolute);
        Ok(envelope::seal(&self.0.entries, &entry_subject(user, handle), &entry.encode(), expires_at)?)
    }

    pub(crate) fn open_entry(&self, user: &UserId, handle: Handle, sealed: &[u8], now: u64) -> Result<Entry, Absence> {
        let subject = entry_subject(user, handle);
        let payload = envelope::open(&self.0.entries, &subject, sealed, unix_seconds(now))?;
        Entry::decode(&payload).ok_or(Absence::Malformed)
    }

    pub(crate) fn seal_last_seen(
        &self,
        handle: Handle,
        last_seen: u64,
        deadline: u64,
    ) -> Result<Vec<u8>, SessionError> {
        let payload = entry::encode_last_seen(last_seen);
        Ok(envelope::seal(&self.0.activity, handle.as_bytes(), &payload, unix_seconds_up(deadline))?)
    }

    pub(crate) fn open_last_seen(&self, handle: Handle, sealed: &[u8], now: u64) -> Option<u64> {
        let payload = envelope::open(&self.0.activity, handle.as_bytes(), sealed, unix_seconds(now)).ok()?;
        entry::decode_last_seen(&payload)
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("tenant", &self.0.tenant).finish_non_exhaustive()
    }
}

/// A record, sealed.
pub(crate) struct Sealed {
    pub(crate) value: Vec<u8>,
    pub(crate) expires_at: u32,
    pub(crate) version: Version,
}

/// `lp(user ID) || handle`
fn entry_subject(user: &UserId, handle: Handle) -> Zeroizing<Vec<u8>> {
    let mut subject = Zeroizing::new(Vec::with_capacity(300));
    put_text(&mut subject, user.as_str());
    subject.extend_from_slice(handle.as_bytes());
    subject
}
