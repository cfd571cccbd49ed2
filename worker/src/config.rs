//! The deployment's settings: read once per isolate, typed, and loud when they are wrong.
//!
//! A setting that is missing or malformed means 503 for everybody and a log line that says what to set: never a service
//! that is open to all, or one that seals with a key everybody knows. No message repeats a value.

use core::fmt;

use sealed_session::session::{Context, Limit, Limits, Promises};
use sealed_session::{KeyId, Keyring, KeyringError, Tenant};

use crate::duration;
use crate::store::durable::Shards;
use crate::token::{Token, TokenError, Tokens};

/// Everything that a call needs and that no call changes.
#[derive(Debug)]
pub struct Config {
    /// Who may call.
    pub tokens: Tokens,
    /// The rules' context of each tenant that has a token.
    tenants: Vec<Context>,
    /// The IDs of the root keys, the sealing one first.
    pub key_ids: Vec<KeyId>,
    /// Bytes of a request's body, at most.
    pub max_body: usize,
    /// Where sessions are kept.
    pub store: StoreKind,
    /// What that store promises.
    pub promises: Promises,
    /// Its objects, if those are Durable Objects.
    pub shards: Shards,
    /// What Databunker's clients get.
    pub databunker: Databunker,
}

/// Settings of the calls that Databunker's clients make.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Databunker {
    /// Whether lists show IDs and data: then sessions that are created by these calls disclose their IDs to their users' lists.
    pub full_listing: bool,
    /// Seconds: the longest life that a call gets, and what one gets that asks for none.
    pub max_expiration: u32,
}

/// A kind of store.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum StoreKind {
    /// Durable Objects: exact.
    Durable,
    /// Workers KV: eventual.
    Kv,
    /// This process, for tests: exact.
    #[cfg(not(target_arch = "wasm32"))]
    Memory,
}

impl StoreKind {
    /// Its name in settings and in `GET /v1/status`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Durable => "durable",
            Self::Kv => "kv",
            #[cfg(not(target_arch = "wasm32"))]
            Self::Memory => "memory",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        match name {
            "durable" => Some(Self::Durable),
            "kv" => Some(Self::Kv),
            #[cfg(not(target_arch = "wasm32"))]
            "memory" => Some(Self::Memory),
            _ => None,
        }
    }

    const fn promises(self, visibility: u32) -> Promises {
        match self {
            Self::Kv => Promises::eventual(visibility),
            Self::Durable => Promises::EXACT,
            #[cfg(not(target_arch = "wasm32"))]
            Self::Memory => Promises::EXACT,
        }
    }
}

impl Config {
    /// Reads the settings. `get` gives a setting by its name; `token_lists` are the values of `API_TOKENS` and of every
    /// `API_TOKENS_…`, since one value holds 5 KB.
    ///
    /// # Errors
    ///
    /// See [`ConfigError`].
    pub fn read(get: impl Fn(&str) -> Option<String>, token_lists: &[String]) -> Result<Self, ConfigError> {
        let keys = get("SESSION_KEYS").unwrap_or_default();
        let keys = keys.trim();
        if keys.is_empty() {
            return Err(ConfigError::NoKeys);
        }
        let ring = Keyring::parse(keys).map_err(ConfigError::Keys)?;
        if !ring.has_lookup_key() {
            return Err(ConfigError::NoLookupKey);
        }
        let is_published = |key: &str| keys.split(',').any(|item| item == key);
        if is_published(KNOWN_ROOT_KEY) || is_published(KNOWN_LOOKUP_KEY) {
            return Err(ConfigError::KnownAnswerKey);
        }

        let tokens = Tokens::parse(token_lists.iter().flat_map(|list| list.lines())).map_err(ConfigError::Tokens)?;
        let seconds = |name: &'static str, default| match get(name) {
            None => Ok(default),
            Some(text) => duration::parse_setting(text.trim()).ok_or(ConfigError::Setting(name)),
        };
        let max_body = match get("MAX_BODY") {
            None => DEFAULT_MAX_BODY,
            Some(text) => text.trim().parse().map_err(|_| ConfigError::Setting("MAX_BODY"))?,
        };
        let default = Limits::default();
        let limits = Limits {
            idle: seconds("IDLE", default.idle)?,
            absolute: seconds("ABSOLUTE", default.absolute)?,
            longest: seconds("LONGEST_ABSOLUTE", default.longest)?,
            max_data: max_body,
            max_sessions_per_user: most_sessions(get("MAX_SESSIONS_PER_USER"))?,
        };
        let visibility = seconds("KV_VISIBILITY", DEFAULT_VISIBILITY)?;
        if !Promises::VISIBILITY.contains(&visibility) {
            return Err(ConfigError::Setting("KV_VISIBILITY"));
        }
        let store = get("STORE")
            .map_or(Ok(StoreKind::Kv), |name| StoreKind::parse(name.trim()).ok_or(ConfigError::Setting("STORE")))?;
        let promises = store.promises(visibility);
        let shards = shards(&get)?;

