//! The mails: what an approver needs to decide in ten seconds, and how a request ended.
//! Plain text; every mail is safe to receive twice. Subjects are ASCII, fixed words plus
//! the short id, under 100 characters. User text stands on one line behind its label,
//! with no live link in it. Knows nothing of how mail is sent.

mod sets;

use crate::domain::request::{State, Step, Verdict};
use crate::domain::text::{defang, one_line, shortened};

use super::moment::{about, utc};
use super::view::RequestView;

/// The most characters of one line of user text a mail repeats; the page shows all.
const LONGEST_USER_LINE: usize = 400;

/// The most characters of a blueprint's output: a line of a mail has 998 at most (RFC 5322, section 2.1.1).
const LONGEST_OUTPUT: usize = 700;

/// The most characters of a person's name: it stands in the mail's first sentence.
const LONGEST_NAME: usize = 60;

/// Subject and text of the mail that asks one approver to decide.
/// `link` is personal; `reminder` is 0 for the first mail, else the reminder's number.
#[must_use]
pub fn approval_request(view: &RequestView, link: &str, approver: &str, reminder: u32) -> (String, String) {
    let again = if reminder == 0 { "Please decide".to_owned() } else { format!("Reminder {reminder}: please decide") };
    let subject = format!("{again} on AWS account request {}", view.short_id);
    let mut text = Letter::default();
    text.line(&asks(view));
    text.line(&format!("Please approve or deny by {}.", utc(view.expires_at)));
    text.gap().line("Decide here (opening the page changes nothing):").line(link).gap();
    facts(&mut text, view);
    checked(&mut text, view);
    consequences(&mut text, view);
    text.gap().line(&format!(
        "This mail and its link are for {} alone: please do not forward them. A request is decided \
         once, so receiving this mail twice does no harm.",
        user(approver)
    ));
    (subject, text.0)
}

fn asks(view: &RequestView) -> String {
    let who = match &view.submitted_by {
        Some(operator) => format!("{} asks on behalf of {}", user(operator), full_name(view)),
        None => format!("{} asks", full_name(view)),
    };
    if let Some(set) = &view.account_set {
        return format!("{who} for an account set, {}: three AWS accounts under one approval.", user(&set.name));
    }
    format!("{who} for a new {} AWS account, {}.", view.account_type.word(), user(&view.account_name))
}

/// Everything that was asked for, one labelled line each.
fn facts(text: &mut Letter, view: &RequestView) {
    let requester = format!("{} <{}>", full_name(view), user(&view.requester.email));
    let of = if view.account_set.is_some() { "the administrator of all three" } else { "its administrator" };
    text.field("Who", &format!("{requester}, who becomes {of} (SSO user)"));
    if let Some(operator) = view.asked_by() {
        text.field("Asked by", &user(&operator));
    }
    text.field("Why", &user(&view.purpose));
    match &view.account_set {
        Some(set) => sets::facts(text, set),
        None => account_facts(text, view),
    }
    text.field("Cost", &user(view.cost()));
    if let Some(centre) = &view.cost_centre {
        text.field("Charged to", &user(centre));
    }
    for (name, value) in &view.tags {
        text.field("Tag", &format!("{} = {}", user(name), user(value)));
    }
    text.field("Policy", &user(&view.policy_rule));
    for said in view.decisions.iter().filter(|d| d.decision == Verdict::Approve) {
        text.field("Approved", &format!("by {} on {}", user(&said.by), utc(said.at)));
    }
    if view.approvals_needed > 1 {
        text.field("Needed", &format!("{} approvals in all", view.approvals_needed));
    }
}

fn account_facts(text: &mut Letter, view: &RequestView) {
    text.field("What", &format!("{} account {}", view.account_type.word(), user(&view.account_name)));
    text.field("Where", &format!("organizational unit {}", user(&view.organizational_unit)));
    text.field("Root mail", &user(&view.root_email));
    text.field("Blueprint", &blueprint(view));
    for (name, value) in &view.blueprint_parameters {
        text.field("", &format!("{} = {}", user(name), user(value)));
    }
}

fn blueprint(view: &RequestView) -> String {
    let Some(id) = &view.blueprint else { return "none, an empty account".into() };
    let version = view.blueprint_version.as_deref().map(|v| format!(", version {}", user(v))).unwrap_or_default();
    format!("{}{version}", user(id))
}

