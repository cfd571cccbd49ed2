//! The same tests of Databunker's calls, over objects in this process.

type TestStore = crate::store::durable::local::LocalStore;

#[path = "tests/mod.rs"]
#[expect(clippy::duplicate_mod, reason = "the same tests, of another store")]
mod tests;
