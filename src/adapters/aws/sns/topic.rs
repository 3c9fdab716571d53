//! The topic's name, and how a message and a subscription name the one person they
//! are for. Pure.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::domain::spec::hex;

/// The message attribute that names the recipient, by [`fingerprint`].
pub const RECIPIENT: &str = "vend-recipient";

/// A standard SNS topic, by its ARN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    arn: String,
}

/// Not the ARN of a topic mail can be sent through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadTopic {
    /// Not of the form `arn:aws:sns:<region>:<account>:<name>`.
    #[error("give the topic's ARN, like arn:aws:sns:eu-west-1:123456789012:vend-approvals.")]
    Malformed,
    /// FIFO topics have no e-mail subscriptions.
    #[error("this is a FIFO topic, and those cannot send e-mail. Make a standard topic.")]
    Fifo,
}

impl Topic {
    /// Reads an ARN.
    ///
    /// # Errors
    /// See [`BadTopic`].
    pub fn parse(arn: &str) -> Result<Self, BadTopic> {
        let parts: Vec<&str> = arn.split(':').collect();
        let [scheme, partition, service, region, account, name] = parts[..] else { return Err(BadTopic::Malformed) };
        let word =
            |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
        if name.rsplit_once('.').is_some_and(|(_, kind)| kind == "fifo") {
            return Err(BadTopic::Fifo);
        }
        let account_ok = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
        let good = scheme == "arn" && service == "sns" && account_ok && [partition, region, name].into_iter().all(word);
        if good { Ok(Self { arn: arn.to_owned() }) } else { Err(BadTopic::Malformed) }
    }

    /// The whole ARN.
    #[must_use]
    pub fn arn(&self) -> &str {
        &self.arn
    }

    /// The region it lives in.
    #[must_use]
    pub fn region(&self) -> &str {
        self.arn.split(':').nth(3).unwrap_or_default()
    }
}

/// Names a person to SNS without spelling their address into messages, delivery
/// logs and trails: SHA-256 of the address in lower case, in hex. It is a routing
/// label, no secret; the subscription beside it holds the address anyway.
#[must_use]
pub fn fingerprint(email: &str) -> String {
    hex(&Sha256::digest(email.trim().to_ascii_lowercase()))
}

/// The filter that lets through what is for this person and nothing else.
#[must_use]
pub fn filter_for(email: &str) -> Value {
    json!({ RECIPIENT: [fingerprint(email)] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_knows_its_region() {
        let topic = Topic::parse("arn:aws-us-gov:sns:us-gov-west-1:123456789012:vend_approvals-1").unwrap();
        assert_eq!(topic.region(), "us-gov-west-1");
    }

    #[test]
    fn what_is_no_standard_topic_is_refused() {
        for (arn, why) in [
            ("vend-approvals", BadTopic::Malformed),
            ("arn:aws:sqs:eu-west-1:123456789012:vend", BadTopic::Malformed),
            ("arn:aws:sns:eu-west-1:12345:vend", BadTopic::Malformed),
            ("arn:aws:sns::123456789012:vend", BadTopic::Malformed),
            ("arn:aws:sns:eu-west-1:123456789012:vend:6b0e71bd-subscription", BadTopic::Malformed),
            ("arn:aws:sns:eu-west-1:123456789012:vend.fifo", BadTopic::Fifo),
        ] {
            assert_eq!(Topic::parse(arn), Err(why), "{arn}");
        }
    }

    #[test]
    fn a_person_is_named_the_same_however_their_address_is_written() {
        assert_eq!(fingerprint("Grace@Example.com "), fingerprint("grace@example.com"));
        assert_ne!(fingerprint("grace@example.com"), fingerprint("alan@example.com"));
        assert!(!filter_for("grace@example.com").to_string().contains("grace"));
    }
}
