//! What `make test` runs: ten thousand schedules over each kind of store. `make model` runs a million.

use model::{Kind, Setup, schedules};

#[test]
fn nothing_is_broken_in_an_exact_store() {
    nothing_is_broken(Kind::Exact);
}

#[test]
fn nothing_is_broken_in_an_eventual_store() {
    nothing_is_broken(Kind::Eventual);
}

/// The same seeds every time: a change that breaks something is told from one that does not. New seeds are for
/// `make model`.
fn nothing_is_broken(kind: Kind) {
    if let Err((_, found)) = schedules::run(1, SCHEDULES, |seed| Setup::drawn(seed, kind, None)) {
        panic!("{}", found.report());
    }
}

const SCHEDULES: u64 = 10_000;
