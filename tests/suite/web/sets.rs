//! A set's page, its files and its live stream for people whose browser carries no token.

use std::time::Duration;

use axum::http::Method;
use futures::StreamExt as _;
use serde_json::json;
use vend::domain::request::State;

use crate::fakes::pages::must_be_a_page;
use crate::fakes::world::{Setup, World, account_set};

const STREAM: [(&str, &str); 1] = [("accept", "text/event-stream")];
const WEEK: Duration = Duration::from_hours(7 * 24);

async fn asked(world: &World) -> String {
    let body = account_set("AdministratorAccess");
    let made = world.who("ada").post("/api/v1/requests", &body).await;
    assert_eq!(made.status, 201, "{}", made.text());
    world.settle().await;
    made.json()["id"].as_str().expect("an id").to_owned()
}

/// A set in a world that asks for tokens, made ready.
async fn ready() -> (World, String) {
    let world = World::with_tokens().await;
    let id = asked(&world).await;
    let approved = world.who("approver").post(&format!("/api/v1/requests/{id}/approve"), &json!({})).await;
    assert_eq!(approved.status, 200, "{}", approved.text());
    world.settle().await;
    assert_eq!(world.service.show(id.parse().unwrap()).await.unwrap().state, State::Ready);
    (world, id)
}

/// The page that Ada's last mail leads to.
fn page_of_ada(world: &World) -> String {
    let mails = world.mails();
    let mine = mails.iter().rfind(|mail| mail.to == "ada@example.com").expect("a mail for Ada");
    let link = mine.text.split_whitespace().find(|word| word.contains("/requests/")).expect("a page");
    link[link.find("/requests/").unwrap()..].to_owned()
}

/// Every address of a file on a page.
fn files(page: &str) -> Vec<String> {
    let links = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    links.filter(|link| link.contains("/files/")).map(|link| link.replace("&amp;", "&")).collect()
}

#[tokio::test]
async fn the_link_in_the_mail_opens_the_page_and_the_page_has_every_file() {
    let (world, id) = ready().await;
    let page = world.get(&page_of_ada(&world)).await;
    must_be_a_page(&page, 200, "cdk-app.yml");
    let links = files(&page.text());
    let listed = world.who("ada").get(&format!("/api/v1/requests/{id}/artefacts")).await.json();
    assert_eq!(links.len(), listed["artefacts"].as_array().unwrap().len());
    let before = world.snapshot();
    for link in &links {
        let file = world.get(link).await;
        assert_eq!(file.status, 200, "{link}: {}", file.text());
        assert!(file.header("content-disposition").starts_with("attachment"));
        assert_eq!((file.header("cache-control"), file.header("referrer-policy")), ("no-store", "no-referrer"));
        assert_eq!(file.header("x-content-type-options"), "nosniff");
        assert_eq!(world.anyone().call(Method::HEAD, link, &[], Vec::new()).await.status, 200);
    }
    assert_eq!(world.snapshot(), before, "looking changes nothing");
}

#[tokio::test]
async fn a_file_opens_for_nobody_else_with_nothing_else_and_not_for_ever() {
    let (world, id) = ready().await;
    let page = page_of_ada(&world);
    let link = files(&world.get(&page).await.text()).remove(0);
    let (path, token) = link.split_once("?t=").expect("a token");
    let page_token = page.split_once("?t=").expect("a token").1;
    must_be_a_page(&world.get(path).await, 401, "Who are you?");
    must_be_a_page(&world.who("eve").get(path).await, 404, "no such request");
    assert_eq!(world.who("ada").get(path).await.status, 200, "her own token opens it too");
    for bad in [page_token, &token[..token.len() - 1], "x"] {
        must_be_a_page(&world.get(&format!("{path}?t={bad}")).await, 403, "This link does not work");
    }
    must_be_a_page(&world.get(&format!("/requests/{id}?t={token}")).await, 403, "This link does not work");
    must_be_a_page(&world.get(&format!("/requests/{id}/files/passwd?t={token}")).await, 404, "no such file");
    world.wait(WEEK).await;
    must_be_a_page(&world.get(&link).await, 403, "vend requests artefacts");
    let late = world.get(&page).await;
    must_be_a_page(&late, 200, "vend requests artefacts");
    assert_eq!(files(&late.text()), Vec::<String>::new(), "the page itself still opens, without links");
}

#[tokio::test]
async fn who_may_not_see_the_request_any_more_gets_no_file_by_an_old_link() {
    let (world, id) = ready().await;
    let request = vend::ports::store::RequestStore::load(world.store.as_ref(), id.parse().unwrap()).await.unwrap();
    let links = world.service.file_links(&request, Some("gone@example.com")).await.expect("links");
    must_be_a_page(&world.get(&links.files[0].url).await, 404, "no such request");
    let links = world.service.file_links(&request, Some("approver@example.com")).await.expect("links");
    assert_eq!(world.get(&links.files[0].url).await.status, 200);
}

#[tokio::test]
async fn the_page_of_a_set_follows_its_accounts_live_also_where_tokens_are_required() {
    let world = Setup::default().with_tokens().build().await;
    let id = asked(&world).await;
    let mail = world.mails().into_iter().find(|mail| mail.to == "approver@example.com").expect("a mail");
    let page = mail.link().replace("/account/confirm/", "/requests/");
    let text = world.get(&page).await.text();
    let live = text.split("data-events=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a stream");
    must_be_a_page(&world.get(&format!("/requests/{id}/live")).await, 401, "Who are you?");
    must_be_a_page(&world.get(&format!("/requests/{id}/live?t=x")).await, 403, "This link does not work");
    let scanner = world.anyone().call(Method::GET, live, &[], Vec::new()).await;
    assert_eq!(scanner.status, 204, "who only follows links holds no stream open");
    let (status, headers, body) = world.anyone().open(Method::GET, live, &STREAM, "").await;
    assert_eq!((status, headers["content-type"].to_str().unwrap()), (200, "text/event-stream"));
    let approved = world.who("approver").post(&format!("/api/v1/requests/{id}/approve"), &json!({})).await;
    assert_eq!(approved.status, 200, "{}", approved.text());
    world.settle().await;
    let mut frames = body.into_data_stream();
    let mut told = String::new();
    while let Some(chunk) = frames.next().await {
        told.push_str(std::str::from_utf8(&chunk.expect("a chunk")).expect("text"));
    }
    assert!(told.contains("event: change") && told.contains("event: member"), "{told}");
    let lines: std::collections::BTreeSet<_> = told.lines().filter(|line| line.starts_with("data:")).collect();
    assert_eq!(lines.into_iter().collect::<Vec<_>>(), ["data: {}"], "it tells that something happened, not what");
    let after = world.anyone().call(Method::GET, live, &STREAM, Vec::new()).await;
    assert_eq!(after.status, 204, "there is nothing to follow any more");
}
