//! The policy for `CloudFormation` in a stage of a set, when least privilege was
//! chosen: what the `MLOps` CDK application deploys there, and no more.
//!
//! It covers the application's two parts. Infrastructure: a VPC with subnets, NAT,
//! endpoints and security groups; keys; `SageMaker` Studio with its users; the Lambda
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

    /// What AWS lets nobody narrow to single things beforehand, at least to the region.
    fn in_region(&self, name: &str, actions: &[&str]) -> Value {
        json!({ "Sid": name, "Effect": "Allow", "Resource": "*", "Action": actions,
            "Condition": { "StringEquals": { "aws:RequestedRegion": self.region } } })
    }

    fn network(&self) -> Vec<Value> {
        let actions = [
            "ec2:Describe*",
            "ec2:CreateVpc",
            "ec2:DeleteVpc",
            "ec2:ModifyVpcAttribute",
            "ec2:*Subnet",
            "ec2:ModifySubnetAttribute",
            "ec2:CreateRouteTable",
            "ec2:DeleteRouteTable",
            "ec2:AssociateRouteTable",
            "ec2:DisassociateRouteTable",
            "ec2:CreateRoute",
            "ec2:ReplaceRoute",
            "ec2:DeleteRoute",
            "ec2:*InternetGateway",
            "ec2:*NatGateway",
            "ec2:AllocateAddress",
            "ec2:ReleaseAddress",
            "ec2:CreateVpcEndpoint",
            "ec2:ModifyVpcEndpoint",
            "ec2:DeleteVpcEndpoints",
            "ec2:*SecurityGroup",
            "ec2:*SecurityGroupIngress",
            "ec2:*SecurityGroupEgress",
            "ec2:*FlowLogs",
            "ec2:*Tags",
        ];
        vec![self.in_region("Network", &actions)]
    }

    /// Buckets, keys and parameters.
    fn kept(&self) -> Vec<Value> {
        let own = json!({ "StringEquals": { "aws:ResourceAccount": self.account } });
        vec![
            json!({ "Sid": "Buckets", "Effect": "Allow", "Resource": self.bucket("*"), "Condition": own, "Action": [
                "s3:CreateBucket", "s3:DeleteBucket", "s3:ListBucket", "s3:GetBucket*", "s3:PutBucket*",
                "s3:DeleteBucketPolicy", "s3:GetEncryptionConfiguration", "s3:PutEncryptionConfiguration",
                "s3:GetLifecycleConfiguration", "s3:PutLifecycleConfiguration",
            ] }),
            json!({ "Sid": "Assets", "Effect": "Allow", "Action": "s3:GetObject",
                "Resource": self.bucket(&format!("cdk-{QUALIFIER}-assets-*/*")) }),
            self.in_region("NewKeys", &["kms:CreateKey", "kms:ListAliases"]),
            json!({ "Sid": "Keys", "Effect": "Allow", "Resource": [self.here("kms", "key/*"), self.here("kms", "alias/*")],
                "Action": [
                "kms:DescribeKey", "kms:GetKeyPolicy", "kms:PutKeyPolicy", "kms:GetKeyRotationStatus",
                "kms:*KeyRotation", "kms:ScheduleKeyDeletion", "kms:CreateGrant",
                "kms:*Alias", "kms:TagResource", "kms:UntagResource",
                "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey",
            ] }),
            json!({ "Sid": "Parameters", "Effect": "Allow", "Resource": self.here("ssm", "parameter/*"), "Action": [
                "ssm:GetParameter", "ssm:GetParameters", "ssm:PutParameter", "ssm:DeleteParameter",
                "ssm:AddTagsToResource", "ssm:RemoveTagsFromResource",
            ] }),
        ]
    }

    fn machine_learning(&self) -> Vec<Value> {
        // Neither the switch for project templates nor most of Service Catalog knows a resource.
        let shared = [
            "sagemaker:*SagemakerServicecatalogPortfolio",
            "sagemaker:GetSagemakerServicecatalogPortfolioStatus",
            "servicecatalog:*Portfolio",
            "servicecatalog:CreateProduct",
            "servicecatalog:UpdateProduct",
            "servicecatalog:DeleteProduct",
            "servicecatalog:*ProvisioningArtifact",
            "servicecatalog:*Constraint",
            "servicecatalog:Describe*",
            "servicecatalog:List*",
        ];
        let own = [
            "sagemaker:*Domain",
            "sagemaker:*UserProfile",
            "sagemaker:*ModelPackageGroup",
            "sagemaker:*ModelPackageGroupPolicy",
            "sagemaker:*Model",
            "sagemaker:*EndpointConfig",
            "sagemaker:*Endpoint",
            "sagemaker:UpdateEndpointWeightsAndCapacities",
            "sagemaker:*Tags",
        ];
        let here = self.here("sagemaker", "*");
        vec![
            self.in_region("ProjectTemplates", &shared),
            json!({ "Sid": "MachineLearning", "Effect": "Allow", "Action": own, "Resource": here }),
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
