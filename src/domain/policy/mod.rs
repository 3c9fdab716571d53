//! Who may request what, who approves what, and until when: `manifests/policy.yaml`
//! as types, and the three questions asked of it. Whatever it does not plainly
//! allow is refused (P4). It must not know how a policy file is found, nor what time it is.

#[cfg(test)]
mod fault_tests;
mod pattern;
mod read;
mod reader;
mod sets;
#[cfg(test)]
mod tests;

use std::time::Duration;

use self::pattern::{EmailPattern, Pattern};
use super::person::{Actor, Channel, Requester, same_email};
use super::request::Request;
use super::set::SetSpec;
use super::spec::{AccountSpec, AccountType, OrganizationalUnit};

/// The whole policy. The default one lets nobody do anything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    requesters: Vec<RequesterRule>,
    approvals: Vec<ApprovalRule>,
    auto_approvals: Vec<AutoRule>,
    channels: Vec<Channel>,
    expires_after: Duration,
    reminders: Vec<Duration>,
    escalation: Option<Escalation>,
    open_requests: usize,
    /// There is no operator of a loopback-only server who could decide.
    no_operator: bool,
}

/// Who may ask for which types; any entry that matches is enough.
#[derive(Debug, Clone, PartialEq, Eq)]
struct RequesterRule {
    who: Vec<EmailPattern>,
    account_types: Vec<AccountType>,
}

/// Which requests a rule is about; an empty list matches everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Scope {
    account_types: Vec<AccountType>,
    organizational_units: Vec<Pattern>,
    blueprints: Vec<Pattern>,
}

/// Who approves what is in scope.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct ApprovalRule {
    /// The sentence shown to people.
    words: String,
    scope: Scope,
    approvals: u32,
    approvers: Vec<String>,
    slack_groups: Vec<String>,
}

/// What needs no person's approval.
#[derive(Debug, Clone, PartialEq, Eq)]
struct AutoRule {
    /// The sentence shown to people.
    words: String,
    scope: Scope,
    requesters: Vec<EmailPattern>,
}

/// Who is asked as well when nobody decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Escalation {
    /// From this reminder on, counted from 1.
    pub after_reminder: u32,
    /// Their e-mail addresses; they may decide any request that has a rule.
    pub to: Vec<String>,
}

/// What the policy looks at in a request.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Production or Sandbox.
    pub account_type: AccountType,
    /// Where the account goes.
    pub organizational_unit: &'a OrganizationalUnit,
    /// The blueprint's id, if one was chosen.
    pub blueprint: Option<&'a str>,
    /// Who it is for.
    pub requester: &'a Requester,
    /// Who asked on their behalf, if somebody else did.
    pub submitter: Option<&'a Actor>,
    /// The accounts of a set: each of them must be allowed, and the fields above are not looked at.
    pub set: Option<&'a SetSpec>,
}

impl<'a> Asked<'a> {
    /// The question a checked request puts.
    #[must_use]
    pub fn of(spec: &'a AccountSpec, requester: &'a Requester) -> Self {
        Self {
            account_type: spec.account_type,
            organizational_unit: &spec.organizational_unit,
            blueprint: spec.blueprint.as_ref().map(|choice| choice.id.as_str()),
            requester,
            submitter: None,
            set: spec.set.as_deref(),
        }
    }

    /// The question a stored request puts.
    #[must_use]
    pub fn about(request: &'a Request) -> Self {
        let submission = &request.submission;
        Self { submitter: request.submitted_by.as_ref(), ..Self::of(&submission.spec, &submission.requester) }
    }

    /// Whether it is their own: they asked for it, or would be given it.
    fn is_of(&self, actor: &Actor) -> bool {
        let asked = self.submitter.is_some_and(|submitter| actor.could_be(&submitter.email, submitter.slack.as_ref()));
        asked || actor.could_be(&self.requester.email, self.requester.slack.as_ref())
    }

    /// Those of these addresses that are not theirs.
    #[must_use]
    pub fn others(&self, emails: &[String]) -> Vec<String> {
        let own = |email: &str| self.is_of(&Actor::person(email, Channel::Mail));
        emails.iter().filter(|email| !own(email)).cloned().collect()
    }
}

/// What a request needs before it may be vended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// The rule in plain words, shown to approvers.
    pub rule: String,
    /// How many different people must agree.
    pub approvals: u32,
    /// Addresses of those who may, the requester left out.
    pub approvers: Vec<String>,
    /// Slack user groups whose members may, by id or handle.
    pub slack_groups: Vec<String>,
    /// The rule, in words, by which no person need agree.
    pub auto_approved_by: Option<String>,
    /// Counted from submission.
    pub expires_after: Duration,
    /// Counted from submission, ascending, each before the end.
    pub reminders: Vec<Duration>,
    /// Who is asked as well later on, the requester left out.
    pub escalation: Option<Escalation>,
}

