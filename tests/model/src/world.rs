//! The scheduler: three clients in two places, moved one step at a time.

use sealed_session::session::{Change, Context, Settled};

use crate::call::{Call, USERS};
use crate::chance::Chance;
use crate::driver::{Moved, Running, Surroundings, words};
use crate::history::{Answer, History, Told, Touch};
use crate::promises::{Broken, broken_by};
use crate::setup::{PLACES, Setup};
use crate::store::Store;
use crate::trace::{START, Trace, answer, heading};

/// What a schedule came to.
pub struct Ran {
    /// The promise that was broken, and how.
    pub broken: Option<Broken>,
    /// What happened, if that was wanted.
    pub trace: Vec<String>,
    /// What was asked, and whether it was granted.
    pub answers: Vec<(&'static str, bool)>,
    /// Which calls the moves moved.
    pub served: Vec<(u64, usize)>,
}

/// One move of a schedule: the pause before it, and what somebody does then.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Move {
    /// Where in the schedule. What it is depends on this alone, and so does not change when others are left out.
    pub index: u64,
    /// Only the pause is left of it.
    pub muted: bool,
}

/// Runs these moves of a schedule, then lets everybody finish, and has every session read in every place for a while.
#[must_use]
pub fn run(setup: &Setup, moves: &[Move], traced: bool) -> Ran {
    let mut world = World::new(setup, traced);
    let broken = moves.iter().try_for_each(|one| world.step(*one)).and_then(|()| world.close()).err();
    let answers = world.history.calls.iter().filter_map(|told| {
        let answer = told.answer.as_ref()?;
        Some((told.call.name(), !matches!(answer, Answer::Refused(_))))
    });
    Ran { broken, answers: answers.collect(), trace: world.trace.read(&world.history, setup), served: world.served }
}

struct World<'s> {
    setup: &'s Setup,
    context: Context,
    store: Store,
    settled: [Settled; PLACES],
    now: u64,
    clients: [Option<(usize, Running)>; CLIENTS],
    later: Vec<Later>,
    history: History,
    trace: Trace,
    served: Vec<(u64, usize)>,
}

/// What a call left for after its answer.
struct Later {
    at: u64,
    call: usize,
    change: Change,
}

type Step = Result<(), Broken>;

impl<'s> World<'s> {
    fn new(setup: &'s Setup, traced: bool) -> Self {
        let context = setup.context();
        let history = History { sessions: Call::foreign_ids(&context), calls: Vec::new() };
        Self {
            setup,
            context,
            store: Store::new(setup),
            settled: core::array::from_fn(|_| Settled::new(setup.room)),
            now: START,
            clients: [const { None }; CLIENTS],
            later: Vec::new(),
            history,
            trace: Trace::new(traced),
            served: Vec::new(),
        }
    }

    fn step(&mut self, Move { index, muted }: Move) -> Step {
        let chance = &mut Chance::stream(self.setup.seed, index);
        self.wait(pause(self.setup, chance));
        if muted {
            return Ok(());
        }
        let client = chance.index(CLIENTS);
        let Some((number, running)) = &self.clients[client] else {
            let place = [0, 1, chance.index(PLACES)][client];
            self.served.push((index, self.history.calls.len()));
            return self.begin(client, place, Call::drawn(&self.history, chance), chance);
        };
        let number = *number;
        self.served.push((index, number));
        if chance.one_in(CUT_OFF) {
            self.clients[client] = None;
            self.trace.add(self.now, || format!("{}  is cut off", heading(number, &self.history.calls[number])));
            return Ok(());
        }
        if self.now < running.ready_at {
            // Somebody else first, or nothing happens until then.
            if !chance.one_in(3) {
                return Ok(());
            }
            self.wait(running.ready_at - self.now);
        }
        self.advance(client, chance)?;
        if let Some((_, running)) = &mut self.clients[client]
            && chance.one_in(12)
        {
            let stall = [1000, 12_000, self.setup.visibility, self.setup.visibility * 2];
            let longest = chance.of(&stall);
            running.ready_at = running.ready_at.max(self.now + chance.up_to(longest));
        }
        Ok(())
    }

    /// Everybody finishes. Then, at moments that a bound ends at, every session is read everywhere.
    fn close(&mut self) -> Step {
        let chance = &mut Chance::stream(self.setup.seed, u64::MAX - 1);
        for client in 0..CLIENTS {
            self.finish(client, chance)?;
        }
        let bound = self.setup.bound();
        for pause in [1, bound, bound.max(60_000), self.setup.idle_ms() / 2, self.setup.absolute_ms() / 2] {
            self.wait(pause);
            let count = self.history.sessions.len();
            for session in count.saturating_sub(READ_AT_THE_END)..count {
                self.everywhere(Call::Read { session, strict: false }, chance)?;
            }
            for user in 0..USERS {
                self.everywhere(Call::List { user }, chance)?;
            }
        }
        Ok(())
    }

