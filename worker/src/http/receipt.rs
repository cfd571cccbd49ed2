//! `POST /v1/receipts/verify`: whether a receipt of an erasure is this deployment's, what it says, and whom it is about.

use sealed_session::session::{Receipt, SessionError};

use super::Answered;
use super::body::body;
use super::fields::Fields;
use super::problem::Problem;
use super::user::{describe, user_of};
use crate::answer::Answer;
use crate::call::Call;
use crate::json::Object;
use crate::request::Incoming;
use crate::store::Store;

pub(super) async fn verify<S: Store, R: Incoming>(call: &mut Call<'_, S, R>) -> Answered {
    let user = user_of(call.request)?;
    let body = body(call, &["application/json"]).await?;
    let mut fields = Fields::parse(&body)?;
    let text = fields.string("receipt", "a receipt is the text that an erasure answered")?;
    fields.end()?;
    let receipt =
        Receipt::parse(&text).ok_or_else(|| Problem::invalid_field("receipt", "this is not a receipt's text"))?;

    let context = call.config.context(&call.caller.tenant).ok_or(SessionError::Internal)?;
    let mut body = Object::new();
    if context.is_own(&receipt) {
        body.raw("authentic", "true");
        let about = user.map(|user| if context.is_about(&receipt, &user) { "true" } else { "false" });
        body.raw("about_user", about.unwrap_or("null"));
        describe(&mut body, receipt.erasure());
    } else {
        // What it says is anybody's invention.
        body.raw("authentic", "false");
    }
    Ok(Answer::new(200).json("application/json", body))
}
