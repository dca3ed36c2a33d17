"""A plan that deletes something of a live snapshot leaves what an import without it makes, and creates likewise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reachsim.api import load
from reachsim.importers import import_terraform
from reachsim.importers.planned import attribute, name_resources
from reachsim.importers.terraform.importing import _Homes, _resources
from reachsim.importers.terraform.plan import read_plan
from reachsim.importers.terraform.references import Resolver
from reachsim.importers.terraform.sources import Sources
from tests.importers.test_pipelines_terraform import REGION, nat
from tests.plans import PlanJson, Ref

ANYTHING = json.dumps({"Statement": []})
DENY = json.dumps({"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}]})
COMPUTED = ("allocation_id", "main_route_table_id", "default_network_acl_id", "default_security_group_id", "zone_id",
            "prefix_list_id", "arn")  # fmt: skip
LOGS = 'aws_vpc_endpoint.interface["logs"].id'
ZONE_A = 'aws_subnet.private["a"].id'


def everything() -> PlanJson:
    plan = PlanJson(region=REGION)
    nat(plan)
    add = plan.add
    vpc, build = Ref("aws_vpc.this.id"), Ref("aws_security_group.build.id")
    add("aws_vpc_endpoint_policy.logs", vpc_endpoint_id=Ref(LOGS), policy=DENY)
    add("aws_vpc_endpoint_subnet_association.x", subnet_id=Ref('aws_subnet.public["a"].id'), vpc_endpoint_id=Ref(LOGS))
    add("aws_vpc_endpoint_security_group_association.x", security_group_id=build, vpc_endpoint_id=Ref(LOGS))
    add("aws_instance.c", ami="ami-1", subnet_id=Ref(ZONE_A), vpc_security_group_ids=build)
    add("aws_eip.free", domain="vpc")
    add("aws_eip_association.x", allocation_id=Ref("aws_eip.free.id"), instance_id=Ref("aws_instance.c.id"))
    add("aws_network_interface.second", subnet_id=Ref('aws_subnet.private["b"].id'), security_groups=build)
    second = Ref("aws_network_interface.second.id")
    add("aws_network_interface_attachment.a", instance_id=Ref("aws_instance.c.id"), network_interface_id=second,
        device_index=1)  # fmt: skip
    add("aws_network_interface_sg_attachment.a", security_group_id=Ref("aws_security_group.endpoints.id"),
        network_interface_id=second)  # fmt: skip
    add("aws_network_acl.n", vpc_id=vpc)
    add("aws_network_acl_association.n", network_acl_id=Ref("aws_network_acl.n.id"), subnet_id=Ref(ZONE_A))
    add("aws_network_acl_rule.n", network_acl_id=Ref("aws_network_acl.n.id"), rule_number=50, egress=False,
        protocol="tcp", rule_action="deny", cidr_block="10.9.0.0/16", from_port=1, to_port=2)  # fmt: skip
    add("aws_main_route_table_association.m", vpc_id=vpc, route_table_id=Ref("aws_route_table.private.id"),
        original_route_table_id=Ref("aws_vpc.this.main_route_table_id"))  # fmt: skip
    add("aws_vpn_gateway.v", vpc_id=vpc)
    add("aws_vpn_gateway_route_propagation.v", vpn_gateway_id=Ref("aws_vpn_gateway.v.id"),
        route_table_id=Ref("aws_route_table.private.id"))  # fmt: skip
    add("aws_ec2_managed_prefix_list.p", name="p", address_family="IPv4", max_entries=5)
    add("aws_ec2_managed_prefix_list_entry.e", prefix_list_id=Ref("aws_ec2_managed_prefix_list.p.id"),
        cidr="10.77.0.0/16")  # fmt: skip
    add("aws_vpc_dhcp_options.d", domain_name_servers=["10.20.0.53"])
    add("aws_vpc_dhcp_options_association.d", vpc_id=vpc, dhcp_options_id=Ref("aws_vpc_dhcp_options.d.id"))
    add("aws_vpc_block_public_access_exclusion.o", vpc_id=vpc, internet_gateway_exclusion_mode="allow-bidirectional")
    add("aws_vpc_block_public_access_exclusion.p", subnet_id=Ref(ZONE_A),
        internet_gateway_exclusion_mode="allow-egress")  # fmt: skip
    add("aws_vpc.two", cidr_block="10.21.0.0/16")
    add("aws_vpc_ipv4_cidr_block_association.c", vpc_id=Ref("aws_vpc.two.id"), cidr_block="100.64.0.0/16")
    add("aws_vpc_peering_connection.p", vpc_id=vpc, peer_vpc_id=Ref("aws_vpc.two.id"), auto_accept=True)
    add("aws_route53_zone.z", name="corp.example", vpc=[{"vpc_id": vpc}])
    add("aws_route53_zone_association.z", zone_id=Ref("aws_route53_zone.z.zone_id"), vpc_id=Ref("aws_vpc.two.id"))
    add("aws_route53_record.z", zone_id=Ref("aws_route53_zone.z.zone_id"), name="a.corp.example", type="A", ttl=60,
        records=["10.20.0.9"])  # fmt: skip
    add("aws_ecr_repository_policy.r", repository=Ref("aws_ecr_repository.app.name"), policy=ANYTHING)
    add("aws_ecr_pull_through_cache_rule.r", ecr_repository_prefix="quay", upstream_registry_url="quay.io")
    add("aws_s3_bucket.b", bucket="bkt")
    add("aws_s3_bucket_policy.b", bucket=Ref("aws_s3_bucket.b.id"), policy=ANYTHING)
    add("aws_ecs_cluster.c", name="c")
    add("aws_ecs_service.s", name="s", cluster=Ref("aws_ecs_cluster.c.id"), launch_type="FARGATE",
        network_configuration=[{"subnets": Ref("aws_subnet.private"), "security_groups": build}])  # fmt: skip
    add("aws_lb.l", name="l", internal=True, load_balancer_type="application", subnets=Ref("aws_subnet.private"),
        security_groups=build)  # fmt: skip
    add("aws_lb_target_group.t", name="t", port=80, protocol="HTTP", target_type="instance", vpc_id=vpc)
    group = Ref("aws_lb_target_group.t.arn")
    add("aws_lb_target_group_attachment.t", target_group_arn=group, target_id=Ref("aws_instance.c.id"))
    add("aws_lb_listener.t", load_balancer_arn=Ref("aws_lb.l.arn"), port=80, protocol="HTTP",
        default_action=[{"type": "forward", "target_group_arn": group}])  # fmt: skip
    add("aws_iam_policy.m", name="m", policy=ANYTHING)
    add("aws_iam_role_policy_attachment.m", role=Ref("aws_iam_role.build.name"), policy_arn=Ref("aws_iam_policy.m.arn"))
    add("aws_iam_instance_profile.m", name="ip", role=Ref("aws_iam_role.build.name"))
    transit(plan)
    return plan


def transit(plan: PlanJson) -> None:
    plan.add("aws_ec2_transit_gateway.t", default_route_table_association="disable",
             default_route_table_propagation="disable")  # fmt: skip
    plan.add("aws_ec2_transit_gateway_route_table.t", transit_gateway_id=Ref("aws_ec2_transit_gateway.t.id"))
    table = Ref("aws_ec2_transit_gateway_route_table.t.id")
    for name, vpc, subnets in (("a", "this", "private"), ("b", "two", "two")):
        if name == "b":
            plan.add("aws_subnet.two", vpc_id=Ref("aws_vpc.two.id"), cidr_block="10.21.0.0/24",
                     availability_zone=f"{REGION}a")  # fmt: skip
        plan.add(f"aws_ec2_transit_gateway_vpc_attachment.{name}", vpc_id=Ref(f"aws_vpc.{vpc}.id"),
                 transit_gateway_id=Ref("aws_ec2_transit_gateway.t.id"),
                 subnet_ids=Ref(f"aws_subnet.{subnets}"))  # fmt: skip
        link = {"transit_gateway_route_table_id": table,
                "transit_gateway_attachment_id": Ref(f"aws_ec2_transit_gateway_vpc_attachment.{name}.id")}  # fmt: skip
        plan.add(f"aws_ec2_transit_gateway_route_table_association.{name}", **link)
        plan.add(f"aws_ec2_transit_gateway_route_table_propagation.{name}", **link)
        plan.add(f"aws_ec2_transit_gateway_route.{name}", destination_cidr_block=f"10.{50 + len(vpc)}.0.0/16", **link)


class Applied:
    """A plan as it looks once it was applied: every value known, nothing to do."""

    def __init__(self, plan: PlanJson, folder: Path) -> None:
        self.folder = folder
        self.count = 0
        self.plan = plan.json()
        read = read_plan(self._write(self.plan))
        homes = _Homes(read, None, None, ())
        resources = _resources(read, homes, Sources(read, folder))
        name_resources(resources)
        named = {one.address: one for one in resources}
        resolver = Resolver(read, named)
        for instance in read.instances.values():
            if instance.address in named:
                resolver.resolve(instance)
        self.values: dict[str, dict[str, Any]] = {
            address: one.values | {"id": attribute(one, "id")}
            | {name: value for name in COMPUTED if (value := attribute(one, name)) is not None}
            for address, one in named.items()
        }  # fmt: skip

    def _write(self, plan: dict[str, Any]) -> Path:
        self.count += 1
        path = self.folder / f"{self.count}.json"
        path.write_text(json.dumps(plan), encoding="utf-8")
        return path

    def plan_with(self, *, gone: str = "", new: str = "", never: str = "") -> dict[str, Any]:
        """A plan over what exists that deletes, creates or never knew one resource."""
        made = json.loads(json.dumps(self.plan))
        root = made["planned_values"]["root_module"]
        for held in root["resources"]:
            if held["address"] != new:
                held["values"] = self.values[held["address"]]
        root["resources"] = [held for held in root["resources"] if held["address"] not in (gone, never)]
        changes = []
        for change in made["resource_changes"]:
            address = change["address"]
            if address in (new, never) or change["mode"] == "data":
                changes += [change] if address == new else []
                continue
            values = self.values[address]
            after = None if address == gone else values
            action = "delete" if address == gone else "no-op"
            changes.append(change | {"change": {"actions": [action], "before": values, "after": after,
                                                "after_unknown": {}}})  # fmt: skip
        made["resource_changes"] = changes
        return made

    def files(self, plan: dict[str, Any], onto: Path | None = None) -> tuple[dict[str, Any], Path]:
        out = self.folder / f"out{self.count}"
        import_terraform(self._write(plan), out, onto=onto)
        held = {path.relative_to(out).as_posix(): ordered(json.loads(path.read_text())) for path in out.rglob("*.json")}
        held.pop("snapshot.json")
        return {path: value for path, value in held.items() if not (isinstance(value, dict) and empty(value))}, out


def empty(document: dict[str, Any]) -> bool:
    """Whether an answer says that there is nothing: as good as no answer in an import that stands alone."""
    return all(value in ([], None) for value in document.values())


def ordered(value: Any) -> Any:
    """Without the order of lists, which AWS does not promise."""
    if isinstance(value, dict):
        return {key: ordered(held) for key, held in value.items()}
    if isinstance(value, list):
        return sorted((ordered(held) for held in value), key=lambda held: json.dumps(held, sort_keys=True))
    return value


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Applied:
    return Applied(everything(), tmp_path_factory.mktemp("plans"))


@pytest.fixture(scope="module")
def live(applied: Applied) -> tuple[dict[str, Any], Path]:
    return applied.files(applied.plan_with())


DELETED = (
    "aws_vpc_endpoint_policy.logs", "aws_vpc_endpoint_subnet_association.x",
    "aws_vpc_endpoint_security_group_association.x", "aws_eip_association.x", "aws_network_interface_attachment.a",
    "aws_network_interface_sg_attachment.a", "aws_network_acl_association.n", "aws_network_acl_rule.n",
    "aws_main_route_table_association.m", "aws_vpn_gateway_route_propagation.v", "aws_ec2_managed_prefix_list_entry.e",
    "aws_vpc_dhcp_options_association.d", "aws_vpc_block_public_access_exclusion.p",
    "aws_vpc_ipv4_cidr_block_association.c", "aws_vpc_peering_connection.p", "aws_route53_zone_association.z",
    "aws_route53_record.z", "aws_ecr_repository_policy.r", "aws_ecr_pull_through_cache_rule.r",
    "aws_s3_bucket_policy.b", "aws_ecs_service.s", "aws_lb_target_group_attachment.t", "aws_lb_listener.t",
    "aws_iam_policy.m", "aws_iam_role_policy_attachment.m", "aws_iam_instance_profile.m",
    "aws_ec2_transit_gateway_route_table_association.a", "aws_ec2_transit_gateway_route_table_propagation.a",
    "aws_ec2_transit_gateway_route.a", "aws_route.out", "aws_security_group_rule.endpoints",
    "aws_vpc_security_group_egress_rule.build",
)  # fmt: skip


@pytest.mark.parametrize("address", DELETED)
def test_what_is_deleted_leaves_nothing_behind(
    address: str, applied: Applied, live: tuple[dict[str, Any], Path]
) -> None:
    without, _ = applied.files(applied.plan_with(never=address))
    assert applied.files(applied.plan_with(gone=address), live[1])[0] == without
    assert without != live[0]


@pytest.mark.parametrize(
    "address",
    [
        "aws_vpc_endpoint_subnet_association.x", "aws_vpc_endpoint_security_group_association.x",
        "aws_ec2_transit_gateway_route_table_propagation.a", "aws_vpc_ipv4_cidr_block_association.c",
        "aws_route.out", "aws_network_acl_association.n", "aws_vpc_endpoint_policy.logs",
    ],
)  # fmt: skip
def test_what_is_created_over_a_live_snapshot_is_as_if_it_had_always_been(
    address: str, applied: Applied, live: tuple[dict[str, Any], Path]
) -> None:
    _, before = applied.files(applied.plan_with(never=address))
    assert applied.files(applied.plan_with(new=address), before)[0] == live[0]


def test_a_deleted_gateway_and_address_let_nothing_out(applied: Applied, live: tuple[dict[str, Any], Path]) -> None:
    # what the virtual private gateway propagates to the builds' own table is not known: it may lead past either
    for address in ("aws_internet_gateway.this", "aws_nat_gateway.this"):
        _, out = applied.files(applied.plan_with(gone=address), live[1])
        found = load(out).simulate("codebuild:app", "internet")
        assert found.outcome == "unknown"
        assert "BAD_STATE_ROUTE" in {one.code for one in found.blocked_by}
    held, out = applied.files(applied.plan_with(gone="aws_instance.c"), live[1])
    assert not any("i-c" in json.dumps(one) for path, one in held.items() if "interfaces" in path or "inst" in path)


def test_a_deletion_that_is_not_modelled_is_told(
    applied: Applied, live: tuple[dict[str, Any], Path], tmp_path: Path
) -> None:
    plan = applied.plan_with()
    plan["resource_changes"].append({
        "address": "aws_networkfirewall_firewall.f", "mode": "managed", "type": "aws_networkfirewall_firewall",
        "name": "f", "provider_name": "registry.terraform.io/hashicorp/aws",
        "change": {"actions": ["delete"], "before": {"name": "f", "id": "f"}, "after": None, "after_unknown": {}},
    })  # fmt: skip
    source = tmp_path / "plan.json"
    source.write_text(json.dumps(plan), encoding="utf-8")
    report = import_terraform(source, tmp_path / "out", onto=live[1])
    assert any("aws_networkfirewall_firewall.f" in one.file and "still there" in one.why for one in report.ignored)
