//! Make a request for an account set: three accounts under one approval.

use crate::domain::check::{Facts, names_to_look_up};
use crate::domain::locks;
use crate::domain::person::{Actor, Requester};
use crate::domain::preflight::Checklist;
use crate::domain::request::Request;
use crate::domain::set::StageName;
use crate::domain::set::check::{self, SetFacts};
use crate::domain::set::draft::SetDraft;
use crate::domain::set::vending::Members;
use crate::domain::spec::AccountSpec;
use crate::ports::store::StoreError;

use super::preflight::{Seen, TakenNames};
use super::ranges::SetRanges;
use super::submit::TRIES;
use super::{Once, Service, ServiceError, Submitted};

/// What was looked up for a set, but for ranges.
struct SetSeen {
    accounts: Seen,
    name_taken: bool,
}

impl Service {
    /// Checks a set completely; the spec is there exactly when the checklist is clear. Holds nothing.
    ///
    /// # Errors
    /// [`ServiceError::Unavailable`] when a fact cannot be looked up now.
    pub async fn preflight_set(
        &self,
        draft: &SetDraft,
        requester: &Requester,
    ) -> Result<(Checklist, Option<AccountSpec>), ServiceError> {
        let seen = self.look_up_set(draft, requester).await?;
        let ranges = self.set_ranges_for(draft).await?;
        Ok(self.judge_set(draft, requester, &seen, &ranges))
    }

    /// Checks a set and makes a request of it; answers only once it is stored (P1).
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] with every wrong field.
    pub async fn submit_set(
        &self,
        draft: &SetDraft,
        requester: &Requester,
        actor: &Actor,
        once: Option<Once>,
    ) -> Result<Submitted, ServiceError> {
        for _ in 0..TRIES {
            if let Some(made) = self.replay(once.as_ref()).await? {
                return Ok(made);
            }
            let seen = self.look_up_set(draft, requester).await?;
            let _gate = self.pass_range_gate_with_a_set().await;
            let ranges = self.set_ranges_for(draft).await?;
            let (checklist, spec) = self.judge_set(draft, requester, &seen, &ranges);
            let Some(spec) = spec else {
                // A call with the same key may have taken the names since we looked.
                return self.replay(once.as_ref()).await?.ok_or(ServiceError::Invalid(checklist));
            };
            let mut change = self.submission(requester, (spec, checklist), actor, once.as_ref())?;
            self.take_ranges(&mut change, ranges.turn);
            change.take_over(&locks::requests_turn(&requester.email), seen.accounts.own.turn);
            match self.write(change).await {
                Ok(written) => return Ok(Submitted { view: self.view(written.request).await?, replayed: false }),
                // Somebody took a name, a range or the key in between: look again.
                Err(StoreError::Held { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(ServiceError::Unavailable("names kept being taken".to_owned()))
    }

    /// The members of a set as they are stored now.
    pub(crate) async fn members(&self, set: &Request) -> Result<Members, StoreError> {
        let mut members = Members::new();
        for stage in StageName::ALL {
            let member = match self.store.load(set.id.member(stage)).await {
                Ok(member) => Some(member),
                Err(StoreError::NotFound) => None,
                Err(error) => return Err(error),
            };
            members.insert(stage, member);
        }
        Ok(members)
    }

    async fn look_up_set(&self, draft: &SetDraft, requester: &Requester) -> Result<SetSeen, ServiceError> {
        let mut taken = TakenNames::default();
        for stage in StageName::ALL {
            let account = draft.account(stage, &self.catalogue);
            let of_stage = self.taken(&names_to_look_up(&account)).await?;
            taken.emails.extend(of_stage.emails);
            taken.names.extend(of_stage.names);
            taken.headroom = of_stage.headroom.or(taken.headroom);
        }
        let name = draft.name.as_deref().unwrap_or_default().trim();
        Ok(SetSeen {
            accounts: Seen {
                organizational_units: self.organizational_units().await?,
                taken,
                own: self.own_requests(requester).await?,
            },
            name_taken: !name.is_empty() && self.is_locked(&locks::set_name(name)).await?,
        })
    }

    fn judge_set(
        &self,
        draft: &SetDraft,
        requester: &Requester,
        seen: &SetSeen,
        ranges: &SetRanges,
    ) -> (Checklist, Option<AccountSpec>) {
        let accounts = Facts {
            organizational_units: &seen.accounts.organizational_units,
            blueprints: &self.catalogue,
            policy: &self.policy,
            taken_emails: &seen.accounts.taken.emails,
            taken_names: &seen.accounts.taken.names,
            open_requests: seen.accounts.own.open,
            headroom: seen.accounts.taken.headroom,
            blueprint_values: &self.settings.blueprint_values,
            held_ranges: &[],
        };
        let facts = SetFacts { accounts, name_taken: seen.name_taken, ranges: &ranges.stages };
        check::check(draft, requester, &facts)
    }
}
