//! `vend approvers`: makes the topic's e-mail subscriptions what the policy says.
//! What is missing or wrong is the plan's judgement; this does it and tells.

use std::path::Path;

use serde::Serialize;

use super::args::{ApproversCommand, ConfirmArgs, SyncArgs};
use super::exit::{Done, Exit, Failure};
use super::local::{faulty, load_config};
use super::output::{self, safe};
use crate::adapters::aws::connection::Connection;
use crate::adapters::aws::sns::plan::{Line, Status, compare};
use crate::adapters::aws::sns::subscriptions::{Subscriptions, Trouble};
use crate::adapters::aws::sns::topic::Topic;
use crate::config::{Config, manifests};

/// What is done about one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Step {
    Nothing,
    Subscribe,
    AskAgain,
    CorrectFilter,
    Remove,
}

/// One address, as programs read it.
#[derive(Debug, Serialize)]
struct Row {
    address: String,
    protocol: String,
    status: Status,
    step: Step,
    /// The step was taken.
    done: bool,
    /// Confirmed in a way that closes unsubscribing by link.
    protected: bool,
    /// It has no filter: it gets every approver's personal links.
    gets_everything: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

pub(super) async fn run(file: Option<&Path>, command: ApproversCommand) -> Result<Exit, Failure> {
    let config = load_config(file)?;
    let topic = config.mail.topic_arn.clone().ok_or_else(no_topic)?;
    let subscriptions = Subscriptions::new(&Connection::from_environment().await, topic.clone());
    match command {
        ApproversCommand::Sync(args) => sync(&config, &subscriptions, &args).await,
        ApproversCommand::Confirm(args) => confirm(&topic, &subscriptions, &args).await.map(|()| Exit::Ok),
    }
}

fn no_topic() -> Failure {
    Failure::usage(
        "no topic is configured. Set mail.topic_arn (and mail.backend = \"sns\" to send through it); docs/mail.md tells how.",
    )
}

/// Compares, does what is missing or wrong, tells.
async fn sync(config: &Config, subscriptions: &Subscriptions, args: &SyncArgs) -> Result<Exit, Failure> {
    let policy = manifests::policy(config).map_err(faulty)?;
    let found = subscriptions.list().await.map_err(|trouble| Failure::failed(trouble.to_string()))?;
    let mut rows = Vec::new();
    let wanted = [policy.approver_addresses(), args.also.clone()].concat();
    for line in compare(&wanted, &found) {
        rows.push(settle(subscriptions, line, args).await);
    }
    if args.json.json {
        output::json(&rows)?;
    } else {
        tell(&rows, args)?;
    }
    Ok(if rows.iter().any(|row| row.problem.is_some()) { Exit::Failed } else { Exit::Ok })
}

const fn step(line: &Line, args: &SyncArgs) -> Step {
    match line.status {
        Status::Missing => Step::Subscribe,
        Status::WrongFilter => Step::CorrectFilter,
        Status::Pending if args.resend => Step::AskAgain,
        Status::NotInPolicy if args.remove && line.arn.is_some() => Step::Remove,
        Status::Confirmed | Status::Pending | Status::NotInPolicy => Step::Nothing,
    }
}

async fn settle(subscriptions: &Subscriptions, line: Line, args: &SyncArgs) -> Row {
    let step = step(&line, args);
    let outcome = if args.dry_run { None } else { take(subscriptions, step, &line).await };
    Row {
        done: matches!(outcome, Some(Ok(()))),
        problem: outcome.and_then(Result::err).map(|trouble| trouble.to_string()),
        address: line.endpoint,
        protocol: line.protocol,
        status: line.status,
        step,
        protected: line.protected,
        gets_everything: line.gets_everything,
    }
}

async fn take(subscriptions: &Subscriptions, step: Step, line: &Line) -> Option<Result<(), Trouble>> {
    let arn = line.arn.as_deref();
    match (step, arn) {
        (Step::Subscribe | Step::AskAgain, _) => Some(subscriptions.subscribe(&line.endpoint).await),
        (Step::CorrectFilter, Some(arn)) => Some(subscriptions.correct(arn, &line.endpoint).await),
        (Step::Remove, Some(arn)) => Some(subscriptions.remove(arn).await),
        _ => None,
    }
}

fn tell(rows: &[Row], args: &SyncArgs) -> Result<Done, Failure> {
    if rows.is_empty() {
        return output::line("The policy names no approver by mail address, and the topic has no subscription.");
    }
    let cells = |row: &Row| vec![safe(&row.address), standing(row).to_owned(), outcome(row, args.dry_run)];
    let rows_text: Vec<_> = rows.iter().map(cells).collect();
    output::line(&output::table(&["ADDRESS", "STANDING", "DONE"], &rows_text, &|_, _, cell| cell))?;
    for remark in remarks(rows, args) {
        output::remark(&format!("\n{remark}"));
    }
    Ok(())
}

const fn standing(row: &Row) -> &'static str {
    match (row.status, row.protected) {
        (Status::Confirmed, true) => "confirmed, protected",
        (Status::Confirmed, false) => "confirmed",
        (Status::WrongFilter, _) => "gets the wrong mail",
        (Status::Pending, _) => "pending confirmation",
        (Status::Missing, _) => "not subscribed",
        (Status::NotInPolicy, _) if row.gets_everything => "not in the policy, gets EVERY mail",
        (Status::NotInPolicy, _) => "not in the policy",
    }
}

