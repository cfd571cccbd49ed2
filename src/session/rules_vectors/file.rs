//! The file as it is written: its tables, its cases, and its words for times.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

/// What every time in the file is relative to.
pub(super) const T0: u64 = 1_800_000_000_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    #[serde(rename = "description")]
    _description: String,
    pub(super) t0: u64,
    pub(super) tenant: String,
    pub(super) keyring: String,
    pub(super) older_keyring: String,
    pub(super) unknown_keyring: String,
    pub(super) limits: LimitsForm,
    pub(super) stores: BTreeMap<String, StoreForm>,
    /// Native sessions by name: the ID in hex.
    pub(super) sessions: BTreeMap<String, String>,
    /// Foreign sessions by name: the caller's ID.
    pub(super) foreign: BTreeMap<String, String>,
    pub(super) users: Vec<String>,
    pub(super) values: Map<String, Value>,
    pub(super) cells: Vec<String>,
    pub(super) cases: Vec<Case>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct LimitsForm {
    pub(super) idle: Option<Span>,
    pub(super) absolute: Option<Span>,
    pub(super) longest: Option<Span>,
    pub(super) max_data: Option<usize>,
    pub(super) max_sessions_per_user: Option<u32>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub(super) enum StoreForm {
    Exact {},
    Eventual { visibility: Span },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) cell: String,
    pub(super) reason: String,
    pub(super) store: String,
    #[serde(default)]
    pub(super) limits: LimitsForm,
    /// By key; `null` where nothing is.
    #[serde(default)]
    pub(super) given: BTreeMap<String, Value>,
    #[serde(default)]
    pub(super) before: Vec<Before>,
    pub(super) now: Time,
    pub(super) call: Call,
    #[serde(default)]
    pub(super) steps: Vec<StepForm>,
    pub(super) answer: Value,
    #[serde(default)]
    pub(super) later: Vec<ChangeForm>,
}

impl Case {
    /// The stores that it is run over.
    pub(super) fn stores(&self) -> Vec<&str> {
        match self.store.as_str() {
            "both" => vec!["exact", "eventual"],
            one => vec![one],
        }
    }
}

/// A call by the same instance, some time earlier.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Before {
    pub(super) at: Time,
    /// When its first reply comes; at once where nothing is said.
    pub(super) until: Option<Time>,
    pub(super) call: Call,
    #[serde(default)]
    pub(super) later: Later,
}

