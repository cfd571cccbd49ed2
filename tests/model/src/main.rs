//! `make model`: a million schedules, or one of them again.

#![expect(
    clippy::disallowed_methods,
    reason = "for fresh seeds, and to say how long it took; schedules have their own clock"
)]

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use model::replay::found;
use model::{Double, Hole, Kind, Setup, schedules};

fn main() {
    let asked = Asked::parse(std::env::args().skip(1));
    let setup = |kind| {
        let (double, demanded, skew) = (asked.double, asked.demanded, asked.skew);
        move |seed| Setup { demanded, skew: [0, skew], ..Setup::drawn(seed, kind, double) }
    };
    if let Some(seed) = asked.seed {
        for kind in asked.kinds() {
            match found(setup(kind)(seed)) {
                Some(found) => println!("{}", found.report()),
                None => println!("{} store: nothing is broken with seed {seed}", kind.name()),
            }
        }
        return;
    }
    let first = asked.from.unwrap_or_else(now);
    let kinds = asked.kinds();
    let count = asked.schedules / kinds.len() as u64;
    for kind in kinds {
        let began = Instant::now();
        match schedules::run(first, count, setup(kind)) {
            Ok(count) => {
                let seconds = began.elapsed().as_secs_f64();
                println!(
                    "{} store: {count} schedules from seed {first} on, {seconds:.1} s, nothing broken",
                    kind.name()
                );
            }
            Err((after, found)) => {
                println!("{}\nFound after {after} schedules from seed {first} on", found.report());
                std::process::exit(1);
            }
        }
    }
}

/// What the command line says.
struct Asked {
    schedules: u64,
    from: Option<u64>,
    seed: Option<u64>,
    store: Option<Kind>,
    double: Option<Double>,
    demanded: Option<Hole>,
    skew: u64,
}

impl Asked {
    fn parse(mut args: impl Iterator<Item = String>) -> Self {
        let mut asked =
            Self { schedules: 1_000_000, from: None, seed: None, store: None, double: None, demanded: None, skew: 0 };
        while let Some(name) = args.next() {
            let value = args.next().unwrap_or_else(|| usage());
            let number = || value.parse().unwrap_or_else(|_| usage());
            match name.as_str() {
                "--schedules" => asked.schedules = number(),
                "--from" => asked.from = Some(number()),
                "--seed" => asked.seed = Some(number()),
                "--skew" => asked.skew = number(),
                "--double" => asked.double = Some(Double::named(&value).unwrap_or_else(|| usage())),
                "--demand" => asked.demanded = Some(Hole::named(&value).unwrap_or_else(|| usage())),
                "--store" => asked.store = Some(Kind::named(&value).unwrap_or_else(|| usage())),
                _ => usage(),
            }
        }
        asked
    }

    fn kinds(&self) -> Vec<Kind> {
        self.store.map_or(Kind::ALL.to_vec(), |kind| vec![kind])
    }
}

fn usage() -> ! {
    let mut doubles = Double::ALL.map(|(double, _)| double.name()).to_vec();
    doubles.dedup();
    let doubles = doubles.join(", ");
    let stores = Kind::ALL.map(Kind::name).join("|");
    eprintln!(
        "model [--schedules 1000000] [--from SEED] [--store {stores}] [--skew MS] [--double NAME] [--demand NAME]"
    );
    eprintln!("model --seed SEED [--store …] …   one schedule again, as short as it gets");
    eprintln!("doubles: {doubles}\nholes: {}", Hole::OPEN.map(Hole::name).join(", "));
    std::process::exit(2);
}

/// A seed that was not used before.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |since| since.as_secs()) * 1_000_000
}
