//! Root keys, the lookup key and the keyring that holds them (FORMAT.md, "Keys").
//!
//! None of these prints: `Debug` shows key IDs at the most, there is no `Display`, and every key is wiped when dropped.

use core::fmt;

use zeroize::Zeroizing;

use crate::crypto::derive::{Deriver, KEY_LEN, Key, Label};
use crate::error::{KeyringError, RandomError};
use crate::text;

/// Names a root key in an envelope's header. It reveals nothing of the key.
#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
pub struct KeyId([u8; Self::LEN]);

impl KeyId {
    /// Bytes of a key ID.
    pub(crate) const LEN: usize = 4;

    pub(crate) const fn from_bytes(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }
}

impl fmt::Display for KeyId {
    /// Eight hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", u32::from_be_bytes(self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The keys of a deployment: root keys, of which the first seals and every one opens, and at most one lookup key.
///
/// Its text is `slk1_…,ssk1_new,ssk1_old`. To rotate, put the new root key second, deploy, put it first, deploy, and
/// drop the old one when nothing sealed with it can be alive. The lookup key never rotates: names are made with it.
#[derive(Clone)]
pub struct Keyring {
    lookup: Option<LookupKey>,
    roots: Vec<(KeyId, RootKey)>,
}

impl Keyring {
    /// Reads a keyring's text. There is no white space in it.
    ///
    /// # Errors
    ///
    /// See [`KeyringError`]. Nothing of the text is in the error.
    pub fn parse(text: &str) -> Result<Self, KeyringError> {
        let mut ring = Self { lookup: None, roots: Vec::new() };
        for item in text.split(',') {
            if let Some(key) = item.strip_prefix(LOOKUP_PREFIX) {
                if ring.lookup.replace(LookupKey::new(&parse_key(key)?)).is_some() {
                    return Err(KeyringError::TwoLookupKeys);
                }
            } else if let Some(key) = item.strip_prefix(ROOT_PREFIX) {
                ring.add(RootKey::new(&parse_key(key)?))?;
            } else {
                return Err(KeyringError::Malformed);
            }
        }
        if ring.roots.is_empty() { Err(KeyringError::NoRootKey) } else { Ok(ring) }
    }

    /// The text of a fresh keyring: one lookup key and one root key.
    ///
    /// # Errors
    ///
    /// [`RandomError`] when the platform's random source fails.
    pub fn generate() -> Result<Zeroizing<String>, RandomError> {
        let mut text = Zeroizing::new(String::with_capacity(KEY_TEXT_LEN.saturating_mul(2).saturating_add(1)));
        for prefix in [LOOKUP_PREFIX, ",", ROOT_PREFIX] {
            text.push_str(prefix);
            if prefix != "," {
                let mut key = Key::default();
                getrandom::fill(key.as_mut_slice()).map_err(|_| RandomError)?;
                text.push_str(&Zeroizing::new(text::encode(key.as_slice())));
            }
        }
        Ok(text)
    }

    /// The IDs of the root keys, the sealing one first.
    pub fn key_ids(&self) -> impl Iterator<Item = KeyId> {
        self.roots.iter().map(|(id, _)| *id)
    }

    /// The key that names users and foreign IDs, where there is one.
    pub(crate) const fn lookup(&self) -> Option<&LookupKey> {
        self.lookup.as_ref()
    }

    /// Whether there is a lookup key. Without one, sessions with users or foreign IDs are refused.
    #[must_use]
    pub const fn has_lookup_key(&self) -> bool {
        self.lookup.is_some()
    }

    pub(crate) fn roots(&self) -> impl Iterator<Item = (KeyId, &Deriver)> {
        self.roots.iter().map(|(id, root)| (*id, &root.0))
    }

    fn add(&mut self, root: RootKey) -> Result<(), KeyringError> {
        let id = root.id();
        if self.key_ids().any(|known| known == id) {
            return Err(KeyringError::EqualKeyIds);
        }
        self.roots.push((id, root));
        Ok(())
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.key_ids()).finish()
    }
}

/// Seals and opens; rotates. Held ready to derive from, which is all that is ever done with it.
#[derive(Clone)]
struct RootKey(Deriver);

impl RootKey {
    fn new(key: &Key) -> Self {
        Self(Deriver::new(key))
    }

    fn id(&self) -> KeyId {
        let value = self.0.derive(Label::KeyId, &[]);
        KeyId(value.first_chunk().copied().unwrap_or_default())
    }
}

/// Names users, foreign IDs and receipts. It decrypts nothing; who has it can confirm a guessed name.
#[derive(Clone)]
pub(crate) struct LookupKey(Deriver);

impl LookupKey {
    fn new(key: &Key) -> Self {
        Self(Deriver::new(key))
    }

    pub(crate) fn derive(&self, label: Label, parts: &[&[u8]]) -> Key {
        self.0.derive(label, parts)
    }
}

fn parse_key(text: &str) -> Result<Key, KeyringError> {
    let key = text::decode::<KEY_LEN>(text).ok_or(KeyringError::Malformed)?;
    if key.iter().all(|byte| Some(byte) == key.first()) {
        return Err(KeyringError::Weak);
    }
    Ok(key)
}

const ROOT_PREFIX: &str = "ssk1_";
const LOOKUP_PREFIX: &str = "slk1_";
/// Characters of a key's text.
const KEY_TEXT_LEN: usize = 48;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_keyring_is_read_back_and_is_never_the_same() {
        let (one, two) = (Keyring::generate().unwrap(), Keyring::generate().unwrap());
        assert_ne!(*one, *two);
        let ring = Keyring::parse(&one).unwrap();
        assert!(ring.has_lookup_key());
        assert_eq!(ring.key_ids().count(), 1);
    }

    #[test]
    fn a_keyring_prints_key_ids_and_nothing_else() {
        let text = Keyring::generate().unwrap();
        let ring = Keyring::parse(&text).unwrap();
        assert_eq!(format!("{ring:?}"), format!("[{}]", ring.key_ids().next().unwrap()));
    }

    #[test]
    fn keys_are_wiped_when_dropped() {
        fn assert_wiped<T: zeroize::ZeroizeOnDrop>() {}
        // All that a `Deriver` holds: HMAC's two keyed states are SHA-512 states.
        assert_wiped::<sha2::Sha512>();
        assert_wiped::<Key>();
    }
}
