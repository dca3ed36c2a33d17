"""Policies and rule groups of AWS Network Firewall as its API prints them.

Field lists: botocore's ``network-firewall`` service model (DescribeFirewallPolicy, DescribeRuleGroup). What a firewall
filters is `reachsim.forwarding.network_firewall`'s.
"""

from typing import Any

import msgspec

from reachsim.model.firewalls import Aws
from reachsim.model.records import NOT_THERE


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
    rule_variables: dict[str, Definition] = msgspec.field(default_factory=dict)


class ResolvedIPValidation(Aws, frozen=True):
    action: str | None = None


class FirewallPolicy(Aws, frozen=True):
    stateless_default_actions: tuple[str, ...]
    stateless_rule_group_references: tuple[RuleGroupReference, ...] = ()
    stateful_rule_group_references: tuple[RuleGroupReference, ...] = ()
    stateful_default_actions: tuple[str, ...] = ()
    stateful_engine_options: StatefulEngineOptions = StatefulEngineOptions()
    policy_variables: PolicyVariables = PolicyVariables()
    tls_inspection_configuration_arn: str | None = msgspec.field(default=None, name="TLSInspectionConfigurationArn")
    resolved_ip_validation: ResolvedIPValidation | None = msgspec.field(
        default=None, name="Route53ResolvedIPValidation"
    )


class FirewallPolicyResponse(Aws, frozen=True):
    firewall_policy_status: str = "ACTIVE"


class DescribeFirewallPolicy(Aws, frozen=True):
    firewall_policy: FirewallPolicy
    firewall_policy_response: FirewallPolicyResponse = FirewallPolicyResponse()


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
    stateless_rules: tuple[StatelessRule, ...] = NOT_THERE


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
    stateful_rules: tuple[StatefulRule, ...] = NOT_THERE
    stateless_rules_and_custom_actions: StatelessRules | None = None


class RuleVariables(Aws, frozen=True):
    ip_sets: dict[str, Definition] = msgspec.field(default_factory=dict, name="IPSets")
    port_sets: dict[str, Definition] = msgspec.field(default_factory=dict)


class IPSetReference(Aws, frozen=True):
    reference_arn: str | None = None


class ReferenceSets(Aws, frozen=True):
    ip_set_references: dict[str, IPSetReference] = msgspec.field(default_factory=dict, name="IPSetReferences")


class RuleGroup(Aws, frozen=True):
    rules_source: RulesSource = RulesSource()
    rule_variables: RuleVariables = RuleVariables()
    reference_sets: ReferenceSets = ReferenceSets()


class RuleGroupResponse(Aws, frozen=True):
    rule_group_status: str = "ACTIVE"


class DescribeRuleGroup(Aws, frozen=True):
    rule_group: RuleGroup
    rule_group_response: RuleGroupResponse = RuleGroupResponse()
