"""A stack and the stacks nested in it: which resources there are, their links, their properties worked out.

**Source:** AWS CloudFormation User Guide, "Nested stacks", "Conditions", "DependsOn".
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from reachsim.errors import Fault, SnapshotError
from reachsim.importers.cloudformation.assets import asset_of
from reachsim.importers.cloudformation.cycles import check_cycles
from reachsim.importers.cloudformation.intrinsics import Evaluator, Unknown, parameters_of
from reachsim.importers.cloudformation.kinds import ATTRIBUTES, REFS_TO_ARN, kind_of_type, record, snake, translate
from reachsim.importers.cloudformation.template import Template, Values, read_template
from reachsim.importers.planned import Home, Resource, attribute, name_resources
from reachsim.importers.planned.resource import words_within
from reachsim.importers.planned.symbols import NAMED, PREFIXES, firewall_endpoints, of_other_files
from reachsim.services import dns_suffix, partition_of

_STACK: Final = "AWS::CloudFormation::Stack"
_SPREAD: Final = {
    "AWS::EC2::VPNGatewayRoutePropagation": "route_table_ids", "AWS::Route53::RecordSetGroup": "record_sets",
}  # fmt: skip
"""Types that stand for several of our resources, and the property that lists them."""
MAX_FOLDERS: Final = 20
"""Of the end of a TemplateURL that are looked for below the root."""
MAX_STACKS: Final = 100
NO_UUID: Final = "00000000-0000-0000-0000-000000000000"
"""Ends the id of a stack that is not made yet: templates take such ids apart at their hyphens."""


@dataclass(slots=True)
class Family:
    """The stacks that are made together, and the exports that are being looked up among them."""

    stacks: list[Stack] = field(default_factory=list)
    importing: list[str] = field(default_factory=list)


class Stack:
    """One stack: its own resources and, by logical id, the stacks nested in it."""

    def __init__(
        self, template: Template, given: Mapping[str, Any], home: Home, *, path: str = "", name: str = "stack",
        physical: Mapping[str, str] | None = None, zones: tuple[str, ...] = (), files: tuple[Path, ...] = (),
        imports: Mapping[str, str] | None = None, root: Path | None = None, live: Mapping[str, str] | None = None,
        family: Family | None = None,
    ) -> None:  # fmt: skip
        self.template = template
        self.home = home
        self.path = path
        self.name = name
        self.zones = zones
        self.files = files
        self.root = root or template.folder
        """No template of a nested stack is read from outside this folder."""
        self.touched: dict[str, str] = {}
        """Ids that a nested stack gets whose template is not there, and which stack."""
        self.physical = physical or {}
        self.live = live or {}
        """What the snapshot below declares, and where."""
        self.others = of_other_files(self.live, {template.file})
        self.unsupported: list[tuple[str, str]] = list(template.unsupported)
        self.warnings: list[str] = []
        self.presumed: list[tuple[str, str]] = []
        self.maybe: dict[str, str] = {}
        """Why it is not known whether a resource will be there."""
        account, region = home
        pseudo = {
            "AWS::AccountId": account, "AWS::Region": region, "AWS::Partition": partition_of(region),
            "AWS::URLSuffix": dns_suffix(region), "AWS::StackName": name, "AWS::NotificationARNs": [],
            "AWS::StackId": f"arn:{partition_of(region)}:cloudformation:{region}:{account}:stack/{name}/{NO_UUID}",
        }  # fmt: skip
        pseudo |= {key: value for key, value in given.items() if key in pseudo}
        self.parameters, missing = parameters_of(template, given, pseudo)
        if missing:
            told = f"parameters without a value: {', '.join(missing)}; what rests on them is not known"
            self.warnings.append(f"{template.file}: {told} (--parameters FILE gives them)")
        self.imports = imports or {}
        self.family = family or Family()
        self.evaluator = Evaluator(template, self.parameters, self._lookup, self._import, zones)
        self.declared: dict[str, Values] = {}
        for logical_id, held in template.section("Resources").items():
            if self._wanted(logical_id, held):
                self.declared[logical_id] = held
        check_cycles(template, self.declared)
        self.resources: dict[str, Resource] = {}
        self.nested: dict[str, Stack | None] = {}
        self._naming: dict[str, Values] = {}
        self._named()
        self._outputs: dict[str, Any] = {}
        self._opening: set[str] = set()
        self.family.stacks.append(self)

    def _wanted(self, logical_id: str, held: Values) -> bool:
        condition = held.get("Condition")
        if not isinstance(condition, str):
            return True
        truth = self.evaluator.condition(condition)
        if isinstance(truth, Unknown):
            self.warnings.append(f"{logical_id}: whether condition {condition} holds is not known ({truth.why})")
            self.maybe[logical_id] = f"condition {condition} rests on {truth.why}"
            return True
        return truth

    def _named(self) -> None:
        """Ids first: those that are their names need these worked out, which may only refer to ids."""
        for logical_id, held in self.declared.items():
            if held["Type"] == _STACK:
                continue
            address = f"{self.path}{logical_id}"
            kind = kind_of_type(held["Type"])
            self.resources[logical_id] = Resource(
                kind, address, {}, self.home, self.template.place(logical_id), id=self.physical.get(logical_id, ""),
                maybe=self.maybe.get(logical_id, ""),
            )  # fmt: skip
        name_resources([one for one in self.resources.values() if one.kind not in NAMED], self.others)
        names = ("BucketName", "RoleName", "ManagedPolicyName", "InstanceProfileName", "RepositoryName", "LogGroupName",
                 "ClusterName", "ServiceName", "FunctionName", "Name", "Family", "TopicName", "TableName", "Path",
                 "QueueName", "UserName", "FirewallName", "FirewallPolicyName", "RuleGroupName", "LoadBalancerName",
                 "Scheme", "Type")  # fmt: skip
        for logical_id in self.resources:
            properties = self.declared[logical_id].get("Properties")
            held = {key: properties[key] for key in names if key in properties} if isinstance(properties, dict) else {}
            self._naming[logical_id] = held
        for logical_id in list(self._naming):
            self._name(logical_id)

    def _name(self, logical_id: str) -> None:
        """Work out a name, which may be put together from other names."""
        held = self._naming.pop(logical_id, None)
        if held is None:
            return
        resource = self.resources[logical_id]
        values, _ = translate(self.declared[logical_id]["Type"], self.evaluator.within(logical_id, held))
        resource.values |= {key: one for key, one in values.items() if isinstance(one, str)}
        name_resources([resource], self.others)

    # --- references ---------------------------------------------------------------------------------------------------

    def _lookup(self, logical_id: str, name: str | None) -> Any:
        held = self.declared[logical_id] if hasattr(self, "declared") else None
        if held is None:
            raise KeyError(logical_id)
        if held["Type"] == _STACK:
            return self._nested_value(logical_id, name)
        resource = self.resources.get(logical_id)
        if resource is None:
            raise KeyError(logical_id)
        self._name(logical_id)
        if name is None:
            return self._ref(resource)
        if resource.kind == "aws_networkfirewall_firewall" and name == "EndpointIds":
            return self._endpoints_of(logical_id, resource)
        if resource.kind == "aws_subnet" and name == "Ipv6CidrBlocks":
            return Unknown(f"{logical_id}.{name}")
        own = ATTRIBUTES.get(name, snake(name))
        if name == "VpcId" and resource.kind == "aws_vpc":
            own = "id"
        self._fill(logical_id)
        value = attribute(resource, own)
        if own == "dns_entry" and isinstance(value, list):
            return [f"{one['hosted_zone_id']}:{one['dns_name']}" for one in value]
        if own == "arn" and resource.kind == "aws_cloudwatch_log_group":
            return f"{value}:*"
        if name == "CidrBlockAssociations" or value is None:
            return Unknown(f"{logical_id}.{name}")
        return value

    def _endpoints_of(self, logical_id: str, resource: Resource) -> Any:
        """A firewall's endpoints as ``ZONE:ID``; in which order AWS lists them is not told."""
        self._fill(logical_id)
        made = [f"{self._zone_of(subnet)}:{endpoint}" for subnet, endpoint in firewall_endpoints(resource).items()]
        if not made or "subnet_mapping" in resource.unknown:
            return Unknown(f"{logical_id}.EndpointIds")
        if len(made) > 1:
            told = "in which order AWS lists its endpoints is not told; taken by Availability Zone"
            self.presumed.append((f"{self.path}{logical_id}", f"{self.path}{logical_id}: {told}"))
        return made if len(made) == 1 else sorted(made)

    def _zone_of(self, subnet: str) -> str:
        for logical_id, one in self.resources.items():
            if one.id == subnet:
                self._fill(logical_id)
                return one.text("availability_zone") or subnet
        return subnet

    def _ref(self, resource: Resource) -> Any:
        if resource.kind == "aws_eip":
            return attribute(resource, "public_ip") or Unknown(f"the address of {resource.address}")
        if resource.kind in REFS_TO_ARN:
            return attribute(resource, "arn") or resource.id
        if resource.kind not in PREFIXES and resource.kind not in NAMED:
            return Unknown(f"what Ref gives of {resource.address}")
        return resource.id

    def _fill(self, logical_id: str) -> None:
        """Simple properties of a resource that an attribute may repeat."""
        resource = self.resources[logical_id]
        properties = self.declared[logical_id].get("Properties") or {}
        for key in (
            "VpcId",
            "CidrBlock",
            "AvailabilityZone",
            "PrivateIpAddress",
            "ServiceName",
            "SubnetIds",
            "Path",
            "SubnetMappings",
            "Scheme",
            "Type",
        ):
            if isinstance(properties, dict) and key in properties:
                worked = {key: self.evaluator.within(logical_id, properties[key])}
                values, _ = translate(self.declared[logical_id]["Type"], worked)
                for name, one in values.items():
                    resource.values.setdefault(name, one)
                    if not resource.values[name]:
                        resource.values[name] = one

    def _nested_value(self, logical_id: str, name: str | None) -> Any:
        if name is None:
            return f"{self.parameters['AWS::StackId']}-{logical_id}"
        nested = self._nested(logical_id)
        if nested is None:
            return Unknown(f"{logical_id}.{name} (its template is not there)")
        return nested.output(name.removeprefix("Outputs."))

    def output(self, name: str) -> Any:
        """The value of an output; Unknown if there is none."""
        if name not in self._outputs:
            held = self.template.section("Outputs").get(name)
            value = self.evaluator.value(held["Value"]) if isinstance(held, dict) and "Value" in held else None
            self._outputs[name] = Unknown(f"no output {name}") if value is None else value
        return self._outputs[name]

    def exported(self) -> Iterator[tuple[str, str]]:
        """(name of an export, the output that it gives) of this stack alone."""
        for name, held in self.template.section("Outputs").items():
            export = held.get("Export") if isinstance(held, dict) else None
            wanted = self.evaluator.condition(held["Condition"]) if export and held.get("Condition") else True
            exported = self.evaluator.value(export.get("Name")) if isinstance(export, dict) and wanted is True else None
            if isinstance(exported, str):
                yield exported, name

    def _import(self, name: str) -> Any:
        """What an export of that name gives: of a stack that is nested beside this one, else of one that is there."""
        if name in self.family.importing:
            told = " → ".join([*self.family.importing, name])
            raise SnapshotError(Fault(self.template.file, "/Outputs", "imports that end", f"a cycle: {told}"))
        self.family.importing.append(name)
        try:
            for stack in list(self.family.stacks):
                stack.open_nested()
            for stack in self.family.stacks:
                own = stack is not self and dict(stack.exported()).get(name)
                if own:
                    return stack.output(own)
        finally:
            self.family.importing.pop()
        if name in self.imports:
            return self.imports[name]
        told = f"{self.template.file}: what the export {name} stands for is not known (--exports FILE gives it)"
        self.warnings += [told] if told not in self.warnings else []
        return Unknown(f"the export {name} of another stack")

    def exports(self) -> dict[str, str]:
        """What the stack and those nested in it export, by name, as far as the template tells it."""
        values = ((exported, self.output(name)) for exported, name in self.exported())
        found = {exported: value for exported, value in values if isinstance(value, str)}
        for nested in self.nested.values():
            found |= nested.exports() if nested is not None else {}
        return found

    def open_nested(self) -> None:
        """Read the templates of the stacks nested in this one, but for those that are being read."""
        for logical_id, held in self.declared.items():
            if held["Type"] == _STACK and logical_id not in self._opening:
                self._nested(logical_id)

    def _nested(self, logical_id: str) -> Stack | None:
        if logical_id not in self.nested:
            self._opening.add(logical_id)
            properties = self.declared[logical_id].get("Properties") or {}
            url = self.evaluator.within(logical_id, properties.get("TemplateURL"))
            file = self._template_file(logical_id, url)
            given = self.evaluator.within(logical_id, properties.get("Parameters") or {})
            if file is None:
                self.touched |= dict.fromkeys(words_within(given), f"{self.path}{logical_id}")
                told = url if isinstance(url, str) else "known only after the deployment"
                why = f"undecidable: everything in its template ({told}), which is no file here (--template-root)"
                self.unsupported.append((f"{self.path}{logical_id} ({_STACK})", why))
                self.nested[logical_id] = None
                return None
            if file in self.files or len(self.files) > MAX_STACKS:
                raise SnapshotError(Fault(self.template.file, f"/Resources/{logical_id}", "nested stacks that end",
                                          f"{file.name} within itself"))  # fmt: skip
            named = file if Path(self.template.file).is_absolute() else Path(os.path.relpath(file))
            self.nested[logical_id] = Stack(
                read_template(named, self.home[1], given), given, self.home, path=f"{self.path}{logical_id}/",
                name=f"{self.name}-{logical_id}", zones=self.zones, files=(*self.files, file),
                imports=self.imports, root=self.root, live=self.live, family=self.family,
            )  # fmt: skip
        return self.nested[logical_id]

    def _template_file(self, logical_id: str, url: Any) -> Path | None:
        """The file that a TemplateURL means: a path from the template's folder or, of an address, its end below the
        root or its last part. Raises SnapshotError for a file outside the root.
        """
        if not isinstance(url, str) or not url:
            return None
        parts = [part for part in re.split(r"[?#]", url)[0].split("/") if part not in ("", ".")][-MAX_FOLDERS:]
        asset = asset_of(self.template.folder, self.declared[logical_id], parts[-1] if parts else "")
        places = [self.template.folder / asset] if asset else []
        places += [self.template.folder / url] if "://" not in url else []
        places += [self.root.joinpath(*parts[start:]) for start in range(len(parts)) if ".." not in parts[start:]]
        places += [self.template.folder / parts[-1]] if parts else []
        for place in places:
            try:
                file = place.resolve()
                there = file.is_file()
            except (OSError, RuntimeError, ValueError):  # no name that a file can have, or a link to itself
                continue
            if there and not file.is_relative_to(self.root.resolve()):
                expected = f"a template in {self.root.name or self.root} (--template-root names another folder)"
                raise SnapshotError(Fault(self.template.file, f"/Resources/{logical_id}/TemplateURL", expected, url))
            if there:
                return file
        return None

    # --- the result ---------------------------------------------------------------------------------------------------

    def all(self) -> Iterator[Resource]:
        """Every resource with its properties worked out, nested stacks included."""
        for logical_id, held in self.declared.items():
            if held["Type"] == _STACK:
                nested = self._nested(logical_id)
                if nested is not None:
                    for one in nested.all():
                        one.maybe = one.maybe or self.maybe.get(logical_id, "")
                        yield one
                    self.unsupported += nested.unsupported
                    self.warnings += nested.warnings
                    self.presumed += nested.presumed
                    self.touched |= nested.touched
                continue
            resource = self.resources[logical_id]
            properties = self.evaluator.within(logical_id, held.get("Properties") or {})
            if not isinstance(properties, dict):
                properties = {}
            resource.values, resource.unknown = translate(held["Type"], properties)
            if held["Type"] == "AWS::EC2::EIPAssociation":
                self._allocation(resource, held.get("Properties") or {})
            yield from self._spread(resource, held["Type"])

    def _allocation(self, resource: Resource, properties: Values) -> None:
        """The address that an association names by its Ref, which is the address that AWS has yet to pick."""
        named = properties.get("EIP")
        own = self.resources.get(str(named["Ref"])) if isinstance(named, dict) and "Ref" in named else None
        if own is not None:
            resource.values["allocation_id"] = own.id
            resource.unknown.discard("eip")

    def _spread(self, resource: Resource, kind: str) -> Iterator[Resource]:
        """One resource of CloudFormation may be several of ours."""
        values = resource.values
        told = any(at.split(".")[0] == "egress" for at in resource.unknown)
        if kind == "AWS::EC2::SecurityGroup" and not values.get("egress") and not told:  # an empty list is none
            values["egress"] = [{"protocol": "-1", "cidr_blocks": ["0.0.0.0/0"], "default": True}]
        if kind == "AWS::IAM::Role" and any(at.startswith("inline_policy") for at in resource.unknown):
            for number, one in enumerate(values.get("inline_policy") or []):
                if isinstance(one, dict) and "policy" not in one:
                    one.setdefault("name", f"policy-{number}")
        if kind not in _SPREAD or resource.open(_SPREAD[kind]):
            yield resource
        if kind == "AWS::ECR::Repository" and ("repository_policy_text" in values
                                               or "repository_policy_text" in resource.unknown):  # fmt: skip
            policy = values.get("repository_policy_text")
            yield self._part(resource, "aws_ecr_repository_policy", repository=resource.id, policy=policy)
        if kind == "AWS::S3::Bucket" and isinstance(values.get("public_access_block"), dict):
            yield self._part(resource, "aws_s3_bucket_public_access_block", bucket=resource.id,
                             **values["public_access_block"])  # fmt: skip
        if kind == "AWS::Route53::RecordSetGroup":
            for one in values.get("record_sets") or []:
                if isinstance(one, dict):
                    record(one)
                    one.setdefault("zone_id", values.get("hosted_zone_id", ""))
                    yield self._part(resource, "aws_route53_record", **one)
        if kind == "AWS::EC2::VPNGatewayRoutePropagation":
            for table in values.get("route_table_ids") or []:
                yield self._part(resource, "aws_vpn_gateway_route_propagation", route_table_id=table,
                                 vpn_gateway_id=values.get("vpn_gateway_id"))  # fmt: skip
        for whose in ("users", "groups") if kind in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy") else ():
            name = values.get("name") or resource.id
            attached = {"policy_arn": attribute(resource, "arn")} if kind.endswith("ManagedPolicy") else {
                "policy": values.get("policy"), "name": name}  # fmt: skip
            if values.get(whose):
                part = {"users": "aws_iam_user_policy", "groups": "aws_iam_group_policy"}[whose]
                yield self._part(resource, part, **{whose: values[whose]}, **attached)

    def _part(self, resource: Resource, kind: str, **values: Any) -> Resource:
        return Resource(
            kind, f"{resource.address} ({kind})", values, self.home, resource.place, id=f"{resource.id}#{kind}",
            maybe=resource.maybe,
        )  # fmt: skip
