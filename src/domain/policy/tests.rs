//! The policy's promises: nothing is allowed that no rule plainly allows.

use proptest::prelude::*;

use super::*;
use crate::domain::person::SlackUser;

const POLICY: &str = r#"
requesters:
  - who: ["*@corp.example"]
  - who: [contractor@other.example]
    account_types: [Sandbox]
approvals:
  - name: Regulated units
    organizational_units: ["Regulated*"]
    approvals: 2
    approvers: [rita@corp.example, rolf@corp.example, rosa@corp.example]
    team: the risk team
  - account_types: [Production]
    blueprints: [none]
    approvers: [pat@corp.example]
    slack_groups: ["@platform", S0123]
  - name: Sandboxes
    account_types: [Sandbox]
    approvers: [sam@corp.example]
auto_approval:
  - name: Plain sandboxes
    account_types: [Sandbox]
    blueprints: [none]
    organizational_units: [Demos]
    requesters: [dana@corp.example]
channels: [mail, slack]
expires_after: 2d
reminders: [40h, 24h]
escalation: {after: 30h, to: [head@corp.example, dana@corp.example]}
limits: {open_requests: 2}
"#;

fn policy() -> Policy {
    Policy::parse(POLICY).unwrap()
}

fn person(email: &str) -> Requester {
    let slack = Some(SlackUser { team: "T1".into(), user: "U1".into() });
    Requester { email: email.into(), first_name: "Dana".into(), last_name: "Diaz".into(), slack }
}

fn unit(name: &str) -> OrganizationalUnit {
    OrganizationalUnit { name: name.into(), id: "ou-ab12-11111111".into() }
}

/// Asks the policy about a type, a unit and a blueprint, for Dana.
fn asking<T>(
    account_type: AccountType,
    ou: &str,
    blueprint: Option<&str>,
    question: impl FnOnce(&Asked<'_>) -> T,
) -> T {
    let (requester, unit) = (person("dana@corp.example"), unit(ou));
    question(&Asked {
        account_type,
        organizational_unit: &unit,
        blueprint,
        requester: &requester,
        submitter: None,
        set: None,
    })
}

fn may(email: &str, channel: Channel, groups: &[&str], ou: &str) -> Result<String, NotAllowed> {
    let groups: Vec<String> = groups.iter().map(|g| (*g).to_owned()).collect();
    let actor = Actor::person(email, channel);
    asking(AccountType::Production, ou, None, |asked| policy().may_decide(&actor, &groups, asked))
}

#[test]
fn the_shipped_policy_parses_and_names_one_approver() {
    let read = Policy::parse(include_str!("../../../manifests/policy.yaml"));
    assert_eq!(read, Ok(Policy::shipped()));
    for account_type in AccountType::ALL {
        let needs = asking(account_type, "Demos", Some("mlops-eks"), |asked| Policy::shipped().requirement(asked));
        assert_eq!((needs.approvers.as_slice(), needs.approvals), (["approver@example.com".to_owned()].as_slice(), 1));
        assert_eq!(needs.expires_after, Duration::from_hours(48));
        assert!(needs.auto_approved_by.is_none());
        assert!(Policy::shipped().may_request(&person("anyone@anywhere.example"), account_type, 0).is_ok());
    }
}

#[test]
fn what_the_shipped_policy_shows_in_comments_parses_too() {
    let text = include_str!("../../../manifests/policy.yaml");
    let (head, tail) = text.split_once("# auto_approval:").unwrap();
    let (example, rest) = tail.split_once("\n\n").unwrap();
    let with_auto = format!("{head}auto_approval:{}\n\n{rest}", example.replace("\n#", "\n"));
    let (head, tail) = with_auto.split_once("# escalation:").unwrap();
    let (example, rest) = tail.split_once("\n\n").unwrap();
    let all = format!("{head}escalation:{}\n\n{rest}", example.replace("\n#", "\n"));
    let policy = Policy::parse(&all).unwrap();
    assert_eq!(policy.auto_approvals.len(), 1);
    assert_eq!(policy.escalation.unwrap().after_reminder, 2);
}

#[test]
fn the_first_rule_that_matches_decides() {
    let table = [
        (AccountType::Production, "Regulated-EU", None, "Regulated units: 2 approvals from the risk team", 3),
        (AccountType::Sandbox, "regulated-eu", None, "Regulated units: 2 approvals from the risk team", 3),
        (AccountType::Sandbox, "Demos", Some("mlops-eks"), "Sandboxes: 1 approval from sam@corp.example", 1),
        (
            AccountType::Production,
            "Demos",
            None,
            "Production accounts with blueprint none: 1 approval from pat@corp.example, platform or S0123",
            1,
        ),
    ];
    for (account_type, ou, blueprint, rule, approvers) in table {
        let needs = asking(account_type, ou, blueprint, |asked| policy().requirement(asked));
        assert_eq!((needs.rule.as_str(), needs.approvers.len()), (rule, approvers));
    }
}

#[test]
fn a_request_without_a_rule_is_approved_by_nobody() {
    let ask = |asked: &Asked<'_>| {
        let needs = policy().requirement(asked);
        assert!(needs.approvers.is_empty() && needs.slack_groups.is_empty() && needs.escalation.is_none());
        assert!(needs.approvals > 0 && policy().can_be_approved(asked).is_err_and(|s| s.contains("No approval rule")));
        let operator = Actor::local_operator(Channel::Mail);
        for actor in [operator, Actor::person("head@corp.example", Channel::Mail)] {
            assert_eq!(policy().may_decide(&actor, &["S0123".into()], asked), Err(NotAllowed::NoRule));
        }
    };
    asking(AccountType::Production, "Demos", Some("mlops-eks"), ask);
}

