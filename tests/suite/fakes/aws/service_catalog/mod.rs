//! Service Catalog, as the management account of a Control Tower shows it to our adapter, and
//! whatever else that account answers on the same endpoint: Organizations and STS.
//! Knows nothing of the suite: the crash test plays it for the real binary.

pub mod mood;
pub mod world;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::organizations;
use super::sts;
use super::wire::{Answer, Call, Played};
use mood::Mood;
pub use world::ControlTower;
use world::{Operation, Order, Outcome, State};

const PARAMETERS: [&str; 6] =
    ["AccountEmail", "AccountName", "ManagedOrganizationalUnit", "SSOUserEmail", "SSOUserFirstName", "SSOUserLastName"];
/// The units the product offers.
pub const UNITS: [&str; 3] = ["Sandbox (ou-ab12-3c4d5e6f)", "Demos (ou-ab12-7a8b9c0d)", "Workloads (ou-ab12-1a2b3c4d)"];

/// The services of the management account behind one endpoint.
#[derive(Clone)]
pub struct ManagementAccount(pub ControlTower);

#[async_trait]
impl Played for ManagementAccount {
    fn name(&self) -> &'static str {
        "servicecatalog"
    }

    fn name_of(&self, call: &Call) -> &'static str {
        match service(call) {
            Some("AWS242ServiceCatalogService") => "servicecatalog",
            Some("AWSOrganizationsV20161128") => "organizations",
            _ => "sts",
        }
    }

    async fn answer(&self, call: Call) -> Answer {
        let target = call.target().map(ToOwned::to_owned).or_else(|| call.field("Action")).expect("an operation");
        let now = self.0.now();
        let mut state = self.0.state();
        state.asked.push(target.clone());
        if Mood::next(&mut state.mood.down) {
            let message = "Service Unavailable".to_owned();
            return Answer::Error { status: 503, kind: "ServiceUnavailableException", message };
        }
        match service(&call) {
            Some("AWS242ServiceCatalogService") => catalog(&mut state, &target, &call.json(), now),
            Some("AWSOrganizationsV20161128") => organizations::answer(&state, &target, &call.json(), now),
            None => sts::answer(&target, &call, now),
            Some(other) => panic!("{other} is not played here"),
        }
    }
}

fn service(call: &Call) -> Option<&str> {
    let target = call.headers.get("x-amz-target")?.to_str().ok()?;
    target.split('.').next()
}

fn catalog(state: &mut State, operation: &str, body: &Value, now: Timestamp) -> Answer {
    let is_look = operation != "ProvisionProduct" && operation != "TerminateProvisionedProduct";
    if is_look && Mood::next(&mut state.mood.throttled_looks) {
        return Answer::refused("ThrottlingException", "Rate exceeded");
    }
    match operation {
        "DescribeProduct" => describe_product(state, body),
        "ListProvisioningArtifacts" => artifacts(state, body),
        "ListLaunchPaths" => paths(state, body),
        "DescribeProvisioningParameters" => parameters(state, body),
        "DescribeProvisionedProduct" => describe(state, body, now),
        "DescribeRecord" => record(state, body, now),
        "ProvisionProduct" => provision(state, body, now),
        "TerminateProvisionedProduct" => terminate(state, body, now),
        other => panic!("our adapters never send {other}"),
    }
}

fn product_id(state: &State) -> String {
    format!("prod-{:013}", state.version)
}

fn artifact_id(state: &State) -> String {
    format!("pa-{:013}", state.version)
}

fn not_found(what: &str) -> Answer {
    Answer::refused("ResourceNotFoundException", format!("{what} not found."))
}

fn describe_product(state: &State, body: &Value) -> Answer {
    if body["Name"] != "AWS Control Tower Account Factory" {
        return not_found("Product");
    }
    let summary = json!({ "Id": "prodview-1", "ProductId": product_id(state), "Name": body["Name"] });
    Answer::Json(json!({ "ProductViewSummary": summary }))
}

/// The last listed is not the active one.
fn artifacts(state: &State, body: &Value) -> Answer {
    if body["ProductId"] != product_id(state) {
        return not_found("Product");
    }
    let one = |id: String, active: bool, guidance: &str, at: f64| json!({ "Id": id, "Active": active, "Guidance": guidance, "CreatedTime": at });
    Answer::Json(json!({ "ProvisioningArtifactDetails": [
        one("pa-oldest".into(), true, "DEPRECATED", 1_900_000_000.0),
        one("pa-older".into(), true, "DEFAULT", 1_600_000_000.0),
        one(artifact_id(state), true, "DEFAULT", 1_700_000_000.0),
        one("pa-switched-off".into(), false, "DEFAULT", 1_800_000_000.0),
    ] }))
}

