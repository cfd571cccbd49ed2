//! Encrypted sessions for the edge: the kernel.
//!
//! It makes session IDs, seals and opens payloads, and knows the rules by which sessions live and end. It has no clock,
//! no network, no store and no executor: bytes and numbers go in, bytes and wishes come out.
//!
//! - [`Keyring`] holds the keys of a deployment; [`Scope`] narrows it to one tenant and purpose.
//! - [`envelope`] seals and opens: docs/FORMAT.md is its specification.
//! - [`SessionId`], [`Handle`] and their kin name sessions and users.
//! - [`session`] has the rules, as operations that a store's driver moves on: docs/DESIGN.md tells them.
//!
//! Nothing here panics on any input, and secrets do not print.

#![forbid(unsafe_code)]

mod crypto;
pub mod envelope;
mod error;
mod id;
mod key;
mod scope;
#[cfg(feature = "session")]
pub mod session;
pub mod text;
#[cfg(test)]
mod vectors;
#[cfg(feature = "wasm")]
mod wasm;

pub use self::error::{KeyringError, OpenError, RandomError, SealError};
pub use self::id::{CsrfToken, ForeignId, Handle, LogId, Placement, SessionId, SessionName, UserId, UserPseudonym};
pub use self::key::{KeyId, Keyring};
pub use self::scope::{AppName, Purpose, Scope, Tenant};
