//! What can be asked for: blueprints and organizational units.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::Name;
use crate::config::Scope;
use crate::domain::blueprint::{Blueprint, Kind, Parameter};
use crate::domain::spec::AccountType;
use crate::http::auth::Caller;
use crate::http::problem::Problem;
use crate::http::state::AppState;

/// Every blueprint that can be chosen.
#[derive(Debug, Serialize, ToSchema)]
pub struct BlueprintList {
    /// By id.
    blueprints: Vec<BlueprintView>,
}

/// One blueprint at its current version.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Blueprint)]
pub struct BlueprintView {
    /// What to give as `blueprint`.
    #[schema(example = "ml-workload-nonprod")]
    id: String,
    /// Semantic version.
    version: String,
    /// Shown in choices.
    title: String,
    /// One sentence on what it is.
    description: String,
    /// The team that answers for it.
    owner: String,
    /// The account types it may be chosen for.
    accepts_account_types: Vec<AccountType>,
    /// US dollars a month with the default parameters.
    monthly_cost_usd: u32,
    /// What makes up the cost.
    monthly_cost_notes: String,
    /// What it creates with the default parameters, in words.
    creates: String,
    /// In the order they are asked and shown.
    parameters: Vec<ParameterView>,
}

/// One parameter of a blueprint.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BlueprintParameter)]
pub struct ParameterView {
    /// What to give in `blueprint_parameters`.
    name: String,
    /// `cidr`, `int`, `string`, `bool` or `list` (values separated by commas).
    #[schema(value_type = String, example = "cidr")]
    kind: Kind,
    /// What it is for.
    description: String,
    /// Used when nothing else gives a value.
    default: Option<String>,
    /// Whether people are asked for it.
    asked: bool,
    /// The only values there are; empty for no such rule.
    allowed: Vec<String>,
    /// What a value (of a list: each) looks like, as a regular expression.
    pattern: Option<String>,
    /// Lower bound of the number, length, count or prefix length.
    min: Option<i64>,
    /// Upper bound.
    max: Option<i64>,
}

/// Where accounts can be put.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrganizationalUnitList {
    /// In the order the product offers them.
    organizational_units: Vec<OrganizationalUnitView>,
}

/// One organizational unit.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrganizationalUnit)]
pub struct OrganizationalUnitView {
    /// The plain name; may be given where no other unit has it.
    #[schema(example = "Sandbox")]
    name: String,
    /// Its id.
    #[schema(example = "ou-ab12-3c4d5e6f")]
    id: String,
    /// The full form, never ambiguous.
    #[schema(example = "Sandbox (ou-ab12-3c4d5e6f)")]
    full_name: String,
}

impl From<&Blueprint> for BlueprintView {
    fn from(blueprint: &Blueprint) -> Self {
        Self {
            id: blueprint.id.clone(),
            version: blueprint.version.clone(),
            title: blueprint.title.clone(),
            description: blueprint.description.clone(),
            owner: blueprint.owner.clone(),
            accepts_account_types: blueprint.accepts_account_types.clone(),
            monthly_cost_usd: blueprint.monthly_cost_usd.base,
            monthly_cost_notes: blueprint.monthly_cost_usd.notes.clone(),
            creates: blueprint.in_words(&[].into()),
            parameters: blueprint.parameters.iter().map(ParameterView::from).collect(),
        }
    }
}

impl From<&Parameter> for ParameterView {
    fn from(parameter: &Parameter) -> Self {
        Self {
            name: parameter.name.clone(),
            kind: parameter.kind,
            description: parameter.description.clone(),
            default: parameter.default.clone(),
            asked: parameter.ask,
            allowed: parameter.allowed.clone(),
            pattern: parameter.pattern.as_ref().map(|pattern| pattern.0.as_str().to_owned()),
            min: parameter.min,
            max: parameter.max,
        }
    }
}

/// What callers who may ask or look may know.
fn may_look(caller: &Caller) -> Result<(), Problem> {
    caller.must_one_of(&[Scope::Read, Scope::Request])
}

/// Every blueprint.
#[utoipa::path(
    get, path = "/api/v1/blueprints", tag = "catalogue", summary = "List the blueprints",
    responses(
        (status = 200, description = "Every blueprint that can be chosen", body = BlueprintList),
        (status = "4XX", description = "What is wrong and what to do", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn blueprints(State(state): State<AppState>, caller: Caller) -> Result<Json<BlueprintList>, Problem> {
    may_look(&caller)?;
    let blueprints = state.service.catalogue.all().iter().map(BlueprintView::from).collect();
    Ok(Json(BlueprintList { blueprints }))
}

/// One blueprint.
#[utoipa::path(
    get, path = "/api/v1/blueprints/{id}", tag = "catalogue", summary = "Read one blueprint",
    params(("id" = String, Path, description = "The blueprint's id")),
    responses(
        (status = 200, description = "The blueprint", body = BlueprintView),
        (status = "4XX", description = "What is wrong and what to do", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn blueprint(
    State(state): State<AppState>,
    caller: Caller,
    Name(id): Name,
) -> Result<Json<BlueprintView>, Problem> {
    may_look(&caller)?;
    let found = state.service.catalogue.get(&id);
    found.map(|blueprint| Json(blueprint.into())).ok_or_else(|| {
        let detail = "There is no blueprint of that id. See /api/v1/blueprints for those there are.";
        Problem::new(StatusCode::NOT_FOUND, "not-found", "No such blueprint", detail)
    })
}

/// Where accounts can be put.
#[utoipa::path(
    get, path = "/api/v1/organizational-units", tag = "catalogue", summary = "List the organizational units",
    responses(
        (status = 200, description = "Every unit the live product offers", body = OrganizationalUnitList),
        (status = "4XX", description = "What is wrong and what to do", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "They cannot be looked up now", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn organizational_units(
    State(state): State<AppState>,
    caller: Caller,
) -> Result<Json<OrganizationalUnitList>, Problem> {
    may_look(&caller)?;
    let units = state.service.organizational_units().await?;
    let view = |unit: crate::domain::spec::OrganizationalUnit| OrganizationalUnitView {
        full_name: unit.to_string(),
        name: unit.name,
        id: unit.id,
    };
    Ok(Json(OrganizationalUnitList { organizational_units: units.into_iter().map(view).collect() }))
}
