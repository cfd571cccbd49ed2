//! Runs one case over one store, and compares: steps, answer and what is applied later.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::file::{Before, Case, ChangeForm, File, Later, StepForm, Time};
use super::store::Shelf;
use super::values::{self, data_value, expected};
use super::words::Words;
use crate::session::{Condition, Input, Key, Operation, Outcome, Row, Session, SessionError, Settled, Step};

/// What is different, or nothing.
pub(super) fn differences(file: &File, case: &Case, store: &str) -> Option<String> {
    let mut run = Run::of(file, case, store);
    let mut text = String::new();
    for before in &case.before {
        if let Err(error) = run.before(before) {
            let _ = writeln!(text, "  the call at {} before it: {error:?}", before.at);
        }
    }
    let (steps, answer, later) = run.taken(case);
    let wanted: Vec<Value> = case.steps.iter().map(|step| run.expected_step(step)).collect();
    for at in 0..wanted.len().max(steps.len()) {
        compare(&format!("step {}", at + 1), wanted.get(at), steps.get(at), &mut text);
    }
    compare("answer", Some(&run.expected_answer(&case.answer)), Some(&answer), &mut text);
    let wanted: Vec<Value> = case.later.iter().map(|change| run.expected_change(change)).collect();
    compare("later", Some(&wanted.into()), Some(&later.into()), &mut text);
    (!text.is_empty()).then(|| format!("{} [{store}] {}\n{text}", case.name, case.reason))
}

fn compare(what: &str, wanted: Option<&Value>, got: Option<&Value>, text: &mut String) {
    if wanted != got {
        let shown = |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), Value::to_string);
        let _ = writeln!(
            text,
            "  {what}: expected {}\n  {:width$}  got      {}",
            shown(wanted),
            "",
            shown(got),
            width = what.len()
        );
    }
}

struct Run<'f> {
    file: &'f File,
    words: Words,
    shelf: Shelf,
    settled: Settled,
}

/// A step that was taken, and what the store had last answered for each key until then.
struct Taken {
    step: Step,
    answered: BTreeMap<Key, Option<Vec<u8>>>,
}

impl<'f> Run<'f> {
    fn of(file: &'f File, case: &Case, store: &str) -> Self {
        let words = Words::of(file, case, store);
        let shelf = Shelf::new(words.context.promises().atomic);
        let mut run = Self { file, words, shelf, settled: Settled::new(100) };
        run.becomes(&case.given);
        run
    }

    fn becomes(&mut self, state: &BTreeMap<String, Value>) {
        for (key, value) in state {
            let key = self.words.key(key);
            if value.is_null() {
                self.shelf.delete(&key);
            } else {
                let bytes = values::stored(&self.words, &self.file.values, &key, value);
                self.shelf.put(key, bytes);
            }
        }
    }

    /// A call of the same instance, earlier. It must go well, or it would not be what the case is about.
    fn before(&mut self, before: &Before) -> Result<(), SessionError> {
        let command = self.words.command(&before.call, &self.shelf)?;
        let (start, now) = (before.at.0, before.until.unwrap_or(before.at).0);
        let (mut operation, mut step) = Operation::start(command, &self.words.context, &mut self.settled, start);
        while let Some(input) = self.shelf.reply(&step, None) {
            step = operation.resume(input, &mut self.settled, now);
        }
        let Step::Done { result, later } = step else { return Err(SessionError::Internal) };
        if before.later == Later::Applied {
            self.shelf.apply(&later);
        }
        result.map(|_| ())
    }

