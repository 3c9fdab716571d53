//! Cards, forms and the home page, as pure functions of what they show. Must
//! not know the network, the clock or who may decide.

mod approver;
mod form;
mod home;
mod parts;
mod requester;
mod set_form;

use serde::Serialize;

use super::blocks::{self, Block, MESSAGE_BLOCKS, Style};
use super::text::{cut, escape, one_line};
use crate::ports::chat::{Message, button};

pub use form::{ModalView, reason_modal, request_modal};
pub use home::{HomeView, home};
pub use set_form::set_modal;

/// What `chat.postMessage`, `chat.update`, `chat.postEphemeral` and a `response_url` take.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rendered {
    /// Shown in notifications and by screen readers; escaped.
    pub text: String,
    /// The message itself.
    pub blocks: Vec<Block>,
}

/// Renders any message.
#[must_use]
pub fn render(message: &Message) -> Rendered {
    match message {
        Message::ApproverCard(view) => rendered(&approver::summary(view), approver::card(view)),
        Message::RequesterCard { view, files } => rendered(&requester::summary(view), requester::card(view, files)),
        Message::Words { text, choices, form, question } => {
            rendered(text, words(text, (choices, question.as_deref()), *form))
        }
    }
}

fn rendered(summary: &str, mut blocks: Vec<Block>) -> Rendered {
    blocks.truncate(MESSAGE_BLOCKS);
    Rendered { text: escape(&cut(&one_line(summary), blocks::TEXT / 5)), blocks }
}

/// The most answers shown as buttons; more are better typed.
const FEW: usize = 10;

fn words(text: &str, (choices, question): (&[String], Option<&str>), form: bool) -> Vec<Block> {
    let mut blocks = vec![blocks::lines(text)];
    let mut buttons = Vec::new();
    if choices.len() <= FEW {
        let say = |(nth, word): (usize, &String)| blocks::button(&format!("{}{nth}", button::SAY), word, word);
        buttons.extend(choices.iter().enumerate().map(say));
    }
    if form {
        buttons.push(blocks::button(button::FORM, "Open the form", "words").styled(Style::Primary));
    }
    if !buttons.is_empty() {
        blocks.push(blocks::named_actions(question, buttons));
    }
    blocks
}