fn checked(text: &mut Letter, view: &RequestView) {
    if view.preflight.0.is_empty() {
        return;
    }
    text.gap().line("Checked before you were asked:");
    for check in &view.preflight.0 {
        text.line(&format!("  [{}] {}", if check.passed { "ok" } else { "!!" }, user(&check.text)));
    }
}

fn consequences(text: &mut Letter, view: &RequestView) {
    if view.account_set.is_some() {
        return sets::consequences(text, view);
    }
    let then = if view.blueprint.is_some() { ", the blueprint is deployed into it" } else { "" };
    let enough = if view.approvals_needed > 1 { "Once enough have approved" } else { "If you approve" };
    text.gap();
    text.line(&format!("{enough}, the account is created{then} and {} is told.", first_name(view)));
    text.line(&format!("If you deny, nothing is created and {} is told your reason.", first_name(view)));
    text.line(&format!("If nobody decides by {}, the request expires and nothing is created.", utc(view.expires_at)));
}

/// Subject and text of the mail that tells the requester what became of their request.
/// `state` is the state to tell about, which a late mail may find the request has left.
#[must_use]
pub fn outcome(view: &RequestView, state: State, page_url: &str) -> (String, String) {
    let mut text = Letter::default();
    text.line(&format!("Hello {},", first_name(view))).gap();
    let about = format!("{} {}", view.kind(), user(&view.account_name));
    let news = match state {
        State::Approved => approved(&mut text, view, &about),
        State::Denied => denied(&mut text, view, &about),
        State::Expired => expired(&mut text, view, &about),
        State::Cancelled => cancelled(&mut text, view, &about),
        State::Ready => ready(&mut text, view, &about),
        State::Failed => failed(&mut text, view, &about),
        State::Abandoned => abandoned(&mut text, view, &about),
        State::Pending | State::Queued | State::Creating | State::Deploying | State::Bootstrapping => {
            text.line(&format!("Your request for the {about}: {}", user(&view.status)));
            "has news"
        }
    };
    text.gap().line(&format!("Everything about {}:", view.short_id)).line(page_url);
    (format!("Your AWS account request {} {news}", view.short_id), text.0)
}

fn approved(text: &mut Letter, view: &RequestView, about_what: &str) -> &'static str {
    let by = decider(view, Verdict::Approve);
    text.line(&format!("Your {about_what} was approved{by}. You need to do nothing now."));
    let wait = view.estimate_seconds.and_then(about).map(|w| format!(" It takes {w}.")).unwrap_or_default();
    let what = if view.account_set.is_some() { "all three accounts are" } else { "the account is" };
    text.line(&format!("You get one more mail when {what} ready, or when something went wrong.{wait}"));
    "was approved"
}

fn denied(text: &mut Letter, view: &RequestView, about_what: &str) -> &'static str {
    text.line(&format!("Your {about_what} was denied{}. Nothing was created.", decider(view, Verdict::Deny)));
    text.line(&reason(view, Verdict::Deny).map_or_else(|| "No reason was given.".into(), |r| format!("Reason: {r}")));
    text.gap().line("Talk to them if you see it otherwise; you may ask again with a new request.");
    "was denied"
}

fn expired(text: &mut Letter, view: &RequestView, about_what: &str) -> &'static str {
    let until = utc(view.expires_at);
    text.line(&format!("Nobody decided on your {about_what} until {until}, so it expired. Nothing was created."));
    text.line("If you still need it, make a new request, and tell an approver that it is coming.");
    "expired"
}

fn cancelled(text: &mut Letter, view: &RequestView, about_what: &str) -> &'static str {
    text.line(&format!("Your {about_what} was cancelled{}. Nothing was created.", decider(view, Verdict::Cancel)));
    if let Some(reason) = reason(view, Verdict::Cancel) {
        text.line(&format!("Reason: {reason}"));
    }
    "was cancelled"
}

