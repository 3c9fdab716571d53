//! A GET or HEAD changes nothing (P12), on every route there is.

use axum::http::Method;

use super::document::operations;
use crate::fakes::world::World;

#[tokio::test]
async fn looking_changes_nothing_anywhere() {
    let world = World::new().await;
    let id = world.submitted().await;
    world.settle().await;
    let link = world.mails()[0].link();
    let before = (world.snapshot(), world.mails());
    for (_, path) in operations() {
        let path = if path == "/account/confirm/{id}" { link.clone() } else { path.replace("{id}", &id) };
        for method in [Method::GET, Method::HEAD] {
            let answer = world.anyone().call(method.clone(), &path, &[], "").await;
            assert!(answer.status < 500, "{method} {path}: {}", answer.text());
        }
    }
    world.settle().await;
    assert_eq!((world.snapshot(), world.mails()), before);
}

#[tokio::test]
async fn the_catalogue_tells_what_can_be_asked_for() {
    let world = World::new().await;
    let list = world.get("/api/v1/blueprints").await.json();
    let first = &list["blueprints"][0];
    let id = first["id"].as_str().unwrap();
    assert_eq!(world.get(&format!("/api/v1/blueprints/{id}")).await.json(), *first);
    assert!(list["blueprints"].as_array().unwrap().iter().any(|b| !b["parameters"].as_array().unwrap().is_empty()));
    let units = world.get("/api/v1/organizational-units").await.json();
    let sandbox = units["organizational_units"].as_array().unwrap().iter().find(|unit| unit["name"] == "Sandbox");
    assert_eq!(sandbox.unwrap()["full_name"], "Sandbox (ou-ab12-3c4d5e6f)");
}
