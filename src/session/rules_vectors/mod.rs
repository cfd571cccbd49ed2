//! Runs tests/vectors/rules.json: the session rules as cases, written by hand, for every cell of "States and calls".
//!
//! The cases speak of stored values as they are when opened. This seals what they give, starts the operation, replies as
//! their store does, opens what the operation puts, and compares all of it in the file's own words (tests/vectors/README.md).

#![allow(clippy::arithmetic_side_effects, reason = "a test may panic")]

mod file;
mod run;
mod store;
mod values;
mod words;

use std::collections::BTreeSet;

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use self::file::{File, T0};

const TEXT: &str = include_str!("../../../tests/vectors/rules.json");

fn file() -> File {
    serde_json::from_str(TEXT).unwrap()
}

#[test]
fn every_case_takes_its_steps_and_gives_its_answer() {
    let file = file();
    assert_eq!(file.t0, T0);
    let (mut failed, mut runs) = (Vec::new(), 0);
    for case in &file.cases {
        for store in case.stores() {
            runs += 1;
            failed.extend(run::differences(&file, case, store));
        }
    }
    assert!(failed.is_empty(), "{} of {runs} runs:\n\n{}", failed.len(), failed.join("\n"));
}

#[test]
fn names_are_unique_and_no_case_is_missing() {
    let file = file();
    let names: BTreeSet<&str> = file.cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names.len(), file.cases.len());
    assert!(names.len() >= MIN_CASES, "{} cases", names.len());
}

#[test]
fn every_cell_has_cases_over_both_kinds_of_store() {
    let file = file();
    let mut covered = BTreeSet::new();
    for case in &file.cases {
        assert!(file.cells.contains(&case.cell), "{}: {} is not a cell", case.name, case.cell);
        covered.extend(case.stores().into_iter().map(|store| (case.cell.as_str(), store)));
    }
    for cell in &file.cells {
        for store in ["exact", "eventual"] {
            assert!(covered.contains(&(cell.as_str(), store)), "{cell}, {store}");
        }
    }
}

/// So that a file cut short is noticed.
const MIN_CASES: usize = 419;
