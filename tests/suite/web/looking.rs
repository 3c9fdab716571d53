//! Looking changes nothing, and shows nothing to strangers.

use std::time::Duration;

use axum::http::Method;
use vend::config::{Scope, TokenConfig, TokenHash};

use crate::fakes::pages::{asked, link, must_be_a_page, state};
use crate::fakes::world::{Setup, World, token};

const YEAR: Duration = Duration::from_hours(365 * 24);

#[tokio::test]
async fn no_get_and_no_head_changes_anything() {
    let world = World::new().await;
    let id = asked(&world).await;
    let (path, token) = link(&world);
    let before = world.snapshot();
    let pages = [
        format!("{path}?t={token}"),
        format!("{path}?t={token}&decision=approve&account_name=ada-sandbox"),
        path,
        "/".to_owned(),
        "/requests".to_owned(),
        "/requests?state=pending".to_owned(),
        format!("/requests/{id}"),
        "/assets/vend.css".to_owned(),
        "/assets/live.js".to_owned(),
    ];
    for method in [Method::HEAD, Method::GET, Method::HEAD] {
        for page in &pages {
            let answer = world.anyone().call(method.clone(), page, &[], Vec::new()).await;
            assert!(answer.status < 500, "{page}: {}", answer.status);
        }
    }
    assert_eq!(world.snapshot(), before);
}

#[tokio::test]
async fn the_pages_show_a_request_from_asked_to_ready() {
    let world = World::new().await;
    must_be_a_page(&world.get("/").await, 200, "https://vend.example.com/account");
    must_be_a_page(&world.get("/requests").await, 200, "There are no such requests.");
    let id = asked(&world).await;
    must_be_a_page(&world.get("/requests?state=pending").await, 200, "ada-sandbox");
    must_be_a_page(&world.get("/requests?state=ready").await, 200, "There are no such requests.");
    must_be_a_page(&world.get(&format!("/requests/{id}")).await, 200, "/assets/live.js");
    let short = format!("req-{}", &id[18..].to_lowercase());
    must_be_a_page(&world.get(&format!("/requests/{short}")).await, 200, "Waiting for an approver");

    let (path, token) = link(&world);
    let form = [("t", token.as_str()), ("decision", "approve"), ("account_name", "ada-sandbox")];
    assert_eq!(world.anyone().post_form(&path, &form).await.status, 200);
    world.settle().await;
    let page = world.get(&format!("/requests/{id}")).await;
    must_be_a_page(&page, 200, "Account id");
    assert!(!page.text().contains("<script"), "nothing to wait for any more");
}

#[tokio::test]
async fn what_is_not_there_is_a_page_that_says_so() {
    let world = World::new().await;
    for (path, status) in [
        ("/requests/nonsense", 404),
        ("/requests/01JCZK5W8Q2M3N4P5R6S7T8V9W", 404),
        ("/requests?state=nonsense", 400),
        ("/requests?before=nonsense", 400),
        ("/account/confirm/no-id-at-all", 404),
    ] {
        must_be_a_page(&world.get(path).await, status, "<h1>");
    }
}

#[tokio::test]
async fn a_link_that_was_cut_says_how_to_go_on() {
    let world = World::new().await;
    asked(&world).await;
    let (path, token) = link(&world);
    for bad in ["", "x", &token[..token.len() - 1], "%00%ff"] {
        must_be_a_page(&world.get(&format!("{path}?t={bad}")).await, 403, "This link does not work");
    }
    assert!(!world.get(&path).await.text().contains("ada-sandbox"), "a stranger learns nothing");
}

#[tokio::test]
async fn an_old_link_still_tells_that_it_expired_and_decides_nothing() {
    let world = World::new().await;
    let id = asked(&world).await;
    let (path, token) = link(&world);
    world.wait(YEAR).await;
    must_be_a_page(&world.get(&format!("{path}?t={token}")).await, 200, "so it expired");
    let form = [("t", token.as_str()), ("decision", "approve"), ("account_name", "ada-sandbox")];
    must_be_a_page(&world.anyone().post_form(&path, &form).await, 410, "so it expired");
    assert_eq!(state(&world, &id).await, "expired");
}

#[tokio::test]
async fn where_tokens_are_required_a_page_opens_for_those_it_concerns() {
    let world = World::with_tokens().await;
    let id = asked(&world).await;
    let page = format!("/requests/{id}");
    must_be_a_page(&world.get(&page).await, 401, "Who are you?");
    must_be_a_page(&world.get("/requests").await, 401, "Who are you?");
    must_be_a_page(&world.who("eve").get(&page).await, 404, "no such request");
    must_be_a_page(&world.who("ada").get(&page).await, 200, "ada-sandbox");
    must_be_a_page(&world.who("olga").get("/requests").await, 200, "ada-sandbox");
    let (_, token) = link(&world);
    must_be_a_page(&world.get(&format!("{page}?t={token}")).await, 200, "ada-sandbox");
}

#[tokio::test]
async fn who_guesses_does_not_learn_which_requests_there_are() {
    let world = World::with_tokens().await;
    let (there, missing) = (asked(&world).await, "01JCZK5W8Q2M3N4P5R6S7T8V9W".to_owned());
    let short = |id: &str| format!("req-{}", id[18..].to_lowercase());
    let told = async |route: &str, id: &str, named: &str| {
        let answer = world.anyone().get(&route.replace("{id}", named)).await;
        (answer.status, answer.text().replace(id, "ID").replace(&short(id), "ID"))
    };
    for route in [
        "/account/confirm/{id}",
        "/account/confirm/{id}?t=x",
        "/requests/{id}",
        "/requests/{id}?t=x",
        "/requests/{id}/live",
        "/requests/{id}/live?t=x",
        "/requests/{id}/files/cdk-app.yml",
        "/requests/{id}/files/cdk-app.yml?t=x",
    ] {
        for form in [str::to_owned, short] {
            let found = told(route, &there, &form(&there)).await;
            assert!(matches!(found.0, 401 | 403), "{route}: {}", found.0);
            assert_eq!(found, told(route, &missing, &form(&missing)).await, "{route}");
        }
    }
    let form = [("t", "x"), ("decision", "approve"), ("account_name", "ada-sandbox")];
    for id in [short(&there), short(&missing), there, missing] {
        let answer = world.anyone().post_form(&format!("/account/confirm/{id}"), &form).await;
        must_be_a_page(&answer, 403, "This link does not work");
    }
}

#[tokio::test]
async fn a_token_that_may_not_read_opens_no_page_either() {
    let mut setup = Setup::default().with_tokens();
    let (email, hash) = ("ada@example.com".to_owned(), TokenHash::of(&token("asker")));
    setup.auth.tokens.push(TokenConfig { name: "asker".to_owned(), email, hash, scopes: vec![Scope::Request] });
    let world = setup.build().await;
    let id = asked(&world).await;
    world.who("asker").get(&format!("/api/v1/requests/{id}")).await.must_be_a_problem(403);
    for page in ["/requests".to_owned(), format!("/requests/{id}"), format!("/requests/{id}/files/cdk-app.yml")] {
        must_be_a_page(&world.who("asker").get(&page).await, 403, "lacks the scope");
    }
}
