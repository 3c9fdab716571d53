//! Everything Account Factory does to people, one trouble at a time, through the real worker.

use std::time::Duration;

use vend::adapters::aws::service_catalog::Settings;
use vend::domain::request::State;

use super::bench::settings;
use super::scene::Scene;
use crate::fakes::aws::service_catalog::mood::Mood;

const HIDDEN: Duration = Duration::from_mins(4);

#[tokio::test]
async fn an_answer_that_was_lost_for_a_product_nobody_sees_is_waited_for_and_not_asked_for_again() {
    let mood = Mood { lost_answers: 1, hidden_for: HIDDEN, unguarded: true, ..Mood::default() };
    let mut scene = Scene::new(mood).await;
    let id = scene.ran().await;
    scene.is_ready(id).await;
    assert_eq!(scene.tower.asked("ProvisionProduct"), 1);
}

#[tokio::test]
async fn a_call_that_never_arrived_is_made_again_once_nothing_can_be_hidden_any_more() {
    let mut scene = Scene::new(Mood { lost_calls: 1, ..Mood::default() }).await;
    let id = scene.approved().await;
    let begun = scene.world.clock.in_seconds(0);
    scene.world.settle().await;
    scene.is_ready(id).await;
    assert_eq!(scene.tower.asked("ProvisionProduct"), 2);
    let took = scene.world.clock.in_seconds(0).duration_since(begun);
    assert!(took >= jiff::SignedDuration::from_mins(30), "ten minutes of doubt and twenty of work: {took}");
}

#[tokio::test]
async fn one_operation_too_many_is_undone_and_tried_again_and_counted() {
    let mut scene = Scene::new(Mood { late_busy: 2, ..Mood::default() }).await;
    let id = scene.ran().await;
    scene.is_ready(id).await;
    assert_eq!(scene.tower.asked("ProvisionProduct"), 3);
    let reasons = scene.reasons(id).await;
    assert!(reasons[0].contains("busy") && reasons[0].contains("attempt 2"), "{reasons:?}");
    assert!(reasons[1].contains("attempt 3"), "{reasons:?}");
    assert_eq!(scene.request(id).await.creation_attempts, 3);
}

#[tokio::test]
async fn others_who_keep_control_tower_busy_for_an_hour_end_the_asking_and_a_retry_helps() {
    let mut scene = Scene::new(Mood { foreign: 5, ..Mood::default() }).await;
    let id = scene.ran().await;
    scene.failed(id, "for over an hour", true).await;
    let attempts = scene.request(id).await.creation_attempts;
    assert!((5..=12).contains(&attempts), "{attempts}");
    scene.tower.feel(|mood| mood.foreign = 0);
    scene.retried(id).await;
    scene.is_ready(id).await;
}

#[tokio::test]
async fn an_address_of_another_account_is_refused_before_anyone_is_asked_and_told_if_it_shows_late() {
    let mut scene = Scene::new(Mood::default()).await;
    let (status, problem) = scene.asks("retired@example.com").await;
    assert_eq!(status, 422, "{problem}");
    let id = scene.approved().await;
    let email = scene.request(id).await.submission.spec.root_email;
    scene.tower.state().accounts[10].email = email;
    scene.world.settle().await;
    scene.failed(id, "already belongs to another AWS account", false).await;
    assert!(scene.request(id).await.failure.unwrap().detail.contains("(record rec-"), "operators find the record");
}

#[tokio::test]
async fn what_hangs_for_an_hour_is_handed_to_an_operator_and_keeps_its_slot() {
    let mut scene = Scene::new(Mood { stuck: 1, ..Mood::default() }).await;
    let id = scene.ran().await;
    scene.failed(id, "over an hour", true).await;
    assert_eq!(scene.evidence().await.slots.len(), 1);
    assert_eq!(scene.tower.asked("ProvisionProduct"), 1);
    assert!(scene.tower.asked("DescribeRecord") < 130, "at most every thirty seconds");
}

