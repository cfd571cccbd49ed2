//! The stack in linear memory, which no allocator frees.

use zeroize::Zeroize;

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
    let mut frame = [0_u8; DEPTH];
    frame.zeroize();
    core::hint::black_box(&frame);
}

/// Bytes. Above the deepest stack that the test of planted secrets meets, and cheap: a tenth of a microsecond.
const DEPTH: usize = 8 * 1024;
