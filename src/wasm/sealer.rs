//! Envelopes of any purpose.

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use zeroize::Zeroizing;

use super::{keyring, stack, tenant, thrown};
use crate::envelope::{self, Header};
use crate::scope::{Purpose, Scope};

/// A keyring narrowed to one tenant and purpose.
#[wasm_bindgen(js_name = KernelScope)]
pub struct Sealer {
    pub(super) scope: Scope,
}

#[wasm_bindgen(js_class = KernelScope)]
impl Sealer {
    /// `keys` is a keyring's text, `purpose` a name of FORMAT.md's table.
    #[wasm_bindgen(constructor)]
    pub fn new(keys: Vec<u8>, tenant_name: &str, purpose: &str) -> Result<Self, JsValue> {
        let keys = Zeroizing::new(keys);
        let tenant = tenant(tenant_name)?;
        let purpose = Purpose::parse(purpose).ok_or_else(|| thrown("invalid_option:purpose"))?;
        stack::wiped(|| Ok(Self { scope: Scope::new(&keyring(&keys)?, &tenant, &purpose) }))
    }

    /// An envelope.
    pub fn seal(&self, subject: Vec<u8>, payload: Vec<u8>, expires_at: u32) -> Result<Vec<u8>, JsValue> {
        let (subject, payload) = (Zeroizing::new(subject), Zeroizing::new(payload));
        stack::wiped(|| envelope::seal(&self.scope, &subject, &payload, expires_at))
            .map_err(|error| thrown(error.code()))
    }

    /// What was sealed. `now` is in Unix seconds.
    pub fn open(&self, subject: Vec<u8>, envelope: &[u8], now: u32) -> Result<Vec<u8>, JsValue> {
        let subject = Zeroizing::new(subject);
        stack::wiped(|| {
            envelope::open(&self.scope, &subject, envelope, now).map(|mut payload| core::mem::take(&mut *payload))
        })
        .map_err(|error| thrown(error.code()))
    }
}

/// What an envelope shows without a key: its key ID in hexadecimal, its expiry in Unix seconds and its length, or nothing.
/// Nothing of it is authenticated.
#[must_use]
#[wasm_bindgen]
pub fn peek(envelope: &[u8]) -> Option<String> {
    let header = Header::peek(envelope)?;
    Some(format!("{},{}", header.key_id, header.expires_at))
}
