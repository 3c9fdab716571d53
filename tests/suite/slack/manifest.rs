//! The app manifest asks for what the program uses, and for nothing else.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::Request;
use serde_json::Value;
use slack_morphism::prelude::SlackAppManifest;
use vend::adapters::slack::method::Method;

use super::house::House;

fn manifest() -> Value {
    serde_saphyr::from_str(include_str!("../../../slack/app-manifest.yaml")).unwrap()
}

/// Strings of a list in the manifest.
fn list(pointer: &str) -> BTreeSet<String> {
    let manifest = manifest();
    let values = manifest.pointer(pointer).unwrap().as_array().unwrap();
    values.iter().map(|value| value.as_str().unwrap().to_owned()).collect()
}

/// The scope each event needs (<https://docs.slack.dev/reference/events>).
const EVENTS: [(&str, Option<&str>); 4] = [
    ("app_home_opened", None),
    ("app_mention", Some("app_mentions:read")),
    ("message.channels", Some("channels:history")),
    ("message.im", Some("im:history")),
];

#[test]
fn the_scopes_are_those_of_the_methods_called_and_the_events_heard() {
    let methods = Method::ALL.iter().flat_map(|method| method.scopes()).copied();
    let events = EVENTS.iter().filter_map(|(_, scope)| *scope);
    let needed: BTreeSet<String> = methods.chain(events).chain(["commands"]).map(str::to_owned).collect();
    assert_eq!(list("/oauth_config/scopes/bot"), needed);
    let heard: BTreeSet<String> = EVENTS.iter().map(|(event, _)| (*event).to_owned()).collect();
    assert_eq!(list("/settings/event_subscriptions/bot_events"), heard);
}

#[tokio::test]
async fn every_address_of_the_manifest_is_a_route_that_wants_a_signature() {
    let house = House::new().await;
    for pointer in [
        "/settings/event_subscriptions/request_url",
        "/settings/interactivity/request_url",
        "/features/slash_commands/0/url",
    ] {
        let manifest = manifest();
        let url: url::Url = manifest.pointer(pointer).unwrap().as_str().unwrap().parse().unwrap();
        assert_eq!((url.scheme(), url.host_str()), ("https", Some("vend.example.com")));
        let (status, body) = house.knock(Request::post(url.path()).body(Body::empty()).unwrap()).await;
        assert_eq!(status, 401, "{} {body}", url.path());
    }
}

/// Limits of <https://docs.slack.dev/reference/app-manifest>; the whole was also
/// checked against `slackapi/manifest-schema` of July 2026.
#[test]
fn the_manifest_has_the_shape_slack_documents() {
    let manifest = manifest();
    let known: SlackAppManifest = serde_json::from_value(manifest.clone()).unwrap();
    let about = known.display_information;
    let length = |text: Option<String>| text.unwrap().chars().count();
    assert!(about.name.chars().count() <= 35 && length(about.description) <= 140);
    assert!((174..=4000).contains(&length(about.long_description)));
    let features = known.features.unwrap();
    assert!(features.bot_user.unwrap().display_name.chars().count() <= 80);
    let commands = features.slash_commands.unwrap();
    assert_eq!(commands.iter().map(|command| command.command.as_str()).collect::<Vec<_>>(), ["/account"]);
    assert!(commands[0].description.chars().count() <= 2000);
    let home = features.app_home.unwrap();
    assert_eq!(home.messages_tab_read_only_enabled, Some(false), "else nobody can write to the bot");
    assert_eq!(home.home_tab_enabled, Some(true));
}
