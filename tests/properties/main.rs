//! What holds for every input, seen from outside. What is true of things that cannot be seen from here, records and
//! markers above all, is in src/session/properties.rs.

#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test fails by panicking; that nothing else does is what these tests are about"
)]

mod envelopes;
mod names;
#[cfg(feature = "session")]
mod operations;
mod printing;
mod strategies;
