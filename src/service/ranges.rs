//! The ranges of a request's network: the next free ones are found here and taken
//! with the submission, so that no two accounts ever share an address.

use std::collections::BTreeMap;

use ipnet::Ipv4Net;
use tokio::sync::MutexGuard;

use crate::domain::blueprint::{Blueprint, Parameter, network};
use crate::domain::locks;
use crate::domain::set::StageName;
use crate::domain::set::check::StageRanges;
use crate::domain::set::draft::SetDraft;
use crate::domain::spec::{AccountSpec, Draft};
use crate::ports::store::{MOST_LOCKS, Store, StoreError};

use super::{Change, Service, ServiceError};

/// What the store says about ranges, for one draft.
#[derive(Debug, Default)]
pub(super) struct Ranges {
    /// Configured parameter values, with the next free range for each parameter that takes one.
    pub(super) values: BTreeMap<String, String>,
    /// Held by others, around what the person gave.
    pub(super) held: Vec<Ipv4Net>,
    /// Who took ranges last, as it was before anything was looked up.
    pub(super) turn: Option<String>,
}

/// What the store says about ranges, for the accounts of a set.
#[derive(Debug, Default)]
pub(super) struct SetRanges {
    pub(super) stages: BTreeMap<StageName, StageRanges>,
    pub(super) turn: Option<String>,
}

/// Where the networks of the CDK application get their ranges from.
const CDK_POOL: &str = "ml";

impl Service {
    /// Looks up the ranges a draft would get now. Takes nothing.
    pub(super) async fn ranges_for(&self, draft: &Draft) -> Result<Ranges, ServiceError> {
        let mut ranges = Ranges { values: self.settings.blueprint_values.clone(), ..Ranges::default() };
        let Some(blueprint) = self.with_own_ranges(draft) else { return Ok(ranges) };
        // First the turn: whoever takes a range later than this is noticed by it.
        ranges.turn = self.note_of(locks::RANGES_TURN).await?;
        let mut held = Held::read(&*self.store).await?;
        let mut own = Vec::new();
        (ranges.values, ranges.held) = self.fill(blueprint, &draft.blueprint_parameters, &mut held, &mut own).await?;
        Ok(ranges)
    }

    /// Looks up the ranges the accounts of a set would get now: those of their blueprints,
    /// and one each for the network the CDK application makes. Takes nothing.
    pub(super) async fn set_ranges_for(&self, draft: &SetDraft) -> Result<SetRanges, ServiceError> {
        let mut ranges = SetRanges { turn: self.note_of(locks::RANGES_TURN).await?, ..SetRanges::default() };
        let mut held = Held::read(&*self.store).await?;
        let mut own = Vec::new();
        for stage in StageName::ALL {
            let account = draft.account(stage, &self.catalogue);
            let given = &account.blueprint_parameters;
            let mut of_stage = StageRanges { values: self.settings.blueprint_values.clone(), ..StageRanges::default() };
            if let Some(blueprint) = self.with_own_ranges(&account) {
                of_stage.held.clone_from(&own);
                let (values, near) = self.fill(blueprint, given, &mut held, &mut own).await?;
                of_stage.values = values;
                of_stage.held.extend(near);
            }
            let pool = self.settings.pools.ranges(CDK_POOL);
            if let Some(free) = held.next_free(pool, network::VPC_LARGEST, &own).await? {
                own.push(free);
                of_stage.vpc_cidr = Some(free.to_string());
            }
            ranges.stages.insert(stage, of_stage);
        }
        Ok(ranges)
    }

    /// Parameter values with the next free range for each that takes one, and what others
    /// hold around the ranges given. What this account takes is added to `own`.
    async fn fill(
        &self,
        blueprint: &Blueprint,
        given: &BTreeMap<String, String>,
        held: &mut Held<'_>,
        own: &mut Vec<Ipv4Net>,
    ) -> Result<(BTreeMap<String, String>, Vec<Ipv4Net>), ServiceError> {
        let (mut values, mut near) = (self.settings.blueprint_values.clone(), Vec::new());
        for range in blueprint.own_ranges(given) {
            near.extend(held.around(range.trunc()).await?);
            own.push(range);
        }
        for parameter in blueprint.to_allocate() {
            // What an administrator configures for it would be the same for every account.
            values.remove(&parameter.name);
            let (Some(pool), Some(prefix), None) = (&parameter.pool, parameter.prefix, parameter.given_in(given))
            else {
                continue;
            };
            if let Some(free) = held.next_free(self.settings.pools.ranges(pool), prefix, own).await? {
                own.push(free);
                values.insert(parameter.name.clone(), free.to_string());
            }
        }
        Ok((values, near))
    }

    /// Takes the ranges of the request that is being made, in the same write.
    pub(super) fn take_ranges(&self, change: &mut Change, turn: Option<String>) {
        let own = self.ranges_of(&change.request().submission.spec.clone());
        for range in &own {
            change.acquire(locks::range(*range), "");
        }
        if !own.is_empty() {
            change.take_over(locks::RANGES_TURN, turn);
        }
    }

