//! Every trouble the simulator can make, as the requester lives through it.

use vend::adapters::embedded::simulator::trouble::Trouble;
use vend::domain::person::{Actor, Channel};
use vend::domain::request::State;
use vend::ports::factory::{AccountFactory, AccountOrder};

use super::stage::Stage;

/// Asks, approves, waits; retries once when that may help, else gives up.
async fn story(trouble: Trouble) -> String {
    let mut stage = Stage::new().await;
    let id = stage.ada_asked(&format!("team+{}@example.com", trouble.tag())).await;
    stage.world.settle().await;
    stage.presses("grace@example.com", "approve", "", id).await;
    stage.settle(id).await;
    let mut end = State::Ready;
    if let Some(failure) = stage.request(id).await.failure {
        stage.mail_about("failed");
        end = after_failure(&mut stage, id, failure.retryable).await;
    }
    stage.mail_is_glanced_at();
    stage.note(&stage.path(id).await);
    stage.ends(id, end).await
}

async fn after_failure(stage: &mut Stage, id: vend::domain::ids::RequestId, retryable: bool) -> State {
    let ada = Actor::person("ada@example.com", Channel::Api);
    let retried = stage.world.service.retry(id, &ada).await;
    if !retryable {
        stage.note(&retried.expect_err("it cannot help").sentence());
        stage.world.service.cancel(id, &ada, None).await.expect("given up");
        stage.settle(id).await;
        return State::Abandoned;
    }
    retried.expect("a retry");
    stage.note("Ada retries");
    if stage.request(id).await.slot.is_some() && stage.request(id).await.state == State::Creating {
        stage.note("Oscar terminates the product that hangs");
        let order = AccountOrder::of(&stage.request(id).await);
        AccountFactory::terminate(&stage.world.simulator, &order).await.expect("it hangs");
    }
    stage.settle(id).await;
    State::Ready
}

#[tokio::test]
async fn every_trouble_ends_well_or_says_what_to_do() {
    for trouble in Trouble::ALL {
        let text = story(trouble).await;
        insta::assert_snapshot!(trouble.tag(), text);
    }
}
