//! `[auth]` with an issuer, as an operator meets it: `vend config check`, `vend doctor`, faults.

use serde_json::Value;
use vend::config::AuthMode;
use vend::config::show;

use crate::cli::run::Vend;
use crate::config::{faults, load};
use crate::fakes::clock::TestClock;
use crate::fakes::issuer::{Mood, PlayedIssuer};

const GOOD: &str = "[server]\npublic_url = \"https://vend.example.com\"\n[auth]\nmode = \"oidc\"\n\
                    issuer = \"https://login.example.com\"\naudience = \"vend\"\n";

#[test]
fn what_is_missing_and_what_is_unsafe_is_told_at_once() {
    insta::assert_snapshot!(faults("[server]\nlisten = \"0.0.0.0:8080\"\n[auth]\nmode = \"oidc\"", &[]).join("\n"), @r#"
    vend.toml:4: auth.mode: `oidc` needs auth.issuer (or VEND_AUTH__ISSUER), for example "https://login.example.com/".
    vend.toml:4: auth.mode: `oidc` needs auth.audience (or VEND_AUTH__AUDIENCE), for example "vend".
    vend.toml:4: auth.mode: `oidc` needs server.public_url (or VEND_SERVER__PUBLIC_URL), for example "https://vend.example.com".
    "#);
    let file =
        GOOD.replace("https://vend.example.com", "http://vend.example.com").replace("https://login", "http://login");
    insta::assert_snapshot!(faults(&file, &[]).join("\n"), @r#"
    vend.toml:2: server.public_url: with auth.mode = "oidc" it must be https: whoever reads a session on its way decides with it.
    vend.toml:5: auth.issuer: `http://login.example.com` will not do: give an https address: keys and sign-ins that come without TLS can be anybody's.
    "#);
    let path = GOOD.replace("vend.example.com", "example.com/vend");
    assert!(faults(&path, &[])[0].contains("must have no path"));
    let lines = faults("[auth]\nclient_id = \"x\"\nclient_secret = \"canary\"", &[]);
    assert!(lines.len() == 2 && lines.iter().all(|line| line.contains("it needs auth.issuer")), "{lines:#?}");
    for issuer in
        ["login.example.com", "https://user:pw@login.example.com", "https://login.example.com/?a=b", "ftp://x"]
    {
        assert_eq!(faults(&GOOD.replace("https://login.example.com", issuer), &[]).len(), 1, "{issuer}");
    }
}

#[test]
fn an_issuer_keeps_every_letter_and_its_secret_is_never_shown() {
    let config = load(GOOD, &[]).unwrap();
    let oidc = config.auth.oidc.unwrap();
    assert_eq!(
        (config.auth.mode, oidc.issuer.as_str()),
        (AuthMode::Oidc, "https://login.example.com"),
        "no slash is added"
    );
    assert_eq!(oidc.client_id, "vend", "the audience, where no client is named");
    let env =
        [("VEND_AUTH__CLIENT_SECRET", "env:THE_SECRET"), ("THE_SECRET", "canary"), ("VEND_AUTH__CLIENT_ID", "web")];
    let config = load(GOOD, &env).unwrap();
    let oidc = config.auth.oidc.as_ref().unwrap();
    assert_eq!((oidc.client_id.as_str(), oidc.client_secret.as_ref().unwrap().reveal()), ("web", "canary"));
    assert!(config.secrets().iter().any(|secret| secret.reveal() == "canary"), "the log leaves it out");
    let everything = format!("{config:?} {}", show::effective(&config.shown));
    assert!(!everything.contains("canary"), "{everything}");
    load(&GOOD.replace("https://login.example.com", "http://127.0.0.1:4000"), &[]).unwrap();
    load(&GOOD.replace("https://vend.example.com", "http://localhost:8080"), &[]).unwrap();
    let tokens = "[auth]\nissuer = \"https://login.example.com\"\naudience = \"vend\"";
    assert!(load(tokens, &[]).unwrap().auth.oidc.is_none(), "in other modes there is no issuer");
}

fn installation(issuer: &PlayedIssuer, policy: &str) -> Vend {
    let vend = Vend::new(&[
        ("VEND_AUTH__MODE", "oidc"),
        ("VEND_AUTH__ISSUER", issuer.url()),
        ("VEND_AUTH__AUDIENCE", "vend"),
        ("VEND_AUTH__CLIENT_SECRET", "canary-secret"),
        ("VEND_SERVER__LISTEN", "127.0.0.1:8099"),
        ("VEND_POLICY__FILE", "policy.yaml"),
    ]);
    std::fs::write(vend.path().join("policy.yaml"), policy).unwrap();
    vend
}

/// The lines about sign-in, as `state check: found`.
async fn doctors_lines(vend: Vend) -> Vec<String> {
    let ended = tokio::task::spawn_blocking(move || vend.run(&["doctor", "--json"])).await.unwrap();
    assert!(!format!("{ended:?}").contains("canary"), "{ended:?}");
    let report: Value = serde_json::from_str(&ended.out).unwrap_or_else(|error| panic!("{error}: {ended:?}"));
    let word = |line: &Value, key: &str| line[key].as_str().unwrap_or_default().to_owned();
    let lines = report["checks"].as_array().unwrap().iter();
    let lines = lines.filter(|line| ["issuer", "sign-in"].contains(&line["check"].as_str().unwrap()));
    lines.map(|line| format!("{} {}: {}", word(line, "state"), word(line, "check"), word(line, "found"))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_looks_at_the_issuer_and_says_what_to_register() {
    let shipped = include_str!("../../../manifests/policy.yaml");
    let issuer = PlayedIssuer::start(&TestClock::default()).await;
    let url = issuer.url().to_owned();
    let register = "green sign-in: register http://127.0.0.1:8099/sign-in/callback at the issuer as redirect URL of the client vend";
    let good = format!("green issuer: {url}: discovery is in order, 4 keys");
    assert_eq!(doctors_lines(installation(&issuer, shipped)).await, [good.as_str(), register]);
    let without = shipped.replace("channels: [mail, web, slack, api, cli]", "channels: [mail, slack]");
    let lines = doctors_lines(installation(&issuer, &without)).await;
    assert_eq!(lines[2], "red sign-in: the policy's channels leave out web, so nobody decides on the page");
    issuer.feel(Mood { calls_itself: Some("https://evil.example".into()), ..Mood::default() });
    let lines = doctors_lines(installation(&issuer, shipped)).await;
    assert_eq!(lines[0], format!("red issuer: {url}: it calls itself https://evil.example, and not {url}"));
    issuer.feel(Mood { broken: Some((502, "canary".into())), ..Mood::default() });
    let lines = doctors_lines(installation(&issuer, shipped)).await;
    assert_eq!(lines[0], format!("red issuer: {url}: it answered 502"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_configuration_is_told_with_what_to_register() {
    let issuer = PlayedIssuer::start(&TestClock::default()).await;
    let vend = installation(&issuer, include_str!("../../../manifests/policy.yaml"));
    let out = tokio::task::block_in_place(|| vend.run(&["config", "check"])).with_code(0).out;
    let line = "For sign-in, register http://127.0.0.1:8099/sign-in/callback at the issuer as redirect URL of the client vend.";
    assert_eq!(out.lines().collect::<Vec<_>>(), ["The configuration is good.", line]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_tells_that_something_was_refused_and_of_whom_nothing() {
    let clock = TestClock::default();
    clock.set(jiff::Timestamp::now());
    let issuer = PlayedIssuer::start(&clock).await;
    let vend = installation(&issuer, include_str!("../../../manifests/policy.yaml"));
    let vend = vend.with("VEND_LOG__LEVEL", "trace").with("VEND_SERVER__LISTEN", "127.0.0.1:0");
    let server = tokio::task::block_in_place(|| vend.serve());
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
    let good = issuer.token("canary@example.com");
    let mut late = issuer.claims("canary@example.com");
    late["exp"] = serde_json::json!(1);
    let late = issuer.ring().sign("RS256", &late);
    for (token, status) in [(&good, 200), (&late, 401)] {
        let answer = http.get(format!("{}/api/v1/requests", server.url)).bearer_auth(token).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status);
    }
    let begun = http.get(format!("{}/sign-in", server.url)).send().await.unwrap();
    let cookie = begun.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    assert!(cookie.starts_with("vend-sign-in="), "no prefix without TLS: {cookie}");
    let state =
        begun.headers()["location"].to_str().unwrap().split_once("&state=").unwrap().1.split('&').next().unwrap();
    issuer.feel(Mood { broken: Some((400, r#"{"error":"canary@example.com"}"#.to_owned())), ..Mood::default() });
    let back = format!("{}/sign-in/callback?code=canary-code&state={state}", server.url);
    let answer = http.get(back).header("cookie", &cookie).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 503, "{}", answer.text().await.unwrap());
    let log = vend.log();
    for told in ["a token was refused", "it has expired", "nobody can sign in now"] {
        assert!(log.contains(told), "{log}");
    }
    for hidden in [&good, &late, "canary", state, &cookie] {
        assert!(!log.contains(hidden), "P11: {hidden} in {log}");
    }
}
