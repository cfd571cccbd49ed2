//! Who is calling: an API token of ours, in Databunker's header.

use super::refusal::Refusal;
use crate::config::Config;
use crate::request::{Header, Incoming};
use crate::token::Token;

/// The caller, or 403. Nothing about the call is looked at before this.
pub(super) fn caller<'c>(config: &'c Config, request: &impl Incoming) -> Result<&'c Token, Refusal> {
    // Of several headers, which a platform joins by commas, the first one counts.
    let token = first(request.header(Header::BunkerToken)).ok_or(Refusal::AccessDenied)?;
    let caller = config.tokens.find(token).ok_or(Refusal::AccessDenied)?;
    // A token has one tenant. A client that means another one must not get this one's sessions.
    match first(request.header(Header::BunkerTenant)) {
        Some(tenant) if tenant != caller.tenant.as_str() => Err(Refusal::AccessDenied),
        _ => Ok(caller),
    }
}

fn first(value: Option<&str>) -> Option<&str> {
    value?.split(',').next().map(str::trim).filter(|value| !value.is_empty())
}