    /// The steps, the answer and what is left for later, in the file's words.
    fn taken(&mut self, case: &Case) -> (Vec<Value>, Value, Vec<Value>) {
        let command = match self.words.command(&case.call, &self.shelf) {
            Ok(command) => command,
            Err(error) => return (Vec::new(), error_value(error), Vec::new()),
        };
        let (mut steps, mut now) = (Vec::new(), case.now.0);
        let mut answered = BTreeMap::new();
        let (mut operation, mut step) = Operation::start(command, &self.words.context, &mut self.settled, now);
        let (result, later) = loop {
            self.learn(&step);
            let plan = case.steps.get(steps.len());
            if let Some(plan) = plan {
                self.becomes(&plan.meanwhile);
                now = plan.at.map_or(now, |at| at.0);
            }
            let Some(input) = self.shelf.reply(&step, plan.and_then(|plan| plan.reply)) else {
                let Step::Done { result, later } = step else { panic!("{step:?}") };
                break (result, later);
            };
            steps.push(Taken { step, answered: answered.clone() });
            if let (Some(Taken { step: Step::Get(keys), .. }), Input::Values(values)) = (steps.last(), &input) {
                answered.extend(keys.iter().copied().zip(values.iter().cloned()));
            }
            if let (Some(Taken { step: Step::List { user, .. }, .. }), Input::Page(page)) = (steps.last(), &input) {
                let entries = page.entries.iter().cloned();
                answered.extend(entries.map(|(handle, value)| (Key::User(*user, handle), Some(value))));
            }
            assert!(steps.len() < 50, "{} does not end", case.name);
            step = operation.resume(input, &mut self.settled, now);
        };
        if let Ok(Outcome::Created { id: Some(id), .. }) = &result {
            self.words.learn_id(id);
        }
        let steps = steps.iter().map(|taken| self.step(taken)).collect();
        let answer = self.answer(result);
        (steps, answer, later.iter().map(|change| values::change(&self.words, change)).collect())
    }

    fn learn(&mut self, step: &Step) {
        match step {
            Step::Apply { changes, .. } => changes.iter().for_each(|change| self.words.learn(&change.key())),
            Step::Get(keys) => keys.iter().for_each(|key| self.words.learn(key)),
            Step::ApplyEach(batches) => batches.iter().flatten().for_each(|change| self.words.learn(&change.key())),
            Step::Done { .. } | Step::List { .. } => {}
        }
    }

    fn step(&self, Taken { step, answered }: &Taken) -> Value {
        match step {
            Step::Get(keys) => json!({ "get": keys.iter().map(|key| self.words.key_text(key)).collect::<Vec<_>>() }),
            Step::Apply { when, changes, not_after } => {
                let changes: Vec<Value> = changes.iter().map(|change| values::change(&self.words, change)).collect();
                let mut conditions = BTreeMap::new();
                for condition in when {
                    let key = self.words.key_text(&condition.key());
                    assert_eq!(conditions.insert(key, self.condition(condition, answered)), None, "two of one key");
                }
                apply(changes, &conditions, not_after.map(Time))
            }
            Step::ApplyEach(batches) => {
                let batch = |changes: &Vec<_>| {
                    changes.iter().map(|change| values::change(&self.words, change)).collect::<Vec<Value>>()
                };
                apply_each(batches.iter().map(batch).collect())
            }
            Step::List { user, after, limit } => {
                let after = after.as_deref().map(|cursor| self.words.after(cursor));
                list(self.words.key_text(&Key::Revoked(*user)).get(2..).unwrap_or_default(), *limit, after.as_deref())
            }
            other @ Step::Done { .. } => format!("{other:?}").into(),
        }
    }

    fn condition(&self, condition: &Condition, answered: &BTreeMap<Key, Option<Vec<u8>>>) -> String {
        match condition {
            Condition::Absent(_) | Condition::Equals(_, None) => "absent".to_owned(),
            Condition::Equals(key, value) if answered.get(key) == Some(value) => "unchanged".to_owned(),
            Condition::Equals(..) => "something that was not read".to_owned(),
            Condition::Version(key, version) => self.shelf.version_name(*key, *version),
        }
    }

