//! The stack in linear memory, which no allocator frees.

/// Runs `work`, then overwrites the stack that it used.
///
/// Values that are moved leave their bytes behind where they were, and compilers spill what they like: wiping variables is
/// not enough. What the work returns has to be on the heap or public.
pub(super) fn wiped<T>(work: impl FnOnce() -> T) -> T {
    let result = work();
    #[cfg(not(sealed_session_unwiped))]
    overwrite();
    result
}

/// Overwrites as much as the deepest call takes.
#[inline(never)]
fn overwrite() {
    // One fill of memory. Wiping byte by byte, as `zeroize` would, costs a fifth of a short seal.
    core::hint::black_box(&mut [0_u8; DEPTH]);
}

/// Bytes. Above the deepest stack that the test of planted secrets meets, and cheap: a tenth of a microsecond.
const DEPTH: usize = 8 * 1024;
