//! The one clock. Nothing else asks what time it is, so that tests can move it for everybody.

/// Unix milliseconds. In a Worker this is the time of the last I/O: no earlier than the request's arrival.
#[must_use]
#[cfg(target_arch = "wasm32")]
#[expect(clippy::disallowed_methods, reason = "this is the clock")]
pub fn now() -> u64 {
    let now = js_sys::Date::now();
    // A whole number that is not negative, and far below 2^53.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "casts from floats saturate")]
    let now = now as u64;
    now
}

/// Unix milliseconds, as the test on this thread set them.
#[must_use]
#[cfg(not(target_arch = "wasm32"))]
pub fn now() -> u64 {
    NOW.get()
}

/// Sets the clock of this thread.
#[cfg(not(target_arch = "wasm32"))]
pub fn set(now: u64) {
    NOW.set(now);
}

#[cfg(not(target_arch = "wasm32"))]
thread_local! {
    static NOW: core::cell::Cell<u64> = const { core::cell::Cell::new(1_800_000_000_000) };
}
