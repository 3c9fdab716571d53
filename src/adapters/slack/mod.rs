//! Slack as the bot's voice: settings, Web API client, blocks and cards.
//! Translates; which message goes where is the service's business.

pub mod blocks;
pub mod render;
pub mod settings;
pub mod text;

pub use settings::SlackSettings;
