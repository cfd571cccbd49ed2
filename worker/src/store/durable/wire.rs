//! What a Worker and an object say to each other: bytes, since the two may be of different releases while one replaces
//! the other. The first byte says which language the rest is in; who does not know it says so.
//!
//! Every reader here is total: any bytes are a message or nothing.

use sealed_session::UserPseudonym;
use sealed_session::envelope::Version;
use sealed_session::session::{Change, Condition, Key, Page};

/// A call to an object, as it reads it.
#[derive(Debug, Eq, PartialEq)]
pub struct Call {
    /// Which object the caller means, and of how many: `weur-7 of 64`.
    pub owner: String,
    /// What it wants.
    pub wish: Wish,
}

/// What a call wants.
#[derive(Debug, Eq, PartialEq)]
pub enum Wish {
    /// Changes, if all conditions hold.
    Apply(Vec<Condition>, Vec<Change>),
    /// The values of these keys, in their order.
    Get(Vec<Key>),
    /// A page of a user's index.
    List {
        /// Whose.
        user: UserPseudonym,
        /// The last page's `next`.
        after: Option<String>,
        /// Entries at most.
        limit: usize,
    },
}

/// What an object answers.
#[derive(Debug, Eq, PartialEq)]
pub enum Answer {
    /// All changes were applied.
    Applied,
    /// A condition did not hold; nothing was applied.
    Conflict,
    /// The object is another one than the caller means: what it is.
    Other(String),
    /// A page.
    Page(Page),
    /// The call is in no language that the object knows.
    Unreadable,
    /// One value for each key.
    Values(Vec<Option<Vec<u8>>>),
}

/// A call for values.
#[must_use]
pub fn get(owner: &str, keys: &[&Key]) -> Vec<u8> {
    let mut out = Writer::call(owner, GET);
    out.count(keys.len());
    for key in keys {
        out.key(key);
    }
    out.0
}

/// A call for changes.
#[must_use]
pub fn apply(owner: &str, when: &[Condition], changes: &[Change]) -> Vec<u8> {
    let mut out = Writer::call(owner, APPLY);
    out.count(when.len());
    for condition in when {
        out.key(&condition.key());
        match condition {
            Condition::Absent(_) => out.byte(ABSENT),
            Condition::Equals(_, expected) => {
                out.byte(EQUALS);
                out.optional(expected.as_deref());
            }
            Condition::Version(_, version) => {
                out.byte(VERSION);
                out.text(&version.to_string());
            }
        }
    }
    out.count(changes.len());
    for change in changes {
        out.key(&change.key());
        match change {
            Change::Delete(_) => out.byte(DELETE),
            Change::Put { value, expires_at, .. } => {
                out.byte(PUT);
                out.number(*expires_at);
                out.bytes(value);
            }
        }
    }
    out.0
}

/// A call for a page.
#[must_use]
pub fn list(owner: &str, user: UserPseudonym, after: Option<&str>, limit: usize) -> Vec<u8> {
    let mut out = Writer::call(owner, LIST);
    out.text(&user.to_string());
    out.optional(after.map(str::as_bytes));
    out.number(u32::try_from(limit).unwrap_or(u32::MAX));
    out.0
}

impl Call {
    /// Reads a call, or nothing.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut from = Reader(bytes);
        if from.byte()? != LANGUAGE {
            return None;
        }
        let owner = from.text()?.to_owned();
        let wish = match from.byte()? {
            GET => Wish::Get(from.many(Reader::key)?),
            APPLY => Wish::Apply(from.many(Reader::condition)?, from.many(Reader::change)?),
            LIST => Wish::List {
                user: UserPseudonym::parse(from.text()?)?,
                after: match from.optional()? {
                    Some(after) => Some(core::str::from_utf8(after).ok()?.to_owned()),
                    None => None,
                },
                limit: usize::try_from(from.number()?).ok()?,
            },
            _ => return None,
        };
        from.end(Self { owner, wish })
    }
}

