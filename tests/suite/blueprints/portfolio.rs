//! `deploy/portfolio.yaml`: the catalogue for Control Tower's own customization.

use serde_json::Value;
use vend::domain::blueprint::parse::Files;
use vend::domain::blueprint::template::Template;
use vend::domain::blueprint::{Catalogue, portfolio};

fn shipped() -> Template {
    Template::parse(include_str!("../../../deploy/portfolio.yaml")).unwrap()
}

fn products(template: &Template) -> Vec<(&str, &Value)> {
    let products = template.of_type("AWS::ServiceCatalog::CloudFormationProduct");
    products.map(|(id, body)| (id, &body["Properties"])).collect()
}

#[test]
fn the_shipped_portfolio_is_the_shipped_catalogue() {
    let made = portfolio::template(&Catalogue::shipped());
    assert_eq!(
        made,
        include_str!("../../../deploy/portfolio.yaml"),
        "`vend blueprints portfolio > deploy/portfolio.yaml`"
    );
}

#[test]
fn every_blueprint_is_one_product_in_the_portfolio_with_a_launch_role() {
    let (template, catalogue) = (shipped(), Catalogue::shipped());
    let products = products(&template);
    assert_eq!(products.len(), catalogue.all().len());
    for (blueprint, (id, product)) in catalogue.all().iter().zip(products) {
        assert_eq!(product["Name"], blueprint.id);
        let artifacts = product["ProvisioningArtifactParameters"].as_array().unwrap();
        assert_eq!(artifacts[0]["Name"], blueprint.version);
        let url = artifacts[0]["Info"]["LoadTemplateFromURL"]["Fn::Sub"].as_str().unwrap();
        let (_, key) = url.split_once("${TemplatePrefix}").unwrap();
        assert!(
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("manifests/blueprints").join(key).is_file(),
            "{key}"
        );
        for kind in ["AWS::ServiceCatalog::PortfolioProductAssociation", "AWS::ServiceCatalog::LaunchRoleConstraint"] {
            let count = template.of_type(kind).filter(|(_, body)| body["Properties"]["ProductId"]["Ref"] == id).count();
            assert_eq!(count, 1, "{kind} of {id}");
        }
    }
}

#[test]
fn an_older_version_is_one_more_artifact_of_the_same_product() {
    let template = include_str!("../../../manifests/blueprints/mlops-stage/template.yaml");
    let metadata = include_str!("../../../manifests/blueprints/mlops-stage/blueprint.yaml");
    let metadata = |version: &str| metadata.replace("version: 1.0.0", &format!("version: {version}"));
    let (current, old) = (metadata("1.1.0"), metadata("1.0.0"));
    let files = |metadata| Files { folder: "mlops-stage", place: "here", metadata, template };
    let catalogue = Catalogue::read(&[files(&current)], &[Files { folder: "", ..files(&old) }]).unwrap();
    let made = Template::parse(&portfolio::template(&catalogue)).unwrap();
    let products = products(&made);
    let [(_, product)] = products[..] else { panic!("one product") };
    let artifacts = product["ProvisioningArtifactParameters"].as_array().unwrap();
    let told: Vec<_> = artifacts.iter().map(|a| (a["Name"].as_str().unwrap(), a["Info"].to_string())).collect();
    assert_eq!((told[0].0, told[1].0), ("1.1.0", "1.0.0"));
    assert!(told[1].1.contains("mlops-stage/versions/1.0.0/template.yaml"), "{told:?}");
}

#[test]
fn control_tower_finds_its_role_under_exactly_its_name() {
    let template = shipped();
    let (_, role) = template.of_type("AWS::IAM::Role").find(|(id, _)| *id == "BlueprintAccessRole").unwrap();
    assert_eq!(role["Properties"]["RoleName"], "AWSControlTowerBlueprintAccess");
    let trusted = &role["Properties"]["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["AWS"];
    assert!(trusted[0]["Fn::Sub"].as_str().unwrap().ends_with(":role/service-role/AWSControlTowerAdmin"), "{trusted}");
    let policies = role["Properties"]["ManagedPolicyArns"].to_string();
    for policy in ["AWSServiceCatalogAdminFullAccess", "AmazonS3ReadOnlyAccess"] {
        assert!(policies.contains(&format!(":policy/{policy}")), "{policies}");
    }
}