    fn answer(&self, result: Result<Outcome, SessionError>) -> Value {
        match result {
            Ok(Outcome::Created { id, session }) => {
                let mut answer = self.session_form(session);
                answer.new_session = answer.session.take();
                let name = answer.new_session.as_deref().unwrap_or_default();
                // Only who made the ID is not told it.
                let is_told =
                    id.as_ref().is_some_and(|id| self.words.handle(name) == id.handle(self.words.context.tenant()));
                answer.wrong = (is_told == self.words.is_foreign(name)).then(|| "the ID".to_owned()).or(answer.wrong);
                value(&answer)
            }
            Ok(Outcome::Ended) => json!({ "ended": true }),
            Ok(Outcome::Session(session)) => value(&self.session_form(session)),
            Ok(Outcome::Listed(listed)) => json!({
                "sessions": self.rows(listed.sessions),
                "next": listed.next.map(|cursor| self.words.after(&cursor)),
            }),
            Ok(Outcome::Exported(exported)) => json!({
                "sessions": self.rows(exported.sessions),
                "unreadable": exported.unreadable,
                "revoked": exported.revoked_at.map(Time),
                "next": exported.next.map(|cursor| self.words.after(&cursor)),
            }),
            Ok(Outcome::Revoked(revoked)) => json!({
                "revoked": revoked.ended,
                "complete_by": (revoked.complete_by > 0).then_some(Time(revoked.complete_by)),
                "next": revoked.next.map(|cursor| self.words.after(&cursor)),
            }),
            Err(error) => error_value(error),
        }
    }

    /// What a list shows, by the sessions' names: in which order they come, nobody should rely on.
    fn rows(&self, rows: Vec<Row>) -> Value {
        let row = |row: Row| {
            let label = row.label.as_ref().map(|label| label.as_str().to_owned());
            let mut fields = json!({
                "created": Time(row.created),
                "joined": Time(row.joined),
                "last_seen": Time(row.last_seen),
                "expires": Time(row.expires),
                "idle_expires": Time(row.idle_expires),
                "label": label,
            });
            if let Some(id) = &row.disclosed {
                fields["discloses"] = self.words.foreign_name(id).into();
            }
            (self.words.name(row.handle).to_owned(), fields)
        };
        Value::Object(rows.into_iter().map(row).collect())
    }

    fn session_form(&self, session: Session) -> AnswerForm {
        let name = self.words.name(session.handle).to_owned();
        let id = self.words.id(session.handle);
        let csrf = id.map(|id| id.csrf_token(self.words.context.tenant()));
        AnswerForm {
            wrong: (csrf != Some(session.csrf)).then(|| "the CSRF token".to_owned()),
            placement: Some(session.handle.placement().0),
            version: Some(self.shelf.version_name(Key::Session(session.handle), session.version)),
            created: Some(Time(session.created)),
            last_seen: Some(Time(session.last_seen)),
            expires: Some(Time(session.expires)),
            idle_expires: Some(Time(session.idle_expires)),
            user: session.user.map(|user| user.as_str().to_owned()),
            label: session.label.map(|label| label.as_str().to_owned()),
            data: Some(data_value(&session.data)),
            session: Some(name),
            ..AnswerForm::default()
        }
    }

    /// What an answer about a session does not mention is as in the record that the store then has.
    fn expected_answer(&self, answer: &Value) -> Value {
        if answer.get("sessions").or_else(|| answer.get("revoked")).is_some() {
            // Nothing is left out where it is about several.
            return answer.clone();
        }
        let mut form: AnswerForm = serde_json::from_value(answer.clone()).unwrap();
        let name = form.session.as_deref().or(form.new_session.as_deref());
        let Some(handle) = name.and_then(|name| self.words.known(name)) else { return value(&form) };
        let key = Key::Session(handle);
        if form.placement.is_none() {
            form.placement = Some(handle.placement().0);
        }
        let record = self.shelf.get(&key).map(|bytes| values::opened(&self.words, &key, bytes)).unwrap_or_default();
        let time = |field: &str| record.get(field).and_then(|text| serde_json::from_value(text.clone()).ok());
        let text = |field: &str| record.get(field).and_then(Value::as_str).map(str::to_owned);
        form.version = form.version.or_else(|| self.shelf.current(key));
        form.created = form.created.or_else(|| time("created"));
        form.expires = form.expires.or_else(|| time("absolute"));
        form.user = form.user.or_else(|| text("user"));
        form.label = form.label.or_else(|| text("label"));
        form.data = form.data.or_else(|| record.get("data").cloned());
        value(&form)
    }

