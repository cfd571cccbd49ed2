//! A store, the calls that are on their way over it, and what must hold of each.

use std::collections::BTreeSet;

use sealed_session::envelope::{Version, open, seal};
use sealed_session::session::{
    Command, Context, Create, DataChange, Input, Key, Memory, Operation, Outcome, Page, Regenerate, RevokeAll,
    SessionError, Settled, Step, UserPage, Write,
};
use sealed_session::{Keyring, Purpose, Scope, SessionId, SessionName, Tenant, UserId, text};

use super::moves::{Answer, Call, Damage, Deployment, Move, NOON, Other, What, Whose, foreign_id};

/// A rule tries three times, asks five questions at the most in each, and tidies up with one more.
const MAX_QUESTIONS: usize = 16;

pub struct World {
    ring: Keyring,
    scheme: &'static str,
    context: Context,
    store: Memory,
    settled: Settled,
    waiting: Vec<Waiting>,
    /// The sessions that came about, and the versions that were seen.
    ids: Vec<SessionId>,
    versions: Vec<Version>,
    misled: bool,
    /// Scheme, call, and the code it ended with.
    pub reached: BTreeSet<(&'static str, &'static str, &'static str)>,
}

/// A call on its way.
struct Waiting {
    what: What,
    operation: Operation,
    step: Step,
    name: SessionName,
    user: Option<UserId>,
    questions: usize,
    /// What befell it.
    odd: BTreeSet<Odd>,
}

/// What may befall a call and excuse how it ends.
#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
enum Odd {
    /// The clock told it that this was the moment zero.
    AtZero,
    /// It was given a value that nobody wrote.
    Deceived,
    /// It was told something that is no answer to its question.
    Misled,
    /// That question was for values.
    Misread,
}

/// A step, as far as its answer is concerned.
enum Question {
    Apply,
    ApplyEach,
    Get(Vec<Key>),
    List,
}

impl World {
    pub fn new(Deployment { ring, limits, promises, room }: Deployment) -> Self {
        Self {
            scheme: if promises.atomic { "exact" } else { "eventual" },
            context: Context::new(&ring, Tenant::default(), limits, promises),
            ring,
            store: Memory::default(),
            settled: Settled::new(room),
            waiting: Vec::new(),
            ids: Vec::new(),
            versions: Vec::new(),
            misled: false,
            reached: BTreeSet::new(),
        }
    }

    /// Makes all the moves, then gives whoever still waits the same answer until they end.
    pub fn play(mut self, moves: Vec<Move>, last: &Answer) -> Self {
        let mut now = NOON;
        for next in moves {
            let which = match &next {
                Move::Abandon(which) | Move::Resume(which, ..) => which.checked_rem(self.waiting.len()),
                Move::Start(..) => None,
            };
            match (next, which) {
                (Move::Start(call, at), _) => {
                    now = at;
                    self.start(call, now);
                }
                (Move::Resume(_, answer, at), Some(which)) => {
                    now = at;
                    let waiting = self.waiting.swap_remove(which);
                    self.resume(waiting, answer, now);
                }
                (Move::Abandon(_), Some(which)) => drop(self.waiting.swap_remove(which)),
                (Move::Resume(..) | Move::Abandon(_), None) => {}
            }
        }
        while let Some(waiting) = self.waiting.pop() {
            self.resume(waiting, last.clone(), now);
        }
        self
    }

    pub fn assert_nobody_was_misled(&self) {
        assert!(!self.misled, "this test should answer what was asked");
    }

    fn start(&mut self, call: Call, now: u64) {
        let (what, name, user) = (call.what, self.name(call.whose), call.user.clone());
        let only = call.only.and_then(|which| self.versions.get(which.checked_rem(self.versions.len())?).copied());
        let command = command(call, name.clone(), only);
        let (operation, step) = Operation::start(command, &self.context, &mut self.settled, now);
        let mut waiting = Waiting { what, operation, step, name, user, questions: 0, odd: BTreeSet::new() };
        waiting.befell(Odd::AtZero, now == 0);
        self.go_on(waiting);
    }

