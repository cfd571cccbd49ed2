//! The model bites: a driver that leaves one rule out is caught.

use model::{Double, Setup, schedules};

#[test]
fn every_rule_that_is_left_out_is_missed() {
    for (double, kind) in Double::ALL {
        match schedules::run(1, ENOUGH, |seed| Setup::drawn(seed, kind, Some(double))) {
            Ok(count) => panic!("{} in an {} store: not caught by {count} schedules", double.name(), kind.name()),
            Err((after, found)) => println!(
                "{} in an {} store: caught after {after} schedules, {}",
                double.name(),
                kind.name(),
                found.broken
            ),
        }
    }
}

const ENOUGH: u64 = 60_000;
