//! What holds for every record, entry, marker and merge patch, and for every byte string that is taken for one.

use proptest::option;
use proptest::prelude::*;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::entry::{self, Entry};
use super::error::SessionError;
use super::lifetime::{Lifetime, ms, unix_seconds, unix_seconds_up};
use super::marker::{Ended, Revoked};
use super::merge::merge_patch;
use super::object::members;
use super::record::{Data, Grace, Label, MAX_PREDECESSORS, Member, Predecessor, Record};
use crate::id::{ForeignId, Handle, UserId};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn records_are_read_back(record in records()) {
        prop_assert_eq!(Record::decode(&record.encode()), Some(record));
    }

    /// One encoding for each record: an attacker who could write beneath a seal could still not write one in two ways.
    #[test]
    fn what_is_read_as_a_record_is_written_the_same(bytes in bytes_like(records().prop_map(|it| it.encode().to_vec()))) {
        if let Some(record) = Record::decode(&bytes) {
            prop_assert_eq!(record.encode().to_vec(), bytes);
        }
    }

    #[test]
    fn entries_are_read_back(entry in entries()) {
        prop_assert_eq!(Entry::decode(&entry.encode()), Some(entry));
    }

    #[test]
    fn what_is_read_as_an_entry_is_written_the_same(bytes in bytes_like(entries().prop_map(|it| it.encode().to_vec()))) {
        if let Some(entry) = Entry::decode(&bytes) {
            prop_assert_eq!(entry.encode().to_vec(), bytes);
        }
    }

    #[test]
    fn last_seen_is_read_back_and_has_one_encoding(
        at in times(),
        bytes in bytes_like(times().prop_map(entry::encode_last_seen)),
    ) {
        prop_assert_eq!(entry::decode_last_seen(&entry::encode_last_seen(at)), Some(at));
        if let Some(at) = entry::decode_last_seen(&bytes) {
            prop_assert_eq!(entry::encode_last_seen(at), bytes);
        }
    }

    #[test]
    fn markers_are_read_back(ended in ended(), revoked in revoked()) {
        prop_assert_eq!(Ended::decode(&ended.encode()), ended);
        prop_assert_eq!(Revoked::decode(&revoked.encode()), revoked);
    }

    #[test]
    fn what_is_read_as_a_marker_is_written_the_same_or_counts_as_the_strictest(
        of_session in bytes_like(ended().prop_map(Ended::encode)),
        of_user in bytes_like(revoked().prop_map(Revoked::encode)),
        handle in handles(),
        at in times(),
    ) {
        let ended = Ended::decode(&of_session);
        if ended.encode() != of_session {
            prop_assert!(ended.is_final(at) && ended.covers(at.min(u64::MAX - 1), true, 0));
        }
        let revoked = Revoked::decode(&of_user);
        if revoked.encode() != of_user {
            prop_assert!(revoked.ends(handle, at));
        }
    }

    #[test]
    fn no_time_is_too_early_or_too_late(
        now in times(), seen in times(), created in times(), absolute in times(), idle: u32, window: u32,
    ) {
        let given = Lifetime { created, absolute, idle };
        for life in [given, given.anew(now), Lifetime::starting(now, idle, window)] {
            prop_assert!(life.idle_deadline(seen) <= life.absolute, "idle never outlives absolute");
            prop_assert!(!life.is_over(now) || life.is_idle(seen, now), "what is over is idle too");
            let unseen_for = now.saturating_sub(seen);
            prop_assert!(unseen_for < ms(life.idle) || life.is_touch_due(seen, now), "no window ends without a touch");
        }
        prop_assert!(unix_seconds(now) <= unix_seconds_up(now) && unix_seconds_up(now).abs_diff(unix_seconds(now)) <= 1);
    }

    #[test]
    fn an_object_is_taken_apart_into_what_it_has(
        value in json(),
        bytes in bytes_like(json().prop_map(|it| it.to_string().into_bytes())),
    ) {
        let text = value.to_string();
        let members = members(text.as_bytes());
        prop_assert_eq!(members.is_some(), value.is_object());
        let value_of = |value: &RawValue| serde_json::from_str::<Value>(value.get()).unwrap();
        let members: Option<Map<_, _>> =
            members.map(|all| all.0.into_iter().map(|(name, value)| (name.into_owned(), value_of(value))).collect());
        prop_assert_eq!(members.as_ref(), value.as_object());
        let _ = super::members(&bytes);
    }

    /// Against the five lines of RFC 7396, section 2, over parsed values.
    #[test]
    fn a_merge_patch_does_what_the_rfc_says(target in json(), patch in json()) {
        let merged = merge_patch(&data(&target), &data(&patch)).unwrap();
        let merged: Value = serde_json::from_slice(merged.as_bytes()).unwrap();
        prop_assert_eq!(merged, rfc_7396(target, patch));
    }

    #[test]
    fn a_merge_patch_of_anything_is_json_or_refused(
        target in bytes_like(json().prop_map(|it| it.to_string().into_bytes())),
        patch in bytes_like(json().prop_map(|it| it.to_string().into_bytes())),
    ) {
        match merge_patch(&Data::from(target), &Data::from(patch)) {
            // A number is any that the grammar has: 1e400 passes through, though no `Value` holds it.
            Ok(merged) => {
                let text = core::str::from_utf8(merged.as_bytes());
                prop_assert!(text.is_ok_and(|text| serde_json::from_str::<IgnoredAny>(text).is_ok()));
            }
            Err(error) => prop_assert_eq!(error, SessionError::InvalidData),
        }
    }
}

