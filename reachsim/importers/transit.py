"""Transit gateway answers that a dump holds only in part: associations, and the routes that propagation makes.

A dump in Batfish's layout has each route table's static routes (``search-transit-gateway-routes`` filtered by type)
and its propagations. What AWS would show besides is derived here where it follows from the dump:

- An attachment's association stands in ``describe-transit-gateway-attachments`` too.
- A VPC attachment propagates its VPC's CIDR blocks, IPv6 only with the attachment's IPv6 support. A static route to
  the same block hides the propagated one.

Not derivable are routes learned by BGP (VPN, Direct Connect, Connect), from peered gateways, and from a VPC that
isn't in the dump. Such a table is written with ``"AdditionalRoutesAvailable": true``, the API's own word for "there
are more routes".

**Source:** Amazon VPC Transit Gateways guide, "How transit gateways work" (route propagation, route evaluation
order).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from reachsim.importers.tree import Document, is_name

ROUTES = "ec2/search-transit-gateway-routes"
ASSOCIATIONS = "ec2/get-transit-gateway-route-table-associations"
PROPAGATIONS = "ec2/get-transit-gateway-route-table-propagations"
PROPAGATED = "TransitGatewayRouteTablePropagations"
_LIVE = {"available", "modifying"}

Record = Mapping[str, Any]


def complete(answers: dict[str, Document], vpcs: Mapping[str, Record]) -> tuple[list[str], list[str]]:
    """Add to the answers of one account and Region what follows from them; they are changed in place.

    Args:
        answers: Answer by call; those of one table under ``<call>/<table>``.
        vpcs: Every VPC of the whole dump by id: an attached VPC may be another account's.

    Returns:
        The calls whose answers are derived, in whole or in part, and warnings.
    """
    warnings: list[str] = []
    derived = [*_add_associations(answers)]
    for call in sorted(call for call in answers if call.startswith(f"{ROUTES}/")):
        table = call.rpartition("/")[2]
        routes, gaps = _propagated_routes(answers, table, vpcs)
        if routes or gaps:
            derived.append(call)
            answers[call] |= {"Routes": [*answers[call]["Routes"], *routes]}
        if gaps:
            answers[call]["AdditionalRoutesAvailable"] = True
            warnings.append(f"routes of {table} are incomplete: {'; '.join(gaps)}")
    for table in sorted(_tables(answers)):
        lacking = [what for what in (ROUTES, PROPAGATIONS) if f"{what}/{table}" not in answers]
        if lacking:
            warnings.append(f"the dump lacks {' and '.join(lacking)} of {table}: what depends on it is unknown")
    return derived, warnings


def _add_associations(answers: dict[str, Document]) -> Iterator[str]:
    """One file per table, also for a table without any: the list of all attachments was there to tell."""
    if "ec2/describe-transit-gateway-attachments" not in answers:
        return
    found: dict[str, list[Document]] = {table: [] for table in _tables(answers)}
    for attachment in _listed(answers, "TransitGatewayAttachments"):
        association = attachment.get("Association")
        if not isinstance(association, dict):
            continue
        table = str(association.get("TransitGatewayRouteTableId"))
        if table in found:
            found[table].append(
                {key: attachment[key] for key in ("TransitGatewayAttachmentId", "ResourceId", "ResourceType")
                 if key in attachment} | {"State": association.get("State", "associated")}
            )  # fmt: skip
    for table, associations in found.items():
        answers[f"{ASSOCIATIONS}/{table}"] = {"Associations": associations}
        yield f"{ASSOCIATIONS}/{table}"


def _propagated_routes(
    answers: Mapping[str, Document], table: str, vpcs: Mapping[str, Record]
) -> tuple[list[Document], list[str]]:
    """The routes that propagation adds to a table's static ones, and what stops us from knowing them all."""
    known = answers[f"{ROUTES}/{table}"]["Routes"]
    if any(route.get("Type") == "propagated" for route in known):
        return [], []  # somebody searched without a filter: the list is AWS's own
    if f"{PROPAGATIONS}/{table}" not in answers:
        return [], ["its propagations are not in the dump"]
    taken = {str(route.get("DestinationCidrBlock")) for route in known}
    made: dict[str, Document] = {}
    gaps: list[str] = []
    for propagation in answers[f"{PROPAGATIONS}/{table}"][PROPAGATED]:
        for block in _blocks(answers, propagation, vpcs, gaps):
            if block in made:
                gaps.append(f"several attachments propagate {block}")
            elif block not in taken:
                made[block] = _route(block, propagation)
    return list(made.values()), gaps


