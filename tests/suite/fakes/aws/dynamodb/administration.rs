//! Making and describing tables.

use serde_json::{Value, json};

use super::input::Input;
use super::refusal::{Answered, Refusal};
use super::schema::{Index, Schema};
use super::table::{Table, Tables};

const CREATE: [&str; 11] = [
    "TableName",
    "AttributeDefinitions",
    "KeySchema",
    "GlobalSecondaryIndexes",
    "BillingMode",
    "ProvisionedThroughput",
    "StreamSpecification",
    "SSESpecification",
    "DeletionProtectionEnabled",
    "Tags",
    "TableClass",
];

pub fn create_table(tables: &mut Tables, body: &Value) -> Answered<Value> {
    let input = Input::only("CreateTable", body, &CREATE);
    let schema = Schema::read(&input)?;
    let name = input.table();
    let names = std::iter::once(name).chain(schema.indexes.iter().map(|index| index.name.as_str()));
    for name in names {
        let fits = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
        if !(3..=255).contains(&name.len()) || !name.chars().all(fits) {
            return Err(Refusal::invalid(format!("Invalid table/index name: {name}")));
        }
    }
    if tables.by_name.contains_key(name) {
        return Err(Refusal::new("ResourceInUseException", format!("Table already exists: {name}")));
    }
    let on_demand = input.text("BillingMode") == Some("PAY_PER_REQUEST");
    if on_demand == input.has("ProvisionedThroughput") {
        let problem = "ProvisionedThroughput is required for PROVISIONED and not allowed for PAY_PER_REQUEST";
        return Err(Refusal::parameter(problem));
    }
    let mut described = json!({
        "TableName": name,
        "TableArn": format!("arn:aws:dynamodb:eu-west-1:111122223333:table/{name}"),
        "TableStatus": "ACTIVE",
        "KeySchema": schema.keys.show(),
        "AttributeDefinitions": input.required("AttributeDefinitions"),
        "BillingModeSummary": { "BillingMode": input.text("BillingMode").unwrap_or("PROVISIONED") },
        "DeletionProtectionEnabled": input.flag("DeletionProtectionEnabled").unwrap_or_default(),
        "ItemCount": 0,
    });
    if !schema.indexes.is_empty() {
        described["GlobalSecondaryIndexes"] = schema.indexes.iter().map(Index::show).collect();
    }
    if let Some(stream) = input.get("StreamSpecification") {
        described["StreamSpecification"] = stream.clone();
    }
    tables.by_name.insert(name.to_owned(), Table::new(schema, described.clone()));
    described["TableStatus"] = json!("CREATING");
    Ok(json!({ "TableDescription": described }))
}

/// `still` is asked whether the table is to look as if it were still being made.
pub fn describe_table(tables: &Tables, body: &Value, still: impl FnOnce() -> bool) -> Answered<Value> {
    let input = Input::only("DescribeTable", body, &["TableName"]);
    let mut described = tables.get(input.table())?.described.clone();
    if still() {
        described["TableStatus"] = json!("CREATING");
    }
    Ok(json!({ "Table": described }))
}

pub fn update_time_to_live(tables: &mut Tables, body: &Value) -> Answered<Value> {
    let input = Input::only("UpdateTimeToLive", body, &["TableName", "TimeToLiveSpecification"]);
    let table = tables.get_mut(input.table())?;
    let wanted = input.required("TimeToLiveSpecification");
    let enabled = wanted["Enabled"].as_bool().expect("Enabled");
    if enabled == table.time_to_live.is_some() {
        let state = if enabled { "enabled" } else { "disabled" };
        return Err(Refusal::invalid(format!("TimeToLive is already {state}")));
    }
    table.time_to_live = enabled.then(|| wanted["AttributeName"].as_str().expect("AttributeName").to_owned());
    Ok(json!({ "TimeToLiveSpecification": wanted }))
}

pub fn describe_time_to_live(tables: &Tables, body: &Value) -> Answered<Value> {
    let input = Input::only("DescribeTimeToLive", body, &["TableName"]);
    Ok(json!({ "TimeToLiveDescription": match &tables.get(input.table())?.time_to_live {
        Some(name) => json!({ "TimeToLiveStatus": "ENABLED", "AttributeName": name }),
        None => json!({ "TimeToLiveStatus": "DISABLED" }),
    } }))
}

pub fn update_continuous_backups(tables: &mut Tables, body: &Value) -> Answered<Value> {
    let known = ["TableName", "PointInTimeRecoverySpecification"];
    let input = Input::only("UpdateContinuousBackups", body, &known);
    let table = tables.get_mut(input.table())?;
    let wanted = &input.required("PointInTimeRecoverySpecification")["PointInTimeRecoveryEnabled"];
    table.recovers = wanted.as_bool().expect("PointInTimeRecoveryEnabled");
    Ok(backups(table))
}

pub fn describe_continuous_backups(tables: &Tables, body: &Value) -> Answered<Value> {
    let input = Input::only("DescribeContinuousBackups", body, &["TableName"]);
    // The one operation with an exception of its own for a table that is not there.
    let missing = || Refusal::new("TableNotFoundException", format!("Table not found: {}", input.table()));
    Ok(backups(tables.by_name.get(input.table()).ok_or_else(missing)?))
}

fn backups(table: &Table) -> Value {
    let status = if table.recovers { "ENABLED" } else { "DISABLED" };
    json!({ "ContinuousBackupsDescription": {
        "ContinuousBackupsStatus": "ENABLED",
        "PointInTimeRecoveryDescription": { "PointInTimeRecoveryStatus": status },
    } })
}
