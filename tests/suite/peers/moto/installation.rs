//! The commands an operator types to set an installation up, against both peers: the real
//! binary makes the table and the subscriptions, and the doctor finds them and who it is.

use serde_json::Value;

use super::{Management, url};
use crate::cli::run::Vend;
use crate::dynamodb::local;
use crate::fakes::aws::wire;

const POLICY: &str = "
requesters: [{ who: ['*'], account_types: [Sandbox] }]
approvals:
  - { name: Sandboxes, account_types: [Sandbox], approvals: 1, approvers: [grace@example.com] }
self_approval: never
channels: [mail]
expires_after: 48h
reminders: [24h]
escalation: { after_reminder: 1, to: [oscar@example.com] }
limits: { open_requests: 5 }
";

async fn installation(role: &str) -> Vend {
    let sdk = wire::sdk(&url());
    let name = local::unused_name();
    let topic = aws_sdk_sns::Client::new(&sdk).create_topic().name(&name).send().await.unwrap();
    let (moto, dynamodb) = (url(), super::super::address(local::URL));
    let vend = Vend::new(&[
        ("AWS_ENDPOINT_URL", &moto),
        ("AWS_ENDPOINT_URL_DYNAMODB", &dynamodb),
        ("AWS_ACCESS_KEY_ID", "AKIDTEST"),
        ("AWS_SECRET_ACCESS_KEY", "made-up"),
        ("AWS_REGION", "eu-west-1"),
        ("VEND_STORE__BACKEND", "dynamodb"),
        ("VEND_STORE__TABLE", &name),
        ("VEND_MAIL__BACKEND", "sns"),
        ("VEND_MAIL__TOPIC_ARN", topic.topic_arn().unwrap()),
        ("VEND_POLICY__FILE", "policy.yaml"),
        ("VEND_BLUEPRINTS__BACKEND", "cloudformation"),
        ("VEND_FACTORY__ROLE_ARN", role),
    ]);
    std::fs::write(vend.path().join("policy.yaml"), POLICY).unwrap();
    vend
}

/// The doctor's line about this.
fn line(vend: &Vend, check: &str) -> (String, String) {
    let ended = vend.run(&["doctor", "--json"]);
    let report: Value = serde_json::from_str(&ended.out).unwrap_or_else(|error| panic!("{error}: {ended:?}"));
    let line = report["checks"].as_array().unwrap().iter().find(|line| line["check"] == check);
    let word = |key: &str| line.unwrap_or_else(|| panic!("{report:#}"))[key].as_str().unwrap_or_default().to_owned();
    (word("state"), word("found"))
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs DynamoDB Local and moto: .ci/peers starts them"]
async fn what_is_set_up_as_typed_is_found_by_the_doctor() {
    let house = Management::new().await;
    let vend = installation(&house.role()).await;
    tokio::task::block_in_place(|| {
        assert_eq!(line(&vend, "table").0, "red");
        vend.run(&["store", "create"]).with_code(0);
        assert_eq!(line(&vend, "table").0, "green");
        assert_eq!(line(&vend, "store").0, "green");
        assert_eq!(line(&vend, "subscriptions").0, "red");
        let synced = vend.run(&["approvers", "sync"]).with_code(0);
        assert!(synced.out.contains("grace@example.com"), "{synced:?}");
        let (state, found) = line(&vend, "subscriptions");
        assert!(state == "green" && found.contains("confirmed"), "{state} {found}");
        assert_eq!(line(&vend, "clock").0, "green", "moto tells the time");
        // Who we are, and who we are as the management account's role: STS says both.
        let (state, found) = line(&vend, "identity");
        assert!(state == "green" && found.starts_with("arn:aws:sts::123456789012:"), "{state} {found}");
        let (state, found) = line(&vend, "management role");
        let session = format!("arn:aws:sts::{}:assumed-role/vend-worker/vend-doctor", house.account);
        assert_eq!((state.as_str(), found), ("green", session));
    });
}
