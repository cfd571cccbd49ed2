//! Long payloads, where the runtime has a synchronous cipher of its own: the kernel derives keys and looks after header,
//! padding and commitment, and JavaScript lets the runtime encrypt the chunks. The bytes are the same.

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use zeroize::Zeroizing;

use super::sealer::Sealer;
use super::session_sealer::SessionSealer;
use super::{stack, thrown};
use crate::envelope;
use crate::scope::Scope;

#[wasm_bindgen(js_class = KernelScope)]
impl Sealer {
    /// What it takes to seal `len` bytes: key (32), base nonce (12), the padded length (u32), and the envelope's first 65
    /// bytes.
    #[wasm_bindgen(js_name = sealingKeys)]
    pub fn sealing_keys(&self, subject: Vec<u8>, len: usize, expires_at: u32) -> Result<Vec<u8>, JsValue> {
        let subject = Zeroizing::new(subject);
        stack::wiped(|| to_seal(&self.scope, &subject, len, expires_at))
    }

    /// What it takes to open an envelope that begins like this (82 bytes at least): key (32), base nonce (12), expiry (u32).
    #[wasm_bindgen(js_name = openingKeys)]
    pub fn opening_keys(&self, subject: Vec<u8>, beginning: &[u8]) -> Result<Vec<u8>, JsValue> {
        let subject = Zeroizing::new(subject);
        stack::wiped(|| to_open(&self.scope, &subject, beginning))
    }
}

#[wasm_bindgen(js_class = KernelSessionSealer)]
impl SessionSealer {
    /// As in `KernelScope`, with a session's ID as the subject.
    #[wasm_bindgen(js_name = sealingKeys)]
    pub fn sealing_keys(&self, id: Vec<u8>, len: usize, expires_at: u32) -> Result<Vec<u8>, JsValue> {
        let id = Zeroizing::new(id);
        stack::wiped(|| to_seal(&self.scope, self.session_id(&id)?.as_bytes(), len, expires_at))
    }

    /// As in `KernelScope`, with a session's ID as the subject.
    #[wasm_bindgen(js_name = openingKeys)]
    pub fn opening_keys(&self, id: Vec<u8>, beginning: &[u8]) -> Result<Vec<u8>, JsValue> {
        let id = Zeroizing::new(id);
        stack::wiped(|| to_open(&self.scope, self.session_id(&id)?.as_bytes(), beginning))
    }
}

fn to_seal(scope: &Scope, subject: &[u8], len: usize, expires_at: u32) -> Result<Vec<u8>, JsValue> {
    let keys = envelope::sealing_keys(scope, subject, len, expires_at);
    keys.map(|mut keys| core::mem::take(&mut *keys)).map_err(|error| thrown(error.code()))
}

fn to_open(scope: &Scope, subject: &[u8], beginning: &[u8]) -> Result<Vec<u8>, JsValue> {
    let keys = envelope::opening_keys(scope, subject, beginning);
    keys.map(|mut keys| core::mem::take(&mut *keys)).map_err(|error| thrown(error.code()))
}
