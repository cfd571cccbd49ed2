//! The platform's request and response, as the API sees them. Conversions only.

use js_sys::futures::JsFuture;
use js_sys::{Array, Reflect, Uint8Array};
use wasm_bindgen::JsValue;
use worker::web_sys::{ReadableStreamDefaultReader, Request, Response};

use crate::answer::Answer;
use crate::request::{Broken, Header, Incoming};

/// A request that came to the Worker.
pub struct PlatformRequest {
    request: Request,
    /// Method, URL and the headers of [`Header::ALL`], one to a line.
    head: String,
}

impl From<Request> for PlatformRequest {
    fn from(request: Request) -> Self {
        Self { head: HEADER_NAMES.with(|names| glue::head(&request, names)), request }
    }
}

impl PlatformRequest {
    fn line(&self, number: usize) -> &str {
        self.head.split('\n').nth(number).unwrap_or_default()
    }
}

impl Incoming for PlatformRequest {
    fn method(&self) -> &str {
        self.line(0)
    }

    fn path(&self) -> &str {
        path_of(self.line(1))
    }

    fn query(&self) -> &str {
        query_of(self.line(1))
    }

    fn header(&self, header: Header) -> Option<&str> {
        let number = Header::ALL.iter().position(|known| *known == header)?;
        Some(self.line(number.saturating_add(2))).filter(|value| *value != ABSENT)
    }

    async fn body(&mut self, limit: usize) -> Result<Option<Vec<u8>>, Broken> {
        // A length that is announced is refused before anything is read.
        let announced = self.header(Header::ContentLength).and_then(|length| length.parse::<usize>().ok());
        if announced.is_some_and(|length| length > limit) {
            return Ok(None);
        }
        let Some(stream) = self.request.body() else { return Ok(Some(Vec::new())) };
        let reader = ReadableStreamDefaultReader::new(&stream).map_err(|_| Broken)?;
        let mut body = Vec::with_capacity(announced.unwrap_or_default());
        loop {
            let read = JsFuture::from(reader.read()).await.map_err(|_| Broken)?;
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
    let mut headers = String::with_capacity(HEADERS_LEN);
    for (name, value) in &answer.headers {
        for line in [name, &**value] {
            if !headers.is_empty() {
                headers.push('\n');
            }
            headers.push_str(line);
        }
    }
    glue::respond(answer.status, &headers, &answer.body)
}

/// The path of an absolute URL as the platform serialises it: after the host, up to the query.
fn path_of(url: &str) -> &str {
    let after_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = after_scheme.find('/').and_then(|start| after_scheme.get(start..)).unwrap_or("/");
    path.split(['?', '#']).next().unwrap_or(path)
}

/// The query of an absolute URL: what a caller sends has no fragment, and the platform keeps none.
fn query_of(url: &str) -> &str {
    url.split_once('?').map_or("", |(_, query)| query.split('#').next().unwrap_or(query))
}

/// What the head says of a header that is absent.
const ABSENT: &str = "\0";
/// Bytes that the headers of most answers take.
const HEADERS_LEN: usize = 256;

thread_local! {
    /// [`Header::ALL`] by name, in its order.
    static HEADER_NAMES: Array = Header::ALL.iter().map(|header| JsValue::from(header.name())).collect();
}

#[allow(unsafe_code, reason = "wasm-bindgen's own glue")]
mod glue {
    use super::{Array, JsValue, Request, Response};
    use wasm_bindgen::prelude::wasm_bindgen;

    #[wasm_bindgen(module = "/src/platform.js")]
    extern "C" {
        pub fn head(request: &Request, names: &Array) -> String;

        #[wasm_bindgen(catch)]
        pub fn respond(status: u16, headers: &str, body: &str) -> Result<Response, JsValue>;
    }
}