/// Why somebody may not decide; each is a sentence for that person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAllowed {
    /// It is their own request.
    #[error("You cannot decide your own request. Ask another approver, or cancel it.")]
    SelfApproval,
    /// Decisions may not come from this channel.
    #[error("Decisions are not taken from {}. Decide by {allowed} instead.", .channel.word())]
    ChannelNotAllowed {
        /// Where it came from.
        channel: Channel,
        /// The channels that may, in words.
        allowed: String,
    },
    /// They are not among the approvers.
    #[error("You are not an approver for this request. The rule is: {rule}.")]
    NotAnApprover {
        /// The rule in words.
        rule: String,
    },
    /// The policy has no rule for such a request.
    #[error("{NO_RULE}. Ask the people who run this service to add a rule to the policy.")]
    NoRule,
}

const NO_RULE: &str = "No approval rule covers this request, so nobody can approve it";

impl Policy {
    /// Reads a policy file.
    ///
    /// # Errors
    /// Every fault, each with its line and what to do.
    pub fn parse(yaml: &str) -> Result<Self, Vec<String>> {
        read::policy(yaml)
    }

    /// The policy that ships with the program; a test proves that it parses.
    #[must_use]
    pub fn shipped() -> Self {
        // A broken file would approve nobody, as any broken policy must.
        Self::parse(include_str!("../../../manifests/policy.yaml")).unwrap_or_default()
    }

    /// What this request needs. A request without a rule can be met by nobody.
    #[must_use]
    pub fn requirement(&self, asked: &Asked<'_>) -> Requirement {
        let each: Vec<_> = self.in_question(asked).iter().map(|one| self.requirement_of_one(one)).collect();
        sets::all_of(each)
    }

    fn requirement_of_one(&self, asked: &Asked<'_>) -> Requirement {
        let auto = self.auto_approvals.iter().find(|rule| rule.covers(asked)).map(|rule| rule.words.clone());
        let rule = self.rule_for(asked);
        Requirement {
            rule: auto.clone().or_else(|| rule.map(|r| r.words.clone())).unwrap_or_else(|| NO_RULE.to_owned()),
            approvals: if auto.is_some() { 1 } else { rule.map_or(1, |r| r.approvals) },
            approvers: rule.map(|r| asked.others(&r.approvers)).unwrap_or_default(),
            slack_groups: rule.map(|r| r.slack_groups.clone()).unwrap_or_default(),
            auto_approved_by: auto,
            expires_after: self.expires_after,
            reminders: self.reminders.clone(),
            escalation: self
                .escalation
                .as_ref()
                .filter(|_| rule.is_some())
                .map(|e| Escalation { to: asked.others(&e.to), ..*e }),
        }
    }

    /// Whether this person may ask for this type now; a sentence for the checklist either way.
    pub fn may_request(
        &self,
        requester: &Requester,
        asked: AccountType,
        open_requests: usize,
    ) -> Result<String, String> {
        let allowed: Vec<_> = AccountType::ALL.into_iter().filter(|t| self.lets(requester, *t)).collect();
        let (who, limit) = (&requester.email, self.open_requests);
        if !allowed.contains(&asked) {
            let others = allowed.iter().map(|t| t.word()).collect::<Vec<_>>().join(" or ");
            let advice = if others.is_empty() {
                "Ask the people who run this service to add you to the policy".to_owned()
            } else {
                format!("You may ask for {others}")
            };
            return Err(format!("{who} may not request {} accounts. {advice}.", asked.word()));
        }
        if open_requests >= limit {
            return Err(format!(
                "You have {open_requests} open requests and the limit is {limit}. Wait for one to finish, or cancel one."
            ));
        }
        Ok(format!("{who} may request {} accounts ({open_requests} of {limit} open requests in use)", asked.word()))
    }

    /// Whether this person may decide this request now, and by which rule.
    /// `groups` are the Slack user groups the actor is in, ids and handles.
    ///
    /// # Errors
    /// [`NotAllowed`], a sentence for the actor.
    pub fn may_decide(&self, actor: &Actor, groups: &[String], asked: &Asked<'_>) -> Result<String, NotAllowed> {
        if asked.is_of(actor) {
            return Err(NotAllowed::SelfApproval);
        }
        if actor.channel == Channel::System || !self.channels.contains(&actor.channel) {
            let allowed = self.channels.iter().map(|c| c.word()).collect::<Vec<_>>().join(" or ");
            return Err(NotAllowed::ChannelNotAllowed { channel: actor.channel, allowed });
        }
        let rules: Result<Vec<_>, _> =
            self.in_question(asked).iter().map(|one| self.may_decide_one(actor, groups, one)).collect();
        Ok(sets::in_words(rules?))
    }