fn paths(state: &State, body: &Value) -> Answer {
    if body["ProductId"] != product_id(state) {
        return not_found("Product");
    }
    let mut paths = vec![json!({ "Id": "lpv3-own", "Name": "AWS Control Tower Account Factory Portfolio" })];
    if state.mood.more_paths {
        paths.insert(0, json!({ "Id": "lpv3-other", "Name": "A shared portfolio" }));
    }
    if state.mood.no_launch_path {
        paths.clear();
    }
    Answer::Json(json!({ "LaunchPathSummaries": paths }))
}

fn launchable(state: &State, body: &Value) -> Option<Answer> {
    if body["ProductId"] != product_id(state) {
        return Some(not_found(&format!("Product {}", body["ProductId"])));
    }
    if body["ProvisioningArtifactId"] != artifact_id(state) {
        return Some(not_found("Provisioning artifact of product"));
    }
    let message = format!("No launch paths found for resource: {}", product_id(state));
    if state.mood.no_launch_path {
        return Some(Answer::refused("InvalidParametersException", message));
    }
    let wanted = state.mood.more_paths.then_some("lpv3-own");
    assert_eq!(body["PathId"].as_str(), wanted, "a path is chosen exactly where there are several");
    None
}

fn parameters(state: &State, body: &Value) -> Answer {
    if let Some(refusal) = launchable(state, body) {
        return refusal;
    }
    let values = if state.mood.no_listed_units { json!([]) } else { json!(UNITS) };
    let one = |key: &&str| {
        let constraints =
            if *key == "ManagedOrganizationalUnit" { json!({ "AllowedValues": values }) } else { json!({}) };
        json!({ "ParameterKey": key, "ParameterType": "String", "IsNoEcho": false, "ParameterConstraints": constraints })
    };
    Answer::Json(json!({ "ProvisioningArtifactParameters": PARAMETERS.iter().map(one).collect::<Vec<_>>() }))
}

fn describe(state: &State, body: &Value, now: Timestamp) -> Answer {
    let found = match (body["Name"].as_str(), body["Id"].as_str()) {
        (Some(name), None) => state.named(name, now).filter(|nth| state.products[*nth].visible_from <= now),
        (None, Some(id)) => {
            let by_id = (0..state.products.len()).find(|nth| state.products[*nth].id == id);
            let hidden = |nth: usize| state.mood.hidden_wholly && state.products[nth].visible_from > now;
            by_id.filter(|nth| !state.is_removed(*nth, now) && !hidden(*nth))
        }
        _ => panic!("a product is asked for by name or by id: {body}"),
    };
    let Some(nth) = found else { return not_found("Provisioned product") };
    let product = &state.products[nth];
    let (last, made) = (state.last(nth, None), state.last(nth, Some("PROVISION_PRODUCT")));
    let made = made.expect("a product has a record");
    let available = made.is_over(now) && matches!(made.outcome, Outcome::Account(_));
    let at_work = last.is_some_and(|op| !op.is_over(now));
    let status = match &made.outcome {
        _ if at_work => "UNDER_CHANGE",
        Outcome::Account(_) if product.spoilt => "TAINTED",
        Outcome::Account(_) => "AVAILABLE",
        Outcome::Tainted(_) => "TAINTED",
        Outcome::Fails(_) | Outcome::Removed => "ERROR",
    };
    let mut detail = json!({
        "Name": product.name, "Id": product.id, "Type": "CONTROL_TOWER_ACCOUNT", "Status": status,
        "CreatedTime": made.begun.as_second(), "LastRecordId": last.map(|op| &op.record_id),
        "LastProvisioningRecordId": made.record_id,
    });
    if available {
        detail["LastSuccessfulProvisioningRecordId"] = json!(made.record_id);
    }
    Answer::Json(json!({ "ProvisionedProductDetail": detail }))
}

fn record(state: &State, body: &Value, now: Timestamp) -> Answer {
    let found = state.operations.iter().find(|op| body["Id"] == op.record_id.as_str());
    let Some(op) = found else { return not_found("Record") };
    Answer::Json(json!({ "RecordDetail": detail(state, op, now), "RecordOutputs": outputs(state, op, now) }))
}

fn detail(state: &State, op: &Operation, now: Timestamp) -> Value {
    let product = &state.products[op.product];
    let errors = match &op.outcome {
        Outcome::Fails(words) | Outcome::Tainted(words) if op.is_over(now) => {
            json!([{ "Code": "InternalFailure", "Description": words }])
        }
        _ => json!([]),
    };
    json!({
        "RecordId": op.record_id, "ProvisionedProductName": product.name, "ProvisionedProductId": product.id,
        "Status": op.status(now), "RecordType": op.kind, "CreatedTime": op.begun.as_second(), "RecordErrors": errors,
    })
}

