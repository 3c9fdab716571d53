//! Compares the approvers the policy names with the subscriptions a topic has. Pure:
//! what it decides, `vend approvers sync` does and `vend doctor` judges.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

use super::topic::filter_for;

/// One subscription of the topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// `email`, or another way messages leave.
    pub protocol: String,
    /// Where they go; a mail address for `email`.
    pub endpoint: String,
    /// How far it got.
    pub standing: Standing,
}

/// How far a subscription got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// SNS has asked its owner to confirm; until then nothing is delivered, and
    /// after two days SNS forgets it.
    Pending,
    /// It delivers.
    Confirmed {
        /// Its ARN.
        arn: String,
        /// Its filter, unless it has none.
        filter: Option<Value>,
        /// Confirmed by a signed call, and so protected against unsubscribing by link.
        signed: bool,
    },
}

/// Where an address stands on the topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It gets its own mail and no other.
    Confirmed,
    /// It gets the wrong mail, or everybody's.
    WrongFilter,
    /// Its owner has not confirmed yet.
    Pending,
    /// It is not subscribed.
    Missing,
    /// The policy does not name it.
    NotInPolicy,
}

/// One address, where it stands, and the subscription that a change would be made to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The address, in lower case as the policy compares them; else the endpoint.
    pub endpoint: String,
    /// How its messages leave.
    pub protocol: String,
    /// Where it stands.
    pub status: Status,
    /// The ARN of a confirmed subscription.
    pub arn: Option<String>,
    /// Unsubscribing by link is closed.
    pub protected: bool,
    /// It has no filter at all: it gets everybody's personal links.
    pub gets_everything: bool,
}

/// One line for each approver and, behind them, one for each other subscription.
#[must_use]
pub fn compare(approvers: &[String], subscriptions: &[Subscription]) -> Vec<Line> {
    let wanted: BTreeSet<String> = approvers.iter().map(|email| email.to_ascii_lowercase()).collect();
    let of = |email: &String| {
        let theirs = subscriptions.iter().filter(move |found| is_for(found, email));
        let mut lines: Vec<_> = theirs.map(|found| approver_line(email, &found.standing)).collect();
        if lines.is_empty() {
            lines.push(missing(email));
        }
        lines
    };
    let others = subscriptions.iter().filter(|found| !wanted.iter().any(|email| is_for(found, email)));
    wanted.iter().flat_map(of).chain(others.map(other_line)).collect()
}

fn is_for(found: &Subscription, email: &str) -> bool {
    found.protocol == "email" && found.endpoint.eq_ignore_ascii_case(email)
}

fn missing(email: &str) -> Line {
    Line {
        endpoint: email.to_owned(),
        protocol: "email".to_owned(),
        status: Status::Missing,
        arn: None,
        protected: false,
        gets_everything: false,
    }
}

fn approver_line(email: &str, standing: &Standing) -> Line {
    match standing {
        Standing::Pending => Line { status: Status::Pending, ..missing(email) },
        Standing::Confirmed { arn, filter, signed } => {
            let right = filter.as_ref() == Some(&filter_for(email));
            Line {
                status: if right { Status::Confirmed } else { Status::WrongFilter },
                arn: Some(arn.clone()),
                protected: *signed,
                gets_everything: passes_all(filter.as_ref()),
                ..missing(email)
            }
        }
    }
}

fn other_line(found: &Subscription) -> Line {
    let (arn, protected, gets_everything) = match &found.standing {
        Standing::Pending => (None, false, false),
        Standing::Confirmed { arn, filter, signed } => (Some(arn.clone()), *signed, passes_all(filter.as_ref())),
    };
    Line {
        endpoint: found.endpoint.clone(),
        protocol: found.protocol.clone(),
        status: Status::NotInPolicy,
        arn,
        protected,
        gets_everything,
    }
}

/// No filter, or one without a condition.
fn passes_all(filter: Option<&Value>) -> bool {
    filter.is_none_or(|filter| filter.as_object().is_none_or(serde_json::Map::is_empty))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn email(endpoint: &str, standing: Standing) -> Subscription {
        Subscription { protocol: "email".into(), endpoint: endpoint.into(), standing }
    }

    fn confirmed(filter: Option<Value>) -> Standing {
        Standing::Confirmed { arn: "arn:aws:sns:x".into(), filter, signed: false }
    }

    #[test]
    fn every_approver_has_a_line_and_every_other_subscription_too() {
        let approvers = ["Grace@example.com", "alan@example.com", "edsger@example.com", "barbara@example.com"];
        let found = [
            email("grace@Example.com", confirmed(Some(filter_for("grace@example.com")))),
            email("alan@example.com", Standing::Pending),
            email("edsger@example.com", confirmed(Some(filter_for("grace@example.com")))),
            email("gone@example.com", confirmed(None)),
            Subscription { protocol: "sqs".into(), ..email("arn:aws:sqs:q", confirmed(None)) },
        ];
        let lines = compare(&approvers.map(str::to_owned), &found);
        let told: Vec<_> = lines.iter().map(|line| (line.endpoint.as_str(), line.status)).collect();
        assert_eq!(
            told,
            [
                ("alan@example.com", Status::Pending),
                ("barbara@example.com", Status::Missing),
                ("edsger@example.com", Status::WrongFilter),
                ("grace@example.com", Status::Confirmed),
                ("gone@example.com", Status::NotInPolicy),
                ("arn:aws:sqs:q", Status::NotInPolicy),
            ]
        );
        assert!(lines[4].gets_everything && !lines[2].gets_everything);
    }

    #[test]
    fn a_filter_that_lets_more_through_is_wrong() {
        let mut wide = filter_for("grace@example.com");
        wide["vend-recipient"].as_array_mut().unwrap().push("another".into());
        for filter in [None, Some(serde_json::json!({})), Some(wide)] {
            let lines = compare(&["grace@example.com".into()], &[email("grace@example.com", confirmed(filter))]);
            assert_eq!(lines[0].status, Status::WrongFilter);
        }
    }
}
