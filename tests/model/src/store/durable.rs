//! Durable Objects, a message at a time: the Worker's own store with its shards, its batches, its bytes and what an object
//! makes of them. Ours is only the network in between, which the scheduler moves.
//!
//! What goes to several objects is under way side by side and arrives in any order. A message may be lost before its
//! object has it, or its answer afterwards; the Worker then asks again, or says that it failed.

use core::cell::{Cell, RefCell};
use core::future::Future;
use core::pin::Pin;
use core::task::{Context as TaskContext, Poll, Waker};
use std::collections::BTreeMap;
use std::rc::Rc;

use sealed_session::session::{Change, Input, Step};
use session_worker::clock;
use session_worker::store::durable::interpreter::{self, SWEEP_EVERY_MS};
use session_worker::store::durable::local::Table;
use session_worker::store::durable::wire::{self, Call, Wish};
use session_worker::store::durable::{Durable, Method, Shards, Unanswered};
use session_worker::store::{Store, answer};

use crate::chance::Chance;
use crate::double::Double;
use crate::setup::{PLACES, Setup};

/// All objects of a deployment.
pub struct Objects {
    shards: Shards,
    tables: BTreeMap<String, Table>,
    /// Of each isolate, whether it has asked how many objects there are.
    agreed: [Rc<Cell<bool>>; PLACES],
    double: Option<Double>,
    next_sweep: u64,
}

/// One step of a call on its way to the objects and back.
pub struct Talk {
    work: Pin<Box<dyn Future<Output = Input>>>,
    network: Network,
}

/// What a move of a [`Talk`] came to.
pub enum Heard {
    /// An object has a message. In words.
    Delivered(String),
    /// An answer came, and others are to come.
    Waiting,
    /// The Worker lets so many milliseconds pass before it asks again.
    Paused(u64),
    /// The step's answer.
    All(Input),
}

impl Objects {
    pub fn new(setup: &Setup) -> Self {
        Self {
            shards: Shards::new("", setup.shards).unwrap(),
            tables: BTreeMap::new(),
            agreed: core::array::from_fn(|_| Rc::default()),
            double: setup.double,
            next_sweep: 0,
        }
    }

    /// Sends what a step wants, or says at once what comes of it. `here` is the time of the place.
    pub fn begin(&self, step: Step, place: usize, here: u64) -> Result<Talk, Input> {
        self.talk(place, here, |store| Box::pin(async move { answer(&store, step).await }))
    }

    /// A change that nobody waits for, at one moment.
    pub fn apply_once(&mut self, change: Change, place: usize, now: u64) {
        let failed = |_| Input::Failed;
        let talk = self.talk(place, now, |store| {
            Box::pin(async move { store.apply_once(&change).await.map_or_else(failed, |()| Input::Applied) })
        });
        let chance = &mut Chance::new(now);
        if let Ok(mut talk) = talk {
            while !matches!(talk.advance(self, 0, now, chance), Heard::All(_)) {}
        }
    }

    /// What the objects' alarms do: hourly they remove what expired more than an hour ago.
    pub fn sweep(&mut self, now: u64) {
        if now >= self.next_sweep {
            self.next_sweep = now + u64::from(SWEEP_EVERY_MS);
            for table in self.tables.values() {
                let Ok(_) = interpreter::sweep(table, now);
            }
        }
    }

    fn talk(
        &self,
        place: usize,
        here: u64,
        work: impl FnOnce(Durable<Network>) -> Pin<Box<dyn Future<Output = Input>>>,
    ) -> Result<Talk, Input> {
        let network = Network::default();
        let store = Durable::new(network.clone(), self.shards, Rc::clone(&self.agreed[place]));
        let mut talk = Talk { work: work(store), network };
        talk.poll(here).map_or(Ok(talk), Err)
    }

    /// One synchronous run of an object.
    fn run(&mut self, Message { object, method, bytes, .. }: &Message) -> Vec<u8> {
        let table = self.tables.entry(object.clone()).or_default();
        let Ok(answer) = match (method, self.double) {
            (Method::Ask, _) => interpreter::ask(table, bytes),
            (Method::Change, Some(Double::BatchesTorn)) => interpreter::change(table, &torn(bytes)),
            (Method::Change, _) => interpreter::change(table, bytes),
        };
        answer
    }
}

