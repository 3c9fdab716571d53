//! Eight approved requests and everything at once: eight accounts, none twice, never more than five in flight.

use std::time::Duration;

use vend::domain::request::State;

use super::scene::Scene;
use crate::fakes::aws::service_catalog::mood::Mood;
use crate::promises;

#[tokio::test]
async fn eight_requests_in_chaos_make_eight_accounts() {
    let mood = Mood {
        lost_answers: 1,
        hidden_for: Duration::from_mins(4),
        unguarded: true,
        late_busy: 1,
        throttled: 2,
        ..Mood::default()
    };
    let mut scene = Scene::new(mood).await;
    let mut ids = Vec::new();
    for _ in 0..8 {
        ids.push(scene.approved().await);
    }
    for _ in 0..2 {
        for _ in 0..5 {
            scene.world.worker.tick().await.expect("a store that works");
            scene.pass(Duration::from_secs(50));
        }
        scene = scene.restarted().await;
        scene.tower.feel(|mood| (mood.lost_answers, mood.throttled_looks) = (1, 2));
    }
    scene.world.settle().await;
    for id in &ids {
        assert_eq!(scene.request(*id).await.state, State::Ready, "{:?}", scene.request(*id).await.failure);
    }
    let evidence = scene.evidence().await;
    promises::assert_kept(&evidence);
    assert_eq!(evidence.creations.len(), 8);
    assert_eq!(scene.tower.most_in_flight(), 5, "the cap was used and kept");
}
