"""Every blueprint's template, created in moto and read back through its API.

The table says what an account must have afterwards, written by hand and not derived from
the templates. It must not know how a template reaches it.
"""

import json
import os
import pathlib
import re
import sys
from types import SimpleNamespace

os.environ.update(AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x", AWS_DEFAULT_REGION="us-east-1")

import yaml
from moto import mock_aws
from moto_stacks import ABSENT, REGION, Template, client, teach, without_false

FOLDER = pathlib.Path("manifests/blueprints")
STACK, ACCOUNT, ANYWHERE = "tried", "123456789012", {"0.0.0.0/0", "::/0"}

# What the allocator, the configuration or a person would give. TransitGatewayId is made per try.
GIVEN = {
    "VpcCidr": "10.20.0.0/16",
    "VpcSecondaryCidr": "100.64.8.0/24",
    "TransitRouteCidr": "10.0.0.0/8",
    "GovernanceAccountId": "111122223333",
    "AvailabilityZones": "us-east-1a,us-east-1b",
    "CidrBlock": "10.155.48.0/20",
}

# ---- The table: networks, then what each blueprint adds ----

PRIVATE = ["10.20.0.0/24", "10.20.1.0/24", "10.20.2.0/24"]
PUBLIC = ["10.20.3.0/26", "10.20.3.64/26", "10.20.3.128/26"]
TRANSIT = ["100.64.8.0/28", "100.64.8.16/28", "100.64.8.32/28"]

OPEN = {"private": (PRIVATE, {"0.0.0.0/0": "nat"}), "public": (PUBLIC, {"0.0.0.0/0": "igw"})}
CLOSED = {"private": (PRIVATE, {"10.0.0.0/8": "tgw"}), "transit": (TRANSIT, {"10.0.0.0/8": "tgw"})}
EKS = {
    "private": (["10.155.48.0/22", "10.155.52.0/22"], {"0.0.0.0/0": "nat"}),
    "public": (["10.155.56.0/22", "10.155.60.0/22"], {"0.0.0.0/0": "igw"}),
}

ENDPOINTS = {f"com.amazonaws.{REGION}.{name}" for name in (
    "monitoring", "logs", "codecommit", "git-codecommit", "ecr.api", "ecr.dkr", "kms",
    "sagemaker.api", "sagemaker.runtime", "servicecatalog", "ssm", "sts",
)} | {f"aws.sagemaker.{REGION}.notebook"}  # fmt: skip

VPC_SSM = {"/vpc/id": "vpc", "/vpc/subnets/private/ids": "private", "/vpc/sg/id": "WorkloadSecurityGroup"}
CLOSED_SSM = VPC_SSM | {"/vpc/subnets/isolated/ids": "private"}
SHARED_SSM = {
    "/mlops/role/ds": "DataScientistRole",
    "/mlops/role/lead": "LeadDataScientistRole",
    "/mlops/role/execution": "StudioExecutionRole",
    "/events/bus/arn": "EventBus",
}
STAGE_SSM = {"/mlops/set/name": "=first-example", "/mlops/set/stage": "=dev", "/mlops/governance/account": "=111122223333"}

STUDIO = ["sagemaker.amazonaws.com", "lambda.amazonaws.com"]
PERSONAS = {"DataScientistRole": STUDIO, "LeadDataScientistRole": STUDIO, "StudioExecutionRole": STUDIO}
TASK, NODE, POD = ["ecs-tasks.amazonaws.com"], ["ec2.amazonaws.com"], ["the cluster's own issuer"]

DATA, STATE = f"sagemaker-s3-bucket-{ACCOUNT}-{REGION}", f"tfstate-{ACCOUNT}-{REGION}"
ML_OUTPUTS = {"VpcId", "PrivateSubnetIds", "SecurityGroupId"}
STUDIO_OUTPUTS = {"StudioDomainId", "DataBucketName", "CentralRepositoryUri"}
ECS_OUTPUTS = {"VpcId", "PrivateSubnetIds", "ClusterName", "ModelUrl", "ModelRepositoryUri", "BackendHcl"}
EKS_OUTPUTS = {
    "VpcId", "PrivateSubnetIds", "ClusterName", "OidcProviderArn", "RepositoryUri", "ArtefactBucketName",
    "KubeconfigCommand", "EnvYaml", "EnvYamlAddons",
}  # fmt: skip
BOTH = ({"AzCount": "2"}, {"AzCount": "3"})


def expect(network, outputs, ssm=(), buckets=(), roles=(), tries=BOTH, **more):
    return SimpleNamespace(network=network, outputs=outputs, ssm=dict(ssm), buckets=set(buckets), roles=dict(roles),
                           tries=tries, set={}, studio=more.get("studio", False))  # fmt: skip


def each_with(**more):
    return tuple(try_ | more for try_ in BOTH)


# (blueprint, what it must leave behind)
TABLE = [
    ("ml-workload-nonprod", expect(OPEN, ML_OUTPUTS, VPC_SSM)),
    ("ml-workload-nonprod", expect(OPEN, ML_OUTPUTS | STUDIO_OUTPUTS, VPC_SSM, [DATA], PERSONAS,
                                   each_with(WithStudio="true"), studio=True)),
    ("ml-workload-prod", expect(CLOSED, ML_OUTPUTS, CLOSED_SSM)),
    ("ml-shared-services-nonprod", expect(OPEN, ML_OUTPUTS | STUDIO_OUTPUTS | {"EventBusArn"}, VPC_SSM | SHARED_SSM,
                                          [DATA], PERSONAS, studio=True)),
    ("ml-shared-services-prod", expect(CLOSED, ML_OUTPUTS | STUDIO_OUTPUTS | {"EventBusArn"}, CLOSED_SSM | SHARED_SSM,
                                       [DATA], PERSONAS, studio=True)),
    ("mlops-ecs", expect(OPEN, ECS_OUTPUTS, buckets=[STATE], roles={"TaskExecutionRole": TASK, "ModelTaskRole": TASK})),
    ("mlops-ecs", expect(OPEN, ECS_OUTPUTS | {"MlflowUrl"}, buckets=[STATE, f"mlflow-{ACCOUNT}-{REGION}"],
                         roles={"TaskExecutionRole": TASK, "ModelTaskRole": TASK, "PrefectTaskRole": TASK, "MlflowTaskRole": TASK},
                         tries=each_with(WithMlflow="true", WithPrefectWorker="true"))),
    ("mlops-eks", expect(EKS, EKS_OUTPUTS, buckets=[STATE, f"mlops-test-{ACCOUNT}-{REGION}"],
                         roles={"ClusterRole": ["eks.amazonaws.com"], "NodeRole": NODE, "EbsCsiRole": POD, "EfsCsiRole": POD},
                         tries=({},))),
    ("mlops-stage", expect(None, {"SetName", "StageName", "ArtefactKeyArn", "AvailabilityZones"}, STAGE_SSM, tries=({},))),
]  # fmt: skip


class Account:
    """One blueprint tried in an account of its own: creates, reads, and collects what is wrong."""

    def __init__(self, name, want, values):
        self.want, self.wrong, self.zones = want, [], int(values.get("AzCount", 2))
        self.template = yaml.load((FOLDER / name / "template.yaml").read_text(), Template)
        self.blueprint = yaml.safe_load((FOLDER / name / "blueprint.yaml").read_text())
        self.left_out = [k for k, r in self.template["Resources"].items() if r["Type"] in ABSENT]
        for logical in self.left_out:
            del self.template["Resources"][logical]
        self.ec2 = client("ec2")
        self.gateway = self.ec2.create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
        self.create(values)

    def same(self, what, have, want):
        if have != want:
            self.wrong.append(f"{what}: is {have!r}, must be {want!r}")

    def parameters(self, values):
        """The blueprint's own defaults under the template's names, over them what is given."""
        chosen = {}
        for key, about in self.blueprint["parameters"].items():
            name = key if key in self.template["Parameters"] else "".join(w.capitalize() for w in key.split("_"))
            if about.get("in_template", True):
                default = about.get("default")
                text = ",".join(default) if isinstance(default, list) else str(default)
                chosen[name] = text.lower() if isinstance(default, bool) else text
        chosen |= {k: v for k, v in (GIVEN | {"TransitGatewayId": self.gateway} | values).items() if k in chosen}
        self.same("the parameters", set(chosen), set(self.template["Parameters"]))
        return [{"ParameterKey": k, "ParameterValue": v} for k, v in chosen.items()]

    def create(self, values):
        made, parameters = client("cloudformation"), self.parameters(values)
        without_false(self.template, {p["ParameterKey"]: p["ParameterValue"] for p in parameters})
        made.create_stack(StackName=STACK, TemplateBody=json.dumps(self.template, default=str),
                          Parameters=parameters, Capabilities=["CAPABILITY_IAM"])  # fmt: skip
        stack = made.describe_stacks(StackName=STACK)["Stacks"][0]
        self.same("the stack", stack["StackStatus"], "CREATE_COMPLETE")
        self.outputs = {o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", [])}
        rows = made.describe_stack_resources(StackName=STACK)["StackResources"]
        self.ids = {r["LogicalResourceId"]: r.get("PhysicalResourceId", "") for r in rows if "LogicalResourceId" in r}
        self.same("resources that were not created", set(self.template["Resources"]) - set(self.ids), set())

    # ---- The network ----

    def check_network(self):
        here = [{"Name": "vpc-id", "Values": [self.ids["Vpc"]]}]
        found = {s["CidrBlock"]: s for s in self.ec2.describe_subnets(Filters=here)["Subnets"]}
        kinds = {kind: (ranges[: self.zones], routes) for kind, (ranges, routes) in self.want.network.items()}
        self.same("the subnets", sorted(found), sorted(r for ranges, _ in kinds.values() for r in ranges))
        tables = self.ec2.describe_route_tables(Filters=here)["RouteTables"]
        for kind, (ranges, routes) in kinds.items():
            for zone, cidr in zip("abc", ranges):
                if cidr in found:
                    self.check_subnet(f"{kind} subnet {cidr}", found[cidr], REGION + zone, tables, routes)
        self.subnets = {k: [found[r]["SubnetId"] for r in ranges if r in found] for k, (ranges, _) in kinds.items()}
        inside = {"private": self.subnets["private"], "vpc": self.ids["Vpc"]}
        self.same("output VpcId", self.outputs.get("VpcId"), inside["vpc"])
        self.same("output PrivateSubnetIds", self.outputs.get("PrivateSubnetIds"), ",".join(inside["private"]))
        self.check_ways_out(here)
        self.check_security_groups(here)

    def check_subnet(self, what, subnet, zone, tables, routes):
        self.same(f"{what}: zone", subnet["AvailabilityZone"], zone)
        self.same(f"{what}: gives public addresses", subnet["MapPublicIpOnLaunch"], False)
        own = [t for t in tables if any(a.get("SubnetId") == subnet["SubnetId"] for a in t["Associations"])]
        self.same(f"{what}: route tables of its own", len(own), 1)
        have = {}
        for route in (r for t in own for r in t["Routes"] if "DestinationCidrBlock" in r):
            target = route.get("NatGatewayId") or route.get("TransitGatewayId") or route.get("GatewayId", "?")
            if target != "local":
                have[route["DestinationCidrBlock"]] = target.split("-")[0]
        self.same(f"{what}: routes", have, routes)

    def check_ways_out(self, here):
        attached = [{"Name": "attachment.vpc-id", "Values": here[0]["Values"]}]
        closed = self.want.network is CLOSED
        self.same("internet gateways", len(self.ec2.describe_internet_gateways(Filters=attached)["InternetGateways"]), 0 if closed else 1)
        nats = self.ec2.describe_nat_gateways(Filter=here)["NatGateways"]
        self.same("NAT gateways' subnets", [n["SubnetId"] for n in nats], [] if closed else self.subnets["public"][:1])
        endpoints = self.ec2.describe_vpc_endpoints(Filters=here)["VpcEndpoints"]
        faces = [e for e in endpoints if e["VpcEndpointType"] == "Interface"]
        self.same("interface endpoints", sorted(e["ServiceName"] for e in faces), sorted(ENDPOINTS) if closed else [])
        for e in faces:
            self.same(f"{e['ServiceName']}: subnets", e["SubnetIds"], self.subnets["private"])
            self.same(f"{e['ServiceName']}: private DNS", e["PrivateDnsEnabled"], True)
        gateways = [(e["ServiceName"], e["RouteTableIds"]) for e in endpoints if e["VpcEndpointType"] == "Gateway"]
        s3 = [(f"com.amazonaws.{REGION}.s3", [self.ids["PrivateRouteTable"]])]
        self.same("gateway endpoints", gateways, s3 if closed else [])
        if closed:
            made = self.ec2.describe_transit_gateway_vpc_attachments()["TransitGatewayVpcAttachments"]
            self.same("the attachment's subnets", [a["SubnetIds"] for a in made], [self.subnets["transit"]])

    def check_security_groups(self, here):
        for group in self.ec2.describe_security_groups(Filters=here)["SecurityGroups"]:
            rules = group["IpPermissions"]
            given = {r["CidrIp"] for p in rules for r in p["IpRanges"]} | {r["CidrIpv6"] for p in rules for r in p["Ipv6Ranges"]}
            self.same(f"{group['GroupName']}: open to", given & ANYWHERE, set())
            if group["GroupId"] == self.ids.get("EndpointSecurityGroup"):
                self.same("the endpoints' group lets in", given, {GIVEN["VpcCidr"]})
        if "WorkloadSecurityGroup" in self.ids:
            self.same("output SecurityGroupId", self.outputs.get("SecurityGroupId"), self.ids["WorkloadSecurityGroup"])

    # ---- What else the account has ----

    def check_ssm(self):
        found = client("ssm").get_parameters_by_path(Path="/", Recursive=True, MaxResults=10)["Parameters"]
        have = {p["Name"]: p["Value"] for p in found if not p["Name"].startswith("/aws")}
        self.same("SSM names", set(have), set(self.want.ssm))
        self.same("SSM names promised", set(self.blueprint["provides_ssm"]), set(self.want.ssm))
        for name, source in self.want.ssm.items():
            self.same(f"SSM {name}", have.get(name), self.value(source))

    def value(self, source):
        """What an SSM parameter must say: a literal, the network, a role's or the bus's name."""
        if source[0] == "=":
            return source[1:]
        if source == "private":
            return ",".join(self.subnets["private"])
        if source.endswith("Role"):
            return client("iam").get_role(RoleName=self.ids[source])["Role"]["Arn"]
        if source == "EventBus":
            return client("events").describe_event_bus(Name=f"{STACK}-bus")["Arn"]
        return self.ids["Vpc" if source == "vpc" else source]

    def check_buckets(self):
        s3 = client("s3")
        names = {b["Name"] for b in s3.list_buckets()["Buckets"]}
        self.same("buckets", names, self.want.buckets)
        for name in names:
            self.same(f"{name}: versioning", s3.get_bucket_versioning(Bucket=name).get("Status"), "Enabled")
            rule = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"][0]
            self.same(f"{name}: encryption", rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"], "AES256")
            block = s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]
            self.same(f"{name}: public access blocked", set(block.values()), {True})
            deny = json.loads(s3.get_bucket_policy(Bucket=name)["Policy"])["Statement"][0]
            self.same(f"{name}: TLS only", (deny["Effect"], deny["Condition"]), ("Deny", {"Bool": {"aws:SecureTransport": "false"}}))

    def check_roles(self):
        found = {r["RoleName"]: r["AssumeRolePolicyDocument"] for r in client("iam").list_roles()["Roles"]}
        self.same("roles", set(found), {self.ids.get(k) for k in self.want.roles})
        for logical, trusted in self.want.roles.items():
            trust = found.get(self.ids.get(logical), {"Statement": []})
            who = [s["Principal"] for s in trust["Statement"]]
            if trusted is POD:
                self.same(f"{logical}: trusts", who, [{"Federated": self.ids["OidcProvider"]}])
                continue
            services = [p.get("Service") for p in who]
            self.same(f"{logical}: trusts", services, [trusted if len(trusted) > 1 else trusted[0]])
            self.same(f"{logical}: named by the stack", self.ids[logical].startswith(f"{STACK}-{logical}-"), True)

    def check_studio(self):
        domains = client("sagemaker").list_domains()["Domains"]
        self.same("Studio domains", [d["DomainName"] for d in domains], ["ML-Shared-Services-Domain"] if self.want.studio else [])
        for domain in domains:
            have = client("sagemaker").describe_domain(DomainId=domain["DomainId"])
            self.same("Studio: network", (have["AppNetworkAccessType"], have["SubnetIds"]), ("VpcOnly", self.subnets["private"]))

    def check(self):
        if self.want.network:
            self.check_network()
        for look in (self.check_ssm, self.check_buckets, self.check_roles, self.check_studio):
            look()
        self.same("outputs", set(self.outputs), self.want.outputs)
        return self.wrong


def main(chosen):
    there = {p.parent.name for p in FOLDER.glob("*/template.yaml")}
    faults = [f"{name}: has no row in the table" for name in sorted(there - {name for name, _ in TABLE})]
    left_out, tried = {}, 0
    teach()
    for name, want in TABLE:
        for values in want.tries if not chosen or name in chosen else ():
            what = " ".join([name, *(f"{k}={v}" for k, v in values.items())])
            with mock_aws():
                try:
                    account = Account(name, want, values)
                    wrong, made = account.check(), len(account.ids)
                    left_out |= {f"{name} {k}": account_type(name, k) for k in account.left_out}
                except Exception as error:  # whatever moto refuses is the template's fault until shown otherwise
                    wrong, made = [f"{type(error).__name__}: {error}"], 0
            tried += 1
            faults += [f"{what}: {line}" for line in wrong]
            print(f"{'wrong' if wrong else 'ok   '}  {what}: {made} resources")
    for what, kind in sorted(left_out.items()):
        print(f"left out  {what} ({kind}): {ABSENT[kind]}")
    print(f"{tried} stacks, {len(left_out)} resources left out, {len(faults)} faults", *faults, sep="\n")
    return 1 if faults or not tried else 0


def account_type(name, logical):
    text = (FOLDER / name / "template.yaml").read_text()
    return re.search(rf"^  {logical}:\n    Type: (\S+)", text, re.M)[1]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
