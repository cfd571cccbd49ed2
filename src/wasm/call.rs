//! Commands, as JavaScript says them.

use super::wire::Reader;
use crate::envelope::Version;
use crate::id::{ForeignId, Handle, SessionName, UserId};
use crate::session::{
    Absence, Command, Create, Data, DataChange, Label, Regenerate, RevokeAll, SessionError, UserPage, Write,
};

/// Why there is no command.
pub(super) enum NoCommand {
    /// A field is not what it must be.
    InvalidField(&'static str),
    /// An ID to create a session under has not the form of one.
    InvalidSessionId,
    /// What the rules would say, as where a session ID has not the form of one: a session that never was.
    Refused(SessionError),
    /// The two ends are of different releases.
    Unreadable,
}

impl NoCommand {
    /// The code and the field to tell.
    pub(super) const fn told(&self) -> (&'static str, &'static str) {
        match self {
            Self::InvalidField(field) => ("invalid_field", field),
            Self::InvalidSessionId => ("invalid_session_id", ""),
            Self::Refused(error) => (error.code(), ""),
            Self::Unreadable => (SessionError::Internal.code(), ""),
        }
    }
}

/// Reads a command.
pub(super) fn command(bytes: &[u8]) -> Result<Command, NoCommand> {
    let mut from = Reader::new(bytes);
    let command = match need(from.u8())? {
        CREATE => Command::Create(Create {
            foreign_id: need(from.optional(Reader::text))?.map(foreign).transpose()?,
            data: data(need(from.bytes())?),
            user: need(from.optional(Reader::text))?.map(user).transpose()?,
            label: need(from.optional(Reader::text))?.map(label).transpose()?,
            idle: need(from.optional(Reader::u32))?,
            absolute: need(from.optional(Reader::u32))?,
            ..Create::default()
        }),
        END => Command::End(name(&mut from)?),
        EXPORT => Command::Export(page(&mut from)?),
        LIST => Command::List(page(&mut from)?),
        READ => Command::Read { name: name(&mut from)?, strict: need(from.flag())? },
        REGENERATE => Command::Regenerate(Regenerate {
            name: name(&mut from)?,
            grace: need(from.u32())?,
            user: need(from.optional(Reader::text))?.map(user).transpose()?,
            data: need(from.optional(Reader::bytes))?.map(data),
        }),
        REVOKE_ALL => Command::RevokeAll(RevokeAll {
            user: user(need(from.text())?)?,
            spared: need(from.optional(Reader::text))?.map(session).transpose()?,
            after: need(from.optional(Reader::text))?.map(str::to_owned),
        }),
        REVOKE_ONE => Command::RevokeOne {
            user: user(need(from.text())?)?,
            // What is no handle is nobody's session.
            handle: Handle::parse(need(from.text())?)
                .ok_or(NoCommand::Refused(SessionError::NoSuchSession(Absence::Absent)))?,
        },
        WRITE => Command::Write(Write {
            name: name(&mut from)?,
            only: need(from.optional(Reader::text))?.map(version).transpose()?,
            data: change(&mut from)?,
            user: need(from.optional(|from| from.optional(Reader::text)))?
                .map(|it| it.map(user).transpose())
                .transpose()?,
            label: need(from.optional(|from| from.optional(Reader::text)))?
                .map(|it| it.map(label).transpose())
                .transpose()?,
            idle: need(from.optional(Reader::u32))?,
        }),
        _ => return Err(NoCommand::Unreadable),
    };
    need(from.end())?;
    Ok(command)
}

fn need<T>(field: Option<T>) -> Result<T, NoCommand> {
    field.ok_or(NoCommand::Unreadable)
}

fn name(from: &mut Reader<'_>) -> Result<SessionName, NoCommand> {
    session(need(from.text())?)
}

fn session(id: &str) -> Result<SessionName, NoCommand> {
    SessionName::parse(id).ok_or(NoCommand::Refused(SessionError::NoSuchSession(Absence::Absent)))
}

fn foreign(id: &str) -> Result<ForeignId, NoCommand> {
    match SessionName::parse(id) {
        Some(SessionName::Foreign(id)) => Ok(id),
        Some(SessionName::Native(_)) => Err(NoCommand::Refused(SessionError::NativeId)),
        None => Err(NoCommand::InvalidSessionId),
    }
}

fn user(id: &str) -> Result<UserId, NoCommand> {
    UserId::parse(id).ok_or(NoCommand::InvalidField("user"))
}

fn label(text: &str) -> Result<Label, NoCommand> {
    Label::parse(text).ok_or(NoCommand::InvalidField("label"))
}

fn version(text: &str) -> Result<Version, NoCommand> {
    Version::parse(text).ok_or(NoCommand::InvalidField("version"))
}

fn data(bytes: &[u8]) -> Data {
    Data::from(bytes.to_vec())
}

fn page(from: &mut Reader<'_>) -> Result<UserPage, NoCommand> {
    Ok(UserPage {
        user: user(need(from.text())?)?,
        after: need(from.optional(Reader::text))?.map(str::to_owned),
        limit: need(from.size())?,
    })
}

fn change(from: &mut Reader<'_>) -> Result<DataChange, NoCommand> {
    match need(from.u8())? {
        0 => Ok(DataChange::Keep),
        1 => Ok(DataChange::Merge(data(need(from.bytes())?))),
        2 => Ok(DataChange::Replace(data(need(from.bytes())?))),
        _ => Err(NoCommand::Unreadable),
    }
}

const CREATE: u8 = 1;
const END: u8 = 2;
const EXPORT: u8 = 3;
const LIST: u8 = 4;
const READ: u8 = 5;
const REGENERATE: u8 = 6;
const REVOKE_ALL: u8 = 7;
const REVOKE_ONE: u8 = 8;
const WRITE: u8 = 9;
