//! The topic's subscriptions, as an operator manages them: list, subscribe, correct,
//! confirm, remove. What should be done is [`super::plan`]'s business.

use aws_sdk_sns::Client;

use super::plan::{Standing, Subscription};
use super::topic::{Topic, filter_for};
use super::trouble::Call;
pub use super::trouble::Trouble;
use crate::adapters::aws::connection::Connection;

/// What a list answers in place of the ARN of a subscription nobody has confirmed.
const PENDING: &str = "PendingConfirmation";
/// More pages (of 100) than any topic of ours has: beyond, SNS goes round in circles.
const MOST_PAGES: usize = 200;
const FILTER: &str = "FilterPolicy";

/// Manages one topic's subscriptions.
#[derive(Debug, Clone)]
pub struct Subscriptions {
    client: Client,
    topic: Topic,
}

impl Subscriptions {
    /// Prepares to manage the topic, in the topic's own region.
    #[must_use]
    pub fn new(connection: &Connection, topic: Topic) -> Self {
        let client = Client::new(connection.in_region(Some(topic.region())).sdk());
        Self { client, topic }
    }

    /// Every subscription of the topic, with the filter of those that are confirmed.
    ///
    /// # Errors
    /// [`Trouble`] with the first page or subscription that could not be read.
    pub async fn list(&self) -> Result<Vec<Subscription>, Trouble> {
        let (mut all, mut next) = (Vec::new(), None);
        for _ in 0..MOST_PAGES {
            let call = self.client.list_subscriptions_by_topic().topic_arn(self.topic.arn()).set_next_token(next);
            let page = call.send().await.map_err(|error| Trouble::of(Call::List, &error))?;
            for found in page.subscriptions() {
                let standing = self.standing(found.subscription_arn().unwrap_or_default()).await?;
                all.extend(standing.map(|standing| Subscription {
                    protocol: found.protocol().unwrap_or_default().to_owned(),
                    endpoint: found.endpoint().unwrap_or_default().to_owned(),
                    standing,
                }));
            }
            next = page.next_token().filter(|token| !token.is_empty()).map(ToOwned::to_owned);
            if next.is_none() {
                return Ok(all);
            }
        }
        Err(Trouble::Failing("its list of subscriptions does not end".to_owned()))
    }

    /// `None` for one that is gone (lists go on showing those for a while).
    async fn standing(&self, arn: &str) -> Result<Option<Standing>, Trouble> {
        if arn == PENDING {
            return Ok(Some(Standing::Pending));
        }
        if !arn.starts_with("arn:") {
            return Ok(None);
        }
        let read = self.client.get_subscription_attributes().subscription_arn(arn).send().await;
        let read = match read.map_err(|error| Trouble::of(Call::Read, &error)) {
            Ok(read) => read,
            Err(Trouble::NotThere(_)) => return Ok(None),
            Err(trouble) => return Err(trouble),
        };
        let attribute = |name: &str| read.attributes().and_then(|all| all.get(name)).map(String::as_str);
        if attribute("PendingConfirmation") == Some("true") {
            return Ok(Some(Standing::Pending));
        }
        Ok(Some(Standing::Confirmed {
            arn: arn.to_owned(),
            filter: attribute(FILTER).and_then(|text| serde_json::from_str(text).ok()),
            // Only a signed ConfirmSubscription can protect against unauthenticated unsubscribing.
            signed: attribute("ConfirmationWasAuthenticated") == Some("true"),
        }))
    }

    /// Subscribes an address to its own messages; SNS asks its owner to confirm.
    ///
    /// # Errors
    /// [`Trouble`].
    pub async fn subscribe(&self, email: &str) -> Result<(), Trouble> {
        let call = self.client.subscribe().topic_arn(self.topic.arn()).protocol("email").endpoint(email);
        let call = call.attributes(FILTER, filter_for(email).to_string()).return_subscription_arn(true);
        call.send().await.map(|_| ()).map_err(|error| Trouble::of(Call::Subscribe, &error))
    }

    /// Gives a subscription the filter its address should have.
    ///
    /// # Errors
    /// [`Trouble`].
    pub async fn correct(&self, arn: &str, email: &str) -> Result<(), Trouble> {
        let call = self.client.set_subscription_attributes().subscription_arn(arn).attribute_name(FILTER);
        let set = call.attribute_value(filter_for(email).to_string()).send().await;
        set.map(|_| ()).map_err(|error| Trouble::of(Call::Correct, &error))
    }

    /// Ends a subscription.
    ///
    /// # Errors
    /// [`Trouble`].
    pub async fn remove(&self, arn: &str) -> Result<(), Trouble> {
        let removed = self.client.unsubscribe().subscription_arn(arn).send().await;
        removed.map(|_| ()).map_err(|error| Trouble::of(Call::Remove, &error))
    }

    /// Confirms a subscription with a signed call, after which only the owner of the
    /// topic or of the subscription can end it: the link at the end of each mail no
    /// longer does. SNS accepts this setting in no other call.
    ///
    /// # Errors
    /// [`Trouble`]; a token is good for two days and once.
    pub async fn confirm(&self, token: &str) -> Result<(), Trouble> {
        let call = self.client.confirm_subscription().topic_arn(self.topic.arn()).token(token);
        let confirmed = call.authenticate_on_unsubscribe("true").send().await;
        confirmed.map(|_| ()).map_err(|error| Trouble::of(Call::Confirm, &error))
    }
}