        limits.check(&promises).map_err(|limit| {
            ConfigError::Setting(match limit {
                Limit::Absolute => "ABSOLUTE",
                Limit::Idle => "IDLE",
                Limit::Longest => "LONGEST_ABSOLUTE",
                Limit::MaxData => "MAX_BODY",
                Limit::MaxSessionsPerUser => "MAX_SESSIONS_PER_USER",
            })
        })?;

        let databunker = Databunker {
            full_listing: match get("DATABUNKER_LISTING").as_deref().map(str::trim) {
                None | Some("handles") => false,
                Some("full") => true,
                Some(_) => return Err(ConfigError::Setting("DATABUNKER_LISTING")),
            },
            max_expiration: seconds("DATABUNKER_MAX_EXPIRATION", DEFAULT_MAX_EXPIRATION.min(limits.longest))?,
        };
        if !(1..=limits.longest).contains(&databunker.max_expiration) {
            return Err(ConfigError::Setting("DATABUNKER_MAX_EXPIRATION"));
        }

        let mut tenants: Vec<Context> = Vec::new();
        for Token { tenant, .. } in tokens.iter() {
            if !tenants.iter().any(|context| context.tenant() == tenant) {
                tenants.push(Context::new(&ring, tenant.clone(), limits, promises));
            }
        }
        Ok(Self { tokens, tenants, key_ids: ring.key_ids().collect(), max_body, store, promises, shards, databunker })
    }
}

/// How many sessions a user may have; absent or empty for any number.
fn most_sessions(setting: Option<String>) -> Result<Option<u32>, ConfigError> {
    let Some(text) = setting.filter(|text| !text.trim().is_empty()) else { return Ok(None) };
    text.trim().parse().map(Some).map_err(|_| ConfigError::Setting("MAX_SESSIONS_PER_USER"))
}

impl Config {
    /// The rules' context of a tenant that has a token.
    #[must_use]
    pub fn context(&self, tenant: &Tenant) -> Option<&Context> {
        self.tenants.iter().find(|context| context.tenant() == tenant)
    }
}

fn shards(get: impl Fn(&str) -> Option<String>) -> Result<Shards, ConfigError> {
    let home = get("DURABLE_HOME").unwrap_or_default();
    let number = match get("DURABLE_SHARDS") {
        None => Shards::usual().number(),
        Some(text) => text.trim().parse().map_err(|_| ConfigError::Setting("DURABLE_SHARDS"))?,
    };
    Shards::new("", number).ok_or(ConfigError::Setting("DURABLE_SHARDS"))?;
    Shards::new(home.trim(), number).ok_or(ConfigError::Setting("DURABLE_HOME"))
}

/// Why the settings were refused. The message says what to set and never repeats a value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ConfigError {
    /// The keyring does not parse.
    Keys(KeyringError),
    /// A key of FORMAT.md's known answers is in the keyring.
    KnownAnswerKey,
    /// There is no keyring.
    NoKeys,
    /// The keyring has no lookup key.
    NoLookupKey,
    /// No KV namespace is bound.
    NoNamespace,
    /// No Durable Objects are bound.
    NoShards,
    /// A setting is not a number, not a duration or out of bounds.
    Setting(&'static str),
    /// The token lists do not parse.
    Tokens(TokenError),
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keys(error) => write!(f, "set SESSION_KEYS: {error}"),
            Self::KnownAnswerKey => f.write_str("set SESSION_KEYS: it holds a key that is printed in docs/FORMAT.md"),
            Self::NoKeys => f.write_str("set the secret SESSION_KEYS to a keyring: slk1_…,ssk1_…"),
            Self::NoLookupKey => f.write_str("set SESSION_KEYS: it has no lookup key (slk1_…)"),
            Self::NoNamespace => f.write_str("bind a KV namespace as SESSIONS (see wrangler.toml)"),
            Self::NoShards => f.write_str("bind the Durable Object class SessionShard as SHARDS (see wrangler.toml)"),
            Self::Setting(name) => write!(f, "set {name}: out of bounds or not of its form (see wrangler.toml)"),
            Self::Tokens(error) => write!(f, "set API_TOKENS: {error}"),
        }
    }
}

impl core::error::Error for ConfigError {}

/// Bytes. Sessions are small; what needs more can say so.
const DEFAULT_MAX_BODY: usize = 256 * 1024;
/// Seconds: what Databunker takes where nothing is said.
const DEFAULT_MAX_EXPIRATION: u32 = 3600;
/// Seconds: what KV documents.
const DEFAULT_VISIBILITY: u32 = 60;
/// The keys of FORMAT.md's known answers: everybody has them.
const KNOWN_ROOT_KEY: &str = "ssk1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const KNOWN_LOOKUP_KEY: &str = "slk1_YGFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6e3x9fn8";