#[test]
fn the_default_policy_lets_nobody_do_anything() {
    let none = Policy::default();
    assert!(none.may_request(&person("dana@corp.example"), AccountType::Sandbox, 0).is_err());
    for channel in [Channel::Mail, Channel::Slack, Channel::Api, Channel::Cli, Channel::System] {
        let operator = Actor::local_operator(channel);
        let answer = asking(AccountType::Sandbox, "Demos", None, |asked| none.may_decide(&operator, &[], asked));
        assert!(answer.is_err(), "{channel:?}");
    }
}

#[test]
fn approvers_group_members_escalation_and_operator_may_decide() {
    let rule = "Production accounts with blueprint none: 1 approval from pat@corp.example, platform or S0123";
    assert_eq!(may("Pat@Corp.Example", Channel::Mail, &[], "Demos").as_deref(), Ok(rule));
    assert_eq!(may("x@corp.example", Channel::Slack, &["S0123"], "Demos").as_deref(), Ok(rule));
    assert_eq!(may("x@corp.example", Channel::Slack, &["Platform"], "Demos").as_deref(), Ok(rule));
    assert_eq!(may("head@corp.example", Channel::Mail, &[], "Demos").as_deref(), Ok(rule));
    let operator = Actor::local_operator(Channel::Slack);
    assert!(asking(AccountType::Production, "Demos", None, |asked| policy().may_decide(&operator, &[], asked)).is_ok());
    for (email, groups) in [("rita@corp.example", &["S9"][..]), ("pat@corp.example.evil.example", &[]), ("", &[""])] {
        let refused = may(email, Channel::Mail, groups, "Demos").unwrap_err();
        assert_eq!(refused, NotAllowed::NotAnApprover { rule: rule.into() }, "{email}");
    }
}

#[test]
fn nobody_decides_their_own_request() {
    let slack = |user: &str| Some(SlackUser { team: "T1".into(), user: user.into() });
    let as_dana = ["dana@corp.example", " DANA@corp.example "].map(|email| Actor::person(email, Channel::Mail));
    let other_mail = Actor { slack: slack("U1"), ..Actor::person("pat@corp.example", Channel::Slack) };
    let operator = Actor { email: "Dana@Corp.example".into(), ..Actor::local_operator(Channel::Mail) };
    for actor in as_dana.into_iter().chain([other_mail.clone(), operator]) {
        let answer = asking(AccountType::Production, "Demos", None, |asked| {
            policy().may_decide(&actor, &["S0123".into()], asked)
        });
        assert_eq!(answer, Err(NotAllowed::SelfApproval), "{actor:?}");
    }
    let somebody_else = Actor { slack: slack("U2"), ..other_mail };
    assert!(
        asking(AccountType::Production, "Demos", None, |asked| policy().may_decide(&somebody_else, &[], asked)).is_ok()
    );
}

#[test]
fn the_requester_is_never_among_those_asked() {
    let needs = asking(AccountType::Production, "Demos", None, |asked| policy().requirement(asked));
    assert_eq!(needs.escalation.unwrap().to, ["head@corp.example"]);
    let pat = person("PAT@corp.example");
    let (unit, account_type) = (unit("Demos"), AccountType::Production);
    let asked = Asked {
        account_type,
        organizational_unit: &unit,
        blueprint: None,
        requester: &pat,
        submitter: None,
        set: None,
    };
    assert!(policy().requirement(&asked).approvers.is_empty());
}

