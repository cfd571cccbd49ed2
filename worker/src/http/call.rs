//! One call whose caller is known: what handlers take from the request, and the one way to the rules.

use sealed_session::SessionName;
use sealed_session::session::{Change, Command, Outcome};

use super::problem::Problem;
use super::{Header, Incoming};
use crate::app::App;
use crate::clock;
use crate::config::Config;
use crate::log::Line;
use crate::store::Store;
use crate::token::Token;

/// A call on its way.
pub(super) struct Call<'a, S, R> {
    pub(super) app: &'a App,
    pub(super) config: &'a Config,
    pub(super) store: &'a S,
    pub(super) caller: &'a Token,
    pub(super) request: &'a mut R,
    /// The session that the request names, once a handler looked.
    pub(super) name: Option<SessionName>,
    pub(super) trace: &'a mut Trace,
}

/// What a call leaves behind, whether it ends well or not.
#[derive(Debug, Default)]
pub(super) struct Trace {
    pub(super) line: Line,
    /// Changes for after the answer.
    pub(super) later: Vec<Change>,
    /// Milliseconds in the rules, and of these, waiting for the store.
    pub(super) timing: Option<(u64, u64)>,
    /// The store shows writes late.
    pub(super) is_eventual: bool,
}

impl<S: Store, R: Incoming> Call<'_, S, R> {
    /// The body, if it has one of these media types or says nothing about its type.
    pub(super) async fn body(&mut self, types: &[&str]) -> Result<Vec<u8>, Problem> {
        if let Some(content_type) = self.request.header(Header::ContentType) {
            let essence = content_type.split(';').next().unwrap_or_default().trim();
            if !types.iter().any(|known| known.eq_ignore_ascii_case(essence)) {
                return Err(Problem::unsupported_media_type());
            }
        }
        self.request.body(self.config.max_body).await?.ok_or_else(Problem::body_too_large)
    }

    /// Runs a command by the rules.
    pub(super) async fn run(&mut self, command: Command) -> Result<Outcome, Problem> {
        let began = clock::now();
        let ran = self.app.run(self.store, self.config, self.caller, command).await;
        self.trace.timing = Some((clock::now().saturating_sub(began), ran.store_ms));
        self.trace.later = ran.later;
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
        Ok(ran.result?)
    }
}
