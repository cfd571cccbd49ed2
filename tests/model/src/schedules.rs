//! Many schedules, on all processors.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use crate::replay::{Found, found};
use crate::setup::Setup;

/// Runs the schedules of `count` seeds from `first` on. Answers how many ran.
///
/// # Errors
///
/// The first schedule that breaks a promise, and which it was of those that ran. It ends the run.
pub fn run(first: u64, count: u64, setup: impl Fn(u64) -> Setup + Sync) -> Result<u64, (u64, Box<Found>)> {
    let (next, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    let first_found: Mutex<Option<(u64, Found)>> = Mutex::new(None);
    let work = || {
        while !stop.load(Ordering::Relaxed) {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                break;
            }
            if let Some(found) = found(setup(first + index)) {
                stop.store(true, Ordering::Relaxed);
                let mut earliest = first_found.lock().unwrap();
                if earliest.as_ref().is_none_or(|(other, _)| index < *other) {
                    *earliest = Some((index, found));
                }
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    match first_found.into_inner().unwrap() {
        Some((index, found)) => Err((index + 1, Box::new(found))),
        None => Ok(count),
    }
}
