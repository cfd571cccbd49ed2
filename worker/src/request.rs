//! A request, whoever brought it: a platform, or a test.

/// A request, as far as anybody looks at it.
#[expect(async_fn_in_trait, reason = "one isolate, one thread: no future is ever sent")]
pub trait Incoming {
    /// The method, in capitals.
    fn method(&self) -> &str;
    /// The path, without the query.
    fn path(&self) -> &str;
    /// The query, without its question mark; empty where there is none.
    fn query(&self) -> &str;
    /// A header's value.
    fn header(&self, header: Header) -> Option<&str>;
    /// The body, or `None` if it is longer than `limit` bytes; no more than that is ever held.
    ///
    /// # Errors
    ///
    /// [`Broken`].
    async fn body(&mut self, limit: usize) -> Result<Option<Vec<u8>>, Broken>;
}

/// The body broke off.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Broken;

/// A header that somebody looks at. There are no others: a platform hands over these and keeps the rest.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Header {
    /// Who is calling.
    Authorization,
    /// The tenant, as Databunker's clients say it.
    BunkerTenant,
    /// Who is calling, as Databunker's clients say it.
    BunkerToken,
    /// How long the body is said to be.
    ContentLength,
    /// What the body is said to be.
    ContentType,
    /// The version that a write is meant for.
    IfMatch,
    /// What an erasure came to so far.
    Receipt,
    /// The session.
    SessionId,
    /// Whether a read relies on nothing that it knew.
    Strict,
    /// The user, percent-encoded.
    UserId,
}

impl Header {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Authorization,
        Self::BunkerTenant,
        Self::BunkerToken,
        Self::ContentLength,
        Self::ContentType,
        Self::IfMatch,
        Self::Receipt,
        Self::SessionId,
        Self::Strict,
        Self::UserId,
    ];

    /// The name, in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Authorization => "authorization",
            Self::BunkerTenant => "x-bunker-tenant",
            Self::BunkerToken => "x-bunker-token",
            Self::ContentLength => "content-length",
            Self::ContentType => "content-type",
            Self::IfMatch => "if-match",
            Self::Receipt => "receipt",
            Self::SessionId => "session-id",
            Self::Strict => "strict",
            Self::UserId => "user-id",
        }
    }
}