#[tokio::test]
async fn a_tainted_product_is_not_success_and_never_tried_again() {
    let mut scene = Scene::new(Mood { tainted: 1, ..Mood::default() }).await;
    let id = scene.ran().await;
    scene.failed(id, "could not enrol", false).await;
    let detail = scene.request(id).await.failure.expect("it failed").detail;
    assert!(detail.contains("could not apply a guardrail") && detail.contains("(record rec-"), "{detail}");
    assert_eq!(scene.tower.asked("TerminateProvisionedProduct"), 0);
}

#[tokio::test]
async fn calls_that_come_too_soon_and_services_that_are_down_are_waited_out() {
    let mood = Mood { throttled: 2, throttled_looks: 9, down: 8, ..Mood::default() };
    let mut scene = Scene::new(mood).await;
    scene.tower.feel(|mood| (mood.down, mood.throttled_looks) = (0, 0));
    let id = scene.approved().await;
    scene.tower.feel(|mood| (mood.down, mood.throttled_looks) = (5, 5));
    scene.world.settle().await;
    scene.is_ready(id).await;
    assert_eq!(scene.tower.asked("ProvisionProduct"), 3);
    assert!(scene.reasons(id).await[0].contains("less often"));
}

#[tokio::test]
async fn an_account_without_an_id_is_not_said_to_be_ready() {
    let mut scene = Scene::new(Mood { id_late: Duration::from_mins(7), ..Mood::default() }).await;
    let id = scene.ran().await;
    scene.is_ready(id).await;
}

#[tokio::test]
async fn what_the_platform_team_must_mend_is_said_and_a_retry_helps() {
    type Knob = fn(&mut Mood, bool);
    let knobs: [(&str, Knob); 3] = [
        ("may not launch", |mood, on| mood.no_launch_path = on),
        ("may not use Account Factory", |mood, on| mood.not_permitted = on),
        ("account quota is used up", |mood, on| mood.quota = on.then_some(49)),
    ];
    for (words, knob) in knobs {
        let mut scene = Scene::new(Mood::default()).await;
        let id = scene.approved().await;
        scene.tower.feel(|mood| knob(mood, true));
        if words.contains("quota") {
            scene.tower.feel(|mood| mood.quota = Some(48));
        }
        scene.world.settle().await;
        scene.failed(id, words, true).await;
        scene.tower.feel(|mood| knob(mood, false));
        scene.retried(id).await;
        scene.is_ready(id).await;
    }
}

#[tokio::test]
async fn a_full_organization_is_said_before_anyone_is_asked_where_the_quota_is_known() {
    let mut scene = Scene::with(Mood::default(), Settings { account_quota: Some(48), ..settings() }).await;
    let (status, problem) = scene.asks("new@example.com").await;
    assert_eq!(status, 422);
    assert!(problem.to_string().contains("reached its number of accounts"), "{problem}");
}

#[tokio::test]
async fn an_account_that_is_not_activated_yet_is_tried_again() {
    let mut scene = Scene::new(Mood { not_activated: 2, ..Mood::default() }).await;
    let id = scene.ran().await;
    scene.is_ready(id).await;
    assert!(scene.reasons(id).await[0].contains("not activated"));
}

#[tokio::test]
async fn a_crash_between_the_call_and_its_record_makes_no_second_account() {
    let mood = Mood { lost_answers: 1, hidden_for: HIDDEN, unguarded: true, ..Mood::default() };
    let mut scene = Scene::new(mood).await;
    let id = scene.approved().await;
    for _ in 0..4 {
        scene.world.worker.tick().await.expect("a store that works");
    }
    assert_eq!(scene.tower.asked("ProvisionProduct"), 1, "called, and the answer is lost");
    let mut scene = scene.restarted().await;
    scene.world.settle().await;
    scene.is_ready(id).await;
    assert_eq!(scene.tower.asked("ProvisionProduct"), 1);
    assert_eq!(scene.request(id).await.state, State::Ready);
    scene.ran().await;
}
