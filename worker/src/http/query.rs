//! The query of a call that answers in pages: how many at most, and where to go on.

use super::problem::Problem;
use crate::percent;

/// `?limit` and `?cursor`. A parameter that there is not is refused, like a field that there is not.
#[derive(Debug, Default, Eq, PartialEq)]
pub(super) struct Paging {
    pub(super) limit: Option<usize>,
    pub(super) cursor: Option<String>,
}

impl Paging {
    pub(super) fn parse(query: &str, most: usize) -> Result<Self, Problem> {
        let mut paging = Self::default();
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            match name {
                "limit" if most > 0 => {
                    let limit = value.parse().ok().filter(|limit| (1..=most).contains(limit));
                    paging.limit = Some(limit.ok_or_else(|| Problem::invalid_query("limit", "1 to 100"))?);
                }
                "cursor" => {
                    let cursor = percent::decode(value).filter(|cursor| (1..=MAX_CURSOR_LEN).contains(&cursor.len()));
                    let cursor =
                        cursor.ok_or_else(|| Problem::invalid_query("cursor", "`next` of the answer before"))?;
                    paging.cursor = Some(cursor);
                }
                _ => return Err(Problem::invalid_query(name.get(..MAX_SHOWN).unwrap_or(name), "no such parameter")),
            }
        }
        Ok(paging)
    }
}

/// Bytes. What KV gives has some 200.
const MAX_CURSOR_LEN: usize = 1024;
/// Bytes of an unknown parameter's name that are repeated to the caller.
const MAX_SHOWN: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_read_and_others_refused() {
        let parse = |query| Paging::parse(query, 100);
        assert_eq!(parse(""), Ok(Paging::default()));
        assert_eq!(parse("limit=7&cursor=a%3Ab"), Ok(Paging { limit: Some(7), cursor: Some("a:b".to_owned()) }));
        for bad in ["limit=0", "limit=101", "limit=x", "limit", "cursor=", "cursor=%f", "user=ada", "ä=1"] {
            assert_eq!(parse(bad).unwrap_err().code, "invalid_query", "{bad}");
        }
        assert!(Paging::parse("limit=1", 0).is_err());
    }
}
