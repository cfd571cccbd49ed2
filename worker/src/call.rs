//! One call whose caller is known: what handlers take from the request, and the one way to the rules.

use sealed_session::SessionName;
use sealed_session::session::{Change, Command, Outcome, SessionError};

use crate::app::App;
use crate::clock;
use crate::config::Config;
use crate::log::Line;
use crate::store::Store;
use crate::token::Token;

/// A call on its way.
pub(crate) struct Call<'a, S, R> {
    pub(crate) app: &'a App,
    pub(crate) config: &'a Config,
    pub(crate) store: &'a S,
    pub(crate) caller: &'a Token,
    pub(crate) request: &'a mut R,
    /// The session that the request names, once a handler looked.
    pub(crate) name: Option<SessionName>,
    pub(crate) trace: &'a mut Trace,
}

/// What a call leaves behind, whether it ends well or not.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    pub(crate) line: Line,
    /// Changes for after the answer.
    pub(crate) later: Vec<Change>,
    /// Milliseconds in the rules, and of these, waiting for the store.
    pub(crate) timing: Option<(u64, u64)>,
    /// The store shows writes late.
    pub(crate) is_eventual: bool,
}

impl<S: Store, R> Call<'_, S, R> {
    /// Runs a command by the rules.
    pub(crate) async fn run(&mut self, command: Command) -> Result<Outcome, SessionError> {
        let began = clock::now();
        let ran = self.app.run(self.store, self.config, self.caller, command).await;
        self.trace.timing = Some((clock::now().saturating_sub(began), ran.store_ms));
        self.trace.later.extend(ran.later);
        self.trace.is_eventual = !self.config.promises.atomic;
        let tenant = &self.caller.tenant;
        self.trace.line.log_id = match (&ran.result, &self.name) {
            (Ok(Outcome::Created { session, .. } | Outcome::Session(session)), _) => {
                Some(session.handle.log_id(tenant))
            }
            (_, Some(name)) => self.config.context(tenant).and_then(|context| {
                let id = context.session_id(name).ok()?;
                Some(id.handle(tenant).log_id(tenant))
            }),
            _ => None,
        };
        ran.result
    }
}
