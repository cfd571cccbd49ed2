//! API tokens: who may call, for which tenant, and what.
//!
//! A token is `sst_` and 43 base64url characters: 32 random bytes. The deployment keeps its SHA-256, which is enough for
//! a secret that nobody can guess, and which a reader of the settings can do nothing with.

use core::fmt;

use sealed_session::Tenant;
use sha2::{Digest, Sha256};

/// A caller that the deployment knows.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Token {
    /// What the operator calls it; stands in the log.
    pub name: String,
    /// Whose sessions it reaches.
    pub tenant: Tenant,
    scopes: Vec<Scope>,
}

impl Token {
    /// Whether it may make calls of this kind.
    #[must_use]
    pub fn allows(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }
}

/// A kind of calls.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Scope {
    /// The deployment's state.
    Admin,
    /// Sessions by their IDs.
    Sessions,
    /// Everything about one user.
    Users,
}

impl Scope {
    fn parse(name: &str) -> Option<Self> {
        match name {
            "admin" => Some(Self::Admin),
            "sessions" => Some(Self::Sessions),
            "users" => Some(Self::Users),
            _ => None,
        }
    }
}

/// All tokens, by their SHA-256. A deployment has a handful, so they are looked through.
#[derive(Debug, Default)]
pub struct Tokens(Vec<([u8; 32], Token)>);

impl Tokens {
    /// Reads lines `name tenant scopes sha256hex`; empty lines and those that start with `#` are passed over.
    ///
    /// # Errors
    ///
    /// See [`TokenError`], which names a line by its number only.
    pub fn parse<'a>(lines: impl Iterator<Item = &'a str>) -> Result<Self, TokenError> {
        let mut tokens: Vec<([u8; 32], Token)> = Vec::new();
        for (number, line) in (1..).zip(lines) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (digest, token) = parse_line(line).ok_or(TokenError::Malformed(number))?;
            if tokens.iter().any(|(known, _)| *known == digest) {
                return Err(TokenError::Repeated(number));
            }
            tokens.push((digest, token));
        }
        if tokens.is_empty() { Err(TokenError::None) } else { Ok(Self(tokens)) }
    }

    /// The caller that an `Authorization` header names.
    #[must_use]
    pub fn bearer(&self, authorization: &str) -> Option<&Token> {
        let (scheme, token) = authorization.split_once(' ')?;
        if scheme.eq_ignore_ascii_case("bearer") { self.find(token) } else { None }
    }

    /// The caller who has this token. It is compared by hash: how long that takes tells nothing about a token that is not
    /// already known.
    #[must_use]
    pub fn find(&self, token: &str) -> Option<&Token> {
        let random = token.strip_prefix(TOKEN_PREFIX)?;
        if random.len() != TOKEN_RANDOM_LEN {
            return None;
        }
        let digest: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        self.0.iter().find(|(known, _)| *known == digest).map(|(_, token)| token)
    }

    /// Every token.
    pub fn iter(&self) -> impl Iterator<Item = &Token> {
        self.0.iter().map(|(_, token)| token)
    }
}

fn parse_line(line: &str) -> Option<([u8; 32], Token)> {
    let mut fields = line.split_ascii_whitespace();
    let (name, tenant, scopes, digest) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    if fields.next().is_some() {
        return None;
    }
    let scopes = scopes.split(',').map(Scope::parse).collect::<Option<Vec<_>>>()?;
    Some((parse_hex(digest)?, Token { name: name.to_owned(), tenant: Tenant::parse(tenant)?, scopes }))
}

fn parse_hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    let digits = text.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
        for digit in pair {
            let value = char::from(*digit).to_digit(16).and_then(|value| u8::try_from(value).ok())?;
            *byte = (*byte << 4) | value;
        }
    }
    Some(bytes)
}

/// Why the token lists were refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TokenError {
    /// A line has not the form of one.
    Malformed(usize),
    /// There is no token at all.
    None,
    /// A line repeats an earlier token.
    Repeated(usize),
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(line) => write!(
                f,
                "line {line} is not `name tenant scopes sha256`: scopes are sessions, users, admin joined by commas, \
                 sha256 is the token's SHA-256 in 64 hexadecimal digits"
            ),
            Self::None => f.write_str("there is none, and nobody is let in without one"),
            Self::Repeated(line) => write!(f, "line {line} repeats the token of an earlier one"),
        }
    }
}

impl core::error::Error for TokenError {}

const TOKEN_PREFIX: &str = "sst_";
/// Characters of 32 random bytes.
const TOKEN_RANDOM_LEN: usize = 43;

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "sst_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    /// `printf %s sst_AAA… | sha256sum`
    const DIGEST: &str = "8c3a6677076f46cae7808d95f91e907033b5d4470ee7981c968d07c07f4a4248";

    fn tokens(text: &str) -> Result<Tokens, TokenError> {
        Tokens::parse(text.lines())
    }

    #[test]
    fn lines_that_are_not_tokens_are_refused_by_number() {
        for bad in [
            "dev default sessions",
            &format!("dev default root {DIGEST}"),
            &format!("dev default sessions {DIGEST} more"),
            &format!("dev de/fault sessions {DIGEST}"),
            &format!("dev default sessions {DIGEST}0"),
            &format!("dev default sessions {}", DIGEST.replace('2', "g")),
        ] {
            assert_eq!(tokens(&format!("# ours\n\n{bad}")).unwrap_err(), TokenError::Malformed(3), "{bad}");
        }
        let line = format!("dev default sessions {DIGEST}");
        assert_eq!(tokens(&format!("{line}\n{line}")).unwrap_err(), TokenError::Repeated(2));
        assert_eq!(tokens("\n# nobody\n").unwrap_err(), TokenError::None);
    }

    #[test]
    fn only_the_whole_token_is_let_in() {
        let tokens = tokens(&format!("dev acme sessions,users {DIGEST}")).unwrap();
        let token = tokens.bearer(&format!("Bearer {TOKEN}")).unwrap();
        assert_eq!((token.name.as_str(), token.tenant.as_str()), ("dev", "acme"));
        assert!(token.allows(Scope::Sessions) && token.allows(Scope::Users) && !token.allows(Scope::Admin));
        for refused in [
            "",
            "Bearer",
            "Bearer ",
            TOKEN,
            &format!("Basic {TOKEN}"),
            &format!("Bearer  {TOKEN}"),
            &format!("Bearer {TOKEN}A"),
            &format!("Bearer {}", TOKEN.replace("AAA", "AAB")),
        ] {
            assert_eq!(tokens.bearer(refused), None, "{refused}");
        }
    }
}
