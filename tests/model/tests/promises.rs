//! What `make test` runs: ten thousand schedules over each kind of store. `make model` runs a million.

use std::collections::BTreeMap;

use model::replay::all;
use model::{Kind, Setup, schedules, world};

#[test]
fn nothing_is_broken_in_an_exact_store() {
    nothing_is_broken(Kind::Exact);
}

#[test]
fn nothing_is_broken_in_an_eventual_store() {
    nothing_is_broken(Kind::Eventual);
}

#[test]
fn nothing_is_broken_in_durable_objects() {
    nothing_is_broken(Kind::Durable);
}

/// The promises say something only if the calls get somewhere: a good part of each kind is granted, and some are refused.
#[test]
fn the_calls_get_somewhere() {
    for kind in Kind::ALL {
        let mut counts: BTreeMap<&str, [u32; 2]> = BTreeMap::new();
        for seed in 1..=500 {
            let setup = Setup::drawn(seed, kind, None);
            for (call, granted) in world::run(&setup, &all(&setup), false).answers {
                counts.entry(call).or_default()[usize::from(granted)] += 1;
            }
        }
        println!("{} store, refused and granted: {counts:?}", kind.name());
        assert_eq!(counts.len(), 9, "{counts:?}");
        for (call, [refused, granted]) in counts {
            assert!(granted > 50, "{} store: {call} was granted {granted} times, refused {refused}", kind.name());
        }
    }
}

/// The same seeds every time: a change that breaks something is told from one that does not. New seeds are for
/// `make model`.
fn nothing_is_broken(kind: Kind) {
    if let Err((_, found)) = schedules::run(1, SCHEDULES, |seed| Setup::drawn(seed, kind, None)) {
        panic!("{}", found.report());
    }
}

const SCHEDULES: u64 = 10_000;