    fn may_decide_one(&self, actor: &Actor, groups: &[String], asked: &Asked<'_>) -> Result<String, NotAllowed> {
        let rule = self.rule_for(asked).filter(|rule| rule.names_somebody()).ok_or(NotAllowed::NoRule)?;
        let escalated = self.escalation.iter().flat_map(|e| &e.to).any(|email| same_email(email, &actor.email));
        if actor.local_operator || escalated || rule.admits(actor, groups) {
            Ok(rule.words.clone())
        } else {
            Err(NotAllowed::NotAnApprover { rule: rule.words.clone() })
        }
    }

    /// The policy for a server without a local operator (any `auth.mode` but `none`):
    /// a request that only its own requester could approve is refused from the start.
    #[must_use]
    pub fn without_local_operator(self) -> Self {
        Self { no_operator: true, ..self }
    }

    /// The rule by which this request can be approved, in words, or a sentence on
    /// why nobody could. A Slack group counts as enough people: who is in it only
    /// Slack knows.
    pub fn can_be_approved(&self, asked: &Asked<'_>) -> Result<String, String> {
        let needs = self.requirement(asked);
        if needs.auto_approved_by.is_some() {
            return Ok(needs.rule);
        }
        let somebody = |one: &Asked<'_>| self.rule_for(one).is_some_and(ApprovalRule::names_somebody);
        if !self.in_question(asked).iter().all(somebody) {
            return Err(NotAllowed::NoRule.to_string());
        }
        let escalated = needs.escalation.iter().flat_map(|e| &e.to);
        let extra = escalated.filter(|email| !needs.approvers.iter().any(|a| same_email(a, email))).count();
        let people = needs.approvers.len() + extra + usize::from(!self.no_operator);
        if needs.slack_groups.is_empty() && people < needs.approvals as usize {
            return Err(format!(
                "Nobody decides their own request, and without you too few approvers are left ({}). \
                 Let a colleague request it.",
                needs.rule
            ));
        }
        Ok(needs.rule)
    }

    /// Whether decisions may come from there.
    #[must_use]
    pub fn decides_by(&self, channel: Channel) -> bool {
        self.channels.contains(&channel)
    }

    /// Every Slack user group the policy names, by id or handle, each once.
    #[must_use]
    pub fn slack_groups(&self) -> Vec<String> {
        let mut groups: Vec<String> = self.approvals.iter().flat_map(|rule| rule.slack_groups.clone()).collect();
        groups.sort();
        groups.dedup();
        groups
    }

    /// Every address the policy may ask for a decision by mail, in lower case, each once.
    #[must_use]
    pub fn approver_addresses(&self) -> Vec<String> {
        let named = self.approvals.iter().flat_map(|rule| &rule.approvers);
        let all = named.chain(self.escalation.iter().flat_map(|e| &e.to));
        let mut addresses: Vec<String> = all.map(|email| email.to_ascii_lowercase()).collect();
        addresses.sort();
        addresses.dedup();
        addresses
    }

    fn rule_for(&self, asked: &Asked<'_>) -> Option<&ApprovalRule> {
        self.approvals.iter().find(|rule| rule.scope.covers(asked))
    }

    fn lets(&self, requester: &Requester, account_type: AccountType) -> bool {
        self.requesters.iter().any(|rule| {
            rule.account_types.contains(&account_type) && rule.who.iter().any(|who| who.fits(&requester.email))
        })
    }
}

impl Scope {
    fn covers(&self, asked: &Asked<'_>) -> bool {
        let unit = asked.organizational_unit;
        let full = unit.to_string();
        let blueprint = asked.blueprint.unwrap_or("none");
        (self.account_types.is_empty() || self.account_types.contains(&asked.account_type))
            && any_fits(&self.organizational_units, &[&unit.name, &unit.id, &full])
            && any_fits(&self.blueprints, &[blueprint])
    }
}

/// No pattern at all means "any"; the reader refuses lists written empty.
fn any_fits(patterns: &[Pattern], texts: &[&str]) -> bool {
    patterns.is_empty() || patterns.iter().any(|pattern| texts.iter().any(|text| pattern.fits(text)))
}

impl ApprovalRule {
    const fn names_somebody(&self) -> bool {
        self.approvals > 0 && !(self.approvers.is_empty() && self.slack_groups.is_empty())
    }

    fn admits(&self, actor: &Actor, groups: &[String]) -> bool {
        let named = self.approvers.iter().any(|email| same_email(email, &actor.email));
        let handle = |group: &str| group.trim_start_matches('@').to_ascii_lowercase();
        named || groups.iter().any(|group| self.slack_groups.iter().any(|own| handle(own) == handle(group)))
    }
}

impl AutoRule {
    fn covers(&self, asked: &Asked<'_>) -> bool {
        self.scope.covers(asked) && self.requesters.iter().any(|who| who.fits(&asked.requester.email))
    }
}
