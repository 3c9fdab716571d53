//! Mail over SNS: what the mail port asks for, and that a message reaches the one
//! person it is for. Through the real SDK, against a played SNS.

use std::sync::Arc;

use vend::adapters::aws::connection::Connection;
use vend::adapters::aws::sns::SnsMailer;
use vend::adapters::aws::sns::plan::{Status, compare};
use vend::adapters::aws::sns::subscriptions::{Subscriptions, Trouble};
use vend::adapters::aws::sns::topic::{Topic, filter_for};
use vend::ports::mail::{Mail, MailError, Mailer as _};

use crate::fakes::aws::sns::{FakeSns, Mood, TOPIC};
use crate::fakes::aws::wire::Endpoint;

fn topic() -> Topic {
    Topic::parse(TOPIC).unwrap()
}

/// SNS, our mailer and our subscriptions over it.
pub struct Office {
    pub sns: Arc<FakeSns>,
    pub mailer: SnsMailer,
    pub subscriptions: Subscriptions,
    endpoint: Endpoint,
}

impl Office {
    pub async fn open() -> Self {
        let (sns, endpoint) = FakeSns::start().await;
        let connection = Connection::over(&endpoint.sdk());
        let mailer = SnsMailer::new(&connection, topic());
        Self { sns, mailer, subscriptions: Subscriptions::new(&connection, topic()), endpoint }
    }

    /// Subscribes and confirms these people.
    pub async fn staffed(people: &[&str]) -> Self {
        let office = Self::open().await;
        for person in people {
            office.subscriptions.subscribe(person).await.unwrap();
            office.sns.link_is_opened(person);
        }
        office
    }

    async fn standing(&self, approvers: &[&str]) -> Vec<(String, Status)> {
        let approvers: Vec<String> = approvers.iter().map(|&email| email.to_owned()).collect();
        let lines = compare(&approvers, &self.subscriptions.list().await.unwrap());
        lines.into_iter().map(|line| (line.endpoint, line.status)).collect()
    }
}

fn mail(to: &str) -> Mail {
    Mail {
        key: format!("k/{to}"),
        to: to.to_owned(),
        subject: "Please decide on AWS account request req-6s7t8v9w".into(),
        text: format!("Ada Grünwald asks.\n\nhttps://vend.example.com/account/confirm/01J?t=for-{to}\n"),
    }
}

#[tokio::test]
async fn each_approver_gets_their_own_mail_and_nobody_elses() {
    let people = ["grace@example.com", "alan@example.com", "barbara@example.com"];
    let office = Office::staffed(&people).await;
    for person in people {
        office.mailer.send(&mail(person)).await.unwrap();
    }
    // Written in another way it is still the same person.
    office.mailer.send(&Mail { to: "Grace@Example.com".into(), ..mail("grace@example.com") }).await.unwrap();
    for person in people {
        let inbox = office.sns.inbox(person);
        assert_eq!(inbox.len(), if person.starts_with("grace") { 2 } else { 1 });
        assert!(inbox.iter().all(|got| got.text == mail(person).text && got.subject == mail(person).subject));
    }
}

#[tokio::test]
async fn who_has_not_confirmed_or_is_not_subscribed_gets_nothing_though_sns_accepts() {
    let office = Office::staffed(&["grace@example.com"]).await;
    office.subscriptions.subscribe("alan@example.com").await.unwrap();
    for person in ["alan@example.com", "ada-who-asks@example.com"] {
        office.mailer.send(&mail(person)).await.unwrap();
        assert_eq!(office.sns.inbox(person), []);
    }
    assert_eq!(office.sns.inbox("grace@example.com"), []);
    assert_eq!(office.sns.published(), 2);
}

#[tokio::test]
async fn what_sns_cannot_carry_never_leaves() {
    let office = Office::staffed(&["grace@example.com"]).await;
    let fine = || mail("grace@example.com");
    for bad in [
        Mail { to: "nobody".into(), ..fine() },
        Mail { to: "a@example.com, b@example.com".into(), ..fine() },
        Mail { subject: "Grün".into(), ..fine() },
        Mail { subject: "two\nlines".into(), ..fine() },
        Mail { subject: " a blank first".into(), ..fine() },
        Mail { subject: "x".repeat(100), ..fine() },
        Mail { subject: String::new(), ..fine() },
        Mail { text: "x".repeat(262_144), ..fine() },
        Mail { text: "\n".into(), ..fine() },
    ] {
        let refused = office.mailer.send(&bad).await;
        assert!(matches!(refused, Err(MailError::Refused(_))), "{refused:?}");
    }
    assert_eq!(office.sns.calls().iter().filter(|call| *call == "Publish").count(), 0);
    office.mailer.send(&Mail { subject: "x".repeat(99), text: "x".repeat(262_144 - 99 - 84), ..fine() }).await.unwrap();
}

#[tokio::test]
async fn what_an_operator_or_time_cures_waits() {
    let office = Office::staffed(&["grace@example.com"]).await;
    for (mood, told) in [
        (Mood { down: true, ..Mood::default() }, "in trouble"),
        (Mood { throttled: 99, ..Mood::default() }, "slow down"),
        (Mood { denied: Some("Publish"), ..Mood::default() }, "allow `sns:Publish`"),
        (Mood { no_topic: true, ..Mood::default() }, "there is no such topic: check mail.topic_arn"),
        (Mood { bad_topic: true, ..Mood::default() }, "does not take this topic: check mail.topic_arn"),
        (Mood { lost_answers: 99, ..Mood::default() }, "does not answer"),
    ] {
        office.sns.feel(mood.clone());
        let error = office.mailer.send(&mail("grace@example.com")).await.unwrap_err();
        assert!(matches!(error, MailError::Unavailable(_)) && error.to_string().contains(told), "{mood:?}: {error}");
        assert!(!error.to_string().contains('@'), "no address in an error: {error}");
    }
    office.sns.feel(Mood::default());
    office.mailer.send(&mail("grace@example.com")).await.unwrap();
}

