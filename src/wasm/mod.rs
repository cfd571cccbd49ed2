//! The kernel for JavaScript: conversions, nothing else. The package's TypeScript is the API; nobody else should call this.
//!
//! Whatever crosses is bytes. A secret never crosses as a string, since strings of a JavaScript engine cannot be wiped;
//! arguments are owned buffers, results are copied out by the glue and freed. Every freed block is wiped by the allocator
//! below, and [`stack::wiped`] clears what calls left on the stack: so nothing that was sealed or opened stays in linear
//! memory, where the next call with an out-of-bounds read of somebody else's code could find it.
//!
//! Errors are thrown as their stable codes, with the name of the option behind a colon where one is wrong.

mod bulk;
#[cfg(feature = "session")]
mod call;
mod names;
#[cfg(feature = "session")]
mod outcome;
#[cfg(feature = "session")]
mod rules;
mod sealer;
mod session_sealer;
mod stack;
#[cfg(feature = "session")]
mod wire;

use wasm_bindgen::JsValue;

use crate::key::Keyring;
use crate::scope::Tenant;

/// Wipes what it frees. The default one hands out freed memory with whatever lay there.
#[cfg(all(target_arch = "wasm32", not(sealed_session_unwiped)))]
#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<std::alloc::System> = zeroizing_alloc::ZeroAlloc(std::alloc::System);

/// An error as JavaScript gets it: its code, which the package makes an error of its own from.
fn thrown(code: &str) -> JsValue {
    JsValue::from_str(code)
}

fn keyring(keys: &[u8]) -> Result<Keyring, JsValue> {
    let text = core::str::from_utf8(keys).map_err(|_| thrown("malformed_key"))?;
    Keyring::parse(text).map_err(|error| thrown(error.code()))
}

fn tenant(name: &str) -> Result<Tenant, JsValue> {
    Tenant::parse(name).ok_or_else(|| thrown("invalid_option:tenant"))
}
