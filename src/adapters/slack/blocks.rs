//! The few Block Kit shapes the bot uses, with Slack's limits kept by
//! construction (<https://docs.slack.dev/reference/block-kit>). Own types
//! instead of a general model: a general model lets a caller write any string
//! into `mrkdwn` and overrun any limit. Must not know what a request is.

use std::collections::BTreeMap;

use serde::Serialize;

use super::text::{Text, cut, one_line};

/// Characters of a header.
const HEADER: usize = 150;
/// Characters of one field of a section.
const FIELD: usize = 2000;
/// Characters of any other text object.
pub const TEXT: usize = 3000;
/// Characters of a button's or an option's label.
const LABEL: usize = 75;
/// Characters of a button's value.
const VALUE: usize = 2000;
/// Characters of a placeholder.
const PLACEHOLDER: usize = 150;
/// Fields of one section.
const FIELDS: usize = 10;
/// Characters of a block's name.
const BLOCK_ID: usize = 255;
/// Options of one menu, and groups of one menu.
const OPTIONS: usize = 100;
/// Blocks of one message.
pub const MESSAGE_BLOCKS: usize = 50;
/// Blocks of a form or the home page.
pub const VIEW_BLOCKS: usize = 100;
/// Buttons of one row; Slack takes 25, people take fewer.
pub const BUTTONS: usize = 10;

/// One block of a message or view.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Block {
    /// A headline.
    Header {
        /// Plain text.
        text: Text,
    },
    /// A paragraph.
    #[serde(rename = "section")]
    Paragraph {
        /// The words.
        text: Text,
    },
    /// Label and value pairs in two columns.
    #[serde(rename = "section")]
    Table {
        /// Label, value, label, value, …
        fields: Vec<Text>,
    },
    /// Small print.
    Context {
        /// At most ten.
        elements: Vec<Text>,
    },
    /// A row of buttons.
    Actions {
        /// The buttons.
        elements: Vec<Button>,
        /// Comes back with a press.
        #[serde(skip_serializing_if = "Option::is_none")]
        block_id: Option<String>,
    },
    /// A labelled field of a form.
    Input(Box<Input>),
    /// A line.
    Divider,
}

/// A form field.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Input {
    /// Names the field in the submission and in errors.
    pub block_id: String,
    /// What it is.
    pub label: Text,
    /// Whether it may stay empty.
    pub optional: bool,
    /// What to write.
    pub hint: Text,
    /// How it is filled.
    pub element: Element,
}

/// How a form field is filled. The action id is the same everywhere: block ids tell fields apart.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Element {
    /// Written by hand.
    PlainTextInput {
        /// Always [`INPUT`].
        action_id: &'static str,
        /// Whether it has several lines.
        multiline: bool,
        /// Longest text taken.
        max_length: u16,
        /// What stands there at first.
        #[serde(skip_serializing_if = "Option::is_none")]
        initial_value: Option<String>,
    },
    /// An e-mail address; Slack checks its shape.
    EmailTextInput {
        /// Always [`INPUT`].
        action_id: &'static str,
        /// Shown while empty.
        placeholder: Text,
        /// What stands there at first.
        #[serde(skip_serializing_if = "Option::is_none")]
        initial_value: Option<String>,
    },
    /// Chosen from a list.
    StaticSelect {
        /// Always [`INPUT`].
        action_id: &'static str,
        /// Shown while nothing is chosen.
        placeholder: Text,
        /// The list, in groups of at most 100.
        option_groups: Vec<OptionGroup>,
        /// What is chosen at first.
        #[serde(skip_serializing_if = "Option::is_none")]
        initial_option: Option<Choice>,
    },
    /// Chosen from a few, all in sight.
    RadioButtons {
        /// Always [`INPUT`].
        action_id: &'static str,
        /// The few.
        options: Vec<Choice>,
        /// What is chosen at first.
        #[serde(skip_serializing_if = "Option::is_none")]
        initial_option: Option<Choice>,
    },
}

/// The action id of every form field.
pub const INPUT: &str = "value";

/// Some options under one label.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OptionGroup {
    /// The label.
    pub label: Text,
    /// At most 100.
    pub options: Vec<Choice>,
}

/// One option.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Choice {
    /// What is shown.
    pub text: Text,
    /// What is sent.
    pub value: String,
}

/// A button.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename = "button")]
pub struct Button {
    /// What the click means, like `request.approve`.
    pub action_id: String,
    /// What is shown.
    pub text: Text,
    /// What the click is about, like the request's id.
    pub value: String,
    /// Green or red.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub style: Option<Style>,
    /// What a click opens in the browser.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// A button's colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    /// Green.
    Primary,
    /// Red.
    Danger,
}

/// A headline.
#[must_use]
pub fn header(words: &str) -> Block {
    Block::Header { text: Text::line(words, HEADER) }
}

/// A paragraph of anybody's words on one line.
#[must_use]
pub fn line(words: &str) -> Block {
    Block::Paragraph { text: Text::line(words, TEXT) }
}

/// A paragraph of anybody's words with its line breaks.
#[must_use]
pub fn lines(words: &str) -> Block {
    Block::Paragraph { text: Text::lines(words, TEXT) }
}

/// A paragraph of our own words with markup.
#[must_use]
pub fn markup(words: &'static str) -> Block {
    Block::Paragraph { text: Text::markup(words) }
}