fn outcome(row: &Row, dry_run: bool) -> String {
    if let Some(problem) = &row.problem {
        return format!("failed: {problem}");
    }
    let words = match (row.step, dry_run) {
        (Step::Nothing, _) => "",
        (Step::Subscribe, true) => "would subscribe",
        (Step::Subscribe, false) => "subscribed; SNS asks them to confirm",
        (Step::AskAgain, true) => "would ask again",
        (Step::AskAgain, false) => "SNS asks them again",
        (Step::CorrectFilter, true) => "would correct the filter",
        (Step::CorrectFilter, false) => "filter corrected",
        (Step::Remove, true) => "would remove",
        (Step::Remove, false) => "removed",
    };
    words.to_owned()
}

fn remarks(rows: &[Row], args: &SyncArgs) -> Vec<&'static str> {
    let has = |test: &dyn Fn(&Row) -> bool| rows.iter().any(test);
    let waiting = |row: &Row| matches!(row.status, Status::Pending) || (row.step == Step::Subscribe && row.done);
    let open = |row: &Row| row.status == Status::Confirmed && !row.protected;
    let left = |row: &Row| row.status == Status::NotInPolicy && row.step != Step::Remove;
    let corrected = |row: &Row| row.step == Step::CorrectFilter && row.done;
    [
        has(&waiting).then_some(
            "Who has not confirmed gets nothing. They should send you the link in SNS's mail unopened, and you run\n\
             `vend approvers confirm --url '<link>'`: that also protects them from being unsubscribed by whoever, or\n\
             whatever mail scanner, opens the link at the end of a mail. The link is good for two days; `--resend` asks again.",
        ),
        has(&open).then_some(
            "Who is confirmed but not protected opened the link themselves: whoever opens the link at the end of one of\n\
             their mails unsubscribes them. To protect them: remove the subscription, run this again, confirm with\n\
             `vend approvers confirm`.",
        ),
        (has(&left) && !args.remove).then_some("Subscriptions that are not in the policy stay until you give `--remove`."),
        has(&corrected).then_some("A corrected filter takes up to 15 minutes to take effect everywhere."),
    ]
    .into_iter()
    .flatten()
    .collect()
}

async fn confirm(topic: &Topic, subscriptions: &Subscriptions, args: &ConfirmArgs) -> Result<Done, Failure> {
    let token = match (&args.token, &args.url) {
        (Some(token), _) => token.clone(),
        (None, Some(url)) => token_in(url, topic)?,
        (None, None) => {
            return Err(Failure::usage("give the confirmation link with --url, or its token with --token."));
        }
    };
    subscriptions.confirm(&token).await.map_err(|trouble| match trouble {
        Trouble::Rejected { about_topic: false, .. } => Failure::failed(
            "SNS does not know this token: it is used up, older than two days, or cut short. \
             `vend approvers sync --resend` has a new one sent.",
        ),
        other => Failure::failed(other.to_string()),
    })?;
    output::line("Confirmed. Only the topic's or the subscription's owner can end it now.")
}

/// The token in SNS's confirmation link. The link itself is never opened.
fn token_in(link: &str, topic: &Topic) -> Result<String, Failure> {
    let wrong = || Failure::usage("this is no confirmation link: it has no Token. Copy all of it, within quotes.");
    let url = url::Url::parse(link.trim()).map_err(|_| wrong())?;
    let of = |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    if of("TopicArn").is_some_and(|arn| arn != topic.arn()) {
        return Err(Failure::usage("this link is for another topic than mail.topic_arn."));
    }
    of("Token").filter(|token| !token.is_empty()).ok_or_else(wrong)
}
