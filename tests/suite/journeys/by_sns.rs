//! Approval by mail through SNS: one topic, personal mails, two decisions.

use std::sync::Arc;

use vend::domain::request::State;

use super::stage::{POLICY, Stage};
use crate::fakes::aws::sns::{FakeSns, Mood};
use crate::fakes::world::Setup;
use crate::ports::sns::Office;
use crate::promises::{self, Evidence};

/// The personal link in the newest mail of this person, as path and token.
fn link(sns: &FakeSns, email: &str) -> (String, String) {
    let text = sns.inbox(email).pop().unwrap_or_else(|| panic!("no mail for {email}")).text;
    let word = text.split_whitespace().find(|word| word.contains("?t=")).expect("a personal link").to_owned();
    let (path, token) = word[word.find("/account/").expect("a path")..].split_once("?t=").expect("a token");
    (path.to_owned(), token.to_owned())
}

#[tokio::test]
async fn two_approvers_decide_with_the_links_only_they_got() {
    let office =
        Office::staffed(&["grace@example.com", "heidi@example.com", "oscar@example.com", "ada@example.com"]).await;
    // The first answer of SNS is lost: somebody gets the same mail twice, and that does no harm.
    office.sns.feel(Mood { lost_answers: 1, ..Mood::default() });
    let setup = Setup { mailer: Some(Arc::new(office.mailer.clone())), ..Setup::default() };
    let stage = Stage::in_world(setup.policy(POLICY).build().await);
    let id = stage.asked("ada@example.com", "Production", "fraud-root@example.com").await;
    stage.world.settle().await;
    let links = ["grace@example.com", "heidi@example.com"].map(|email| link(&office.sns, email));
    assert_ne!(links[0].1, links[1].1, "each has a token of their own");
    assert_eq!(office.sns.inbox("oscar@example.com"), [], "nobody asked Oscar yet");
    let name = stage.request(id).await.submission.spec.account_name;
    for (path, token) in &links {
        let form = [("t", token.as_str()), ("decision", "approve"), ("reason", ""), ("account_name", &name)];
        assert_eq!(stage.world.anyone().post_form(path, &form).await.status, 200);
    }
    stage.world.settle().await;
    assert_eq!(office.sns.inbox("ada@example.com").len(), 2, "approved, and ready");
    let decided: Vec<_> = stage.request(id).await.decisions.iter().map(|decision| decision.by.clone()).collect();
    assert_eq!(decided, ["grace@example.com", "heidi@example.com"]);
    assert_eq!(stage.request(id).await.state, State::Ready);
    let mut mails = office.sns.mails();
    let copies = mails.len();
    mails.dedup();
    assert_eq!(copies - mails.len(), 1, "the mail whose answer was lost came twice, word for word");
    promises::assert_kept(&Evidence { mails, ..stage.world.evidence().await });
}
