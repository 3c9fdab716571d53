//! The requester's own message: one message, edited through every stage.

use super::parts::{accounts, bar, blueprint, decisions, mark, pairs, row, set_rows, short};
use crate::adapters::slack::blocks::{self, Block, Style};
use crate::adapters::slack::text::{Text, one_line};
use crate::domain::request::{Progress, State, Step};
use crate::ports::chat::{FileLink, button};
use crate::say::left_behind;
use crate::say::view::RequestView;

pub(super) fn summary(view: &RequestView) -> String {
    format!("{} {} {}: {}", mark(view.state), capital(view), view.account_name, one_line(&view.status))
}

pub(super) fn card(view: &RequestView, files: &[FileLink]) -> Vec<Block> {
    let headline = format!("{} {} {}: {}", mark(view.state), capital(view), view.account_name, view.state.word());
    let mut card = vec![blocks::header(&headline), blocks::line(&view.status)];
    card.extend(stages(view));
    card.extend(blocks::table(&rows(view)));
    card.extend(accounts(view));
    card.extend(failure(view));
    card.extend(welcome(view, files));
    card.extend(decisions(view));
    if view.state == State::Pending {
        card.push(blocks::context(Text::moment("Waiting for approval until", view.expires_at)));
    }
    card.extend(buttons(view));
    card
}

/// What it is, as a sentence begins with it.
const fn capital(view: &RequestView) -> &'static str {
    if view.account_set.is_some() { "Account set" } else { "Account" }
}

/// The stages a request passes, with the states that make them the present one.
const STAGES: [(&str, &[State]); 5] = [
    ("Approval", &[State::Pending]),
    ("Waiting for a free slot", &[State::Approved, State::Queued]),
    ("Creating the account", &[State::Creating]),
    ("Deploying the blueprint", &[State::Deploying]),
    ("Finishing touches", &[State::Bootstrapping]),
];

fn stages(view: &RequestView) -> Vec<Block> {
    let reached = match view.state {
        State::Denied | State::Cancelled | State::Expired => return Vec::new(),
        State::Ready => STAGES.len(),
        State::Failed | State::Abandoned => failed_at(view),
        state => STAGES.iter().position(|(_, states)| states.contains(&state)).unwrap_or_default(),
    };
    if view.account_set.is_some() {
        let names = ["Approval", "", "Creating the three accounts", "", "Bootstrapping the CDK"];
        let shown = names.iter().enumerate().filter(|(_, name)| !name.is_empty());
        // A set does not stand in line itself: its accounts do.
        let reached = if reached == 1 { 2 } else { reached };
        let lines: Vec<String> = shown.map(|(nth, name)| stage(view, name, nth, reached)).collect();
        return vec![blocks::lines(&lines.join("\n"))];
    }
    let shown = STAGES.iter().enumerate().filter(|(nth, _)| *nth != 3 || view.blueprint.is_some());
    let lines: Vec<String> = shown.map(|(nth, (name, _))| stage(view, name, nth, reached)).collect();
    vec![blocks::lines(&lines.join("\n"))]
}

fn failed_at(view: &RequestView) -> usize {
    match view.failure.as_ref().map(|failure| failure.step) {
        Some(Step::Approval) | None => 1,
        Some(Step::AccountCreation | Step::SetMembers) => 2,
        Some(Step::BlueprintDeployment) => 3,
        Some(Step::Bootstrap) => 4,
    }
}

fn stage(view: &RequestView, name: &str, nth: usize, reached: usize) -> String {
    if nth < reached {
        return format!("✅ {name}");
    }
    if nth > reached {
        return format!("▫️ {name}");
    }
    if view.failure.is_some() {
        return format!("❌ {name}");
    }
    let place = view.queue_place.map(|place| format!(": place {place} in line")).unwrap_or_default();
    let progress = view.progress.as_ref().map(progress).unwrap_or_default();
    format!("▶️ {name}{place}{progress}")
}

fn progress(progress: &Progress) -> String {
    let bar = match (progress.done, progress.total) {
        (Some(done), Some(total)) if total > 0 => format!(" {} {done} of {total}", bar(done.into(), total.into())),
        _ => String::new(),
    };
    format!(": {}{bar}", short(&progress.phase))
}

