//! Times seal and open natively: `kernel-bench <size>…` prints a line `<operation> <size> <µs>` for each round.

use std::hint::black_box;
use std::time::Instant;

use kernel_bench::Bench;

fn main() {
    let sizes: Vec<usize> = std::env::args().skip(1).filter_map(|size| size.parse().ok()).collect();
    let bench = Bench::new();
    for round in 0..=ROUNDS {
        for size in &sizes {
            let payload = vec![b'x'; *size];
            let envelope = bench.seal(&payload);
            let mut opened = vec![0; *size];
            let times = [
                ("seal", time(|| black_box(bench.seal(black_box(&payload))).len())),
                ("open", time(|| bench.open(black_box(&envelope), black_box(&mut opened)))),
            ];
            // The first round warms up.
            for (operation, time) in times.iter().filter(|_| round > 0) {
                println!("{operation} {size} {time:.3}");
            }
        }
    }
}

/// Microseconds that one call takes, of as many as fit into a while.
fn time(mut call: impl FnMut() -> usize) -> f64 {
    let (began, mut calls) = (Instant::now(), 0_u32);
    while began.elapsed().as_micros() < ROUND_MICROS {
        for _ in 0..16 {
            black_box(call());
        }
        calls += 16;
    }
    began.elapsed().as_secs_f64() * 1e6 / f64::from(calls)
}

const ROUNDS: usize = 15;
const ROUND_MICROS: u128 = 20_000;
