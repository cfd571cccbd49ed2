//! What the properties are tried on.

use proptest::prelude::*;
use sealed_session::{AppName, Keyring, Purpose, Tenant, text};

/// Bytes of a key: not one byte repeated, which no keyring takes.
pub fn keys() -> impl Strategy<Value = [u8; 32]> {
    any::<[u8; 32]>().prop_filter("a weak key", |key| key.iter().any(|byte| *byte != key[0]))
}

pub fn root_key_text(key: &[u8; 32]) -> String {
    format!("ssk1_{}", text::encode(key))
}

/// The keys of the known answers: root key 00..1f, lookup key 60..7f.
pub const ROOT_KEY: &str = "ssk1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
pub const LOOKUP_KEY: &str = "slk1_YGFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6e3x9fn8";

pub fn ring() -> Keyring {
    Keyring::parse(&format!("{LOOKUP_KEY},{ROOT_KEY}")).unwrap()
}

pub fn tenants() -> impl Strategy<Value = Tenant> {
    "[A-Za-z0-9._-]{1,64}".prop_map(|text| Tenant::parse(&text).unwrap())
}

pub fn purposes() -> impl Strategy<Value = Purpose> {
    prop_oneof![
        Just(Purpose::Session),
        Just(Purpose::UserSession),
        Just(Purpose::Activity),
        Just(Purpose::Cookie),
        Just(Purpose::StoreValue),
        "[a-z]{1,64}".prop_map(|name| Purpose::App(AppName::parse(&name).unwrap())),
    ]
}

/// Payloads: mostly short, now and then around the end of a chunk.
pub fn payloads() -> impl Strategy<Value = Vec<u8>> {
    // Zeros and marks at the end are what padding has to be told from.
    let tail = prop::collection::vec(prop_oneof![Just(0_u8), Just(0x80)], 0..4);
    let short = (prop::collection::vec(any::<u8>(), 0..300), tail).prop_map(|(head, tail)| [head, tail].concat());
    let long = (any::<u8>(), prop_oneof![16_380_usize..16_390, 32_760_usize..32_770, 0_usize..100_000])
        .prop_map(|(byte, length)| vec![byte; length]);
    prop_oneof![15 => short, 1 => long]
}

/// Anything, and texts that differ from `well_formed` by one character.
pub fn texts_like(well_formed: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let near = (well_formed, any::<prop::sample::Index>(), "[A-Za-z0-9_,:=+/ \u{0}é-]", 0..5);
    let near = near.prop_map(|(text, at, other, how)| {
        let mut characters: Vec<char> = text.chars().collect();
        let (at, other) = (at.index(characters.len().max(1)), other.chars().next().unwrap());
        match how {
            0 => {}
            1 => characters.insert(at.min(characters.len()), other),
            2 => characters.truncate(at),
            // The last character is where trailing bits are.
            3 => characters.last_mut().into_iter().for_each(|last| *last = other),
            _ => characters.iter_mut().skip(at).take(1).for_each(|old| *old = other),
        }
        characters.into_iter().collect()
    });
    prop_oneof![1 => "\\PC{0,100}", 1 => "[A-Za-z0-9_-]{0,50}", 4 => near]
}
