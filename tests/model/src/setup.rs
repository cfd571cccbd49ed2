//! What a schedule takes place in: drawn from its seed before anything happens.

use core::fmt;

use sealed_session::session::{Context, Limits, Promises};
use sealed_session::{Keyring, Tenant};

use crate::chance::Chance;
use crate::double::Double;
use crate::hole::Hole;

/// Which promises the store makes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// The Worker's store for Durable Objects: sharded, and asked by messages.
    Durable,
    /// Memory: every step is atomic and seen at once.
    Exact,
    /// Simulated KV: [`crate::store`] says what it does.
    Eventual,
}

/// Places that see the store each in their own way, with one instance each.
pub const PLACES: usize = 2;

/// A schedule's world.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Where everything is drawn from.
    pub seed: u64,
    /// The store.
    pub kind: Kind,
    /// What is done wrong, if anything is.
    pub double: Option<Double>,
    /// The known hole that is not excused.
    pub demanded: Option<Hole>,
    /// Moves of the schedule.
    pub moves: u64,
    /// One move in so many comes after a longer pause.
    pub pace: u64,
    /// Milliseconds until a write is seen everywhere. What the rules are promised is never less.
    pub visibility: u64,
    /// Seconds of visibility that the rules are told.
    pub promised: u32,
    /// Milliseconds that a write may need to arrive.
    pub late: u64,
    /// Whether a write is acknowledged before it has arrived.
    pub acknowledges_early: bool,
    /// Whether one place may show a newer value first and an older one afterwards.
    pub flaps: bool,
    /// Whether every place sees every write as late as it may.
    pub slowest: bool,
    /// Whether values stay after their expiry.
    pub keeps_expired: bool,
    /// One step in so many fails; 0: none.
    pub faults: u64,
    /// Milliseconds by which the clock of a place may be ahead.
    pub skew: [u64; PLACES],
    /// Seconds of the idle window.
    pub idle: u32,
    /// Seconds of absolute life.
    pub absolute: u32,
    /// For how many sessions an instance's memory has room.
    pub room: usize,
    /// How many objects there are.
    pub shards: u16,
}

impl Setup {
    /// The world of `seed`.
    #[must_use]
    pub fn drawn(seed: u64, kind: Kind, double: Option<Double>) -> Self {
        let mut chance = Chance::stream(seed, u64::MAX);
        let visibility = match kind {
            Kind::Durable | Kind::Exact => 0,
            Kind::Eventual => chance.weighted(&[(1, 0), (3, 1), (3, 2)]) * chance.up_to(60_000),
        };
        // A deployment may not promise less than LEAST_VISIBILITY: DESIGN.md, "Settling", needs it for D.
        let promised = u32::try_from(visibility.div_ceil(1000)).unwrap().max(LEAST_VISIBILITY);
        let acknowledges_early = chance.one_in(3);
        let idle = chance.of(&[600, 1200, 7200]);
        Self {
            seed,
            kind,
            double,
            demanded: None,
            moves: 40 + chance.below(160),
            pace: chance.of(&[6, 20, 60]),
            visibility,
            promised,
            // Seen everywhere includes having arrived.
            late: if acknowledges_early { MAX_LATE.min(visibility) } else { MAX_LATE },
            acknowledges_early,
            flaps: chance.one_in(3),
            slowest: chance.one_in(4),
            keeps_expired: chance.one_in(2),
            faults: chance.of(&[0, 0, 60]),
            skew: [0; PLACES],
            idle,
            absolute: idle * chance.of(&[1, 3, 20]),
            room: chance.of(&[1, 2, 1000]),
            shards: chance.of(&[1, 2, 64]),
        }
    }

    /// The rules' view of it.
    #[must_use]
    pub fn context(&self) -> Context {
        let ring = Keyring::parse(RING).unwrap();
        let limits = Limits {
            idle: self.idle,
            absolute: self.absolute,
            longest: self.absolute * 4,
            max_data: 4096,
            max_sessions_per_user: None,
        };
        let promises = match self.kind {
            Kind::Durable | Kind::Exact => Promises::EXACT,
            Kind::Eventual => Promises::eventual(self.told_visibility()),
        };
        Context::new(&ring, Tenant::default(), limits, promises)
    }

    fn told_visibility(&self) -> u32 {
        self.double.map_or(self.promised, |double| double.visibility(self.promised))
    }

    /// Whether this hole is known, and not to be told again.
    #[must_use]
    pub fn excuses(&self, hole: Hole) -> bool {
        Hole::OPEN.contains(&hole) && self.demanded != Some(hole)
    }

    /// Milliseconds by which a promise may be late because clocks differ.
    #[must_use]
    pub fn slack(&self) -> u64 {
        self.skew.iter().max().unwrap() - self.skew.iter().min().unwrap()
    }

    /// Milliseconds from an answer until it holds everywhere.
    #[must_use]
    pub fn bound(&self) -> u64 {
        self.visibility + self.slack()
    }

    /// Milliseconds from an end until a foreign ID takes a new session.
    #[must_use]
    pub fn bar(&self) -> u64 {
        u64::from(self.told_visibility().max(60)) * 2000
    }

    /// Milliseconds of the idle window.
    #[must_use]
    pub fn idle_ms(&self) -> u64 {
        u64::from(self.idle) * 1000
    }

    /// Milliseconds of absolute life.
    #[must_use]
    pub fn absolute_ms(&self) -> u64 {
        u64::from(self.absolute) * 1000
    }
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Exact, Self::Eventual, Self::Durable];

    /// The name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Durable => "durable",
            Self::Exact => "exact",
            Self::Eventual => "eventual",
        }
    }

    /// The one with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl fmt::Display for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} store, idle {} s, absolute {} s", self.kind.name(), self.idle, self.absolute)?;
        writeln!(f, "an instance remembers {} sessions, one step in {} fails", self.room, self.faults)?;
        if self.kind == Kind::Durable {
            writeln!(f, "{} objects", self.shards)?;
        }
        if self.kind == Kind::Eventual {
            writeln!(f, "V {} ms, promised {} s, writes up to {} ms late", self.visibility, self.promised, self.late)?;
            let Self { acknowledges_early, flaps, slowest, keeps_expired, .. } = self;
            writeln!(f, "all is seen at the latest: {slowest}")?;
            writeln!(f, "acknowledges early: {acknowledges_early}, flaps: {flaps}, keeps expired: {keeps_expired}")?;
        }
        if self.slack() > 0 {
            writeln!(f, "clocks ahead by {:?} ms", self.skew)?;
        }
        self.demanded.map_or(Ok(()), |hole| writeln!(f, "demanded: {}", hole.name()))?;
        self.double.map_or(Ok(()), |double| writeln!(f, "double: {}", double.name()))
    }
}

/// The keys of the known answers.
const RING: &str = "slk1_YGFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6e3x9fn8,ssk1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
/// Seconds: the least `KV_VISIBILITY`.
const LEAST_VISIBILITY: u32 = 30;
/// Milliseconds from sending to landing. With D before it and V after it this is all that settling has to outlast.
const MAX_LATE: u64 = 10_000;
