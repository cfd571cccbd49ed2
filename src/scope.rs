//! Tenants and purposes, and the keys that belong to each pair of them (FORMAT.md, "Scope").

use core::fmt;

use crate::crypto::derive::{Deriver, Key, Label};
use crate::key::{KeyId, Keyring};

/// Whose data it is: 1 to 64 letters, digits, `.`, `_` or `-`. Tenants share a keyring and nothing else.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Tenant(String);

impl Tenant {
    /// Reads a tenant's name, or nothing if it has other characters or another length.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        ((1..=MAX_TENANT_LEN).contains(&text.len()) && text.bytes().all(allowed)).then(|| Self(text.to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Tenant {
    /// `default`: the tenant of those who have but one.
    fn default() -> Self {
        Self("default".to_owned())
    }
}

impl fmt::Display for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What an envelope is used for, and so what its subject is. An envelope of one purpose never opens as another.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Purpose {
    /// A session record; the subject is the 32-byte session ID, so it is unreadable without it.
    Session,
    /// An entry of the per-user index; the subject is `lp(user ID) || handle`.
    UserSession,
    /// When a session was last seen; the subject is its handle.
    Activity,
    /// A stateless cookie; the subject is its name.
    Cookie,
    /// A value in somebody's store; the subject is the store's key, empty where the store does not tell.
    StoreValue,
    /// What an application seals for itself; the subject is the caller's.
    App(AppName),
}

impl Purpose {
    /// Reads a purpose by its name in FORMAT.md.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Session, Self::UserSession, Self::Activity, Self::Cookie, Self::StoreValue]
            .into_iter()
            .find(|purpose| purpose.fixed_name() == Some(name))
            .or_else(|| name.strip_prefix(APP_PREFIX).and_then(AppName::parse).map(Self::App))
    }

    /// The least padded length in bytes: session records all look alike up to this size.
    pub(crate) const fn floor(&self) -> usize {
        match self {
            Self::Session => 256,
            _ => 0,
        }
    }

    fn name(&self) -> String {
        match self {
            Self::App(AppName(name)) => [APP_PREFIX, name].concat(),
            fixed => fixed.fixed_name().unwrap_or_default().to_owned(),
        }
    }

    /// The table of purposes. `app/` keeps applications out of it.
    const fn fixed_name(&self) -> Option<&'static str> {
        match self {
            Self::Session => Some("session"),
            Self::UserSession => Some("user-session"),
            Self::Activity => Some("activity"),
            Self::Cookie => Some("cookie"),
            Self::StoreValue => Some("store-value"),
            Self::App(_) => None,
        }
    }
}

/// The name of an application's own purpose: 1 to 64 bytes of UTF-8.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AppName(String);

impl AppName {
    /// Reads a name, or nothing if it is empty or too long.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        (1..=MAX_APP_NAME_LEN).contains(&name.len()).then(|| Self(name.to_owned()))
    }
}

/// A keyring narrowed to one tenant and one purpose. Making one costs a derivation for each root key, so keep it.
///
/// Prints as its key IDs and nothing more.
#[derive(Clone)]
pub struct Scope {
    floor: usize,
    /// In the keyring's order: the first one seals.
    keys: Vec<(KeyId, Deriver)>,
}

impl Scope {
    /// The keys of `tenant` for `purpose`.
    #[must_use]
    pub fn new(ring: &Keyring, tenant: &Tenant, purpose: &Purpose) -> Self {
        let name = purpose.name();
        let scoped =
            |root: &Deriver| Deriver::new(&root.derive(Label::Scope, &[tenant.as_str().as_bytes(), name.as_bytes()]));
        let keys = ring.roots().map(|(id, root)| (id, scoped(root))).collect();
        Self { floor: purpose.floor(), keys }
    }

    pub(crate) const fn floor(&self) -> usize {
        self.floor
    }

    /// The key that seals, for `subject`.
    pub(crate) fn sealing_key(&self, subject: &[u8]) -> Option<(KeyId, Key)> {
        self.keys.first().map(|(id, scope_key)| (*id, scope_key.derive(Label::Subject, &[subject])))
    }

    /// The key that an envelope names. Only by its ID: keys are never tried in turn.
    pub(crate) fn opening_key(&self, id: KeyId, subject: &[u8]) -> Option<Key> {
        let (_, scope_key) = self.keys.iter().find(|(known, _)| *known == id)?;
        Some(scope_key.derive(Label::Subject, &[subject]))
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|(id, _)| id)).finish()
    }
}

const MAX_TENANT_LEN: usize = 64;
const MAX_APP_NAME_LEN: usize = 64;
const APP_PREFIX: &str = "app/";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_purpose_occurs_twice_and_none_is_within_reach_of_applications() {
        let names = ["session", "user-session", "activity", "cookie", "store-value"];
        for name in names {
            assert_eq!(Purpose::parse(name).unwrap().name(), name);
            assert!(!name.starts_with(APP_PREFIX));
        }
        assert_eq!(Purpose::parse("app/session").unwrap().name(), "app/session");
        assert_eq!(Purpose::parse("app/"), None);
        assert_eq!(Purpose::parse("sessions"), None);
    }

    #[test]
    fn tenants_have_no_white_space_and_no_separators() {
        for refused in ["", " ", "a b", "a,b", "ä", "a\n", "a/b", &"x".repeat(65)] {
            assert_eq!(Tenant::parse(refused), None, "{refused:?}");
        }
        assert_eq!(Tenant::parse("acme-1.eu_X").unwrap().as_str(), "acme-1.eu_X");
    }
}
