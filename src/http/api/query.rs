//! The parameters of a list: all of them checked in one go, every wrong one named.

use axum::http::Uri;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use url::form_urlencoded;

use crate::domain::ids::RequestId;
use crate::domain::request::State;
use crate::domain::text::shortened;
use crate::domain::validate;
use crate::http::problem::{FieldError, Problem};
use crate::service::Wanted;

/// Requests on a page when nobody says how many.
const USUAL: usize = 25;
/// Requests on a page at most.
const MOST: usize = 100;
/// Wrong parameters that are named; more of them help nobody.
const MOST_FAULTS: usize = 20;

/// What a list is asked for.
#[derive(Debug, Clone, Default)]
pub(super) struct Query {
    pub wanted: Wanted,
    /// Only what waits for the caller's decision.
    pub waiting_for_me: bool,
}

impl Query {
    /// Reads the query string.
    ///
    /// # Errors
    /// 400 naming every wrong parameter.
    pub(super) fn read(uri: &Uri) -> Result<Self, Problem> {
        let mut query = Self { wanted: Wanted { limit: USUAL, ..Wanted::default() }, ..Self::default() };
        let (mut faults, mut seen) = (Vec::new(), Vec::new());
        for (name, value) in form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
            let outcome =
                if seen.contains(&name) { Err("Give it once.".to_owned()) } else { query.take(&name, &value) };
            faults.extend(outcome.err().map(|message| FieldError { field: shortened(&name, 64), message }));
            seen.push(name);
            if faults.len() == MOST_FAULTS {
                break;
            }
        }
        if query.waiting_for_me && query.wanted.state.is_some_and(|state| state != State::Pending) {
            let message = "Only pending requests wait for a decision: leave `state` out.".to_owned();
            faults.push(FieldError { field: "state".to_owned(), message });
        }
        if faults.is_empty() { Ok(query) } else { Err(Problem::bad_parameters(faults)) }
    }

    fn take(&mut self, name: &str, value: &str) -> Result<(), String> {
        match name {
            "state" => self.wanted.state = Some(state(value)?),
            "requester" => self.wanted.requester = Some(validate::person_email(value)?),
            "limit" => self.wanted.limit = limit(value)?,
            "cursor" => self.wanted.before = Some(read_cursor(value)?),
            "waiting_for" if value == "me" => self.waiting_for_me = true,
            "waiting_for" => return Err("Only `me` is understood here.".to_owned()),
            _ => {
                let known = "state, requester, waiting_for, limit, cursor";
                return Err(format!("There is no such parameter. The parameters are: {known}."));
            }
        }
        Ok(())
    }
}

fn state(value: &str) -> Result<State, String> {
    State::parse(value).ok_or_else(|| format!("Use one of: {}.", State::ALL.map(State::word).join(", ")))
}

fn limit(value: &str) -> Result<usize, String> {
    let limit = value.parse().ok().filter(|limit| (1..=MOST).contains(limit));
    limit.ok_or_else(|| format!("Give a whole number from 1 to {MOST}."))
}

/// What a next page is asked for with. Programs must not look inside.
#[must_use]
pub fn cursor(before: RequestId) -> String {
    URL_SAFE_NO_PAD.encode(format!("before:{before}"))
}

/// Reads it back.
///
/// # Errors
/// A sentence for the program that gave something else.
pub fn read_cursor(value: &str) -> Result<RequestId, String> {
    let bytes = URL_SAFE_NO_PAD.decode(value).ok();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    let id = text.as_deref().and_then(|text| text.strip_prefix("before:")).and_then(|id| id.parse().ok());
    // An id may be written in several ways, a cursor in one.
    id.filter(|id| cursor(*id) == value)
        .ok_or_else(|| "Give the `next_cursor` of the page before as it was answered, or leave it out.".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back_and_nothing_else_is() {
        let id: RequestId = "01JCZK5W8Q2M3N4P5R6S7T8V9W".parse().unwrap();
        assert_eq!(read_cursor(&cursor(id)), Ok(id));
        let small = URL_SAFE_NO_PAD.encode("before:01jczk5w8q2m3n4p5r6s7t8v9w");
        for other in
            ["", "x", "01JCZK5W8Q2M3N4P5R6S7T8V9W", &URL_SAFE_NO_PAD.encode("before:"), &small, "%00", "====", "Ω"]
        {
            assert!(read_cursor(other).is_err(), "{other}");
        }
    }

    #[test]
    fn every_wrong_parameter_is_named() {
        let uri: Uri = "/?state=done&limit=0&cursor=x&waiting_for=you&colour=red&state=ready".parse().unwrap();
        let problem = Query::read(&uri).err().unwrap();
        let fields: Vec<_> = problem.errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!((problem.status, fields), (400, vec!["state", "limit", "cursor", "waiting_for", "colour", "state"]));
    }
}
