"""What moto's CloudFormation has to learn before it can create our templates.

Moto has the services but not every type's CloudFormation: those types are created here by the
call that CloudFormation itself would make. It must not know our blueprints.
"""

import ipaddress
import json

import boto3
import yaml
from moto.cloudformation import parsing
from moto.core.common_models import CloudFormationModel

REGION = "us-east-1"

# Types that moto has neither as CloudFormation nor as calls; left out, counted and printed.
ABSENT = {
    "AWS::EKS::AccessEntry": "moto's EKS knows no access entries",
    "AWS::EKS::Addon": "moto's EKS knows no add-ons",
}


class Template(yaml.SafeLoader):
    """Reads the short forms (!Ref, !Sub, ...) as the long ones."""


def _long_form(loader, suffix, node):
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


Template.add_multi_constructor("!", _long_form)


def client(service):
    return boto3.client(service, region_name=REGION)


class _Learned(CloudFormationModel):
    """What a type that was taught here leaves behind: its id and its attributes."""

    __module__ = "moto.taught.models"  # moto files its models by the module's second name

    def __init__(self, physical_id, **attributes):
        self.physical_resource_id, self.attributes = physical_id, attributes

    @staticmethod
    def cloudformation_name_type():
        return ""

    @staticmethod
    def cloudformation_type():
        return "vend::Learned"

    @classmethod
    def has_cfn_attr(cls, attr):
        return True

    def get_cfn_attribute(self, name):
        return self.attributes[name]

    def is_created(self):
        return True


def _bucket_policy(p):
    client("s3").put_bucket_policy(Bucket=p["Bucket"], Policy=json.dumps(p["PolicyDocument"]))
    return p["Bucket"], {}


def _secondary_range(p):
    made = client("ec2").associate_vpc_cidr_block(VpcId=p["VpcId"], CidrBlock=p["CidrBlock"])
    return made["CidrBlockAssociation"]["AssociationId"], {}


def _transit_attachment(p):
    given = {k: p[k] for k in ("TransitGatewayId", "VpcId", "SubnetIds")}
    made = client("ec2").create_transit_gateway_vpc_attachment(**given)
    return made["TransitGatewayVpcAttachment"]["TransitGatewayAttachmentId"], {}


def _studio(p):
    arn = client("sagemaker").create_domain(**p)["DomainArn"]
    return arn.rsplit("/", 1)[1], {}


def _eks_cluster(p):
    vpc = p["ResourcesVpcConfig"]
    made = client("eks").create_cluster(
        name=p["Name"],
        version=p["Version"],
        roleArn=p["RoleArn"],
        resourcesVpcConfig={k[0].lower() + k[1:]: v for k, v in vpc.items()},
        encryptionConfig=[
            {"resources": e["Resources"], "provider": {"keyArn": e["Provider"]["KeyArn"]}}
            for e in p["EncryptionConfig"]
        ],
        logging={
            "clusterLogging": [
                {"enabled": True, "types": [t["Type"] for t in p["Logging"]["ClusterLogging"]["EnabledTypes"]]}
            ]
        },
    )["cluster"]
    return p["Name"], {"Arn": made["arn"], "OpenIdConnectIssuerUrl": made["identity"]["oidc"]["issuer"]}


def _eks_nodes(p):
    scaling = {k[0].lower() + k[1:]: int(v) for k, v in p["ScalingConfig"].items()}
    made = client("eks").create_nodegroup(
        clusterName=p["ClusterName"],
        nodegroupName="nodes",
        nodeRole=p["NodeRole"],
        subnets=p["Subnets"],
        amiType=p["AmiType"],
        capacityType=p["CapacityType"],
        instanceTypes=p["InstanceTypes"],
        scalingConfig=scaling,
    )
    return f"{p['ClusterName']}/{made['nodegroup']['nodegroupName']}", {}


def _oidc(p):
    made = client("iam").create_open_id_connect_provider(
        Url=p["Url"], ClientIDList=p["ClientIdList"], ThumbprintList=["0" * 40]
    )
    return made["OpenIDConnectProviderArn"], {}


def _key(p):
    kms = client("kms")
    tags = [{"TagKey": t["Key"], "TagValue": t["Value"]} for t in p["Tags"]]
    made = kms.create_key(Description=p["Description"], Policy=json.dumps(p["KeyPolicy"]), Tags=tags)["KeyMetadata"]
    if p.get("EnableKeyRotation"):
        kms.enable_key_rotation(KeyId=made["KeyId"])
    return made["KeyId"], {"Arn": made["Arn"]}


