//! Turns the draft of a set into a pre-flight checklist and, when it is clear, into a
//! pinned spec. Each account is checked as any other account is, in the same words;
//! here is only what holds for the three together. Looks nothing up: facts come in.

use std::collections::BTreeMap;

use ipnet::Ipv4Net;

use super::draft::{PLACE, SetDraft, StageDraft, given};
use super::{ExecutionPolicy, Pipeline, SetSpec, StageName, StageSpec};
use crate::domain::cdk_app::{account_id, region, set_name};
use crate::domain::check::{self, Facts};
use crate::domain::person::Requester;
use crate::domain::policy::Asked;
use crate::domain::preflight::{Check, Checklist};
use crate::domain::spec::{AccountSpec, AccountType, Draft};
use crate::domain::text::shortened;

/// Begins the fields of a set in a checklist.
const SET: &str = "account_set";
/// Fields that belong to one account; the others are the set's own.
const OF_AN_ACCOUNT: [&str; 5] =
    ["root_email", "organizational_unit", "account_name", "blueprint", "blueprint_parameters"];
/// Three accounts cannot share one address.
const NO_PATTERN: &str = "Each account needs a root e-mail address of its own. Give one with {stage} in it, like \
                          ml-{stage}@corp.example, or one for each of dev, preprod and prod.";
/// The blueprint parameter that names the governance account.
pub const GOVERNANCE: &str = "GovernanceAccountId";

/// What was looked up for a set.
#[derive(Debug, Clone, Copy)]
pub struct SetFacts<'a> {
    /// What holds for each account.
    pub accounts: Facts<'a>,
    /// Whether another open or ready set has the name.
    pub name_taken: bool,
    /// The ranges each account would get.
    pub ranges: &'a BTreeMap<StageName, StageRanges>,
}

/// The ranges one account of a set would get.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StageRanges {
    /// Blueprint parameters this installation sets or hands out.
    pub values: BTreeMap<String, String>,
    /// Held by others, around what the person gave.
    pub held: Vec<Ipv4Net>,
    /// For the network the CDK application makes; `None` when none is free.
    pub vpc_cidr: Option<String>,
}

/// Checks everything. The spec is there exactly when the checklist is clear.
#[must_use]
pub fn check(draft: &SetDraft, requester: &Requester, facts: &SetFacts<'_>) -> (Checklist, Option<AccountSpec>) {
    let mut checking = Checking { draft, requester, facts, list: Checklist::default() };
    let spec = checking.spec();
    let Checking { list, .. } = checking;
    let spec = spec.filter(|_| list.is_clear());
    (list, spec)
}

struct Checking<'a> {
    draft: &'a SetDraft,
    requester: &'a Requester,
    facts: &'a SetFacts<'a>,
    list: Checklist,
}

