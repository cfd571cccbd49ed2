//! The objects over tables in memory: what goes to which, what they refuse, and that what they answer is what the kernel's
//! own store in memory answers.

use std::rc::Rc;

use pollster::block_on;
use sealed_session::UserPseudonym;
use sealed_session::session::{Change, Condition, Input, Key, Memory, Page, Step};

use super::interpreter::{self, Rows};
use super::local::{LocalObjects, LocalStore, Table};
use super::wire::{self, Answer};
use super::{Method, Shards};
use crate::clock;
use crate::store::{Applied, Store, StoreFailed};

/// A key of this kind whose placement is `placement`.
fn key(kind: &str, placement: u8) -> Key {
    Key::parse(&format!("{kind}:{}", name(placement))).unwrap()
}

fn name(placement: u8) -> String {
    sealed_session::text::encode(&[[placement].as_slice(), &[7; 31]].concat())
}

fn entry(user: u8, handle: u8) -> Key {
    Key::parse(&format!("u:{}:{}", name(user), name(handle))).unwrap()
}

fn user(placement: u8) -> UserPseudonym {
    let Key::Revoked(user) = key("r", placement) else { panic!() };
    user
}

fn put(key: Key, value: u8) -> Change {
    Change::Put { key, value: vec![value], expires_at: u32::MAX }
}

impl LocalStore {
    fn change(&self, when: &[Condition], changes: &[Change]) -> Result<Applied, StoreFailed> {
        block_on(self.apply(when, changes, None))
    }

    fn values(&self, keys: &[Key]) -> Vec<Option<u8>> {
        let values = block_on(self.get(keys)).unwrap();
        values.iter().map(|value| value.as_ref().map(|value| value[0])).collect()
    }

    fn calls(&self) -> Vec<String> {
        self.called.borrow_mut().drain(..).map(|(name, _)| name).collect()
    }
}

#[test]
fn a_get_asks_each_object_once_and_keeps_the_order() {
    let store = LocalStore::default();
    for (number, kind, placement) in [(1, "s", 3), (2, "e", 3), (3, "s", 67), (4, "s", 4)] {
        assert_eq!(store.change(&[], &[put(key(kind, placement), number)]).unwrap(), Applied::Done);
    }
    store.calls();
    let keys = [("s", 4), ("e", 3), ("a", 3), ("s", 67), ("s", 3)].map(|(kind, placement)| key(kind, placement));
    assert_eq!(store.values(&keys), [Some(4), Some(2), None, Some(3), Some(1)]);
    assert_eq!(store.calls(), ["any-3", "any-4"]);
    assert_eq!(store.values(&[]), []);
    assert_eq!(store.calls(), [""; 0]);
}

#[test]
fn a_batch_is_applied_whole_if_all_conditions_hold_and_not_at_all_if_one_does_not() {
    let store = LocalStore::default();
    let (session, ended) = (key("s", 9), key("e", 9));
    let both = [put(session, 1), put(ended, 2)];
    assert_eq!(store.change(&[Condition::Absent(session), Condition::Absent(ended)], &both).unwrap(), Applied::Done);
    let changes = [put(session, 8), Change::Delete(ended)];
    for last in [Condition::Absent(ended), Condition::Equals(ended, None), Condition::Equals(ended, Some(vec![9]))] {
        let when = [Condition::Equals(session, Some(vec![1])), last];
        assert_eq!(store.change(&when, &changes).unwrap(), Applied::Conflict);
        assert_eq!(store.values(&[session, ended]), [Some(1), Some(2)]);
    }
    assert_eq!(store.change(&[Condition::Equals(ended, Some(vec![2]))], &changes).unwrap(), Applied::Done);
    assert_eq!(store.values(&[session, ended]), [Some(8), None]);
}

