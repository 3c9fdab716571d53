//! Names that are pure functions of a request id: nothing here knows a clock or
//! a random source, so a retry always computes the name the first try used.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use ulid::Ulid;

use super::set::StageName;

/// The identity of one request: a ULID, so ids sort by the time they were made.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestId(Ulid);

/// How many trailing ULID characters the short form shows (40 random bits).
const SHORT_LENGTH: usize = 8;

impl RequestId {
    /// Wraps a ULID.
    #[must_use]
    pub const fn new(ulid: Ulid) -> Self {
        Self(ulid)
    }

    /// The form shown to people: `req-` and the last eight characters, lower case.
    #[must_use]
    pub fn short(self) -> String {
        format!("req-{}", self.short_key())
    }

    /// The part of [`Self::short`] behind `req-`; stores index it.
    #[must_use]
    pub fn short_key(self) -> String {
        let full = self.0.to_string().to_ascii_lowercase();
        full[full.len() - SHORT_LENGTH..].to_owned()
    }

    /// The Service Catalog provisioned-product name, unique and immutable
    /// (`[a-zA-Z0-9][a-zA-Z0-9._-]*`, at most 128 characters).
    #[must_use]
    pub fn product_name(self) -> String {
        format!("vend-{}", self.0)
    }

    /// The idempotency token of provisioning attempt `attempt` (1 is the first).
    #[must_use]
    pub fn provision_token(self, attempt: u32) -> String {
        format!("vend-{}-{attempt}", self.0)
    }

    /// The blueprint stack's name in the new account.
    #[must_use]
    pub fn stack_name(self) -> String {
        format!("vend-{}", self.0.to_string().to_ascii_lowercase())
    }

    /// The idempotency token of blueprint deployment attempt `attempt`.
    #[must_use]
    pub fn stack_token(self, attempt: u32) -> String {
        format!("vend-stack-{}-{attempt}", self.0)
    }

    /// The request of one account of a set: sorted next to its set's, and otherwise of no
    /// pattern that another request's id could have by chance.
    #[must_use]
    pub fn member(self, stage: StageName) -> Self {
        let digest = Sha256::digest(format!("{}/{}", self.0, stage.word()));
        let random = digest.iter().take(10).fold(0_u128, |number, byte| (number << 8) | u128::from(*byte));
        Self(Ulid::from_parts(self.0.timestamp_ms(), random))
    }

    /// The STS role session name used while working on this request (≤ 64 characters).
    #[must_use]
    pub fn role_session_name(self) -> String {
        format!("vend-{}", self.0)
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for RequestId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let text = text.trim().to_ascii_uppercase();
        // 26 characters hold 130 bits: of the first two that are too many `ulid` would say nothing.
        let fits = text.as_bytes().first().is_some_and(|first| (b'0'..=b'7').contains(first));
        Ulid::from_string(&text).map(Self).ok().filter(|_| fits).ok_or(NotAnId)
    }
}

/// What a person may type where a request is meant: the whole id or its short form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestRef {
    /// All 26 characters.
    Full(RequestId),
    /// The eight characters behind `req-`, lower case.
    Short(String),
}

impl FromStr for RequestRef {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let text = text.trim();
        if let Ok(id) = text.parse() {
            return Ok(Self::Full(id));
        }
        let lower = text.to_ascii_lowercase();
        let key = lower.strip_prefix("req-").unwrap_or(&lower);
        let well_formed = key.len() == SHORT_LENGTH && key.bytes().all(|b| b.is_ascii_alphanumeric());
        if well_formed { Ok(Self::Short(key.to_owned())) } else { Err(NotAnId) }
    }
}

/// The text is neither a ULID nor a short request id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a request id: give the 26-character id or its short form, like req-7f3k2a9q")]
pub struct NotAnId;

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "01JCZK5W8Q2M3N4P5R6S7T8V9W";

    #[test]
    fn a_request_is_found_by_its_long_and_its_short_name() {
        let id: RequestId = ID.parse().unwrap();
        assert_eq!(id.short(), "req-6s7t8v9w");
        assert_eq!(id.short().parse(), Ok(RequestRef::Short("6s7t8v9w".into())));
        assert_eq!(ID.to_lowercase().parse(), Ok(RequestRef::Full(id)));
        assert_eq!("req-../etc".parse::<RequestRef>(), Err(NotAnId));
        // Larger than any id, and not another way to write a smaller one.
        assert_eq!("VVVVVVVVVVVVVVVVVVVVVVVVVV".parse::<RequestRef>(), Err(NotAnId));
    }

    #[test]
    fn the_members_of_a_set_are_known_by_its_id_alone() {
        let id: RequestId = ID.parse().unwrap();
        let members = StageName::ALL.map(|stage| id.member(stage));
        assert_eq!(members, StageName::ALL.map(|stage| id.member(stage)));
        assert!(members[0] != members[1] && members[1] != members[2] && !members.contains(&id));
        assert!(members.iter().all(|member| member.to_string()[..10] == ID[..10]), "made at the same time");
    }

    #[test]
    fn derived_names_depend_on_the_id_alone() {
        let id: RequestId = ID.parse().unwrap();
        assert_eq!(id.product_name(), format!("vend-{ID}"));
        assert_eq!(id.provision_token(1), format!("vend-{ID}-1"));
        assert!(id.role_session_name().len() <= 64);
    }
}
