//! The object's side, as worker/src/shard.js calls it: bytes in, bytes out, over the table that it brings along.
//!
//! The object keeps no state here. When the module was made anew after a trap, worker-build's proxy makes this anew too,
//! from the same table.

use js_sys::Uint8Array;
use wasm_bindgen::JsValue;

use super::interpreter::{self, Rows};
use crate::clock;
pub use glue::Shard;
use glue::Table;

impl Rows for Table {
    type Error = JsValue;

    fn owner(&self) -> Result<Option<String>, JsValue> {
        self.owner_text()
    }

    fn set_owner(&self, owner: &str) -> Result<(), JsValue> {
        self.set_owner_text(owner)
    }

    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, JsValue> {
        self.value(key)
    }

    fn put(&self, key: &str, value: &[u8], expires_at: u32) -> Result<(), JsValue> {
        self.put_value(key, &Uint8Array::from(value), expires_at)
    }

    fn delete(&self, key: &str) -> Result<(), JsValue> {
        self.remove(key)
    }

    fn list(&self, after: &str, end: &str, limit: usize) -> Result<Vec<(String, Vec<u8>)>, JsValue> {
        // Keys and values in turn.
        let found = self.between(after, end, u32::try_from(limit).unwrap_or(u32::MAX))?;
        let mut rows = Vec::new();
        let mut found = found.iter();
        while let (Some(key), Some(value)) = (found.next(), found.next()) {
            rows.push((key.as_string().unwrap_or_default(), Uint8Array::new(&value).to_vec()));
        }
        Ok(rows)
    }

    fn key_after(&self, after: &str, rows: usize) -> Result<Option<String>, JsValue> {
        self.row_after(after, u32::try_from(rows).unwrap_or(u32::MAX))
    }

    fn delete_expired(&self, after: &str, end: Option<&str>, at: u32) -> Result<(), JsValue> {
        self.remove_expired(after, end, at)
    }

    fn swept_to(&self) -> Result<String, JsValue> {
        self.swept_to_text()
    }

    fn set_swept_to(&self, key: &str) -> Result<(), JsValue> {
        self.set_swept_to_text(key)
    }

    fn is_empty(&self) -> Result<bool, JsValue> {
        self.has_no_rows()
    }
}

#[allow(unsafe_code, reason = "wasm-bindgen's own glue")]
mod glue {
    use super::{JsValue, clock, interpreter};
    use js_sys::{Array, Uint8Array};
    use wasm_bindgen::prelude::wasm_bindgen;

    #[wasm_bindgen]
    extern "C" {
        /// The table that worker/src/shard.js makes.
        pub type Table;

        #[wasm_bindgen(method, catch, js_name = owner)]
        pub fn owner_text(this: &Table) -> Result<Option<String>, JsValue>;

        #[wasm_bindgen(method, catch, js_name = setOwner)]
        pub fn set_owner_text(this: &Table, owner: &str) -> Result<(), JsValue>;

        #[wasm_bindgen(method, catch, js_name = get)]
        pub fn value(this: &Table, key: &str) -> Result<Option<Vec<u8>>, JsValue>;

        #[wasm_bindgen(method, catch, js_name = put)]
        pub fn put_value(this: &Table, key: &str, value: &Uint8Array, expires_at: u32) -> Result<(), JsValue>;

        #[wasm_bindgen(method, catch, js_name = delete)]
        pub fn remove(this: &Table, key: &str) -> Result<(), JsValue>;

        #[wasm_bindgen(method, catch, js_name = list)]
        pub fn between(this: &Table, after: &str, end: &str, limit: u32) -> Result<Array, JsValue>;

        #[wasm_bindgen(method, catch, js_name = keyAfter)]
        pub fn row_after(this: &Table, after: &str, rows: u32) -> Result<Option<String>, JsValue>;

        #[wasm_bindgen(method, catch, js_name = deleteExpired)]
        pub fn remove_expired(this: &Table, after: &str, end: Option<&str>, at: u32) -> Result<(), JsValue>;

        #[wasm_bindgen(method, catch, js_name = sweptTo)]
        pub fn swept_to_text(this: &Table) -> Result<String, JsValue>;

        #[wasm_bindgen(method, catch, js_name = setSweptTo)]
        pub fn set_swept_to_text(this: &Table, key: &str) -> Result<(), JsValue>;

        #[wasm_bindgen(method, catch, js_name = isEmpty)]
        pub fn has_no_rows(this: &Table) -> Result<bool, JsValue>;
    }

    /// One object's interpreter.
    #[wasm_bindgen]
    pub struct Shard {
        table: Table,
    }

    #[wasm_bindgen]
    impl Shard {
        /// Over this table.
        #[wasm_bindgen(constructor)]
        #[must_use]
        pub fn new(table: Table) -> Self {
            Self { table }
        }

        /// Answers a call that changes nothing.
        ///
        /// # Errors
        ///
        /// Those of the table.
        pub fn ask(&self, message: &[u8]) -> Result<Vec<u8>, JsValue> {
            interpreter::ask(&self.table, message)
        }

        /// Answers a call for changes. Where it throws, the caller rolls back.
        ///
        /// # Errors
        ///
        /// Those of the table.
        pub fn change(&self, message: &[u8]) -> Result<Vec<u8>, JsValue> {
            interpreter::change(&self.table, message)
        }

        /// Removes what expired long ago. Answers after how many milliseconds to do it again, if ever.
        ///
        /// # Errors
        ///
        /// Those of the table.
        pub fn sweep(&self) -> Result<Option<u32>, JsValue> {
            interpreter::sweep(&self.table, clock::now())
        }

        /// Milliseconds until an object with rows looks for expired ones.
        #[wasm_bindgen(getter, js_name = sweepEvery)]
        #[must_use]
        pub fn sweep_every(&self) -> u32 {
            interpreter::SWEEP_EVERY_MS
        }
    }
}
