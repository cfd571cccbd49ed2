//! A user's sessions, as both surfaces list them: by handle and without data, but where the deployment says otherwise.

use sealed_session::session::{Command, Data, Listed, Outcome, Row, SessionError, UserPage};
use sealed_session::{SessionName, UserId};

use super::refusal::Refusal;
use crate::call::Call;
use crate::store::Store;

/// A part of a list.
pub(super) struct Listing {
    /// All sessions of the user.
    pub(super) total: usize,
    pub(super) rows: Vec<Shown>,
}

/// One session.
pub(super) struct Shown {
    /// Its handle; its ID where there is data.
    pub(super) name: String,
    /// When it became what it is, in Unix milliseconds.
    pub(super) created: u64,
    pub(super) data: Option<Data>,
}

/// The sessions from the `offset`th on, the oldest first, and not more than `limit`, if there is one.
pub(super) async fn list<S: Store, R>(
    call: &mut Call<'_, S, R>,
    user: &UserId,
    offset: usize,
    limit: Option<usize>,
) -> Result<Listing, Refusal> {
    let mut rows = all(call, user).await?;
    rows.sort_unstable_by_key(|row| (row.created, row.handle));
    let total = rows.len();
    let page = rows.into_iter().skip(offset).take(limit.unwrap_or(usize::MAX).min(MAX_SHOWN));
    let mut shown = Vec::new();
    for row in page {
        shown.extend(show(call, user, row).await?);
    }
    // The line of this request is about no one of them.
    call.trace.line.log_id = None;
    Ok(Listing { total, rows: shown })
}

/// What their index says.
async fn all<S: Store, R>(call: &mut Call<'_, S, R>, user: &UserId) -> Result<Vec<Row>, Refusal> {
    let (mut rows, mut after) = (Vec::new(), None);
    for _ in 0..MAX_PAGES {
        let page = UserPage { user: user.clone(), after: after.take(), limit: PAGE };
        let Outcome::Listed(Listed { sessions, next }) = call.run(Command::List(page)).await? else {
            return Err(SessionError::Internal.into());
        };
        rows.extend(sessions);
        after = next;
        if after.is_none() {
            break;
        }
    }
    Ok(rows)
}

/// A row of the list; none where its session ended meanwhile.
async fn show<S: Store, R>(call: &mut Call<'_, S, R>, user: &UserId, row: Row) -> Result<Option<Shown>, Refusal> {
    // What was disclosed once is not shown any more where the setting is gone.
    let disclosed = row.disclosed.filter(|_| call.config.databunker.full_listing);
    let Some(id) = disclosed else {
        return Ok(Some(Shown { name: row.handle.to_string(), created: row.created, data: None }));
    };
    // To look through a list is no use of the sessions in it.
    match call.run(Command::Peek(SessionName::Foreign(id.clone()))).await {
        Ok(Outcome::Session(session)) if session.user.as_ref() == Some(user) => {
            Ok(Some(Shown { name: id.as_str().to_owned(), created: session.created, data: Some(session.data) }))
        }
        Ok(Outcome::Session(_)) | Err(SessionError::NoSuchSession(_)) => Ok(None),
        Ok(_) => Err(SessionError::Internal.into()),
        Err(error) => Err(error.into()),
    }
}

/// The rules' own bound. Over KV a page is a list, an end for each session and a marker.
const PAGE: usize = 100;
/// Pages: with [`MAX_SHOWN`] rows of four reads each, these stay below KV's 1 000 operations.
const MAX_PAGES: usize = 5;
/// Rows of one answer.
const MAX_SHOWN: usize = 100;
