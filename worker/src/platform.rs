//! The platform's request and response, as the API sees them. Conversions only.

use js_sys::futures::JsFuture;
use js_sys::{Array, Reflect, Uint8Array};
use wasm_bindgen::JsValue;
use worker::web_sys::{Headers, ReadableStreamDefaultReader, Request, Response, ResponseInit};

use crate::http::{Answer, Incoming, Problem};

/// A request that came to the Worker.
pub struct PlatformRequest {
    request: Request,
    headers: Headers,
    method: String,
    path: String,
}

impl From<Request> for PlatformRequest {
    fn from(request: Request) -> Self {
        let path = path_of(&request.url()).to_owned();
        Self { headers: request.headers(), method: request.method(), path, request }
    }
}

impl Incoming for PlatformRequest {
    fn method(&self) -> &str {
        &self.method
    }

    fn path(&self) -> &str {
        &self.path
    }

    fn header(&self, name: &str) -> Option<String> {
        self.headers.get(name).ok().flatten()
    }

    async fn body(&mut self, limit: usize) -> Result<Option<Vec<u8>>, Problem> {
        // A length that is announced is refused before anything is read.
        let announced = self.header("content-length").and_then(|length| length.parse::<usize>().ok());
        if announced.is_some_and(|length| length > limit) {
            return Ok(None);
        }
        let Some(stream) = self.request.body() else { return Ok(Some(Vec::new())) };
        let reader = ReadableStreamDefaultReader::new(&stream).map_err(|_| Problem::unreadable_body())?;
        let mut body = Vec::with_capacity(announced.unwrap_or_default());
        loop {
            let read = JsFuture::from(reader.read()).await.map_err(|_| Problem::unreadable_body())?;
            let chunk = Reflect::get(&read, &"value".into()).unwrap_or_default();
            if chunk.is_undefined() {
                return Ok(Some(body));
            }
            let chunk = Uint8Array::new(&chunk).to_vec();
            if body.len().saturating_add(chunk.len()) > limit {
                // What is left of it is nobody's to read.
                drop(reader.cancel());
                return Ok(None);
            }
            body.extend_from_slice(&chunk);
        }
    }
}

/// The response that the platform sends.
///
/// # Errors
///
/// What the platform says, for a header or a status that it refuses: none of ours.
pub fn respond(answer: &Answer) -> Result<Response, JsValue> {
    let headers = Array::new();
    for (name, value) in &answer.headers {
        headers.push(&Array::of2(&(*name).into(), &(&**value).into()));
    }
    let init = ResponseInit::new();
    init.set_status(answer.status);
    init.set_headers(&headers);
    let body = Some(&*answer.body).filter(|body| !body.is_empty());
    Response::new_with_opt_str_and_init(body, &init)
}

/// The path of an absolute URL as the platform serialises it: after the host, up to the query.
fn path_of(url: &str) -> &str {
    let after_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = after_scheme.find('/').and_then(|start| after_scheme.get(start..)).unwrap_or("/");
    path.split(['?', '#']).next().unwrap_or(path)
}
