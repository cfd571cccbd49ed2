//! A model test of the session rules: many clients, two places, every order of events that a seed can think of.
//!
//! A schedule is a seed. It decides what the store is like ([`Setup`]), which calls three clients make, who moves next
//! and how far the clock goes in between ([`world`]). The rules under test are the kernel's own operations, moved one
//! step at a time. What the clients were told is the [`history`]; [`promises`] are functions over it, one promise each,
//! and know nothing of how the rules work.
//!
//! That the promises can be broken is shown by [`Double`]s: drivers and settings that leave one rule out.

mod call;
mod chance;
mod double;
mod driver;
pub mod history;
mod hole;
pub mod promises;
pub mod replay;
pub mod schedules;
mod setup;
mod store;
mod trace;
pub mod world;

pub use self::double::Double;
pub use self::hole::Hole;
pub use self::setup::{Kind, Setup};
