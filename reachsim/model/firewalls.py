"""AWS Network Firewall as its API prints it: firewalls, policies and rule groups, and which endpoint is whose.

Field lists: botocore's ``network-firewall`` service model (DescribeFirewall, DescribeFirewallPolicy,
DescribeRuleGroup). What a firewall filters is `reachsim.forwarding.network_firewall`'s.
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


class Override(Aws, frozen=True):
    action: str | None = None


class RuleGroupReference(Aws, frozen=True):
    resource_arn: str
    priority: int | None = None
    override: Override = Override()


class StatefulEngineOptions(Aws, frozen=True):
    rule_order: str | None = None


class Definition(Aws, frozen=True):
    definition: tuple[str, ...] = ()


class PolicyVariables(Aws, frozen=True):
    rule_variables: dict[str, Definition] = {}


class ResolvedIPValidation(Aws, frozen=True):
    action: str | None = None


class FirewallPolicy(Aws, frozen=True):
    stateless_rule_group_references: tuple[RuleGroupReference, ...] = ()
    stateless_default_actions: tuple[str, ...] = ()
    stateful_rule_group_references: tuple[RuleGroupReference, ...] = ()
    stateful_default_actions: tuple[str, ...] = ()
    stateful_engine_options: StatefulEngineOptions = StatefulEngineOptions()
    policy_variables: PolicyVariables = PolicyVariables()
    tls_inspection_configuration_arn: str | None = msgspec.field(default=None, name="TLSInspectionConfigurationArn")
    resolved_ip_validation: ResolvedIPValidation | None = msgspec.field(
        default=None, name="Route53ResolvedIPValidation"
    )


class DescribeFirewallPolicy(Aws, frozen=True):
    firewall_policy: FirewallPolicy


class AddressDefinition(Aws, frozen=True):
    address_definition: str


class Ports(Aws, frozen=True):
    from_port: int
    to_port: int

    def __post_init__(self) -> None:
        if self.from_port > self.to_port:
            raise ValueError(
                f"Expected a range of ports that ends where it begins or later, got {self.from_port} to {self.to_port}"
            )


class MatchAttributes(Aws, frozen=True):
    sources: tuple[AddressDefinition, ...] = ()
    destinations: tuple[AddressDefinition, ...] = ()
    source_ports: tuple[Ports, ...] = ()
    destination_ports: tuple[Ports, ...] = ()
    protocols: tuple[int, ...] = ()
    tcp_flags: tuple[dict[str, Any], ...] = msgspec.field(default=(), name="TCPFlags")


class RuleDefinition(Aws, frozen=True):
    match_attributes: MatchAttributes
    actions: tuple[str, ...]


class StatelessRule(Aws, frozen=True):
    rule_definition: RuleDefinition
    priority: int


class StatelessRules(Aws, frozen=True):
    stateless_rules: tuple[StatelessRule, ...] = ()


class Header(Aws, frozen=True):
    protocol: str
    source: str
    source_port: str
    direction: str
    destination: str
    destination_port: str


class RuleOption(Aws, frozen=True):
    keyword: str
    settings: tuple[str, ...] = ()


class StatefulRule(Aws, frozen=True):
    action: str
    header: Header
    rule_options: tuple[RuleOption, ...] = ()


class DomainList(Aws, frozen=True):
    targets: tuple[str, ...] = ()
    target_types: tuple[str, ...] = ()
    generated_rules_type: str = ""


class RulesSource(Aws, frozen=True):
    rules_string: str | None = None
    rules_source_list: DomainList | None = None
    stateful_rules: tuple[StatefulRule, ...] = ()
    stateless_rules_and_custom_actions: StatelessRules | None = None


class RuleVariables(Aws, frozen=True):
    ip_sets: dict[str, Definition] = msgspec.field(default_factory=dict, name="IPSets")
    port_sets: dict[str, Definition] = msgspec.field(default_factory=dict)


class RuleGroup(Aws, frozen=True):
    rules_source: RulesSource = RulesSource()
    rule_variables: RuleVariables = RuleVariables()


class DescribeRuleGroup(Aws, frozen=True):
    rule_group: RuleGroup


class OwnedFirewall(Struct, frozen=True):
    """A firewall and the account and Region in whose files it stands; ``status`` is that of the endpoint."""

    home: Home
    path: str
    firewall: Firewall
    status: str = ""


def firewalls_by_endpoint(network: Network) -> dict[str, OwnedFirewall]:
    """Gateway Load Balancer endpoint → the firewall behind it (fact N194). Raises SnapshotError."""
    found: dict[str, OwnedFirewall] = {}
    for home in network.homes:
        for _, path in network.snapshot.children(*home, "network-firewall", "describe-firewall"):
            record = network.read(path, DescribeFirewall)
            if record is not None:
                for state in record.firewall_status.sync_states.values():
                    one, status = state.attachment, (state.attachment.status or "").lower()
                    if one.endpoint_id:
                        found[one.endpoint_id] = OwnedFirewall(home, path, record.firewall, status)
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
