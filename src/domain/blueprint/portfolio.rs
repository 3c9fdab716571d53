//! The catalogue as a Service Catalog portfolio, so that Control Tower's own account
//! customization can use it: `deploy/portfolio.yaml` is made from this. One product
//! per id, its versions as provisioning artifacts. It must not know where the
//! templates are staged: bucket and prefix are the stack's parameters.

use std::fmt::Write as _;

use super::{Blueprint, Catalogue};

/// The parts of the template that no blueprint changes.
const HEAD: &str = include_str!("portfolio_head.yaml");

/// The whole template.
#[must_use]
pub fn template(catalogue: &Catalogue) -> String {
    let mut text = HEAD.to_owned();
    for blueprint in catalogue.all() {
        let older: Vec<&Blueprint> = catalogue.older_versions(&blueprint.id).collect();
        product(&mut text, blueprint, &older);
    }
    text
}

/// The key of a version's template behind `TemplatePrefix`, as it lies in `manifests/blueprints`.
#[must_use]
pub fn template_key(blueprint: &Blueprint, is_current: bool) -> String {
    let Blueprint { id, version, .. } = blueprint;
    if is_current { format!("{id}/template.yaml") } else { format!("{id}/versions/{version}/template.yaml") }
}

/// A product, its place in the portfolio, and the role it is launched with.
fn product(text: &mut String, blueprint: &Blueprint, older: &[&Blueprint]) {
    let name = logical_id(&blueprint.id);
    let mut artifacts = artifact(blueprint, true);
    for old in older {
        artifacts.push_str(&artifact(old, false));
    }
    let _ = write!(
        text,
        "
  {name}:
    Type: AWS::ServiceCatalog::CloudFormationProduct
    Properties:
      Name: {id}
      Description: {description}
      Owner: {owner}
      Distributor: vend
      ProvisioningArtifactParameters:
{artifacts}      Tags: [{{Key: \"vend:blueprint\", Value: {id}}}, {{Key: owner, Value: {owner}}}]

  {name}InPortfolio:
    Type: AWS::ServiceCatalog::PortfolioProductAssociation
    Properties: {{PortfolioId: !Ref Portfolio, ProductId: !Ref {name}}}

  {name}Launch:
    Type: AWS::ServiceCatalog::LaunchRoleConstraint
    DependsOn: [{name}InPortfolio, LaunchRole]
    Properties: {{PortfolioId: !Ref Portfolio, ProductId: !Ref {name}, LocalRoleName: !Ref LaunchRoleName}}
",
        id = blueprint.id,
        description = quoted(&format!("{}: {}", blueprint.title, blueprint.description)),
        owner = quoted(&blueprint.owner),
    );
}

fn artifact(blueprint: &Blueprint, is_current: bool) -> String {
    format!(
        "        - Name: {version}
          Description: {title}
          Info: {{LoadTemplateFromURL: !Sub \"https://${{TemplateBucket}}.s3.${{AWS::Region}}.${{AWS::URLSuffix}}/${{TemplatePrefix}}{key}\"}}
",
        version = quoted(&blueprint.version),
        title = quoted(&blueprint.title),
        key = template_key(blueprint, is_current),
    )
}

/// `ml-workload-prod` is `MlWorkloadProd`.
fn logical_id(id: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
    };
    id.split('-').map(capital).collect()
}

/// A text in double quotes, as both YAML and JSON read it.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
