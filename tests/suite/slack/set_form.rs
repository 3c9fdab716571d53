//! An account set by form: what it asks, what comes back at which field, and the set's one
//! card from asked to ready with its files.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use vend::domain::request::State;

use super::house::{House, Setup};
use super::payloads;
use crate::fakes::slack::APPROVALS;

/// A set as Ada fills the form, with what is different this time in front.
fn filled<'a>(different: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let usual = [
        ("account_set.name", "fraud"),
        ("account_set.pipeline.account", "111122223333"),
        ("account_set.pipeline.region", "eu-west-1"),
        ("account_set.default_region", "eu-central-1"),
        ("account_set.root_email", "ml-{stage}@example.com"),
        ("account_set.organizational_unit", "[ou-ab12-3c4d5e6f]"),
        ("account_set.execution_policy", "least-privilege"),
        ("purpose", "Card fraud scoring"),
    ];
    let usual = usual.into_iter().filter(|(name, _)| different.iter().all(|(other, _)| other != name));
    different.iter().copied().chain(usual).collect()
}

/// The form Ada opens with the command.
async fn opened(house: &House) -> Value {
    house.deliver(&payloads::command(&house.slack, "UADA", "set")).await;
    house.slack.form()
}

fn block<'a>(view: &'a Value, id: &str) -> &'a Value {
    let blocks = view["blocks"].as_array().unwrap();
    blocks.iter().find(|block| block["block_id"] == id).unwrap_or_else(|| panic!("no field {id}"))
}

