//! The calls that clients make: the one place where a call becomes a command, and an outcome something seen. A new kind
//! of call needs a line in each function here, and its promise.

use sealed_session::session::{
    Command, Context, Create, DataChange, Operation, Outcome, Regenerate, RevokeAll, Session, SessionError, Settled,
    Step, Write,
};
use sealed_session::{ForeignId, SessionName, Tenant, UserId};

use crate::chance::Chance;
use crate::history::{Answer, History, Known, Seen};

/// One call. Sessions and users are numbers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Call {
    /// A new session, under a foreign ID or a new one; brief ones live for [`BRIEF`].
    Create { foreign: Option<usize>, user: Option<usize>, brief: bool },
    /// A logout.
    End { session: usize },
    /// A merge patch that adds one member.
    Patch { session: usize },
    /// A read, and the touch that may be due.
    Read { session: usize, strict: bool },
    /// A new ID; a login where there is a user. Grace in seconds.
    Regenerate { session: usize, grace: u32, user: Option<usize> },
    /// Other data, and perhaps another user.
    Replace { session: usize, user: Option<Option<usize>> },
    /// All sessions of a user but one.
    RevokeAll { user: usize, spared: Option<usize> },
}

impl Call {
    /// The sessions that there are before any call: foreign IDs.
    pub fn foreign_ids(context: &Context) -> Vec<Known> {
        let known = |number| {
            let id = ForeignId::parse(&format!("5e551000-0000-4000-8000-00000000000{number}")).unwrap();
            let name = SessionName::Foreign(id);
            let handle = context.session_id(&name).unwrap().handle(context.tenant());
            Known { name, handle, tag: format!("\"of\":\"f{number}\""), by: None, from: None }
        };
        (0..FOREIGN_IDS).map(known).collect()
    }

    /// What a client might want next.
    pub fn drawn(history: &History, chance: &mut Chance) -> Self {
        let session = pick(history, chance);
        let user = |chance: &mut Chance| chance.weighted(&[(1, None), (3, Some(0)), (1, Some(1))]);
        match chance.below(100) {
            0..14 => Self::Create {
                foreign: chance.of(&[None, None, Some(0), Some(1)]),
                user: user(chance),
                brief: chance.one_in(6),
            },
            14..50 => Self::Read { session, strict: chance.one_in(8) },
            50..58 => Self::Patch { session },
            58..66 => Self::Replace { session, user: chance.one_in(4).then(|| user(chance)) },
            66..80 => Self::Regenerate {
                session,
                grace: chance.of(&[0, 0, 10, 60]),
                user: if chance.one_in(4) { Some(chance.index(2)) } else { None },
            },
            80..94 => Self::End { session },
            _ => Self::RevokeAll {
                user: chance.weighted(&[(3, 0), (1, 1)]),
                spared: chance.one_in(2).then_some(session),
            },
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Create { .. } => "create",
            Self::End { .. } => "end",
            Self::Patch { .. } => "patch",
            Self::Read { .. } => "read",
            Self::Regenerate { .. } => "regenerate",
            Self::Replace { .. } => "replace",
            Self::RevokeAll { .. } => "revoke all",
        }
    }

    /// The ID that it is about.
    #[must_use]
    pub const fn session(&self) -> Option<usize> {
        match *self {
            Self::Create { foreign, .. } => foreign,
            Self::RevokeAll { .. } => None,
            Self::End { session }
            | Self::Patch { session }
            | Self::Read { session, .. }
            | Self::Regenerate { session, .. }
            | Self::Replace { session, .. } => Some(session),
        }
    }

    /// Whether lifetimes start anew.
    #[must_use]
    pub const fn is_birth(&self) -> bool {
        matches!(self, Self::Create { .. } | Self::Regenerate { user: Some(_), .. })
    }

    /// The user whose the session becomes, if it says so.
    #[must_use]
    pub const fn joins(&self) -> Option<Option<usize>> {
        match *self {
            Self::Create { user, .. } => Some(user),
            Self::Regenerate { user: Some(user), .. } => Some(Some(user)),
            Self::Replace { user, .. } => user,
            _ => None,
        }
    }

