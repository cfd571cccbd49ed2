//! Envelopes: what is sealed opens, and nothing else does.

use proptest::prelude::*;
use sealed_session::envelope::{Header, Version, open, open_text, seal, seal_text};
use sealed_session::{Keyring, OpenError, Purpose, Scope, SealError, Tenant, text};

use crate::strategies::{keys, payloads, purposes, ring, root_key_text, tenants};

proptest! {
    #[test]
    fn what_is_sealed_opens(
        roots in prop::collection::vec(keys(), 1..4),
        tenant in tenants(),
        purpose in purposes(),
        subject in prop::collection::vec(any::<u8>(), 0..300),
        payload in payloads(),
        expires_at in prop_oneof![Just(1), Just(u32::MAX), 1..=u32::MAX],
        until in any::<prop::sample::Index>(),
    ) {
        let now = u32::try_from(until.index(usize::try_from(expires_at).unwrap())).unwrap();
        let ring: Vec<String> = roots.iter().map(root_key_text).collect();
        let ring = Keyring::parse(&ring.join(",")).unwrap();
        let scope = Scope::new(&ring, &tenant, &purpose);

        let envelope = seal(&scope, &subject, &payload, expires_at).unwrap();
        let header = Header::peek(&envelope).unwrap();
        prop_assert_eq!((Some(header.key_id), header.expires_at), (ring.key_ids().next(), expires_at));
        prop_assert_eq!(&*open(&scope, &subject, &envelope, now).unwrap(), &payload);
        prop_assert_eq!(open(&scope, &subject, &envelope, expires_at), Err(OpenError::Expired));

        // Its text, and every ring that has the key, wherever in it.
        prop_assert_eq!(&*open_text(&scope, &subject, &text::encode(&envelope), now).unwrap(), &payload);
        let rotated: Vec<String> = roots.iter().rev().map(root_key_text).collect();
        let rotated = Scope::new(&Keyring::parse(&rotated.join(",")).unwrap(), &tenant, &purpose);
        prop_assert_eq!(&*open(&rotated, &subject, &envelope, now).unwrap(), &payload);

        // It is the subject's alone.
        let other = [subject.as_slice(), &[0]].concat();
        prop_assert_eq!(open(&scope, &other, &envelope, now), Err(OpenError::Unauthentic));
    }

    #[test]
    fn what_is_sealed_as_text_opens(payload in payloads(), expires_at in 1..=u32::MAX) {
        let scope = scope(&Purpose::Cookie);
        let envelope = seal_text(&scope, b"name", &payload, expires_at).unwrap();
        prop_assert_eq!(&*open_text(&scope, b"name", &envelope, expires_at - 1).unwrap(), &payload);
        prop_assert_eq!(text::encode(&text::decode_any(&envelope).unwrap()), envelope);
    }

    /// Payloads of one padded length are not told apart, and padding never costs more than 12 %.
    #[test]
    fn an_envelope_tells_of_its_payload_only_a_length_that_many_have(payload in payloads()) {
        let overhead = 9 + 24 + 32;
        let length = |purpose| seal(&scope(&purpose), b"", &payload, 1).unwrap().len();
        let padded = length(Purpose::Cookie) - overhead;
        let tags = 16 * (padded / (16 * 1024 + 16) + 1);
        let padded = padded - tags;
        let marked = payload.len() + 1;
        prop_assert!(padded >= marked && (padded - marked) * 100 <= marked * 12, "{marked} became {padded}");
        prop_assert_eq!(length(Purpose::Session) - overhead - tags.max(16), padded.max(256));
    }

    #[test]
    fn a_change_anywhere_in_a_long_envelope_is_refused(
        at in any::<prop::sample::Index>(), bit in 0..8_u32, length in 16_000_usize..40_000,
    ) {
        let scope = scope(&Purpose::StoreValue);
        let mut envelope = seal(&scope, b"key", &vec![0x80; length], 2).unwrap();
        let at = at.index(envelope.len());
        envelope[at] ^= 1 << bit;
        prop_assert_eq!(open(&scope, b"key", &envelope, 1), Err(class_of_a_change_at(at)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn no_bytes_panic(
        bytes in bytes_like_envelopes(),
        subject in prop::collection::vec(any::<u8>(), 0..40),
        now: u32,
    ) {
        let scope = scope(&Purpose::Session);
        let opened = open(&scope, &subject, &bytes, now);
        prop_assert!(opened.is_err(), "nobody sealed this");
        prop_assert_eq!(open_text(&scope, &subject, &text::encode(&bytes), now), opened.clone());
        // What has no header is malformed, and only that is before anything is authenticated.
        prop_assert_eq!(Header::peek(&bytes).is_none(), opened == Err(OpenError::Malformed));
        prop_assert_eq!(Version::of(&bytes).is_some(), Header::peek(&bytes).is_some());
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,200}", now: u32) {
        prop_assert!(open_text(&scope(&Purpose::Session), b"", &text, now).is_err());
    }
}

#[test]
fn every_single_flipped_bit_is_refused_with_the_class_of_its_byte() {
    for purpose in [Purpose::Session, Purpose::Cookie] {
        let scope = scope(&purpose);
        for length in [0, 1, 255, 1024] {
            let sealed = seal(&scope, b"subject", &vec![b'x'; length], 2_000_000_000).unwrap();
            open(&scope, b"subject", &sealed, 1_900_000_000).unwrap();
            for at in 0..sealed.len() {
                for bit in 0..8 {
                    let mut envelope = sealed.clone();
                    envelope[at] ^= 1 << bit;
                    let opened = open(&scope, b"subject", &envelope, 1_900_000_000);
                    assert_eq!(opened, Err(class_of_a_change_at(at)), "payload of {length}, byte {at}, bit {bit}");
                }
            }
        }
    }
}

#[test]
fn every_length_but_its_own_is_refused() {
    let scope = scope(&Purpose::Cookie);
    let sealed = seal(&scope, b"", &[b'x'; 1024], 2).unwrap();
    for length in 0..sealed.len() {
        let expected = if length < 82 { OpenError::Malformed } else { OpenError::Unauthentic };
        assert_eq!(open(&scope, b"", &sealed[..length], 1), Err(expected), "cut to {length}");
    }
    for more in 1..100 {
        let longer = [sealed.as_slice(), &vec![0; more]].concat();
        assert_eq!(open(&scope, b"", &longer, 1), Err(OpenError::Unauthentic), "{more} bytes more");
    }
}

#[test]
fn the_sealer_refuses_the_moment_zero_and_nothing_else_of_a_moment() {
    let scope = scope(&Purpose::Cookie);
    assert_eq!(seal(&scope, b"", b"", 0), Err(SealError::ExpiresAtZero));
    for expires_at in [1, u32::MAX] {
        let envelope = seal(&scope, b"", b"", expires_at).unwrap();
        assert_eq!(open(&scope, b"", &envelope, u32::MAX), Err(OpenError::Expired));
    }
}

fn scope(purpose: &Purpose) -> Scope {
    Scope::new(&ring(), &Tenant::default(), purpose)
}

/// FORMAT.md, "Opening": the first byte, then the key ID, then all the rest. No bit flipped in the key ID of a ring's only
/// key gives that key's ID again.
fn class_of_a_change_at(at: usize) -> OpenError {
    match at {
        0 => OpenError::Malformed,
        1..5 => OpenError::UnknownKey,
        _ => OpenError::Unauthentic,
    }
}

/// Anything; anything under a header; anything under the header of a key that is known.
fn bytes_like_envelopes() -> impl Strategy<Value = Vec<u8>> {
    let known = Header::peek(&seal(&scope(&Purpose::Session), b"", b"", 1).unwrap()).unwrap().key_id.to_string();
    let known: Vec<u8> = vec![0xF5].into_iter().chain(u32::from_str_radix(&known, 16).unwrap().to_be_bytes()).collect();
    let bytes = || prop::collection::vec(any::<u8>(), 0..400);
    let under = |head: Vec<u8>| move |rest: Vec<u8>| [head.as_slice(), &rest].concat();
    prop_oneof![bytes(), bytes().prop_map(under(vec![0xF5])), bytes().prop_map(under(known))]
}