fn rows(view: &RequestView) -> Vec<(&'static str, String)> {
    let estimate = view.estimate_seconds.filter(|_| !view.state.is_terminal()).map(about).unwrap_or_default();
    if let Some(set) = &view.account_set {
        return set_rows(set).into_iter().chain([row("*Request*", &view.short_id)]).flatten().collect();
    }
    [
        row("*Account type*", view.account_type.word()),
        row("*Organizational unit*", &view.organizational_unit),
        row("*Root e-mail*", &view.root_email),
        row("*Blueprint*", &blueprint(view)),
        row("*Time to go*", &estimate),
        row("*Account id*", view.account_id.as_deref().unwrap_or_default()),
        row("*Request*", &view.short_id),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A duration as people say it.
fn about(seconds: i64) -> String {
    match seconds {
        ..=90 => "about a minute".to_owned(),
        91..=5400 => format!("about {} minutes", (seconds + 30) / 60),
        _ => format!("about {} hours", (seconds + 1800) / 3600),
    }
}

fn failure(view: &RequestView) -> Vec<Block> {
    let Some(failure) = &view.failure else { return Vec::new() };
    let mut blocks = vec![blocks::markup("*What went wrong*"), blocks::line(&failure.reason)];
    if view.state == State::Abandoned {
        blocks.push(blocks::markup("*What is left of it*"));
        blocks.push(blocks::line(&left_behind(view)));
        return blocks;
    }
    blocks.push(blocks::markup("*What to do next*"));
    blocks.push(blocks::line(&failure.advice));
    if view.can_retry() {
        blocks.extend(begin_anew(view));
    }
    blocks
}

/// How a failed blueprint is removed, where a retry would only go on with it.
fn begin_anew(view: &RequestView) -> Vec<Block> {
    let short = &view.short_id;
    let alone = view
        .can_roll_back
        .then(|| blocks::line(&format!("To begin the blueprint anew instead: /account rollback {short}, then Retry.")));
    let stages = view.account_set.iter().flat_map(|set| &set.stages).filter(|stage| stage.can_roll_back);
    let of_a_set = stages.map(|stage| {
        let word = stage.stage.word();
        blocks::line(&format!("To begin the blueprint of {word} anew: /account rollback {short} {word}, then Retry."))
    });
    alone.into_iter().chain(of_a_set).collect()
}

fn welcome(view: &RequestView, files: &[FileLink]) -> Vec<Block> {
    if view.state == State::Ready && view.account_set.is_some() {
        return set_welcome(view, files);
    }
    let (State::Ready, Some(account_id)) = (view.state, &view.account_id) else { return Vec::new() };
    let sign_in = format!(
        "Open your AWS access portal, sign in as {} and choose account {account_id} ({}).",
        view.requester.email, view.account_name
    );
    let mut welcome = vec![blocks::markup("*How to sign in*"), blocks::line(&sign_in)];
    welcome.extend(pairs("*What the blueprint made*", &view.outputs));
    welcome
}

fn set_welcome(view: &RequestView, files: &[FileLink]) -> Vec<Block> {
    let sign_in =
        format!("Open your AWS access portal, sign in as {} and choose one of the accounts.", view.requester.email);
    let mut welcome = vec![
        blocks::markup("*How to sign in*"),
        blocks::line(&sign_in),
        blocks::markup("*The files for the CDK application*"),
    ];
    let how = format!("vend requests artefacts {} --out . downloads them all.", view.short_id);
    if files.is_empty() {
        welcome.push(blocks::line(&how));
        return welcome;
    }
    let button = |(nth, file): (usize, &FileLink)| {
        blocks::button(&format!("{}{nth}", button::FILE), &file.name, &file.name).leading_to(&file.url)
    };
    welcome.push(blocks::actions(files.iter().enumerate().filter_map(button).collect()));
    let words = format!("The buttons are yours alone and work for seven days; {how}");
    welcome.push(blocks::context(Text::line(&words, blocks::TEXT)));
    welcome
}

fn buttons(view: &RequestView) -> Option<Block> {
    let give_up = || blocks::button(button::ABANDON, "Give up", &view.id).styled(Style::Danger);
    match view.state {
        State::Pending => Some(vec![blocks::button(button::CANCEL, "Cancel request", &view.id)]),
        // First what was created of the blueprint has to go.
        State::Failed if view.being_rolled_back => None,
        State::Failed if view.can_retry() => {
            Some(vec![blocks::button(button::RETRY, "Retry", &view.id).styled(Style::Primary), give_up()])
        }
        State::Failed => Some(vec![give_up()]),
        _ => None,
    }
    .map(blocks::actions)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::say::sample;

    fn shown(view: &RequestView) -> String {
        serde_json::to_string(&card(view, &[])).unwrap()
    }

    #[test]
    fn a_failed_blueprint_may_be_begun_anew_and_while_it_is_removed_there_are_no_buttons() {
        let failed = shown(&sample::failed());
        assert!(failed.contains("/account rollback req-6s7t8v9w, then Retry") && failed.contains(button::RETRY));
        let undone = RequestView { being_rolled_back: true, can_roll_back: false, ..sample::failed() };
        let undone = shown(&undone);
        assert!(!undone.contains("actions") && !undone.contains("/account rollback"), "{undone}");
    }

    #[test]
    fn what_was_given_up_tells_what_is_left() {
        let card = shown(&RequestView { state: State::Abandoned, ..sample::failed() });
        assert!(card.contains("AWS account 123456789012 exists and was not closed"), "{card}");
        assert!(!card.contains("What to do next") && !card.contains("then retry"), "{card}");
    }
}
