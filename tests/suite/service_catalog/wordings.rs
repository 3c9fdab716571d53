//! The wordings Account Factory fails with, each through the real worker: what people are
//! told, what operators find, what repairs itself, and how often it was tried.

use std::time::Duration;

use vend::domain::event::Event;
use vend::domain::ids::RequestId;

use super::scene::Scene;
use crate::fakes::aws::service_catalog::mood::Mood;

const QUOTA: &str = "account quota is used up";
const UNIT: &str = "is not registered with Control Tower";
const EMAIL: &str = "already belongs to another AWS account";

/// What ends a request: the raw words, what is told, whether a retry is offered.
const ENDINGS: [(&str, &str, bool); 9] = [
    ("Organizational unit ou-ab12-3c4d5e6f is not registered with AWS Control Tower.", UNIT, true),
    ("The organizational unit Sandbox does not exist in the landing zone.", UNIT, true),
    ("Parameter ManagedOrganizationalUnit must be one of AllowedValues", UNIT, true),
    ("You have exceeded the allowed number of AWS Accounts.", QUOTA, true),
    ("CreateAccount failed: ACCOUNT_NUMBER_LIMIT_EXCEEDED", QUOTA, true),
    ("CreateAccount failed: EMAIL_ALREADY_EXISTS", EMAIL, false),
    ("An account with that email already exists. Use another address and try again.", EMAIL, false),
    ("The email address is in use by another account.", EMAIL, false),
    ("The flux capacitor is cold.", "an error the bot does not know", false),
];

/// What passes by itself, and what is said meanwhile.
const PASSING: [(&str, &str); 5] = [
    ("ResourceInUseException: allowed maximum of 5 concurrent account operations is exceeded.", "busy"),
    ("There is another AWS Control Tower operation in progress. Try again later.", "busy"),
    ("Request failed: another execution is in progress (AWS Service Catalog)", "busy"),
    ("activation of accout 123456789012 not complete. Try again in one hour.", "not activated"),
    ("The account 123456789012 is not yet activated.", "not activated"),
];

/// Operators find the service's own words, and the record where there is one.
async fn operators_find(scene: &Scene, id: RequestId, raw: &str, with_record: bool) {
    let detail = scene.request(id).await.failure.expect("it failed").detail;
    assert!(detail.contains(raw), "{detail}");
    assert_eq!(detail.contains("(record rec-"), with_record, "{detail}");
}

/// The delays on record: what people read, and what operators do.
async fn delays(scene: &Scene, id: RequestId) -> Vec<(String, String)> {
    let history = scene.world.history(&id.to_string()).await;
    let delays = history.into_iter().filter_map(|recorded| match recorded.event {
        Event::Delayed { reason, detail } => Some((reason, detail)),
        _ => None,
    });
    delays.collect()
}

#[tokio::test]
async fn a_launch_that_was_taken_on_and_fails_says_why_and_a_retry_clears_it_away() {
    for (raw, told, retryable) in ENDINGS {
        let mut scene = Scene::new(Mood { fails_late: vec![raw], ..Mood::default() }).await;
        let id = scene.ran().await;
        scene.failed(id, told, retryable).await;
        operators_find(&scene, id, raw, true).await;
        assert_eq!(scene.tower.asked("TerminateProvisionedProduct"), 0, "nothing is removed unasked");
        if retryable {
            scene.retried(id).await;
            scene.is_ready(id).await;
            assert_eq!(scene.tower.asked("TerminateProvisionedProduct"), 1, "its name is freed first");
        }
    }
}

#[tokio::test]
async fn a_launch_that_is_refused_says_why_and_began_nothing() {
    let unknown = ("The flux capacitor is cold.", "refused the order with an error the bot does not know", true);
    let missing = ("Product prod-0000000000001 not found.", "product was not found", true);
    let endings = ENDINGS.iter().copied().filter(|(raw, ..)| *raw != unknown.0).chain([unknown, missing]);
    for (raw, told, retryable) in endings {
        let mood = Mood { refuses: vec![("InvalidParametersException", raw)], ..Mood::default() };
        let mut scene = Scene::new(mood).await;
        let id = scene.ran().await;
        scene.failed(id, told, retryable).await;
        operators_find(&scene, id, raw, false).await;
        assert_eq!((scene.tower.asked("ProvisionProduct"), scene.evidence().await.creations.len()), (1, 0), "{raw}");
        if retryable {
            scene.retried(id).await;
            scene.is_ready(id).await;
            assert_eq!(scene.tower.asked("TerminateProvisionedProduct"), 0, "there is nothing to remove");
        }
    }
}

#[tokio::test]
async fn what_passes_by_itself_is_waited_for_with_a_count_whether_it_comes_at_once_or_late() {
    for (raw, told) in PASSING {
        for late in [true, false] {
            let mood = if late {
                Mood { fails_late: vec![raw; 2], ..Mood::default() }
            } else {
                Mood { refuses: vec![("ResourceInUseException", raw); 2], ..Mood::default() }
            };
            let mut scene = Scene::new(mood).await;
            let id = scene.ran().await;
            scene.is_ready(id).await;
            assert_eq!(scene.tower.asked("ProvisionProduct"), 3, "{raw}");
            assert_eq!(scene.tower.asked("TerminateProvisionedProduct"), if late { 2 } else { 0 }, "{raw}");
            let delays = delays(&scene, id).await;
            assert_eq!(delays.len(), 2, "{delays:?}");
            for ((reason, detail), next) in delays.iter().zip(["attempt 2", "attempt 3"]) {
                assert!(reason.contains(told) && reason.contains(next) && !reason.contains(raw), "{reason}");
                assert!(detail.contains(raw) && detail.contains("(record rec-") == late, "{detail}");
            }
        }
    }
}

#[tokio::test]
async fn a_name_that_exists_where_nobody_could_see_it_is_ours_and_adopted() {
    // Hidden for longer than is believed: the second call meets the first one's product.
    let mood = Mood { lost_answers: 1, hidden_for: Duration::from_mins(15), ..Mood::default() };
    let mut scene = Scene::new(mood).await;
    let id = scene.ran().await;
    scene.is_ready(id).await;
    assert_eq!(scene.tower.asked("ProvisionProduct"), 2, "`A stack named … already exists`");
    assert_eq!((scene.evidence().await.creations.len(), scene.request(id).await.creation_attempts), (1, 1));
}

#[tokio::test]
async fn a_landing_zone_update_between_approval_and_launch_is_not_noticed() {
    let mut scene = Scene::new(Mood::default()).await;
    let id = scene.approved().await;
    scene.tower.update_landing_zone();
    scene.world.settle().await;
    scene.is_ready(id).await;
}

#[tokio::test]
async fn an_account_whose_id_stays_not_available_is_handed_to_an_operator_and_found_later() {
    let mut scene = Scene::new(Mood { id_late: Duration::from_mins(90), ..Mood::default() }).await;
    let id = scene.ran().await;
    scene.failed(id, "over an hour", true).await;
    scene.retried(id).await;
    scene.is_ready(id).await;
    assert_eq!(scene.tower.asked("ProvisionProduct"), 1, "looked at, and not launched again");
}