    fn ranges_of(&self, spec: &AccountSpec) -> Vec<Ipv4Net> {
        let choice = spec.blueprint.as_ref();
        let known = choice.and_then(|choice| Some((choice, self.catalogue.get_version(&choice.id, &choice.version)?)));
        let mut own = known.map(|(choice, known)| known.own_ranges(&choice.parameters)).unwrap_or_default();
        for stage in spec.set.iter().flat_map(|set| set.stages.values()) {
            own.extend(stage.vpc_cidr.parse::<Ipv4Net>());
            own.extend(self.ranges_of(&stage.account));
        }
        own
    }

    /// Waits until nobody else in this process takes ranges; who needs none does not wait.
    pub(super) async fn pass_range_gate(&self, draft: &Draft) -> Option<MutexGuard<'_, ()>> {
        self.with_own_ranges(draft)?;
        Some(self.range_gate.lock().await)
    }

    /// [`Self::pass_range_gate`] for a set, which always takes ranges.
    pub(super) async fn pass_range_gate_with_a_set(&self) -> MutexGuard<'_, ()> {
        self.range_gate.lock().await
    }

    fn with_own_ranges(&self, draft: &Draft) -> Option<&Blueprint> {
        let blueprint = self.catalogue.get(&draft.blueprint.as_deref()?.trim().to_ascii_lowercase())?;
        blueprint.parameters.iter().any(Parameter::is_own_range).then_some(blueprint)
    }
}

/// A VPC's range is a /16 or lies in one: what may overlap begins with the same two numbers.
const BLOCK: u8 = network::VPC_LARGEST;

/// The held ranges: all of them where one answer of the store has room for
/// them, else block by block, and only the blocks that matter.
struct Held<'a> {
    store: &'a dyn Store,
    all: Option<Vec<Ipv4Net>>,
    blocks: BTreeMap<Ipv4Net, Vec<Ipv4Net>>,
}

impl<'a> Held<'a> {
    async fn read(store: &'a dyn Store) -> Result<Self, StoreError> {
        Ok(Self { store, all: named(store, locks::RANGES).await?, blocks: BTreeMap::new() })
    }

    /// What is held in the block or blocks a range touches.
    async fn around(&mut self, range: Ipv4Net) -> Result<Vec<Ipv4Net>, StoreError> {
        if let Some(all) = &self.all {
            return Ok(all.clone());
        }
        let mut near = Vec::new();
        for block in blocks(range) {
            if !self.blocks.contains_key(&block) {
                let held = self.read_block(block).await?;
                self.blocks.insert(block, held);
            }
            near.extend(self.blocks.get(&block).into_iter().flatten());
        }
        Ok(near)
    }

    async fn read_block(&self, block: Ipv4Net) -> Result<Vec<Ipv4Net>, StoreError> {
        let [a, b, ..] = block.network().octets();
        if let Some(held) = named(self.store, &format!("{}{a}.{b}.", locks::RANGES)).await? {
            return Ok(held);
        }
        let mut held = Vec::new();
        for c in 0..=u8::MAX {
            // At most 31 ranges begin with the same three numbers.
            held.extend(named(self.store, &format!("{}{a}.{b}.{c}.", locks::RANGES)).await?.into_iter().flatten());
        }
        Ok(held)
    }

    /// The first free range of a pool, beside everything held and the request's `own` ranges.
    async fn next_free(
        &mut self,
        pool: &[Ipv4Net],
        prefix: u8,
        own: &[Ipv4Net],
    ) -> Result<Option<Ipv4Net>, StoreError> {
        for range in pool {
            let parts = if self.all.is_some() { vec![*range] } else { parts(*range) };
            for part in parts {
                let mut taken = self.around(part).await?;
                taken.extend(own);
                if let Some(free) = network::next_free(part, prefix, &taken) {
                    return Ok(Some(free));
                }
            }
        }
        Ok(None)
    }
}

/// A range of a pool as blocks, or itself where it lies in one.
fn parts(range: Ipv4Net) -> Vec<Ipv4Net> {
    range.subnets(BLOCK).map_or_else(|_| vec![range], Iterator::collect)
}

/// The blocks a range touches.
fn blocks(range: Ipv4Net) -> Vec<Ipv4Net> {
    let around = |range: Ipv4Net| Ipv4Net::new(range.network(), BLOCK).map_or(range, |block| block.trunc());
    parts(range).into_iter().map(around).collect()
}

/// The held ranges whose lock's name begins so; `None` when there may be more than one answer holds.
async fn named(store: &dyn Store, prefix: &str) -> Result<Option<Vec<Ipv4Net>>, StoreError> {
    let found = store.locks(prefix).await?;
    let whole = found.len() < MOST_LOCKS;
    Ok(whole.then(|| found.iter().filter_map(|(name, _)| locks::held_range(name)).collect()))
}
