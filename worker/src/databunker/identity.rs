//! Whose a session is: Databunker finds a user by one of five names, of which each becomes a user ID here, `login:ada`.

use sealed_session::UserId;
use sealed_session::session::Members;
use serde_json::value::RawValue;

use super::uuid::is_uuid;

/// Which of a user's names it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Mode {
    Custom,
    Email,
    Login,
    Phone,
    Token,
}

impl Mode {
    pub(super) fn parse(name: &str) -> Option<Self> {
        BY_RANK.into_iter().find(|mode| mode.name() == name)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Custom => "custom",
            Self::Email => "email",
            Self::Login => "login",
            Self::Phone => "phone",
            Self::Token => "token",
        }
    }

    /// The user who is called this; nobody where it is no such name, or longer than a user ID may be.
    pub(super) fn user(self, value: &str) -> Option<UserId> {
        let value = value.trim();
        let value = match self {
            Self::Custom | Self::Login => value.to_owned(),
            Self::Email => value.to_lowercase(),
            Self::Phone => phone(value)?,
            Self::Token => Some(value.to_owned()).filter(|token| is_uuid(token))?,
        };
        if value.is_empty() { None } else { UserId::parse(&format!("{}:{value}", self.name())) }
    }
}

/// The user that a session's data names. The first of the names that holds something decides, whoever that is; without one
/// the session is nobody's.
pub(super) fn user_in(data: &Members<'_>) -> Option<UserId> {
    let (mode, value) = BY_RANK.into_iter().find_map(|mode| {
        // Of two members with one name, the last one counts.
        let value = data.0.iter().rev().find(|(name, _)| name == mode.name()).map(|(_, value)| text(value));
        value.filter(|value| !value.is_empty()).map(|value| (mode, value))
    })?;
    mode.user(&value)
}

/// A text, trimmed, or a number's whole part; all else is nothing.
fn text(value: &RawValue) -> String {
    if let Ok(text) = serde_json::from_str::<String>(value.get()) {
        return text.trim().to_owned();
    }
    if let Ok(number) = serde_json::from_str::<i64>(value.get()) {
        return number.to_string();
    }
    #[expect(clippy::cast_possible_truncation, reason = "casts from floats saturate")]
    serde_json::from_str::<f64>(value.get()).map_or(String::new(), |number| (number as i64).to_string())
}

/// A telephone number as `+` and digits. The original's default country is the United Kingdom.
fn phone(text: &str) -> Option<String> {
    if text == TEST_PHONE {
        return Some(text.to_owned());
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let digits = match digits.as_str() {
        "" => return None,
        _ if text.starts_with('+') => digits,
        abroad if abroad.starts_with("00") => abroad.trim_start_matches('0').to_owned(),
        home => format!("44{}", home.trim_start_matches('0')),
    };
    Some(format!("+{digits}"))
}

/// The first that is there decides.
const BY_RANK: [Mode; 5] = [Mode::Login, Mode::Email, Mode::Phone, Mode::Custom, Mode::Token];
/// A number that the original takes as it is.
const TEST_PHONE: &str = "4444";

#[cfg(test)]
mod tests {
    use sealed_session::session::members;

    use super::*;

    fn user(data: &str) -> Option<String> {
        user_in(&members(data.as_bytes()).unwrap()).map(|user| user.as_str().to_owned())
    }

    #[test]
    fn the_first_name_that_holds_something_decides() {
        for (data, linked) in [
            (r#"{"v":1}"#, None),
            (r#"{"login":"alice"}"#, Some("login:alice")),
            (r#"{"email":"a@b.c","login":"Alice"}"#, Some("login:Alice")),
            (r#"{"login":null,"email":" A@B.C "}"#, Some("email:a@b.c")),
            (r#"{"login":" ","email":true,"phone":{},"custom":7}"#, Some("custom:7")),
            (r#"{"custom":1.9}"#, Some("custom:1")),
            (r#"{"custom":12345678901234567}"#, Some("custom:12345678901234567")),
            (r#"{"login":"a","login":"b"}"#, Some("login:b")),
            (r#"{"token":"11111111-2222-4333-8444-555555555555"}"#, Some("token:11111111-2222-4333-8444-555555555555")),
            (r#"{"token":"abc"}"#, None),
            (r#"{"phone":"none","custom":"x"}"#, None),
        ] {
            assert_eq!(user(data).as_deref(), linked, "{data}");
        }
        assert_eq!(user(&format!(r#"{{"login":"{}"}}"#, "x".repeat(251))), None, "longer than a user ID may be");
    }

    #[test]
    fn a_phone_number_is_the_same_however_it_is_written() {
        for same in ["+44 7700 900123", "0044-7700-900123", "07700 900123", "7700900123", "+447700900123"] {
            assert_eq!(Mode::Phone.user(same).unwrap().as_str(), "phone:+447700900123", "{same}");
        }
        assert_eq!(Mode::Phone.user("4444").unwrap().as_str(), "phone:4444");
    }
}
