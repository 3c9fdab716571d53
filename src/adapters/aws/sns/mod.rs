//! Mail through one Amazon SNS topic. SNS gives a message to every subscription of a
//! topic, so each carries its recipient's fingerprint, and each approver's subscription
//! has a filter that lets only their own through (`vend approvers sync` makes them).
//! SNS answers "accepted", never "delivered": a recipient without a confirmed
//! subscription gets nothing, and nobody is told. Knows nothing of requests.

pub mod plan;
pub mod subscriptions;
pub mod topic;
mod trouble;

use async_trait::async_trait;
use aws_sdk_sns::Client;
use aws_sdk_sns::types::MessageAttributeValue;

use self::topic::{RECIPIENT, Topic, fingerprint};
use self::trouble::{Call, Trouble};
use super::connection::Connection;
use crate::ports::mail::{Mail, MailError, Mailer};

/// The longest subject, in characters ("less than 100", <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>).
const LONGEST_SUBJECT: usize = 99;
/// The largest message in bytes, its attributes included (256 KiB, same page).
const LARGEST_MESSAGE: usize = 262_144;
/// What the one attribute weighs: its name, its type (`String`) and 64 hex digits.
const ATTRIBUTE: usize = RECIPIENT.len() + "String".len() + 64;

/// Publishes to one topic.
#[derive(Debug, Clone)]
pub struct SnsMailer {
    client: Client,
    topic: Topic,
}

impl SnsMailer {
    /// Prepares to publish to the topic, in the topic's own region.
    #[must_use]
    pub fn new(connection: &Connection, topic: Topic) -> Self {
        let client = Client::new(connection.in_region(Some(topic.region())).sdk());
        Self { client, topic }
    }
}

#[async_trait]
impl Mailer for SnsMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        can_carry(mail)?;
        let recipient =
            MessageAttributeValue::builder().data_type("String").string_value(fingerprint(&mail.to)).build();
        let recipient = recipient.map_err(|_| refused("its recipient cannot be named"))?;
        let published = self
            .client
            .publish()
            .topic_arn(self.topic.arn())
            .subject(&mail.subject)
            .message(&mail.text)
            .message_attributes(RECIPIENT, recipient)
            .send()
            .await;
        published.map(|_| ()).map_err(|error| classify(&Trouble::of(Call::Publish, &error)))
    }
}

/// Whether SNS takes a message like this one; what it would refuse never leaves.
fn can_carry(mail: &Mail) -> Result<(), MailError> {
    if mail.to.parse::<lettre::Address>().is_err() {
        return Err(refused("the recipient's address is not a mail address"));
    }
    let subject = &mail.subject;
    let printable = subject.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if !printable || subject.starts_with(' ') || subject.is_empty() || subject.len() > LONGEST_SUBJECT {
        return Err(refused("the subject is not one line of at most 99 ASCII characters"));
    }
    if mail.text.trim().is_empty() {
        return Err(refused("it has no text"));
    }
    if mail.text.len() + subject.len() + ATTRIBUTE > LARGEST_MESSAGE {
        return Err(refused("it is larger than the 256 KiB that SNS carries"));
    }
    Ok(())
}

fn refused(why: &str) -> MailError {
    MailError::Refused(why.to_owned())
}

/// Only what is about this very message is final; an operator cures the rest, and
/// the mail waits until then.
fn classify(trouble: &Trouble) -> MailError {
    match trouble {
        Trouble::Rejected { about_topic: false, .. } => MailError::Refused(trouble.to_string()),
        _ => MailError::Unavailable(trouble.to_string()),
    }
}