/// Small print.
#[must_use]
pub fn context(text: Text) -> Block {
    Block::Context { elements: vec![text] }
}

/// Rows of label and value, in as many sections as they need.
#[must_use]
pub fn table(rows: &[(&'static str, String)]) -> Vec<Block> {
    rows.chunks(FIELDS / 2)
        .map(|rows| Block::Table {
            fields: rows.iter().flat_map(|(label, value)| [Text::markup(label), Text::line(value, FIELD)]).collect(),
        })
        .collect()
}

/// A row of buttons.
#[must_use]
pub fn actions(buttons: Vec<Button>) -> Block {
    named_actions(None, buttons)
}

/// A row of buttons under a name, which is unique in its message.
#[must_use]
pub fn named_actions(name: Option<&str>, mut buttons: Vec<Button>) -> Block {
    buttons.truncate(BUTTONS);
    Block::Actions { elements: buttons, block_id: name.map(|name| cut(name, BLOCK_ID)) }
}

/// A button; `value` is cut to Slack's limit, so ids only.
#[must_use]
pub fn button(action_id: &str, label: &str, value: &str) -> Button {
    let (action_id, text, value) = (action_id.to_owned(), Text::line(label, LABEL), cut(value, VALUE));
    Button { action_id, text, value, style: None, url: None }
}

impl Button {
    /// The same button in a colour.
    #[must_use]
    pub fn styled(self, style: Style) -> Self {
        Self { style: Some(style), ..self }
    }

    /// The same button, which opens an address; none where Slack would not take it (3000 characters).
    #[must_use]
    pub fn leading_to(self, url: &str) -> Option<Self> {
        (url.encode_utf16().count() <= TEXT).then(|| Self { url: Some(url.to_owned()), ..self })
    }
}

/// An option; `None` when its value is longer than Slack takes (it must come back whole).
#[must_use]
pub fn choice(label: &str, value: &str) -> Option<Choice> {
    let fits = !value.is_empty() && value.encode_utf16().count() <= LABEL;
    fits.then(|| Choice { text: Text::line(label, LABEL), value: value.to_owned() })
}

/// A list to choose from; more than 100 options are shown in groups named by their first and last label.
#[must_use]
pub fn select(prompt: &'static str, choices: &[Choice]) -> Element {
    let groups = choices.chunks(OPTIONS).take(OPTIONS).map(|options| OptionGroup {
        label: Text::line(&group_label(options, choices.len()), LABEL),
        options: options.to_vec(),
    });
    let placeholder = Text::line(prompt, PLACEHOLDER);
    Element::StaticSelect { action_id: INPUT, placeholder, option_groups: groups.collect(), initial_option: None }
}

fn group_label(options: &[Choice], all: usize) -> String {
    let word = |choice: Option<&Choice>| match choice.map(|c| &c.text) {
        Some(Text::Plain { text, .. }) => cut(text, LABEL / 2 - 2),
        _ => String::new(),
    };
    if all <= OPTIONS {
        return "Choose one".to_owned();
    }
    one_line(&format!("{} – {}", word(options.first()), word(options.last())))
}

/// An e-mail field.
#[must_use]
pub fn email_field(prompt: &'static str) -> Element {
    Element::EmailTextInput { action_id: INPUT, placeholder: Text::line(prompt, PLACEHOLDER), initial_value: None }
}

/// A field written by hand.
#[must_use]
pub fn text_field(multiline: bool, max_length: u16) -> Element {
    Element::PlainTextInput { action_id: INPUT, multiline, max_length, initial_value: None }
}

/// A labelled field.
#[must_use]
pub fn input(block_id: &str, label: &str, hint: &str, element: Element) -> Input {
    let (label, hint) = (Text::line(label, FIELD), Text::line(hint, FIELD));
    Input { block_id: block_id.to_owned(), label, optional: false, hint, element }
}

impl Element {
    /// The same field with this value in it; a choice that is not offered is left open.
    fn filled(self, value: &str) -> Self {
        let chosen = |options: &[Choice]| options.iter().find(|option| option.value == value).cloned();
        match self {
            Self::PlainTextInput { action_id, multiline, max_length, .. } => {
                let initial_value = Some(cut(value, max_length.into()));
                Self::PlainTextInput { action_id, multiline, max_length, initial_value }
            }
            Self::EmailTextInput { action_id, placeholder, .. } => {
                Self::EmailTextInput { action_id, placeholder, initial_value: Some(value.to_owned()) }
            }
            Self::StaticSelect { action_id, placeholder, option_groups, .. } => {
                let initial_option = option_groups.iter().find_map(|group| chosen(&group.options));
                Self::StaticSelect { action_id, placeholder, option_groups, initial_option }
            }
            Self::RadioButtons { action_id, options, .. } => {
                let initial_option = chosen(&options);
                Self::RadioButtons { action_id, options, initial_option }
            }
        }
    }
}

impl Input {
    /// The same field with what was given for it before.
    #[must_use]
    pub fn filled_from(self, given: &BTreeMap<String, String>) -> Self {
        match given.get(&self.block_id) {
            Some(value) => Self { element: self.element.filled(value), ..self },
            None => self,
        }
    }

    /// The same field, which may stay empty.
    #[must_use]
    pub fn optional(self) -> Self {
        Self { optional: true, ..self }
    }
}