#[test]
fn changes_are_applied_in_their_order() {
    let store = LocalStore::default();
    let session = key("s", 0);
    store.change(&[], &[put(session, 1), Change::Delete(session), put(session, 2)]).unwrap();
    assert_eq!(store.values(&[session]), [Some(2)]);
    store.change(&[], &[put(session, 3), Change::Delete(session)]).unwrap();
    assert_eq!(store.values(&[session]), [None]);
}

#[test]
fn a_batch_for_several_objects_is_refused_before_it_is_sent() {
    let store = LocalStore::default();
    let changes = [put(key("s", 1), 1), put(key("s", 2), 1)];
    assert_eq!(store.change(&[], &changes), Err(StoreFailed));
    assert_eq!(store.change(&[Condition::Absent(key("s", 2))], &changes[..1]), Err(StoreFailed));
    assert_eq!(store.calls(), [""; 0]);
    assert_eq!(store.change(&[], &[]).unwrap(), Applied::Done);
}

#[test]
fn batches_that_do_not_depend_on_each_other_are_one_call_to_each_object() {
    let store = LocalStore::default();
    let batches = [(1, 1), (2, 2), (65, 3), (1, 4)].map(|(placement, value)| vec![put(key("s", placement), value)]);
    assert_eq!(block_on(store.apply_each(&batches)), Ok(()));
    assert_eq!(store.calls(), ["any-0", "any-1", "any-2"]);
    assert_eq!(store.values(&[key("s", 1), key("s", 2), key("s", 65)]), [Some(4), Some(2), Some(3)]);
    store.failing.set(1);
    assert_eq!(block_on(store.apply_each(&[vec![put(key("s", 3), 1)], vec![put(key("s", 4), 1)]])), Err(StoreFailed));
    assert_eq!(store.values(&[key("s", 3), key("s", 4)]), [None, Some(1)], "the others are tried all the same");
    assert_eq!(block_on(store.apply_each(&[])), Ok(()));
}

#[test]
fn nothing_is_sent_after_its_time() {
    let store = LocalStore::default();
    let apply = |not_after| block_on(store.apply(&[], &[put(key("s", 1), 1)], Some(not_after))).unwrap();
    assert_eq!(apply(clock::now() - 1), Applied::TooLate);
    assert_eq!(store.calls(), [""; 0]);
    assert_eq!(apply(clock::now()), Applied::Done);
}

#[test]
fn another_number_of_objects_is_refused_whichever_keys_are_asked_for() {
    let objects = Rc::<LocalObjects>::default();
    let shards = |number| LocalStore::over(&objects, Shards::new("weur", number).unwrap());
    shards(64).change(&[], &[put(key("s", 100), 1)]).unwrap();
    for number in [1, 32, 63, 65, 101, 256] {
        let store = shards(number);
        // Under 256, this key's object has never been called: it is the first one that knows.
        for _ in 0..2 {
            assert_eq!(block_on(store.get(&[key("s", 100)])), Err(StoreFailed), "{number}");
            assert_eq!(store.change(&[], &[put(key("s", 100), 2)]), Err(StoreFailed), "{number}");
            assert_eq!(block_on(store.list(user(100), None, 10)), Err(StoreFailed), "{number}");
        }
    }
    assert_eq!(shards(64).values(&[key("s", 100)]), [Some(1)]);
}

#[test]
fn the_first_object_is_asked_once_in_an_isolates_life() {
    let objects = Rc::<LocalObjects>::default();
    let store = LocalStore::over(&objects, Shards::usual());
    store.values(&[key("s", 5)]);
    assert_eq!(store.calls(), ["any-5", "any-0"], "side by side");
    store.values(&[key("s", 6)]);
    store.change(&[], &[put(key("s", 7), 1)]).unwrap();
    assert_eq!(store.calls(), ["any-6", "any-7"]);

    let store = LocalStore::over(&objects, Shards::usual());
    store.change(&[], &[put(key("s", 7), 1)]).unwrap();
    assert_eq!(store.calls(), ["any-0", "any-7"], "a change waits for it");
    assert_eq!(store.operations(), 2);
}