fn ready(text: &mut Letter, view: &RequestView, about_what: &str) -> &'static str {
    text.line(&format!("Your {about_what} is ready.")).gap();
    if let Some(set) = &view.account_set {
        return sets::ready(text, view, set);
    }
    if let Some(id) = &view.account_id {
        text.field("Account id", id);
    }
    text.field("Sign in", &format!("open your AWS access portal as {}", user(&view.requester.email)));
    text.field("", &format!("and choose {}; you are its administrator", user(&view.account_name)));
    if view.blueprint.is_some() {
        text.field("Blueprint", &blueprint(view));
    }
    for (name, value) in &view.outputs {
        // The blueprint's own words: an address among them is there to be opened.
        text.field("", &format!("{} = {}", one_line(name), shortened(value, LONGEST_OUTPUT)));
    }
    text.gap().line("A first sign-in may need the invitation mail AWS sends to that address.");
    "is ready"
}

fn failed(text: &mut Letter, view: &RequestView, about_what: &str) -> &'static str {
    let Some(failure) = view.failure.as_ref().filter(|_| view.state == State::Failed) else {
        text.line(&format!("A step for your {about_what} failed, and the request has moved on since."));
        text.line(&format!("Where it stands now: {}", user(&view.status)));
        return "failed";
    };
    text.line(&format!("Your {about_what} could not be finished: {} failed.", failure.step.words())).gap();
    text.field("Why", &user(&failure.reason));
    text.field("Advice", &user(&failure.advice));
    // The advice for a set begins with what its retry does.
    if failure.step != Step::SetMembers {
        text.field("A retry", if failure.retryable { retry_would(failure.step) } else { "cannot help here" });
    }
    if let Some(id) = &view.account_id {
        text.field("Account id", id);
    }
    sets::accounts(text, view);
    if failure.retryable {
        text.gap().line(&format!("To retry: /account retry {0} in Slack, or vend requests retry {0}.", view.short_id));
    }
    "failed"
}

/// What running a failed step again does; the steps before it are never run twice.
#[must_use]
pub const fn retry_would(step: Step) -> &'static str {
    match step {
        Step::Approval => "runs the check before the queue again; nothing was created yet",
        Step::AccountCreation => "asks Account Factory again, under the same approval; nothing is created twice",
        Step::BlueprintDeployment => "continues the blueprint where it stopped; the account stays as it is",
        Step::SetMembers => "runs the failed accounts of the set again; the finished ones stay as they are",
        Step::Bootstrap => "runs the finishing steps again; account and blueprint stay as they are",
    }
}

fn abandoned(text: &mut Letter, view: &RequestView, about_what: &str) -> &'static str {
    text.line(&format!("Your {about_what} was given up after a failure. No more work is done on it."));
    text.line(&super::left_behind(view));
    sets::accounts(text, view);
    "was given up"
}

/// ` by <who> on <when>`, or nothing where nobody said it.
fn decider(view: &RequestView, verdict: Verdict) -> String {
    let said = view.decisions.iter().rfind(|d| d.decision == verdict);
    said.map(|d| format!(" by {} on {}", user(&d.by), utc(d.at))).unwrap_or_default()
}

fn reason(view: &RequestView, verdict: Verdict) -> Option<String> {
    let said = view.decisions.iter().rfind(|d| d.decision == verdict)?;
    said.reason.as_deref().map(user).filter(|reason| !reason.is_empty())
}

fn full_name(view: &RequestView) -> String {
    cut(&format!("{} {}", view.requester.first_name, view.requester.last_name), LONGEST_NAME, "…")
}

fn first_name(view: &RequestView) -> String {
    cut(&view.requester.first_name, LONGEST_NAME, "…")
}

/// Text from outside, made safe for a mail: one line, no live links, not endless.
fn user(text: &str) -> String {
    cut(text, LONGEST_USER_LINE, "… (cut; the page shows all)")
}

fn cut(text: &str, longest: usize, mark: &str) -> String {
    let line = one_line(text);
    let mut kept = line.chars().count();
    loop {
        // What is cut and then made safe: half an e-mail address may be a host name.
        let safe = defang(&line.chars().take(kept).collect::<String>());
        match safe.chars().count().saturating_sub(longest) {
            0 if kept == line.chars().count() => return safe,
            0 => return format!("{safe}{mark}"),
            over => kept -= over.min(kept),
        }
    }
}

/// A plain text under construction.
#[derive(Default)]
struct Letter(String);

impl Letter {
    fn line(&mut self, text: &str) -> &mut Self {
        self.0.push_str(text);
        self.0.push('\n');
        self
    }

    fn gap(&mut self) -> &mut Self {
        self.line("")
    }

