//! The vectors of tests/vectors, which a second implementation makes (tests/vectors/README.md).
//!
//! They run here and not from outside since they fix what callers cannot choose or see: salts, padding floors, keys in
//! between. The same tests run natively and, compiled to WebAssembly, in node: there the hash and the cipher are other code,
//! without the processor's instructions for them.

mod envelope;
mod ids;
mod published;
#[cfg(feature = "session")]
mod receipts;

use core::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error};

use crate::key::Keyring;
use crate::scope::Tenant;

/// Bytes that stand in hexadecimal in a vector. They print so too: a failure shows what the file shows.
#[derive(Clone, Eq, PartialEq)]
struct Hex(Vec<u8>);

impl Hex {
    fn of(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }

    fn array<const N: usize>(&self) -> [u8; N] {
        self.0.as_slice().try_into().unwrap()
    }
}

impl fmt::Debug for Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let digits = text.as_bytes().chunks(2).map(|pair| {
            let pair = core::str::from_utf8(pair).map_err(D::Error::custom)?;
            // `from_str_radix` would take a sign.
            let is_hex = pair.len() == 2 && pair.bytes().all(|byte| byte.is_ascii_hexdigit());
            is_hex.then(|| u8::from_str_radix(pair, 16).unwrap()).ok_or_else(|| D::Error::custom("not hexadecimal"))
        });
        digits.collect::<Result<_, _>>().map(Self)
    }
}

fn ring(text: &str, name: &str) -> Keyring {
    Keyring::parse(text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn tenant(text: &str, name: &str) -> Tenant {
    Tenant::parse(text).unwrap_or_else(|| panic!("{name}: {text} is not a tenant"))
}

/// A vector's name is how people speak of it, so there is one of each.
fn assert_distinct<'a>(names: impl Iterator<Item = &'a str>) {
    let mut seen = std::collections::BTreeSet::new();
    for name in names {
        assert!(seen.insert(name), "{name}: two vectors have this name");
    }
}
