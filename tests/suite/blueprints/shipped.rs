//! What ships: seven blueprints, the same in the binary and in the folder.

use std::path::Path;

use vend::adapters::embedded::catalogue::load;
use vend::domain::blueprint::Catalogue;
use vend::domain::spec::AccountType;

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/manifests/blueprints"))
}

#[test]
fn the_binary_and_the_folder_hold_the_same_catalogue() {
    assert_eq!(load(folder()).unwrap(), Catalogue::shipped());
}

#[test]
fn each_account_type_is_offered_what_fits_it() {
    let catalogue = Catalogue::shipped();
    let ids = |t| catalogue.all().iter().filter(|b| b.accepts(t)).map(|b| b.id.as_str()).collect::<Vec<_>>();
    assert_eq!(
        ids(AccountType::Production),
        ["ml-shared-services-prod", "ml-workload-prod", "mlops-ecs", "mlops-eks", "mlops-stage"]
    );
    assert_eq!(
        ids(AccountType::Sandbox),
        ["ml-shared-services-nonprod", "ml-workload-nonprod", "mlops-ecs", "mlops-eks", "mlops-stage"]
    );
}

/// How many resources of a type these parameters create.
fn count(id: &str, parameters: &[(&str, &str)], kind: &str) -> usize {
    let parameters = parameters.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let catalogue = Catalogue::shipped();
    catalogue.get(id).unwrap().resources(&parameters).iter().filter(|r| r.kind == kind).count()
}

const ML: [&str; 4] =
    ["ml-workload-nonprod", "ml-workload-prod", "ml-shared-services-nonprod", "ml-shared-services-prod"];

#[test]
fn the_four_ml_blueprints_share_outputs_and_ssm_names() {
    let catalogue = Catalogue::shipped();
    for id in ML {
        let blueprint = catalogue.get(id).unwrap();
        let outputs: Vec<&String> = blueprint.template.section("Outputs").map(|(name, _)| name).collect();
        for name in ["VpcId", "PrivateSubnetIds", "SecurityGroupId"] {
            assert!(outputs.iter().any(|o| *o == name), "{id} has no output {name}");
        }
        for name in ["/vpc/id", "/vpc/subnets/private/ids", "/vpc/sg/id"] {
            assert!(blueprint.provides_ssm.iter().any(|n| n == name), "{id} does not write {name}");
        }
        let shared = id.contains("shared");
        for name in ["/mlops/role/ds", "/mlops/role/lead", "/mlops/role/execution", "/events/bus/arn"] {
            assert_eq!(blueprint.provides_ssm.iter().any(|n| n == name), shared, "{id}: {name}");
        }
        assert_eq!(count(id, &[], "AWS::Events::EventBus"), usize::from(shared), "{id}");
    }
}

#[test]
fn production_has_thirteen_interface_endpoints_and_a_transit_route_in_every_table() {
    let catalogue = Catalogue::shipped();
    for id in ["ml-workload-prod", "ml-shared-services-prod"] {
        let template = &catalogue.get(id).unwrap().template;
        let endpoints = |kind: &str| {
            template
                .of_type("AWS::EC2::VPCEndpoint")
                .filter(|(_, b)| b["Properties"]["VpcEndpointType"] == kind)
                .count()
        };
        assert_eq!((endpoints("Interface"), endpoints("Gateway")), (13, 1), "{id}");
        for (table, _) in template.of_type("AWS::EC2::RouteTable") {
            let mut routes = template.of_type("AWS::EC2::Route").map(|(_, body)| &body["Properties"]);
            let transit = |route: &serde_json::Value| {
                route["RouteTableId"]["Ref"] == table && route["TransitGatewayId"]["Ref"] == "TransitGatewayId"
            };
            assert!(routes.any(transit), "{id}: no route to the Transit Gateway in {table}");
        }
        for kind in ["AWS::EC2::InternetGateway", "AWS::EC2::NatGateway"] {
            assert_eq!(count(id, &[], kind), 0, "{id} has a way to the internet");
        }
    }
}

#[test]
fn studio_comes_on_demand_in_the_workload_and_always_in_shared_services() {
    for (id, parameters, wanted) in [
        ("ml-workload-nonprod", &[][..], 0),
        ("ml-workload-nonprod", &[("WithStudio", "true")][..], 1),
        ("ml-shared-services-nonprod", &[][..], 1),
        ("ml-shared-services-prod", &[][..], 1),
    ] {
        for kind in ["AWS::SageMaker::Domain", "AWS::ECR::Repository", "AWS::S3::Bucket", "AWS::IAM::ManagedPolicy"] {
            assert_eq!(count(id, parameters, kind), wanted, "{id} {kind}");
        }
        assert_eq!(count(id, parameters, "AWS::IAM::Role"), 3 * wanted, "{id}: three personas");
    }
}

#[test]
fn the_same_network_reads_the_same_in_every_template() {
    let catalogue = Catalogue::shipped();
    // From the VPC to the workloads' security group, less the tag that names the blueprint.
    let network = |id: &str| {
        let text = catalogue.get(id).unwrap().template_text();
        let part = &text[text.find("  Vpc:").unwrap()..text.find("  WorkloadMembersReachEachOther:").unwrap()];
        part.replace(&format!("Value: {id}}}"), "Value: …}")
    };
    assert_eq!(network("ml-workload-nonprod"), network("ml-shared-services-nonprod"));
    assert_eq!(network("ml-workload-prod"), network("ml-shared-services-prod"));
}

#[test]
fn what_is_created_is_told_in_words() {
    let catalogue = Catalogue::shipped();
    let words = |id: &str| catalogue.get(id).unwrap().in_words(&std::collections::BTreeMap::new());
    assert_eq!(
        words("ml-workload-nonprod"),
        "1 VPC, 4 subnets, 1 internet gateway, 1 NAT gateway and 3 SSM parameters"
    );
    assert_eq!(
        words("ml-workload-prod"),
        "1 VPC, 4 subnets, 1 Transit Gateway attachment, 14 VPC endpoints and 4 SSM parameters"
    );
    assert_eq!(catalogue.get("ml-workload-nonprod").unwrap().resources(&std::collections::BTreeMap::new()).len(), 22);
}

#[test]
fn the_document_tells_what_the_catalogue_holds() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/blueprints.md");
    let text = std::fs::read_to_string(file).unwrap();
    let (head, rest) = text.split_once("<!-- catalogue -->\n").unwrap();
    let (_, tail) = rest.split_once("<!-- end of catalogue -->\n").unwrap();
    let table = vend::domain::blueprint::report::markdown(&Catalogue::shipped());
    let fresh = format!("{head}<!-- catalogue -->\n{table}<!-- end of catalogue -->\n{tail}");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(file, &fresh).unwrap();
    }
    assert!(
        text == fresh,
        "docs/blueprints.md is out of date: run `UPDATE_DOCS=1 cargo test the_document` twice and look"
    );
}
