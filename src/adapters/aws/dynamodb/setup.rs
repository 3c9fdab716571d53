//! Makes the table (`vend store create`) and looks whether one is fit to be used.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::operation::describe_table::DescribeTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, GlobalSecondaryIndexDescription, IndexStatus,
    KeySchemaElement, KeyType, Projection, ProjectionType, ScalarAttributeType, TableDescription, TableStatus,
    TimeToLiveSpecification, TimeToLiveStatus,
};
use serde::Serialize;

use super::failed::Failed;
use super::shape::{EXPIRY, INDEXES, Index, PK, SK, key_attributes};
use crate::adapters::aws::connection::Connection;

/// Between two looks at a table that is being made.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// Looks until giving up: five minutes.
const LOOKS: u32 = 600;

/// Why a table cannot be used or made.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// There is none.
    #[error("there is no DynamoDB table `{0}`: run `vend store create`, or deploy deploy/table.yaml")]
    Missing(String),
    /// It is not the table this store needs.
    #[error("the DynamoDB table `{table}` is of another shape:\n  {}\nUse another table (`store.table`) and run \
        `vend store create`, or deploy deploy/table.yaml", faults.join("\n  "))]
    Unfit {
        /// Its name.
        table: String,
        /// Everything that differs, in words.
        faults: Vec<String>,
    },
    /// It is still being made.
    #[error("the DynamoDB table `{0}` is not ready yet: wait a minute, then try again")]
    NotReady(String),
    /// DynamoDB cannot be asked.
    #[error("DynamoDB cannot be asked about the table `{table}`: {problem}")]
    Unreachable {
        /// Its name.
        table: String,
        /// In DynamoDB's or the connection's words.
        problem: String,
    },
}

/// What [`create`] did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Made {
    /// The table.
    pub table: String,
    /// It was not there before.
    pub created: bool,
    /// The clean-up of expired items was off before.
    pub expiry_turned_on: bool,
    /// Its indexes.
    pub indexes: Vec<&'static str>,
}

/// One look at one table.
struct Look<'a> {
    client: Client,
    table: &'a str,
}

/// Makes the table unless it is there, waits until it can be used, and turns the
/// clean-up of expired items on. Doing it again changes nothing.
///
/// # Errors
/// When a table of that name has another shape, and everything DynamoDB refuses.
pub async fn create(connection: &Connection, table: &str) -> Result<Made, TableError> {
    let look = Look { client: Client::new(connection.sdk()), table };
    let created = look.describe().await?.is_none();
    if created {
        look.create().await?;
    }
    look.wait().await?;
    let expiry_turned_on = !look.expires().await?;
    if expiry_turned_on {
        look.turn_expiry_on().await?;
    }
    let indexes = INDEXES.iter().map(|index| index.name).collect();
    Ok(Made { table: table.to_owned(), created, expiry_turned_on, indexes })
}

/// Everything about the table that is not as it should be, in words; empty when it is fit.
///
/// # Errors
/// When there is no such table, or DynamoDB cannot be asked.
pub async fn faults(connection: &Connection, table: &str) -> Result<Vec<String>, TableError> {
    let look = Look { client: Client::new(connection.sdk()), table };
    let found = look.describe().await?.ok_or_else(|| TableError::Missing(table.to_owned()))?;
    let mut faults = differences(&found);
    if !look.expires().await? {
        faults.push(format!("expired items are not cleaned up: turn time to live on for the attribute `{EXPIRY}`"));
    }
    Ok(faults)
}

/// Looks before the first use. Without clean-up a table works; it only grows.
pub(super) async fn refuse_if_unfit(connection: &Connection, table: &str) -> Result<(), TableError> {
    let look = Look { client: Client::new(connection.sdk()), table };
    let found = look.describe().await?.ok_or_else(|| TableError::Missing(table.to_owned()))?;
    look.fit(&found)
}