impl Answer {
    /// The answer's bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer(vec![LANGUAGE]);
        match self {
            Self::Applied => out.byte(APPLIED),
            Self::Conflict => out.byte(CONFLICT),
            Self::Unreadable => out.byte(UNREADABLE),
            Self::Other(owner) => {
                out.byte(OTHER);
                out.text(owner);
            }
            Self::Values(values) => {
                out.byte(VALUES);
                out.count(values.len());
                for value in values {
                    out.optional(value.as_deref());
                }
            }
            Self::Page(page) => {
                out.byte(PAGE);
                out.count(page.entries.len());
                for (handle, value) in &page.entries {
                    // As a key, since that is how handles are read.
                    out.key(&Key::Session(*handle));
                    out.bytes(value);
                }
                out.optional(page.next.as_deref().map(str::as_bytes));
            }
        }
        out.0
    }

    /// Reads an answer, or nothing.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut from = Reader(bytes);
        if from.byte()? != LANGUAGE {
            return None;
        }
        let answer = match from.byte()? {
            APPLIED => Self::Applied,
            CONFLICT => Self::Conflict,
            UNREADABLE => Self::Unreadable,
            OTHER => Self::Other(from.text()?.to_owned()),
            VALUES => Self::Values(from.many(|from| Some(from.optional()?.map(<[u8]>::to_vec)))?),
            PAGE => Self::Page(Page {
                entries: from.many(|from| {
                    let Key::Session(handle) = from.key()? else { return None };
                    Some((handle, from.bytes()?.to_vec()))
                })?,
                next: match from.optional()? {
                    Some(next) => Some(core::str::from_utf8(next).ok()?.to_owned()),
                    None => None,
                },
            }),
            _ => return None,
        };
        from.end(answer)
    }
}

/// Lengths and counts are bounded by who calls: at most 1 000 keys, values under 2 MB, texts under 100 characters. What
/// is longer than its field can say is cut there, and refused by whoever reads it.
struct Writer(Vec<u8>);

impl Writer {
    fn call(owner: &str, kind: u8) -> Self {
        let mut out = Self(vec![LANGUAGE]);
        out.text(owner);
        out.byte(kind);
        out
    }

    fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    fn count(&mut self, count: usize) {
        self.0.extend_from_slice(&u16::try_from(count).unwrap_or(u16::MAX).to_be_bytes());
    }

    fn number(&mut self, number: u32) {
        self.0.extend_from_slice(&number.to_be_bytes());
    }

    fn text(&mut self, text: &str) {
        self.byte(u8::try_from(text.len()).unwrap_or(u8::MAX));
        self.0.extend_from_slice(text.as_bytes());
    }

    fn key(&mut self, key: &Key) {
        self.text(&key.to_string());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.number(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
        self.0.extend_from_slice(bytes);
    }

    fn optional(&mut self, bytes: Option<&[u8]>) {
        self.byte(u8::from(bytes.is_some()));
        if let Some(bytes) = bytes {
            self.bytes(bytes);
        }
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.array().map(u8::from_be_bytes)
    }

    fn number(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    fn text(&mut self) -> Option<&'a str> {
        let len = usize::from(self.byte()?);
        core::str::from_utf8(self.take(len)?).ok()
    }

    fn key(&mut self) -> Option<Key> {
        Key::parse(self.text()?)
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let len = usize::try_from(self.number()?).ok()?;
        self.take(len)
    }

    #[expect(clippy::option_option, reason = "nothing to be read, or nothing said")]
    fn optional(&mut self) -> Option<Option<&'a [u8]>> {
        match self.byte()? {
            0 => Some(None),
            1 => Some(Some(self.bytes()?)),
            _ => None,
        }
    }

    fn many<T>(&mut self, mut read: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.array().map(u16::from_be_bytes)?;
        (0..count).map(|_| read(self)).collect()
    }

    fn condition(&mut self) -> Option<Condition> {
        let key = self.key()?;
        Some(match self.byte()? {
            ABSENT => Condition::Absent(key),
            EQUALS => Condition::Equals(key, self.optional()?.map(<[u8]>::to_vec)),
            VERSION => Condition::Version(key, Version::parse(self.text()?)?),
            _ => return None,
        })
    }

    fn change(&mut self) -> Option<Change> {
        let key = self.key()?;
        Some(match self.byte()? {
            DELETE => Change::Delete(key),
            PUT => {
                let expires_at = self.number()?;
                Change::Put { key, value: self.bytes()?.to_vec(), expires_at }
            }
            _ => return None,
        })
    }

