//! What may happen, as proptest makes it up.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use sealed_session::session::{Data, Label, Limits, Promises};
use sealed_session::{ForeignId, Keyring, UserId};

use crate::strategies::{LOOKUP_KEY, ROOT_KEY};

/// Unix milliseconds of the time around which most things happen.
pub const NOON: u64 = 1_800_000_000_000;

/// What does not change while the calls come.
#[derive(Clone, Debug)]
pub struct Deployment {
    pub ring: Keyring,
    pub limits: Limits,
    pub promises: Promises,
    /// For how many sessions the settled set has room.
    pub room: usize,
}

/// What happens next.
#[derive(Clone, Debug)]
pub enum Move {
    /// One of the calls that wait is given up.
    Abandon(usize),
    /// One of them is answered, at this time.
    Resume(usize, Answer, u64),
    /// A call begins, at this time.
    Start(Call, u64),
}

/// A command, about one of the sessions that came about.
#[derive(Clone, Debug)]
pub struct Call {
    pub what: What,
    pub whose: Whose,
    pub only: Option<usize>,
    pub user: Option<UserId>,
    pub label: Option<Label>,
    pub data: Data,
    pub idle: Option<u32>,
    /// The absolute life, or the grace.
    pub seconds: Option<u32>,
    /// Whether a read is strict, a write changes user and label, a regenerate brings data.
    pub flag: bool,
}

#[derive(Clone, Copy, Debug)]
pub enum What {
    Create,
    End,
    Export,
    List,
    Merge,
    Read,
    Regenerate,
    Replace,
    RevokeAll,
    Touch,
}

#[derive(Clone, Copy, Debug)]
pub enum Whose {
    /// One that was created, or where there is none one that never was.
    Created(usize),
    Foreign(u8),
}

#[derive(Clone, Debug)]
pub enum Answer {
    /// The store's values, one of them damaged.
    Damaged(usize, Damage),
    /// What the store has, to what it was asked.
    Honest,
    /// The store's values, one too few or, where this is so, one too many.
    Miscounted(bool),
    /// Whatever is asked.
    Other(Other),
    /// The truth to those who ask; who wants to change something is too late.
    Refused,
    /// As many values as are asked for, all made up.
    Values(Vec<Option<Vec<u8>>>),
}

#[derive(Clone, Debug)]
pub enum Damage {
    Cut(usize),
    Flip(usize, u8),
    Missing,
    Plain(Vec<u8>),
    /// Sealed as it should be, around this.
    Sealed(Vec<u8>),
    /// Another value of the store.
    Swapped(usize),
}

#[derive(Clone, Debug)]
pub enum Other {
    Applied,
    Conflict,
    Failed,
    Page,
    TooLate,
    Values(Vec<Option<Vec<u8>>>),
}

impl What {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::End => "end",
            Self::Merge => "merge",
            Self::Read => "read",
            Self::Regenerate => "regenerate",
            Self::Replace => "replace",
            Self::Touch => "touch",
            Self::Export => "export",
            Self::List => "list",
            Self::RevokeAll => "revoke all",
        }
    }
}

pub fn foreign_id(which: u8) -> ForeignId {
    ForeignId::parse(&format!("5e551000-0000-4000-8000-0000000000{which:02x}")).unwrap()
}

pub fn deployments() -> impl Strategy<Value = Deployment> {
    let ring = prop_oneof![4 => Just(format!("{LOOKUP_KEY},{ROOT_KEY}")), 1 => Just(ROOT_KEY.to_owned())];
    let promises = prop_oneof![
        4 => Just(Promises::EXACT),
        4 => Just(Promises::eventual(60)),
        1 => (any::<u32>(), any::<u32>()).prop_map(|(visibility, min_idle)| Promises {
            min_idle,
            ..Promises::eventual(visibility)
        }),
    ];
    (ring, limits(), promises, 0_usize..4).prop_map(|(ring, limits, promises, room)| Deployment {
        ring: Keyring::parse(&ring).unwrap(),
        limits,
        promises,
        room,
    })
}

fn limits() -> impl Strategy<Value = Limits> {
    let any = (any::<u32>(), any::<u32>(), any::<u32>(), 0_usize..64);
    let any = (any, option::of(1..4_u32)).prop_map(|((idle, absolute, longest, max_data), max_sessions_per_user)| {
        Limits { idle, absolute, longest, max_data, max_sessions_per_user }
    });
    prop_oneof![4 => Just(Limits { max_data: 256, ..Limits::default() }), 1 => any]
}

pub fn moves(answers: BoxedStrategy<Answer>) -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        8 => (calls(), times()).prop_map(|(call, at)| Move::Start(call, at)),
        24 => (any::<usize>(), answers, times()).prop_map(|(which, answer, at)| Move::Resume(which, answer, at)),
        1 => any::<usize>().prop_map(Move::Abandon),
    ];
    vec(one, 0..64)
}

fn calls() -> impl Strategy<Value = Call> {
    let what = prop_oneof![
        4 => Just(What::Create),
        1 => Just(What::End),
        1 => Just(What::Export),
        1 => Just(What::List),
        1 => Just(What::Merge),
        3 => Just(What::Read),
        2 => Just(What::Regenerate),
        1 => Just(What::Replace),
        1 => Just(What::RevokeAll),
        1 => Just(What::Touch),
    ];
    let whose = prop_oneof![2 => any::<usize>().prop_map(Whose::Created), 1 => (0_u8..2).prop_map(Whose::Foreign)];
    let label = option::of("\\PC{1,8}".prop_filter_map("a label", |text| Label::parse(&text)));
    let seconds = || option::weighted(0.3, prop_oneof![8 => 1..=60_u32, 4 => 600_u32..86_400, 1 => any::<u32>()]);
    let only = option::weighted(0.2, any::<usize>());
    (what, whose, only, option::of(users()), label, datas(), seconds(), seconds(), any::<bool>()).prop_map(
        |(what, whose, only, user, label, data, idle, seconds, flag)| Call {
            what,
            whose,
            only,
            user,
            label,
            data,
            idle,
            seconds,
            flag,
        },
    )
}

