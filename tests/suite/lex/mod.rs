//! The conversation over Amazon Lex V2: the wire, its troubles, and that a person
//! ends up with the same as in the embedded engine.

mod bot_file;
mod channels;
mod same;
mod troubles;
mod wire;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use vend::adapters::aws::connection::Connection;
use vend::adapters::aws::lex::{LexBot, LexDialogue};
use vend::domain::dialogue::{Bot, Turn};
use vend::ports::dialogue::{Dialogue, DialogueError, SessionKey};

use crate::fakes::aws::lex::{ALIAS_ID, BOT_ID, Lex};
use crate::fakes::aws::wire::Endpoint;
use crate::fakes::clock::TestClock;
use crate::ports::dialogue::DialogueBench;

/// The adapter on a played Lex.
pub struct Bench {
    pub lex: Arc<Lex>,
    pub dialogue: Arc<LexDialogue>,
    pub endpoint: Endpoint,
    pub clock: TestClock,
}

impl Bench {
    pub async fn start() -> Self {
        Self::at(TestClock::default()).await
    }

    pub async fn at(clock: TestClock) -> Self {
        let lex = Lex::new(clock.clone());
        let endpoint = Endpoint::start(Arc::<Lex>::clone(&lex)).await;
        let dialogue = Arc::new(adapter(&endpoint, BOT_ID));
        Self { lex, dialogue, endpoint, clock }
    }

    pub async fn said(&self, text: &str) -> Result<Turn, DialogueError> {
        self.dialogue.turn(&jane(), text, &attributes()).await
    }

    /// Says everything; answers the last turn.
    pub async fn all_said(&self, texts: &[&str]) -> Turn {
        let mut last = None;
        for text in texts {
            last = Some(self.said(text).await.unwrap_or_else(|error| panic!("after `{text}`: {error}")));
        }
        last.expect("something is said")
    }
}

/// A process of its own on the same bot.
pub fn adapter(endpoint: &Endpoint, bot_id: &str) -> LexDialogue {
    let lex = LexBot { id: bot_id.into(), alias_id: ALIAS_ID.into(), locale_id: "en_US".into() };
    LexDialogue::new(&Connection::over(&endpoint.sdk()), lex, Bot::shipped())
}

pub fn jane() -> SessionKey {
    SessionKey("0123456789abcdef0123456789abcdef".into())
}

pub fn attributes() -> BTreeMap<String, String> {
    BTreeMap::from([("UserName".to_owned(), "Jane".to_owned())])
}

impl DialogueBench for Bench {
    fn dialogue(&self) -> &dyn Dialogue {
        self.dialogue.as_ref()
    }

    fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }
}
