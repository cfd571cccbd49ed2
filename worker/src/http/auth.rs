//! Who is calling: the bearer token (RFC 6750) of the request.

use super::problem::Problem;
use crate::config::Config;
use crate::request::{Header, Incoming};
use crate::token::Token;

/// The caller, or 401. Nothing about the call is looked at before this.
pub(super) fn caller<'c>(config: &'c Config, request: &impl Incoming) -> Result<&'c Token, Problem> {
    let authorization = request.header(Header::Authorization).ok_or_else(Problem::unauthorized)?;
    config.tokens.bearer(authorization).ok_or_else(Problem::unauthorized)
}
