//! `vend approvers`: the real binary against a played SNS.

use std::sync::Arc;

use serde_json::Value;

use super::run::{Ended, Vend};
use crate::fakes::aws::sns::{FakeSns, Mood, TOPIC};
use crate::fakes::aws::wire::Endpoint;

const POLICY: &str = "
requesters: [{ who: ['*'], account_types: [Sandbox] }]
approvals:
  - { name: Sandboxes, account_types: [Sandbox], approvals: 1, approvers: [Grace@example.com, alan@example.com] }
self_approval: never
channels: [mail]
expires_after: 48h
reminders: [24h]
escalation: { after_reminder: 1, to: [oscar@example.com] }
limits: { open_requests: 5 }
";

struct Desk {
    sns: Arc<FakeSns>,
    vend: Vend,
    _endpoint: Endpoint,
}

impl Desk {
    async fn new() -> Self {
        let (sns, endpoint) = FakeSns::start().await;
        let vend = Vend::new(&[
            ("AWS_ENDPOINT_URL_SNS", &endpoint.url),
            ("AWS_ACCESS_KEY_ID", "AKIDTEST"),
            ("AWS_SECRET_ACCESS_KEY", "made-up"),
            ("VEND_MAIL__BACKEND", "sns"),
            ("VEND_MAIL__TOPIC_ARN", TOPIC),
            ("VEND_POLICY__FILE", "policy.yaml"),
        ]);
        std::fs::write(vend.path().join("policy.yaml"), POLICY).unwrap();
        Self { sns, vend, _endpoint: endpoint }
    }

    fn run(&self, args: &[&str]) -> Ended {
        tokio::task::block_in_place(|| self.vend.run(&[&["approvers"], args].concat()))
    }

    fn json(&self, args: &[&str]) -> Value {
        let ended = self.run(&[&["sync", "--json"], args].concat()).with_code(0);
        serde_json::from_str(&ended.out).unwrap()
    }
}

fn told(rows: &Value) -> Vec<[&str; 3]> {
    let rows = rows.as_array().unwrap().iter();
    rows.map(|row| ["address", "status", "step"].map(|key| row[key].as_str().unwrap())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn everyone_the_policy_names_is_subscribed_once_and_confirms() {
    let desk = Desk::new().await;
    let dry = desk.json(&["--dry-run"]);
    let missing = |name| [name, "missing", "subscribe"];
    assert_eq!(told(&dry), ["alan@example.com", "grace@example.com", "oscar@example.com"].map(missing));
    assert!(!desk.sns.calls().contains(&"Subscribe".to_owned()), "a dry run changes nothing");

    let out = desk.run(&["sync"]).with_code(0);
    assert!(out.out.contains("grace@example.com  not subscribed  subscribed; SNS asks them to confirm"), "{}", out.out);
    assert!(out.err.contains("vend approvers confirm --url"), "{}", out.err);

    desk.sns.link_is_opened("alan@example.com");
    let link = format!(
        "https://sns.eu-west-1.amazonaws.com/confirmation.html?TopicArn={TOPIC}&Token={}&Endpoint=grace@example.com",
        desk.sns.token_for("grace@example.com")
    );
    desk.run(&["confirm", "--url", &link]).with_code(0);
    let again = desk.run(&["confirm", "--url", &link]).with_code(1);
    assert!(again.err.contains("--resend"), "{}", again.err);

    let rows = desk.json(&[]);
    assert_eq!(
        told(&rows),
        [
            ["alan@example.com", "confirmed", "nothing"],
            ["grace@example.com", "confirmed", "nothing"],
            ["oscar@example.com", "pending", "nothing"],
        ]
    );
    assert_eq!((&rows[0]["protected"], &rows[1]["protected"]), (&false.into(), &true.into()));
    assert_eq!(desk.sns.calls().iter().filter(|call| *call == "Subscribe").count(), 3, "nobody is asked twice");
    desk.json(&["--resend"]);
    assert_eq!(desk.sns.calls().iter().filter(|call| *call == "Subscribe").count(), 4, "unless that is wanted");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_filters_are_corrected_and_strangers_removed_only_when_told_to() {
    let desk = Desk::new().await;
    for endpoint in ["grace@example.com", "gone@example.com"] {
        desk.sns.subscribed_by_hand("email", endpoint, None);
    }
    let out = desk.run(&["sync"]).with_code(0);
    assert!(out.out.contains("filter corrected"), "{}", out.out);
    assert!(out.out.contains("not in the policy, gets EVERY mail"), "{}", out.out);
    assert!(out.err.contains("--remove"), "{}", out.err);
    let rows = desk.json(&["--remove"]);
    let gone = &told(&rows)[3];
    assert_eq!(*gone, ["gone@example.com", "not_in_policy", "remove"]);
    assert_eq!(told(&desk.json(&[])).len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_done_is_said_with_what_to_do() {
    let desk = Desk::new().await;
    let stranger = "https://sns.eu-west-1.amazonaws.com/?Token=1&TopicArn=arn:aws:sns:eu-west-1:123456789012:other";
    for (args, said) in [
        (&["confirm"][..], "--url"),
        (&["confirm", "--url", "https://sns.eu-west-1.amazonaws.com/"], "no confirmation link"),
        (&["confirm", "--url", stranger], "another topic"),
    ] {
        let ended = desk.run(args).with_code(2);
        assert!(ended.err.contains(said), "{}", ended.err);
    }
    desk.sns.feel(Mood { denied: Some("Subscribe"), ..Mood::default() });
    let ended = desk.run(&["sync"]).with_code(1);
    assert!(ended.out.contains("failed: AWS does not let us: allow `sns:Subscribe`"), "{}", ended.out);
    desk.sns.feel(Mood { no_topic: true, ..Mood::default() });
    let ended = desk.run(&["sync"]).with_code(1);
    assert!(ended.err.contains("check mail.topic_arn"), "{}", ended.err);
    let ended = tokio::task::block_in_place(|| Vend::new(&[]).run(&["approvers", "sync"])).with_code(2);
    assert!(ended.err.contains("mail.topic_arn"), "{}", ended.err);
}