    /// What was read, if that was all.
    fn end<T>(self, read: T) -> Option<T> {
        self.0.is_empty().then_some(read)
    }
}

const LANGUAGE: u8 = 1;

const GET: u8 = 1;
const APPLY: u8 = 2;
const LIST: u8 = 3;

const ABSENT: u8 = 1;
const EQUALS: u8 = 2;
const VERSION: u8 = 3;

const DELETE: u8 = 1;
const PUT: u8 = 2;

const VALUES: u8 = 1;
const APPLIED: u8 = 2;
const CONFLICT: u8 = 3;
const PAGE: u8 = 4;
const OTHER: u8 = 5;
const UNREADABLE: u8 = 6;

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Key {
        Key::parse(&text.replace('*', &"A".repeat(43))).unwrap()
    }

    fn calls() -> Vec<(Vec<u8>, Wish)> {
        let keys = ["s:*", "e:*", "a:*", "r:*", "u:*:*"].map(key);
        let Key::Revoked(user) = keys[3] else { panic!() };
        let when = vec![
            Condition::Absent(keys[0]),
            Condition::Equals(keys[1], None),
            Condition::Equals(keys[3], Some(vec![])),
            Condition::Version(keys[0], Version::parse("AAAAAAAAAAAAAAAA").unwrap()),
        ];
        let put = |value| Change::Put { key: keys[4], value, expires_at: u32::MAX };
        let changes = vec![put(vec![]), put(vec![7; 70_000]), Change::Delete(keys[2])];
        let after = Some("u:somewhere".to_owned());
        vec![
            (get("weur-7 of 64", &keys.iter().collect::<Vec<_>>()), Wish::Get(keys.to_vec())),
            (get("weur-7 of 64", &[]), Wish::Get(vec![])),
            (apply("weur-7 of 64", &when, &changes), Wish::Apply(when, changes)),
            (list("weur-7 of 64", user, None, 100), Wish::List { user, after: None, limit: 100 }),
            (list("weur-7 of 64", user, after.as_deref(), 1), Wish::List { user, after, limit: 1 }),
        ]
    }

    fn answers() -> Vec<Answer> {
        let Key::Session(handle) = key("s:*") else { panic!() };
        let entries = vec![(handle, vec![1, 2]), (handle, vec![])];
        vec![
            Answer::Applied,
            Answer::Conflict,
            Answer::Other("any-0 of 64".to_owned()),
            Answer::Page(Page { entries, next: Some("u:".to_owned()) }),
            Answer::Page(Page::default()),
            Answer::Unreadable,
            Answer::Values(vec![None, Some(vec![]), Some(vec![9; 300])]),
        ]
    }

    #[test]
    fn what_was_said_is_what_is_heard() {
        for (said, wish) in calls() {
            assert_eq!(Call::decode(&said).unwrap(), Call { owner: "weur-7 of 64".to_owned(), wish });
        }
        for answer in answers() {
            assert_eq!(Answer::decode(&answer.encode()).unwrap(), answer);
        }
    }

    #[test]
    fn a_part_of_a_message_is_none_and_neither_is_more_than_one() {
        let calls = calls().into_iter().map(|(said, _)| said);
        for message in calls.chain(answers().iter().map(Answer::encode)) {
            for len in (0..message.len()).step_by(message.len().div_ceil(500)) {
                assert_eq!(Call::decode(&message[..len]), None);
                assert_eq!(Answer::decode(&message[..len]), None);
            }
            let longer = [message, vec![0]].concat();
            assert_eq!((Call::decode(&longer), Answer::decode(&longer)), (None, None));
        }
    }

    #[test]
    fn any_bytes_are_a_message_or_nothing() {
        let calls = calls().into_iter().map(|(said, _)| said);
        for message in calls.chain(answers().iter().map(Answer::encode)) {
            for at in 0..message.len().min(400) {
                for byte in [0, 1, 0x7f, 0xff] {
                    let mut changed = message.clone();
                    changed[at] = byte;
                    // What it comes to depends; that it comes to something is the point.
                    let _ = (Call::decode(&changed), Answer::decode(&changed));
                }
            }
        }
    }

    #[test]
    fn another_language_is_not_understood() {
        for (mut said, _) in calls() {
            said[0] = LANGUAGE + 1;
            assert_eq!(Call::decode(&said), None);
        }
    }
}
