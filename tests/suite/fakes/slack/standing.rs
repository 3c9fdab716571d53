//! Looks at what stands in Slack without waiting for it or marking it read: the crash
//! test cannot know which words come next.

use serde_json::Value;

use super::{Message, Slack};

impl Slack {
    /// The form that was opened last, if one was; now it is closed.
    pub fn opened(&self) -> Option<Value> {
        self.world().views.pop()
    }

    /// Everything that stands in a conversation for all to see.
    pub fn standing(&self, channel: &str) -> Vec<Message> {
        self.world().messages.iter().filter(|m| m.channel == channel && m.only_for.is_none()).cloned().collect()
    }

    /// How often somebody alone was told something.
    pub fn whispered(&self, user: &str) -> usize {
        self.world().messages.iter().filter(|message| message.only_for.as_deref() == Some(user)).count()
    }
}