    fn resume(&mut self, mut waiting: Waiting, answer: Answer, now: u64) {
        let step = core::mem::replace(&mut waiting.step, Step::Get(Vec::new()));
        let question = Question::of(&step);
        waiting.befell(Odd::AtZero, now == 0);
        waiting.befell(Odd::Deceived, !matches!(answer, Answer::Honest | Answer::Refused));
        let input = match (answer, &question) {
            (Answer::Other(other), _) => input(other),
            // What others do to a store that is exact, being slow does to one that is not.
            (Answer::Refused, Question::Apply) if self.context.promises().atomic => Input::Conflict,
            (Answer::Refused, Question::Apply) => Input::TooLate,
            (Answer::Values(values), Question::Get(keys)) => {
                Input::Values(values.into_iter().chain(core::iter::repeat(None)).take(keys.len()).collect())
            }
            (Answer::Miscounted(more), Question::Get(_)) => {
                let mut values = self.values(step, now);
                if more {
                    values.push(None);
                } else {
                    values.pop();
                }
                Input::Values(values)
            }
            (Answer::Damaged(which, damage), Question::Get(keys)) => {
                let mut values = self.values(step, now);
                let which = which % keys.len();
                values[which] = self.damaged(&waiting, &keys[which], values[which].take(), damage);
                Input::Values(values)
            }
            // Honest, or an answer that does nothing to this question.
            _ => self.store.answer(step, now),
        };
        let is_misled = !question.is_answered_by(&input);
        waiting.befell(Odd::Misled, is_misled);
        waiting.befell(Odd::Misread, is_misled && matches!(question, Question::Get(_)));
        self.misled |= is_misled;
        waiting.step = waiting.operation.resume(input, &mut self.settled, now);
        self.go_on(waiting);
    }

    fn go_on(&mut self, mut waiting: Waiting) {
        let Step::Done { result, later } = waiting.step else {
            waiting.questions += 1;
            assert!(waiting.questions <= MAX_QUESTIONS, "{:?} asks on and on", waiting.what);
            self.waiting.push(waiting);
            return;
        };
        let odd = |odd| waiting.odd.contains(&odd);
        // A record that no rule wrote may have no life to start anew; at the moment zero its deadline is none at all.
        let is_excused = odd(Odd::Misled) || (odd(Odd::Deceived) && odd(Odd::AtZero));
        assert!(is_excused || result != Err(SessionError::Internal), "{:?} was told what it asked", waiting.what);
        assert!(!odd(Odd::Misread) || result.is_err(), "{:?} took other values for those it asked for", waiting.what);
        self.store.answer(Step::Apply { when: Vec::new(), changes: later, not_after: None }, NOON);
        let code = result.as_ref().map_or_else(|error| error.code(), |_| "ok");
        self.reached.insert((self.scheme, waiting.what.name(), code));
        if let Ok(Outcome::Created { session, .. } | Outcome::Session(session)) = &result {
            self.versions.push(session.version);
        }
        if let Ok(Outcome::Created { id: Some(id), .. }) = result {
            self.ids.push(id);
        }
        // Whoever asks on after the end is told so, as often as they do.
        for input in [Input::Applied, Input::Values(vec![None]), Input::Failed] {
            let step = waiting.operation.resume(input, &mut self.settled, NOON);
            let is_over =
                matches!(&step, Step::Done { result: Err(SessionError::Internal), later } if later.is_empty());
            assert!(is_over, "after the end: {step:?}");
        }
    }

    fn values(&mut self, get: Step, now: u64) -> Vec<Option<Vec<u8>>> {
        let Input::Values(values) = self.store.answer(get, now) else { panic!("a get was answered otherwise") };
        values
    }

    fn damaged(&self, waiting: &Waiting, key: &Key, value: Option<Vec<u8>>, how: Damage) -> Option<Vec<u8>> {
        let mut bytes = value.unwrap_or_default();
        match how {
            Damage::Cut(at) => bytes.truncate(at % (bytes.len() + 1)),
            Damage::Flip(at, by) => {
                let at = at % bytes.len().max(1);
                bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= by.max(1));
            }
            Damage::Missing => return None,
            Damage::Plain(plain) => bytes = plain,
            Damage::Sealed(payload) => bytes = self.sealed(waiting, key, payload),
            Damage::Swapped(other) => {
                let values: Vec<&[u8]> = self.store.dump().map(|(_, value, _)| value).collect();
                bytes = values.get(other.checked_rem(values.len())?)?.to_vec();
            }
        }
        Some(bytes)
    }

