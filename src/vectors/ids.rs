//! ids.json: identifiers, derivations, keyring texts and Padmé lengths.

use serde::Deserialize;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{Hex, assert_distinct, ring, tenant};
use crate::crypto::cobblestone::{self, SALT_LEN};
use crate::crypto::derive::{Label, derive};
use crate::envelope::seal_with;
use crate::id::{ForeignId, SessionId, SessionName, UserId};
use crate::key::Keyring;
use crate::scope::{Purpose, Scope, Tenant};
use crate::text;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "description")]
    _description: String,
    derivations: Vec<Derivation>,
    session_ids: Vec<IdText>,
    foreign_ids: Vec<IdText>,
    keyrings: Vec<KeyringText>,
    padme: Vec<Padme>,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Derivation {
    Foreign(ForeignVector),
    Receipt(ReceiptVector),
    Session(SessionVector),
    User(UserVector),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SessionVector {
    name: String,
    reason: String,
    tenant: String,
    session_id: Hex,
    handle: String,
    log_id: String,
    csrf: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UserVector {
    name: String,
    reason: String,
    tenant: String,
    keyring: String,
    lookup_key: Hex,
    user_id: Hex,
    pseudonym: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ForeignVector {
    name: String,
    reason: String,
    tenant: String,
    keyring: String,
    lookup_key: Hex,
    foreign_id: String,
    session_id: Hex,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReceiptVector {
    name: String,
    reason: String,
    tenant: String,
    keyring: String,
    lookup_key: Hex,
    receipt_key: Hex,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IdText {
    name: String,
    reason: String,
    expect: String,
    text: String,
    session_id: Option<Hex>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyringText {
    name: String,
    reason: String,
    expect: String,
    keyring: String,
    key_ids: Option<Vec<Hex>>,
    has_lookup: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Padme {
    n: usize,
    padme: usize,
}

impl Derivation {
    fn name(&self) -> &str {
        match self {
            Self::Foreign(vector) => &vector.name,
            Self::Receipt(vector) => &vector.name,
            Self::Session(vector) => &vector.name,
            Self::User(vector) => &vector.name,
        }
    }
}

fn file() -> File {
    serde_json::from_str(include_str!("../../tests/vectors/ids.json")).unwrap()
}

/// The derivations of one kind, of which there were `least`.
fn derivations<T>(least: usize, of_kind: impl FnMut(Derivation) -> Option<T>) -> Vec<T> {
    let vectors: Vec<T> = file().derivations.into_iter().filter_map(of_kind).collect();
    assert!(vectors.len() >= least, "{} vectors, there were {least}", vectors.len());
    vectors
}

/// What the lookup key gives, which must be the same key in the ring and by itself.
fn of_lookup_key(ring: &Keyring, Hex(key): &Hex, label: Label, parts: &[&[u8]], name: &str) -> Hex {
    let key = key.as_slice().try_into().unwrap();
    let derived = ring.lookup().unwrap_or_else(|| panic!("{name}: no lookup key")).derive(label, parts);
    assert_eq!(derived, derive(key, label, parts), "{name}: the ring has another lookup key");
    Hex::of(derived.as_slice())
}

#[test]
fn the_file_is_whole() {
    let file = file();
    for (what, count, least) in [
        ("derivations", file.derivations.len(), 36),
        ("session_ids", file.session_ids.len(), 18),
        ("foreign_ids", file.foreign_ids.len(), 20),
        ("keyrings", file.keyrings.len(), 36),
        ("padme", file.padme.len(), 54),
    ] {
        assert!(count >= least, "{what}: {count} vectors, there were {least}");
    }
    assert_distinct(file.derivations.iter().map(Derivation::name));
    assert_distinct(file.session_ids.iter().map(|vector| vector.name.as_str()));
    assert_distinct(file.foreign_ids.iter().map(|vector| vector.name.as_str()));
    assert_distinct(file.keyrings.iter().map(|vector| vector.name.as_str()));
}

#[test]
fn sessions_have_the_names_that_are_derived_from_their_ids() {
    let of_kind = |vector| if let Derivation::Session(vector) = vector { Some(vector) } else { None };
    for SessionVector { name, reason, tenant: of, session_id, handle, log_id, csrf } in derivations(10, of_kind) {
        let tenant = tenant(&of, &name);
        let id = SessionId::parse(&text::encode(&session_id.0)).unwrap_or_else(|| panic!("{name}: not an ID"));
        let names = id.names(&tenant);
        assert_eq!(names.0.to_string(), handle, "{name}: {reason}");
        assert_eq!(names.0.log_id(&tenant).to_string(), log_id, "{name}: {reason}");
        assert_eq!(*names.1.to_text(), csrf, "{name}: {reason}");
        // The public functions derive each by itself.
        assert_eq!((id.handle(&tenant), id.csrf_token(&tenant)), names, "{name}: {reason}");
        assert_eq!(id.placement(), names.0.placement(), "{name}: {reason}");
    }
}

#[test]
fn users_have_their_pseudonyms() {
    let of_kind = |vector| if let Derivation::User(vector) = vector { Some(vector) } else { None };
    for UserVector { name, reason, tenant: of, keyring, lookup_key, user_id, pseudonym } in derivations(14, of_kind) {
        let (tenant, ring) = (tenant(&of, &name), ring(&keyring, &name));
        let user = core::str::from_utf8(&user_id.0).unwrap();
        let made = UserId::parse(user).and_then(|user| user.pseudonym(&ring, &tenant));
        assert_eq!(made.map(|made| made.to_string()), Some(pseudonym.clone()), "{name}: {reason}");
        let derived = of_lookup_key(&ring, &lookup_key, Label::User, &[of.as_bytes(), user.as_bytes()], &name);
        assert_eq!(text::encode(&derived.0), pseudonym, "{name}: {reason}");
    }
}

#[test]
fn foreign_ids_mean_the_sessions_that_are_derived_from_them() {
    let of_kind = |vector| if let Derivation::Foreign(vector) = vector { Some(vector) } else { None };
    for ForeignVector { name, reason, tenant: of, keyring, lookup_key, foreign_id, session_id } in
        derivations(9, of_kind)
    {
        let (tenant, ring) = (tenant(&of, &name), ring(&keyring, &name));
        let session = SessionName::parse(&foreign_id).unwrap_or_else(|| panic!("{name}: not a name"));
        assert!(session.is_foreign(), "{name}: {reason}");
        let id = session.session_id(&ring, &tenant).map(|id| Hex::of(id.as_bytes()));
        assert_eq!(id.as_ref(), Some(&session_id), "{name}: {reason}");
        let parts = [of.as_bytes(), foreign_id.as_bytes()];
        let derived = of_lookup_key(&ring, &lookup_key, Label::ForeignId, &parts, &name);
        assert_eq!(derived, session_id, "{name}: {reason}");
    }
}

#[test]
fn every_tenant_has_its_receipt_key() {
    let of_kind = |vector| if let Derivation::Receipt(vector) = vector { Some(vector) } else { None };
    for ReceiptVector { name, reason, tenant: of, keyring, lookup_key, receipt_key } in derivations(3, of_kind) {
        let ring = ring(&keyring, &name);
        let derived = of_lookup_key(&ring, &lookup_key, Label::Receipt, &[of.as_bytes()], &name);
        assert_eq!(derived, receipt_key, "{name}: {reason}");
    }
}

#[test]
fn a_session_id_has_one_text() {
    for vector in file().session_ids {
        let id = SessionId::parse(&vector.text);
        let expect = if id.is_some() { "valid" } else { "malformed" };
        assert_eq!(expect, vector.expect, "{}: {}", vector.name, vector.reason);
        assert_eq!(id.as_ref().map(|id| Hex::of(id.as_bytes())), vector.session_id, "{}", vector.name);
        if let Some(id) = id {
            assert_eq!(*id.to_text(), vector.text, "{}", vector.name);
        }
    }
}

#[test]
fn what_looks_like_our_own_is_never_a_foreign_id() {
    for vector in file().foreign_ids {
        let foreign = ForeignId::parse(&vector.text);
        let expect = match SessionName::parse(&vector.text) {
            Some(SessionName::Foreign(_)) => "valid",
            Some(SessionName::Native(_)) => "native",
            None => "malformed",
        };
        assert_eq!(expect, vector.expect, "{}: {}", vector.name, vector.reason);
        assert_eq!(foreign.is_some(), vector.expect == "valid", "{}: {}", vector.name, vector.reason);
        assert!(vector.session_id.is_none(), "{}: a foreign ID's session is a derivation", vector.name);
    }
}

#[test]
fn a_keyring_is_read_strictly() {
    for vector in file().keyrings {
        let ring = Keyring::parse(&vector.keyring);
        let expect = if ring.is_ok() { "valid" } else { "refused" };
        assert_eq!(expect, vector.expect, "{}: {} ({ring:?})", vector.name, vector.reason);
        let key_ids = ring.as_ref().ok().map(|ring| ring.key_ids().map(|id| Hex::of(id.as_bytes())).collect());
        assert_eq!(key_ids, vector.key_ids, "{}: {}", vector.name, vector.reason);
        let has_lookup = ring.as_ref().ok().map(Keyring::has_lookup_key);
        assert_eq!(has_lookup, vector.has_lookup, "{}: {}", vector.name, vector.reason);
    }
}

/// Seen from outside: what `n` bytes, mark included, become in an envelope without a floor.
#[test]
fn padding_follows_padme() {
    let ring = Keyring::parse(&Keyring::generate().unwrap()).unwrap();
    let scope = Scope::new(&ring, &Tenant::default(), &Purpose::Cookie);
    for Padme { n, padme } in file().padme {
        let envelope = seal_with(&scope, b"", &vec![b'a'; n - 1], 1, [0; SALT_LEN], 0).unwrap();
        assert_eq!(envelope.len(), 9 + cobblestone::sealed_len(padme), "{n} bytes");
        assert!(n <= padme, "{n} bytes");
    }
}
