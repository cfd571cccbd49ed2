//! What an isolate keeps between calls: the settings, what it has settled, and counters.

use core::cell::Cell;

use sealed_session::session::{Absence, Command, SessionError, Settled};

use crate::config::{Config, ConfigError};
use crate::log;
use crate::store::{self, Ran, Store};
use crate::token::Token;

/// One isolate's state. Without a valid configuration it answers 503 to everything.
pub struct App {
    config: Result<Config, ConfigError>,
    settled: Cell<Settled>,
    unknown_keys: Cell<u64>,
}

impl App {
    /// Starts with nothing settled.
    #[must_use]
    pub fn new(config: Result<Config, ConfigError>) -> Self {
        Self { config, settled: Cell::new(Settled::new(SETTLED_SESSIONS)), unknown_keys: Cell::new(0) }
    }

    /// The settings.
    ///
    /// # Errors
    ///
    /// What is wrong with them.
    pub fn config(&self) -> Result<&Config, ConfigError> {
        self.config.as_ref().map_err(|error| *error)
    }

    /// The settings; without them a line in the log says what to set.
    pub(crate) fn configured(&self) -> Option<&Config> {
        self.config().inspect_err(|error| log::not_configured(*error)).ok()
    }

    /// Runs one call for the caller's tenant.
    pub async fn run(&self, store: &impl Store, config: &Config, caller: &Token, command: Command) -> Ran {
        let Some(context) = config.context(&caller.tenant) else {
            // Every token's tenant has a context; see `Config::read`.
            return Ran { result: Err(SessionError::Internal), later: Vec::new(), store_ms: 0 };
        };
        let ran = store::run(store, command, context, &self.settled).await;
        if let Err(SessionError::NoSuchSession(Absence::UnknownKey)) = &ran.result {
            self.unknown_keys.set(self.unknown_keys.get().saturating_add(1));
        }
        ran
    }

    /// How many envelopes with unknown key IDs this isolate has met: a root key that left the ring too early.
    #[must_use]
    pub fn unknown_keys(&self) -> u64 {
        self.unknown_keys.get()
    }
}

/// Sessions that an isolate remembers: some 2 MB at the most.
const SETTLED_SESSIONS: usize = 8192;
