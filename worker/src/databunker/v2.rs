//! The calls of Databunker Pro: parameters in a JSON object, whatever the call.

use sealed_session::ForeignId;
use sealed_session::session::{Data, Members, members};
use serde_json::value::RawValue;

use super::identity::{self, Mode};
use super::listing::{Listing, Shown, list as list_of};
use super::refusal::Refusal;
use super::session::{Upsert, end, json, read, upsert as upsert_session};
use super::{Answered, expiration, ok, uuid};
use crate::call::Call;
use crate::clock;
use crate::json::Object;
use crate::request::Incoming;
use crate::store::Store;

/// `SessionUpsert`: `slidingtime` is the idle window, `finaltime` the absolute life. The session is that of the user whom
/// `mode` and `identity` name, or else of whom the data names, as in v1.
pub(super) async fn upsert<S: Store, R: Incoming>(call: &mut Call<'_, S, R>) -> Answered {
    let body = body(call).await?;
    let parameters = Parameters::of(&body)?;
    let id = parameters.id()?;
    let data = parameters.required("sessiondata")?;
    let inner = members(data.get().as_bytes()).ok_or(Refusal::Undecodable)?;
    let user = match parameters.get("identity") {
        Some(_) => {
            let (mode, identity) = parameters.identity()?;
            mode.user(&identity)
        }
        None => identity::user_in(&inner),
    };
    let (now, most) = (clock::now() / 1000, call.config.databunker.max_expiration);
    let absolute = expiration::v2(parameters.get("finaltime"), now).unwrap_or(most).min(most);
    let idle = expiration::v2(parameters.get("slidingtime"), now).unwrap_or(absolute).min(absolute);
    let data = Data::from(data.get().as_bytes().to_vec());
    upsert_session(call, Upsert { id, data, user, idle, absolute }).await?;
    Ok(ok(|_| {}))
}

/// `SessionGet`.
pub(super) async fn get<S: Store, R: Incoming>(call: &mut Call<'_, S, R>) -> Answered {
    let body = body(call).await?;
    let id = Parameters::of(&body)?.id()?;
    let session = read(call, id).await?;
    Ok(ok(|body| body.raw("sessiondata", json(&session.data))))
}

/// `SessionDelete`: well also where there is none.
pub(super) async fn delete<S: Store, R: Incoming>(call: &mut Call<'_, S, R>) -> Answered {
    let body = body(call).await?;
    let id = Parameters::of(&body)?.id()?;
    end(call, id).await?;
    Ok(ok(|_| {}))
}

/// `SessionListUserSessions`, which has no pages.
pub(super) async fn list<S: Store, R: Incoming>(call: &mut Call<'_, S, R>) -> Answered {
    let body = body(call).await?;
    let (mode, identity) = Parameters::of(&body)?.identity()?;
    let Listing { total, rows } = match mode.user(&identity) {
        Some(user) => list_of(call, &user, 0, None).await?,
        // Such a name nobody has.
        None => Listing { total: 0, rows: Vec::new() },
    };
    let rows: Vec<String> = rows.iter().map(row).collect();
    Ok(ok(|body| {
        body.raw("total", &total.to_string());
        body.raw("rows", &format!("[{}]", rows.join(",")));
    }))
}

/// A call's parameters. Those that nobody knows are passed over, as `request_metadata` is: nothing is recorded here.
struct Parameters<'a>(Members<'a>);

impl<'a> Parameters<'a> {
    fn of(body: &'a [u8]) -> Result<Self, Refusal> {
        members(body).map(Self).ok_or(Refusal::Undecodable)
    }

    /// A parameter that is there and not `null`; of two with one name, the last one.
    fn get(&self, name: &str) -> Option<&'a RawValue> {
        let value = self.0.0.iter().rev().find(|(known, _)| known == name).map(|(_, value)| *value);
        value.filter(|value| value.get() != "null")
    }

    fn required(&self, name: &'static str) -> Result<&'a RawValue, Refusal> {
        self.get(name).ok_or(Refusal::Missing(name))
    }

    fn text(&self, name: &'static str) -> Result<String, Refusal> {
        serde_json::from_str(self.required(name)?.get()).map_err(|_| Refusal::Undecodable)
    }

    fn id(&self) -> Result<ForeignId, Refusal> {
        let text = self.required("sessionuuid")?.get();
        let text: String = serde_json::from_str(text).map_err(|_| Refusal::BadUuid)?;
        uuid::parse(&text).ok_or(Refusal::BadUuid)
    }

    fn identity(&self) -> Result<(Mode, String), Refusal> {
        let mode = self.text("mode")?;
        Ok((Mode::parse(&mode).ok_or(Refusal::BadMode)?, self.text("identity")?))
    }
}

async fn body<S, R: Incoming>(call: &mut Call<'_, S, R>) -> Result<Vec<u8>, Refusal> {
    call.request.body(call.config.max_body).await?.ok_or(Refusal::BodyTooLarge)
}

fn row(shown: &Shown) -> String {
    let mut row = Object::new();
    row.text("sessionuuid", &shown.name);
    if let Some(data) = &shown.data {
        row.raw("sessiondata", json(data));
    }
    row.finish()
}