fn outputs(state: &State, op: &Operation, now: Timestamp) -> Value {
    let Outcome::Account(id) = &op.outcome else { return json!([]) };
    let Some(ends) = op.ends.filter(|ends| *ends <= now) else { return json!([]) };
    let late = SignedDuration::try_from(state.mood.id_late).expect("a short time");
    let shown = if now.duration_since(ends) < late { "Not Available" } else { id.as_str() };
    json!([{ "OutputKey": "AccountEmail", "OutputValue": "…" }, { "OutputKey": "AccountId", "OutputValue": shown }])
}

fn provision(state: &mut State, body: &Value, now: Timestamp) -> Answer {
    let order = ordered(body);
    if Mood::next(&mut state.mood.lost_calls) {
        return Answer::Dropped;
    }
    if Mood::next(&mut state.mood.throttled) {
        return Answer::refused("ThrottlingException", "Rate exceeded");
    }
    if state.mood.not_permitted {
        return Answer::refused("AccessDeniedException", "not authorized to perform: servicecatalog:ProvisionProduct");
    }
    if let Some(refusal) = launchable(state, body) {
        return refusal;
    }
    if !state.mood.refuses.is_empty() {
        let (code, words) = state.mood.refuses.remove(0);
        let status = if code.starts_with("Internal") { 500 } else { 400 };
        return Answer::Error { status, kind: code, message: words.to_owned() };
    }
    if let Some(nth) = state.named(&order.name, now) {
        let unseen = state.products[nth].visible_from > now;
        if !(state.mood.unguarded && unseen) {
            let message = format!("A stack named {} already exists.", order.name);
            return Answer::refused("InvalidParametersException", message);
        }
    }
    let record_id = state.launch(&order, now);
    if Mood::next(&mut state.mood.lost_answers) {
        return Answer::Dropped;
    }
    let op = state.operations.iter().find(|op| op.record_id == record_id).expect("just begun");
    Answer::Json(json!({ "RecordDetail": detail(state, op, now) }))
}

/// Account Factory fails or hangs with anything beyond these; here it panics.
fn ordered(body: &Value) -> Order {
    let fields: Vec<&str> = body.as_object().expect("an object").keys().map(String::as_str).collect();
    for field in &fields {
        let known = [
            "PathId",
            "ProductId",
            "ProvisionToken",
            "ProvisionedProductName",
            "ProvisioningArtifactId",
            "ProvisioningParameters",
        ];
        assert!(known.contains(field), "Account Factory takes no {field}");
    }
    let given = body["ProvisioningParameters"].as_array().expect("parameters");
    let mut keys: Vec<&str> = given.iter().map(|one| one["Key"].as_str().expect("a key")).collect();
    keys.sort_unstable();
    assert_eq!(keys, PARAMETERS, "exactly the six parameters");
    let value = |key: &str| {
        let one = given.iter().find(|one| one["Key"] == key).expect("one of the six");
        one["Value"].as_str().expect("text").to_owned()
    };
    assert!(UNITS.contains(&value("ManagedOrganizationalUnit").as_str()), "a unit in full form");
    let text = |field: &str| body[field].as_str().expect("text").to_owned();
    Order {
        name: text("ProvisionedProductName"),
        token: text("ProvisionToken"),
        email: value("AccountEmail"),
        account_name: value("AccountName"),
    }
}

fn terminate(state: &mut State, body: &Value, now: Timestamp) -> Answer {
    let id = body["ProvisionedProductId"].as_str().expect("by id");
    assert!(body["TerminateToken"].as_str().is_some_and(|token| token.ends_with("-end")), "a token of our own");
    let found = (0..state.products.len()).find(|nth| state.products[*nth].id == id);
    let Some(nth) = found.filter(|nth| !state.is_removed(*nth, now)) else { return not_found("Provisioned product") };
    if state.last(nth, None).is_some_and(|op| !op.is_over(now)) {
        return Answer::refused(
            "InvalidParametersException",
            "The product is UNDER_CHANGE: another execution is in progress.",
        );
    }
    let made = state.last(nth, Some("PROVISION_PRODUCT")).expect("a record");
    assert!(!matches!(made.outcome, Outcome::Account(_)), "an account that worked was to be removed");
    let record_id = state.remove(nth, now);
    let op = state.operations.iter().find(|op| op.record_id == record_id).expect("just begun");
    Answer::Json(json!({ "RecordDetail": detail(state, op, now) }))
}
