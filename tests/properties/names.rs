//! Texts: one for each value, and a value or nothing for each text.

use proptest::prelude::*;
use sealed_session::envelope::Version;
use sealed_session::{
    AppName, ForeignId, Handle, Keyring, Placement, Purpose, SessionId, SessionName, Tenant, UserId, UserPseudonym,
    text,
};

use crate::strategies::{keys, root_key_text, texts_like};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn bytes_have_one_text(bytes in prop::collection::vec(any::<u8>(), 0..100), other in texts_like(base64url(33))) {
        prop_assert_eq!(text::decode_any(&text::encode(&bytes)), Some(bytes));
        if let Some(bytes) = text::decode_any(&other) {
            prop_assert_eq!(text::encode(&bytes), other);
        }
    }

    #[test]
    fn session_ids_have_one_text(placement: u8, other in texts_like(base64url(32))) {
        let id = SessionId::generate(Some(Placement(placement))).unwrap();
        prop_assert_eq!(SessionId::parse(&id.to_text()), Some(id.clone()));
        prop_assert_eq!((id.placement(), id.handle(&Tenant::default()).placement()), (Placement(placement), Placement(placement)));
        if let Some(id) = SessionId::parse(&other) {
            prop_assert_eq!(&*id.to_text(), &other);
        }
    }

    #[test]
    fn handles_and_pseudonyms_have_one_text(bytes: [u8; 32], other in texts_like(base64url(32))) {
        let text = text::encode(&bytes);
        prop_assert_eq!(Handle::parse(&text).unwrap().to_string(), text.clone());
        prop_assert_eq!(Handle::parse(&text).unwrap().placement(), Placement(bytes[0]));
        prop_assert_eq!(UserPseudonym::parse(&text).unwrap().to_string(), text);
        prop_assert_eq!(UserPseudonym::parse(&other).map(|it| it.to_string()), Handle::parse(&other).map(|it| it.to_string()));
        if let Some(handle) = Handle::parse(&other) {
            prop_assert_eq!(handle.to_string(), other);
        }
    }

    #[test]
    fn versions_have_one_text(bytes: [u8; 12], other in texts_like(base64url(12))) {
        let text = text::encode(&bytes);
        prop_assert_eq!(Version::parse(&text).unwrap().to_string(), text);
        if let Some(version) = Version::parse(&other) {
            prop_assert_eq!(version.to_string(), other);
        }
    }

    /// A keyring's items have no text to compare with: keys do not print. That two texts were one key would show in its ID.
    #[test]
    fn keys_have_one_text(key in keys(), other in texts_like(keys().prop_map(|key| root_key_text(&key)))) {
        let text = root_key_text(&key);
        prop_assert_eq!(Keyring::parse(&text).unwrap().key_ids().count(), 1);
        if let Ok(ring) = Keyring::parse(&other) {
            let canonical = text::decode_any(other.strip_prefix("ssk1_").unwrap()).unwrap();
            prop_assert_eq!(root_key_text(&canonical.try_into().unwrap()), other.clone());
            prop_assert_eq!(ring.key_ids().eq(Keyring::parse(&text).unwrap().key_ids()), other == text);
        }
    }

    #[test]
    fn a_keyring_has_the_keys_of_its_items_in_their_order(
        roots in prop::collection::vec(keys(), 1..5), lookup in prop::option::of((keys(), any::<prop::sample::Index>())),
    ) {
        let mut items: Vec<String> = roots.iter().map(root_key_text).collect();
        let alone: Vec<_> = items.iter().flat_map(|item| Keyring::parse(item).unwrap().key_ids().collect::<Vec<_>>()).collect();
        if let Some((key, at)) = &lookup {
            items.insert(at.index(items.len() + 1), format!("slk1_{}", text::encode(key)));
        }
        let ring = Keyring::parse(&items.join(",")).unwrap();
        prop_assert_eq!(ring.key_ids().collect::<Vec<_>>(), alone);
        prop_assert_eq!(ring.has_lookup_key(), lookup.is_some());
    }

    /// Of these only the caller's own text goes in, so it must come out, whole and unchanged.
    #[test]
    fn what_callers_name_is_taken_as_it_is_or_refused(text in texts_like("[A-Za-z0-9._-]{1,300}")) {
        if let Some(user) = UserId::parse(&text) {
            prop_assert_eq!(user.as_str(), &text);
        }
        if let Some(tenant) = Tenant::parse(&text) {
            prop_assert_eq!(tenant.as_str(), &text);
            prop_assert_eq!(tenant.to_string(), text.clone());
        }
        prop_assert_eq!(UserId::parse(&text).is_some(), (1..=256).contains(&text.len()));
        prop_assert_eq!(AppName::parse(&text).is_some(), (1..=64).contains(&text.len()));
        prop_assert_eq!(Purpose::parse(&format!("app/{text}")), AppName::parse(&text).map(Purpose::App));
    }

    /// Every text is a native ID, a foreign one or neither, and never two of them.
    #[test]
    fn a_session_name_is_of_one_kind(text in texts_like(base64url(32))) {
        let (native, foreign) = (SessionId::parse(&text), ForeignId::parse(&text));
        prop_assert!(native.is_none() || foreign.is_none());
        let looks_native = text.len() == 43 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        prop_assert!(!looks_native || foreign.is_none(), "nobody may choose one of ours");
        let expected = native.map(SessionName::Native).or(foreign.map(SessionName::Foreign));
        prop_assert_eq!(SessionName::parse(&text), expected);
    }

    #[test]
    fn no_keyring_text_panics(text in texts_like("(s[ls]k1_[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048],?){1,3}")) {
        if let Ok(ring) = Keyring::parse(&text) {
            let items = text.split(',').count();
            prop_assert_eq!(ring.key_ids().count() + usize::from(ring.has_lookup_key()), items);
        }
    }
}

#[cfg(feature = "session")]
proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn keys_of_the_store_have_one_text(one: [u8; 32], two: [u8; 32], other in texts_like(store_keys())) {
        use sealed_session::session::Key;
        let handle = Handle::parse(&text::encode(&one)).unwrap();
        let user = UserPseudonym::parse(&text::encode(&two)).unwrap();
        for (key, placement) in [
            (Key::Activity(handle), one[0]),
            (Key::Ended(handle), one[0]),
            (Key::Revoked(user), two[0]),
            (Key::Session(handle), one[0]),
            (Key::User(user, handle), two[0]),
        ] {
            prop_assert_eq!(Key::parse(&key.to_string()), Some(key));
            prop_assert_eq!(key.placement(), Placement(placement));
        }
        if let Some(key) = Key::parse(&other) {
            prop_assert_eq!(key.to_string(), other);
        }
    }

    #[test]
    fn a_label_is_taken_as_it_is_or_refused(text in "\\PC{0,140}") {
        use sealed_session::session::Label;
        let label = Label::parse(&text);
        prop_assert_eq!(label.is_some(), (1..=128).contains(&text.len()));
        if let Some(label) = label {
            prop_assert_eq!(label.as_str(), text);
        }
    }
}

fn base64url(bytes: usize) -> impl Strategy<Value = String> {
    prop::collection::vec(any::<u8>(), bytes).prop_map(|bytes| text::encode(&bytes))
}

#[cfg(feature = "session")]
fn store_keys() -> impl Strategy<Value = String> {
    let one = ("[aers]", base64url(32)).prop_map(|(kind, name)| format!("{kind}:{name}"));
    let two = (base64url(32), base64url(32)).prop_map(|(user, handle)| format!("u:{user}:{handle}"));
    prop_oneof![one, two]
}
