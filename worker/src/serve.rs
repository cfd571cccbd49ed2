//! The one way in: which surface a request is for, and what holds for the answers of all of them.

use crate::answer::Answer;
use crate::app::App;
use crate::call::Trace;
use crate::clock;
use crate::databunker;
use crate::http;
use crate::log::Line;
use crate::request::Incoming;
use crate::store::Store;

/// Answers one request, and says what the log should learn of it.
pub async fn serve(app: &App, store: &impl Store, request: &mut impl Incoming) -> (Answer, Line) {
    let arrived = clock::now();
    let mut trace = Trace::default();
    trace.line.method = known_method(request.method());
    let mut answer = if databunker::is_for(request.path()) {
        databunker::respond(app, store, request, &mut trace).await
    } else {
        http::respond(app, store, request, &mut trace).await
    };
    answer.later = trace.later;
    trace.line.status = answer.status;
    trace.line.ms = clock::now().saturating_sub(arrived);
    // Whatever else is answered is about one caller at one moment.
    let is_public = trace.line.route == http::OPENAPI;
    (if is_public { answer } else { answer.header("Cache-Control", "no-store") }, trace.line)
}

/// The log repeats nothing that a caller made up.
fn known_method(method: &str) -> &'static str {
    ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
        .into_iter()
        .find(|known| *known == method)
        .unwrap_or("other")
}