fn records() -> impl Strategy<Value = Record> {
    let grace = (handles(), times()).prop_map(|(successor, dies)| Grace { successor, dies });
    let member = (users(), times(), times(), option::of(foreign_ids()))
        .prop_map(|(id, joined, listed, disclosed)| Member { id, joined, listed, disclosed });
    let data = prop::collection::vec(any::<u8>(), 0..64).prop_map(Data::from);
    let predecessor = (handles(), times()).prop_map(|(handle, at)| Predecessor { handle, at });
    let predecessors = prop::collection::vec(predecessor, 0..=MAX_PREDECESSORS);
    (lifetimes(), times(), option::of(member), option::of(labels()), option::of(grace), predecessors, data).prop_map(
        |(lifetime, written, user, label, grace, predecessors, data)| Record {
            lifetime,
            written,
            user,
            label,
            grace,
            predecessors,
            data,
        },
    )
}

fn entries() -> impl Strategy<Value = Entry> {
    (lifetimes(), times(), times(), option::of(labels()), option::of(foreign_ids())).prop_map(
        |(lifetime, joined, last_seen, label, disclosed)| Entry { lifetime, joined, last_seen, label, disclosed },
    )
}

fn ended() -> impl Strategy<Value = Ended> {
    (any::<u32>(), times(), times()).prop_map(|(expires_at, at, dies)| Ended { expires_at, at, dies })
}

fn revoked() -> impl Strategy<Value = Revoked> {
    // No handle is 32 zeros: that is how "none" is written.
    let spared = option::of(handles().prop_filter("a handle", |handle| *handle.as_bytes() != [0; 32]));
    (any::<u32>(), times(), spared).prop_map(|(expires_at, until, spared)| Revoked { expires_at, until, spared })
}

fn lifetimes() -> impl Strategy<Value = Lifetime> {
    (times(), times(), any::<u32>()).prop_map(|(created, absolute, idle)| Lifetime { created, absolute, idle })
}

fn handles() -> impl Strategy<Value = Handle> {
    any::<[u8; 32]>().prop_map(Handle::from_bytes)
}

/// Milliseconds: the ends of what there is, and what lies in between.
fn times() -> impl Strategy<Value = u64> {
    prop_oneof![
        Just(0),
        Just(1),
        Just(u64::MAX),
        Just(u64::MAX - 1),
        any::<u64>(),
        1_800_000_000_000_u64..1_900_000_000_000
    ]
}

fn users() -> impl Strategy<Value = UserId> {
    prop_oneof!["\\PC{1,64}", "[a-z]{1,256}"].prop_filter_map("a user ID", |text| UserId::parse(&text))
}

fn foreign_ids() -> impl Strategy<Value = ForeignId> {
    "[!-~]{16,128}".prop_filter_map("a foreign ID", |text| ForeignId::parse(&text))
}

fn labels() -> impl Strategy<Value = Label> {
    prop_oneof!["\\PC{1,32}", "[a-z]{1,128}"].prop_filter_map("a label", |text| Label::parse(&text))
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 32, 5, |inner| {
        // Few names, so that target and patch often mean the same member.
        let name = prop_oneof!["[abc]", "[\"\\\\\u{0}é]"];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(name, inner, 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn data(value: &Value) -> Data {
    Data::from(value.to_string().into_bytes())
}

fn rfc_7396(target: Value, patch: Value) -> Value {
    let Value::Object(patch) = patch else { return patch };
    let mut merged = if let Value::Object(target) = target { target } else { Map::new() };
    for (name, value) in patch {
        let old = merged.remove(&name);
        if !value.is_null() {
            merged.insert(name, rfc_7396(old.unwrap_or(Value::Null), value));
        }
    }
    Value::Object(merged)
}

/// Any bytes at all, and those that differ a little from what is well-formed: a changed byte, a cut, a byte too many.
fn bytes_like(well_formed: impl Strategy<Value = Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    // The first bytes say how to read the others, so they change more often.
    let place = prop_oneof![1 => 0_usize..4, 2 => 0_usize..1000];
    let byte = prop_oneof![(0_u32..8).prop_map(|bit| 1_u8 << bit), any::<u8>()];
    let damaged = (well_formed, place, byte, 0..6).prop_map(|(mut bytes, at, byte, how)| {
        let at = at.checked_rem(bytes.len()).unwrap_or(0);
        match how {
            0 => {}
            1 => bytes.truncate(at),
            2 => bytes.push(byte),
            3 => bytes.insert(at.min(bytes.len()), byte),
            _ => bytes.iter_mut().skip(at).take(1).for_each(|old| *old ^= byte),
        }
        bytes
    });
    prop_oneof![1 => prop::collection::vec(any::<u8>(), 0..96), 3 => damaged]
}
