//! What a client makes of a result.

use sealed_session::session::{Label, Listed, Outcome, Row, Session, SessionError};
use sealed_session::{SessionName, Tenant};

use super::{Call, tag};
use crate::history::{Answer, Entry, History, Known, Seen};

impl Call {
    /// What the client makes of the result of the `number`th call. A new ID becomes a session that others may use.
    pub fn answer(self, number: usize, result: Result<Outcome, SessionError>, history: &mut History) -> Answer {
        let (id, session) = match result {
            Err(error) => return Answer::Refused(error),
            Ok(Outcome::Ended | Outcome::Revoked(_)) => return Answer::Ended,
            Ok(Outcome::Listed(Listed { sessions, next })) => {
                assert_eq!(next, None, "a page holds more sessions than a schedule makes");
                return Answer::Listed(sessions.iter().map(|row| entry(row, history)).collect());
            }
            Ok(other @ Outcome::Exported(_)) => unreachable!("nobody asked for {other:?}"),
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

fn seen(session: Session) -> Seen {
    Seen {
        version: session.version,
        data: session.data.as_bytes().to_vec(),
        user: session.user.map(|user| numbered(user.as_str(), "user ")),
        label: session.label.as_ref().map(label),
        created: session.created,
        expires: session.expires,
    }
}

fn entry(row: &Row, history: &History) -> Entry {
    Entry {
        session: history.sessions.iter().position(|known| known.handle == row.handle),
        label: row.label.as_ref().map(label),
        created: row.created,
        expires: row.expires,
    }
}

fn label(label: &Label) -> usize {
    numbered(label.as_str(), "label ")
}

fn numbered(text: &str, prefix: &str) -> usize {
    text.strip_prefix(prefix).unwrap().parse().unwrap()
}
