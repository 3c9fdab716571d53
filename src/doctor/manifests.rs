//! Policy, bot manifest and blueprints: read as the server reads them.

use super::finding::Finding;
use crate::config::manifests::{self, ManifestFaults};
use crate::config::{Config, FactoryBackend, MailBackend};
use crate::domain::blueprint::check;
use crate::domain::policy::Policy;

/// Whom the shipped policy names, so that a first run has an approver.
const NOBODY: &str = "approver@example.com";

pub(super) fn policy(config: &Config) -> Vec<Finding> {
    let for_real =
        config.factory.backend == FactoryBackend::ServiceCatalog || config.mail.backend != MailBackend::Outbox;
    vec![match manifests::policy(config) {
        Ok(policy) => judge_policy(&policy, for_real),
        Err(faults) => faulty("policy", faults, "correct policy.file; `vend policy check` reads it again"),
    }]
}

fn judge_policy(policy: &Policy, for_real: bool) -> Finding {
    let (approvers, groups) = (policy.approver_addresses(), policy.slack_groups());
    if for_real && approvers.iter().any(|email| email == NOBODY) {
        let fix = "put your own approvers in manifests/policy.yaml (policy.file)";
        return Finding::ill("policy", format!("it still names {NOBODY}, who is nobody"), fix);
    }
    Finding::well("policy", format!("approvers: {} by address, {} Slack groups", approvers.len(), groups.len()))
}

pub(super) fn bot(config: &Config) -> Vec<Finding> {
    vec![match manifests::bot(config) {
        Ok(_) => Finding::well("bot manifest", config.dialogue.file.display().to_string()),
        Err(faults) => faulty("bot manifest", faults, "correct dialogue.file; `vend bot check` reads it again"),
    }]
}

pub(super) fn blueprints(config: &Config) -> Vec<Finding> {
    const CHECK: &str = "blueprints";
    let catalogue = match manifests::catalogue(config) {
        Ok(catalogue) => catalogue,
        Err(faults) => {
            return vec![faulty(
                CHECK,
                faults,
                "correct blueprints.dir or blueprints.values; `vend blueprints check` reads both again",
            )];
        }
    };
    let report = check::catalogue(&catalogue);
    vec![if report.is_clean() {
        Finding::well(CHECK, format!("{} keep all rules", catalogue.all().len()))
    } else {
        let found = format!("rules are broken in {} places", report.findings.len());
        Finding::ill(CHECK, found, "`vend blueprints check` shows each")
    }]
}

/// The first fault, and how many there are.
fn faulty(check: &'static str, ManifestFaults(faults): ManifestFaults, fix: &str) -> Finding {
    let more = if faults.len() > 1 { format!(" (and {} more)", faults.len() - 1) } else { String::new() };
    Finding::ill(check, format!("{}{more}", faults.first().map_or("", String::as_str)), fix)
}
