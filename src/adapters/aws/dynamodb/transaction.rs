//! A commit as one transaction: what is written under which condition, and what
//! each refused condition means to the port.

use std::collections::HashSet;

use aws_sdk_dynamodb::types::{CancellationReason, TransactWriteItem};
use jiff::Timestamp;

use super::expression::{Change, Deed};
use super::failed::CONDITION;
use super::items::{Draft, Item, maybe, number, string, to_json};
use super::jobs;
use super::keys::{self, Key};
use super::requests::{BESIDE, holder, index_keys, short_id};
use super::table::BY;
use crate::adapters::system::SystemIds;
use crate::domain::event::Recorded;
use crate::domain::ids::RequestId;
use crate::ports::clock::Ids as _;
use crate::ports::store::{Commit, Holder, Lock, StoreError, Stored};

/// Actions and bytes one transaction takes.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>
const MOST_ACTIONS: usize = 100;
const LARGEST: usize = 4 * 1024 * 1024 - 64 * 1024;

const NEW: &str = "attribute_not_exists(#pk)";
const VERSION: &str = "#version = :expected";
const FREE_OR_PASSED_ON: &str = "attribute_not_exists(#pk) OR #note = :seen";
const FREE_OR_OURS: &str = "attribute_not_exists(#pk) OR #request = :request";

/// What an action is for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Role {
    Settle,
    Head,
    Event,
    /// Leads from the short id to the request; several may have the same, so nothing stands in its way.
    ShortId,
    Acquire(String),
    /// A lock to give back: left out when it is somebody else's.
    Release,
    /// Left out when its key is known.
    Job,
}

/// A commit that is ready to be sent.
pub(super) struct Transaction {
    pub(super) request: RequestId,
    /// The version that must be stored now; 0: none.
    pub(super) expected: u64,
    pub(super) not_after: Option<Timestamp>,
    /// The job it settles, with the lease.
    pub(super) settles: Option<(Key, String)>,
    /// Names this commit in what it writes.
    pub(super) by: String,
    /// The item that carries `by` for good once the commit took effect.
    pub(super) proof: Key,
    /// Same actions, same token: DynamoDB does not run the same one twice within ten minutes.
    pub(super) token: String,
    actions: Vec<(Role, Change)>,
}

impl Transaction {
    pub(super) fn of(commit: &Commit, now: Timestamp) -> Stored<Self> {
        let id = commit.request.id;
        let version = commit.request.head.seq;
        let expected = commit.events.first().map_or(version, |event| event.seq.saturating_sub(1));
        let proof = commit.events.last().map_or(keys::head(id), |event| keys::event(id, event.seq));
        let settles =
            commit.settle.as_ref().map(|(key, lease, _)| Ok((keys::job(key)?, lease.0.clone()))).transpose()?;
        let (by, token) = (SystemIds.nonce(), SystemIds.nonce());
        let (not_after, actions) = (commit.not_after, Vec::new());
        let mut this = Self { request: id, expected, not_after, settles, by, proof, token, actions };
        if let Some((key, lease, settlement)) = &commit.settle {
            let change = jobs::settlement_of(key, lease, settlement, (now, &this.by))?;
            this.actions.push((Role::Settle, change));
        }
        this.add_head(commit)?;
        commit.events.iter().try_for_each(|event| this.add_event(event))?;
        this.add_locks(&commit.acquire, &commit.release)?;
        this.add_jobs(commit)?;
        this.bounded()
    }

    fn add_head(&mut self, commit: &Commit) -> Stored<()> {
        let request = &commit.request;
        let key = keys::head(request.id);
        let mut head = Draft::at(&key)
            .number("version", request.head.seq)
            .text("state", request.state.word())
            .text("body", to_json(request)?)
            .text(BY, &self.by);
        for (name, value) in index_keys(request) {
            head = head.text(name, value);
        }
        let (condition, values) = match self.expected {
            0 => (NEW, vec![]),
            expected => (VERSION, vec![(":expected", number(expected))]),
        };
        let deed = Deed::Put(head.finish()?);
        self.actions.push((Role::Head, Change { key, deed, condition: Some(condition), values }));
        if self.expected == 0 {
            let key = short_id(request.id);
            let deed = Deed::Put(Draft::at(&key).finish()?);
            self.actions.push((Role::ShortId, Change { key, deed, condition: None, values: vec![] }));
        }
        Ok(())
    }

    fn add_event(&mut self, event: &Recorded) -> Stored<()> {
        let key = keys::event(self.request, event.seq);
        let item = Draft::at(&key).text("body", to_json(event)?).text(BY, &self.by).finish()?;
        // The head's condition implies it; an event is never overwritten all the same.
        let change = Change { key, deed: Deed::Put(item), condition: Some(NEW), values: vec![] };
        self.actions.push((Role::Event, change));
        Ok(())
    }

