//! Keys and names.

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use super::{stack, tenant, thrown};
use crate::id::SessionId;
use crate::key::Keyring;

/// The text of a fresh keyring: one lookup key and one root key.
#[wasm_bindgen(js_name = generateKeys)]
pub fn generate_keys() -> Result<Vec<u8>, JsValue> {
    stack::wiped(|| Keyring::generate().map(|text| text.as_bytes().to_vec())).map_err(|_| thrown("no_randomness"))
}

/// The text of a fresh session ID.
#[wasm_bindgen(js_name = generateSessionId)]
pub fn generate_session_id() -> Result<Vec<u8>, JsValue> {
    stack::wiped(|| SessionId::generate(None).map(|id| id.to_text().as_bytes().to_vec()))
        .map_err(|_| thrown("no_randomness"))
}

/// The handle and then the CSRF token of a native session ID, 43 characters each; nothing for another ID.
#[wasm_bindgen(js_name = nativeNames)]
pub fn native_names(tenant_name: &str, id: Vec<u8>) -> Result<Option<Vec<u8>>, JsValue> {
    let tenant = tenant(tenant_name)?;
    let id = zeroize::Zeroizing::new(id);
    Ok(stack::wiped(|| {
        let id = SessionId::parse(core::str::from_utf8(&id).ok()?)?;
        let (handle, csrf) = id.names(&tenant);
        Some([handle.to_string().as_bytes(), csrf.to_text().as_bytes()].concat())
    }))
}
