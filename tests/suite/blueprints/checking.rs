//! A deliberately bad template for every rule, and the shipped ones for all of them.

use std::collections::BTreeMap;

use vend::domain::blueprint::check::{self, Finding, RULES};
use vend::domain::blueprint::parse::{self, Files};
use vend::domain::blueprint::{Blueprint, Catalogue};

/// A blueprint `small` of team Us with these resources; `more` goes into `blueprint.yaml`.
fn small(template: &str, more: &str) -> Blueprint {
    let metadata = format!(
        "id: small\nversion: 1.0.0\ntitle: Small\ndescription: One thing\nowner: Us\naccepts_account_types: [Sandbox]\n\
         monthly_cost_usd: {{base: 0, notes: nothing}}\n{more}\n"
    );
    let files = Files { folder: "small", place: "small", metadata: &metadata, template };
    parse::blueprint(&files).unwrap()
}

const BARE: &str = "parameters: {}\nprovides_ssm: []";
const TAGS: &str = "Tags: [{Key: vend:blueprint, Value: small}, {Key: owner, Value: Us}]";

/// What one rule says about a template, `line: sentence`.
fn says(rule: &str, template: &str, more: &str) -> Vec<String> {
    assert!(RULES.iter().any(|(name, _)| *name == rule), "there is no rule {rule}");
    let findings = check::blueprint(&small(template, more));
    findings.iter().filter(|f| f.rule == rule).map(|f| format!("{}: {}", f.line, f.sentence)).collect()
}

fn says_one(rule: &str, template: &str, part: &str) {
    let found = says(rule, template, BARE);
    assert!(found.len() == 1 && found[0].contains(part), "{part}: {found:#?}");
}

fn policy(statement: &str) -> String {
    format!(
        "Resources:\n  Policy:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      PolicyDocument: {{Statement: [{statement}]}}\n"
    )
}

#[test]
fn the_shipped_blueprints_pass_every_rule() {
    let report = check::catalogue(&Catalogue::shipped());
    assert_eq!(report.findings, Vec::<Finding>::new());
    assert_eq!(report.checked.len(), 7);
}

#[test]
fn the_whole_internet_is_let_in_by_a_load_balancer_that_says_why_and_by_nothing_else() {
    let group = "Resources:\n  Door:\n    Type: AWS::EC2::SecurityGroup\n    Properties:\n      SecurityGroupIngress: [{CidrIp: 0.0.0.0/0}]\n";
    says_one("open-ingress", group, "2: Door lets in the whole internet");
    let v6 = group.replace("CidrIp: 0.0.0.0/0", "CidrIpv6: '::/0'");
    says_one("open-ingress", &v6, "Door lets in");
    let either = group.replace("[{CidrIp: 0.0.0.0/0}]", "[!If [Open, {CidrIp: 0.0.0.0/0}, {CidrIp: 10.0.0.0/8}]]");
    says_one("open-ingress", &either, "Door lets in");
    let apart = "Resources:\n  Rule:\n    Type: AWS::EC2::SecurityGroupIngress\n    Properties: {GroupId: !GetAtt Door.GroupId, CidrIp: 0.0.0.0/0}\n";
    says_one("open-ingress", apart, "Rule lets in");

    let explained =
        group.replace("    Properties", "    Metadata: {Explained: {0.0.0.0/0: Customers call it.}}\n    Properties");
    says_one("open-ingress", &explained, "Door lets in");
    let balancer = explained.clone()
        + "  Front: {Type: AWS::ElasticLoadBalancingV2::LoadBalancer, Properties: {SecurityGroups: [!Ref Door]}}\n";
    assert!(says("open-ingress", &balancer, BARE).is_empty());
    let silent = balancer.replace("Customers call it.", "''");
    says_one("open-ingress", &silent, "Door lets in");
}

