//! Every fault of a policy file is named at once, with its line and what to do.

use proptest::prelude::*;

use super::Policy;

fn faults(yaml: &str) -> Vec<String> {
    Policy::parse(yaml).expect_err(yaml)
}

const REQUESTERS: &str = "requesters: [{who: ['*']}]\n";
const APPROVALS: &str = "approvals: [{approvers: [a@corp.example]}]\n";

#[test]
fn a_fault_is_one_line_whatever_was_written() {
    let faults = Policy::parse("requesters:\n  - who: [\"a\n\n    b\"]\n").unwrap_err();
    assert!(faults.iter().any(|fault| fault.contains("`a b` is no e-mail pattern")), "{faults:?}");
    assert!(faults.iter().all(|fault| !fault.contains('\n')), "{faults:?}");
}

#[test]
fn a_policy_that_names_nobody_is_refused() {
    for (yaml, missing) in [
        ("", "the policy is empty"),
        ("# nothing\n", "the policy is empty"),
        ("{}", "approvals is missing"),
        (REQUESTERS, "approvals is missing"),
        (APPROVALS, "requesters is missing"),
        ("approvals: []\nrequesters: [{who: ['*']}]", "approvals is empty"),
        ("approvals:\nrequesters: [{who: ['*']}]", "approvals has no value"),
        ("just words", "must be made of"),
        ("- a\n- b", "must be made of"),
    ] {
        let faults = faults(yaml);
        assert!(faults.iter().any(|f| f.contains(missing)), "{yaml:?}: {faults:?}");
    }
}

#[test]
fn all_faults_come_at_once_with_their_lines() {
    let yaml = "\
requesters:
  - who: [corp.example]
    acount_types: [Sandbox]
approvals:
  - account_types: [Staging]
    approvals: 3
    approvers: [a@corp.example, b@corp.example]
  - {name: Nobody, account_types: [Sandbox]}
  - blueprints: []
    approvers: [not-an-address]
self_approval: allowed
channels: [mail, pigeon]
expires_after: 24 hours
reminders: [50h]
limits: {open_requests: 0}
colour: blue
";
    let faults = faults(yaml);
    let lines: Vec<u64> =
        faults.iter().map(|f| f["line ".len()..].split(':').next().unwrap().parse().unwrap()).collect();
    assert_eq!(lines, [2, 3, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16], "{faults:#?}");
    assert!(faults[1].contains("Did you mean account_types?"), "{}", faults[1]);
    assert!(faults.iter().all(|f| f.ends_with('.') && !f.contains('\n')), "{faults:#?}");
}

#[test]
fn single_faults_are_named_for_what_they_are() {
    let table = [
        ("approvals: [{approvals: 2, approvers: [a@corp.example]}]", "2 approvals are needed, and approvers named: 1"),
        ("approvals: [{approvals: 2, approvers: [a@corp.example, A@corp.example]}]", "named twice"),
        ("approvals: [{approvals: 0, approvers: [a@corp.example]}]", "from 1 to 20"),
        ("approvals: [{approvals: 2}]", "names nobody"),
        ("approvals: [{approvers: []}]", "approvers is empty"),
        ("approvals: [{approvers: [a@corp.example]}, {slack_groups: [S1]}]", "never counts"),
        ("approvals: [{slack_groups: ['no group']}]", "no user group"),
        ("approvals: [{approvers: [a@corp.example], blueprints: ['a*b*']}]", "more than one *"),
        ("approvals: [{approvers: {a: b}}]", "must be a single value"),
        ("approvals: [{approvers: [a@corp.example]}]\nescalation: {to: [b@corp.example]}", "either after_reminder"),
        ("approvals: [{approvers: [a@corp.example]}]\nescalation: {after: 9d, to: [b@corp.example]}", "before expires"),
        ("approvals: [{approvers: [a@corp.example]}]\nescalation: {after: 1h}", "escalation names nobody"),
        (
            "approvals: [{approvers: [a@corp.example]}]\nescalation: {after_reminder: 1, to: [b@corp.example]}",
            "needs reminders",
        ),
        (
            "approvals: [{approvers: [a@corp.example]}]\nauto_approval: [{account_types: [Sandbox]}]",
            "requesters is missing",
        ),
        ("approvals: [{approvers: [a@corp.example]}]\nchannels: [system]", "no channel that decides"),
        ("approvals: [{approvers: [a@corp.example]}]\napprovals: []", "cannot be read as YAML"),
        ("approvals: [", "cannot be read as YAML"),
    ];
    for (yaml, words) in table {
        let faults = faults(&format!("{REQUESTERS}{yaml}"));
        assert!(faults.iter().any(|f| f.contains(words)), "{yaml}: {faults:?}");
    }
}

#[test]
fn a_file_nested_without_end_is_refused_and_not_followed() {
    let deep = format!("{REQUESTERS}approvals: {}", "[".repeat(100_000));
    assert!(faults(&deep)[0].contains("cannot be read as YAML"));
    let laughs = "a: &a [x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b]\n";
    assert!(faults(laughs).iter().any(|f| f.contains("a is no key")));
}

#[test]
fn a_group_may_stand_for_more_people_than_are_named() {
    let yaml = format!("{REQUESTERS}approvals: [{{approvals: 3, approvers: [a@corp.example], slack_groups: [S1]}}]");
    assert!(Policy::parse(&yaml).is_ok());
}

#[test]
fn durations_are_read_in_every_unit() {
    for (text, seconds) in [("90s", 90), ("30m", 1800), ("48h", 172_800), ("1d12h", 129_600)] {
        assert_eq!(super::reader::duration(text).map(|d| d.as_secs()), Ok(seconds));
    }
    for text in ["", "48", "h", "0s", "-1h", "366d", "99999999999999999999h", "18446744073709551615d", "1.5h", "48 h"] {
        assert!(super::reader::duration(text).is_err(), "{text}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "[-a-z:\\[\\]{}*&!|>'\"#, \n\t0-9@]{0,120}") {
        let _ = Policy::parse(&text);
        let _ = Policy::parse(&format!("{REQUESTERS}{APPROVALS}{text}"));
    }
}
