//! Envelopes that are bound to a session ID, for stores whose rules are somebody else's.

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use zeroize::Zeroizing;

use super::{keyring, stack, tenant, thrown};
use crate::envelope;
use crate::id::{SessionId, SessionName};
use crate::key::Keyring;
use crate::scope::{Purpose, Scope, Tenant};

/// A keyring narrowed to the sessions of one tenant. IDs may be foreign where there is a lookup key.
#[wasm_bindgen(js_name = KernelSessionSealer)]
pub struct SessionSealer {
    ring: Keyring,
    tenant: Tenant,
    pub(super) scope: Scope,
}

#[wasm_bindgen(js_class = KernelSessionSealer)]
impl SessionSealer {
    /// `keys` is a keyring's text.
    #[wasm_bindgen(constructor)]
    pub fn new(keys: Vec<u8>, tenant_name: &str) -> Result<Self, JsValue> {
        let keys = Zeroizing::new(keys);
        let tenant = tenant(tenant_name)?;
        stack::wiped(|| {
            let ring = keyring(&keys)?;
            let scope = Scope::new(&ring, &tenant, &Purpose::Session);
            Ok(Self { ring, tenant, scope })
        })
    }

    /// The handle of a session.
    pub fn handle(&self, id: Vec<u8>) -> Result<String, JsValue> {
        let id = Zeroizing::new(id);
        stack::wiped(|| Ok(self.session_id(&id)?.handle(&self.tenant).to_string()))
    }

    /// An envelope that opens under this ID alone.
    pub fn seal(&self, id: Vec<u8>, payload: Vec<u8>, expires_at: u32) -> Result<Vec<u8>, JsValue> {
        let (id, payload) = (Zeroizing::new(id), Zeroizing::new(payload));
        stack::wiped(|| {
            let id = self.session_id(&id)?;
            envelope::seal(&self.scope, id.as_bytes(), &payload, expires_at).map_err(|error| thrown(error.code()))
        })
    }

    /// What was sealed. `now` is in Unix seconds.
    pub fn open(&self, id: Vec<u8>, envelope: &[u8], now: u32) -> Result<Vec<u8>, JsValue> {
        let id = Zeroizing::new(id);
        stack::wiped(|| {
            let id = self.session_id(&id)?;
            envelope::open(&self.scope, id.as_bytes(), envelope, now)
                .map(|mut payload| core::mem::take(&mut *payload))
                .map_err(|error| thrown(error.code()))
        })
    }

    pub(super) fn session_id(&self, id: &[u8]) -> Result<SessionId, JsValue> {
        let name = core::str::from_utf8(id).ok().and_then(SessionName::parse);
        let name = name.ok_or_else(|| thrown("invalid_session_id"))?;
        name.session_id(&self.ring, &self.tenant).ok_or_else(|| thrown("no_lookup_key"))
    }
}