    fn add_locks(&mut self, acquire: &[Lock], release: &[String]) -> Stored<()> {
        let released: HashSet<&String> = release.iter().collect();
        let mut taken = HashSet::new();
        for lock in acquire {
            if !taken.insert(&lock.name) {
                let holder = Holder { request: self.request, note: lock.note.clone() };
                return Err(StoreError::Held { name: lock.name.clone(), holder });
            }
            let beside = acquire.iter().map(|other| &other.name).filter(|name| **name != lock.name).collect::<Vec<_>>();
            let deed = match (released.contains(&lock.name), &lock.takes_over) {
                (false, _) => Deed::Put(self.lock_item(lock, &beside)?),
                // Taken and given back in one commit: it must be free, and stays so.
                (true, None) => Deed::Check,
                (true, Some(_)) => Deed::Delete,
            };
            let (condition, values) = match &lock.takes_over {
                None => (NEW, vec![]),
                Some(seen) => (FREE_OR_PASSED_ON, vec![(":seen", string(seen))]),
            };
            let change = Change { key: keys::lock(&lock.name)?, deed, condition: Some(condition), values };
            self.actions.push((Role::Acquire(lock.name.clone()), change));
        }
        for name in released.into_iter().filter(|name| !taken.contains(name)) {
            let (key, values) = (keys::lock(name)?, vec![(":request", string(self.request.to_string()))]);
            let change = Change { key, deed: Deed::Delete, condition: Some(FREE_OR_OURS), values };
            self.actions.push((Role::Release, change));
        }
        Ok(())
    }

    fn lock_item(&self, lock: &Lock, beside: &[&String]) -> Stored<Item> {
        let item = Draft::at(&keys::lock(&lock.name)?)
            .text("request", self.request.to_string())
            .text("note", &lock.note)
            .text(BY, &self.by);
        // A note is read by who acts on it; see `requests::locks`.
        let told = !lock.note.is_empty() && !beside.is_empty();
        let item = if told { item.text(BESIDE, to_json(&beside)?) } else { item };
        item.finish()
    }

    fn add_jobs(&mut self, commit: &Commit) -> Stored<()> {
        let mut known: HashSet<&String> = commit.settle.iter().map(|(key, ..)| key).collect();
        for job in &commit.jobs {
            if known.insert(&job.key) {
                self.actions.push((Role::Job, jobs::promise_of(job, &self.by)?));
            }
        }
        Ok(())
    }

    fn bounded(self) -> Stored<Self> {
        let count = self.actions.len();
        if count > MOST_ACTIONS {
            let text = format!("a commit of {count} items; DynamoDB takes {MOST_ACTIONS} at once");
            return Err(StoreError::TooLarge(text));
        }
        let size: usize = self.actions.iter().map(|(_, change)| change.size()).sum();
        if size > LARGEST {
            return Err(StoreError::TooLarge(format!("a commit of {size} bytes; DynamoDB takes {LARGEST} at once")));
        }
        Ok(self)
    }

    pub(super) fn actions(&self, table: &str) -> Stored<Vec<TransactWriteItem>> {
        self.actions.iter().map(|(_, change)| change.action(table)).collect()
    }

    /// Whether this very commit is what its conditions met.
    pub(super) fn met_itself(&self, reasons: &[CancellationReason]) -> bool {
        let head = self.actions.iter().zip(reasons).find(|((role, _), _)| *role == Role::Head);
        let item = head.and_then(|(_, reason)| reason.item());
        item.and_then(|item| maybe(item, BY)) == Some(&self.by)
    }

    /// What the refused conditions mean: the port's error, or the same commit
    /// without what the port allows to be left out.
    pub(super) fn judge(mut self, reasons: &[CancellationReason]) -> Stored<Self> {
        let failed: Vec<bool> = reasons.iter().map(|reason| reason.code() == Some(CONDITION)).collect();
        let met = || self.actions.iter().map(|(role, _)| role).zip(reasons).zip(&failed).filter(|(_, failed)| **failed);
        if failed.len() != self.actions.len() || met().next().is_none() {
            return Err(StoreError::Unavailable("DynamoDB refused a transaction and did not say why".into()));
        }
        if met().any(|((role, _), _)| *role == Role::Settle) {
            return Err(StoreError::LeaseLost);
        }
        if met().any(|((role, _), _)| matches!(role, Role::Head | Role::Event)) {
            return Err(StoreError::Conflict);
        }
        for ((role, reason), _) in met() {
            if let Role::Acquire(name) = role {
                let item = reason.item().ok_or(StoreError::Conflict)?;
                return Err(StoreError::Held { name: name.clone(), holder: holder(item)? });
            }
        }
        let mut failed = failed.into_iter();
        self.actions.retain(|_| !failed.next().unwrap_or_default());
        self.token = SystemIds.nonce();
        Ok(self)
    }
}
