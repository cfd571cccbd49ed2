//! A schedule that breaks a promise, made short enough to be read.

use core::fmt::Write;

use crate::promises::Broken;
use crate::setup::Setup;
use crate::world::{self, Move};

/// A broken promise and how it came about.
pub struct Found {
    /// The schedule.
    pub setup: Setup,
    /// What was broken.
    pub broken: Broken,
}

/// Runs the whole schedule.
#[must_use]
pub fn found(setup: Setup) -> Option<Found> {
    let broken = world::run(&setup, &all(&setup), false).broken?;
    Some(Found { setup, broken })
}

impl Found {
    /// The seed, how to replay it, and the shortest trace that still breaks the same promise.
    #[must_use]
    pub fn report(&self) -> String {
        let Self { setup, broken } = self;
        let moves = self.shortest();
        let ran = world::run(setup, &moves, true);
        let mut report = format!("{}\n\nseed {}\n{setup}\n", ran.broken.as_ref().unwrap_or(broken), setup.seed);
        for line in ran.trace {
            writeln!(report, "{line}").unwrap();
        }
        writeln!(report, "\n{}", ran.broken.as_ref().unwrap_or(broken)).unwrap();
        write!(report, "\nTo replay: make model ARGS='--seed {} --store {}", setup.seed, setup.kind.name()).unwrap();
        setup.double.map_or(Ok(()), |double| write!(report, " --double {}", double.name())).unwrap();
        setup.demanded.map_or(Ok(()), |hole| write!(report, " --demand {}", hole.name())).unwrap();
        report.push_str("'\n");
        report
    }

    /// Leaves out calls, then moves, in halves, quarters and so on, as long as the same promise breaks.
    fn shortest(&self) -> Vec<Move> {
        let mut moves = all(&self.setup);
        for _ in 0..3 {
            let before = moves.clone();
            self.leave_out_calls(&mut moves);
            self.leave_out_moves(&mut moves);
            if moves == before {
                break;
            }
        }
        moves
    }

    /// First only what they do, and not the pauses before it: else all that follows comes at another time.
    fn leave_out_calls(&self, moves: &mut Vec<Move>) {
        let mut call = 0;
        loop {
            let served = world::run(&self.setup, moves, false).served;
            if served.iter().all(|(_, number)| *number < call) {
                return;
            }
            let mute = |one: &Move| {
                let serves = served.iter().any(|(index, number)| (*index, *number) == (one.index, call));
                Move { muted: one.muted || serves, ..*one }
            };
            if !self.replace(moves, moves.iter().map(mute).collect()) {
                call += 1;
            }
        }
    }

    fn leave_out_moves(&self, moves: &mut Vec<Move>) {
        let mut length = moves.len();
        while length > 0 {
            let mut from = 0;
            while from < moves.len() {
                let mut fewer = moves.clone();
                fewer.drain(from..(from + length).min(moves.len()));
                if !self.replace(moves, fewer) {
                    from += length;
                }
            }
            length /= 2;
        }
    }

    /// Takes other moves instead, if they are fewer and the promise still breaks.
    fn replace(&self, moves: &mut Vec<Move>, others: Vec<Move>) -> bool {
        let breaks = |moves: &[Move]| {
            world::run(&self.setup, moves, false).broken.is_some_and(|broken| broken.promise == self.broken.promise)
        };
        let is_better = others != *moves && breaks(&others);
        if is_better {
            *moves = others;
        }
        is_better
    }
}

/// All of its moves.
#[must_use]
pub fn all(setup: &Setup) -> Vec<Move> {
    (0..setup.moves).map(|index| Move { index, muted: false }).collect()
}
