//! What happened, for people to read.

use crate::call::USERS;
use crate::history::{Answer, Entry, History, Told};
use crate::setup::Setup;

/// Lines, as long as somebody wants them.
pub struct Trace {
    lines: Option<Vec<String>>,
}

impl Trace {
    pub fn new(wanted: bool) -> Self {
        Self { lines: wanted.then(Vec::new) }
    }

    pub const fn is_wanted(&self) -> bool {
        self.lines.is_some()
    }

    pub fn add(&mut self, now: u64, line: impl FnOnce() -> String) {
        if let Some(lines) = &mut self.lines {
            let ms = now - START;
            lines.push(format!("{:>7}.{:03}  {}", ms / 1000, ms % 1000, line()));
        }
    }

    /// Tells `lines` from here on in one line.
    pub fn shorten(&mut self, from: usize, now: u64, line: impl FnOnce() -> String) {
        if let Some(lines) = &mut self.lines {
            lines.truncate(from);
        }
        self.add(now, line);
    }

    pub fn length(&self) -> usize {
        self.lines.as_ref().map_or(0, Vec::len)
    }

    /// The lines, with names instead of handles.
    pub fn read(self, history: &History, setup: &Setup) -> Vec<String> {
        let context = setup.context();
        let mut names: Vec<_> =
            history.sessions.iter().enumerate().map(|(n, known)| (known.handle.to_string(), format!("S{n}"))).collect();
        names.extend((0..USERS).map(|n| {
            let user = sealed_session::UserId::parse(&format!("user {n}")).unwrap();
            (context.pseudonym(&user).unwrap().to_string(), format!("U{n}"))
        }));
        let named = |line: String| names.iter().fold(line, |line, (handle, name)| line.replace(handle, name));
        self.lines.unwrap_or_default().into_iter().map(named).collect()
    }
}

/// Which call this is about.
pub fn heading(number: usize, told: &Told) -> String {
    format!("{}  client {}  #{number:<3}", ["A", "B"][told.place], told.client)
}

/// An answer in words.
pub fn answer(told: &Told) -> String {
    match &told.answer {
        None => "is cut off".to_owned(),
        Some(Answer::Ended) => "ANSWER ended".to_owned(),
        Some(Answer::Listed(entries)) => {
            let name = |entry: &Entry| entry.session.map_or("unknown".to_owned(), |session| format!("S{session}"));
            format!("ANSWER {}", entries.iter().map(name).collect::<Vec<_>>().join(" "))
        }
        Some(Answer::Refused(error)) => format!("ANSWER {error:?}"),
        Some(Answer::Session { session, seen }) => format!(
            "ANSWER S{session}, version {:?}, user {:?}, {}",
            seen.version,
            seen.user,
            String::from_utf8_lossy(&seen.data)
        ),
    }
}

/// Unix milliseconds at which every schedule begins.
pub const START: u64 = 1_800_000_000_000;
