//! People: off to the issuer and back, and what becomes of those who come back with something else.

use std::time::Duration;

use serde_json::json;

use super::browser::Browser;
use super::{link, world};
use crate::fakes::issuer::Mood;
use crate::fakes::pages::{asked, must_be_a_page};
use crate::fakes::world::{Answer, Setup, World};

const ADA: &str = "ada@example.com";
const SESSION: &str = "__Host-vend-session";
const ERRAND: &str = "__Host-vend-sign-in";

#[tokio::test]
async fn whoever_signs_in_sees_what_is_theirs_and_can_leave() {
    let (world, issuer) = world().await;
    let id = asked(&world).await;
    let before = world.snapshot();
    let page = format!("/requests/{id}");
    let browser = Browser::new(&world);
    must_be_a_page(&browser.get("/requests").await, 401, "/sign-in?to=%2Frequests");
    must_be_a_page(&browser.get(&page).await, 401, "Sign in");
    issuer.person(ADA);
    let back = browser.sign_in(&page).await;
    assert_eq!((back.status, back.header("location")), (303, page.as_str()));
    assert_eq!(browser.cookie(ERRAND), None, "one way out, one way back");
    must_be_a_page(&browser.get(&page).await, 200, "Signed in as <strong>ada@example.com</strong>");
    must_be_a_page(&browser.get("/requests").await, 200, "ada-sandbox");
    assert_eq!(browser.get(&format!("{page}/live")).await.status, 204);
    let eve = Browser::signed_in(&world, &issuer, "eve@example.com").await;
    must_be_a_page(&eve.get(&page).await, 404, "No such request");
    assert!(!eve.get("/requests").await.text().contains("ada-sandbox"));
    assert_eq!(eve.get(&format!("{page}/live")).await.status, 404);
    let approver = Browser::signed_in(&world, &issuer, "approver@example.com").await;
    must_be_a_page(&approver.get("/requests").await, 200, "ada-sandbox");
    must_be_a_page(&approver.get(&page).await, 200, "ada-sandbox");
    assert_eq!(world.snapshot(), before, "signing in and looking writes nothing");
    must_be_a_page(&browser.post("/sign-out", &[]).await, 200, "signed out");
    must_be_a_page(&browser.get(&page).await, 401, "Sign in");
    let elsewhere = [("origin", "https://evil.example")];
    must_be_a_page(&eve.post_from("/sign-out", &[], &elsewhere).await, 403, "nothing was changed");
    assert!(eve.cookie(SESSION).is_some());
}

#[tokio::test]
async fn a_link_opens_nothing_where_people_sign_in() {
    let (world, issuer) = world().await;
    let id = asked(&world).await;
    let (link, token) = link(&world);
    for path in
        [link.clone(), format!("/requests/{id}?t={token}"), format!("/requests/{id}/files/cdk-app.yml?t={token}")]
    {
        let page = world.get(&path).await;
        must_be_a_page(&page, 401, "Sign in");
        assert!(
            !page.text().contains("ada-sandbox") && page.text().contains("%3Ft%3D"),
            "it leads back: {}",
            page.text()
        );
    }
    for unknown in
        ["/requests/req-00000000", "/requests/req-00000000/live", "/account/confirm/req-00000000", "/requests/nonsense"]
    {
        must_be_a_page(&world.get(unknown).await, 401, "Sign in");
    }
    let eve = Browser::signed_in(&world, &issuer, "eve@example.com").await;
    must_be_a_page(&eve.get(&format!("/requests/{id}?t={token}")).await, 404, "No such request");
    must_be_a_page(&eve.get(&link).await, 403, "sent to somebody else");
    for named in [id, "01JCZK5W8Q2M3N4P5R6S7T8V9W".to_owned(), "req-00000000".to_owned()] {
        let guess = eve.get(&format!("/account/confirm/{named}?t=x")).await;
        must_be_a_page(&guess, 403, "This link does not work");
        must_be_a_page(&eve.get(&format!("/account/confirm/{named}")).await, 404, "No such request");
    }
}

#[tokio::test]
async fn a_session_opens_pages_and_no_part_of_the_api() {
    let (world, issuer) = world().await;
    let browser = Browser::signed_in(&world, &issuer, "approver@example.com").await;
    let id = asked(&world).await;
    browser.get("/api/v1/requests").await.must_be_a_problem(401);
    browser.post(&format!("/api/v1/requests/{id}/approve"), &[]).await.must_be_a_problem(401);
    browser.post(&format!("/account/confirm/{id}"), &[]).await.must_be_a_problem(401);
    browser.post("/account", &[]).await.must_be_a_problem(401);
}

