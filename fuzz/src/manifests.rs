//! The files people write: the policy and the bot.

use serde_json::Value;
use vend::domain::dialogue::Bot;
use vend::domain::person::{Actor, Channel, Requester};
use vend::domain::policy::{Asked, Policy};
use vend::domain::spec::{AccountType, OrganizationalUnit};

use super::sentences::talk;

/// A policy is refused with sentences, or it is whole: written in another way it is the same, and
/// whoever it lets decide is one it names, and never the requester (P4).
pub fn policy(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let policy = match Policy::parse(&text) {
        Ok(policy) => policy,
        Err(faults) => return are_sentences(&faults),
    };
    if let Ok(value) = serde_saphyr::from_str::<Value>(&text) {
        assert_eq!(Policy::parse(&value.to_string()).as_ref(), Ok(&policy), "{value}");
    }
    let named = policy.approver_addresses();
    let people = named.iter().map(String::as_str).chain(["stranger@nowhere.invalid"]);
    for account_type in AccountType::ALL {
        for person in people.clone() {
            fails_closed(&policy, &named, account_type, person);
        }
    }
}

fn fails_closed(policy: &Policy, named: &[String], account_type: AccountType, person: &str) {
    let unit = OrganizationalUnit { name: "Sandbox".into(), id: "ou-ab12-3c4d5e6f".into() };
    let requester = Requester { email: person.into(), first_name: "A".into(), last_name: "B".into(), slack: None };
    let asked = Asked {
        account_type,
        organizational_unit: &unit,
        blueprint: Some("mlops-eks"),
        requester: &requester,
        submitter: None,
        set: None,
    };
    let requirement = policy.requirement(&asked);
    assert!(requirement.approvals >= 1 || requirement.auto_approved_by.is_some() || requirement.approvers.is_empty());
    assert!(requirement.approvers.iter().all(|one| !one.eq_ignore_ascii_case(person) && named.contains(one)));
    assert!(
        requirement.reminders.is_sorted() && requirement.reminders.iter().all(|at| *at < requirement.expires_after)
    );
    for channel in [Channel::Api, Channel::Mail, Channel::Slack, Channel::Cli, Channel::System] {
        let own = policy.may_decide(&Actor::person(person, channel), &[], &asked);
        assert!(own.is_err(), "{person} decides their own request");
        for other in named.iter().map(String::as_str).chain(["somebody@nowhere.invalid"]) {
            let may = policy.may_decide(&Actor::person(other, channel), &[], &asked).is_ok();
            assert!(!may || named.iter().any(|one| one == other), "{other} is not named");
        }
    }
}

/// A bot is refused with sentences, or one can talk to it.
pub fn bot(data: &[u8]) {
    match Bot::parse(&String::from_utf8_lossy(data)) {
        Err(faults) => are_sentences(&faults),
        Ok(bot) => {
            let said: Vec<String> =
                bot.intents.iter().filter_map(|intent| Some(intent.utterances.first()?.text.clone())).collect();
            let answers = "Sandbox\na@corp.example\nDemos\n123456789012\neu-west-1\nfor the fraud team\nyes\n";
            for sentence in said.iter().take(8) {
                talk(&bot, &format!("{sentence}\n{answers}"));
            }
        }
    }
}

fn are_sentences(faults: &[String]) {
    assert!(!faults.is_empty());
    for fault in faults {
        assert!(fault.starts_with("line ") && !fault.contains('\n'), "{fault:?}");
    }
}
