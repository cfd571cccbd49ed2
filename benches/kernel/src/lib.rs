//! Seal and open, so that they can be timed: natively by `main.rs`, as WebAssembly by `wasm.ts`.

use core::cell::RefCell;

use sealed_session::envelope::{open, seal};
use sealed_session::{Keyring, Purpose, Scope, Tenant};

/// A scope and a subject, as a session's record has them.
pub struct Bench {
    scope: Scope,
    subject: [u8; 32],
}

impl Bench {
    /// Fresh keys.
    ///
    /// # Panics
    ///
    /// Where there is no randomness: nothing could be measured then.
    #[must_use]
    pub fn new() -> Self {
        let ring = Keyring::parse(&Keyring::generate().expect("randomness")).expect("a keyring");
        Self { scope: Scope::new(&ring, &Tenant::default(), &Purpose::Session), subject: [7; 32] }
    }

    /// Seals.
    ///
    /// # Panics
    ///
    /// Where sealing fails.
    #[must_use]
    pub fn seal(&self, payload: &[u8]) -> Vec<u8> {
        seal(&self.scope, &self.subject, payload, u32::MAX).expect("sealed")
    }

    /// Opens, and copies the payload to the beginning of `into`.
    ///
    /// # Panics
    ///
    /// Where opening fails.
    pub fn open(&self, envelope: &[u8], into: &mut [u8]) -> usize {
        let payload = open(&self.scope, &self.subject, envelope, 1).expect("opened");
        into[..payload.len()].copy_from_slice(&payload);
        payload.len()
    }
}

impl Default for Bench {
    fn default() -> Self {
        Self::new()
    }
}

thread_local! {
    static BENCH: Bench = Bench::new();
    static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; BUFFER_LEN]);
}

/// Where JavaScript puts what goes in and finds what came out.
#[unsafe(no_mangle)]
pub extern "C" fn buffer() -> *mut u8 {
    BUFFER.with_borrow_mut(|buffer| buffer.as_mut_ptr())
}

/// Seals the first bytes of the buffer into the buffer; says how long the envelope is.
#[unsafe(no_mangle)]
pub extern "C" fn seal_buffer(len: usize) -> usize {
    BUFFER.with_borrow_mut(|buffer| {
        let envelope = BENCH.with(|bench| bench.seal(&buffer[..len]));
        buffer[..envelope.len()].copy_from_slice(&envelope);
        envelope.len()
    })
}

/// Opens the envelope in the buffer into the buffer; says how long the payload is.
#[unsafe(no_mangle)]
pub extern "C" fn open_buffer(len: usize) -> usize {
    BUFFER.with_borrow_mut(|buffer| {
        let (envelope, into) = buffer.split_at_mut(BUFFER_LEN / 2);
        let len = BENCH.with(|bench| bench.open(&envelope[..len], into));
        buffer.copy_within(BUFFER_LEN / 2..BUFFER_LEN / 2 + len, 0);
        len
    })
}

/// Twice the largest envelope that is measured, and more.
const BUFFER_LEN: usize = 256 * 1024;

/// The random source in wasm: `crypto.getRandomValues`, as in the Worker, without wasm-bindgen around it.
#[cfg(target_arch = "wasm32")]
mod random {
    #[link(wasm_import_module = "bench")]
    unsafe extern "C" {
        fn random(to: *mut u8, len: usize);
    }

    #[unsafe(no_mangle)]
    unsafe extern "Rust" fn __getrandom_v03_custom(to: *mut u8, len: usize) -> Result<(), getrandom::Error> {
        // Safety: getrandom's promise to us, that there are `len` bytes to be written, is ours to JavaScript.
        unsafe { random(to, len) };
        Ok(())
    }
}