impl Look<'_> {
    async fn describe(&self) -> Result<Option<TableDescription>, TableError> {
        match self.client.describe_table().table_name(self.table).send().await {
            Ok(answer) => Ok(answer.table),
            Err(error) if error.as_service_error().is_some_and(DescribeTableError::is_resource_not_found_exception) => {
                Ok(None)
            }
            Err(error) => Err(self.unreachable(error)),
        }
    }

    fn unreachable(&self, error: impl Into<Failed>) -> TableError {
        TableError::Unreachable { table: self.table.to_owned(), problem: error.into().into_stored().to_string() }
    }

    /// Whether it can be used now.
    fn fit(&self, found: &TableDescription) -> Result<(), TableError> {
        let faults = differences(found);
        if !faults.is_empty() {
            return Err(TableError::Unfit { table: self.table.to_owned(), faults });
        }
        let ready = matches!(found.table_status, Some(TableStatus::Active | TableStatus::Updating));
        let building = |index: &GlobalSecondaryIndexDescription| index.index_status == Some(IndexStatus::Creating);
        if !ready || found.global_secondary_indexes().iter().any(building) {
            return Err(TableError::NotReady(self.table.to_owned()));
        }
        Ok(())
    }

    async fn create(&self) -> Result<(), TableError> {
        let call = creation(&self.client, self.table)
            .map_err(|error| TableError::Unreachable { table: self.table.to_owned(), problem: error.to_string() })?;
        match call.send().await {
            Ok(_) => Ok(()),
            // Somebody else was faster: what there is now is looked at.
            Err(error) if error.as_service_error().is_some_and(CreateTableError::is_resource_in_use_exception) => {
                Ok(())
            }
            Err(error) => Err(self.unreachable(error)),
        }
    }

    async fn wait(&self) -> Result<(), TableError> {
        for _ in 0..LOOKS {
            let found = self.describe().await?;
            match found.map(|found| self.fit(&found)) {
                None | Some(Err(TableError::NotReady(_))) => tokio::time::sleep(LOOK_AGAIN).await,
                Some(fit) => return fit,
            }
        }
        Err(TableError::NotReady(self.table.to_owned()))
    }

    async fn expires(&self) -> Result<bool, TableError> {
        let answer = self.client.describe_time_to_live().table_name(self.table).send().await;
        let answer = answer.map_err(|error| self.unreachable(error))?.time_to_live_description;
        Ok(answer.is_some_and(|ttl| {
            let on = matches!(ttl.time_to_live_status, Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling));
            on && ttl.attribute_name.as_deref() == Some(EXPIRY)
        }))
    }

    async fn turn_expiry_on(&self) -> Result<(), TableError> {
        let ttl = TimeToLiveSpecification::builder().enabled(true).attribute_name(EXPIRY).build().ok();
        let call = self.client.update_time_to_live().table_name(self.table).set_time_to_live_specification(ttl);
        call.send().await.map(drop).map_err(|error| self.unreachable(error))
    }
}

type Creation = aws_sdk_dynamodb::operation::create_table::builders::CreateTableFluentBuilder;

fn creation(client: &Client, table: &str) -> Result<Creation, BuildError> {
    let attribute =
        |name: &str| AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build();
    let attributes = key_attributes().into_iter().map(attribute).collect::<Result<Vec<_>, _>>()?;
    let indexes = INDEXES.iter().map(index).collect::<Result<Vec<_>, _>>()?;
    Ok(client
        .create_table()
        .table_name(table)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(attributes))
        .set_key_schema(Some(schema(PK, SK)?))
        .set_global_secondary_indexes(Some(indexes)))
}

fn index(index: &Index) -> Result<GlobalSecondaryIndex, BuildError> {
    GlobalSecondaryIndex::builder()
        .index_name(index.name)
        .set_key_schema(Some(schema(index.hash, index.range)?))
        .projection(Projection::builder().projection_type(ProjectionType::KeysOnly).build())
        .build()
}

fn schema(hash: &str, range: &str) -> Result<Vec<KeySchemaElement>, BuildError> {
    let element = |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build();
    Ok(vec![element(hash, KeyType::Hash)?, element(range, KeyType::Range)?])
}

/// What about a table is not as it should be.
fn differences(found: &TableDescription) -> Vec<String> {
    let mut faults = Vec::new();
    let keys = |schema: &[KeySchemaElement]| -> Vec<String> {
        schema.iter().map(|element| element.attribute_name.clone()).collect()
    };
    if keys(found.key_schema()) != [PK, SK] {
        faults.push(format!("its key is {}, not `{PK}` and `{SK}`", keys(found.key_schema()).join(" and ")));
    }
    for wanted in INDEXES {
        let index = found.global_secondary_indexes().iter().find(|index| index.index_name() == Some(wanted.name));
        match index.map(|index| keys(index.key_schema())) {
            None => faults.push(format!("it has no index `{}`", wanted.name)),
            Some(found) if found != [wanted.hash, wanted.range] => faults.push(format!(
                "the key of its index `{}` is {}, not `{}` and `{}`",
                wanted.name,
                found.join(" and "),
                wanted.hash,
                wanted.range
            )),
            Some(_) => {}
        }
    }
    let wanted = key_attributes();
    for attribute in found.attribute_definitions() {
        let name = attribute.attribute_name.as_str();
        if wanted.contains(&name) && attribute.attribute_type != ScalarAttributeType::S {
            faults.push(format!("its attribute `{name}` is no string"));
        }
    }
    faults
}