#[test]
fn every_zone_has_exactly_its_subnets() {
    let template = "Parameters:\n  AzCount: {Type: Number}\nConditions:\n  Three: !Equals [!Ref AzCount, 3]\nResources:\n  \
        PrivateSubnet1: {Type: AWS::EC2::Subnet}\n  PrivateSubnet2: {Type: AWS::EC2::Subnet}\n  \
        PrivateSubnet3: {Type: AWS::EC2::Subnet, Condition: Three}\n";
    let more = "provides_ssm: []\nsubnets_per_zone: {PrivateSubnet: 1}\nparameters:\n  AzCount: {type: int, default: 2, \
        allowed: [2, 3], description: Zones.}";
    assert!(says("subnet-count", template, more).is_empty());
    let always = template.replace(", Condition: Three", "");
    assert_eq!(
        says("subnet-count", &always, more),
        ["0: with 2 zones there are 3 subnets called PrivateSubnet…, not 2: correct the conditions."]
    );
    let stray = template.to_owned() + "  LonelySubnet: {Type: AWS::EC2::Subnet}\n";
    assert_eq!(
        says("subnet-count", &stray, more),
        ["0: the subnet LonelySubnet is in no tier: name its tier in `subnets_per_zone`."]
    );
}

#[test]
fn a_bucket_is_encrypted_versioned_closed_and_answers_over_tls_only() {
    let bare = "Resources:\n  Data:\n    Type: AWS::S3::Bucket\n";
    let found = says("buckets", bare, BARE);
    for part in ["is not encrypted", "is not versioned", "may become public", "answers without TLS"] {
        assert!(found.iter().any(|f| f.starts_with("2: Data ") && f.contains(part)), "{part}: {found:#?}");
    }
    let open = bare.to_owned()
        + "  Open:\n    Type: AWS::S3::BucketPolicy\n    Properties:\n      Bucket: !Ref Data\n      PolicyDocument:\n        \
           Statement: [{Effect: Allow, Principal: '*', Action: s3:GetObject, Resource: !Sub '${Data.Arn}/*'}]\n";
    assert!(says("buckets", &open, BARE).iter().any(|f| f.contains("lets everyone in")));
}

#[test]
fn one_open_lock_of_four_is_enough_to_be_told() {
    let shipped = Catalogue::shipped();
    let good = shipped.get("ml-shared-services-nonprod").unwrap().template_text();
    assert!(good.contains("IgnorePublicAcls: true"));
    let bad = good.replace("IgnorePublicAcls: true", "IgnorePublicAcls: false");
    let findings = check::blueprint(&with_template("ml-shared-services-nonprod", &bad));
    assert_eq!(findings.len(), 1);
    assert!(findings[0].sentence.starts_with("DataBucket may become public"), "{findings:#?}");
    assert_eq!(findings[0].line, with_template("ml-shared-services-nonprod", &bad).template.line_of("DataBucket"));
}

/// A shipped blueprint over another template.
fn with_template(id: &str, template: &str) -> Blueprint {
    let metadata =
        std::fs::read_to_string(format!("{}/manifests/blueprints/{id}/blueprint.yaml", env!("CARGO_MANIFEST_DIR")));
    parse::blueprint(&Files { folder: id, place: id, metadata: &metadata.unwrap(), template }).unwrap()
}

