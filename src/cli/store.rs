//! `vend store create`: makes the DynamoDB table for development.

use std::path::Path;

use super::args::{JsonArg, StoreCommand};
use super::exit::{Done, Failure};
use super::local::load_config;
use super::output;
use crate::adapters::aws::connection::Connection;
use crate::adapters::aws::dynamodb::{self, EXPIRY, Made};

pub(super) async fn run(file: Option<&Path>, command: &StoreCommand) -> Result<Done, Failure> {
    let StoreCommand::Create(JsonArg { json }) = command;
    let config = load_config(file)?;
    let table = config.store.table.ok_or_else(|| {
        Failure::usage("no table is named. Set store.table (and store.backend = \"dynamodb\" to use it).")
    })?;
    let connection = Connection::from_environment().await;
    let made = dynamodb::create(&connection, &table).await.map_err(|error| Failure::failed(error.to_string()))?;
    if *json { output::json(&made) } else { output::line(&told(&made)) }
}

fn told(made: &Made) -> String {
    let table = &made.table;
    let first = if made.created {
        format!("The table {table} was made, with the indexes {}.", made.indexes.join(", "))
    } else {
        format!("The table {table} is there already, and fit.")
    };
    let second = if made.expiry_turned_on {
        format!("The clean-up of expired items was turned on (attribute {EXPIRY}).")
    } else {
        format!("The clean-up of expired items is on already (attribute {EXPIRY}).")
    };
    format!("{first}\n{second}")
}
