//! What the bot says in team chat beyond the conversation itself.

use crate::domain::request::State;
use crate::domain::set::StageName;
use crate::domain::text::shortened;

use super::view::RequestView;

/// Commands, in a few lines.
pub const COMMANDS: &str = "`/account` opens a form for a new account.\n\
`/account new a sandbox for the fraud team`: tell me in your own words.\n\
`/account set` opens a form for dev, preprod and prod accounts under one approval.\n\
`/account list` and `/account status req-…`: how your requests are doing.\n\
`/account cancel req-…` takes one back, `/account retry req-…` runs a failed step again,\n\
`/account rollback req-…` removes what is there of a failed blueprint (of a set: `/account rollback req-… preprod`).\n\
`/account approve req-…` and `/account deny req-… because …`: for approvers.\n\
You can also write to me directly, or mention me in a channel.";

/// The click is older than Slack lets us answer with a form.
pub const CLICK_AGAIN: &str = "That took me too long, so Slack did not let me open the form. Please try again.";

/// What begins a conversation about an account set.
pub const SET_WORDS: &str = "account set";

/// The click is older than Slack lets us answer with a form, and talking does as well.
pub const LET_US_TALK: &str = "Slack did not let me open the form in time, so let us do it by talking.";

/// The word behind a rollback names no account of a set.
pub const NO_SUCH_STAGE: &str = "Say `dev`, `preprod` or `prod` behind the request, and only for an account set.";

/// Nobody asked for anything yet.
pub const NOTHING_YET: &str = "You have no requests yet. `/account` opens the form for one.";

/// Why somebody without a confirmed profile e-mail cannot be served.
pub const NO_EMAIL: &str = "I cannot see a confirmed e-mail address in your Slack profile, and an account needs one. \
Add it to your profile, or ask a Slack admin whether this app may read it, and try again.";

/// Why somebody of another company, or a bot, cannot be served.
pub const NOT_ONE_OF_US: &str =
    "I serve people of this workspace only. Ask a colleague here to make the request for you.";

/// Where the conversation goes on after `/account new …`.
pub const GO_ON_DIRECTLY: &str = "Let us go on in our direct messages.";

/// Where the conversation goes on when no direct message can be opened.
pub const GO_ON_BY_COMMAND: &str = "Answer with `/account` and your words.";

/// Somebody pressed an answer in somebody else's conversation.
pub const NOT_YOUR_QUESTION: &str = "That question was for somebody else. Mention me to start your own conversation.";

/// Somebody pressed an answer to a question that is no longer open.
pub const QUESTION_IS_OVER: &str = "That question is over, so nothing was changed. Answer the newest one, \
or say \"new account\" to begin again.";

/// A question that is over, with what was said to it.
#[must_use]
pub fn answered(question: &str, answer: &str) -> String {
    format!("{question}\nAnswered: {}", shortened(answer, 150))
}

/// A form could not be worked through while it was open.
#[must_use]
pub fn form_faults(faults: &[String]) -> String {
    format!("I could not make a request of your form, and nothing was stored. {}", faults.join(" "))
}

/// Above the questions of a blueprint, on the form.
#[must_use]
pub fn form_asks_more(title: &str) -> String {
    format!("The blueprint {title} needs a little more. Fill in what stands first here and send the request again.")
}

/// A verb came without a request.
#[must_use]
pub fn which_one(verb: &str) -> String {
    format!("Which request? Say `/account {verb} req-…`; `/account list` shows yours.")
}

/// A request was taken back or given up.
#[must_use]
pub fn taken_back(view: &RequestView) -> String {
    let left = if view.state == State::Abandoned { format!(" {}", super::left_behind(view)) } else { String::new() };
    format!("{} for the {} {}: {}{left}", view.short_id, view.kind(), view.account_name, view.status)
}

/// A failed step runs again.
#[must_use]
pub fn retried(view: &RequestView) -> String {
    format!("{} runs again: {}", view.short_id, view.status)
}

/// The answer to a rollback, of one account of a set where it is one.
#[must_use]
pub fn being_undone(view: &RequestView, stage: Option<StageName>) -> String {
    let short = &view.short_id;
    match stage {
        None => format!("What was created of the blueprint of {short} is being removed; the account stays."),
        Some(stage) => format!(
            "What was created of the blueprint of {} in {short} is being removed; all three accounts stay. \
             Then `/account retry {short}` begins it anew.",
            stage.word()
        ),
    }
}
