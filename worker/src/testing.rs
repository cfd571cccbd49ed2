//! What tests of both surfaces are made of: requests, and a deployment over a store in this process.

use std::collections::BTreeMap;

use pollster::block_on;
use sealed_session::Keyring;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::answer::Answer;
use crate::app::App;
use crate::config::Config;
use crate::log::Line;
use crate::request::{Broken, Header, Incoming};
use crate::serve::serve;
use crate::store::Store;

pub(crate) struct Request {
    method: &'static str,
    path: String,
    headers: BTreeMap<&'static str, String>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// By the caller `app`.
    pub(crate) fn new(method: &'static str, path: impl Into<String>) -> Self {
        Self::from_nobody(method, path).header("authorization", format!("Bearer {}", token("app")))
    }

    pub(crate) fn from_nobody(method: &'static str, path: impl Into<String>) -> Self {
        Self { method, path: path.into(), headers: BTreeMap::new(), body: Vec::new() }
    }

    pub(crate) fn session(method: &'static str, path: impl Into<String>, id: &str) -> Self {
        Self::new(method, path).header("session-id", id)
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.insert(name, value.into());
        self
    }

    pub(crate) fn json(mut self, body: &Value) -> Self {
        self.body = body.to_string().into_bytes();
        self.header("content-type", "application/json")
    }
}

impl Incoming for Request {
    fn method(&self) -> &str {
        self.method
    }

    fn path(&self) -> &str {
        self.path.split('?').next().unwrap_or_default()
    }

    fn query(&self) -> &str {
        self.path.split_once('?').map_or("", |(_, query)| query)
    }

    fn header(&self, header: Header) -> Option<&str> {
        self.headers.get(header.name()).map(String::as_str)
    }

    async fn body(&mut self, limit: usize) -> Result<Option<Vec<u8>>, Broken> {
        Ok((self.body.len() <= limit).then(|| core::mem::take(&mut self.body)))
    }
}

/// A deployment over the store under test, with a token for each of some callers.
pub(crate) struct Deployment<S> {
    pub(crate) app: App,
    pub(crate) store: S,
}

impl<S: Store + Default> Deployment<S> {
    pub(crate) fn new() -> Self {
        Self::with(&[])
    }

    /// With settings besides the usual ones, or instead of them.
    pub(crate) fn with(settings: &[(&str, &str)]) -> Self {
        let set = |name: &str| settings.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        Self {
            app: App::new(Config::read(|name| set(name).or_else(|| setting(name)), &[tokens()])),
            store: S::default(),
        }
    }

    pub(crate) fn send(&self, mut request: Request) -> (Answer, Line) {
        let (answer, line) = block_on(serve(&self.app, &self.store, &mut request));
        for change in &answer.later {
            block_on(self.store.apply_once(change)).unwrap();
        }
        (answer, line)
    }

    pub(crate) fn create(&self, body: &Value) -> Value {
        let (answer, _) = self.send(Request::new("POST", "/v1/sessions").json(body));
        assert_eq!(answer.status, 201, "{}", answer.body);
        parsed(&answer)
    }

    pub(crate) fn create_id(&self, body: &Value) -> String {
        self.create(body)["id"].as_str().unwrap().to_owned()
    }

    pub(crate) fn read(&self, id: &str) -> (u16, Value) {
        let (answer, _) = self.send(Request::session("GET", "/v1/session", id));
        (answer.status, parsed(&answer))
    }
}

pub(crate) fn setting(name: &str) -> Option<String> {
    match name {
        "SESSION_KEYS" => Some(Keyring::generate().unwrap().to_string()),
        "STORE" => Some("memory".to_owned()),
        "MAX_BODY" => Some("1000".to_owned()),
        _ => None,
    }
}

pub(crate) fn token(name: &str) -> String {
    format!("sst_{name:A<43}")
}

pub(crate) fn tokens() -> String {
    let line = |name, tenant, scopes| {
        let digest = Sha256::digest(token(name)).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
        format!("{name} {tenant} {scopes} {digest}\n")
    };
    [
        line("app", "acme", "sessions"),
        line("other", "globex", "sessions"),
        line("operator", "acme", "admin"),
        line("dpo", "acme", "users"),
        line("otherdpo", "globex", "users"),
        line("bunker", "acme", "sessions,users"),
    ]
    .concat()
}

pub(crate) fn parsed(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("not JSON: {}", answer.body))
}

pub(crate) fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    answer.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| &**value)
}
