//! The files a finished set hands over: made anew from what is stored whenever somebody
//! asks, and the same each time.

use crate::domain::request::{Request, State};
use crate::domain::set::ExecutionPolicy;
use crate::domain::set::vending::Members;
use crate::domain::set_artefacts::{Artefact, FinishedSet, FinishedStage, PipelineAccount, PolicyChoice, artefacts};

use super::{Service, ServiceError};

/// The blueprint output that lists an account's availability zones, separated by commas.
const ZONES: &str = "AvailabilityZones";

impl Service {
    /// Every file of a finished set.
    ///
    /// # Errors
    /// [`ServiceError::NoArtefact`] for a request that is no set, [`ServiceError::NotReady`] before it is ready.
    pub async fn artefacts(&self, request: &Request) -> Result<Vec<Artefact>, ServiceError> {
        if request.set().is_none() {
            let words = "Only an account set has files to download, and this is a request for one account.";
            return Err(ServiceError::NoArtefact(words.to_owned()));
        }
        let not_yet = || {
            let state = request.state.word();
            ServiceError::NotReady(format!("The set is {state}; its files are there once it is ready."))
        };
        if request.state != State::Ready {
            return Err(not_yet());
        }
        let members = self.members(request).await?;
        Ok(artefacts(&finished(request, &members).ok_or_else(not_yet)?))
    }

    /// One file of a finished set.
    ///
    /// # Errors
    /// As [`Self::artefacts`]; [`ServiceError::NoArtefact`] also for an unknown name.
    pub async fn artefact(&self, request: &Request, name: &str) -> Result<Artefact, ServiceError> {
        let all = self.artefacts(request).await?;
        let names: Vec<_> = all.iter().map(|artefact| artefact.name.clone()).collect();
        let found = all.into_iter().find(|artefact| artefact.name == name);
        found.ok_or_else(|| {
            ServiceError::NoArtefact(format!("There is no such file. The files are: {}.", names.join(", ")))
        })
    }
}

fn finished(request: &Request, members: &Members) -> Option<FinishedSet> {
    let set = request.set()?;
    let stages: Option<Vec<_>> = set
        .stages
        .iter()
        .map(|(stage, spec)| {
            let zones = members.get(stage)?.as_ref().and_then(|member| member.outputs.get(ZONES));
            let zones = zones.map(|zones| zones.split(',').map(|zone| zone.trim().to_owned()).collect());
            Some(FinishedStage {
                stage: *stage,
                account_id: request.members.get(stage)?.account_id.clone()?,
                region: spec.region().to_owned(),
                policy: choice(&spec.execution_policy),
                profile: None,
                availability_zones: zones.unwrap_or_default(),
                vpc_cidr: spec.vpc_cidr.parse().ok(),
            })
        })
        .collect();
    Some(FinishedSet {
        set_name: set.name.clone(),
        pipeline: PipelineAccount {
            account: set.pipeline.account.clone(),
            region: set.pipeline.region.clone(),
            policy: choice(&set.pipeline.execution_policy),
        },
        default_region: set.default_region.clone(),
        stages: stages?,
    })
}

fn choice(policy: &ExecutionPolicy) -> PolicyChoice {
    match policy {
        ExecutionPolicy::AdministratorAccess => PolicyChoice::AdministratorAccess,
        ExecutionPolicy::LeastPrivilege => PolicyChoice::LeastPrivilege,
        ExecutionPolicy::Arn(arn) => PolicyChoice::Arn(arn.clone()),
    }
}
