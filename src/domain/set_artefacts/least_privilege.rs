//! The policy for CloudFormation in a stage of a set, when least privilege was
//! chosen: what the MLOps CDK application deploys there, and no more.
//!
//! It covers the application's two parts. Infrastructure: a VPC with subnets, NAT,
//! endpoints and security groups; keys; SageMaker Studio with its users; the Lambda
//! functions behind CDK's custom resources; SSM parameters. Project templates: a
//! Service Catalog portfolio, buckets, repositories, model package groups, models and
//! endpoints, event rules and alarms. It holds in one account and one region.
//!
//! Roles are part of what is deployed, and whoever may make roles can make a strong
//! one. The last statements keep the ways out that need no role of the application's:
//! no users or keys, no hand on the toolkit's, Control Tower's or reserved roles, no
//! change of this policy itself.

use serde_json::{Value, json};

use crate::domain::cdk_app::{QUALIFIER, partition, policy_name};

/// The policy document, ready to be stored or sent.
#[must_use]
pub fn least_privilege(account: &str, region: &str) -> String {
    let place = Place { partition: partition(region), account, region };
    let statements =
        [place.network(), place.kept(), place.machine_learning(), place.working(), place.roles(), place.never()];
    let document = json!({ "Version": "2012-10-17", "Statement": statements.concat() });
    format!("{document:#}\n")
}

struct Place<'a> {
    partition: &'a str,
    account: &'a str,
    region: &'a str,
}

