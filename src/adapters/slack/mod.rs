//! Slack as the bot's voice: settings, Web API client, blocks and cards.
//! Translates; which message goes where is the service's business.

mod answers;
pub mod blocks;
mod chat;
pub mod client;
pub mod method;
pub mod render;
pub mod settings;
pub mod text;

pub use chat::SlackChat;
pub use settings::SlackSettings;
