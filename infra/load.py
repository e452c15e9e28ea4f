"""The stacks as data: templates read, expanded and resolved as far as that can be known without an account.

For tests, and for whoever makes what the stacks make by other means: pretended clouds have few of CloudFormation's
types.

    for name, made in load.resources("messaging", "dev").items():
        if made.type == "AWS::SQS::Queue":
            sqs.create_queue(QueueName=made.properties["QueueName"], ...)
    load.settings("dev")["CARTS_TABLE"]     # "aspireclothes-dev-carts": what a deploy puts into the environment

Properties have the form that CloudFormation documents. What only AWS could tell (an id that it chooses, an address that
it gives) is an instance of Unknown: a text such as "network.Vpc", which names the stack and the resource it comes from.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_network
from itertools import islice
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from deploy.settings import ONLY_DEPLOY

FOLDER = Path(__file__).parent
# In the order in which they are made: each imports only from those before it. "firewall" and "certificate" are always
# made in us-east-1, "vault" in another region than the shop.
STACKS = (
    *("network", "data", "messaging", "mail", "identity", "observability", "vault", "backup"),
    *("firewall", "certificate", "edge"),
)
# Only where they are wanted.
OPTIONAL = ("analytics", "name")
ACCOUNT = "123456789012"


class Unknown(str):
    """What only AWS could tell: "<stack>.<resource>" or "<stack>.<resource>.<attribute>"."""


@dataclass(frozen=True)
class Resource:
    """One resource of a stack, resolved."""

    type: str
    properties: dict[str, Any]
    raw: dict[str, Any] = field(repr=False)


@lru_cache
def template(stack: str) -> dict[str, Any]:
    """A stack as it is written, its short forms (!Ref) made long ({"Ref": ...}). Read only: it is kept."""
    found: dict[str, Any] = yaml_parse((FOLDER / f"{stack}.yaml").read_text())
    return found


def expanded(stack: str) -> dict[str, Any]:
    """A stack as CloudFormation would see it: what is SAM's is turned into CloudFormation's own."""
    from samtranslator.parser.parser import Parser  # noqa: PLC0415 - loads boto3 and a second of schemas
    from samtranslator.translator.translator import Translator  # noqa: PLC0415

    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
    known = {name: about.get("Default", "") for name, about in template(stack).get("Parameters", {}).items()}
    source = yaml_parse((FOLDER / f"{stack}.yaml").read_text())
    translated: dict[str, Any] = Translator({}, Parser()).translate(source, known)
    return translated


def resources(
    stack: str, stage: str, *, region: str = "us-east-1", account: str = ACCOUNT, given: Mapping[str, str] | None = None
) -> dict[str, Resource]:
    """What a stack makes, by logical name, without what conditions leave out. given: parameters other than Stage."""
    return Stack(stack, stage, region, account, given or {}).resources()


def settings(stage: str, *, region: str = "us-east-1", account: str = ACCOUNT) -> dict[str, str]:
    """What the stacks tell the shop: each setting with its value, Unknown where only AWS knows it."""
    told = {}
    for stack in STACKS:
        for made in resources(stack, stage, region=region, account=account).values():
            if made.type == "AWS::SSM::Parameter":
                told[made.properties["Name"].rsplit("/", 1)[-1]] = made.properties["Value"]
    return {name: value for name, value in told.items() if name not in ONLY_DEPLOY}


# What Ref gives where we chose the name: the property that holds it.
REFERENCES = {
    "AWS::DynamoDB::Table": "TableName",
    "AWS::Events::EventBus": "Name",
    "AWS::Events::Archive": "ArchiveName",
    "AWS::RDS::DBCluster": "DBClusterIdentifier",
    "AWS::RDS::DBInstance": "DBInstanceIdentifier",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SES::ConfigurationSet": "Name",
    "AWS::SES::EmailIdentity": "EmailIdentity",
    "AWS::SSM::Parameter": "Name",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::AutoScaling::AutoScalingGroup": "AutoScalingGroupName",
    "AWS::Backup::BackupVault": "BackupVaultName",
}
NAMES = {**REFERENCES, "AWS::SQS::Queue": "QueueName", "AWS::SNS::Topic": "TopicName", "AWS::Events::Rule": "Name"}
ARNS = {
    "AWS::DynamoDB::Table": "dynamodb:{region}:{account}:table/{name}",
    "AWS::Events::EventBus": "events:{region}:{account}:event-bus/{name}",
    "AWS::Events::Rule": "events:{region}:{account}:rule/{bus}/{name}",
    "AWS::RDS::DBCluster": "rds:{region}:{account}:cluster:{name}",
    "AWS::RDS::DBInstance": "rds:{region}:{account}:db:{name}",
    "AWS::S3::Bucket": "s3:::{name}",
    "AWS::SNS::Topic": "sns:{region}:{account}:{name}",
    "AWS::SQS::Queue": "sqs:{region}:{account}:{name}",
    "AWS::Backup::BackupVault": "backup:{region}:{account}:backup-vault:{name}",
}
DROPPED = object()


class Stack:
    """One stack, with its parameters known."""

    def __init__(self, name: str, stage: str, region: str, account: str, given: Mapping[str, str]) -> None:
        self.name, self.stage, self.region, self.account = name, stage, region, account
        self.template = template(name)
        defaults = {key: about.get("Default") for key, about in self.template.get("Parameters", {}).items()}
        self.known = {**defaults, **given, "Stage": stage}
        self.pseudo = {
            "AWS::Region": region,
            "AWS::AccountId": account,
            "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::StackName": f"aspireclothes-{stage}-{name}",
            "AWS::NoValue": DROPPED,
        }

    def resources(self) -> dict[str, Resource]:
        made = self.template["Resources"]
        return {
            key: Resource(raw["Type"], self.value(raw.get("Properties", {})), raw)
            for key, raw in made.items()
            if "Condition" not in raw or self.condition(raw["Condition"])
        }

    def outputs(self) -> dict[str, Any]:
        """Exported values by their export's name."""
        return {
            self.value(output["Export"]["Name"]): self.value(output["Value"])
            for output in self.template.get("Outputs", {}).values()
            if "Export" in output and ("Condition" not in output or self.condition(output["Condition"]))
        }

    def value(self, node: Any) -> Any:
        """A part of the template with all that can be known put in."""
        if isinstance(node, list):
            return [found for item in node if (found := self.value(item)) is not DROPPED]
        if not isinstance(node, dict):
            return node
        if len(node) == 1 and (function := next(iter(node))) in FUNCTIONS:
            return FUNCTIONS[function](self, node[function])
        return {key: found for key, item in node.items() if (found := self.value(item)) is not DROPPED}

    def condition(self, node: Any) -> bool:
        if isinstance(node, str):
            return self.condition(self.template["Conditions"][node])
        kind, about = next(iter(node.items()))
        if kind == "Fn::Equals":
            return str(self.value(about[0])) == str(self.value(about[1]))
        if kind == "Condition":
            return self.condition(about)
        answers = [self.condition(part) for part in about]
        return {"Fn::Not": not answers[0], "Fn::And": all(answers), "Fn::Or": any(answers)}[kind]

    def ref(self, name: str) -> Any:
        if name in self.pseudo:
            return self.pseudo[name]
        if name in self.known:
            value = self.known[name]
            return Unknown(f"{self.name}.{name}") if value is None else value
        kind = self.template["Resources"][name]["Type"]
        if kind == "AWS::SQS::Queue":
            return f"https://sqs.{self.region}.amazonaws.com/{self.account}/{self.called(name)}"
        if kind == "AWS::SNS::Topic":
            return self.arn(name)
        return self.called(name) if kind in REFERENCES else Unknown(f"{self.name}.{name}")

    def called(self, name: str) -> Any:
        """The name that we chose for a resource."""
        made = self.template["Resources"][name]
        return self.value(made["Properties"].get(NAMES.get(made["Type"], ""), Unknown(f"{self.name}.{name}")))

    def arn(self, name: str) -> str:
        made = self.template["Resources"][name]
        if made["Type"] not in ARNS:
            return Unknown(f"{self.name}.{name}.Arn")
        bus = self.value(made["Properties"].get("EventBusName", ""))
        form = ARNS[made["Type"]].format(region=self.region, account=self.account, name=self.called(name), bus=bus)
        return f"arn:aws:{form}"

    def attribute(self, path: Any) -> Any:
        name, attribute = path.split(".", 1) if isinstance(path, str) else path
        if attribute in ("Arn", "DBClusterArn", "DBInstanceArn", "BackupVaultArn"):
            return self.arn(name)
        if attribute == "QueueName":
            return self.called(name)
        return Unknown(f"{self.name}.{name}.{attribute}")

    def substituted(self, about: Any) -> str:
        text, own = (about, {}) if isinstance(about, str) else about

        def one(found: re.Match[str]) -> str:
            name = found[1]
            if name.startswith("!"):
                return f"${{{name[1:]}}}"
            if name in own:
                return str(self.value(own[name]))
            return str(self.attribute(name) if "." in name else self.ref(name))

        return re.sub(r"\$\{([^}]+)\}", one, text)

    def imported(self, about: Any) -> Any:
        """Another stack's output, as that one would export it. Raises KeyError where no earlier one does."""
        name = self.value(about)
        order = (*STACKS, *OPTIONAL)
        for stack in order[: order.index(self.name)]:
            exported = Stack(stack, self.stage, self.region, self.account, {}).outputs()
            if name in exported:
                return exported[name]
        raise KeyError(f"{self.name} imports {name}, which no stack before it exports")

    def split(self, about: Any) -> list[str]:
        text = self.value(about[1])
        return [Unknown(part) for part in str(text).split(about[0])]

    def pieces(self, about: Any) -> list[str]:
        """That many blocks of addresses out of a bigger one, each of so many bits."""
        whole, count, bits = (self.value(part) for part in about)
        return [str(block) for block in islice(ip_network(whole).subnets(new_prefix=32 - int(bits)), int(count))]

    def selected(self, about: Any) -> Any:
        found = self.value(about[1])
        return found[int(about[0])] if isinstance(found, list) else Unknown(f"{found}[{about[0]}]")


FUNCTIONS: dict[str, Any] = {
    "Ref": Stack.ref,
    "Fn::GetAtt": Stack.attribute,
    "Fn::Sub": Stack.substituted,
    "Fn::ImportValue": Stack.imported,
    "Fn::If": lambda stack, about: stack.value(about[1] if stack.condition(about[0]) else about[2]),
    "Fn::Join": lambda stack, about: about[0].join(str(part) for part in stack.value(about[1])),
    "Fn::Split": Stack.split,
    "Fn::Select": Stack.selected,
    "Fn::FindInMap": lambda stack, about: stack.template["Mappings"][about[0]][about[1]][str(stack.value(about[2]))],
    "Fn::GetAZs": lambda stack, about: [f"{stack.region}a", f"{stack.region}b"],
    "Fn::Cidr": Stack.pieces,
    "Fn::Base64": lambda stack, about: stack.value(about),
}