impl Checking<'_> {
    /// Runs every check before it looks at any outcome, so that all faults are told at once.
    fn spec(&mut self) -> Option<AccountSpec> {
        let name = self.name();
        let pipeline = self.pipeline();
        let default_region = self.default_region();
        let accounts: Vec<_> = StageName::ALL.into_iter().map(|stage| (stage, self.stage(stage))).collect();
        self.no_two_alike("root_email", |account| account.root_email.clone());
        self.no_two_alike("account_name", |account| account.account_name.clone());
        self.headroom();
        let stages: Option<BTreeMap<_, _>> = accounts.into_iter().map(|(stage, spec)| Some((stage, spec?))).collect();
        let set = SetSpec { name: name?, pipeline: pipeline?, default_region: default_region?, stages: stages? };
        let spec = as_one(set)?;
        self.approval(&spec);
        Some(spec)
    }

    fn note<T>(&mut self, field: &str, outcome: Result<(T, String), String>) -> Option<T> {
        let field = format!("{SET}.{field}");
        match outcome {
            Ok((value, fact)) => {
                self.list.pass(&field, fact);
                Some(value)
            }
            Err(fault) => {
                self.list.fail(&field, fault);
                None
            }
        }
    }

    fn name(&mut self) -> Option<String> {
        let outcome = match given(self.draft.name.as_ref()) {
            None => Err("Give the set a name, like fraud-models.".to_owned()),
            Some(text) => set_name(text).and_then(|name| {
                if self.facts.name_taken {
                    return Err(format!("There is a set named {name} already. Choose another name."));
                }
                let fact = format!("Set name {name} is free");
                Ok((name, fact))
            }),
        };
        self.note("name", outcome)
    }

    fn pipeline(&mut self) -> Option<Pipeline> {
        let draft = &self.draft.pipeline;
        let account = match given(draft.account.as_ref()) {
            None => Err("Give the governance account the set's pipelines run in, twelve digits.".to_owned()),
            Some(text) => {
                account_id(text).map(|id| (id.clone(), format!("The pipelines run in governance account {id}")))
            }
        };
        let account = self.note("pipeline.account", account);
        let region = match given(draft.region.as_ref()) {
            None => Err("Give the region of the governance account, like eu-west-1.".to_owned()),
            Some(text) => region(text).map(|region| (region.clone(), format!("The pipelines' region is {region}"))),
        };
        let region = self.note("pipeline.region", region);
        let (own, common) = (given(draft.execution_policy.as_ref()), given(self.draft.execution_policy.as_ref()));
        let field = if own.is_some() { "pipeline.execution_policy" } else { "execution_policy" };
        // Without a policy of its own it has the one of the stages: left out, that is told there.
        let execution_policy = own.or(common).map(|text| ExecutionPolicy::read(text, account.as_deref()));
        let execution_policy =
            execution_policy.and_then(|outcome| self.note(field, outcome.map(|p| told("governance", p))));
        Some(Pipeline { account: account?, region: region?, execution_policy: execution_policy? })
    }

    fn default_region(&mut self) -> Option<String> {
        match given(self.draft.default_region.as_ref()) {
            None => given(self.draft.pipeline.region.as_ref()).and_then(|text| region(text).ok()),
            Some(text) => {
                let outcome = region(text).map(|region| (region.clone(), format!("The stages' region is {region}")));
                self.note("default_region", outcome)
            }
        }
    }

    fn stage(&mut self, stage: StageName) -> Option<StageSpec> {
        let own = self.draft.own(stage);
        let account = self.account(stage, &own);
        let region = self.region(stage, &own);
        let execution_policy = self.execution_policy(stage, &own);
        let vpc_cidr = self.vpc_cidr(stage);
        let account = AccountSpec { region: Some(region?), ..account? };
        Some(StageSpec { account, execution_policy: execution_policy?, vpc_cidr: vpc_cidr? })
    }

    fn account(&mut self, stage: StageName, own: &StageDraft) -> Option<AccountSpec> {
        let facts = &self.facts.accounts;
        let draft = self.draft.account(stage, facts.blueprints);
        let StageRanges { mut values, held, .. } = self.facts.ranges.get(&stage).cloned().unwrap_or_default();
        if let Some(governance) = given(self.draft.pipeline.account.as_ref()) {
            values.insert(GOVERNANCE.to_owned(), governance.to_owned());
        }
        let facts = Facts { blueprint_values: &values, held_ranges: &held, headroom: None, ..*facts };
        let (list, spec) = check::check(&draft, self.requester, &facts);
        for line in list.0 {
            self.take(stage, own, line);
        }
        spec
    }

    /// Takes a line about one account over, once where it is about all three.
    fn take(&mut self, stage: StageName, own: &StageDraft, line: Check) {
        let part = line.field.split('.').next().unwrap_or_default();
        if matches!(part, "account_type" | "approval") || self.is_told_at_the_set(&line) {
            return;
        }
        let line = match OF_AN_ACCOUNT.contains(&part) {
            true if line.passed || !self.is_inherited(own, part) => {
                let field = format!("{SET}.stages.{}.{}", stage.word(), line.field);
                Check { field, text: format!("{}: {}", stage.word(), line.text), ..line }
            }
            true if part == "root_email" => {
                Check { field: format!("{SET}.root_email"), text: NO_PATTERN.to_owned(), ..line }
            }
            true => Check { field: format!("{SET}.{}", line.field), ..line },
            false => line,
        };
        if !self.list.0.contains(&line) {
            self.list.0.push(line);
        }
    }

    /// A fault of what the set itself gave to the account is told there.
    fn is_told_at_the_set(&self, line: &Check) -> bool {
        let faulty = |field: &str| self.list.faults().any(|fault| fault.field == format!("{SET}.{field}"));
        !line.passed
            && match line.field.as_str() {
                "blueprint_parameters.SetName" | "account_name" => faulty("name"),
                "blueprint_parameters.GovernanceAccountId" => faulty("pipeline.account"),
                _ => false,
            }
    }

    /// Whether a value comes from the set, so that its fault is told there.
    fn is_inherited(&self, own: &StageDraft, field: &str) -> bool {
        let pattern = given(self.draft.root_email.as_ref()).is_some_and(|text| text.contains(PLACE));
        match field {
            // What the pattern made for a stage is a fault of that stage alone.
            "root_email" => given(own.root_email.as_ref()).is_none() && !pattern,
            "organizational_unit" => given(own.organizational_unit.as_ref()).is_none(),
            "blueprint" => given(own.blueprint.as_ref()).is_none(),
            _ => false,
        }
    }

    fn region(&mut self, stage: StageName, own: &StageDraft) -> Option<String> {
        match given(own.region.as_ref()) {
            // An inherited one was judged where it was given.
            None => self.draft.region(stage).and_then(|text| region(&text).ok()),
            Some(text) => {
                let outcome = region(text).map(|region| (region.clone(), format!("{}: region {region}", stage.word())));
                self.note(&format!("stages.{}.region", stage.word()), outcome)
            }
        }
    }

    fn execution_policy(&mut self, stage: StageName, own: &StageDraft) -> Option<ExecutionPolicy> {
        let field = format!("stages.{}.execution_policy", stage.word());
        let Some(text) = self.draft.execution_policy(stage) else {
            let fault = "Say what CloudFormation may do in the accounts: least-privilege, AdministratorAccess, \
                         or the ARN of a managed policy of AWS.";
            self.fail_once("execution_policy", fault);
            return None;
        };
        match ExecutionPolicy::read(&text, None) {
            Ok(policy) => self.note(&field, Ok(told(stage.word(), policy))),
            Err(fault) if given(own.execution_policy.as_ref()).is_none() => {
                self.fail_once("execution_policy", &fault);
                None
            }
            Err(fault) => self.note(&field, Err(fault)),
        }
    }

    fn fail_once(&mut self, field: &str, fault: &str) {
        let field = format!("{SET}.{field}");
        if !self.list.faults().any(|told| told.field == field) {
            self.list.fail(&field, fault);
        }
    }

    fn vpc_cidr(&mut self, stage: StageName) -> Option<String> {
        let free = self.facts.ranges.get(&stage).and_then(|ranges| ranges.vpc_cidr.clone());
        let none = "No free network range is left for it: an administrator widens `blueprints.pools.ml` in vend.toml.";
        let word = stage.word();
        let outcome =
            free.map(|range| (range.clone(), format!("{word}: network range {range}, which no other account has")));
        self.note(&format!("stages.{word}.vpc_cidr"), outcome.ok_or_else(|| none.to_owned()))
    }

    /// Three accounts cannot share an address or a name.
    fn no_two_alike(&mut self, field: &str, of: impl Fn(&Draft) -> Option<String>) {
        let mut seen: Vec<String> = Vec::new();
        for stage in StageName::ALL {
            let Some(value) = of(&self.draft.account(stage, self.facts.accounts.blueprints)) else { continue };
            let folded = value.trim().to_lowercase();
            if seen.contains(&folded) {
                let fault =
                    format!("{} is given to two of the three accounts. Give each its own.", shortened(&value, 70));
                self.list.fail(&format!("{SET}.stages.{}.{field}", stage.word()), fault);
            }
            seen.push(folded);
        }
    }

    fn headroom(&mut self) {
        match self.facts.accounts.headroom {
            None => {}
            Some(room) if room < 3 => self.list.fail(
                "account_quota",
                format!("The organization has room for {room} more accounts and a set needs 3. Ask the people who run it to raise the quota."),
            ),
            Some(room) => self.list.pass("account_quota", format!("The organization has room for {room} more accounts")),
        }
    }

    fn approval(&mut self, spec: &AccountSpec) {
        match self.facts.accounts.policy.can_be_approved(&Asked::of(spec, self.requester)) {
            Ok(rule) => self.list.pass("approval", rule),
            Err(fault) => self.list.fail("approval", fault),
        }
    }
}

fn told(whose: &str, policy: ExecutionPolicy) -> (ExecutionPolicy, String) {
    let fact = format!("{whose}: execution policy {}", policy.in_words());
    (policy, fact)
}

/// The set as one account is shown: under its own name, as its prod account stands.
fn as_one(set: SetSpec) -> Option<AccountSpec> {
    let prod = &set.stages.get(&StageName::Prod)?.account;
    Some(AccountSpec {
        account_type: AccountType::Production,
        account_name: set.name.clone(),
        root_email: prod.root_email.clone(),
        organizational_unit: prod.organizational_unit.clone(),
        blueprint: None,
        region: Some(set.default_region.clone()),
        purpose: prod.purpose.clone(),
        cost_centre: prod.cost_centre.clone(),
        tags: prod.tags.clone(),
        set: Some(Box::new(set)),
    })
}
