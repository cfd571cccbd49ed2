//! Operations: no sequence of answers makes one panic, run on for ever or take a store's fault for its own.
//!
//! Several calls are on their way at once over one store, which tells the truth or anything else: it fails, answers
//! another question, gives other values than it has, damaged ones, or ones that were sealed with the right keys around
//! something senseless. Time goes where it likes.

mod moves;
mod world;

use proptest::prelude::*;

use sealed_session::session::{Command, Context, Create, Label, Limits, Memory, Promises, SessionError, Settled};
use sealed_session::{Tenant, UserId};

use self::moves::{Answer, NOON, any_answers, damaged_values, deployments, honest_answers, moves, refusals};
use self::world::World;
use crate::strategies::ring;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn operations_end_whatever_they_are_told(deployment in deployments(), moves in moves(any_answers())) {
        World::new(deployment).play(moves, &Answer::Honest);
    }

    /// What a store keeps is not believed: damage is an absence or an outage, never an error of ours.
    #[test]
    fn operations_end_whatever_the_store_keeps(deployment in deployments(), moves in moves(damaged_values())) {
        World::new(deployment).play(moves, &Answer::Honest).assert_nobody_was_misled();
    }

    /// Three tries, and then the caller is told to come again.
    #[test]
    fn operations_give_up_where_others_are_always_quicker(deployment in deployments(), moves in moves(refusals())) {
        World::new(deployment).play(moves, &Answer::Refused).assert_nobody_was_misled();
    }

    #[test]
    fn operations_end_whatever_time_it_is_and_whoever_else_is_at_it(
        deployment in deployments(), moves in moves(honest_answers()),
    ) {
        World::new(deployment).play(moves, &Answer::Honest).assert_nobody_was_misled();
    }
}

/// The properties say something only if their calls get somewhere: of each kind some succeed, in both schemes.
#[test]
fn the_moves_get_somewhere() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let mut reached = std::collections::BTreeSet::new();
    for _ in 0..512 {
        let (deployment, moves) = (deployments(), moves(honest_answers())).new_tree(&mut runner).unwrap().current();
        reached.extend(World::new(deployment).play(moves, &Answer::Honest).reached);
    }
    for scheme in ["exact", "eventual"] {
        for call in ["create", "end", "merge", "read", "regenerate", "replace", "touch"] {
            assert!(reached.contains(&(scheme, call, "ok")), "no {call} succeeded in an {scheme} store: {reached:?}");
        }
        for code in
            ["data_too_large", "invalid_data", "invalid_lifetime", "no_lookup_key", "session_ended", "version_conflict"]
        {
            assert!(
                reached.iter().any(|it| (it.0, it.2) == (scheme, code)),
                "no {code} in an {scheme} store: {reached:?}"
            );
        }
    }
}

/// A deployment may allow more than the format carries: that is the caller's data being too large, and no fault of ours.
#[test]
fn a_mebibyte_fits_beside_the_longest_names_and_no_more_than_the_format_carries() {
    for promises in [Promises::EXACT, Promises::eventual(60)] {
        let limits = Limits { max_data: usize::MAX, ..Limits::default() };
        let context = Context::new(&ring(), Tenant::default(), limits, promises);
        let create = |length: usize| {
            let create = Create {
                data: vec![b'x'; length].into(),
                user: UserId::parse(&"u".repeat(256)),
                label: Label::parse(&"l".repeat(128)),
                ..Create::default()
            };
            Memory::default().run(Command::Create(create), &context, &mut Settled::new(1), NOON).map(|_| ())
        };
        assert_eq!(create(1024 * 1024), Ok(()));
        assert_eq!(create(1024 * 1024 + 1024), Err(SessionError::DataTooLarge));
    }
}
