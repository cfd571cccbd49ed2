//! The calls of Databunker: as they are coded, and those that are only documented as other ways to the same.

use sealed_session::session::{Data, members};
use sealed_session::{ForeignId, UserId};

use super::body::posted;
use super::identity::{self, Mode};
use super::listing::{Listing, Shown, list as list_of};
use super::refusal::Refusal;
use super::route::Identity;
use super::session::{Upsert, end, json, read, upsert, when};
use super::{Answered, expiration, ok, uuid};
use crate::call::Call;
use crate::clock;
use crate::json::Object;
use crate::request::Incoming;
use crate::store::Store;

/// `POST /v1/session/{uuid}`: the session becomes what is posted, with its life anew.
pub(super) async fn post<S: Store, R: Incoming>(call: &mut Call<'_, S, R>, id: &str) -> Answered {
    let id = uuid::parse(id).ok_or(Refusal::BadUuid)?;
    let data = posted(call).await?;
    let user = members(&data).as_ref().and_then(identity::user_in);
    store(call, id, data, user).await
}

/// `POST /v1/session/{mode}/{identity}`: a new session of that user.
pub(super) async fn post_for<S: Store, R: Incoming>(call: &mut Call<'_, S, R>, identity: &Identity) -> Answered {
    let user = user(identity)?;
    let data = posted(call).await?;
    store(call, uuid::random()?, data, Some(user)).await
}

/// `GET /v1/session/{uuid}`.
pub(super) async fn get<S: Store, R: Incoming>(call: &mut Call<'_, S, R>, id: &str) -> Answered {
    // What is no UUID names no session; one of ours must not stand in a URL.
    let session = read(call, uuid::parse(id).ok_or(Refusal::NotFound)?).await?;
    Ok(ok(|body| {
        body.text("session", id);
        body.raw("when", &when(session.created));
        body.raw("data", json(&session.data));
    }))
}

/// `DELETE /v1/session/{uuid}`: well also where there is none.
pub(super) async fn delete<S: Store, R: Incoming>(call: &mut Call<'_, S, R>, id: &str) -> Answered {
    end(call, uuid::parse(id).ok_or(Refusal::BadUuid)?).await?;
    Ok(ok(|_| {}))
}

/// `GET /v1/sessions/{mode}/{identity}?offset=&limit=`.
pub(super) async fn list<S: Store, R: Incoming>(call: &mut Call<'_, S, R>, identity: &Identity) -> Answered {
    let user = user(identity)?;
    let (offset, limit) = paging(call.request.query());
    let Listing { total, rows } = list_of(call, &user, offset, limit).await?;
    let rows: Vec<String> = rows.iter().map(row).collect();
    Ok(ok(|body| {
        body.raw("total", &total.to_string());
        body.raw("rows", &format!("[{}]", rows.join(",")));
    }))
}

async fn store<S: Store, R: Incoming>(
    call: &mut Call<'_, S, R>,
    id: ForeignId,
    data: Vec<u8>,
    user: Option<UserId>,
) -> Answered {
    let life = life(&data, call.config.databunker.max_expiration);
    let text = id.as_str().to_owned();
    // There is no idle window: reading a session prolongs nothing, and posting it does.
    upsert(call, Upsert { id, data: Data::from(data), user, idle: life, absolute: life }).await?;
    Ok(ok(|body| body.text("session", &text)))
}

/// What the data asks for, in seconds.
fn life(data: &[u8], most: u32) -> u32 {
    let members = members(data).unwrap_or_default();
    let asked = members.0.iter().rev().find(|(name, _)| name == "expiration").map(|(_, value)| *value);
    expiration::v1(asked, clock::now() / 1000).unwrap_or(most).min(most)
}

/// Whom the path names. Who is known to nobody has no sessions, which is no error: here nobody else is known either.
fn user(identity: &Identity) -> Result<UserId, Refusal> {
    let mode = identity.mode.ok_or(Refusal::BadMode)?;
    mode.user(&identity.value).ok_or(if mode == Mode::Token { Refusal::BadUuid } else { Refusal::NotFound })
}

/// Ten from the first on, where nothing is said; 0, and what is no number, means all of them.
fn paging(query: &str) -> (usize, Option<usize>) {
    let parameter = |wanted: &str| {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.into_iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.parse().unwrap_or(0))
    };
    let limit = parameter("limit").unwrap_or(DEFAULT_LIMIT);
    (parameter("offset").unwrap_or(0), Some(limit).filter(|limit| *limit > 0))
}

fn row(shown: &Shown) -> String {
    let mut row = Object::new();
    row.raw("when", &when(shown.created));
    row.text("session", &shown.name);
    if let Some(data) = &shown.data {
        row.raw("data", json(data));
    }
    row.finish()
}

const DEFAULT_LIMIT: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_asked_for_as_of_the_original() {
        for (query, offset, limit) in [
            ("", 0, Some(10)),
            ("limit=3", 0, Some(3)),
            ("offset=2&limit=3", 2, Some(3)),
            ("limit=0", 0, None),
            ("limit=-1", 0, None),
            ("limit=abc&offset=x", 0, None),
            ("a=b&offset=11", 11, Some(10)),
        ] {
            assert_eq!(paging(query), (offset, limit), "{query}");
        }
    }
}