impl Talk {
    /// Delivers a message, or an answer, or lets a pause pass. One step in `faults` fails.
    pub fn advance(&mut self, objects: &mut Objects, faults: u64, here: u64, chance: &mut Chance) -> Heard {
        let next = {
            let mut under_way = self.network.0.borrow_mut();
            let index = chance.index(under_way.len());
            under_way.remove(index)
        };
        match next {
            UnderWay::Message(message) => {
                let words = words(&message);
                let fails = chance.one_in(faults);
                let is_lost = fails && chance.one_in(2);
                let answer = if is_lost { Vec::new() } else { objects.run(&message) };
                let lost = Unanswered { message: "lost".to_owned(), is_retryable: fails && chance.one_in(2) };
                let answer = if fails { Err(lost) } else { Ok(answer) };
                self.network.push(UnderWay::Answer(message.slot, answer));
                Heard::Delivered(if is_lost { format!("{words}, lost") } else { words })
            }
            UnderWay::Answer(slot, answer) => {
                slot.replace(Some(answer));
                self.poll(here).map_or(Heard::Waiting, Heard::All)
            }
            UnderWay::Pause(is_over) => {
                is_over.set(true);
                assert!(self.poll(here).is_none(), "after a pause it asks again");
                Heard::Paused(50 + chance.up_to(200))
            }
        }
    }

    /// The Worker's code runs as far as it gets. Its clock is that of its place.
    fn poll(&mut self, here: u64) -> Option<Input> {
        clock::set(here);
        match self.work.as_mut().poll(&mut TaskContext::from_waker(Waker::noop())) {
            Poll::Ready(input) => Some(input),
            Poll::Pending => None,
        }
    }
}

/// What one call has under way.
#[derive(Clone, Default)]
struct Network(Rc<RefCell<Vec<UnderWay>>>);

enum UnderWay {
    Answer(Slot, Result<Vec<u8>, Unanswered>),
    Message(Message),
    Pause(Rc<Cell<bool>>),
}

struct Message {
    object: String,
    method: Method,
    bytes: Vec<u8>,
    slot: Slot,
}

type Slot = Rc<RefCell<Option<Result<Vec<u8>, Unanswered>>>>;

impl Network {
    fn push(&self, one: UnderWay) {
        self.0.borrow_mut().push(one);
    }
}

impl session_worker::store::durable::Objects for Network {
    type Sent = Arrival;

    fn call(&self, name: &str, method: Method, message: &[u8]) -> Arrival {
        let slot = Slot::default();
        let message = Message { object: name.to_owned(), method, bytes: message.to_vec(), slot: Rc::clone(&slot) };
        self.push(UnderWay::Message(message));
        Arrival(slot)
    }

    /// How long that is, is drawn by the schedule.
    fn pause(&self, _ms: u64) -> impl Future<Output = ()> {
        let is_over = Rc::<Cell<bool>>::default();
        self.push(UnderWay::Pause(Rc::clone(&is_over)));
        core::future::poll_fn(move |_| if is_over.get() { Poll::Ready(()) } else { Poll::Pending })
    }
}

/// An answer, once it is there.
struct Arrival(Slot);

impl Future for Arrival {
    type Output = Result<Vec<u8>, Unanswered>;

    fn poll(self: Pin<&mut Self>, _: &mut TaskContext<'_>) -> Poll<Self::Output> {
        self.0.take().map_or(Poll::Pending, Poll::Ready)
    }
}

fn words(message: &Message) -> String {
    let Some(Call { owner, wish }) = Call::decode(&message.bytes) else {
        unreachable!("the Worker sends what it can read")
    };
    let wish = match wish {
        Wish::Apply(when, changes) => {
            let changes: Vec<_> = changes.iter().map(crate::driver::words).collect();
            format!("{} under {} conditions", changes.join(", "), when.len())
        }
        Wish::Get(keys) => format!("get {}", keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")),
        Wish::List { .. } => "list".to_owned(),
    };
    format!("{owner}: {wish}")
}

/// The batch without all but its first change.
fn torn(message: &[u8]) -> Vec<u8> {
    match Call::decode(message) {
        Some(Call { owner, wish: Wish::Apply(when, changes) }) => wire::apply(&owner, &when, &changes[..1]),
        _ => message.to_vec(),
    }
}