#[tokio::test]
async fn a_way_back_that_does_not_fit_signs_nobody_in() {
    let (world, issuer) = world().await;
    issuer.person(ADA);
    let browser = Browser::new(&world);
    let other = Browser::new(&world);
    let back = browser.at_the_issuer("/requests").await;
    let others = other.at_the_issuer("/requests").await;
    let code = |path: &str| path.split_once("code=").unwrap().1.split('&').next().unwrap().to_owned();
    let state = |path: &str| path.split_once("state=").unwrap().1.split('&').next().unwrap().to_owned();
    for (what, path) in [
        ("somebody else's way back", others.clone()),
        ("no state", format!("/sign-in/callback?code={}", code(&back))),
        ("another state", format!("/sign-in/callback?code={}&state={}", code(&back), "0".repeat(32))),
        ("no code", format!("/sign-in/callback?state={}", state(&back))),
        ("an error", format!("/sign-in/callback?error=access_denied&state={}", state(&back))),
        ("an error beside a code", format!("/sign-in/callback?error=x&code={}&state={}", code(&back), state(&back))),
        (
            "another issuer",
            format!("/sign-in/callback?code={}&state={}&iss=https%3A%2F%2Fevil.example", code(&back), state(&back)),
        ),
        ("an invented code", format!("/sign-in/callback?code=invented&state={}", state(&back))),
        ("somebody else's code", format!("/sign-in/callback?code={}&state={}", code(&others), state(&back))),
        ("a huge code", format!("/sign-in/callback?code={}&state={}", "x".repeat(5000), state(&back))),
    ] {
        let errand = browser.cookie(ERRAND).unwrap();
        must_be_a_page(&browser.get(&path).await, 400, "Begin again");
        assert_eq!((browser.cookie(SESSION), browser.cookie(ERRAND)), (None, None), "{what}");
        browser.put(ERRAND, &errand);
    }
    assert_eq!(issuer.redeeming(), 2, "only the invented code and somebody else's were worth a question");
    let (nobody, errand) = (Browser::new(&world), browser.cookie(ERRAND).unwrap());
    must_be_a_page(&nobody.get(&back).await, 400, "not begun in this browser");
    assert_eq!(browser.get(&back).await.status, 303, "the way that fits is still good");
    browser.put(ERRAND, &errand);
    must_be_a_page(&browser.get(&back).await, 400, "used already");
    let back = other.at_the_issuer("/requests").await;
    world.clock.advance(Duration::from_secs(601));
    must_be_a_page(&other.get(&back).await, 400, "longer than ten minutes");
}

#[tokio::test]
async fn an_id_token_that_is_not_for_this_sign_in_signs_nobody_in() {
    let (world, issuer) = world().await;
    issuer.person(ADA);
    let cases = [
        ("another nonce", Mood { nonce: Some("0".repeat(32)), ..Mood::default() }, "did not sign you in"),
        ("another client", with(&json!({"aud": "other"})), "did not sign you in"),
        ("several audiences without a party", with(&json!({"aud": ["vend-web", "x"]})), "did not sign you in"),
        ("another party", with(&json!({"azp": "x"})), "did not sign you in"),
        ("expired", with(&json!({"exp": 1})), "did not sign you in"),
        ("another issuer", with(&json!({"iss": "https://evil.example"})), "did not sign you in"),
        ("unverified", with(&json!({"email_verified": false})), "not verified"),
        ("no address", Mood { userinfo: Some(json!({"sub": "the person"})), ..Mood::default() }, "no e-mail address"),
        ("userinfo of somebody else", info(&json!({"sub": "x", "email": ADA})), "no e-mail address"),
        (
            "unverified by userinfo",
            info(&json!({"sub": "the person", "email": ADA, "email_verified": false})),
            "not verified",
        ),
    ];
    for (what, mood, words) in cases {
        let browser = Browser::new(&world);
        issuer.feel(mood);
        must_be_a_page(&browser.sign_in("/requests").await, 400, words);
        assert_eq!(browser.cookie(SESSION), None, "{what}");
    }
    issuer.feel(info(&json!({"sub": "the person", "email": ADA})));
    let browser = Browser::signed_in(&world, &issuer, ADA).await;
    must_be_a_page(&browser.get("/requests").await, 200, ADA);
}

fn with(claims: &serde_json::Value) -> Mood {
    Mood { claims: Some(claims.clone()), ..Mood::default() }
}

fn info(userinfo: &serde_json::Value) -> Mood {
    Mood { userinfo: Some(userinfo.clone()), ..Mood::default() }
}

#[tokio::test]
async fn nobody_is_sent_on_to_another_site() {
    let (world, issuer) = world().await;
    issuer.person(ADA);
    for to in [
        "https://evil.example/",
        "//evil.example/requests",
        "/\\evil.example",
        "/requests/..//evil.example",
        "javascript:alert(1)",
    ] {
        let back = Browser::new(&world).sign_in(to).await;
        assert_eq!((back.status, back.header("location")), (303, "/requests"), "{to}");
    }
    // The issuer is the only other place, and it is the configured one.
    let off = world.get("/sign-in?to=/requests&redirect_uri=https://evil.example&client_id=x").await;
    assert!(
        off.header("location")
            .starts_with(&format!("{}/authorize?response_type=code&client_id=vend-web", issuer.url()))
    );
    assert!(!off.header("location").contains("evil"));
}

