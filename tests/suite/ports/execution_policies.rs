//! Managed policies for deployments, over IAM played on the wire.

use std::sync::Arc;

use vend::adapters::aws::connection::Connection;
use vend::adapters::aws::iam::ExecutionPolicies;
use vend::domain::set_artefacts::least_privilege;
use vend::ports::blueprints::DeployError;

use crate::fakes::aws::iam::{ACCOUNT, FakeIam, Mood};
use crate::fakes::aws::wire::Endpoint;

const NAME: &str = "cdk-hnb659fds-execution-policy-eu-west-1";
const ARN: &str = "arn:aws:iam::222222222222:policy/cdk-hnb659fds-execution-policy-eu-west-1";

struct Account {
    iam: Arc<FakeIam>,
    policies: ExecutionPolicies,
    _endpoint: Endpoint,
}

async fn account() -> Account {
    let (iam, endpoint) = FakeIam::start().await;
    let policies = ExecutionPolicies::new(&Connection::over(&endpoint.sdk()), ACCOUNT, "eu-west-1");
    Account { iam, policies, _endpoint: endpoint }
}

impl Account {
    async fn order(&self, json: &str) -> Result<String, DeployError> {
        self.policies.policy_arn_for(NAME, json).await
    }

    /// What the default version says.
    fn in_force(&self) -> String {
        self.iam.versions(NAME).into_iter().find(|version| version.default).unwrap().document
    }

    fn numbers(&self) -> Vec<u32> {
        self.iam.versions(NAME).iter().map(|version| version.number).collect()
    }
}

fn allowing(action: &str) -> String {
    format!(
        r#"{{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Action": "{action}", "Resource": "*"}}]}}"#
    )
}

#[tokio::test]
async fn a_policy_that_is_not_there_is_made_and_answers_its_arn() {
    let account = account().await;
    let policy = least_privilege(ACCOUNT, "eu-west-1");
    assert_eq!(account.order(&policy).await, Ok(ARN.to_owned()));
    assert_eq!(account.in_force(), policy);
    assert_eq!(account.iam.calls(), ["GetPolicy", "CreatePolicy"]);
}

#[tokio::test]
async fn a_policy_that_is_up_to_date_keeps_its_own_arn_and_is_not_touched() {
    let account = account().await;
    let policy = least_privilege(ACCOUNT, "eu-west-1");
    account.order(&policy).await.unwrap();
    account.iam.calls();
    assert_eq!(account.order(&policy).await, Ok(ARN.to_owned()));
    assert_eq!(account.iam.calls(), ["GetPolicy", "GetPolicyVersion"]);
    // Blanks and the order of keys mean nothing.
    let compact = serde_json::from_str::<serde_json::Value>(&policy).unwrap().to_string();
    assert_ne!(compact, policy);
    assert_eq!(account.order(&compact).await, Ok(ARN.to_owned()));
    assert_eq!(account.numbers(), [1]);
}

#[tokio::test]
async fn a_policy_that_changed_gets_a_new_default_version() {
    let account = account().await;
    account.order(&allowing("s3:GetObject")).await.unwrap();
    assert_eq!(account.order(&allowing("s3:PutObject")).await, Ok(ARN.to_owned()));
    assert_eq!(account.in_force(), allowing("s3:PutObject"));
    // Somebody widened it by hand: it is brought back.
    account.iam.made_by_hand(NAME, &allowing("*"), true);
    account.order(&allowing("s3:PutObject")).await.unwrap();
    assert_eq!((account.in_force(), account.numbers()), (allowing("s3:PutObject"), vec![1, 2, 3, 4]));
}

#[tokio::test]
async fn at_five_versions_the_oldest_that_is_not_the_default_goes() {
    let account = account().await;
    account.iam.made_by_hand(NAME, &allowing("s3:Get1"), true);
    for number in 2..=5 {
        account.iam.made_by_hand(NAME, &allowing(&format!("s3:Get{number}")), false);
    }
    account.order(&allowing("s3:PutObject")).await.unwrap();
    assert_eq!(account.numbers(), [1, 3, 4, 5, 6], "version 1 was the default one");
    account.order(&allowing("s3:ListBucket")).await.unwrap();
    assert_eq!(account.numbers(), [3, 4, 5, 6, 7]);
    assert_eq!(account.in_force(), allowing("s3:ListBucket"));
}

#[tokio::test]
async fn an_iam_error_is_an_error_at_every_call() {
    for denied in [
        "GetPolicy",
        "CreatePolicy",
        "GetPolicyVersion",
        "ListPolicyVersions",
        "DeletePolicyVersion",
        "CreatePolicyVersion",
    ] {
        let account = account().await;
        if denied != "CreatePolicy" {
            for number in 1..=5 {
                account.iam.made_by_hand(NAME, &allowing(&format!("s3:Get{number}")), true);
            }
        }
        account.iam.feel(Mood { denied: Some(denied), ..Mood::default() });
        let Err(DeployError::Refused(why)) = account.order(&allowing("s3:PutObject")).await else {
            panic!("{denied} was refused")
        };
        assert!(why.contains(&format!("iam:{denied}")), "{why}");
    }
}

#[tokio::test]
async fn what_iam_does_not_take_is_refused_for_good() {
    let account = account().await;
    for bad in ["{}", r#"{"Version": "2012-10-17"}"#, "no json"] {
        assert!(matches!(account.order(bad).await, Err(DeployError::Refused(_))), "{bad}");
    }
    let long = allowing(&"x".repeat(6144));
    let Err(DeployError::Refused(why)) = account.order(&long).await else { panic!("it is too long") };
    assert!(why.contains("6144"), "{why}");
}

#[tokio::test]
async fn a_lost_answer_is_cured_by_asking_again() {
    for (before, after) in [(None, 1), (Some(allowing("s3:GetObject")), 2)] {
        let account = account().await;
        if let Some(before) = before {
            account.order(&before).await.unwrap();
        }
        account.iam.feel(Mood { lost_answers: 1, ..Mood::default() });
        assert!(matches!(account.order(&allowing("s3:PutObject")).await, Err(DeployError::Unknown(_))));
        assert_eq!(account.order(&allowing("s3:PutObject")).await, Ok(ARN.to_owned()));
        assert_eq!(account.numbers().len(), after, "the change was made once");
    }
}

#[tokio::test]
async fn a_policy_iam_does_not_show_yet_is_never_taken_as_it_is() {
    let account = account().await;
    account.iam.made_by_hand(NAME, &allowing("*"), true);
    account.iam.feel(Mood { lags: true, ..Mood::default() });
    assert!(matches!(account.order(&allowing("s3:PutObject")).await, Err(DeployError::Unknown(_))));
    account.iam.feel(Mood::default());
    account.order(&allowing("s3:PutObject")).await.unwrap();
    assert_eq!(account.in_force(), allowing("s3:PutObject"));
}

#[tokio::test]
async fn being_too_fast_for_iam_is_told_as_such() {
    let account = account().await;
    account.iam.feel(Mood { throttled: 100, ..Mood::default() });
    assert_eq!(account.order(&allowing("s3:PutObject")).await, Err(DeployError::Throttled));
}
