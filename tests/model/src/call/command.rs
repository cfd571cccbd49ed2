//! What a call asks of the rules.

use sealed_session::session::{
    Command, Context, Create, DataChange, Label, Operation, Regenerate, RevokeAll, Settled, Step, UserPage, Write,
};
use sealed_session::{Placement, SessionName, UserId};

use super::{BRIEF, Call, Details, mark, tag};
use crate::history::History;

impl Call {
    /// Begins it as the `number`th call.
    pub fn start(
        self,
        number: usize,
        history: &History,
        context: &Context,
        settled: &mut Settled,
        now: u64,
    ) -> (Operation, Step) {
        Operation::start(self.command(number, history), context, settled, now)
    }

    fn command(self, number: usize, history: &History) -> Command {
        let name = |session: usize| history.sessions[session].name.clone();
        match self {
            Self::Create { foreign, user, label, brief, placement } => {
                let tag = foreign.map_or_else(|| tag(number), |foreign| history.sessions[foreign].tag.clone());
                let id = |foreign: usize| match name(foreign) {
                    SessionName::Foreign(id) => id,
                    SessionName::Native(_) => unreachable!("nobody chooses a native ID"),
                };
                Command::Create(Create {
                    foreign_id: foreign.map(id),
                    placement: Some(Placement(placement)),
                    data: format!("{{{tag}}}").into_bytes().into(),
                    user: user.map(user_id),
                    label: label.map(named),
                    absolute: brief.then_some(BRIEF),
                    // Every other client creates with every request, as those of Databunker do.
                    keeps_unchanged: number % 2 == 1,
                    ..Create::default()
                })
            }
            Self::End { session } => Command::End(name(session)),
            Self::List { user } => Command::List(UserPage { user: user_id(user), after: None, limit: 100 }),
            Self::Patch { session, keeps, details } => {
                let patch = format!("{{{}}}", mark(number)).into_bytes();
                let data = if keeps { DataChange::Keep } else { DataChange::Merge(patch.into()) };
                Command::Write(write(name(session), data, None, details))
            }
            Self::Read { session, strict } => Command::Read { name: name(session), strict },
            Self::Regenerate { session, grace, user } => {
                Command::Regenerate(Regenerate { name: name(session), grace, user: user.map(user_id), data: None })
            }
            Self::Replace { session, user, details } => {
                let data = format!("{{{},{}}}", history.sessions[session].tag, mark(number)).into_bytes();
                Command::Write(write(name(session), DataChange::Replace(data.into()), user, details))
            }
            Self::RevokeAll { user, spared } => {
                Command::RevokeAll(RevokeAll { user: user_id(user), spared: spared.map(name), after: None })
            }
            Self::RevokeOne { user, session } => {
                Command::RevokeOne { user: user_id(user), handle: history.sessions[session].handle }
            }
        }
    }
}

fn write(name: SessionName, data: DataChange, user: Option<Option<usize>>, details: Details) -> Write {
    Write {
        name,
        only: None,
        data,
        user: user.map(|user| user.map(user_id)),
        label: details.label.map(|label| label.map(named)),
        idle: details.idle,
    }
}

fn user_id(number: usize) -> UserId {
    UserId::parse(&format!("user {number}")).unwrap()
}

fn named(number: usize) -> Label {
    Label::parse(&format!("label {number}")).unwrap()
}
