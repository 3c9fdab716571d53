//! What the table is made of, said once: `vend store create` makes it from
//! here, opening a store checks against it, and a test holds `deploy/table.yaml`
//! to it. Knows nothing of what the items mean.

/// Partition key of the table.
pub(super) const PK: &str = "pk";
/// Sort key of the table.
pub(super) const SK: &str = "sk";
/// The attribute DynamoDB's own clean-up goes by (seconds since 1970). It deletes days
/// late and decides nothing: every expiry is a condition in code.
pub const EXPIRY: &str = "gone_at";

/// A global secondary index. All keys are strings and all indexes hold keys only:
/// what is answered is read from the table itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Index {
    /// Its name.
    pub name: &'static str,
    /// Partition attribute; an item without it is not in the index.
    pub hash: &'static str,
    /// Sort attribute.
    pub range: &'static str,
}

/// Every request, newest last.
pub(super) const ALL: Index = Index { name: "all", hash: "listed", range: "id" };
/// Requests by state; jobs in trouble by kind of trouble.
pub(super) const BY_STATE: Index = Index { name: "by-state", hash: "in_state", range: "id" };
/// Requests by requester.
pub(super) const BY_REQUESTER: Index = Index { name: "by-requester", hash: "requester", range: "id" };
/// Requests by requester and state.
pub(super) const BY_BOTH: Index = Index { name: "by-requester-and-state", hash: "requester_state", range: "id" };
/// What waits for its time: jobs by when they may be claimed, requests in line by arrival.
pub(super) const WAITING: Index = Index { name: "waiting", hash: "waits", range: "since" };

/// All indexes of the table.
pub const INDEXES: [Index; 5] = [ALL, BY_STATE, BY_REQUESTER, BY_BOTH, WAITING];

/// The string attributes that are part of some key, each once.
#[must_use]
pub fn key_attributes() -> Vec<&'static str> {
    let mut names = vec![PK, SK];
    for name in INDEXES.iter().flat_map(|index| [index.hash, index.range]) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}
