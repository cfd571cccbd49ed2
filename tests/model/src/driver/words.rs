//! Moves in words, for people who read traces.

use sealed_session::session::{Change, Input, Key, Step};

pub fn wish(step: &Step) -> String {
    let keys = |keys: &[Key]| keys.iter().map(Key::to_string).collect::<Vec<_>>().join(" ");
    match step {
        Step::Apply { changes, .. } => {
            format!("wants to {}", changes.iter().map(words).collect::<Vec<_>>().join(", "))
        }
        Step::ApplyEach(batches) => format!("wants to make {} batches of changes", batches.len()),
        Step::Done { .. } => "is done".to_owned(),
        Step::Get(wanted) => format!("asks for {}", keys(wanted)),
        Step::List { .. } => "asks for the list".to_owned(),
    }
}

pub fn answer(input: &Input) -> String {
    match input {
        Input::Values(values) => {
            let shown: Vec<_> = values.iter().map(|value| if value.is_some() { "there" } else { "nothing" }).collect();
            format!("is shown: {}", shown.join(", "))
        }
        Input::Page(page) => format!("is shown {} entries", page.entries.len()),
        other => format!("is told: {other:?}"),
    }
}

/// A change in words.
pub fn words(change: &Change) -> String {
    match change {
        Change::Delete(key) => format!("delete {key}"),
        Change::Put { key, .. } => format!("put {key}"),
    }
}