impl Place<'_> {
    /// An ARN in this account and region.
    fn here(&self, service: &str, rest: &str) -> String {
        format!("arn:{}:{service}:{}:{}:{rest}", self.partition, self.region, self.account)
    }

    fn iam(&self, rest: &str) -> String {
        format!("arn:{}:iam::{}:{rest}", self.partition, self.account)
    }

    fn bucket(&self, rest: &str) -> String {
        format!("arn:{}:s3:::{rest}", self.partition)
    }

    fn network(&self) -> Vec<Value> {
        let in_region = json!({ "StringEquals": { "aws:RequestedRegion": self.region } });
        vec![
            json!({ "Sid": "Look", "Effect": "Allow", "Resource": "*", "Condition": in_region.clone(), "Action": [
                "ec2:Describe*", "ec2:GetManagedPrefixListEntries", "kms:ListAliases", "logs:DescribeLogGroups",
                "ecr:GetAuthorizationToken", "servicecatalog:List*", "sagemaker:List*",
            ] }),
            json!({ "Sid": "Network", "Effect": "Allow", "Resource": "*", "Condition": in_region, "Action": [
                "ec2:CreateVpc", "ec2:DeleteVpc", "ec2:ModifyVpcAttribute",
                "ec2:CreateSubnet", "ec2:DeleteSubnet", "ec2:ModifySubnetAttribute",
                "ec2:CreateRouteTable", "ec2:DeleteRouteTable", "ec2:AssociateRouteTable", "ec2:DisassociateRouteTable",
                "ec2:CreateRoute", "ec2:ReplaceRoute", "ec2:DeleteRoute",
                "ec2:CreateInternetGateway", "ec2:DeleteInternetGateway", "ec2:AttachInternetGateway",
                "ec2:DetachInternetGateway", "ec2:CreateNatGateway", "ec2:DeleteNatGateway",
                "ec2:AllocateAddress", "ec2:ReleaseAddress", "ec2:AssociateAddress", "ec2:DisassociateAddress",
                "ec2:CreateVpcEndpoint", "ec2:ModifyVpcEndpoint", "ec2:DeleteVpcEndpoints",
                "ec2:CreateSecurityGroup", "ec2:DeleteSecurityGroup", "ec2:AuthorizeSecurityGroupIngress",
                "ec2:AuthorizeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress", "ec2:RevokeSecurityGroupEgress",
                "ec2:CreateFlowLogs", "ec2:DeleteFlowLogs", "ec2:CreateTags", "ec2:DeleteTags",
            ] }),
        ]
    }

    /// Buckets, keys and parameters.
    fn kept(&self) -> Vec<Value> {
        let own = json!({ "StringEquals": { "aws:ResourceAccount": self.account } });
        let in_region = json!({ "StringEquals": { "aws:RequestedRegion": self.region } });
        vec![
            json!({ "Sid": "Buckets", "Effect": "Allow", "Resource": self.bucket("*"), "Condition": own, "Action": [
                "s3:CreateBucket", "s3:DeleteBucket", "s3:ListBucket", "s3:GetBucket*", "s3:PutBucket*",
                "s3:DeleteBucketPolicy", "s3:GetEncryptionConfiguration", "s3:PutEncryptionConfiguration",
                "s3:GetLifecycleConfiguration", "s3:PutLifecycleConfiguration",
            ] }),
            json!({ "Sid": "Assets", "Effect": "Allow", "Action": "s3:GetObject",
                "Resource": self.bucket(&format!("cdk-{QUALIFIER}-assets-*/*")) }),
            json!({ "Sid": "NewKeys", "Effect": "Allow", "Action": "kms:CreateKey", "Resource": "*",
                "Condition": in_region }),
            json!({ "Sid": "Keys", "Effect": "Allow", "Resource": [self.here("kms", "key/*"), self.here("kms", "alias/*")],
                "Action": [
                "kms:DescribeKey", "kms:GetKeyPolicy", "kms:PutKeyPolicy", "kms:GetKeyRotationStatus",
                "kms:EnableKeyRotation", "kms:DisableKeyRotation", "kms:ScheduleKeyDeletion", "kms:CreateGrant",
                "kms:CreateAlias", "kms:UpdateAlias", "kms:DeleteAlias", "kms:TagResource", "kms:UntagResource",
                "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey",
            ] }),
            json!({ "Sid": "Parameters", "Effect": "Allow", "Resource": self.here("ssm", "parameter/*"), "Action": [
                "ssm:GetParameter", "ssm:GetParameters", "ssm:PutParameter", "ssm:DeleteParameter",
                "ssm:AddTagsToResource", "ssm:RemoveTagsFromResource",
            ] }),
        ]
    }

    fn machine_learning(&self) -> Vec<Value> {
        let things = ["Domain", "UserProfile", "ModelPackageGroup", "Model", "EndpointConfig", "Endpoint"];
        let made = things.iter().flat_map(|thing| ["Create", "Describe", "Delete"].map(|verb| (verb, thing)));
        let mut actions: Vec<String> = made.map(|(verb, thing)| format!("sagemaker:{verb}{thing}")).collect();
        let others = [
            "UpdateDomain",
            "UpdateUserProfile",
            "UpdateEndpoint",
            "UpdateEndpointWeightsAndCapacities",
            "PutModelPackageGroupPolicy",
            "GetModelPackageGroupPolicy",
            "DeleteModelPackageGroupPolicy",
            "AddTags",
            "DeleteTags",
        ];
        actions.extend(others.map(|action| format!("sagemaker:{action}")));
        vec![
            json!({ "Sid": "MachineLearning", "Effect": "Allow", "Action": actions,
                "Resource": self.here("sagemaker", "*") }),
            // The switch for project templates knows no resource.
            json!({ "Sid": "ProjectTemplates", "Effect": "Allow", "Resource": "*", "Action": [
                "sagemaker:EnableSagemakerServicecatalogPortfolio", "sagemaker:DisableSagemakerServicecatalogPortfolio",
                "sagemaker:GetSagemakerServicecatalogPortfolioStatus",
            ], "Condition": { "StringEquals": { "aws:RequestedRegion": self.region } } }),
            json!({ "Sid": "Portfolio", "Effect": "Allow", "Resource": "*", "Action": [
                "servicecatalog:CreatePortfolio", "servicecatalog:UpdatePortfolio", "servicecatalog:DeletePortfolio",
                "servicecatalog:CreateProduct", "servicecatalog:UpdateProduct", "servicecatalog:DeleteProduct",
                "servicecatalog:CreateProvisioningArtifact", "servicecatalog:UpdateProvisioningArtifact",
                "servicecatalog:DeleteProvisioningArtifact", "servicecatalog:CreateConstraint",
                "servicecatalog:UpdateConstraint", "servicecatalog:DeleteConstraint",
                "servicecatalog:Associate*", "servicecatalog:Disassociate*",
                "servicecatalog:Describe*", "servicecatalog:TagResource", "servicecatalog:UntagResource",
            ], "Condition": { "StringEquals": { "aws:RequestedRegion": self.region } } }),
        ]
    }

    /// Functions, repositories, rules, alarms and logs.
    fn working(&self) -> Vec<Value> {
        vec![
            json!({ "Sid": "Functions", "Effect": "Allow", "Action": [
                "lambda:CreateFunction", "lambda:DeleteFunction", "lambda:GetFunction", "lambda:GetFunctionConfiguration",
                "lambda:InvokeFunction", "lambda:UpdateFunction*", "lambda:AddPermission", "lambda:RemovePermission",
                "lambda:*LayerVersion", "lambda:TagResource", "lambda:UntagResource",
            ], "Resource": [self.here("lambda", "function:*"), self.here("lambda", "layer:*")] }),
            json!({ "Sid": "Repositories", "Effect": "Allow", "Resource": self.here("ecr", "repository/*"), "Action": [
                "ecr:CreateRepository", "ecr:DeleteRepository", "ecr:DescribeRepositories", "ecr:*RepositoryPolicy",
                "ecr:*LifecyclePolicy", "ecr:PutImageScanningConfiguration", "ecr:PutImageTagMutability",
                "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:TagResource", "ecr:UntagResource",
            ] }),
            json!({ "Sid": "Rules", "Effect": "Allow", "Resource": self.here("events", "rule/*"), "Action": [
                "events:PutRule", "events:DescribeRule", "events:DeleteRule", "events:PutTargets",
                "events:RemoveTargets", "events:TagResource", "events:UntagResource",
            ] }),
            json!({ "Sid": "Alarms", "Effect": "Allow", "Resource": self.here("cloudwatch", "alarm:*"), "Action": [
                "cloudwatch:PutMetricAlarm", "cloudwatch:DescribeAlarms", "cloudwatch:DeleteAlarms",
            ] }),
            json!({ "Sid": "Logs", "Effect": "Allow", "Resource": self.here("logs", "log-group:*"), "Action": [
                "logs:CreateLogGroup", "logs:DeleteLogGroup", "logs:*RetentionPolicy", "logs:AssociateKmsKey",
                "logs:TagResource", "logs:UntagResource",
            ] }),
        ]
    }

    fn roles(&self) -> Vec<Value> {
        let services = ["sagemaker", "lambda", "servicecatalog", "events", "vpc-flow-logs"];
        let services = services.map(|service| format!("{service}.amazonaws.com"));
        vec![
            json!({ "Sid": "Roles", "Effect": "Allow", "Resource": [self.iam("role/*"), self.iam("policy/*")], "Action": [
                "iam:GetRole", "iam:CreateRole", "iam:UpdateRole", "iam:UpdateAssumeRolePolicy", "iam:DeleteRole",
                "iam:GetRolePolicy", "iam:PutRolePolicy", "iam:DeleteRolePolicy", "iam:AttachRolePolicy",
                "iam:DetachRolePolicy", "iam:TagRole", "iam:UntagRole", "iam:GetPolicy", "iam:CreatePolicy",
                "iam:DeletePolicy", "iam:*PolicyVersion", "iam:ListPolicyVersions", "iam:ListRolePolicies",
                "iam:ListAttachedRolePolicies",
            ] }),
            json!({ "Sid": "PassRoles", "Effect": "Allow", "Action": "iam:PassRole", "Resource": self.iam("role/*"),
                "Condition": { "StringEquals": { "iam:PassedToService": services } } }),
            json!({ "Sid": "ServiceRoles", "Effect": "Allow", "Action": "iam:CreateServiceLinkedRole",
                "Resource": self.iam("role/aws-service-role/*") }),
        ]
    }

    fn never(&self) -> Vec<Value> {
        let roles = ["*AWSControlTower*", "aws-controltower-*", "stacksets-exec-*", "aws-reserved/*"];
        let mut kept: Vec<String> = roles.iter().map(|role| self.iam(&format!("role/{role}"))).collect();
        kept.push(self.iam(&format!("role/cdk-{QUALIFIER}-*")));
        kept.push(self.iam(&format!("policy/{}", policy_name(self.region))));
        vec![json!({ "Sid": "Never", "Effect": "Deny", "Action": "iam:*", "Resource": kept })]
    }
}