#[test]
fn a_wildcard_is_narrowed_or_explained() {
    says_one(
        "wildcards",
        &policy("{Effect: Allow, Action: iam:PassRole, Resource: '*'}"),
        "iam:PassRole on every resource",
    );
    says_one("wildcards", &policy("{Effect: Allow, Action: '*', Resource: 'arn:aws:s3:::b'}"), "Policy allows *:");
    says_one(
        "wildcards",
        &policy("{Effect: Allow, Action: ['s3:*'], Resource: 'arn:aws:s3:::b'}"),
        "Policy allows s3:*:",
    );
    says_one(
        "wildcards",
        &policy("{Effect: Allow, NotAction: iam:PassRole, Resource: 'arn:aws:s3:::b'}"),
        "by exclusion",
    );
    assert!(says("wildcards", &policy("{Effect: Deny, Action: '*', Resource: '*'}"), BARE).is_empty());
    assert!(
        says("wildcards", &policy("{Effect: Allow, Action: s3:GetObject, Resource: 'arn:aws:s3:::b/*'}"), BARE)
            .is_empty()
    );

    let explained = policy("{Effect: Allow, Action: iam:PassRole, Resource: '*'}")
        .replace("    Properties", "    Metadata: {Explained: {iam:PassRole: It picks among many.}}\n    Properties");
    assert!(says("wildcards", &explained, BARE).is_empty());
}

#[test]
fn an_action_aws_does_not_know_is_told() {
    says_one(
        "unknown-action",
        &policy("{Effect: Allow, Action: kms:ReEncrypt, Resource: a}"),
        "kms:ReEncrypt, which AWS does not know",
    );
    says_one("unknown-action", &policy("{Effect: Deny, Action: kmss:Decrypt, Resource: a}"), "kmss:Decrypt");
    says_one("unknown-action", &policy("{Effect: Allow, Action: s3:Fetch*, Resource: a}"), "s3:Fetch*");
    for known in
        ["kms:ReEncryptFrom", "KMS:reencryptto", "s3:Get*", "s3:*Object*Acl", "s3:*", "'*'", "rekognition:Anything"]
    {
        let found = says("unknown-action", &policy(&format!("{{Effect: Allow, Action: {known}, Resource: a}}")), BARE);
        assert!(found.is_empty(), "{known}: {found:?}");
    }
}

#[test]
fn a_role_name_control_tower_forbids_is_told() {
    for name in
        ["aws-controltower-x", "stacksets-exec-1", "MyAWSControlTowerRole", "!Sub 'AWSControlTower-${AWS::Region}'"]
    {
        let template = format!("Resources:\n  Mine:\n    Type: AWS::IAM::Role\n    Properties: {{RoleName: {name}}}\n");
        says_one("forbidden-role-name", &template, "which Control Tower forbids");
    }
    says_one(
        "forbidden-role-name",
        "Resources:\n  AWSControlTowerHelper: {Type: AWS::IAM::Role}\n",
        "AWSControlTowerHelper",
    );
    assert!(says("forbidden-role-name", "Resources:\n  Mine: {Type: AWS::IAM::Role}\n", BARE).is_empty());
}

#[test]
fn the_capabilities_are_those_the_stack_needs() {
    let generated = "Resources:\n  Mine: {Type: AWS::IAM::Role}\n";
    let named = "Resources:\n  Mine: {Type: AWS::IAM::Role, Properties: {RoleName: x}}\n";
    says_one("capabilities", generated, "`capabilities: [CAPABILITY_IAM]`");
    says_one("capabilities", named, "`capabilities: [CAPABILITY_NAMED_IAM]`");
    let more = format!("capabilities: [CAPABILITY_IAM]\n{BARE}");
    assert!(says("capabilities", generated, &more).is_empty());
    assert_eq!(says("capabilities", "Resources:\n  Q: {Type: AWS::SQS::Queue}\n", &more).len(), 1);
}