    /// Begins it as the `number`th call.
    pub fn start(
        self,
        number: usize,
        history: &History,
        context: &Context,
        settled: &mut Settled,
        now: u64,
    ) -> (Operation, Step) {
        let name = |session: usize| history.sessions[session].name.clone();
        let command = match self {
            Self::Create { foreign, user, brief } => {
                let tag = foreign.map_or_else(|| tag(number), |foreign| history.sessions[foreign].tag.clone());
                let id = |foreign: usize| match name(foreign) {
                    SessionName::Foreign(id) => id,
                    SessionName::Native(_) => unreachable!("nobody chooses a native ID"),
                };
                Command::Create(Create {
                    foreign_id: foreign.map(id),
                    data: format!("{{{tag}}}").into_bytes().into(),
                    user: user.map(user_id),
                    absolute: brief.then_some(BRIEF),
                    // Every other client creates with every request, as those of Databunker do.
                    keeps_unchanged: number % 2 == 1,
                    ..Create::default()
                })
            }
            Self::End { session } => Command::End(name(session)),
            Self::Patch { session } => {
                let patch = format!("{{{}}}", mark(number)).into_bytes();
                Command::Write(write(name(session), DataChange::Merge(patch.into()), None))
            }
            Self::Read { session, strict } => Command::Read { name: name(session), strict },
            Self::Regenerate { session, grace, user } => {
                Command::Regenerate(Regenerate { name: name(session), grace, user: user.map(user_id), data: None })
            }
            Self::Replace { session, user } => {
                let data = format!("{{{},{}}}", history.sessions[session].tag, mark(number)).into_bytes();
                Command::Write(write(name(session), DataChange::Replace(data.into()), user))
            }
            Self::RevokeAll { user, spared } => {
                Command::RevokeAll(RevokeAll { user: user_id(user), spared: spared.map(name), after: None })
            }
        };
        Operation::start(command, context, settled, now)
    }

    /// What the client makes of the result of the `number`th call. A new ID becomes a session that others may use.
    pub fn answer(self, number: usize, result: Result<Outcome, SessionError>, history: &mut History) -> Answer {
        let (id, session) = match result {
            Err(error) => return Answer::Refused(error),
            Ok(Outcome::Ended | Outcome::Revoked(_)) => return Answer::Ended,
            Ok(other @ (Outcome::Exported(_) | Outcome::Listed(_))) => unreachable!("nobody asked for {other:?}"),
            Ok(Outcome::Created { id, session }) => (id, session),
            Ok(Outcome::Session(session)) => (None, session),
        };
        let from = self.session();
        if let Some(id) = id {
            let handle = id.handle(&Tenant::default());
            let tag = from.map_or_else(|| tag(number), |from| history.sessions[from].tag.clone());
            history.sessions.push(Known { name: SessionName::Native(id), handle, tag, by: Some(number), from });
            return Answer::Session { session: history.sessions.len() - 1, seen: seen(session) };
        }
        Answer::Session { session: from.unwrap(), seen: seen(session) }
    }
}

/// What the data of a session holds that the `number`th call wrote.
pub fn mark(number: usize) -> String {
    format!("\"by{number}\":1")
}

fn tag(number: usize) -> String {
    format!("\"of\":\"c{number}\"")
}

fn write(name: SessionName, data: DataChange, user: Option<Option<usize>>) -> Write {
    Write { name, only: None, data, user: user.map(|user| user.map(user_id)), label: None, idle: None }
}

fn seen(session: Session) -> Seen {
    Seen {
        version: session.version,
        data: session.data.as_bytes().to_vec(),
        user: session.user.map(|user| user.as_str().strip_prefix("user ").unwrap().parse().unwrap()),
        created: session.created,
        expires: session.expires,
    }
}

fn user_id(number: usize) -> UserId {
    UserId::parse(&format!("user {number}")).unwrap()
}

/// Mostly one that is alive as far as anybody was told, or one of the youngest: calls should meet.
fn pick(history: &History, chance: &mut Chance) -> usize {
    let count = history.sessions.len();
    let alive: Vec<usize> = (0..count).rev().filter(|session| history.seems_alive(*session)).take(2).collect();
    if !alive.is_empty() && chance.one_in(2) {
        return chance.of(&alive);
    }
    let recent = if chance.one_in(4) { count } else { count.min(3) };
    count - 1 - chance.index(recent)
}

/// Seconds: a life that ends before most markers do.
pub const BRIEF: u32 = 45;
const FOREIGN_IDS: usize = 2;
