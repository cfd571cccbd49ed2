//! envelope.json: what opening an envelope gives, and how it was sealed.

use serde::Deserialize;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{Hex, assert_distinct, ring, tenant};
use crate::crypto::cobblestone;
use crate::crypto::derive::{Deriver, Label};
use crate::envelope::{Header, Version, open, open_text, seal, seal_with};
use crate::error::OpenError;
use crate::scope::{Purpose, Scope};
use crate::text;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "description")]
    _description: String,
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    name: String,
    reason: String,
    expect: String,
    keyring: String,
    tenant: String,
    purpose: String,
    subject: Hex,
    now: u32,
    envelope: Option<Hex>,
    envelope_text: Option<String>,
    payload: Option<Hex>,
    payload_repeat: Option<Repeat>,
    expires_at: Option<u32>,
    salt: Option<Hex>,
    floor: Option<usize>,
    padded_length: Option<usize>,
    key_id: Option<Hex>,
    scope_key: Option<Hex>,
    input_key: Option<Hex>,
    chunk_key: Option<Hex>,
    base_nonce: Option<Hex>,
    commitment: Option<Hex>,
    version: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Repeat {
    byte: Hex,
    length: usize,
}

/// What a vector that opens says beyond its envelope: all of it, or it is not a vector.
struct Sealed<'a> {
    name: &'a str,
    scope: Scope,
    envelope: Vec<u8>,
    payload: Vec<u8>,
    expires_at: u32,
    salt: [u8; cobblestone::SALT_LEN],
    padded_length: usize,
    key_id: &'a Hex,
    scope_key: &'a Hex,
    input_key: &'a Hex,
    chunk_key: &'a Hex,
    base_nonce: &'a Hex,
    commitment: &'a Hex,
    version: &'a str,
}

impl Vector {
    fn scope(&self) -> Scope {
        let purpose = Purpose::parse(&self.purpose).unwrap_or_else(|| panic!("{}: {}", self.name, self.purpose));
        Scope::new(&ring(&self.keyring, &self.name), &tenant(&self.tenant, &self.name), &purpose)
    }

    fn open(&self) -> Result<Vec<u8>, OpenError> {
        let (scope, subject) = (self.scope(), self.subject.0.as_slice());
        let opened = match (&self.envelope, &self.envelope_text) {
            (Some(Hex(envelope)), None) => {
                let opened = open(&scope, subject, envelope, self.now);
                let through_text = open_text(&scope, subject, &text::encode(envelope), self.now);
                assert_eq!(opened, through_text, "{}: the text form opens otherwise", self.name);
                opened
            }
            (None, Some(envelope)) => open_text(&scope, subject, envelope, self.now),
            _ => panic!("{}: expected one envelope", self.name),
        };
        opened.map(|payload| payload.to_vec())
    }

    /// The vector as one that opens; `None` for those that do not.
    fn sealed(&self) -> Option<Sealed<'_>> {
        let payload = match (&self.payload, &self.payload_repeat) {
            (Some(Hex(payload)), None) => payload.clone(),
            (None, Some(repeat)) => vec![repeat.byte.array::<1>()[0]; repeat.length],
            (None, None) => return None,
            _ => panic!("{}: two payloads", self.name),
        };
        let envelope = match &self.envelope_text {
            Some(envelope) => text::decode_any(envelope),
            None => self.envelope.as_ref().map(|envelope| envelope.0.clone()),
        };
        let sealed = || {
            Some(Sealed {
                name: &self.name,
                scope: self.scope(),
                envelope: envelope?,
                payload,
                expires_at: self.expires_at?,
                salt: self.salt.as_ref()?.array(),
                padded_length: self.padded_length?,
                key_id: self.key_id.as_ref()?,
                scope_key: self.scope_key.as_ref()?,
                input_key: self.input_key.as_ref()?,
                chunk_key: self.chunk_key.as_ref()?,
                base_nonce: self.base_nonce.as_ref()?,
                commitment: self.commitment.as_ref()?,
                version: self.version.as_ref()?,
            })
        };
        Some(sealed().unwrap_or_else(|| panic!("{}: it has a payload, and not all that goes with one", self.name)))
    }
}

fn vectors() -> Vec<Vector> {
    let file: File = serde_json::from_str(include_str!("../../tests/vectors/envelope.json")).unwrap();
    file.vectors
}

#[test]
fn the_file_is_whole() {
    let vectors = vectors();
    assert_distinct(vectors.iter().map(|vector| vector.name.as_str()));
    assert!(vectors.iter().all(|vector| !vector.reason.is_empty()));
    let of = |class| vectors.iter().filter(|vector| vector.expect == class).count();
    for (class, least) in [("opens", 43), ("malformed", 38), ("unknown_key", 8), ("unauthentic", 57), ("expired", 5)] {
        assert!(of(class) >= least, "{class}: {} vectors, there were {least}", of(class));
    }
    assert!(vectors.len() >= 151, "{} vectors", vectors.len());
    assert!(vectors.iter().filter(|vector| vector.floor.is_some()).count() >= 40);
}

