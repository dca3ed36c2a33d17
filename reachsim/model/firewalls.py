"""The firewalls of AWS Network Firewall as its API prints them, and which endpoint is whose.

Field list: botocore's ``network-firewall`` service model (DescribeFirewall). What a firewall goes by is in
`reachsim.model.firewall_policies`, which only networks that have one need.
"""

from typing import Any

import msgspec
from msgspec import Struct

from reachsim.model.network import Network
from reachsim.model.places import Home


class Aws(msgspec.Struct, frozen=True, rename="pascal"):
    """Base of the records, spelt in PascalCase."""


class SyncAttachment(Aws, frozen=True):
    subnet_id: str | None = None
    endpoint_id: str | None = None
    status: str | None = None


class SyncState(Aws, frozen=True):
    attachment: SyncAttachment = SyncAttachment()


class FirewallStatus(Aws, frozen=True):
    sync_states: dict[str, SyncState] = {}
    configuration_sync_state_summary: str | None = None


class Firewall(Aws, frozen=True):
    firewall_policy_arn: str
    firewall_name: str = ""
    firewall_arn: str = ""
    vpc_id: str = ""
    proxy_settings: dict[str, Any] | None = None


class ListedFirewall(Aws, frozen=True):
    firewall_arn: str


class DescribeFirewall(Aws, frozen=True):
    firewall: Firewall
    firewall_status: FirewallStatus = FirewallStatus()


class OwnedFirewall(Struct, frozen=True):
    """A firewall and the account and Region in whose files it stands; ``status`` is that of the endpoint,
    ``sync`` whether the firewall has its configuration as it stands (IN_SYNC).
    """

    home: Home
    path: str
    firewall: Firewall
    status: str = ""
    sync: str = ""


def firewalls_by_endpoint(network: Network) -> dict[str, OwnedFirewall]:
    """Gateway Load Balancer endpoint → the firewall behind it (fact N194). Raises SnapshotError."""
    found: dict[str, OwnedFirewall] = {}
    for home in network.homes:
        for _, path in network.snapshot.children(*home, "network-firewall", "describe-firewall"):
            record = network.read(path, DescribeFirewall)
            if record is not None:
                sync = record.firewall_status.configuration_sync_state_summary or ""
                for state in record.firewall_status.sync_states.values():
                    one, status = state.attachment, (state.attachment.status or "").lower()
                    if one.endpoint_id:
                        found[one.endpoint_id] = OwnedFirewall(home, path, record.firewall, status, sync)
    return found


def unread_firewalls(network: Network) -> tuple[str, ...]:
    """Files of the firewalls that are listed and not described. Raises SnapshotError."""
    found: list[str] = []
    for home in network.homes:
        listed = network.path(home, "network-firewall", "list-firewalls")
        for one in network.read_collection(listed, "Firewalls", ListedFirewall):
            found.append(network.path(home, "network-firewall", "describe-firewall", one.firewall_arn))
    return network.unknown(*found)


def firewall_file(network: Network, home: Home, operation: str, arn: str) -> str:
    """The file of a policy or rule group, in the account and Region that its ARN names."""
    parts = arn.split(":")
    owner = (parts[4], parts[3]) if len(parts) > 5 and parts[4].isdigit() else home
    return network.path(owner, "network-firewall", operation, arn)
