//! What the policy says of several accounts under one decision: whoever decides must
//! be allowed for each of them, and the strictest rule counts. A set is decided as a
//! request for production accounts: dev may deploy into the other two.

use super::{Asked, Policy, Requirement, same_email};
use crate::domain::spec::AccountType;

impl Policy {
    /// The accounts that need somebody's word, each as a question of its own. What the
    /// policy approves by itself is left to it, unless that is everything.
    pub(super) fn in_question<'a>(&self, asked: &Asked<'a>) -> Vec<Asked<'a>> {
        let Some(set) = asked.set else { return vec![*asked] };
        let each: Vec<_> = set
            .stages
            .values()
            .map(|stage| Asked {
                account_type: AccountType::Production,
                set: None,
                submitter: asked.submitter,
                ..Asked::of(&stage.account, asked.requester)
            })
            .collect();
        if each.is_empty() {
            // No account is no permission.
            return vec![Asked { set: None, ..*asked }];
        }
        let with_a_person: Vec<_> =
            each.iter().filter(|one| !self.auto_approvals.iter().any(|rule| rule.covers(one))).copied().collect();
        if with_a_person.is_empty() { each } else { with_a_person }
    }
}

/// Each rule once.
pub(super) fn in_words(mut rules: Vec<String>) -> String {
    let mut seen = Vec::new();
    rules.retain(|rule| {
        !seen.contains(rule) && {
            seen.push(rule.clone());
            true
        }
    });
    rules.join("; ")
}

/// What meets every one of these; a set of no accounts can be met by nobody.
pub(super) fn all_of(each: Vec<Requirement>) -> Requirement {
    let rule = in_words(each.iter().map(|one| one.rule.clone()).collect());
    let auto = each.iter().all(|one| one.auto_approved_by.is_some());
    let mut each = each.into_iter();
    let Some(first) = each.next() else {
        return Requirement {
            rule,
            approvals: 1,
            approvers: Vec::new(),
            slack_groups: Vec::new(),
            auto_approved_by: None,
            expires_after: std::time::Duration::ZERO,
            reminders: Vec::new(),
            escalation: None,
        };
    };
    let met = each.fold(first, |met, one| Requirement {
        approvals: met.approvals.max(one.approvals),
        approvers: met.approvers.into_iter().filter(|a| one.approvers.iter().any(|b| same_email(a, b))).collect(),
        slack_groups: met.slack_groups.into_iter().filter(|group| one.slack_groups.contains(group)).collect(),
        escalation: met.escalation.filter(|_| one.escalation.is_some()),
        ..met
    });
    Requirement { auto_approved_by: auto.then(|| rule.clone()), rule, ..met }
}