#[tokio::test]
async fn a_lost_answer_may_deliver_twice_and_both_are_the_same() {
    let office = Office::staffed(&["grace@example.com"]).await;
    office.sns.feel(Mood { lost_answers: 1, ..Mood::default() });
    office.mailer.send(&mail("grace@example.com")).await.unwrap();
    let inbox = office.sns.inbox("grace@example.com");
    assert_eq!(inbox.len(), 2);
    assert_eq!(inbox[0], inbox[1]);
}

#[tokio::test]
async fn no_connection_means_try_later() {
    let Office { mailer, endpoint, .. } = Office::open().await;
    drop(endpoint);
    tokio::task::yield_now().await;
    assert!(matches!(mailer.send(&mail("grace@example.com")).await, Err(MailError::Unavailable(_))));
}

#[tokio::test]
async fn every_page_of_subscriptions_is_read_and_each_is_judged() {
    let people = ["a@example.com", "b@example.com", "c@example.com"];
    let office = Office::staffed(&people).await;
    office.subscriptions.subscribe("pending@example.com").await.unwrap();
    office.sns.subscribed_by_hand("email", "wide@example.com", None);
    office.sns.subscribed_by_hand("email", "swapped@example.com", Some(filter_for("a@example.com")));
    let approvers = [&people[..], &["missing@example.com", "pending@example.com", "swapped@example.com"]].concat();
    let told = office.standing(&approvers).await;
    let status = |email: &str| told.iter().find(|(endpoint, _)| endpoint == email).unwrap().1;
    assert!(people.iter().all(|person| status(person) == Status::Confirmed), "{told:?}");
    assert_eq!(status("missing@example.com"), Status::Missing);
    assert_eq!(status("pending@example.com"), Status::Pending);
    assert_eq!(status("swapped@example.com"), Status::WrongFilter);
    assert_eq!(status("wide@example.com"), Status::NotInPolicy);
}

#[tokio::test]
async fn a_subscription_that_waits_is_known_by_what_it_says_of_itself_and_one_that_is_gone_is_none() {
    let office = Office::staffed(&["a@example.com", "b@example.com", "c@example.com"]).await;
    office.subscriptions.subscribe("pending@example.com").await.unwrap();
    let arns: Vec<_> = compare(&[], &office.subscriptions.list().await.unwrap());
    for line in arns.iter().filter(|line| ["b@example.com", "c@example.com"].contains(&line.endpoint.as_str())) {
        office.subscriptions.remove(line.arn.as_deref().unwrap()).await.unwrap();
    }
    office.sns.feel(Mood { lists_pending: true, lists_gone: true, ..Mood::default() });
    let approvers = ["a@example.com", "b@example.com", "c@example.com", "pending@example.com"];
    let told = office.standing(&approvers).await;
    let status = |email: &str| told.iter().find(|(endpoint, _)| endpoint == email).unwrap().1;
    let expected = [Status::Confirmed, Status::Missing, Status::Missing, Status::Pending];
    assert_eq!(approvers.map(status), expected, "{told:?}");
}

#[tokio::test]
async fn calls_go_to_the_topics_own_region_wherever_everything_else_is() {
    let (sns, endpoint) = FakeSns::start().await;
    let elsewhere = Connection::over(&endpoint.sdk()).in_region(Some("us-east-1"));
    SnsMailer::new(&elsewhere, topic()).send(&mail("grace@example.com")).await.unwrap();
    assert_eq!(sns.regions(), [topic().region()]);
    Subscriptions::new(&elsewhere, topic()).list().await.unwrap();
    assert_eq!(sns.regions(), [topic().region()]);
}

#[tokio::test]
async fn a_signed_confirmation_keeps_scanners_from_unsubscribing_anyone() {
    let office = Office::staffed(&["opened@example.com"]).await;
    office.subscriptions.subscribe("signed@example.com").await.unwrap();
    office.subscriptions.confirm(&office.sns.token_for("signed@example.com")).await.unwrap();
    for person in ["opened@example.com", "signed@example.com"] {
        office.sns.unsubscribe_link_is_opened(person);
    }
    let found = office.subscriptions.list().await.unwrap();
    let lines = compare(&["signed@example.com".into()], &found);
    assert!(lines.len() == 1 && lines[0].protected && lines[0].status == Status::Confirmed, "{lines:?}");
    let again = office.subscriptions.confirm(&"0".repeat(64)).await;
    assert!(matches!(again, Err(Trouble::Rejected { about_topic: false, .. })), "{again:?}");
}

#[tokio::test]
async fn a_wrong_filter_is_corrected() {
    let office = Office::open().await;
    office.sns.subscribed_by_hand("email", "grace@example.com", None);
    let found = office.subscriptions.list().await.unwrap();
    let line = &compare(&["grace@example.com".into()], &found)[0];
    assert!(line.status == Status::WrongFilter && line.gets_everything);
    office.subscriptions.correct(line.arn.as_deref().unwrap(), "grace@example.com").await.unwrap();
    assert_eq!(office.standing(&["grace@example.com"]).await, [("grace@example.com".into(), Status::Confirmed)]);
}
