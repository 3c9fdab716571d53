//! Account sets: dev, preprod and prod under one approval. A set is a request of its
//! own, the parent, whose spec carries the three accounts; each account is vended as a
//! member request that owes its approval to the parent's. Knows nothing of CDK's files.

pub mod check;
pub mod draft;
mod policies;
pub mod vending;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ids::RequestId;
use super::request::Request;
use super::spec::{AccountSpec, AccountType, SpecHash};

pub use self::policies::ExecutionPolicy;
pub use super::cdk_app::StageName;

/// What kind of account a stage is: people try things out in dev and depend on the other two.
#[must_use]
pub const fn account_type(stage: StageName) -> AccountType {
    match stage {
        StageName::Dev => AccountType::Sandbox,
        StageName::Preprod | StageName::Prod => AccountType::Production,
    }
}

/// A checked set. Pinned at submission, as part of its request's spec.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetSpec {
    /// `^[a-z][a-z0-9-]{0,30}$`; no other open or ready set has it.
    pub name: String,
    /// The governance account.
    pub pipeline: Pipeline,
    /// The region of stages that name none.
    pub default_region: String,
    /// All three.
    pub stages: BTreeMap<StageName, StageSpec>,
}

/// The governance account, where the pipelines run. It exists already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pipeline {
    /// Twelve digits.
    pub account: String,
    /// Like `eu-west-1`.
    pub region: String,
    /// What CloudFormation may do there, where it is not bootstrapped yet.
    pub execution_policy: ExecutionPolicy,
}

/// One account of a set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageSpec {
    /// What its member request vends; the region is always given.
    pub account: AccountSpec,
    /// What CloudFormation may do in it on behalf of those it trusts.
    pub execution_policy: ExecutionPolicy,
    /// The range of the network the CDK application makes in it; no other account's.
    pub vpc_cidr: String,
}

impl StageSpec {
    /// The account's region.
    #[must_use]
    pub fn region(&self) -> &str {
        self.account.region.as_deref().unwrap_or_default()
    }
}

/// Whose member a request is, and which approval it rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// The set's request.
    pub parent: RequestId,
    /// What was approved there.
    pub parent_hash: SpecHash,
    /// The set's name.
    pub name: String,
    /// Which of its accounts this is.
    pub stage: StageName,
}

/// What a set's request knows of one of its members.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberNote {
    /// The account, once it is ready.
    pub account_id: Option<String>,
    /// How the member failed last, until it is ready.
    pub failed: Option<MemberFailure>,
    /// Whether somebody asked to run it again since it failed.
    pub retry: bool,
}

impl MemberNote {
    /// The member is ready.
    #[must_use]
    pub fn ready(account_id: &str) -> Self {
        Self { account_id: Some(account_id.to_owned()), ..Self::default() }
    }

    /// The member failed.
    #[must_use]
    pub fn failed(failure: &MemberFailure) -> Self {
        Self { failed: Some(failure.clone()), ..Self::default() }
    }
}

/// How a member failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberFailure {
    /// How often it had been retried until then: tells this failure from the next.
    pub retries: u32,
    /// In plain words.
    pub reason: String,
    /// Whether a retry may help.
    pub retryable: bool,
}

impl Request {
    /// The set this request asks for, if it asks for one.
    #[must_use]
    pub fn set(&self) -> Option<&SetSpec> {
        self.submission.spec.set.as_deref()
    }

    /// The set this request is a member of, if it is one.
    #[must_use]
    pub const fn membership(&self) -> Option<&Membership> {
        self.submission.member_of.as_ref()
    }

    /// Checks that a member is what its parent's approvers agreed to (P4, P5).
    #[must_use]
    pub fn covers(&self, member: &Self) -> bool {
        let Some(membership) = member.membership() else { return false };
        let stage = self.set().and_then(|set| set.stages.get(&membership.stage));
        let hash = |spec| SpecHash::of(spec, &self.submission.requester);
        self.id == membership.parent
            && self.id.member(membership.stage) == member.id
            && self.set_started
            && hash(&self.submission.spec) == self.submission.hash
            && self.submission.hash == membership.parent_hash
            && stage.is_some_and(|stage| hash(&stage.account) == member.submission.hash)
    }
}