#[derive(Clone, Copy, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(super) enum Later {
    #[default]
    Applied,
    Lost,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub(super) enum Call {
    Create(CreateForm),
    End(Named),
    Export(PageForm),
    List(PageForm),
    Patch(WriteForm),
    Peek(Named),
    Read(ReadForm),
    Regenerate(RegenerateForm),
    Replace(WriteForm),
    RevokeAll(RevokeAllForm),
    RevokeOne(RevokeOneForm),
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PageForm {
    pub(super) user: String,
    /// The last session of the page before.
    pub(super) after: Option<String>,
    pub(super) limit: Option<usize>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RevokeAllForm {
    pub(super) user: String,
    pub(super) spared: Option<String>,
    pub(super) after: Option<String>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RevokeOneForm {
    pub(super) user: String,
    pub(super) session: String,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateForm {
    pub(super) under: Option<String>,
    pub(super) placement: Option<u8>,
    pub(super) data: Value,
    pub(super) user: Option<String>,
    pub(super) label: Option<String>,
    pub(super) idle: Option<Span>,
    pub(super) absolute: Option<Span>,
    #[serde(default)]
    pub(super) discloses_id: bool,
    #[serde(default)]
    pub(super) keeps_unchanged: bool,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Named {
    pub(super) id: String,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReadForm {
    pub(super) id: String,
    #[serde(default)]
    pub(super) strict: bool,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RegenerateForm {
    pub(super) id: String,
    #[serde(default)]
    pub(super) grace: Span,
    pub(super) user: Option<String>,
    pub(super) data: Option<Value>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(clippy::option_option, reason = "absent and null are two things")]
pub(super) struct WriteForm {
    pub(super) id: String,
    pub(super) only: Option<String>,
    pub(super) data: Option<Value>,
    /// Data that is not JSON.
    pub(super) data_text: Option<String>,
    /// `null`: nobody any more.
    #[serde(default, deserialize_with = "present")]
    pub(super) user: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    pub(super) label: Option<Option<String>>,
    pub(super) idle: Option<Span>,
}

/// A field that is there, if only with `null`.
#[allow(clippy::option_option, reason = "absent and null are two things")]
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(field: D) -> Result<Option<T>, D::Error> {
    T::deserialize(field).map(Some)
}

/// One step as it is expected, and what becomes of it.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StepForm {
    pub(super) get: Option<Vec<String>>,
    pub(super) apply: Option<Vec<ChangeForm>>,
    pub(super) apply_each: Option<Vec<Vec<ChangeForm>>>,
    /// The user whose sessions are listed.
    pub(super) list: Option<String>,
    /// Of a list: how many at most, and the last session of the page before.
    pub(super) limit: Option<usize>,
    pub(super) after: Option<String>,
    pub(super) when: Option<BTreeMap<String, String>>,
    pub(super) not_after: Option<Time>,
    /// What somebody else does before the store answers.
    #[serde(default)]
    pub(super) meanwhile: BTreeMap<String, Value>,
    pub(super) reply: Option<Reply>,
    /// When the reply comes; it stays that late.
    pub(super) at: Option<Time>,
}

/// What the store says, where it is not what its state says.
#[derive(Clone, Copy, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(super) enum Reply {
    Conflict,
    Failed,
    TooLate,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangeForm {
    pub(super) delete: Option<String>,
    pub(super) put: Option<String>,
    pub(super) value: Option<Value>,
    pub(super) expires: Option<Time>,
}

/// A moment: `+1h30m` is an hour and a half after T0.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Time(pub(super) u64);

impl Time {
    pub(super) fn seconds(seconds: u32) -> Self {
        Self(u64::from(seconds) * 1000)
    }

    fn parse(text: &str) -> Option<Self> {
        let offset = parse_span(text.get(1..)?)?;
        match text.get(..1)? {
            "+" => T0.checked_add(offset).map(Self),
            "-" => T0.checked_sub(offset).map(Self),
            _ => None,
        }
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0 < T0 { "-" } else { "+" })?;
        write_span(self.0.abs_diff(T0), f)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("not a time: {text}")))
    }
}

/// A duration in whole seconds: `12h`, `9m59s`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Span(pub(super) u32);

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Shown(u32);
        impl fmt::Display for Shown {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_span(u64::from(self.0) * 1000, f)
            }
        }
        serializer.collect_str(&Shown(self.0))
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse_span(&text)
            .filter(|ms| ms % 1000 == 0)
            .and_then(|ms| u32::try_from(ms / 1000).ok())
            .map(Self)
            .ok_or_else(|| serde::de::Error::custom(format!("not a duration in whole seconds: {text}")))
    }
}

/// Longest first, so that every duration is written in one way.
const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

fn parse_span(text: &str) -> Option<u64> {
    let (mut rest, mut span) = (text, 0_u64);
    while !rest.is_empty() {
        let (number, after) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit())?);
        let (unit, after) = after.split_at(after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len()));
        let (_, ms) = UNITS.iter().find(|(name, _)| *name == unit)?;
        span = span.checked_add(number.parse::<u64>().ok()?.checked_mul(*ms)?)?;
        rest = after;
    }
    (!text.is_empty()).then_some(span)
}

fn write_span(mut ms: u64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if ms == 0 {
        return f.write_str("0s");
    }
    for (name, unit) in UNITS {
        if ms >= unit {
            write!(f, "{}{name}", ms / unit)?;
        }
        ms %= unit;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn times_are_read_and_written() {
        for text in ["+0s", "-1h", "+1h11m59s999ms", "+7d", "+2m1ms"] {
            assert_eq!(Time::parse(text).unwrap().to_string(), text);
        }
        for other in ["", "+", "1h", "+1", "+h", "+1x", "+1h-2m"] {
            assert_eq!(Time::parse(other), None, "{other}");
        }
    }
}
