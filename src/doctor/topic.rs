//! The SNS topic: it is there, and every approver has a confirmed subscription of
//! their own. An approver without one is asked by a mail that reaches nobody.

use super::finding::Finding;
use super::surroundings::Surroundings;
use crate::adapters::aws::sns::plan::{Line, Status, compare};
use crate::adapters::aws::sns::subscriptions::{Subscriptions, Trouble};
use crate::config::manifests;

const CHECK: &str = "topic";
const APPROVERS: &str = "subscriptions";

pub(super) async fn check(place: &Surroundings<'_>) -> Vec<Finding> {
    let Some(topic) = place.config.mail.topic_arn.clone() else { return Vec::new() };
    let arn = topic.arn().to_owned();
    let found = match Subscriptions::new(&place.own, topic).list().await {
        Ok(found) => found,
        Err(trouble) => return vec![blocked(&trouble)],
    };
    let mut findings = vec![Finding::well(CHECK, arn)];
    // A policy that cannot be read has a finding of its own.
    if let Ok(policy) = manifests::policy(place.config) {
        findings.extend(judge(&compare(&policy.approver_addresses(), &found)));
    }
    findings
}

fn blocked(trouble: &Trouble) -> Finding {
    match trouble {
        Trouble::NotThere(_) | Trouble::Rejected { .. } => {
            Finding::ill(CHECK, "there is no such topic", "make a standard SNS topic, or correct mail.topic_arn")
        }
        Trouble::Denied(action) => {
            Finding::unseen(CHECK, "AWS does not let this role look", format!("allow {action} on it"))
        }
        other => Finding::unseen(CHECK, other.to_string(), "run this again"),
    }
}

fn judge(lines: &[Line]) -> Vec<Finding> {
    let with = |status: Status| names(lines.iter().filter(move |line| line.status == status));
    let mut findings = Vec::new();
    for (status, what, fix) in [
        (Status::Missing, "not subscribed, gets no mail", "`vend approvers sync`"),
        (
            Status::Pending,
            "has not confirmed, gets no mail",
            "ask for the link in SNS's mail, then `vend approvers confirm --url '<link>'` (a new one: `vend approvers sync --resend`)",
        ),
        (Status::WrongFilter, "has the wrong filter, gets other people's mail or none", "`vend approvers sync`"),
    ] {
        if let Some(who) = with(status) {
            findings.push(Finding::ill(APPROVERS, format!("{who}: {what}"), fix));
        }
    }
    let everything = lines.iter().filter(|line| line.status == Status::NotInPolicy && line.gets_everything);
    if let Some(who) = names(everything) {
        let found = format!("{who}: not in the policy, and gets every approver's links");
        findings.push(Finding::ill(APPROVERS, found, "`vend approvers sync --remove`"));
    }
    if findings.is_empty() {
        let approvers = lines.iter().filter(|line| line.status == Status::Confirmed);
        let open = approvers.clone().filter(|line| !line.protected).count();
        let note =
            if open > 0 { format!("; {open} can be ended by a link in a mail (docs/mail.md)") } else { String::new() };
        findings.push(Finding::well(APPROVERS, format!("{} confirmed{note}", approvers.count())));
    }
    findings
}

fn names<'l>(lines: impl Iterator<Item = &'l Line>) -> Option<String> {
    let names: Vec<_> = lines.map(|line| line.endpoint.as_str()).collect();
    if names.is_empty() { None } else { Some(names.join(", ")) }
}
