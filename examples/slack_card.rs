//! Prints the approvers' Slack message for a request, as JSON for `chat.postMessage`.
//! Reads the request as the API answers it; shows what Slack would get, without Slack.
//!
//! ```console
//! $ vend requests --json show req-7f3k2a9q | cargo run --quiet --example slack_card
//! ```

use std::io::{self, Write as _};

use anyhow::Context as _;
use vend::adapters::slack::render::render;
use vend::ports::chat::Message;
use vend::say::view::RequestView;

fn main() -> anyhow::Result<()> {
    let view: RequestView = serde_json::from_reader(io::stdin()).context("give a request's JSON on standard input")?;
    let message = render(&Message::ApproverCard(Box::new(view)));
    serde_json::to_writer_pretty(io::stdout(), &message)?;
    writeln!(io::stdout())?;
    Ok(())
}
