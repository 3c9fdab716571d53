//! From the first word to the ready mail.

use vend::domain::request::State;

use super::stage::Stage;

#[tokio::test]
async fn ada_asks_grace_approves_and_the_account_is_ready() {
    let mut stage = Stage::new().await;
    for text in
        ["Hi, I would like a new account please!", "Production", "no, Sandbox", "fraud-root", "fraud-root@example.com"]
    {
        assert_eq!(stage.ada_says(text).await, None);
    }
    for text in ["Research", "Demos", "none", "Training a fraud model", "change the OU to Sandbox"] {
        assert_eq!(stage.ada_says(text).await, None);
    }
    let id = stage.ada_says("yes").await.expect("a request");
    stage.world.settle().await;
    stage.mail_is_read();
    assert_eq!(stage.presses("grace@example.com", "approve", "Go ahead", id).await, 200);
    stage.settle(id).await;
    stage.mail_is_read();
    stage.ada_says("status").await;
    stage.note(&stage.path(id).await);
    insta::assert_snapshot!(stage.ends(id, State::Ready).await);
}

#[tokio::test]
async fn a_blueprint_is_deployed_into_the_account() {
    let mut stage = Stage::new().await;
    let ask = "create a Sandbox account in Demos with fraud-root@example.com";
    for text in [ask, "ml-workload-nonprod", "Training a fraud model"] {
        assert_eq!(stage.ada_says(text).await, None);
    }
    let id = stage.ada_says("yes").await.expect("a request");
    stage.world.settle().await;
    assert_eq!(stage.presses("grace@example.com", "approve", "", id).await, 200);
    stage.settle(id).await;
    stage.note(&stage.path(id).await);
    insta::assert_snapshot!(stage.ends(id, State::Ready).await);
}

#[tokio::test]
async fn the_process_ends_at_every_state_and_a_new_one_goes_on() {
    let mut stage = Stage::new().await;
    let id = stage.ada_asked("fraud@example.com").await;
    stage.world.settle().await;
    stage.presses("grace@example.com", "approve", "", id).await;
    let mut starts = 0;
    while !stage.request(id).await.state.is_terminal() {
        stage = Stage::in_world(stage.world.restart().await);
        stage.world.worker.tick().await.expect("a store that works");
        stage.world.clock.advance(std::time::Duration::from_secs(10));
        starts += 1;
        assert!(starts < 100, "it gets nowhere");
    }
    assert!(starts > 3, "restarts happened in the middle");
    stage.world.settle().await;
    stage.ends(id, State::Ready).await;
}
