"""AWS's own prefix lists, which no plan holds: their ids as published, their blocks symbolic."""

from __future__ import annotations

from typing import Final

from reachsim.importers.planned.resource import Home
from reachsim.importers.planned.world import World

SYMBOLIC_BLOCKS: Final = {"s3": ("198.18.0.0/24",), "dynamodb": ("198.18.1.0/24",)}
"""Stand for the blocks of AWS's own prefix lists, which no plan holds: of RFC 2544's, nobody's. Each is IPv4."""
SERVICE_LISTS: Final = {
    "s3": {
        "us-east-1": "pl-63a5400a", "us-east-2": "pl-7ba54012", "us-west-1": "pl-6ba54002", "us-west-2": "pl-68a54001",
        "ca-central-1": "pl-7da54014", "eu-west-1": "pl-6da54004", "eu-west-2": "pl-7ca54015",
        "eu-west-3": "pl-23ad484a", "eu-central-1": "pl-6ea54007", "ap-northeast-1": "pl-61a54008",
        "ap-northeast-2": "pl-78a54011", "ap-southeast-1": "pl-6fa54006", "ap-southeast-2": "pl-6ca54005",
        "ap-south-1": "pl-78a54011", "sa-east-1": "pl-6aa54003",
    },
    "dynamodb": {
        "us-east-1": "pl-02cd2c6b", "us-east-2": "pl-4ca54025", "us-west-1": "pl-6ea54007", "us-west-2": "pl-00a54069",
        "ca-central-1": "pl-4ea54027", "eu-west-1": "pl-6fa54006", "eu-west-2": "pl-b3a742da",
        "eu-west-3": "pl-abb451c2", "eu-central-1": "pl-66a5400f", "ap-northeast-1": "pl-78a54011",
        "ap-northeast-2": "pl-48a54021", "ap-southeast-1": "pl-67a5400e", "ap-southeast-2": "pl-62a5400b",
        "ap-south-1": "pl-66a7420f", "sa-east-1": "pl-60a54009",
    },
}  # fmt: skip
"""Ids of AWS's prefix lists by service and Region, the same in every account and written into many rules as they are:
answers of ``aws ec2 describe-prefix-lists`` in these Regions, as published. Elsewhere the id is a symbolic one."""


def service_list(world: World, home: Home, service: str) -> str:
    """The id of AWS's own prefix list of a service; one that nothing tells gets symbolic blocks."""
    name = f"com.amazonaws.{home[1]}.{service}"
    for place, held in world.each("ec2/describe-prefix-lists"):
        if held.get("PrefixListName") == name and place[1] == home[1]:
            world.service_lists[home[1], f"pl-{service}"] = held["PrefixListId"]
            return str(held["PrefixListId"])
    list_id = SERVICE_LISTS.get(service, {}).get(home[1], f"pl-{service}")
    blocks = SYMBOLIC_BLOCKS.get(service, ("198.18.2.0/24",))
    add_service_list(world, home, service, list_id, blocks)
    world.note(list_id, "PLANNED_ADDRESS", f"the blocks of {name} are not in the source: {blocks[0]} "
               "stands for them", "block")  # fmt: skip
    return list_id


def add_service_list(world: World, home: Home, service: str, list_id: str, blocks: tuple[str, ...]) -> None:
    name = f"com.amazonaws.{home[1]}.{service}"
    world.service_lists[home[1], f"pl-{service}"] = list_id
    world.add(home, "ec2/describe-prefix-lists", {
        "PrefixListId": list_id, "PrefixListName": name, "Cidrs": list(blocks),
    })  # fmt: skip
    world.add(home, "ec2/describe-managed-prefix-lists", {
        "PrefixListId": list_id, "PrefixListName": name, "AddressFamily": "IPv4", "OwnerId": "AWS",
        "State": "create-complete",
    })  # fmt: skip
    entries = {"Entries": [{"Cidr": block} for block in blocks]}
    world.put(home, f"ec2/get-managed-prefix-list-entries/{list_id}", entries)
