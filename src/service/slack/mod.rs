//! What Slack users say, click and send, turned into the same verbs every other
//! channel uses. Must not know signatures, HTTP or Block Kit.
//!
//! A delivery was stored before it was acknowledged and may be worked through
//! several times; each step is safe to repeat, so that it has one effect (P9).

mod asked;
mod buttons;
mod cards;
pub mod command;
mod commands;
mod conversation;
mod desk;
mod form;
mod home;
pub mod incoming;
mod questions;
mod refresh;
mod set_form;
mod urlencoded;
pub mod words;

use crate::ports::chat::ChatError;
use crate::ports::store::StoreError;
use crate::service::{Service, ServiceError};

use self::desk::Desk;
use self::incoming::{Incoming, Surface};

pub use self::asked::close_question;
pub use self::form::{FormAnswer, take_form};
pub use self::refresh::refresh;

/// Why a delivery or a card could not be worked through.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SlackTrouble {
    /// Passing: try again, not before `seconds` when Slack names them.
    #[error("{error}")]
    Later {
        /// For operators.
        error: String,
        /// Slack's Retry-After.
        seconds: Option<u64>,
    },
    /// It cannot succeed.
    #[error("{0}")]
    Never(String),
}

impl SlackTrouble {
    fn later(error: impl std::fmt::Display) -> Self {
        Self::Later { error: error.to_string(), seconds: None }
    }
}

impl From<ChatError> for SlackTrouble {
    fn from(error: ChatError) -> Self {
        match error {
            ChatError::Throttled(seconds) => Self::Later { error: error.to_string(), seconds: Some(seconds) },
            ChatError::Unavailable(_) => Self::later(error),
            ChatError::Refused(_) | ChatError::Stale => Self::Never(error.to_string()),
        }
    }
}

impl From<StoreError> for SlackTrouble {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound | StoreError::Corrupt(_) | StoreError::TooLarge(_) => Self::Never(error.to_string()),
            other => Self::later(other),
        }
    }
}

impl From<ServiceError> for SlackTrouble {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::Unavailable(_) => Self::later(error),
            other => Self::Never(other.to_string()),
        }
    }
}

/// Works through one acknowledged delivery. `attempt` counts from 1.
///
/// # Errors
/// [`SlackTrouble::Later`] when the same delivery should be worked through again.
pub async fn handle(service: &Service, surface: &str, body: &str, attempt: u32) -> Result<(), SlackTrouble> {
    let surface = Surface::parse(surface).ok_or_else(|| SlackTrouble::Never("unknown surface".to_owned()))?;
    let incoming = incoming::read(surface, body).map_err(|error| SlackTrouble::Never(error.to_string()))?;
    let chat = service.chat.as_deref().ok_or_else(|| SlackTrouble::Never("Slack is not configured".to_owned()))?;
    let delivery = incoming::delivery_key(surface, body, &incoming);
    let desk = Desk { service, chat, attempt, delivery };
    match incoming {
        Incoming::Challenge(_) | Incoming::Nothing => Ok(()),
        Incoming::Said(said) => desk.said(said).await,
        Incoming::Commanded(commanded) => desk.commanded(commanded).await,
        Incoming::Pressed(pressed) => desk.pressed(pressed).await,
        Incoming::Submitted(submitted) => desk.sent(&submitted).await,
        Incoming::HomeOpened(user) => desk.show_home(&user).await,
    }
}
