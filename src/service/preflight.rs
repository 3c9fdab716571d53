//! Everything checked before a human is asked, with the same rules and words in
//! every channel.

use std::collections::BTreeSet;
use std::sync::Mutex;

use jiff::Timestamp;

use crate::domain::check::{self, Facts, NamesToLookUp};
use crate::domain::locks;
use crate::domain::person::Requester;
use crate::domain::preflight::Checklist;
use crate::domain::spec::{AccountSpec, Draft, OrganizationalUnit};
use crate::ports::factory::FactoryError;
use crate::ports::store::Filter;

use super::{Service, ServiceError};

/// The organizational units last seen, and when.
#[derive(Default)]
pub(crate) struct OuCache(Mutex<Option<(Timestamp, Vec<OrganizationalUnit>)>>);

/// Names found to be taken, here or in the organization.
#[derive(Default)]
struct TakenNames {
    emails: BTreeSet<String>,
    names: BTreeSet<String>,
    headroom: Option<u32>,
}

impl Service {
    /// Checks a draft completely; the spec is there exactly when the checklist is clear.
    ///
    /// # Errors
    /// [`ServiceError::Unavailable`] when a fact cannot be looked up now.
    pub async fn preflight(
        &self,
        draft: &Draft,
        requester: &Requester,
    ) -> Result<(Checklist, Option<AccountSpec>), ServiceError> {
        let organizational_units = self.organizational_units().await?;
        let taken = self.taken(&check::names_to_look_up(draft)).await?;
        let open_requests = self.open_requests(requester).await?;
        let facts = Facts {
            organizational_units: &organizational_units,
            blueprints: &self.catalogue,
            policy: &self.policy,
            taken_emails: &taken.emails,
            taken_names: &taken.names,
            open_requests,
            headroom: taken.headroom,
            blueprint_values: &self.settings.blueprint_values,
        };
        Ok(check::check(draft, requester, &facts))
    }

    /// The organizational units the live product offers; believed for a while.
    ///
    /// # Errors
    /// [`ServiceError::Unavailable`] when they cannot be looked up and none are known.
    pub async fn organizational_units(&self) -> Result<Vec<OrganizationalUnit>, ServiceError> {
        let now = self.clock.now();
        let known = self.ous.0.lock().map(|cache| cache.clone()).unwrap_or_default();
        if let Some((seen, units)) = &known
            && now.duration_since(*seen) < self.settings.ou_ttl.try_into().unwrap_or_default()
        {
            return Ok(units.clone());
        }
        match (self.factory.organizational_units().await, known) {
            (Ok(units), _) => {
                if let Ok(mut cache) = self.ous.0.lock() {
                    *cache = Some((now, units.clone()));
                }
                Ok(units)
            }
            // A list that is a little old beats none.
            (Err(_), Some((_, units))) => Ok(units),
            (Err(error), None) => Err(factory_down(&error)),
        }
    }

    async fn taken(&self, wanted: &NamesToLookUp) -> Result<TakenNames, ServiceError> {
        let mut taken = TakenNames::default();
        if let Some(email) = &wanted.root_email
            && self.is_locked(&locks::email(email)).await?
        {
            taken.emails.insert(email.to_ascii_lowercase());
        }
        for name in &wanted.account_names {
            let email = wanted.root_email.as_deref().unwrap_or_default();
            let outside = self.factory.taken(email, name).await.map_err(|error| factory_down(&error))?;
            taken.headroom = outside.headroom;
            if outside.email {
                taken.emails.insert(email.to_ascii_lowercase());
            }
            if !outside.name && !self.is_locked(&locks::account_name(name)).await? {
                break;
            }
            taken.names.insert(name.to_ascii_lowercase());
        }
        Ok(taken)
    }

    async fn is_locked(&self, name: &str) -> Result<bool, ServiceError> {
        Ok(self.store.locks(name).await?.iter().any(|(held, _)| held == name))
    }

    async fn open_requests(&self, requester: &Requester) -> Result<usize, ServiceError> {
        let filter = Filter { state: None, requester: Some(requester.email.trim().to_ascii_lowercase()) };
        let page = self.store.list(&filter, None, 100).await?;
        Ok(page.requests.iter().filter(|request| request.state.is_open()).count())
    }
}

fn factory_down(error: &FactoryError) -> ServiceError {
    ServiceError::Unavailable(format!("account factory: {error}"))
}
