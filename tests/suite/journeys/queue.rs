//! Six at once: five in flight, one in line and told its place; fair by arrival.

use vend::domain::ids::RequestId;
use vend::domain::person::{Actor, Channel};
use vend::domain::request::State;
use vend::ports::factory::{AccountFactory, AccountOrder};
use vend::service::Decide;

use super::stage::Stage;

async fn approved(stage: &Stage, nth: usize, tag: &str) -> RequestId {
    let id = stage.asked(&format!("user-{nth}@example.com"), "Sandbox", &format!("team-{nth}{tag}@example.com")).await;
    let grace = Actor::person("grace@example.com", Channel::Mail);
    stage.world.service.decide(id, &grace, Decide::Approve { reason: None }).await.expect("Grace may");
    stage.world.clock.advance(std::time::Duration::from_secs(1));
    id
}

#[tokio::test]
async fn of_eight_at_once_five_work_and_three_know_their_place() {
    let mut stage = Stage::new().await;
    let mut ids = Vec::new();
    for nth in 1..=8 {
        ids.push(approved(&stage, nth, "").await);
    }
    for _ in 0..6 {
        stage.world.worker.tick().await.expect("a store that works");
    }
    for id in &ids {
        stage.status(*id).await;
    }
    stage.world.settle().await;
    stage.note("everything has settled");
    let mut started = Vec::new();
    for id in &ids {
        let history = stage.world.history(&id.to_string()).await;
        let at = history.iter().find(|r| matches!(r.event, vend::domain::event::Event::CreationStarted { .. }));
        started.push((at.expect("a start").at, *id));
        assert_eq!(stage.request(*id).await.state, State::Ready);
    }
    assert!(started.is_sorted(), "first come, first served");
    stage.note("and again, with a past to go by");
    let mut more = Vec::new();
    for nth in 11..=17 {
        more.push(approved(&stage, nth, "").await);
    }
    for _ in 0..6 {
        stage.world.worker.tick().await.expect("a store that works");
    }
    for id in [more[0], more[4], more[5], more[6]] {
        stage.status(id).await;
    }
    stage.world.settle().await;
    assert_eq!(stage.world.simulator.most_in_flight().await.expect("a ledger"), 5);
    insta::assert_snapshot!(stage.ends(ids[0], State::Ready).await);
}

/// An operation that hangs keeps its slot, for as long as it hangs: retried, given up or
/// left alone. Everyone else gets through the other slots, and the slot comes back.
#[tokio::test]
async fn operations_that_hang_keep_their_slots_and_hold_up_nobody_else() {
    let stage = Stage::new().await;
    let mut hanging = Vec::new();
    for nth in 1..=4 {
        hanging.push(approved(&stage, nth, "+fail-slow").await);
    }
    stage.world.settle().await;
    for id in &hanging {
        assert_eq!(stage.request(*id).await.state, State::Failed);
    }
    let (ada, bob) =
        (Actor::person("user-1@example.com", Channel::Api), Actor::person("user-2@example.com", Channel::Api));
    stage.world.service.cancel(hanging[0], &ada, None).await.expect("given up");
    stage.world.service.retry(hanging[1], &bob).await.expect("retried");
    let mut others = Vec::new();
    for nth in 5..=10 {
        others.push(approved(&stage, nth, "").await);
    }
    stage.world.settle().await;
    for id in &others {
        assert_eq!(stage.request(*id).await.state, State::Ready, "through the one slot left");
    }
    assert_eq!(stage.world.evidence().await.slots.len(), 4, "they may still be running");
    for id in &hanging {
        let order = AccountOrder::of(&stage.request(*id).await);
        AccountFactory::terminate(&stage.world.simulator, &order).await.expect("it hangs");
    }
    stage.world.settle().await;
    stage.world.wait(std::time::Duration::from_mins(20)).await;
    assert_eq!(stage.world.evidence().await.slots, [], "an operator ended them all");
    stage.world.service.retry(hanging[1], &bob).await.expect("retried once more");
    stage.world.settle().await;
    assert_eq!(stage.request(hanging[1]).await.state, State::Ready);
    stage.ends(hanging[0], State::Abandoned).await;
}