#[test]
fn a_question_is_asked_again_where_that_may_help_and_a_change_never() {
    let store = LocalStore::default();
    store.change(&[], &[put(key("s", 1), 1)]).unwrap();
    store.failing.set(2);
    assert_eq!(store.values(&[key("s", 1)]), [Some(1)]);
    store.failing.set(3);
    assert_eq!(block_on(store.get(&[key("s", 1)])), Err(StoreFailed));
    store.calls();
    store.failing.set(1);
    assert_eq!(store.change(&[], &[put(key("s", 1), 2)]), Err(StoreFailed));
    assert_eq!(store.calls().len(), 1);
    store.is_down.set(true);
    assert_eq!(block_on(store.get(&[key("s", 1)])), Err(StoreFailed));
    assert_eq!(store.calls().len(), 1, "it is not expected back");
}

#[test]
fn an_object_answers_only_what_the_method_is_for_and_any_bytes() {
    let table = Table::default();
    let decoded = |Ok(answer): Result<Vec<u8>, core::convert::Infallible>| Answer::decode(&answer).unwrap();
    let change = wire::apply("any-1 of 64", &[], &[put(key("s", 1), 1)]);
    let question = wire::get("any-1 of 64", &[&key("s", 1)]);
    assert_eq!(decoded(interpreter::ask(&table, &change)), Answer::Unreadable);
    assert_eq!(decoded(interpreter::change(&table, &question)), Answer::Unreadable);
    assert_eq!(decoded(interpreter::ask(&table, &question)), Answer::Values(vec![None]));
    for bytes in [&b""[..], b"\0", b"GET / HTTP/1.1", &[1; 1000]] {
        assert_eq!(decoded(interpreter::ask(&table, bytes)), Answer::Unreadable);
        assert_eq!(decoded(interpreter::change(&table, bytes)), Answer::Unreadable);
    }
    let other = wire::get("any-2 of 64", &[]);
    assert_eq!(decoded(interpreter::ask(&table, &other)), Answer::Other("any-1 of 64".to_owned()));
}

#[test]
fn a_list_is_of_one_user_and_goes_on_where_it_was() {
    let store = LocalStore::default();
    // 1 and 65 share an object.
    for (owner, handle) in [(1, 10), (1, 200), (1, 30), (65, 40), (2, 50)] {
        store.change(&[], &[put(entry(owner, handle), handle)]).unwrap();
    }
    store.change(&[], &[put(key("r", 1), 1)]).unwrap();
    let page = |after: Option<&str>, limit| block_on(store.list(user(1), after, limit)).unwrap();
    let values = |page: &Page| page.entries.iter().map(|(_, value)| value[0]).collect::<Vec<_>>();
    let all = page(None, 3);
    assert_eq!((values(&all).len(), all.next.clone()), (3, None));
    let first = page(None, 2);
    let second = page(first.next.as_deref(), 2);
    assert_eq!([values(&first), values(&second)].concat(), values(&all));
    assert_eq!(second.next, None);
    for elsewhere in ["", "s:", &entry(2, 0).to_string(), "u:~"] {
        assert_eq!(page(Some(elsewhere), 3), all, "{elsewhere}");
    }
}

