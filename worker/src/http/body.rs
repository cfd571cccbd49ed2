//! Request bodies, before anybody reads them.

use super::problem::Problem;
use crate::call::Call;
use crate::request::{Broken, Header, Incoming};

/// The body, if it has one of these media types or says nothing about its type.
pub(super) async fn body<S, R: Incoming>(call: &mut Call<'_, S, R>, types: &[&str]) -> Result<Vec<u8>, Problem> {
    if let Some(content_type) = call.request.header(Header::ContentType) {
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        if !types.iter().any(|known| known.eq_ignore_ascii_case(essence)) {
            return Err(Problem::unsupported_media_type());
        }
    }
    call.request.body(call.config.max_body).await?.ok_or_else(Problem::body_too_large)
}

impl From<Broken> for Problem {
    fn from(_: Broken) -> Self {
        Self::unreadable_body()
    }
}