/// What a select offers.
fn offered(view: &Value, id: &str) -> Vec<String> {
    let groups = block(view, id)["element"]["option_groups"].as_array().unwrap().clone();
    let options = groups.iter().flat_map(|group| group["options"].as_array().unwrap().clone());
    options.map(|option| option["value"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn one_form_asks_for_the_set_and_for_what_differs_in_each_account() {
    let house = House::new().await;
    let form = opened(&house).await;
    assert_eq!(form["title"]["text"], "Ask for an account set");
    assert_eq!(block(&form, "account_set.name")["optional"], json!(false));
    for stage in ["dev", "preprod", "prod"] {
        for name in ["root_email", "organizational_unit", "region", "account_name", "blueprint", "execution_policy"] {
            assert_eq!(block(&form, &format!("account_set.stages.{stage}.{name}"))["optional"], json!(true));
        }
    }
    let policy = &block(&form, "account_set.execution_policy");
    assert_eq!(policy["element"]["initial_value"], "least-privilege");
    assert!(policy["hint"]["text"].as_str().unwrap().contains("ANYTHING"));
    // Only what fits the account.
    let dev = offered(&form, "account_set.stages.dev.blueprint");
    assert!(
        dev.contains(&"ml-workload-nonprod".to_owned()) && !dev.contains(&"ml-workload-prod".to_owned()),
        "{dev:?}"
    );
    let all = offered(&form, "account_set.blueprint");
    assert!(all.contains(&"mlops-stage".to_owned()) && !all.contains(&"ml-workload-nonprod".to_owned()), "{all:?}");

    let submission = payloads::submit("UADA", &form, &filled(&[("account_set.stages.prod.region", "eu-north-1")]));
    assert_eq!(house.deliver_times(&submission, 3).await, Value::Null, "an empty answer closes the form");
    let request = house.the_request(State::Pending).await;
    let set = request.account_set.expect("a set");
    let regions: Vec<_> = set.stages.iter().map(|stage| stage.region.as_str()).collect();
    assert_eq!((set.name.as_str(), regions), ("fraud", vec!["eu-central-1", "eu-central-1", "eu-north-1"]));
    assert_eq!(set.stages[1].root_email, "ml-preprod@example.com");
    assert_eq!(set.stages[0].organizational_unit, "Sandbox (ou-ab12-3c4d5e6f)");
    house.slack.read("DUADA");
    house.slack.read(APPROVALS);
}

#[tokio::test]
async fn a_blueprint_that_is_not_set_up_is_offered_nowhere() {
    let house = House::with(Setup { blueprint_values: BTreeMap::new(), ..Setup::default() }).await;
    let not_set_up = "ml-workload-prod".to_owned();
    let form = opened(&house).await;
    assert!(!offered(&form, "account_set.stages.prod.blueprint").contains(&not_set_up));
    house.deliver(&payloads::command(&house.slack, "UADA", "")).await;
    assert!(!house.slack.form().to_string().contains(&not_set_up));
    let asked = house.say("UADA", "production account in Demos with fay1@example.com").await.words();
    assert!(asked.contains("mlops-ecs") && !asked.contains(&not_set_up), "{asked}");
}

#[tokio::test]
async fn every_fault_comes_back_at_its_field_and_nothing_is_stored() {
    let house = House::new().await;
    let form = opened(&house).await;
    let fields = filled(&[
        ("account_set.name", "Fraud!"),
        ("account_set.pipeline.account", "12"),
        ("account_set.root_email", "one@example.com"),
        ("account_set.stages.dev.region", "mars-1"),
        ("account_set.stages.prod.execution_policy", "everything"),
        ("purpose", ""),
    ]);
    let answer = house.deliver(&payloads::submit("UADA", &form, &fields)).await;
    assert_eq!(answer["response_action"], "errors", "{answer}");
    let faulty: Vec<_> = answer["errors"].as_object().unwrap().keys().cloned().collect();
    let expected = [
        "account_set.name",
        "account_set.pipeline.account",
        "account_set.root_email",
        "account_set.stages.dev.region",
        "account_set.stages.prod.execution_policy",
        "purpose",
    ];
    assert_eq!(faulty, expected, "{answer}");
    for field in faulty {
        block(&form, &field);
    }
    assert_eq!(house.requests().await.len(), 0);
}

#[tokio::test]
async fn blueprints_that_need_more_are_asked_about_for_each_account_and_nothing_is_typed_twice() {
    const RANGE: &str = "account_set.stages.prod.blueprint_parameters.VpcSecondaryCidr";
    let house = House::new().await;
    let form = opened(&house).await;
    let prod = ("account_set.stages.prod.blueprint", "[ml-workload-prod]");
    let dev = ("account_set.stages.dev.blueprint", "[mlops-eks]");
    let wrong = filled(&[prod, ("account_set.pipeline.account", "12")]);
    let answer = house.deliver(&payloads::submit("UADA", &form, &wrong)).await;
    let faulty: Vec<_> = answer["errors"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(faulty, ["account_set.pipeline.account"], "a question only when nothing else is wrong");
    let answer = house.deliver(&payloads::submit("UADA", &form, &filled(&[prod, dev]))).await;
    assert_eq!(answer["response_action"], "update", "{answer}");
    let mut view = answer["view"].clone();
    view["id"] = form["id"].clone();
    let question = block(&view, RANGE);
    assert_eq!(
        (&question["label"]["text"], &question["optional"]),
        (&json!("VpcSecondaryCidr of prod"), &json!(false))
    );
    assert_eq!(block(&view, "account_set.name")["element"]["initial_value"], "fraud");
    assert_eq!(block(&view, prod.0)["element"]["initial_option"]["value"], "ml-workload-prod");
    // What the set says itself is asked of nobody.
    assert!(!view.to_string().contains("blueprint_parameters.SetName"), "{view}");
    assert_eq!(house.requests().await.len(), 0);

    let answer = house.deliver(&payloads::submit("UADA", &view, &filled(&[prod, dev, (RANGE, "999.1.1.1/99")]))).await;
    assert!(answer["errors"][RANGE].as_str().unwrap().contains("is not an IPv4 range"), "{answer}");
    let right = filled(&[
        prod,
        dev,
        (RANGE, "100.64.0.0/24"),
        ("account_set.stages.dev.blueprint_parameters.project", "trial"),
    ]);
    assert_eq!(house.deliver_times(&payloads::submit("UADA", &view, &right), 3).await, Value::Null);
    let request = house.the_request(State::Pending).await;
    let stages = request.account_set.expect("a set").stages;
    assert_eq!(stages[2].blueprint_parameters["VpcSecondaryCidr"], "100.64.0.0/24");
    assert_eq!(stages[0].blueprint_parameters["project"], "trial");
    house.slack.read("DUADA");
    house.slack.read(APPROVALS);
}

#[tokio::test]
async fn a_click_that_is_too_old_for_a_form_begins_the_conversation() {
    let house = House::new().await;
    let mut late = payloads::command(&house.slack, "UADA", "set");
    late.body = late.body.replace("trigger_id=pass", "trigger_id=spent");
    house.deliver_times(&late, 2).await;
    let said = house.slack.read("DUADA").words();
    assert!(said.contains("let us do it by talking") && said.to_lowercase().contains("name"), "{said}");
    assert_eq!(house.slack.count_in("DUADA"), 1, "said once");
    let next = house.say("UADA", "fraud").await.words();
    assert!(next.contains("governance"), "{next}");
}

#[tokio::test]
async fn the_home_page_opens_the_form_too() {
    let house = House::new().await;
    house.deliver(&payloads::home_opened(&house.slack, "UADA")).await;
    assert!(house.slack.home_of("UADA").contains("[Ask for an account set]"));
    house.deliver(&payloads::press_at_home(&house.slack, "UADA", "form.open_set")).await;
    assert_eq!(house.slack.form()["callback_id"], "form.set");
}

#[tokio::test]
async fn the_cards_show_a_set_as_a_set_with_a_bar_for_each_account_and_its_files_at_the_end() {
    let house = House::new().await;
    let form = opened(&house).await;
    let admin = ("account_set.stages.dev.execution_policy", "AdministratorAccess");
    house.deliver(&payloads::submit("UADA", &form, &filled(&[admin]))).await;
    let (mine, asked) = (house.slack.read("DUADA"), house.slack.read(APPROVALS));
    let words = asked.words();
    for part in
        ["New account set fraud", "*ADMINISTRATOR ACCESS*", "dev: Sandbox account fraud-dev", "blueprint mlops-stage"]
    {
        assert!(words.contains(part), "no {part:?} in\n{words}");
    }
    assert!(words.contains("Governance account: 111122223333 in eu-west-1"), "{words}");
    for part in ["Root e-mail:", "Account type:", "empty account"] {
        assert!(!words.contains(part), "{part:?} tells of one account in\n{words}");
    }
    house.press("UGRACE", &asked, "Approve").await;
    house.slack.read_aside("UGRACE");
    house.live(30).await;
    let under_way = house.slack.look_at(&mine);
    assert!(under_way.words().contains("▶️ Creating the three accounts"), "{}", under_way.words());
    assert!(under_way.words().contains('▓'), "{}", under_way.words());
    house.live(1200).await;
    let request = house.the_request(State::Ready).await;
    let done = house.slack.look_at(&mine);
    // Two loops that meet at one card may both edit it; no more than that.
    assert!(done.needless * 4 <= done.edits, "{} of {} edits changed nothing", done.needless, done.edits);
    let file = done.url_of("cdk-app.yml");
    let path = file.strip_prefix("https://vend.example.com").expect("an address of ours");
    assert!(path.starts_with(&format!("/requests/{}/files/cdk-app.yml?t=", request.id)), "{path}");
    let answer = house.world.anyone().get(path).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.text().contains("set_name: \"fraud\""), "{}", answer.text());
    house.slack.look_at(&asked);
    house.slack.read_everything();
}

#[tokio::test]
async fn of_a_set_the_failed_blueprint_of_one_account_is_removed_by_a_word() {
    let house = House::new().await;
    let form = opened(&house).await;
    let bad = ("account_set.stages.preprod.root_email", "ml+fail-blueprint@example.com");
    house.deliver(&payloads::submit("UADA", &form, &filled(&[bad]))).await;
    let (mine, asked) = (house.slack.read("DUADA"), house.slack.read(APPROVALS));
    house.press("UGRACE", &asked, "Approve").await;
    house.slack.read_aside("UGRACE");
    house.live(1200).await;
    let id = house.the_request(State::Failed).await.short_id;
    let ask = async |text: String| {
        house.deliver(&payloads::command(&house.slack, "UADA", &text)).await;
        house.slack.read_aside("UADA").words()
    };
    let card = house.slack.look_at(&mine).words();
    assert!(card.contains(&format!("/account rollback {id} preprod")), "{card}");
    let page = house.world.get(&format!("/requests/{id}")).await.text();
    assert!(page.contains(&format!("vend requests rollback {id} --stage preprod")), "{page}");
    assert_eq!(page.matches("the finished ones stay as they are").count(), 1, "advice is given once: {page}");
    assert!(ask(format!("rollback {id}")).await.contains("is to be removed: preprod."));
    assert!(ask(format!("rollback {id} staging")).await.contains("`dev`, `preprod` or `prod`"));
    assert!(ask(format!("rollback {id} dev")).await.contains("It is ready now"));
    assert!(ask(format!("rollback {id} preprod")).await.contains("all three accounts stay"));
    house.live(600).await;
    let card = house.slack.look_at(&mine).words();
    let page = house.world.get(&format!("/requests/{id}")).await.text();
    for told in [card, page] {
        assert!(told.contains("Not every account") && !told.contains("rollback"), "nothing is left to remove: {told}");
    }
    assert!(ask(format!("retry {id}")).await.contains("runs again"));
    house.live(1200).await;
    house.the_request(State::Ready).await;
    house.slack.read_everything();
}
