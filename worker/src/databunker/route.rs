//! Which call a path is.

use super::identity::Mode;
use crate::percent;

/// What can be called. An ID or an identity is as the path has it, decoded, whatever it is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Route {
    Session(String),
    SessionDelete,
    SessionGet,
    SessionListUserSessions,
    SessionUpsert,
    Status,
    /// As documented, and never routed by the original.
    UserSession(Identity),
    UserSessions(Identity),
}

/// Whom a path names: `None` where there is no such mode.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Identity {
    pub(super) mode: Option<Mode>,
    pub(super) value: String,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Method {
    Delete,
    Get,
    Options,
    Post,
}

impl Method {
    pub(super) fn parse(method: &str) -> Option<Self> {
        match method {
            "DELETE" => Some(Self::Delete),
            "GET" => Some(Self::Get),
            "OPTIONS" => Some(Self::Options),
            "POST" => Some(Self::Post),
            _ => None,
        }
    }
}

impl Route {
    /// The table of routes. Escapes are decoded in each segment by itself; an empty last one is passed over.
    pub(super) fn find(path: &str) -> Option<Self> {
        let path = path.strip_prefix('/')?;
        let path = path.strip_suffix('/').unwrap_or(path);
        let segments = path.split('/').map(percent::decode).collect::<Option<Vec<_>>>()?;
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let identity = |mode, value: &str| Identity { mode: Mode::parse(mode), value: value.to_owned() };
        match *segments.as_slice() {
            ["status"] | ["v1", "status"] => Some(Self::Status),
            ["v1", "session", id] | ["v1", "session", "session", id] => Some(Self::Session(id.to_owned())),
            ["v1", "session", mode, value] => {
                Some(Self::UserSession(identity(mode, value))).filter(|_| Mode::parse(mode).is_some())
            }
            ["v1", "sessions", mode, value] => Some(Self::UserSessions(identity(mode, value))),
            ["v2", "SessionDelete"] => Some(Self::SessionDelete),
            ["v2", "SessionGet"] => Some(Self::SessionGet),
            ["v2", "SessionListUserSessions"] => Some(Self::SessionListUserSessions),
            ["v2", "SessionUpsert"] => Some(Self::SessionUpsert),
            _ => None,
        }
    }

    pub(super) const fn template(&self) -> &'static str {
        match self {
            Self::Session(_) => "/databunker/v1/session/{session}",
            Self::SessionDelete => "/databunker/v2/SessionDelete",
            Self::SessionGet => "/databunker/v2/SessionGet",
            Self::SessionListUserSessions => "/databunker/v2/SessionListUserSessions",
            Self::SessionUpsert => "/databunker/v2/SessionUpsert",
            Self::Status => "/databunker/v1/status",
            Self::UserSession(_) => "/databunker/v1/session/{mode}/{identity}",
            Self::UserSessions(_) => "/databunker/v1/sessions/{mode}/{identity}",
        }
    }

    pub(super) const fn methods(&self) -> &'static [Method] {
        match self {
            Self::Session(_) => &[Method::Delete, Method::Get, Method::Post],
            Self::UserSession(_) => &[Method::Get, Method::Post],
            Self::Status | Self::UserSessions(_) => &[Method::Get],
            Self::SessionDelete | Self::SessionGet | Self::SessionListUserSessions | Self::SessionUpsert => {
                &[Method::Post]
            }
        }
    }

    /// [`Self::methods`] for the header `Allow`.
    pub(super) const fn allow(&self) -> &'static str {
        match self {
            Self::Session(_) => "DELETE, GET, OPTIONS, POST",
            Self::UserSession(_) => "GET, OPTIONS, POST",
            Self::Status | Self::UserSessions(_) => "GET, OPTIONS",
            Self::SessionDelete | Self::SessionGet | Self::SessionListUserSessions | Self::SessionUpsert => {
                "OPTIONS, POST"
            }
        }
    }

    /// Whether it is about one user rather than one session.
    pub(super) fn is_list(&self, method: Method) -> bool {
        match self {
            Self::SessionListUserSessions | Self::UserSessions(_) => true,
            Self::UserSession(_) => method == Method::Get,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_decoded_segment_by_segment() {
        let session = |id: &str| Some(Route::Session(id.to_owned()));
        assert_eq!(Route::find("/v1/session/5e%2D51"), session("5e-51"));
        assert_eq!(Route::find("/v1/session/session/5e51/"), session("5e51"));
        let named = |mode, value: &str| Identity { mode, value: value.to_owned() };
        let listed = Route::find("/v1/sessions/email/ada%2Fb%40example.org");
        assert_eq!(listed, Some(Route::UserSessions(named(Some(Mode::Email), "ada/b@example.org"))));
        assert_eq!(Route::find("/v1/sessions/name/ada"), Some(Route::UserSessions(named(None, "ada"))));
        assert_eq!(Route::find("/v1/session/login/ada"), Some(Route::UserSession(named(Some(Mode::Login), "ada"))));
        for other in ["", "/", "/v1", "/v1/session", "/v1/session/name/ada", "/v1/session/%zz", "/v2/UserGet", "/v3/x"]
        {
            assert_eq!(Route::find(other), None, "{other}");
        }
    }
}