#[test]
fn expired_rows_are_shown_until_they_are_swept_and_swept_a_part_at_a_time() {
    let table = Table::default();
    let seconds = 1_800_000_000;
    let ms = u64::from(seconds) * 1000;
    assert_eq!(interpreter::sweep(&table, ms), Ok(None), "an empty object needs no alarm");
    for number in 0..5000_u32 {
        table.put(&format!("s:{number:04}"), b"x", seconds + number % 2).unwrap();
    }
    let sweep = |now| -> Vec<Option<u32>> { (0..3).map(|_| interpreter::sweep(&table, now).unwrap()).collect() };
    let left = || (0..5000).filter(|number| table.get(&format!("s:{number:04}")).unwrap().is_some()).count();
    let whole = [Some(10_000), Some(10_000), Some(3_600_000)];
    // What is over, the record decides; here an hour goes by in which any clock may still think that it is not.
    let kept = 3_600_000;
    assert_eq!((sweep(ms + kept - 1), left()), (whole.to_vec(), 5000));

    let mut lefts = Vec::new();
    for _ in 0..3 {
        interpreter::sweep(&table, ms + kept).unwrap();
        lefts.push(left());
    }
    assert_eq!(lefts, [4000, 3000, 2500]);
    // What comes while it is on its way waits for the next one, if it lies behind.
    table.put("s:", b"x", seconds).unwrap();
    let later = ms + kept + 1000;
    assert_eq!([interpreter::sweep(&table, later), interpreter::sweep(&table, later)], [Ok(Some(10_000)), Ok(None)]);
    assert_eq!((left(), table.get("s:")), (0, Ok(None)));
    assert_eq!(interpreter::sweep(&table, u64::MAX), Ok(None));
}

#[test]
fn rows_of_exactly_a_part_are_swept() {
    for rows in [1, 1999, 2000, 2001, 4000] {
        let table = Table::default();
        for number in 0..rows {
            table.put(&format!("s:{number:04}"), b"x", 1).unwrap();
        }
        let mut sweeps = 1;
        while interpreter::sweep(&table, u64::MAX).unwrap().is_some() {
            sweeps += 1;
        }
        assert!(sweeps <= 3 && table.is_empty().unwrap(), "{rows} {sweeps}");
    }
}

/// Random batches, gets and lists over few keys, so that they meet. The generator is the simplest that will do; what is
/// random here is only which case comes next.
#[test]
fn objects_answer_what_memory_answers() {
    let mut seed = 0x5e55_u64;
    let mut below = move |end: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % end
    };
    let store = LocalStore::over(&Rc::default(), Shards::new("", 4).unwrap());
    let mut memory = Memory::default();
    let now = clock::now();
    let mut conflicts = 0;
    for _ in 0..20_000 {
        // All of one placement, as a batch must be.
        let placement = u8::try_from(below(6)).unwrap();
        let keys =
            [key("s", placement), key("e", placement), key("r", placement), entry(placement, 1), entry(placement, 2)];
        let mut one = || keys[usize::try_from(below(5)).unwrap()];
        let (first, second, third) = (one(), one(), one());
        let number = u8::try_from(below(3)).unwrap();
        match below(4) {
            0 => {
                let keys = vec![first, key("a", placement ^ 1), second];
                let Input::Values(expected) = memory.answer(Step::Get(keys.clone()), now) else { panic!() };
                assert_eq!(block_on(store.get(&keys)).unwrap(), expected);
            }
            1 => {
                let user = user(placement);
                let Input::Page(mut expected) = memory.answer(Step::List { user, after: None, limit: 10 }, now) else {
                    panic!()
                };
                let mut page = block_on(store.list(user, None, 10)).unwrap();
                // Memory has the order of bytes, and a table that of texts.
                expected.entries.sort();
                page.entries.sort();
                assert_eq!(page, expected);
            }
            _ => {
                let condition = match below(3) {
                    0 => Condition::Absent(first),
                    1 => Condition::Equals(first, None),
                    _ => Condition::Equals(first, Some(vec![number])),
                };
                let when: Vec<_> = if below(3) == 0 { vec![] } else { vec![condition] };
                let changes =
                    vec![put(second, number), if below(2) == 0 { Change::Delete(third) } else { put(third, number) }];
                let step = Step::Apply { when: when.clone(), changes: changes.clone(), not_after: None };
                let expected = match memory.answer(step, now) {
                    Input::Applied => Applied::Done,
                    _ => Applied::Conflict,
                };
                conflicts += u32::from(expected == Applied::Conflict);
                assert_eq!(store.change(&when, &changes).unwrap(), expected);
            }
        }
    }
    assert!((1000..9000).contains(&conflicts), "{conflicts}: the cases are not those that matter");
    assert!(store.called.borrow().iter().any(|(_, method)| *method == Method::Change));
}
