//! Cards, forms and the home page, as pure functions of what they show. Must
//! not know the network, the clock or who may decide.

mod approver;
mod form;
mod home;
mod parts;
mod requester;

use serde::Serialize;

use super::blocks::{self, Block, MESSAGE_BLOCKS};
use super::text::{cut, escape, one_line};
use crate::ports::chat::Message;

pub use form::{ModalView, REASON, callback, reason_modal, request_modal};
pub use home::{HomeView, home};

/// What `chat.postMessage`, `chat.update`, `chat.postEphemeral` and a `response_url` take.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rendered {
    /// Shown in notifications and by screen readers; escaped.
    pub text: String,
    /// The message itself.
    pub blocks: Vec<Block>,
}

/// Action ids of the buttons; what a click means.
pub mod action {
    /// Say yes.
    pub const APPROVE: &str = "request.approve";
    /// Open the form that asks why not.
    pub const DENY: &str = "request.deny";
    /// Take a request back.
    pub const CANCEL: &str = "request.cancel";
    /// Run the failed step again.
    pub const RETRY: &str = "request.retry";
    /// Give a failed request up.
    pub const ABANDON: &str = "request.abandon";
    /// Open the request form.
    pub const FORM: &str = "form.open";
    /// Say a word in the conversation; a number follows.
    pub const SAY: &str = "say.";
}

/// Renders any message.
#[must_use]
pub fn render(message: &Message) -> Rendered {
    match message {
        Message::ApproverCard(view) => rendered(approver::summary(view), approver::card(view)),
        Message::RequesterCard(view) => rendered(requester::summary(view), requester::card(view)),
        Message::Words { text, choices } => rendered(text.clone(), words(text, choices)),
    }
}

fn rendered(summary: String, mut blocks: Vec<Block>) -> Rendered {
    blocks.truncate(MESSAGE_BLOCKS);
    Rendered { text: escape(&cut(&one_line(&summary), blocks::TEXT / 5)), blocks }
}

/// The most answers shown as buttons; more are better typed.
const FEW: usize = 6;

fn words(text: &str, choices: &[String]) -> Vec<Block> {
    let mut blocks = vec![blocks::lines(text)];
    if (1..=FEW).contains(&choices.len()) {
        let button = |(nth, word): (usize, &String)| blocks::button(&format!("{}{nth}", action::SAY), word, word);
        blocks.push(blocks::actions(choices.iter().enumerate().map(button).collect()));
    }
    blocks
}