/// Few users, so that they meet.
fn users() -> impl Strategy<Value = UserId> {
    prop_oneof![Just("ada".to_owned()), Just("böb".to_owned()), Just("u".repeat(256))]
        .prop_map(|text| UserId::parse(&text).unwrap())
}

fn datas() -> impl Strategy<Value = Data> {
    let data = prop_oneof![
        8 => Just(br#"{"a":1,"b":{"c":null}}"#.to_vec()),
        4 => Just(br#"{"a":null,"b":{"d":[]}}"#.to_vec()),
        1 => Just(Vec::new()),
        1 => Just(vec![b'['; 300]),
        1 => vec(any::<u8>(), 0..40),
    ];
    data.prop_map(Data::from)
}

/// Mostly seconds or an hour; else the ends of time, and what lies between.
fn times() -> impl Strategy<Value = u64> {
    prop_oneof![
        24 => NOON..NOON + 8_000,
        8 => NOON..NOON + 3_600_000,
        4 => NOON..NOON + 40_000_000,
        1 => Just(0),
        1 => Just(u64::MAX),
        1 => any::<u64>(),
        1 => 0_u64..NOON * 4,
    ]
}

pub fn refusals() -> BoxedStrategy<Answer> {
    prop_oneof![1 => Just(Answer::Honest), 2 => Just(Answer::Refused)].boxed()
}

pub fn honest_answers() -> BoxedStrategy<Answer> {
    Just(Answer::Honest).boxed()
}

pub fn damaged_values() -> BoxedStrategy<Answer> {
    let damage = prop_oneof![
        1 => any::<usize>().prop_map(Damage::Cut),
        2 => (any::<usize>(), any::<u8>()).prop_map(|(at, by)| Damage::Flip(at, by)),
        1 => Just(Damage::Missing),
        2 => payloads().prop_map(Damage::Plain),
        6 => payloads().prop_map(Damage::Sealed),
        1 => any::<usize>().prop_map(Damage::Swapped),
    ];
    prop_oneof![
        4 => Just(Answer::Honest),
        3 => (any::<usize>(), damage).prop_map(|(which, damage)| Answer::Damaged(which, damage)),
        1 => vec(option::of(payloads()), 0..4).prop_map(Answer::Values),
    ]
    .boxed()
}

pub fn any_answers() -> BoxedStrategy<Answer> {
    let other = prop_oneof![
        3 => Just(Other::Applied),
        3 => Just(Other::Conflict),
        2 => Just(Other::Failed),
        1 => Just(Other::Page),
        3 => Just(Other::TooLate),
        2 => vec(option::of(payloads()), 0..5).prop_map(Other::Values),
    ];
    let miscounted = any::<bool>().prop_map(Answer::Miscounted);
    prop_oneof![10 => damaged_values(), 2 => other.prop_map(Answer::Other), 1 => miscounted].boxed()
}

/// What a value or an envelope may hold: anything, and what has the shape of a record, an entry or a marker.
fn payloads() -> impl Strategy<Value = Vec<u8>> {
    let fields = |lengths: Vec<usize>| -> BoxedStrategy<Vec<u8>> {
        let fields: Vec<_> = lengths.into_iter().map(field).collect();
        fields.prop_map(|fields| fields.concat()).boxed()
    };
    let optional = (0_u8..8, "[a-z]{1,4}", vec(any::<u8>(), 32), vec(times(), 2));
    // created, absolute, idle, written; then what the flags name; then data.
    let record = (fields(vec![8, 8, 4, 8]), optional).prop_map(|(fixed, (flags, text, handle, times))| {
        let text = [&[0, u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
        let present = |flag: u8, bytes: Vec<u8>| if flags & flag == 0 { Vec::new() } else { bytes };
        [
            vec![1, flags],
            fixed,
            present(1, [text.as_slice(), &times[0].to_be_bytes()].concat()),
            present(2, text.clone()),
            present(4, [handle.as_slice(), &times[1].to_be_bytes()].concat()),
            b"{\"a\":1}".to_vec(),
        ]
        .concat()
    });
    let format_1 = |rest: Vec<u8>| [vec![1], rest].concat();
    prop_oneof![
        1 => vec(any::<u8>(), 0..100),
        8 => record,
        // created, absolute, idle, joined, last seen
        2 => fields(vec![8, 8, 4, 8, 8]).prop_map(format_1),
        // last seen
        2 => fields(vec![8]).prop_map(format_1),
        // expires at, ended, dies
        2 => fields(vec![4, 8, 8]).prop_map(format_1),
        // expires at, until, nobody spared
        2 => fields(vec![4, 8]).prop_map(|fields| [vec![1], fields, vec![0; 32]].concat()),
    ]
}

/// A time of 8 bytes, or a number of 4.
fn field(bytes: usize) -> BoxedStrategy<Vec<u8>> {
    if bytes == 8 {
        times().prop_map(|time| time.to_be_bytes().to_vec()).boxed()
    } else {
        prop_oneof![Just(0), Just(u32::MAX), 1_u32..100_000].prop_map(|number| number.to_be_bytes().to_vec()).boxed()
    }
}