    /// `payload` under `key`, sealed as only the holder of all keys could.
    fn sealed(&self, waiting: &Waiting, key: &Key, payload: Vec<u8>) -> Vec<u8> {
        let bytes = |text: &str| text::decode_any(text).unwrap();
        let user = waiting.user.as_ref().map_or("ada", UserId::as_str);
        let (purpose, subject) = match key {
            Key::Session(_) => match self.context.session_id(&waiting.name) {
                Ok(id) => (Purpose::Session, bytes(&id.to_text())),
                Err(_) => return payload,
            },
            Key::Activity(handle) => (Purpose::Activity, bytes(&handle.to_string())),
            Key::User(_, handle) => {
                let length = u16::try_from(user.len()).unwrap().to_be_bytes();
                (Purpose::UserSession, [&length, user.as_bytes(), &bytes(&handle.to_string())].concat())
            }
            // Markers are not sealed.
            Key::Ended(_) | Key::Final(_) | Key::Revoked(_) => return payload,
        };
        let scope = Scope::new(&self.ring, self.context.tenant(), &purpose);
        let envelope = seal(&scope, &subject, &payload, u32::MAX).unwrap();
        assert_eq!(open(&scope, &subject, &envelope, 0).map(|opened| opened.to_vec()), Ok(payload));
        envelope
    }

    fn name(&self, whose: Whose) -> SessionName {
        let created = |which: usize| self.ids.get(which.checked_rem(self.ids.len())?).cloned();
        match whose {
            Whose::Created(which) => {
                SessionName::Native(created(which).unwrap_or_else(|| SessionId::generate(None).unwrap()))
            }
            Whose::Foreign(which) => SessionName::Foreign(foreign_id(which)),
        }
    }
}

impl Waiting {
    fn befell(&mut self, odd: Odd, it_did: bool) {
        if it_did {
            self.odd.insert(odd);
        }
    }
}

impl Question {
    fn of(step: &Step) -> Self {
        match step {
            Step::Apply { .. } => Self::Apply,
            Step::ApplyEach(_) => Self::ApplyEach,
            Step::Get(keys) => Self::Get(keys.clone()),
            Step::List { .. } => Self::List,
            Step::Done { .. } => panic!("nobody waits after the end"),
        }
    }

    fn is_answered_by(&self, input: &Input) -> bool {
        match (self, input) {
            (_, Input::Failed)
            | (Self::Apply, Input::Applied | Input::Conflict | Input::TooLate)
            | (Self::ApplyEach, Input::Applied)
            | (Self::List, Input::Page(_)) => true,
            (Self::Get(keys), Input::Values(values)) => keys.len() == values.len(),
            _ => false,
        }
    }
}

/// A call about a user names one.
fn somebody(user: Option<UserId>) -> UserId {
    user.or_else(|| UserId::parse("ada")).expect("a user ID")
}

fn command(call: Call, name: SessionName, only: Option<Version>) -> Command {
    let Call { what, user, label, data, idle, seconds, flag, .. } = call;
    let write = |name, data| {
        let (user, label) = if flag { (Some(user.clone()), Some(label.clone())) } else { (None, None) };
        Command::Write(Write { name, only, data, user, label, idle })
    };
    match what {
        What::Create => {
            let foreign_id = if let SessionName::Foreign(id) = name { Some(id) } else { None };
            let absolute = seconds;
            Command::Create(Create { foreign_id, data, user, label, idle, absolute, ..Create::default() })
        }
        What::End => Command::End(name),
        What::Export => Command::Export(UserPage { user: somebody(user), after: None, limit: 3 }),
        What::List => Command::List(UserPage { user: somebody(user), after: None, limit: 3 }),
        What::RevokeAll => {
            Command::RevokeAll(RevokeAll { user: somebody(user), spared: flag.then_some(name), after: None })
        }
        What::Merge => write(name, DataChange::Merge(data)),
        What::Read => Command::Read { name, strict: flag },
        What::Regenerate => {
            let grace = seconds.unwrap_or_default();
            Command::Regenerate(Regenerate { name, grace, user, data: flag.then_some(data) })
        }
        What::Replace => write(name, DataChange::Replace(data)),
        What::Touch => write(name, DataChange::Keep),
    }
}

fn input(other: Other) -> Input {
    match other {
        Other::Applied => Input::Applied,
        Other::Conflict => Input::Conflict,
        Other::Failed => Input::Failed,
        Other::Page => Input::Page(Page { entries: Vec::new(), next: Some("u:".into()) }),
        Other::TooLate => Input::TooLate,
        Other::Values(values) => Input::Values(values),
    }
}
