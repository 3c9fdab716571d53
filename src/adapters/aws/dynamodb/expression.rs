//! One conditional change of one item, for a call of its own or as part of a
//! transaction. Every attribute is written `#name` in expressions, so that no
//! reserved word of DynamoDB's can be hit.

use std::collections::HashMap;

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Delete, Put, ReturnValuesOnConditionCheckFailure as OnFailure, TransactWriteItem,
    Update,
};

use super::items::{Item, LARGEST, size, too_large, weight};
use super::keys::Key;
use crate::ports::store::{StoreError, Stored};

/// Values of an expression, by placeholder.
pub(super) type Values = Vec<(&'static str, AttributeValue)>;

/// What is done to the item.
#[derive(Debug, Clone)]
pub(super) enum Deed {
    /// Replaced, or made.
    Put(Item),
    /// Changed as this update expression says.
    Update(&'static str),
    /// Removed.
    Delete,
    /// Looked at.
    Check,
}

/// A deed under a condition.
#[derive(Debug, Clone)]
pub(super) struct Change {
    pub(super) key: Key,
    pub(super) deed: Deed,
    pub(super) condition: Option<&'static str>,
    pub(super) values: Values,
}

impl Change {
    /// The change, if DynamoDB can take the item it makes.
    pub(super) fn bounded(self) -> Stored<Self> {
        let size = self.size();
        if size <= LARGEST { Ok(self) } else { Err(too_large(size)) }
    }

    /// About how many bytes of the transaction it takes.
    pub(super) fn size(&self) -> usize {
        let item = if let Deed::Put(item) = &self.deed { size(item) } else { 0 };
        item + self.key.pk.len() + self.key.sk.len() + self.values.iter().map(|(_, value)| weight(value)).sum::<usize>()
    }

    /// The attribute names of its expressions; `None` when it has none.
    pub(super) fn names(&self) -> Option<HashMap<String, String>> {
        let update = if let Deed::Update(update) = self.deed { update } else { "" };
        let names: HashMap<_, _> =
            [update, self.condition.unwrap_or_default()].into_iter().flat_map(names_in).collect();
        (!names.is_empty()).then_some(names)
    }

    /// The values of its expressions; `None` when it has none.
    pub(super) fn values(&self) -> Option<HashMap<String, AttributeValue>> {
        let values: HashMap<_, _> =
            self.values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        (!values.is_empty()).then_some(values)
    }

    /// As one action of a transaction.
    pub(super) fn action(&self, table: &str) -> Stored<TransactWriteItem> {
        let built = match &self.deed {
            Deed::Put(item) => self.put(table, item),
            Deed::Update(update) => self.update(table, update),
            Deed::Delete => self.delete(table),
            Deed::Check => self.check(table),
        };
        built.map_err(|error| StoreError::Corrupt(error.to_string()))
    }

    fn put(&self, table: &str, item: &Item) -> Result<TransactWriteItem, BuildError> {
        let put = Put::builder()
            .table_name(table)
            .set_item(Some(item.clone()))
            .set_condition_expression(self.condition.map(str::to_owned))
            .set_expression_attribute_names(self.names())
            .set_expression_attribute_values(self.values())
            .return_values_on_condition_check_failure(OnFailure::AllOld)
            .build()?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    fn update(&self, table: &str, update: &str) -> Result<TransactWriteItem, BuildError> {
        let update = Update::builder()
            .table_name(table)
            .set_key(Some(self.key.item()))
            .update_expression(update)
            .set_condition_expression(self.condition.map(str::to_owned))
            .set_expression_attribute_names(self.names())
            .set_expression_attribute_values(self.values())
            .return_values_on_condition_check_failure(OnFailure::AllOld)
            .build()?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    fn delete(&self, table: &str) -> Result<TransactWriteItem, BuildError> {
        let delete = Delete::builder()
            .table_name(table)
            .set_key(Some(self.key.item()))
            .set_condition_expression(self.condition.map(str::to_owned))
            .set_expression_attribute_names(self.names())
            .set_expression_attribute_values(self.values())
            .return_values_on_condition_check_failure(OnFailure::AllOld)
            .build()?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }

    fn check(&self, table: &str) -> Result<TransactWriteItem, BuildError> {
        let check = ConditionCheck::builder()
            .table_name(table)
            .set_key(Some(self.key.item()))
            .condition_expression(self.condition.unwrap_or_default())
            .set_expression_attribute_names(self.names())
            .set_expression_attribute_values(self.values())
            .return_values_on_condition_check_failure(OnFailure::AllOld)
            .build()?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }
}

/// Every `#name` of an expression with the attribute it stands for.
pub(super) fn names_in(expression: &str) -> Vec<(String, String)> {
    let end = |text: &str| text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    let word = |rest: &str| rest[..end(rest)].to_owned();
    expression.split('#').skip(1).map(word).map(|word| (format!("#{word}"), word)).collect()
}