def _blocks(
    answers: Mapping[str, Document], propagation: Record, vpcs: Mapping[str, Record], gaps: list[str]
) -> Iterable[str]:
    """The CIDR blocks that an attachment propagates; reasons for not knowing them are added to ``gaps``."""
    keys = ("TransitGatewayAttachmentId", "ResourceType", "ResourceId", "State")
    attachment, kind, resource, state = (str(propagation.get(key)) for key in keys)
    described = _described(answers, attachment)
    if state in ("disabled", "not-enabled") or str(described.get("State", "available")) not in _LIVE:
        return []
    if state != "enabled":
        gaps.append(f"propagation from {attachment} is {state}")
    elif kind != "vpc":
        gaps.append(f"{attachment} is of type {kind}, whose routes are not in the dump")
    elif resource not in vpcs:
        gaps.append(f"VPC {resource} of {attachment} is not in the dump")
    else:
        return _vpc_blocks(vpcs[resource], attachment, described, gaps)
    return []


def _vpc_blocks(vpc: Record, attachment: str, described: Record, gaps: list[str]) -> list[str]:
    blocks = [*_associated(vpc, "CidrBlock")] or [vpc[key] for key in ("CidrBlock",) if isinstance(vpc.get(key), str)]
    ipv6 = [*_associated(vpc, "Ipv6CidrBlock")]
    options = described.get("Options")
    support = options.get("Ipv6Support") if isinstance(options, dict) else None
    if support == "enable":
        return blocks + ipv6
    if ipv6 and support != "disable":
        gaps.append(f"whether {attachment} supports IPv6 is not in the dump")
    return blocks


def _associated(vpc: Record, key: str) -> Iterator[str]:
    associations = vpc.get(f"{key}AssociationSet")
    for one in associations if isinstance(associations, list) else []:
        if isinstance(one, dict) and isinstance(one.get(key), str):
            state = one.get(f"{key}State")
            if not isinstance(state, dict) or state.get("State", "associated") == "associated":
                yield one[key]


def _described(answers: Mapping[str, Document], attachment: str) -> Record:
    """What the dump says of an attachment; the VPC attachment's own record says more."""
    for key in ("TransitGatewayVpcAttachments", "TransitGatewayAttachments"):
        for record in _listed(answers, key):
            if record.get("TransitGatewayAttachmentId") == attachment:
                return record
    return {}


def _route(block: str, propagation: Record) -> Document:
    keys = ("ResourceId", "TransitGatewayAttachmentId", "ResourceType")
    attachment = {key: propagation[key] for key in keys if key in propagation}
    return {
        "DestinationCidrBlock": block,
        "TransitGatewayAttachments": [attachment],
        "Type": "propagated",
        "State": "active",
    }


def _tables(answers: Mapping[str, Document]) -> set[str]:
    """Every route table that the answers of this place describe or have an answer about."""
    listed = (record.get("TransitGatewayRouteTableId") for record in _listed(answers, "TransitGatewayRouteTables"))
    asked = {call.rpartition("/")[2] for call in answers if call.startswith((f"{ROUTES}/", f"{PROPAGATIONS}/"))}
    return asked | {table for table in listed if is_name(table)}


_DESCRIBED_BY = {
    "TransitGatewayAttachments": "ec2/describe-transit-gateway-attachments",
    "TransitGatewayRouteTables": "ec2/describe-transit-gateway-route-tables",
    "TransitGatewayVpcAttachments": "ec2/describe-transit-gateway-vpc-attachments",
}


def _listed(answers: Mapping[str, Document], key: str) -> list[Record]:
    found: list[Record] = answers.get(_DESCRIBED_BY[key], {}).get(key, [])
    return found
