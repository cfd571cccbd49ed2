//! Databunker's calls, over the store in memory.

type TestStore = crate::store::memory::MemoryStore;

#[path = "tests/mod.rs"]
mod tests;