#[tokio::test]
async fn a_session_that_was_altered_is_over_or_is_of_another_installation_is_none() {
    let (world, issuer) = world().await;
    let browser = Browser::signed_in(&world, &issuer, ADA).await;
    let session = browser.cookie(SESSION).unwrap();
    for at in (0..session.len()).step_by(7) {
        let other = if session.as_bytes()[at] == b'A' { "B" } else { "A" };
        browser.put(SESSION, &format!("{}{other}{}", &session[..at], &session[at + 1..]));
        must_be_a_page(&browser.get("/requests").await, 401, "Sign in");
    }
    for bad in ["", "x", &session[..session.len() - 1], &format!("{session}A"), &"A".repeat(9000)] {
        browser.put(SESSION, bad);
        must_be_a_page(&browser.get("/requests").await, 401, "Sign in");
    }
    // Two of one name: one may be somebody else's.
    browser.put(SESSION, &format!("{session}; {SESSION}={session}"));
    must_be_a_page(&browser.get("/requests").await, 401, "Sign in");
    // What a sign-in carries on its way is no session.
    let begun = Browser::new(&world);
    begun.at_the_issuer("/requests").await;
    browser.put(SESSION, &begun.cookie(ERRAND).unwrap());
    must_be_a_page(&browser.get("/requests").await, 401, "Sign in");
    let stranger = Setup { clock: world.clock.clone(), ..Setup::default() };
    let mut config = issuer.config();
    config.client_id = "another".to_owned();
    let elsewhere = stranger.with_issuer(config).build().await;
    must_be_a_page(&with_session(&elsewhere, &session).await, 401, "Sign in");
    let replica = Setup { clock: world.clock.clone(), ..Setup::default() };
    let replica = replica.with_issuer(issuer.config()).build().await;
    must_be_a_page(&with_session(&replica, &session).await, 200, ADA);
    world.clock.advance(Duration::from_hours(8) - Duration::from_secs(1));
    must_be_a_page(&with_session(&world, &session).await, 200, ADA);
    world.clock.advance(Duration::from_secs(1));
    must_be_a_page(&with_session(&world, &session).await, 401, "Sign in");
}

async fn with_session(world: &World, session: &str) -> Answer {
    let browser = Browser::new(world);
    browser.put(SESSION, session);
    browser.get("/requests").await
}

#[tokio::test]
async fn an_issuer_that_is_away_is_told_and_signing_in_goes_on_when_it_is_back() {
    let (world, issuer) = world().await;
    issuer.person(ADA);
    issuer.feel(Mood { broken: Some((500, "canary".to_owned())), ..Mood::default() });
    let off = world.get("/sign-in").await;
    must_be_a_page(&off, 503, "does not answer right now");
    assert!(!off.header("retry-after").is_empty() && off.header("set-cookie").is_empty());
    issuer.feel(Mood::default());
    world.clock.advance(Duration::from_secs(6));
    let browser = Browser::new(&world);
    let back = browser.at_the_issuer("/requests").await;
    issuer.feel(Mood { broken: Some((500, "canary".to_owned())), ..Mood::default() });
    let answer = browser.get(&back).await;
    must_be_a_page(&answer, 503, "does not answer right now");
    assert!(!answer.text().contains("canary"));
}

#[tokio::test]
async fn where_nobody_signs_in_there_is_no_way_to() {
    for world in [World::new().await, World::with_tokens().await] {
        for path in ["/sign-in", "/sign-in/callback?code=x&state=y"] {
            world.get(path).await.must_be_a_problem(404);
        }
        world.anyone().post_form("/sign-out", &[]).await.must_be_a_problem(404);
    }
}

#[tokio::test]
async fn a_session_that_may_not_read_opens_no_page() {
    let (world, issuer) = world().await;
    let id = asked(&world).await;
    issuer.feel(with(&json!({"scope": "openid request"})));
    let ada = Browser::signed_in(&world, &issuer, ADA).await;
    for path in ["/requests".to_owned(), format!("/requests/{id}"), format!("/account/confirm/{id}")] {
        must_be_a_page(&ada.get(&path).await, 403, "lacks the scope");
    }
}

#[tokio::test]
async fn made_up_codes_do_not_besiege_the_issuer() {
    let (world, issuer) = world().await;
    issuer.person(ADA);
    let mut ways = Vec::new();
    for _ in 0..17 {
        let browser = Browser::new(&world);
        let back = browser.at_the_issuer("/requests").await;
        ways.push((browser, back));
    }
    issuer.feel(Mood { slow: Duration::from_millis(500), ..Mood::default() });
    let answers = ways.iter().map(|(browser, back)| async { browser.get(back).await.status });
    let answers = futures::future::join_all(answers).await;
    let count = |status| answers.iter().filter(|answer| **answer == status).count();
    assert_eq!((count(303), count(503)), (16, 1), "{answers:?}");
}