def _bucket(p):
    s3, name = client("s3"), p["BucketName"]
    s3.create_bucket(Bucket=name)
    if "VersioningConfiguration" in p:
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration=p["VersioningConfiguration"])
    if "PublicAccessBlockConfiguration" in p:
        block = p["PublicAccessBlockConfiguration"]
        s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=block)
    if "BucketEncryption" in p:
        rules = [
            {"ApplyServerSideEncryptionByDefault": rule["ServerSideEncryptionByDefault"]}
            for rule in p["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        ]
        s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": rules})
    return name, {"Arn": f"arn:aws:s3:::{name}"}


def _association(p):
    made = client("ec2").associate_route_table(RouteTableId=p["RouteTableId"], SubnetId=p["SubnetId"])
    return made["AssociationId"], {}


# Types that moto knows and gets wrong.
BETTER = {
    "AWS::KMS::Key": _key,  # fails on tags
    "AWS::S3::Bucket": _bucket,  # ignores the block of public access
    "AWS::EC2::SubnetRouteTableAssociation": _association,  # associates nothing
}

LEARNED = {
    "AWS::S3::BucketPolicy": _bucket_policy,
    "AWS::EC2::VPCCidrBlock": _secondary_range,
    "AWS::EC2::TransitGatewayAttachment": _transit_attachment,
    "AWS::SageMaker::Domain": _studio,
    "AWS::EKS::Cluster": _eks_cluster,
    "AWS::EKS::Nodegroup": _eks_nodes,
    "AWS::IAM::OIDCProvider": _oidc,
}


def holds(condition, conditions, values):
    """Whether a condition of the template holds for these parameters."""
    ((kind, inner),) = condition.items()
    if kind == "Condition":
        return holds(conditions[inner], conditions, values)
    if kind == "Fn::Equals":
        left, right = (values[v["Ref"]] if isinstance(v, dict) else str(v) for v in inner)
        return left == right
    each = [holds(one, conditions, values) for one in inner]
    return {"Fn::Not": not each[0], "Fn::And": all(each), "Fn::Or": any(each)}[kind]


def without_false(template, values):
    """Takes out what a false condition leaves out: moto resolves the outputs' attributes even so."""
    conditions = template.get("Conditions", {})
    for section in (template["Resources"], template["Outputs"]):
        for key in [k for k, about in section.items() if "Condition" in about]:
            if not holds({"Condition": section[key]["Condition"]}, conditions, values):
                del section[key]


def _cidr(block, count, bits):
    parts = ipaddress.ip_network(str(block)).subnets(new_prefix=32 - int(bits))
    return [str(next(parts)) for _ in range(int(count))]


def teach():
    """Teaches moto the types of LEARNED and Fn::Cidr, which it lacks too."""
    for name, create in (LEARNED | BETTER).items():
        if name in LEARNED and name in parsing.get_model_map():
            raise SystemExit(f"moto knows {name} by now: take it out of .ci/moto_stacks.py")

        def from_json(cls, _name, cfn, *_account_and_region, create=create, **_more):
            physical_id, attributes = create(cfn["Properties"])
            return cls(physical_id, **attributes)

        model = type(
            name.replace("::", ""),
            (_Learned,),
            {
                "__module__": _Learned.__module__,
                "cloudformation_type": staticmethod(lambda name=name: name),
                "create_from_cloudformation_json": classmethod(from_json),
            },
        )
        parsing.get_model_map()[name] = model
        parsing.get_name_type_map()[name] = ""

    files = parsing.get_model_map()["AWS::EFS::FileSystem"]
    files.get_cfn_attribute = lambda self, name: {"Arn": self.file_system_arn}[name]

    plain = parsing.clean_json

    def clean(value, resources):
        if isinstance(value, dict) and "Fn::Cidr" in value:
            return _cidr(*(clean(part, resources) for part in value["Fn::Cidr"]))
        return plain(value, resources)

    parsing.clean_json = clean

    named = parsing.generate_resource_name

    def name(kind, stack, logical_id):
        generated = named(kind, stack, logical_id)
        return generated.lower() if kind == "AWS::ECR::Repository" else generated

    parsing.generate_resource_name = name  # CloudFormation makes these lower-case, as ECR wants them
