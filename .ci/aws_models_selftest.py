"""Breaks a call in every way aws_models.py knows, and expects it to notice."""

import json
import sys
import urllib.parse

from aws_models import Wrong, check_call

PROVISION = {
    "ProvisionedProductName": "vend-01",
    "ProductId": "prod-1234567890123",
    "ProvisioningArtifactId": "pa-1234567890123",
    "ProvisionToken": "01J0",
    "ProvisioningParameters": [{"Key": "AccountName", "Value": "team-a"}],
}
PUT = {"TableName": "vend", "Item": {"pk": {"S": "a"}}, "ReturnConsumedCapacity": "TOTAL"}
STACK = {
    "StackName": "vend-01",
    "TemplateBody": "{}",
    "TimeoutInMinutes": "30",
    "DisableRollback": "true",
    "Capabilities.member.1": "CAPABILITY_NAMED_IAM",
    "Parameters.member.1.ParameterKey": "Cidr",
    "Parameters.member.1.ParameterValue": "10.0.0.0/16",
}
ATTRIBUTES = {
    "TopicArn": "arn:aws:sns:eu-west-1:111122223333:vend",
    "Protocol": "email",
    "Attributes.entry.1.key": "FilterPolicy",
    "Attributes.entry.1.value": "{}",
}
TEXT_PATH = "/bots/BOTID12345/botAliases/ALIAS12345/botLocales/en_US/sessions/abc/text"


def call(service, body="", target=None, method="POST", path="/", query="", headers=None):
    return dict(
        service=service, body=body, target=target, method=method, path=path, query=query, headers=headers or {}
    )


def in_json(service, target, value):
    return call(service, json.dumps(value), target)


def provision(**more):
    value = {key: item for key, item in {**PROVISION, **more}.items() if item is not ...}
    return in_json("servicecatalog", "AWS242ServiceCatalogService.ProvisionProduct", value)


def put(**more):
    return in_json("dynamodb", "DynamoDB_20120810.PutItem", {**PUT, **more})


def form(service, version, action, fields):
    return call(service, urllib.parse.urlencode({"Action": action, "Version": version, **fields}))


def stack(**more):
    fields = {key.replace("__", "."): value for key, value in more.items()}
    return form("cloudformation", "2010-05-15", "CreateStack", {**STACK, **fields})


def text(path=TEXT_PATH, body=None, query=""):
    return call("lexv2-runtime", json.dumps({"text": "hello"} if body is None else body), path=path, query=query)


FINE = {
    "ProvisionProduct": provision(),
    "PutItem": put(),
    "CreateStack": stack(),
    "Subscribe": form("sns", "2010-03-31", "Subscribe", ATTRIBUTES),
    "GetCallerIdentity": form("sts", "2011-06-15", "GetCallerIdentity", {}),
    "RecognizeText": text(),
    "DescribeBotAlias": call("lexv2-models", method="GET", path="/bots/BOTID12345/botaliases/ALIAS12345"),
    "DescribeAccount": in_json("organizations", "AWSOrganizationsV20161128.DescribeAccount", {"AccountId": "1" * 12}),
}

BROKEN = [
    ("is required", provision(ProvisionedProductName=...)),
    ("is required", provision(ProvisioningPreferences={}, ProvisionToken=...)),
    ("has no member Colour", provision(Colour="red")),
    ("has no member Key2", provision(ProvisioningParameters=[{"Key2": "x"}])),
    ("is no string", provision(ProductId=5)),
    ("is no list", provision(ProvisioningParameters={})),
    ("is no structure", provision(ProvisioningParameters=["x"])),
    ("is null", provision(PathId=None)),
    ("does not match", provision(ProvisionedProductName="-starts-wrong")),
    ("does not match", provision(ProvisionToken="has blanks in it")),
    ("has a length of 101", provision(ProductId="x" * 101)),
    ("has a length of 0", provision(ProductId="")),
    ("has no operation Provision", in_json("servicecatalog", "AWS242ServiceCatalogService.Provision", {})),
    ("has no target", in_json("servicecatalog", "Other.ProvisionProduct", PROVISION)),
    ("takes no input", in_json("organizations", "AWSOrganizationsV20161128.DescribeOrganization", {"A": 1})),
    ("is none of", put(ReturnConsumedCapacity="SOME")),
    ("exactly one member", put(Item={"pk": {"S": "a", "N": "1"}})),
    ("exactly one member", put(Item={"pk": {}})),
    ("is no boolean", put(Item={"pk": {"BOOL": "true"}})),
    ("is not base64", put(Item={"pk": {"B": "%%"}})),
    ("is no map", put(Item=[])),
    ("is out of range", in_json("dynamodb", "DynamoDB_20120810.Query", {"TableName": "vend", "Limit": 0})),
    ("is no integer", in_json("dynamodb", "DynamoDB_20120810.Query", {"TableName": "vend", "Limit": "5"})),
    ("does not match", in_json("organizations", "AWSOrganizationsV20161128.DescribeAccount", {"AccountId": "12"})),
    ("has no member Colour", stack(Colour="red")),
    ("has no member Parameters.member.3", stack(Parameters__member__3__ParameterKey="gap")),
    ("is no integer", stack(TimeoutInMinutes="soon")),
    ("is no boolean", stack(DisableRollback="yes")),
    ("is none of", stack(Capabilities__member__1="CAPABILITY_FLY")),
    ("is out of range", stack(TimeoutInMinutes="0")),
    ("has a length of", stack(ClientRequestToken="t" * 129)),
    ("is required", form("cloudformation", "2010-05-15", "CreateStack", {})),
    ("names another version", form("cloudformation", "2011-05-15", "CreateStack", STACK)),
    ("has no member Attributes.entry.2", form("sns", "2010-03-31", "Subscribe", {**ATTRIBUTES, "Attributes.entry.2.value": "x"})),
    ("has no member TopicName", form("sns", "2010-03-31", "Subscribe", {**ATTRIBUTES, "TopicName": "x"})),
    ("has no operation POST /bots", text(path="/bots/BOTID12345/text")),
    ("has a length of", text(path=TEXT_PATH.replace("BOTID12345", "SHORT"))),
    ("has no operation GET", call("lexv2-models", method="GET", path="/bots/BOTID12345/ALIAS12345")),
    ("does not match", text(path=TEXT_PATH.replace("abc", "a%20c"))),
    ("has a length of", text(body={"text": ""})),
    ("is required", text(body={})),
    ("is none of", text(body={"text": "a", "sessionState": {"dialogAction": {"type": "Sing"}}})),
    ("does not belong into the body", text(body={"text": "a", "botId": "BOTID12345"})),
    ("has no query parameter", text(query="loud=1")),
]


def main():
    problems = []
    for name, one in FINE.items():
        try:
            if check_call(one) != name:
                problems.append(f"{name} was taken for another operation")
        except Wrong as wrong:
            problems.append(f"a fine {name} was refused: {wrong}")
    for words, one in BROKEN:
        try:
            problems.append(f"{check_call(one)} should have been refused ({words}): {one['body'] or one['path']}")
        except Wrong as wrong:
            if words not in str(wrong):
                problems.append(f"expected {words!r}, found: {wrong}")
    print(*problems, sep="\n", file=sys.stderr)
    print(f"self-test: {len(FINE)} fine calls pass and {len(BROKEN)} broken ones are caught" if not problems else "self-test failed")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
