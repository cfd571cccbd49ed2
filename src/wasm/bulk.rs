//! Long payloads, where the runtime has a synchronous cipher of its own: the kernel derives keys and looks after header,
//! padding and commitment, and JavaScript lets the runtime encrypt the chunks. The bytes are the same.

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use zeroize::Zeroizing;

use super::sealer::Sealer;
use super::{stack, thrown};
use crate::envelope;

#[wasm_bindgen(js_class = KernelScope)]
impl Sealer {
    /// What it takes to seal `len` bytes: key (32), base nonce (12), the padded length (u32), and the envelope's first 65
    /// bytes.
    #[wasm_bindgen(js_name = sealingKeys)]
    pub fn sealing_keys(&self, subject: Vec<u8>, len: usize, expires_at: u32) -> Result<Vec<u8>, JsValue> {
        let subject = Zeroizing::new(subject);
        stack::wiped(|| {
            envelope::sealing_keys(&self.scope, &subject, len, expires_at).map(|mut keys| core::mem::take(&mut *keys))
        })
        .map_err(|error| thrown(error.code()))
    }

    /// What it takes to open an envelope that begins like this (82 bytes at least): key (32), base nonce (12), expiry (u32).
    #[wasm_bindgen(js_name = openingKeys)]
    pub fn opening_keys(&self, subject: Vec<u8>, beginning: &[u8]) -> Result<Vec<u8>, JsValue> {
        let subject = Zeroizing::new(subject);
        stack::wiped(|| {
            envelope::opening_keys(&self.scope, &subject, beginning).map(|mut keys| core::mem::take(&mut *keys))
        })
        .map_err(|error| thrown(error.code()))
    }
}
