//! Secrets that live in Parameter Store, read by the real binary.

use super::run::Vend;
use crate::fakes::aws::ssm::{FORBIDDEN, FakeSsm};
use crate::fakes::aws::wire::Endpoint;

const CANARY: &str = "canary-canary-canary-canary-canary-canary";

async fn store() -> Endpoint {
    FakeSsm::start(&[
        ("/vend/signing", "canary-signing-secret\n"),
        ("/vend/token", "xoxb-canary"),
        ("/vend/link", CANARY),
        ("/vend/short", "canary"),
        ("/vend/empty", "\n"),
    ])
    .await
}

fn vend(endpoint: &Endpoint, secrets: &[(&str, &str)]) -> Vend {
    let aws = [
        ("AWS_ENDPOINT_URL_SSM", endpoint.url.as_str()),
        ("AWS_ACCESS_KEY_ID", "AKIDTEST"),
        ("AWS_SECRET_ACCESS_KEY", "made-up"),
        ("AWS_REGION", "eu-west-1"),
    ];
    Vend::new(&[&aws, secrets].concat())
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_in_parameter_store_are_used_and_never_shown() {
    let endpoint = store().await;
    let vend = vend(
        &endpoint,
        &[
            ("VEND_SLACK__SIGNING_SECRET", "ssm:/vend/signing"),
            ("VEND_SLACK__BOT_TOKEN", "ssm:/vend/token"),
            ("VEND_SERVER__LINK_SECRET", "ssm:/vend/link"),
            ("VEND_SERVER__LISTEN", "127.0.0.1:0"),
        ],
    );
    tokio::task::block_in_place(|| {
        vend.run(&["config", "check"]).with_code(0);
        let shown = vend.run(&["config", "show"]).with_code(0);
        assert!(shown.out.contains("# VEND_SLACK__BOT_TOKEN, ssm:/vend/token"), "{}", shown.out);
        assert!(!format!("{shown:?}").contains("canary"), "{shown:?}");
        let served = vend.serve();
        assert_eq!(signed(&served.url, "canary-signing-secret"), 200, "the secret is the parameter's value");
        assert_eq!(signed(&served.url, "ssm:/vend/signing"), 401);
        assert!(!vend.log().contains("canary"), "{}", vend.log());
    });
}

/// Slack's first call to a new address, signed with this secret.
fn signed(url: &str, secret: &str) -> u16 {
    use hmac::{KeyInit as _, Mac as _};
    let (now, body) = (jiff::Timestamp::now().as_second(), r#"{"type":"url_verification","challenge":"c"}"#);
    let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("v0:{now}:{body}").as_bytes());
    let signature = format!("v0={}", vend::domain::spec::hex(&mac.finalize().into_bytes()));
    let call = reqwest::Client::new().post(format!("{url}/slack/events")).header("x-slack-signature", signature);
    let call = call.header("x-slack-request-timestamp", now).header("content-type", "application/json").body(body);
    tokio::runtime::Handle::current().block_on(call.send()).unwrap().status().as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_parameter_that_will_not_do_is_told_together_with_all_other_faults() {
    let endpoint = store().await;
    let secret = |name: &str| format!("ssm:{name}");
    let vend = vend(
        &endpoint,
        &[
            ("VEND_SLACK__SIGNING_SECRET", "ssm:/vend/nowhere"),
            ("VEND_SLACK__BOT_TOKEN", &secret(FORBIDDEN)),
            ("VEND_SLACK__PREVIOUS_SIGNING_SECRET", "ssm:/vend/empty"),
            ("VEND_SERVER__LINK_SECRET", "ssm:/vend/short"),
            ("VEND_MAIL__BACKEND", "pigeon"),
        ],
    );
    tokio::task::block_in_place(|| {
        for command in [&["config", "check"][..], &["serve"]] {
            let said = vend.run(command).with_code(2).err;
            for told in [
                "VEND_SLACK__SIGNING_SECRET: slack.signing_secret: there is no parameter /vend/nowhere in eu-west-1",
                "VEND_SLACK__BOT_TOKEN: slack.bot_token: AWS does not let this process read the parameter /vend/forbidden",
                "VEND_SLACK__PREVIOUS_SIGNING_SECRET: slack.previous_signing_secret: the parameter /vend/empty is empty",
                "VEND_SERVER__LINK_SECRET: server.link_secret: too short",
                "VEND_MAIL__BACKEND",
            ] {
                assert!(said.contains(told), "{command:?} does not tell {told}:\n{said}");
            }
            assert!(!said.contains("canary"), "{said}");
        }
    });
}

#[test]
fn commands_that_need_no_secret_do_not_ask_aws() {
    let vend = Vend::new(&[("VEND_SERVER__LINK_SECRET", "ssm:/vend/link")]);
    vend.run(&["policy", "check"]).with_code(0);
    vend.run(&["blueprints", "list"]).with_code(0);
}
