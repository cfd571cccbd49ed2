//! The model bites: a driver that leaves one rule out is caught, and so are the holes that are known.

use model::{Double, Hole, Kind, Setup, schedules};

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

/// The model finds what is known to be open. When this fails, a hole was closed: take it out of `Hole::OPEN`. The others
/// open once in some hundred thousand schedules (README.md); `--demand` looks for them.
#[test]
fn holes_that_open_often_are_found() {
    for (hole, kind) in [
        (Hole::ForeignMarkersStay, Kind::Exact),
        (Hole::LogoutReachesSuccessors, Kind::Eventual),
        (Hole::RevokeAllReachesGrace, Kind::Exact),
    ] {
        match schedules::run(1, ENOUGH, |seed| Setup { demanded: Some(hole), ..Setup::drawn(seed, kind, None) }) {
            Ok(count) => panic!("{}: not found by {count} schedules", hole.name()),
            Err((after, found)) => println!("{}: found after {after} schedules, {}", hole.name(), found.broken),
        }
    }
}

/// "Logging out ends what the session had become by a regenerate that could not see it." It does not yet: a regenerate
/// at a place that does not see the end puts its own marker over the end's, and nothing names the successor.
#[test]
#[ignore = "not kept yet: DESIGN.md, What KV does not promise"]
fn a_logout_ends_what_the_session_had_become() {
    let demanded = Some(Hole::LogoutReachesSuccessors);
    let setup = |seed| Setup { demanded, ..Setup::drawn(seed, Kind::Eventual, None) };
    if let Err((_, found)) = schedules::run(1, 10_000, setup) {
        panic!("{}", found.report());
    }
}

const ENOUGH: u64 = 60_000;
