"""The reference pipeline without endpoints of its own: those of a central VPC in another account serve it, by private
hosted zones that the pipeline's VPC is associated with, over a transit gateway or a peering connection.

Source: AWS whitepaper "Building a Scalable and Secure Multi-VPC AWS Network Infrastructure", "Centralized access to VPC
private endpoints".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reachsim import services
from tests.build import AclEntry, Build, Record
from tests.scenarios.pipelines import ACCOUNT, ANYWHERE, REGION, Pipeline

CENTRAL = "333333333333"


def shared(
    link: str = "tgw",
    missing: Sequence[str] = (),
    admits: str = "10.10.0.0/16",
    acl: Sequence[AclEntry] = (),
    policies: Mapping[str, Record] | None = None,
    more: Sequence[str] = (),
    spoke: Pipeline | None = None,
) -> dict[str, bytes]:
    """Both accounts' files.

    Args:
        link: ``tgw`` or ``pcx``.
        missing: What is not there: ``back`` and ``forth`` (routes of the VPCs), ``gateway`` (the transit gateway's
            route back), ``zones`` (the association of the hosted zones with the pipeline's VPC).
        admits: The block that the endpoints' security group lets in.
        acl: Entries of a network ACL of the central VPC's first subnet.
        policies: Endpoint policies by service.
        more: Further services that have an endpoint there.
        spoke: The pipeline, if it is not the usual one without endpoints.
    """
    spoke, central = spoke or Pipeline(endpoints=[]), Build(CENTRAL, REGION, tag="h")
    vpc = central.vpc("10.99.0.0/16")
    table = central.table(vpc, name="t")
    first = central.acl(vpc, acl, name="x") if acl else None
    subnets = [
        central.subnet(vpc, "10.99.1.0/24", f"{REGION}a", table=table, acl=first, name="a"),
        central.subnet(vpc, "10.99.2.0/24", f"{REGION}c", table=table, name="c"),
    ]
    group = central.group(vpc, [("tcp", 443, 443, admits)], [ANYWHERE], name="ep")
    places = [(vpc, REGION)] if "zones" in missing else [(vpc, REGION), ("vpc-1", REGION)]
    for number, service in enumerate(("git-codecommit", "ecr.api", "ecr.dkr", "logs", *more), 20):
        held = {one: f"10.99.{net}.{number}" for net, one in enumerate(subnets, 1)}
        policy = (policies or {}).get(service)
        central.interface_endpoint(
            vpc, service, held, [group], private_dns=False, policy=policy, name=service.replace(".", "-")
        )
        for name in services.private_dns_names(service, REGION):
            central.zone(name.removeprefix("*."), places, [(name, "A", list(held.values()))])
    via = spoke.peering("vpc-1", vpc, peer=central) if link == "pcx" else _joined(spoke, central, subnets, missing)
    if "forth" not in missing:
        for each in ("rtb-build", "rtb-client"):
            spoke.route(each, "10.99.0.0/16", via)
    if "back" not in missing:
        central.route(table, "10.10.0.0/16", via)
    return spoke.files() | central.files()


def _joined(spoke: Pipeline, central: Build, subnets: Sequence[str], missing: Sequence[str]) -> str:
    """A transit gateway of the central account that both VPCs are attached to."""
    gateway = central.tgw()
    spoke._lists["ec2/describe-transit-gateways"].append(central[gateway])
    theirs = central.tgw_attachment(gateway, central[subnets[0]]["VpcId"], subnets)
    mine = central.tgw_attachment(gateway, "vpc-1", [spoke.build_a, spoke.build_c], name="spoke")
    central[mine]["ResourceOwnerId"] = ACCOUNT
    for call in ("describe-transit-gateway-attachments", "describe-transit-gateway-vpc-attachments"):
        rows = [one for one in central._lists[f"ec2/{call}"] if one["TransitGatewayAttachmentId"] == mine]
        spoke._lists[f"ec2/{call}"] += rows
    table = central.tgw_table(gateway)
    for attachment in (theirs, mine):
        central.associate(table, attachment)
    central.tgw_route(table, "10.99.0.0/16", theirs)
    if "gateway" not in missing:
        central.tgw_route(table, "10.10.0.0/16", mine)
    return gateway