    /// A call in every place, from its beginning to its end, told in one line.
    fn everywhere(&mut self, call: Call, chance: &mut Chance) -> Step {
        for place in 0..PLACES {
            let told_so_far = self.trace.length();
            self.begin(0, place, call, chance)?;
            self.finish(0, chance)?;
            let (number, told) = (self.history.calls.len() - 1, self.history.calls.last().unwrap());
            let line = || format!("{}  {call:?}: {}", heading(number, told), answer(told));
            self.trace.shorten(told_so_far, self.now, line);
        }
        Ok(())
    }

    fn finish(&mut self, client: usize, chance: &mut Chance) -> Step {
        while let Some((_, running)) = &self.clients[client] {
            self.wait(running.ready_at.saturating_sub(self.now));
            self.advance(client, chance)?;
        }
        Ok(())
    }

    /// Lets time pass; what is due meanwhile happens when it is due.
    fn wait(&mut self, ms: u64) {
        self.now += ms;
        self.later.sort_by_key(|later| later.at);
        let due = self.later.partition_point(|later| later.at <= self.now);
        for Later { at, call, change } in self.later.drain(..due) {
            let told = &mut self.history.calls[call];
            self.trace.add(at, || format!("{}  later: {}", heading(call, told), words(&change)));
            let chance = &mut Chance::stream(self.setup.seed ^ at, call as u64);
            self.store.apply_later(change, told.place, at, chance);
            told.touch = Touch::Applied(at);
        }
        self.store.tidy(self.now);
    }

    fn begin(&mut self, client: usize, place: usize, call: Call, chance: &mut Chance) -> Step {
        let number = self.history.calls.len();
        let (begun, here) = (self.now, self.now + self.setup.skew[place]);
        let (operation, step) = call.start(number, &self.history, &self.context, &mut self.settled[place], here);
        let told = Told { call, client, place, begun, moved: begun, answer: None, touch: Touch::NotDue };
        self.trace.add(begun, || format!("{}  BEGINS {call:?}", heading(number, &told)));
        self.history.calls.push(told);
        let rank = self.history.sessions.iter().map(|known| known.handle).collect();
        let mut running = Running::new(operation, place, rank);
        let moved = running.wants(step, &self.surroundings(place, chance));
        self.clients[client] = Some((number, running));
        self.moved(client, number, moved, chance)
    }

    fn advance(&mut self, client: usize, chance: &mut Chance) -> Step {
        let (number, mut running) = self.clients[client].take().expect("only clients that wait are moved");
        let place = self.history.calls[number].place;
        let moved = running.advance(&mut self.surroundings(place, chance));
        self.clients[client] = Some((number, running));
        self.history.calls[number].moved = self.now;
        self.moved(client, number, moved, chance)
    }

    fn moved(&mut self, client: usize, number: usize, moved: Moved, chance: &mut Chance) -> Step {
        match moved {
            Moved::On(words) => {
                let told = &self.history.calls[number];
                self.trace.add(self.now, || format!("{}  {}", heading(number, told), words.unwrap_or_default()));
                Ok(())
            }
            Moved::Done { result, later } => {
                self.clients[client] = None;
                let answered = self.history.calls[number].call.answer(number, result, &mut self.history);
                let told = &mut self.history.calls[number];
                told.answer = Some(answered);
                self.trace.add(self.now, || format!("{}  {}", heading(number, told), answer(told)));
                for change in later {
                    told.touch = Touch::Pending;
                    // Nobody's failure: one in ten is lost.
                    if !chance.one_in(10) {
                        let at = self.now + chance.of(&[0, 0, 100, 10_000]).min(chance.up_to(10_000));
                        self.later.push(Later { at, call: number, change });
                    }
                }
                broken_by(self.setup, &self.history, number).map_or(Ok(()), Err)
            }
        }
    }

    fn surroundings<'w>(&'w mut self, place: usize, chance: &'w mut Chance) -> Surroundings<'w> {
        Surroundings {
            setup: self.setup,
            store: &mut self.store,
            settled: &mut self.settled[place],
            chance,
            now: self.now,
            here: self.now + self.setup.skew[place],
            traced: self.trace.is_wanted(),
        }
    }
}

/// Mostly moments, so that calls meet; now and then as long as some rule counts.
fn pause(setup: &Setup, chance: &mut Chance) -> u64 {
    if !chance.one_in(setup.pace) {
        let longest = chance.weighted(&[(8, 0), (60, 20), (16, 1000), (16, 6000)]);
        return chance.up_to(longest);
    }
    let (visibility, promised) = (setup.visibility, u64::from(setup.promised) * 1000);
    match chance.below(20) {
        0..3 => chance.up_to(visibility),
        3..5 => visibility,
        // Just before the bound: as much as a write may be slow.
        5..7 => visibility.saturating_sub(chance.up_to(10_000)),
        7..10 => promised * 2,
        10..12 => chance.up_to(promised * 2),
        12..14 => chance.up_to(60_000),
        14..17 => setup.idle_ms() / 10,
        17..19 => chance.up_to(setup.idle_ms()),
        _ => chance.up_to(setup.absolute_ms()),
    }
}

const CLIENTS: usize = 3;
/// One move in so many ends a call without an answer.
const CUT_OFF: u64 = 400;
/// Sessions that are read once everything happened: the youngest.
const READ_AT_THE_END: usize = 6;