    fn field(&mut self, label: &str, value: &str) -> &mut Self {
        self.line(format!("{label:<11} {value}").trim_end())
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    const LINK: &str = "https://vend.example.com/account/confirm/01JCZK5W8Q2M3N4P5R6S7T8V9W?t=AQAAAA";
    const PAGE: &str = "https://vend.example.com/requests/01JCZK5W8Q2M3N4P5R6S7T8V9W";

    fn whole((subject, text): (String, String)) -> String {
        format!("Subject: {subject}\n\n{text}")
    }

    #[test]
    fn an_approver_reads_all_they_need_to_decide() {
        insta::assert_snapshot!(whole(approval_request(&sample::pending(), LINK, "grace@example.com", 0)));
    }

    #[test]
    fn an_approver_reads_who_asked_for_somebody_else() {
        let (_, text) = approval_request(&sample::on_behalf(), LINK, "grace@example.com", 0);
        let first = "ops@example.com asks on behalf of Ada Lovelace for a new Production AWS account, fraud-detection.";
        assert!(text.starts_with(first) && text.contains("ops@example.com, an operator, on their behalf"), "{text}");
    }

    #[test]
    fn a_reminder_says_that_it_is_one() {
        let (subject, text) = approval_request(&sample::pending(), LINK, "grace@example.com", 2);
        assert_eq!(subject, "Reminder 2: please decide on AWS account request req-6s7t8v9w");
        assert_eq!(text, approval_request(&sample::pending(), LINK, "grace@example.com", 0).1);
    }

    #[test]
    fn the_requester_is_told_every_ending_in_plain_words() {
        for (name, view) in sample::endings() {
            insta::assert_snapshot!(name, whole(outcome(&view, view.state, PAGE)));
        }
    }

    #[test]
    fn a_late_failure_mail_tells_that_the_request_moved_on() {
        let (subject, text) = outcome(&sample::pending(), State::Failed, PAGE);
        assert!(subject.ends_with("failed"));
        assert!(text.contains("has moved on since"));
    }

    #[test]
    fn user_text_cannot_pose_as_a_line_a_link_or_another_direction() {
        let mut view = sample::pending();
        let evil = "fine\r\nApproved   by boss\nhttps://evil.example/\u{202E}elif\u{0}";
        view.purpose = evil.into();
        view.account_name = evil.into();
        view.requester.first_name = evil.into();
        view.tags.insert(evil.into(), evil.into());
        view.cost_centre = Some("x".repeat(100_000));
        let (subject, text) = approval_request(&view, LINK, "grace@example.com", 0);
        assert_eq!(text.lines().filter(|line| line.starts_with("Approved")).count(), 1, "the real one");
        assert!(text.starts_with("fine Approved by boss"), "on the first line, as a name");
        assert!(!text.contains("https://evil") && text.contains("hxxps://evil[.]example"));
        assert!(!text.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202E}'));
        assert!(text.lines().all(|line| line.len() < 998) && subject.is_ascii());
    }

    #[test]
    fn an_address_that_is_cut_is_no_link() {
        for longest in 0..40 {
            let told = cut("ask grace.hopper@corp.example or ada@evil.example", longest, "…");
            assert!(told.chars().count() <= longest + 1 && !told.contains("grace.hopper…"), "{told}");
        }
        assert_eq!(cut("ask grace.hopper@corp.example", 16, "…"), "ask grace[.]hopp…");
        assert_eq!(cut("ask grace.hopper@corp.example", 29, "…"), "ask grace.hopper@corp.example");
    }

    #[test]
    fn what_the_blueprint_made_is_told_as_it_is_on_one_line() {
        let mut view = sample::ready();
        let url = format!("https://models.example.com/{}", "x".repeat(500));
        view.outputs.insert("ModelUrl".into(), format!("{url}\r\n\u{7}"));
        let (_, text) = outcome(&view, State::Ready, PAGE);
        assert!(text.lines().any(|line| line.trim() == format!("ModelUrl = {url}")), "{text}");
    }

    #[test]
    fn every_subject_fits_the_narrowest_channel() {
        let view = sample::pending();
        let subjects = State::ALL.map(|state| outcome(&view, state, PAGE).0);
        for subject in subjects.into_iter().chain([approval_request(&view, LINK, "a@b.example", u32::MAX).0]) {
            assert!(subject.is_ascii() && subject.len() < 100 && !subject.contains('\n'), "{subject}");
        }
    }
}