#[test]
fn every_envelope_opens_or_is_refused_for_its_reason() {
    for vector in vectors() {
        let opened = vector.open();
        let class = opened.as_ref().map_or_else(|error| error.code(), |_| "opens");
        assert_eq!(class, vector.expect, "{}: {}", vector.name, vector.reason);
        let payload = vector.sealed().map(|sealed| Hex(sealed.payload));
        assert_eq!(opened.ok().map(Hex), payload, "{}: {}", vector.name, vector.reason);
    }
}

#[test]
fn every_envelope_that_a_sealer_made_is_made_again_byte_for_byte() {
    for vector in vectors() {
        let Some(floor) = vector.floor else { continue };
        let sealed = vector.sealed().unwrap_or_else(|| panic!("{}: a floor without a payload", vector.name));
        let Sealed { scope, payload, expires_at, salt, .. } = &sealed;
        let made = seal_with(scope, &vector.subject.0, payload, *expires_at, *salt, floor);
        assert_eq!(made.map(Hex), Ok(Hex(sealed.envelope)), "{}", vector.name);
    }
}

#[test]
fn what_an_envelope_shows_without_a_key_is_what_it_was_sealed_with() {
    for vector in vectors() {
        let Some(sealed) = vector.sealed() else { continue };
        let Sealed { name, envelope, .. } = &sealed;
        let header = Header::peek(envelope).unwrap_or_else(|| panic!("{name}: no header"));
        assert_eq!(Hex::of(header.key_id.as_bytes()), *sealed.key_id, "{name}: key_id");
        assert_eq!(header.expires_at, sealed.expires_at, "{name}: expires_at");
        let version = Version::of(envelope).unwrap_or_else(|| panic!("{name}: no version"));
        assert_eq!(version.to_string(), sealed.version, "{name}: version");
        assert_eq!(Version::parse(sealed.version), Some(version), "{name}: version");
        assert_eq!(envelope.len(), 9 + cobblestone::sealed_len(sealed.padded_length), "{name}: padded_length");
    }
}

#[test]
fn every_key_on_the_way_to_the_first_chunk_is_the_second_implementations() {
    for vector in vectors() {
        let Some(sealed) = vector.sealed() else { continue };
        let name = sealed.name;
        let ring = ring(&vector.keyring, name);
        let (_, root) = ring
            .roots()
            .find(|(id, _)| Hex::of(id.as_bytes()) == *sealed.key_id)
            .unwrap_or_else(|| panic!("{name}: key_id"));
        let scope_key = root.derive(Label::Scope, &[vector.tenant.as_bytes(), vector.purpose.as_bytes()]);
        assert_eq!(Hex::of(scope_key.as_slice()), *sealed.scope_key, "{name}: scope_key");

        let header = Header::peek(&sealed.envelope).unwrap_or_else(|| panic!("{name}: no header"));
        let input_key = sealed.scope.opening_key(header.key_id, &vector.subject.0);
        assert_eq!(input_key.as_ref().map(|key| Hex::of(key.as_slice())).as_ref(), Some(sealed.input_key), "{name}");

        // The info string is spelt out as C2SP publishes it: the sealer's own constant could be wrong in both places.
        let info = [b"c2sp.org/chunked-encryption@v1+", b"AEAD_AES_256_GCM".as_slice(), &[0]].concat();
        let (context, rest) = sealed.envelope.split_at(9);
        let keys = Deriver::new(&sealed.input_key.array::<32>()).expand::<76>(&[&info, &sealed.salt, context]);
        assert_eq!(Hex::of(&keys[..32]), *sealed.chunk_key, "{name}: chunk_key");
        assert_eq!(Hex::of(&keys[32..44]), *sealed.base_nonce, "{name}: base_nonce");
        assert_eq!(Hex::of(&keys[44..]), *sealed.commitment, "{name}: commitment");
        assert_eq!(Hex::of(&rest[..24]), Hex::of(&sealed.salt), "{name}: salt");
        assert_eq!(Hex::of(&rest[24..56]), *sealed.commitment, "{name}: commitment in the envelope");
    }
}

/// Nothing above asks the platform for random bytes; in WebAssembly those come by another way than natively.
#[test]
fn what_is_sealed_here_opens_here() {
    let vector = &vectors()[0];
    let sealed = vector.sealed().unwrap();
    let subject = &vector.subject.0;
    let envelope = seal(&sealed.scope, subject, &sealed.payload, sealed.expires_at).unwrap();
    assert_ne!(Version::of(&envelope), Version::of(&sealed.envelope));
    assert_eq!(open(&sealed.scope, subject, &envelope, vector.now).map(|payload| payload.to_vec()), Ok(sealed.payload));
}