#[cfg(test)]
mod tests {
    use super::*;

    fn read(settings: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let keys = Keyring::generate().unwrap();
        let get = |name: &str| {
            let set = settings.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
            set.or_else(|| (name == "SESSION_KEYS").then(|| keys.to_string()))
        };
        let tokens = settings.iter().filter(|(name, _)| name.starts_with("API_TOKENS"));
        let mut tokens: Vec<String> = tokens.map(|(_, value)| (*value).to_owned()).collect();
        if tokens.is_empty() {
            tokens.push(format!("dev default sessions {}", "ab".repeat(32)));
        }
        Config::read(get, &tokens)
    }

    #[test]
    fn defaults_are_enough() {
        let config = read(&[]).unwrap();
        assert_eq!(config.max_body, 262_144);
        assert_eq!(config.promises, Promises::eventual(60));
        assert_eq!(config.databunker, Databunker { full_listing: false, max_expiration: 3600 });
        assert_eq!(config.tenants.len(), 1);
    }

    #[test]
    fn the_store_is_chosen_and_its_promises_with_it() {
        let config = read(&[("STORE", "durable"), ("DURABLE_HOME", " weur "), ("DURABLE_SHARDS", "8"), ("IDLE", "1m")]);
        let config = config.unwrap();
        assert_eq!((config.store, config.promises), (StoreKind::Durable, Promises::EXACT));
        assert_eq!(Some(config.shards), Shards::new("weur", 8));
        for store in ["kv", "durable"] {
            let config = read(&[("STORE", store), ("DURABLE_HOME", "")]).unwrap();
            assert_eq!((config.store.name(), config.shards), (store, Shards::usual()));
        }
    }

    #[test]
    fn what_databunkers_clients_get_can_be_set() {
        let full = [("DATABUNKER_LISTING", " full "), ("DATABUNKER_MAX_EXPIRATION", "90d")];
        let full = read(&full).unwrap().databunker;
        assert_eq!(full, Databunker { full_listing: true, max_expiration: 90 * 86400 });
        let short = [("LONGEST_ABSOLUTE", "30m"), ("ABSOLUTE", "30m"), ("IDLE", "30m")];
        assert_eq!(read(&short).unwrap().databunker.max_expiration, 1800);
    }

    #[test]
    fn missing_malformed_and_published_keys_are_refused() {
        assert_eq!(read(&[("SESSION_KEYS", " ")]).unwrap_err(), ConfigError::NoKeys);
        assert_eq!(read(&[("SESSION_KEYS", "secret")]).unwrap_err(), ConfigError::Keys(KeyringError::Malformed));
        for known in [KNOWN_LOOKUP_KEY, KNOWN_ROOT_KEY] {
            let fresh = Keyring::generate().unwrap();
            let (lookup, root) = fresh.split_once(',').unwrap();
            let ring =
                if known.starts_with("slk1_") { format!("{known},{root}") } else { format!("{lookup},{root},{known}") };
            assert_eq!(read(&[("SESSION_KEYS", &ring)]).unwrap_err(), ConfigError::KnownAnswerKey);
            assert_eq!(read(&[("SESSION_KEYS", root)]).unwrap_err(), ConfigError::NoLookupKey);
        }
    }

    #[test]
    fn settings_out_of_bounds_are_refused_by_name() {
        for (name, value) in [
            ("IDLE", "8d"),
            ("IDLE", "0"),
            ("IDLE", "9m"),
            ("IDLE", ""),
            ("ABSOLUTE", "401d"),
            ("ABSOLUTE", "1 week"),
            ("LONGEST_ABSOLUTE", "4000d"),
            ("KV_VISIBILITY", "3601"),
            ("KV_VISIBILITY", "29"),
            ("KV_VISIBILITY", "-1"),
            ("MAX_BODY", "0"),
            ("MAX_BODY", "1048577"),
            ("MAX_BODY", "1e3"),
            ("STORE", "redis"),
            ("DURABLE_HOME", "Frankfurt"),
            ("DURABLE_SHARDS", "0"),
            ("DURABLE_SHARDS", "257"),
            ("DURABLE_SHARDS", "many"),
            ("DATABUNKER_LISTING", ""),
            ("DATABUNKER_LISTING", "all"),
            ("DATABUNKER_MAX_EXPIRATION", "0"),
            ("DATABUNKER_MAX_EXPIRATION", "401d"),
            ("DATABUNKER_MAX_EXPIRATION", "1 month"),
        ] {
            assert_eq!(read(&[(name, value)]).unwrap_err(), ConfigError::Setting(name), "{name}={value}");
        }
    }

    #[test]
    fn no_message_repeats_a_secret() {
        let error = read(&[("SESSION_KEYS", "ssk1_hunter2")]).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"));
        let error = read(&[("API_TOKENS", "dev default sessions hunter2")]).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }
}