#[test]
fn a_request_only_its_requester_could_approve_is_refused_from_the_start() {
    let sole = person("approver@example.com");
    let (unit, account_type) = (unit("Demos"), AccountType::Sandbox);
    let asked = Asked {
        account_type,
        organizational_unit: &unit,
        blueprint: None,
        requester: &sole,
        submitter: None,
        set: None,
    };
    let strict = Policy::shipped().without_local_operator();
    assert!(strict.can_be_approved(&asked).is_err_and(|s| s.contains("Let a colleague request it")));
    assert!(Policy::shipped().can_be_approved(&asked).is_ok(), "the operator of a local server may decide");
    assert!(asking(AccountType::Sandbox, "Demos", None, |asked| strict.can_be_approved(asked)).is_ok());
    let grouped = asking(AccountType::Production, "Demos", None, |asked| policy().can_be_approved(asked));
    assert!(grouped.is_ok_and(|rule| rule.contains("platform")));
}

#[test]
fn every_slack_group_of_the_policy_is_named_once() {
    assert_eq!(policy().slack_groups(), ["S0123", "platform"]);
    assert!(Policy::shipped().slack_groups().is_empty());
}

#[test]
fn decisions_come_only_from_channels_that_may_decide() {
    for channel in [Channel::Api, Channel::Cli, Channel::System] {
        let refused = may("pat@corp.example", channel, &[], "Demos").unwrap_err();
        assert_eq!(refused, NotAllowed::ChannelNotAllowed { channel, allowed: "mail or slack".into() });
        assert!(refused.to_string().contains("by mail or slack instead"));
    }
}

#[test]
fn the_policy_approves_only_what_an_auto_rule_plainly_covers() {
    let auto = |account_type, ou: &str, blueprint| {
        asking(account_type, ou, blueprint, |asked| policy().requirement(asked)).auto_approved_by
    };
    let rule = "Plain sandboxes: approved by the policy, no person needed";
    assert_eq!(auto(AccountType::Sandbox, "demos", None).as_deref(), Some(rule));
    assert_eq!(auto(AccountType::Production, "Demos", None), None);
    assert_eq!(auto(AccountType::Sandbox, "Experiment", None), None);
    assert_eq!(auto(AccountType::Sandbox, "Demos", Some("mlops-eks")), None);
}

#[test]
fn people_may_request_what_an_entry_allows_up_to_their_limit() {
    let ask = |email: &str, account_type, open| policy().may_request(&person(email), account_type, open);
    assert!(ask("dana@corp.example", AccountType::Production, 1).is_ok_and(|s| s.contains("1 of 2")));
    assert!(ask("dana@corp.example", AccountType::Production, 2).is_err_and(|s| s.contains("cancel one")));
    let refused = ask("contractor@other.example", AccountType::Production, 0).unwrap_err();
    assert!(refused.ends_with("You may ask for Sandbox."), "{refused}");
    assert!(ask("contractor@other.example", AccountType::Sandbox, 0).is_ok());
    for stranger in ["dana@evilcorp.example", "dana@corp.example.evil.example", "x@y@corp.example", ""] {
        assert!(ask(stranger, AccountType::Sandbox, 0).is_err(), "{stranger}");
    }
}

#[test]
fn escalation_by_time_becomes_a_reminder_of_its_own() {
    let needs = asking(AccountType::Sandbox, "Demos", None, |asked| policy().requirement(asked));
    assert_eq!(needs.reminders, [24, 30, 40].map(Duration::from_hours));
    assert_eq!(needs.escalation.unwrap().after_reminder, 2);
}

proptest! {
    #[test]
    fn an_empty_approver_list_approves_nobody(
        email in "([a-z]{1,8}@corp\\.example|head@corp\\.example|)",
        group in "(S[0-9]{3}|)",
        operator: bool,
        approvals in 0u32..3,
    ) {
        let mut policy = policy();
        policy.channels = CHANNELS.to_vec();
        for rule in &mut policy.approvals {
            (rule.approvers, rule.slack_groups, rule.approvals) = (Vec::new(), Vec::new(), approvals);
        }
        for channel in CHANNELS {
            let actor = Actor { local_operator: operator, ..Actor::person(&email, channel) };
            for (account_type, ou) in [(AccountType::Production, "Demos"), (AccountType::Sandbox, "Regulated")] {
                let groups = std::slice::from_ref(&group);
                let answer = asking(account_type, ou, None, |asked| policy.may_decide(&actor, groups, asked));
                prop_assert!(answer.is_err());
            }
        }
    }
}

const CHANNELS: [Channel; 5] = [Channel::Mail, Channel::Slack, Channel::Api, Channel::Cli, Channel::System];