#[test]
fn a_name_is_generated_or_carries_account_and_region() {
    let bucket = |name: &str| {
        format!("Resources:\n  Data:\n    Type: AWS::S3::Bucket\n    Properties: {{BucketName: {name}}}\n")
    };
    says_one("names", &bucket("data"), "Data has a fixed BucketName");
    says_one("names", &bucket("!Sub 'data-${AWS::AccountId}'"), "Data has a fixed BucketName");
    says_one("names", &bucket("!Sub 'data-${AWS::StackName}'"), "Data has a fixed BucketName");
    assert!(says("names", &bucket("!Sub 'data-${AWS::AccountId}-${AWS::Region}'"), BARE).is_empty());
    let joined = "!Join ['-', [data, !Ref AWS::AccountId, !Ref AWS::Region]]";
    assert!(says("names", &bucket(joined), BARE).is_empty());

    let table = "Resources:\n  Locks:\n    Type: AWS::DynamoDB::Table\n    Properties: {TableName: locks}\n";
    says_one("names", table, "Locks has a fixed TableName");
    assert!(says("names", &table.replace("locks}", "!Ref AWS::StackName}"), BARE).is_empty());
    let explained =
        table.replace("    Properties", "    Metadata: {Explained: {TableName: Others look it up.}}\n    Properties");
    assert!(says("names", &explained, BARE).is_empty());
}

#[test]
fn an_export_begins_with_the_name_of_the_stack() {
    let template =
        "Resources:\n  Q: {Type: AWS::SQS::Queue}\nOutputs:\n  Url:\n    Value: x\n    Export: {Name: vpc-id}\n";
    says_one("exports", template, "4: Url is exported");
    assert!(says("exports", &template.replace("vpc-id", "!Sub '${AWS::StackName}-vpc-id'"), BARE).is_empty());
}

#[test]
fn ssm_names_are_promised_and_written_once() {
    let template = "Resources:\n  A: {Type: AWS::SSM::Parameter, Properties: {Name: /a}}\n  B: {Type: AWS::SSM::Parameter, Properties: {Name: /a}}\n";
    assert_eq!(
        says("ssm-names", template, "parameters: {}\nprovides_ssm: [/a]"),
        ["3: B writes /a a second time: keep one."]
    );
    let found = says("ssm-names", template, "parameters: {}\nprovides_ssm: [/a, /b]");
    assert!(found.contains(&"0: nothing writes /b, which `provides_ssm` promises: add it.".to_owned()), "{found:?}");
    assert_eq!(says("ssm-names", template, BARE).len(), 3);
}

#[test]
fn what_is_chosen_together_writes_each_ssm_name_once() {
    let catalogue = Catalogue::shipped();
    let [nonprod, ecs] = ["ml-workload-nonprod", "mlops-ecs"].map(|id| catalogue.get(id).unwrap());
    let shared = catalogue.get("ml-shared-services-nonprod").unwrap();
    let none = BTreeMap::new();
    assert!(check::together(&[nonprod, ecs], &none).is_empty());
    let clashes = check::together(&[nonprod, shared], &none);
    assert_eq!(clashes.len(), 3);
    assert!(
        clashes[0]
            .sentence
            .starts_with("ml-workload-nonprod and ml-shared-services-nonprod all write the SSM name /vpc/id")
    );
    let cdk = BTreeMap::from([("mlops-infra".to_owned(), vec!["/vpc/id".to_owned()])]);
    assert_eq!(check::together(&[nonprod], &cdk).len(), 1);
}

#[test]
fn the_mandatory_tags_are_there_with_the_right_values() {
    let template = format!("Resources:\n  Net:\n    Type: AWS::EC2::VPC\n    Properties:\n      {TAGS}\n");
    assert!(says("tags", &template, BARE).is_empty());
    says_one("tags", &template.replace("Us", "Them"), "Net lacks the tag owner with the value Us");
    says_one("tags", &template.replace("vend:blueprint", "blueprint"), "Net lacks the tag vend:blueprint");
    let map =
        "Resources:\n  N:\n    Type: AWS::EKS::Nodegroup\n    Properties: {Tags: {vend:blueprint: small, owner: Us}}\n";
    assert!(says("tags", map, BARE).is_empty());
}

#[test]
fn a_template_too_large_to_send_is_told() {
    let padding = "# padding\n".repeat(5_120);
    says_one(
        "size",
        &format!("{padding}Resources:\n  Q: {{Type: AWS::SQS::Queue}}\n"),
        "CloudFormation takes 51200 inline",
    );
}
