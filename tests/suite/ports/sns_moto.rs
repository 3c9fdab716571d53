//! Mail over SNS against moto, which nobody here wrote.

use vend::adapters::aws::connection::Connection;
use vend::adapters::aws::sns::SnsMailer;
use vend::adapters::aws::sns::plan::{Status, compare};
use vend::adapters::aws::sns::subscriptions::Subscriptions;
use vend::adapters::aws::sns::topic::{Topic, filter_for};
use vend::ports::mail::{Mail, Mailer as _};

use crate::fakes::aws::wire;

#[tokio::test]
#[ignore = "needs moto: .ci/peers starts it"]
async fn moto_takes_subscriptions_filters_and_mail_as_we_send_them() {
    let url = std::env::var("VEND_MOTO_URL").expect("VEND_MOTO_URL");
    let sdk = wire::sdk(&url);
    let made = aws_sdk_sns::Client::new(&sdk).create_topic().name("vend-approvals").send().await.unwrap();
    let topic = Topic::parse(made.topic_arn().unwrap()).unwrap();
    let connection = Connection::over(&sdk);
    let subscriptions = Subscriptions::new(&connection, topic.clone());
    let people = ["grace@example.com".to_owned(), "alan@example.com".to_owned()];
    for person in &people {
        subscriptions.subscribe(person).await.unwrap();
    }
    let lines = compare(&people, &subscriptions.list().await.unwrap());
    assert!(lines.len() == 2 && lines.iter().all(|line| line.status == Status::Confirmed), "{lines:?}");
    let grace = lines[1].arn.clone().unwrap();
    let client = aws_sdk_sns::Client::new(&sdk);
    let spoil = client.set_subscription_attributes().subscription_arn(&grace).attribute_name("FilterPolicy");
    spoil.attribute_value(filter_for("alan@example.com").to_string()).send().await.unwrap();
    let lines = compare(&people, &subscriptions.list().await.unwrap());
    assert_eq!(lines[1].status, Status::WrongFilter);
    subscriptions.correct(&grace, "grace@example.com").await.unwrap();
    let lines = compare(&people, &subscriptions.list().await.unwrap());
    assert_eq!(lines[1].status, Status::Confirmed);
    let mail = Mail {
        key: "k".into(),
        to: "grace@example.com".into(),
        subject: "Please decide on AWS account request req-6s7t8v9w".into(),
        text: "Ada Grünwald asks.\n".into(),
    };
    SnsMailer::new(&connection, topic).send(&mail).await.unwrap();
    subscriptions.remove(&grace).await.unwrap();
    assert_eq!(compare(&people, &subscriptions.list().await.unwrap())[1].status, Status::Missing);
}