    fn expected_step(&self, step: &StepForm) -> Value {
        if let Some(keys) = &step.get {
            assert!(step.apply.is_none() && step.when.is_none() && step.not_after.is_none(), "a get is a get");
            return json!({ "get": keys });
        }
        if let Some(user) = &step.list {
            return list(user, step.limit.expect("a list has a limit"), step.after.as_deref());
        }
        if let Some(batches) = &step.apply_each {
            let batch = |changes: &Vec<_>| changes.iter().map(|change| self.expected_change(change)).collect();
            return apply_each(batches.iter().map(batch).collect());
        }
        let changes = step.apply.as_ref().expect("a step gets, lists or applies");
        let changes = changes.iter().map(|change| self.expected_change(change)).collect();
        apply(changes, step.when.as_ref().unwrap_or(&BTreeMap::new()), step.not_after)
    }

    fn expected_change(&self, change: &ChangeForm) -> Value {
        match (&change.delete, &change.put, &change.value, change.expires) {
            (Some(key), None, None, None) => json!({ "delete": key }),
            (None, Some(key), Some(value), Some(expires)) => {
                json!({ "put": key, "value": expected(&self.file.values, key, value), "expires": expires })
            }
            _ => panic!("a change puts a value until it expires, or deletes"),
        }
    }
}

fn apply(changes: Vec<Value>, when: &BTreeMap<String, String>, not_after: Option<Time>) -> Value {
    let mut step = Map::new();
    step.insert("apply".to_owned(), changes.into());
    if !when.is_empty() {
        step.insert("when".to_owned(), json!(when));
    }
    if let Some(not_after) = not_after {
        step.insert("not_after".to_owned(), json!(not_after));
    }
    step.into()
}

/// Batches do not depend on each other, so their order says nothing.
fn apply_each(mut batches: Vec<Vec<Value>>) -> Value {
    batches.sort_by_key(|changes| changes.first().map(Value::to_string));
    json!({ "apply_each": batches })
}

fn list(user: &str, limit: usize, after: Option<&str>) -> Value {
    json!({ "list": user, "limit": limit, "after": after })
}

fn error_value(error: SessionError) -> Value {
    let mut form = AnswerForm { error: Some(error.code().to_owned()), ..AnswerForm::default() };
    match error {
        SessionError::InvalidLifetime(field) => form.field = Some(field.name().to_owned()),
        SessionError::NoSuchSession(absence) => form.reason = Some(absence.name().to_owned()),
        _ => {}
    }
    value(&form)
}

/// An answer, in the one way of writing it.
fn value(form: &AnswerForm) -> Value {
    let mut value = json!(form);
    if let Some(fields) = value.as_object_mut() {
        fields.retain(|_, field| !field.is_null());
    }
    value
}

#[derive(Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
struct AnswerForm {
    session: Option<String>,
    new_session: Option<String>,
    ended: Option<bool>,
    error: Option<String>,
    field: Option<String>,
    reason: Option<String>,
    placement: Option<u8>,
    version: Option<String>,
    created: Option<Time>,
    last_seen: Option<Time>,
    expires: Option<Time>,
    idle_expires: Option<Time>,
    user: Option<String>,
    label: Option<String>,
    data: Option<Value>,
    /// Never expected: what is not derived as it should be.
    #[serde(skip_deserializing)]
    wrong: Option<String>,
}
