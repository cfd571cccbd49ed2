//! Values, opened: as the file writes them, and as the kernel seals them.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::file::{Span, Time};
use super::words::{Words, data, label, unhex};
use crate::envelope::{self, Header};
use crate::id::UserId;
use crate::session::context::Context;
use crate::session::entry::Entry;
use crate::session::lifetime::{Lifetime, unix_seconds_up};
use crate::session::marker::{Ended, Final, Revoked};
use crate::session::record::{Data, Grace, Member, Predecessor, Record};
use crate::session::{Change, Key};

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct RecordForm {
    created: Time,
    absolute: Time,
    idle: Span,
    written: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    joined: Option<Time>,
    /// Where it is not `joined`.
    #[serde(skip_serializing_if = "Option::is_none")]
    listed: Option<Time>,
    /// The session whose ID the entry has.
    #[serde(skip_serializing_if = "Option::is_none")]
    discloses: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grace: Option<GraceForm>,
    /// When the session left them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    predecessors: BTreeMap<String, Time>,
    data: Value,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct GraceForm {
    successor: String,
    dies: Time,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct EntryForm {
    created: Time,
    absolute: Time,
    idle: Span,
    joined: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_seen: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    discloses: Option<String>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct SeenForm {
    last_seen: Time,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct EndedForm {
    ended: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    dies: Option<Time>,
    /// Of a given marker: how long it is kept. A put says that beside its value.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<Time>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct FinalForm {
    ended: Time,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct RevokedForm {
    until: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    spares: Option<String>,
}

/// A value as the file writes it: a name in its table, or fields, perhaps like a named value's but for some.
pub(super) fn resolved(named: &Map<String, Value>, value: &Value) -> Value {
    let base = |name: &str| named.get(name).unwrap_or_else(|| panic!("no value is named {name}")).clone();
    match value {
        Value::String(name) => base(name),
        Value::Object(fields) if fields.contains_key("like") => {
            let mut merged = base(fields["like"].as_str().unwrap());
            for (field, value) in fields.iter().filter(|(field, _)| *field != "like") {
                merged.as_object_mut().unwrap().insert(field.clone(), value.clone());
            }
            merged
        }
        other => other.clone(),
    }
}

/// The fields of an expected value, written in the one way in which [`opened`] writes them.
pub(super) fn expected(named: &Map<String, Value>, key: &str, value: &Value) -> Value {
    if value == SEALED {
        return value.clone();
    }
    let value = resolved(named, value);
    match key.split_once(':').map(|(kind, _)| kind) {
        Some("a") => written::<SeenForm>(&value),
        Some("e") => written::<EndedForm>(&value),
        Some("f") => written::<FinalForm>(&value),
        Some("r") => written::<RevokedForm>(&value),
        Some("s") => written::<RecordForm>(&value),
        _ => written::<EntryForm>(&value),
    }
}

fn written<T: DeserializeOwned + Serialize>(value: &Value) -> Value {
    serde_json::to_value(read::<T>(value)).unwrap()
}

fn read<T: DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{error} in {value}"))
}

/// The bytes that the file says are stored.
pub(super) fn stored(words: &Words, named: &Map<String, Value>, key: &Key, value: &Value) -> Vec<u8> {
    let fields = value.as_object().filter(|fields| fields.len() == 1);
    match fields.and_then(|fields| fields.iter().next()).map(|(kind, inner)| (kind.as_str(), inner)) {
        Some(("hex", hex)) => unhex(hex.as_str().unwrap()),
        Some(("moved_from", moved)) => {
            let (from, value) = moved.as_object().unwrap().iter().next().unwrap();
            stored(words, named, &words.key(from), value)
        }
        Some(("older_key", inner)) => sealed(words, &words.older, key, &resolved(named, inner)),
        Some(("payload_hex", hex)) => {
            let Key::Session(handle) = key else { panic!("a payload that is no record belongs under s:") };
            let id = words.id(*handle).unwrap();
            let expires_at = unix_seconds_up(super::file::T0) + 7 * 86_400;
            envelope::seal(&words.scope, id.as_bytes(), &unhex(hex.as_str().unwrap()), expires_at).unwrap()
        }
        Some(("tampered", inner)) => {
            let mut bytes = stored(words, named, key, inner);
            *bytes.last_mut().unwrap() ^= 1;
            bytes
        }
        Some(("unknown_key", inner)) => sealed(words, &words.unknown, key, &resolved(named, inner)),
        _ => sealed(words, &words.context, key, &resolved(named, value)),
    }
}

fn sealed(words: &Words, context: &Context, key: &Key, value: &Value) -> Vec<u8> {
    match key {
        Key::Activity(handle) => {
            let seen: SeenForm = read(value);
            context.seal_last_seen(*handle, seen.last_seen.0, super::file::T0 + 7 * 86_400_000).unwrap()
        }
        Key::Ended(_) => {
            let marker: EndedForm = read(value);
            let dies = marker.dies.unwrap_or(marker.ended);
            let expires_at = marker.expires.map_or(u32::MAX, |time| unix_seconds_up(time.0));
            Ended { expires_at, at: marker.ended.0, dies: dies.0 }.encode()
        }
        Key::Final(_) => {
            let marker: FinalForm = read(value);
            Final { expires_at: u32::MAX, at: marker.ended.0 }.encode()
        }
        Key::Revoked(_) => {
            let marker: RevokedForm = read(value);
            let spared = marker.spares.as_deref().map(|name| words.handle(name));
            Revoked { expires_at: u32::MAX, until: marker.until.0, spared }.encode()
        }
        Key::Session(handle) => {
            context.seal_record(words.id(*handle).unwrap(), &record(words, read(value))).unwrap().value
        }
        Key::User(_, handle) => {
            let form: EntryForm = read(value);
            let entry = Entry {
                lifetime: Lifetime { created: form.created.0, absolute: form.absolute.0, idle: form.idle.0 },
                joined: form.joined.0,
                last_seen: form.last_seen.map_or(0, |time| time.0),
                label: form.label.as_deref().map(label),
                disclosed: form.discloses.as_deref().map(|name| words.foreign_id(name)),
            };
            context.seal_entry(&words.user(key), *handle, &entry).unwrap()
        }
    }
}

fn record(words: &Words, form: RecordForm) -> Record {
    let member = |id: String| Member {
        id: UserId::parse(&id).unwrap(),
        joined: form.joined.unwrap().0,
        listed: form.listed.or(form.joined).unwrap().0,
        disclosed: form.discloses.as_deref().map(|name| words.foreign_id(name)),
    };
    let predecessor = |(name, at): (&String, &Time)| Predecessor { handle: words.handle(name), at: at.0 };
    Record {
        lifetime: Lifetime { created: form.created.0, absolute: form.absolute.0, idle: form.idle.0 },
        written: form.written.0,
        user: form.user.map(member),
        label: form.label.as_deref().map(label),
        grace: form.grace.map(|grace| Grace { successor: words.handle(&grace.successor), dies: grace.dies.0 }),
        predecessors: form.predecessors.iter().map(predecessor).collect(),
        data: data(&form.data),
    }
}

/// A change as the file writes it. What the envelope or the marker says of its own expiry must be the same.
pub(super) fn change(words: &Words, change: &Change) -> Value {
    let mut fields = Map::new();
    match change {
        Change::Delete(key) => {
            fields.insert("delete".to_owned(), words.key_text(key).into());
        }
        Change::Put { key, value, expires_at } => {
            let expires = Time::seconds(*expires_at).to_string();
            fields.insert("put".to_owned(), words.key_text(key).into());
            fields.insert("value".to_owned(), opened(words, key, value));
            fields.insert("expires".to_owned(), expires.clone().into());
            let (inner, is_newest_key) = match key {
                Key::Ended(_) => (Ended::decode(value).expires_at, true),
                Key::Final(_) => (Final::decode(value).map_or(0, |marker| marker.expires_at), true),
                Key::Revoked(_) => (Revoked::decode(value).expires_at, true),
                _ => Header::peek(value).map_or((0, false), |header| (header.expires_at, words.seals_with(header))),
            };
            if inner != *expires_at || !is_newest_key {
                let header = format!("expires {}, sealed with the first key: {is_newest_key}", Time::seconds(inner));
                fields.insert("header".to_owned(), header.into());
            }
        }
    }
    Value::Object(fields)
}

/// A value in the file's words, whatever its age.
pub(super) fn opened(words: &Words, key: &Key, value: &[u8]) -> Value {
    let context = &words.context;
    let text = |value: Option<Value>| value.unwrap_or_else(|| "does not open".into());
    let form = match key {
        Key::Activity(handle) => {
            context.open_last_seen(*handle, value, 0).map(|at| json(SeenForm { last_seen: Time(at) }))
        }
        Key::Ended(_) => {
            let marker = Ended::decode(value);
            let dies = (marker.dies != marker.at).then_some(Time(marker.dies));
            Some(json(EndedForm { ended: Time(marker.at), dies, expires: None }))
        }
        Key::Final(_) => Final::decode(value).map(|marker| json(FinalForm { ended: Time(marker.at) })),
        Key::Revoked(_) => {
            let marker = Revoked::decode(value);
            let spares = marker.spared.map(|handle| words.name(handle).to_owned());
            Some(json(RevokedForm { until: Time(marker.until), spares }))
        }
        Key::Session(handle) => match words.id(*handle) {
            None => Some(SEALED.into()),
            Some(id) => context.open_record(id, value, 0).ok().map(|(record, _)| json(record_form(words, record))),
        },
        Key::User(_, handle) => context.open_entry(&words.user(key), *handle, value, 0).ok().map(|entry| {
            json(EntryForm {
                created: Time(entry.lifetime.created),
                absolute: Time(entry.lifetime.absolute),
                idle: Span(entry.lifetime.idle),
                joined: Time(entry.joined),
                last_seen: (entry.last_seen != 0).then_some(Time(entry.last_seen)),
                label: entry.label.map(|label| label.as_str().to_owned()),
                discloses: entry.disclosed.map(|id| words.foreign_name(&id).to_owned()),
            })
        }),
    };
    text(form)
}

fn record_form(words: &Words, record: Record) -> RecordForm {
    let joined = record.user.as_ref().map(|member| Time(member.joined));
    let listed = record.user.as_ref().map(|member| Time(member.listed));
    let told = record.user.as_ref().and_then(|member| member.disclosed.as_ref());
    let predecessors = record.predecessors.iter().map(|before| (words.name(before.handle).to_owned(), Time(before.at)));
    let grace = record
        .grace
        .map(|grace| GraceForm { successor: words.name(grace.successor).to_owned(), dies: Time(grace.dies) });
    RecordForm {
        created: Time(record.lifetime.created),
        absolute: Time(record.lifetime.absolute),
        idle: Span(record.lifetime.idle),
        written: Time(record.written),
        discloses: told.map(|id| words.foreign_name(id).to_owned()),
        user: record.user.map(|member| member.id.as_str().to_owned()),
        joined,
        listed: listed.filter(|listed| Some(listed.0) != joined.map(|joined| joined.0)),
        predecessors: predecessors.collect(),
        label: record.label.map(|label| label.as_str().to_owned()),
        grace,
        data: data_value(&record.data),
    }
}

pub(super) fn data_value(data: &Data) -> Value {
    serde_json::from_slice(data.as_bytes()).unwrap_or_else(|_| "not JSON".into())
}

fn json(form: impl Serialize) -> Value {
    serde_json::to_value(form).unwrap()
}

/// A record under an ID that nobody was told cannot be opened.
const SEALED: &str = "sealed";
