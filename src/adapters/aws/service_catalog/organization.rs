//! What AWS Organizations tells: which names and addresses are taken, and the tree of
//! organizational units. Big organizations have thousands of accounts, listed twenty at a time:
//! the list is kept for a few minutes.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_organizations::Client;
use aws_sdk_organizations::types::{Account, AccountState};

use super::super::connection::Connection;
use super::cache::Remembered;
use super::trouble::Trouble;
use crate::domain::spec::OrganizationalUnit;
use crate::ports::clock::Clock;
use crate::ports::factory::FactoryError;

/// How long the list of accounts is believed when a name is checked.
const BELIEVED: Duration = Duration::from_mins(5);
/// How long it is believed when a new account is looked for.
const BELIEVED_FOR_NEWS: Duration = Duration::from_secs(30);
/// More than there can be: AWS allows 2,000 units in an organization.
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>
const MOST_UNITS: usize = 5_000;

/// The accounts of the organization.
#[derive(Debug, Clone)]
pub(super) struct Accounts(Arc<Vec<Account>>);

impl Accounts {
    /// Closed or suspended, an account keeps its address for ever.
    pub(super) fn has_email(&self, email: &str) -> bool {
        self.0.iter().any(|account| account.email().is_some_and(|known| known.eq_ignore_ascii_case(email.trim())))
    }

    pub(super) fn has_name(&self, name: &str) -> bool {
        self.0.iter().any(|account| account.name().is_some_and(|known| known.eq_ignore_ascii_case(name.trim())))
    }

    /// How many count against the quota: all that are not closed for good.
    pub(super) fn counted(&self) -> u32 {
        let counts = |account: &&Account| account.state != Some(AccountState::Closed);
        u32::try_from(self.0.iter().filter(counts).count()).unwrap_or(u32::MAX)
    }

    /// The working account that has this root e-mail.
    fn active_with(&self, email: &str) -> Option<&str> {
        let fits = |account: &&Account| {
            let same = account.email().is_some_and(|known| known.eq_ignore_ascii_case(email.trim()));
            same && account.state == Some(AccountState::Active)
        };
        self.0.iter().find(fits)?.id()
    }
}

/// The organization behind Control Tower.
pub(super) struct Organization {
    client: Client,
    accounts: Remembered<Accounts>,
    units: Remembered<Vec<OrganizationalUnit>>,
}

impl Organization {
    pub(super) fn new(connection: &Connection, clock: Arc<dyn Clock>) -> Self {
        Self {
            client: Client::new(connection.sdk()),
            accounts: Remembered::new(Arc::clone(&clock)),
            units: Remembered::new(clock),
        }
    }

    /// All accounts, listed at most every five minutes.
    pub(super) async fn accounts(&self) -> Result<Accounts, FactoryError> {
        self.accounts.get(BELIEVED, async || self.list_accounts().await).await
    }

    /// The id of the working account that has this root e-mail.
    pub(super) async fn account_with(&self, email: &str) -> Result<Option<String>, FactoryError> {
        let accounts = self.accounts.get(BELIEVED_FOR_NEWS, async || self.list_accounts().await).await?;
        Ok(accounts.active_with(email).map(ToOwned::to_owned))
    }

    /// An account is in the making: the list is no longer complete.
    pub(super) fn forget(&self) {
        self.accounts.forget();
    }

    /// Every organizational unit, parents before children; believed for a few minutes.
    pub(super) async fn units(&self) -> Result<Vec<OrganizationalUnit>, FactoryError> {
        self.units.get(BELIEVED, async || self.list_units().await).await
    }

    /// Units as the product lists them, `Name (ou-id)`; those listed by name alone get their id from the tree.
    pub(super) async fn with_ids(&self, offered: Vec<String>) -> Result<Vec<OrganizationalUnit>, FactoryError> {
        let parsed: Vec<_> = offered.iter().map(|text| text.parse::<OrganizationalUnit>()).collect();
        if parsed.iter().all(Result::is_ok) {
            return Ok(parsed.into_iter().flatten().collect());
        }
        let tree = self.units().await?;
        let found = |(text, parsed): (&String, Result<OrganizationalUnit, _>)| {
            parsed.ok().or_else(|| tree.iter().find(|unit| unit.name == *text).cloned())
        };
        Ok(offered.iter().zip(parsed).filter_map(found).collect())
    }

    async fn list_accounts(&self) -> Result<Accounts, FactoryError> {
        let mut pages = self.client.list_accounts().into_paginator().send();
        let mut accounts = Vec::new();
        while let Some(page) = pages.next().await {
            accounts.extend(page.map_err(refused)?.accounts.unwrap_or_default());
        }
        Ok(Accounts(Arc::new(accounts)))
    }

    async fn list_units(&self) -> Result<Vec<OrganizationalUnit>, FactoryError> {
        let mut parents = self.list_roots().await?;
        let mut found = Vec::new();
        while let Some(parent) = parents.pop_front() {
            let units = self.client.list_organizational_units_for_parent().parent_id(parent);
            let mut pages = units.into_paginator().send();
            while let Some(page) = pages.next().await {
                for unit in page.map_err(refused)?.organizational_units.unwrap_or_default() {
                    let (Some(name), Some(id)) = (unit.name, unit.id) else { continue };
                    parents.push_back(id.clone());
                    found.push(OrganizationalUnit { name, id });
                }
            }
            if found.len() > MOST_UNITS {
                return Err(FactoryError::Unknown("the organization lists more units than AWS allows".to_owned()));
            }
        }
        Ok(found)
    }

    async fn list_roots(&self) -> Result<VecDeque<String>, FactoryError> {
        let mut roots = VecDeque::new();
        let mut pages = self.client.list_roots().into_paginator().send();
        while let Some(page) = pages.next().await {
            roots.extend(page.map_err(refused)?.roots.unwrap_or_default().into_iter().filter_map(|root| root.id));
        }
        Ok(roots)
    }
}

fn refused(error: impl Into<Trouble>) -> FactoryError {
    error.into().of_a_change()
}
