//! The pretend Account Factory behind its port.

use async_trait::async_trait;

use super::organization::{self, VETERANS};
use super::{Simulator, SimulatorError, operations, wordings};
use crate::domain::spec::OrganizationalUnit;
use crate::ports::factory::{AccountFactory, AccountOrder, FactoryError, ProductState, Taken};

#[async_trait]
impl AccountFactory for Simulator {
    async fn organizational_units(&self) -> Result<Vec<OrganizationalUnit>, FactoryError> {
        Ok(organization::units())
    }

    async fn taken(&self, root_email: &str, account_name: &str) -> Result<Taken, FactoryError> {
        let (email, name) = (root_email.trim().to_owned(), account_name.trim().to_owned());
        let quota = self.settings.account_quota;
        let work = self.world.run(move |tx, now| {
            let sql = "SELECT EXISTS (SELECT 1 FROM operation WHERE email = ?1 COLLATE NOCASE AND creates_ms <= ?3),
                              EXISTS (SELECT 1 FROM operation WHERE account_name = ?2 AND creates_ms <= ?3)";
            let (is_email, is_name): (bool, bool) =
                tx.query_row(sql, rusqlite::params![email, name, now], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(Taken {
                email: is_email || VETERANS.iter().any(|veteran| veteran.email.eq_ignore_ascii_case(&email)),
                name: is_name || VETERANS.iter().any(|veteran| veteran.name == name),
                headroom: Some(quota.saturating_sub(operations::accounts(tx, now)?)),
            })
        });
        work.await.map_err(unknown)
    }

    async fn provision(&self, order: &AccountOrder) -> Result<String, FactoryError> {
        let (order, settings) = (order.clone(), self.settings.clone());
        self.world.run(move |tx, now| operations::accept(tx, now, &settings, &order)).await.map_err(unknown)?
    }

    async fn look_up(&self, order: &AccountOrder) -> Result<ProductState, FactoryError> {
        let name = order.product_name.clone();
        let found = self.world.run(move |tx, now| Ok((operations::find(tx, &name)?, now)));
        match found.await.map_err(unknown)? {
            (None, _) => Ok(ProductState::Absent),
            (Some(operation), now) if now < operation.started_ms.saturating_add(operation.plan.hidden_ms) => {
                Err(FactoryError::Unknown("the list of products is not up to date yet".into()))
            }
            (Some(operation), now) => Ok(operation.state(now)),
        }
    }

    async fn terminate(&self, order: &AccountOrder) -> Result<(), FactoryError> {
        let name = order.product_name.clone();
        let work = self.world.run(move |tx, now| {
            let Some(operation) = operations::find(tx, &name)? else { return Ok(Ok(())) };
            let hangs = operation.plan.hangs(now.saturating_sub(operation.started_ms));
            let refusal = match operation.state(now) {
                ProductState::Available { .. } | ProductState::AccountIdUnknown => wordings::NOT_TO_BE_TERMINATED,
                ProductState::UnderWay { .. } if !hangs => wordings::UNDER_CHANGE,
                _ => return operations::terminate(tx, now, &operation.record_id).map(Ok),
            };
            Ok(Err(FactoryError::Refused(wordings::failure(refusal, &operation.record_id))))
        });
        work.await.map_err(unknown)?
    }
}

/// A world whose file fails has told nobody whether it took the call.
#[expect(clippy::needless_pass_by_value, reason = "used as a function for map_err")]
fn unknown(error: SimulatorError) -> FactoryError {
    FactoryError::Unknown(error.to_string())
}
