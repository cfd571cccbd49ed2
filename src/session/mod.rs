//! The rules of sessions, without I/O (docs/DESIGN.md).
//!
//! A [`Command`] becomes an [`Operation`], which asks for the store's keys in [`Step`]s, takes [`Input`]s, and ends with
//! an [`Outcome`]. What the store promises decides the scheme: exact, or eventual like Workers KV.
//!
//! ```
//! use sealed_session::{Keyring, SessionName, Tenant};
//! use sealed_session::session::{Command, Context, Create, Limits, Memory, Outcome, Promises, Settled};
//!
//! let ring = Keyring::parse(&Keyring::generate()?)?;
//! let context = Context::new(&ring, Tenant::default(), Limits::default(), Promises::EXACT);
//! let (mut store, mut settled) = (Memory::default(), Settled::new(1000));
//! let now = 1_800_000_000_000;
//!
//! let create = Create { data: br#"{"cart":[]}"#.to_vec().into(), ..Create::default() };
//! let created = store.run(Command::Create(create), &context, &mut settled, now)?;
//! let Outcome::Created { id: Some(id), .. } = created else { unreachable!() };
//!
//! let read = Command::Read { name: SessionName::Native(id), strict: false };
//! let Outcome::Session(session) = store.run(read, &context, &mut settled, now)? else { unreachable!() };
//! assert_eq!(session.data.as_bytes(), br#"{"cart":[]}"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod codec;
mod command;
mod context;
mod entry;
mod error;
mod lifetime;
mod marker;
mod memory;
mod merge;
mod object;
mod operation;
#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))]
mod properties;
mod receipt;
mod record;
mod rules;
#[cfg(test)]
mod rules_vectors;
mod settled;
mod store;

pub use self::command::{
    Command, Create, DataChange, Exported, Limit, Limits, Listed, Outcome, Regenerate, RevokeAll, RevokedAll, Row,
    Session, UserPage, Write,
};
pub use self::context::Context;
pub use self::error::{Absence, LifetimeField, SessionError};
pub use self::memory::Memory;
pub use self::object::{Members, members};
pub use self::operation::{Input, Operation, Step};
pub use self::receipt::{Erasure, Receipt};
pub use self::record::{Data, Label};
pub use self::settled::Settled;
pub use self::store::{Change, Condition, Key, Page, Promises};
