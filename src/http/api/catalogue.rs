//! What can be asked for: blueprints and organizational units.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::Name;
use super::document::Wrong;
use crate::config::Scope;
use crate::domain::blueprint::report::{self, BlueprintView};
use crate::http::auth::Caller;
use crate::http::problem::Problem;
use crate::http::state::AppState;

/// Every blueprint that can be chosen.
#[derive(Debug, Serialize, ToSchema)]
pub struct BlueprintList {
    /// By id.
    blueprints: Vec<BlueprintView>,
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

/// What callers who may ask or look may know.
fn may_look(caller: &Caller) -> Result<(), Problem> {
    caller.must_one_of(&[Scope::Read, Scope::Request])
}

/// Every blueprint.
#[utoipa::path(
    get, path = "/api/v1/blueprints", tag = "catalogue", summary = "List the blueprints",
    responses(
        (status = 200, description = "Every blueprint that can be chosen", body = BlueprintList),
        Wrong,
    )
)]
pub async fn blueprints(State(state): State<AppState>, caller: Caller) -> Result<Json<BlueprintList>, Problem> {
    may_look(&caller)?;
    Ok(Json(BlueprintList { blueprints: report::list(&state.service.catalogue) }))
}

/// One blueprint.
#[utoipa::path(
    get, path = "/api/v1/blueprints/{id}", tag = "catalogue", summary = "Read one blueprint",
    params(("id" = String, Path, description = "The blueprint's id")),
    responses(
        (status = 200, description = "The blueprint", body = BlueprintView),
        Wrong,
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
        Wrong,
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
