//! What must hold for every page, whatever its request looks like.

use jiff::Timestamp;

use super::approval::{Entered, Proof, Visit, approval, decided};
use super::{
    landing::landing,
    live::{Way, live},
    notice,
    requests::requests,
};
use crate::domain::request::State;
use crate::say::sample;
use crate::say::view::RequestView;

fn visit(now: &str) -> Visit<'static> {
    Visit {
        approver: "grace@example.com",
        token: "AQAAAA",
        proof: Proof::Typing,
        now: now.parse::<Timestamp>().unwrap(),
    }
}

fn in_time() -> Visit<'static> {
    visit("2026-11-21T12:00:00Z")
}

fn signed_in(refusal: Option<&'static str>) -> Visit<'static> {
    Visit { token: "", proof: Proof::Session { form: "page-token", refusal }, ..in_time() }
}

fn approval_page(view: &RequestView) -> String {
    approval(view, in_time(), &Entered::default()).into_string()
}

fn every_page(view: &RequestView) -> Vec<String> {
    let fault = Some("Type it as it stands above.".to_owned());
    let entered = Entered { reason_fault: fault.clone(), name_fault: fault, ..Entered::default() };
    let pages = [
        approval(view, in_time(), &entered),
        decided(view, "Your approval is recorded.", true, in_time()),
        approval(view, signed_in(None), &entered),
        decided(view, "Your approval is recorded.", true, signed_in(None)),
        live(view, &Way::default()),
        requests(std::slice::from_ref(view), Some(State::Pending), view.id.parse().ok(), Some("grace@example.com")),
        notice::sign_in_first("Nothing was decided.", "/sign-in?to=%2Frequests"),
        notice::not_signed_in("It took too long."),
        landing("http://127.0.0.1:8080"),
        notice::notice("Not here", "There is no such page."),
        notice::bad_link(&view.short_id),
    ];
    pages.map(maud::PreEscaped::into_string).to_vec()
}

fn views() -> Vec<RequestView> {
    let endings = sample::endings().into_iter().map(|(_, view)| view);
    endings.chain([sample::pending(), sample::queued(), sample::creating(), sample::set()]).collect()
}

#[test]
fn no_page_carries_script_or_style_of_its_own() {
    for page in views().iter().flat_map(every_page) {
        assert!(!page.contains("style=") && !page.contains("<style") && !page.contains("onclick"), "{page}");
        let scripts = page.matches("<script").count();
        assert_eq!(scripts, page.matches(r#"<script src="/assets/live.js" defer></script>"#).count());
        assert!(page.contains(r#"<html lang="en">"#) && page.matches("<h1").count() == 1);
    }
}

#[test]
fn an_approval_page_carries_no_script_and_no_filled_in_answer() {
    let page = approval_page(&sample::pending());
    assert!(!page.contains("<script") && !page.contains("http-equiv"));
    assert!(page.contains(r#"name="account_name" type="text" value="""#), "the name is typed by hand");
    assert!(page.contains(r#"name="t" value="AQAAAA""#) && page.contains(r#"method="post""#));
}

#[test]
fn who_signed_in_types_nothing_and_is_named() {
    let page = approval(&sample::pending(), signed_in(None), &Entered::default()).into_string();
    assert!(!page.contains("account_name") && page.contains(r#"name="f" value="page-token""#), "{page}");
    assert!(page.contains("Signed in as <strong>grace@example.com</strong>") && page.contains(r#"action="/sign-out""#));
    let page =
        approval(&sample::pending(), signed_in(Some("You are not an approver.")), &Entered::default()).into_string();
    assert!(!page.contains(r#"value="approve""#) && page.contains("You are not an approver."), "{page}");
}

#[test]
fn the_enter_key_decides_nothing() {
    let page = approval_page(&sample::pending());
    let first_button = page.split("<button").nth(1).unwrap();
    assert!(first_button.contains(r#"type="submit" disabled"#), "{first_button}");
}

#[test]
fn a_decided_request_shows_who_and_when_and_has_no_form() {
    for (view, words) in [
        (sample::ready(), "Already approved by you on Sat 21 Nov 2026, 10:30 UTC."),
        (sample::denied(), "Already denied by you on Sat 21 Nov 2026, 10:30 UTC."),
    ] {
        let page = approval_page(&view);
        assert!(page.contains(words) && !page.contains("<form"), "{page}");
    }
}

#[test]
fn nobody_is_offered_a_decision_after_the_deadline_or_twice() {
    let late = approval(&sample::pending(), visit("2026-11-23T09:00:00Z"), &Entered::default()).into_string();
    assert!(late.contains("so it expired") && !late.contains("<form"));
    let again = Visit { approver: "Margaret@example.com", ..in_time() };
    let again = approval(&sample::pending(), again, &Entered::default()).into_string();
    assert!(again.contains("Another approver must agree") && !again.contains("<form"));
}

#[test]
fn who_asked_for_somebody_else_is_shown() {
    let page = approval_page(&sample::on_behalf());
    assert!(page.contains("An operator asks on behalf of Ada for a Production account"), "{page}");
    assert!(page.contains("<dt>Asked by</dt><dd>ops@example.com"), "{page}");
}

#[test]
fn what_was_typed_survives_a_fault() {
    let entered = Entered {
        reason: "too \"dear\" </textarea><b>".into(),
        account_name: "fraud".into(),
        name_fault: Some("Type it as it stands above.".into()),
        reason_fault: None,
    };
    let page = approval(&sample::pending(), in_time(), &entered).into_string();
    assert!(
        page.contains("too &quot;dear&quot; &lt;/textarea&gt;&lt;b&gt;</textarea>")
            && page.contains(r#"value="fraud""#)
    );
    assert!(page.contains(r#"aria-describedby="name_fault""#) && page.contains(r#"id="name_fault""#));
}

#[test]
fn user_text_is_never_markup() {
    let evil = "\"><script>alert(1)</script><a href='https://evil.example'>".to_owned();
    let mut view = sample::failed();
    view.purpose.clone_from(&evil);
    view.account_name.clone_from(&evil);
    view.requester.first_name.clone_from(&evil);
    view.blueprint_parameters.insert(evil.clone(), evil.clone());
    view.outputs.insert(evil.clone(), evil.clone());
    view.decisions[0].reason = Some(evil.clone());
    for state in State::ALL {
        view.state = state;
        for page in every_page(&view) {
            assert!(!page.contains("<script>") && !page.contains("<a href='"), "{page}");
        }
    }
}

#[test]
fn a_set_is_shown_as_a_set_on_every_page() {
    let view = sample::set();
    let page = live(&view, &Way { token: Some("AQ-t".into()), ..Way::default() }).into_string();
    assert!(page.contains(r#"data-events="/requests/01JCZK5W8Q2M3N4P5R6S7T8V9W/live?t=AQ-t""#), "{page}");
    for (id, value) in [("dev", 100), ("preprod", 60), ("prod", 10)] {
        assert!(page.contains(&format!(r#"<progress id="progress-{id}" value="{value}" max="100">"#)), "{page}");
    }
    assert!(page.contains("place 2 in line") && page.contains(r#"<strong class="loud">ADMINISTRATOR ACCESS"#));
    assert!(page.contains("Accounts") && page.contains("CDK bootstrap") && !page.contains("In line"));
    let asked = RequestView { state: State::Pending, decisions: Vec::new(), ..view };
    let page = approval_page(&asked);
    assert!(page.contains("the name of the set") && page.contains("administrator of all three accounts"), "{page}");
    assert!(!page.contains("Root e-mail"), "that of one account: {page}");
    let list = requests(&[asked], None, None, None).into_string();
    assert!(list.contains("account set · req-"), "{list}");
}

#[test]
fn a_live_page_follows_until_the_end_and_then_stops() {
    let open = live(&sample::creating(), &Way::default()).into_string();
    let script = open.contains("/assets/live.js") && open.contains("data-events=\"/requests/");
    assert!(script && open.contains(r#"<noscript><meta http-equiv="refresh""#));
    assert!(open.contains(r#"<progress id="progress" value="3" max="5">"#));
    let over = live(&sample::ready(), &Way::default()).into_string();
    assert!(!over.contains("live.js") && !over.contains("data-events") && !over.contains("refresh"));
    assert!(over.contains("123456789012") && over.contains("vpc-0a1b2c3d4e5f60718"));
}

#[test]
fn what_was_given_up_tells_what_is_left_and_offers_no_retry() {
    let given_up = RequestView { state: State::Abandoned, ..sample::failed() };
    let page = live(&given_up, &Way::default()).into_string();
    assert!(page.contains("AWS account 123456789012 exists and was not closed"), "{page}");
    assert!(!page.contains("To retry") && !page.contains("A retry") && !page.contains("rollback"), "{page}");
}

#[test]
fn a_failed_blueprint_may_be_begun_anew_and_while_it_is_removed_nothing_is_offered() {
    let page = live(&sample::failed(), &Way::default()).into_string();
    assert!(page.contains("<code>vend requests rollback req-6s7t8v9w</code>"), "{page}");
    let undone = RequestView { being_rolled_back: true, can_roll_back: false, ..sample::failed() };
    let page = live(&undone, &Way::default()).into_string();
    assert!(!page.contains("To retry") && !page.contains("A retry continues"), "{page}");
}
