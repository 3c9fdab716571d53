//! Everything checked before a human is asked, with the same rules and words in
//! every channel.

use std::collections::BTreeSet;
use std::sync::Mutex;

use jiff::Timestamp;

use crate::domain::check::{self, Facts, NamesToLookUp};
use crate::domain::locks;
use crate::domain::person::Requester;
use crate::domain::preflight::Checklist;
use crate::domain::request::Request;
use crate::domain::spec::{AccountSpec, Draft, OrganizationalUnit};
use crate::ports::factory::FactoryError;
use crate::ports::store::Filter;

use super::ranges::Ranges;
use super::{Service, ServiceError};

/// The organizational units last seen, and when.
#[derive(Default)]
pub(crate) struct OuCache(Mutex<Option<(Timestamp, Vec<OrganizationalUnit>)>>);

/// What was looked up for a draft, but for ranges: they are looked up last, just before they are taken.
pub(super) struct Seen {
    pub(super) organizational_units: Vec<OrganizationalUnit>,
    pub(super) taken: TakenNames,
    pub(super) own: OwnRequests,
}

/// The requester's open requests, and the note on their turn when they were counted.
pub(super) struct OwnRequests {
    pub(super) open: usize,
    pub(super) turn: Option<String>,
}

/// Names found to be taken, here or in the organization.
#[derive(Default)]
pub(super) struct TakenNames {
    pub(super) emails: BTreeSet<String>,
    pub(super) names: BTreeSet<String>,
    pub(super) headroom: Option<u32>,
}

impl Service {
    /// Checks a draft completely; the spec is there exactly when the checklist is
    /// clear. Holds nothing: a range it shows may be somebody else's a moment later.
    ///
    /// # Errors
    /// [`ServiceError::Unavailable`] when a fact cannot be looked up now.
    pub async fn preflight(
        &self,
        draft: &Draft,
        requester: &Requester,
    ) -> Result<(Checklist, Option<AccountSpec>), ServiceError> {
        let seen = self.look_up(draft, requester).await?;
        let ranges = self.ranges_for(draft).await?;
        Ok(self.judge(draft, requester, &seen, &ranges))
    }

    pub(super) async fn look_up(&self, draft: &Draft, requester: &Requester) -> Result<Seen, ServiceError> {
        Ok(Seen {
            organizational_units: self.organizational_units().await?,
            taken: self.taken(&check::names_to_look_up(draft)).await?,
            own: self.own_requests(requester).await?,
        })
    }

    pub(super) fn judge(
        &self,
        draft: &Draft,
        requester: &Requester,
        seen: &Seen,
        ranges: &Ranges,
    ) -> (Checklist, Option<AccountSpec>) {
        let facts = Facts {
            organizational_units: &seen.organizational_units,
            blueprints: &self.catalogue,
            policy: &self.policy,
            taken_emails: &seen.taken.emails,
            taken_names: &seen.taken.names,
            open_requests: seen.own.open,
            headroom: seen.taken.headroom,
            blueprint_values: &ranges.values,
            held_ranges: &ranges.held,
        };
        check::check(draft, requester, &facts)
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

    pub(super) async fn taken(&self, wanted: &NamesToLookUp) -> Result<TakenNames, ServiceError> {
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

    pub(super) async fn is_locked(&self, name: &str) -> Result<bool, ServiceError> {
        Ok(self.store.locks(name).await?.iter().any(|(held, _)| held == name))
    }

    /// Reads the turn first: who comes in between takes it over, and the write is refused.
    pub(super) async fn own_requests(&self, requester: &Requester) -> Result<OwnRequests, ServiceError> {
        let turn = self.note_of(&locks::requests_turn(&requester.email)).await?;
        let filter = Filter { state: None, requester: Some(requester.email.trim().to_ascii_lowercase()) };
        let page = self.store.list(&filter, None, 100).await?;
        // A set counts as one, whatever its members are at.
        let counts = |request: &&Request| request.state.is_open() && request.membership().is_none();
        Ok(OwnRequests { open: page.requests.iter().filter(counts).count(), turn })
    }

    /// The note of a lock that is passed on; `None` while nobody has held it.
    pub(super) async fn note_of(&self, lock: &str) -> Result<Option<String>, ServiceError> {
        let found = self.store.locks(lock).await?;
        Ok(found.into_iter().find(|(name, _)| name == lock).map(|(_, holder)| holder.note))
    }
}

fn factory_down(error: &FactoryError) -> ServiceError {
    ServiceError::Unavailable(format!("account factory: {error}"))
}
