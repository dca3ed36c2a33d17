"""Network Firewall and Route 53 Resolver DNS Firewall, as their APIs print them.

CloudFormation declares policies and rule groups in the API's own words; Terraform's blocks are turned into them.

**Source:** API references of both; documentation of ``aws_networkfirewall_rule_group`` and its like.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from reachsim.importers.planned.interfaces import interface_record
from reachsim.importers.planned.resource import Resource, Values, blocks_of, number_of, text_of, texts_of
from reachsim.importers.planned.symbols import arn, firewall_endpoints
from reachsim.importers.planned.world import World
from reachsim.importers.tree import Document

FIREWALLS: Final = "network-firewall/list-firewalls"
_PLURAL: Final = frozenset({
    "stateless_rule_group_reference", "stateful_rule_group_reference", "stateless_custom_action", "stateful_rule",
    "stateless_rule", "custom_action", "rule_option", "tcp_flag", "source_port", "destination_port",
})  # fmt: skip
"""Blocks of Terraform that the API calls by the plural."""
_ONE: Final = frozenset({"definition", "actions", "settings", "targets", "target_types", "protocols", "flags", "masks",
                         "stateless_default_actions", "stateless_fragment_default_actions",
                         "stateful_default_actions"})  # fmt: skip
"""Lists of plain values."""


def _file(operation: str, name: str) -> str:
    return f"network-firewall/{operation}/{name.replace('/', '%2F')}"


# --- Network Firewall -------------------------------------------------------------------------------------------------


def firewall(world: World, one: Resource) -> None:
    """A firewall and the endpoint that it has in each of its subnets."""
    vpc_id, policy = one.text("vpc_id"), one.text("firewall_policy_arn")
    if one.open("subnet_mapping", "firewall_policy_arn") or not policy:
        world.warnings.append(f"{one.address}: its subnets or policy are known only after apply")
        world.leave_out(one.address, one.kind, "undecidable: what the firewall lets through")
        world.drop(one.home, FIREWALLS)
        return
    endpoints = firewall_endpoints(one)
    world.add(one.home, FIREWALLS, {"FirewallName": one.id, "FirewallArn": arn(one)})
    states = {}
    for subnet, endpoint in endpoints.items():
        zone = str((world.get(subnet) or {}).get("AvailabilityZone", "")) or subnet
        states[zone] = {"Attachment": {"SubnetId": subnet, "EndpointId": endpoint, "Status": "READY"}}
        _endpoint(world, one, endpoint, vpc_id, subnet)
    world.put(one.home, _file("describe-firewall", arn(one)), {
        "Firewall": {"FirewallName": one.id, "FirewallArn": arn(one), "VpcId": vpc_id, "FirewallPolicyArn": policy,
                     "SubnetMappings": [{"SubnetId": subnet} for subnet in endpoints]},
        "FirewallStatus": {"Status": "READY", "SyncStates": states},
    })  # fmt: skip


def _endpoint(world: World, one: Resource, endpoint: str, vpc_id: str, subnet: str) -> None:
    eni = f"eni-{endpoint}"
    world.add(one.home, "ec2/describe-vpc-endpoints", {
        "VpcEndpointId": endpoint, "VpcEndpointType": "GatewayLoadBalancer", "VpcId": vpc_id, "State": "available",
        "ServiceName": f"com.amazonaws.vpce.{one.home[1]}.vpce-svc-{one.id}", "SubnetIds": [subnet], "Groups": [],
        "RouteTableIds": [], "NetworkInterfaceIds": [eni], "DnsEntries": [], "PrivateDnsEnabled": False,
        "OwnerId": one.home[0], "RequesterManaged": True, "Tags": [],
    })  # fmt: skip
    address = world.draw(subnet)
    world.note(eni, "PLANNED_ADDRESS", f"AWS has yet to pick the address of {one.address} in {subnet}")
    interface_record(world, one.home, eni, subnet, [(address, None)] if address else [], [], {
        "InterfaceType": "gateway_load_balancer_endpoint", "RequesterManaged": True,
        "Description": f"VPC Endpoint Interface {endpoint}",
    })  # fmt: skip


def firewall_policy(world: World, one: Resource) -> None:
    if _lacks(world, one, "firewall_policy"):
        return
    for held in one.blocks("firewall_policy"):
        made = held if _spelt(held) else _policy(held)
        world.put(one.home, _file("describe-firewall-policy", arn(one)), {"FirewallPolicy": made})


def _lacks(world: World, one: Resource, name: str) -> bool:
    """Whether a part of the attribute is not known: the file is then left out, and what it says is unknown."""
    lacks = bool(one.open(name))
    if lacks:
        world.warnings.append(f"{one.address}: {name} is known only after apply: what it lets through is unknown")
    return lacks


def _spelt(held: Mapping[str, Any]) -> bool:
    """Whether it is in the API's words already."""
    return any(key[:1].isupper() for key in held)


def _policy(held: Values) -> Document:
    made: Document = _pascal(held)
    engine = blocks_of(held, "stateful_engine_options")
    made["StatefulEngineOptions"] = {"RuleOrder": text_of(engine[0], "rule_order")} if engine else {}
    made["PolicyVariables"] = {"RuleVariables": dict(_sets(blocks_of(held, "policy_variables"), "rule_variables"))}
    return made


def rule_group(world: World, one: Resource) -> None:
    if _lacks(world, one, "rule_group"):
        return
    call = _file("describe-rule-group", arn(one))
    if one.text("rules"):
        world.put(one.home, call, {"RuleGroup": {"RulesSource": {"RulesString": one.text("rules")}}})
    for held in one.blocks("rule_group"):
        world.put(one.home, call, {"RuleGroup": held if _spelt(held) else _group(held)})


def _group(held: Values) -> Document:
    source = (blocks_of(held, "rules_source") or [{}])[0]
    made: Document = {}
    if text_of(source, "rules_string"):
        made["RulesString"] = text_of(source, "rules_string")
    for block in blocks_of(source, "rules_source_list"):
        made["RulesSourceList"] = {
            "Targets": texts_of(block, "targets"), "TargetTypes": texts_of(block, "target_types"),
            "GeneratedRulesType": text_of(block, "generated_rules_type"),
        }  # fmt: skip
    if source.get("stateful_rule"):
        made["StatefulRules"] = [
            {"Action": text_of(rule, "action"), "Header": _pascal((blocks_of(rule, "header") or [{}])[0]),
             "RuleOptions": [{"Keyword": text_of(option, "keyword"), "Settings": texts_of(option, "settings")}
                             for option in blocks_of(rule, "rule_option")]}
            for rule in blocks_of(source, "stateful_rule")
        ]  # fmt: skip
    for block in blocks_of(source, "stateless_rules_and_custom_actions"):
        rules = [_stateless(rule) for rule in blocks_of(block, "stateless_rule")]
        made["StatelessRulesAndCustomActions"] = {"StatelessRules": rules}
    variables: Document = {"IPSets": {}, "PortSets": {}}
    for block in blocks_of(held, "rule_variables"):
        variables["IPSets"] |= dict(_sets([block], "ip_sets", "ip_set"))
        variables["PortSets"] |= dict(_sets([block], "port_sets", "port_set"))
    options = blocks_of(held, "stateful_rule_options")
    return {
        "RulesSource": made, "RuleVariables": variables,
        **({"StatefulRuleOptions": {"RuleOrder": text_of(options[0], "rule_order")}} if options else {}),
        **({"ReferenceSets": {"IPSetReferences": {}}} if blocks_of(held, "reference_sets") else {}),
    }  # fmt: skip


def _sets(blocks: list[Values], name: str, inner: str = "ip_set") -> Iterator[tuple[str, Document]]:
    for block in blocks:
        for one in blocks_of(block, name):
            found = [text for held in blocks_of(one, inner) for text in texts_of(held, "definition")]
            yield text_of(one, "key"), {"Definition": found}


def _stateless(rule: Values) -> Document:
    definition = (blocks_of(rule, "rule_definition") or [{}])[0]
    match = (blocks_of(definition, "match_attributes") or [{}])[0]
    made: Document = {"Protocols": match.get("protocols") or []}
    for name in ("source", "destination"):
        made[f"{name.title()}s"] = [
            {"AddressDefinition": text_of(block, "address_definition")} for block in blocks_of(match, name)
        ]
        made[f"{name.title()}Ports"] = [
            {"FromPort": low, "ToPort": low if high is None else high}
            for block in blocks_of(match, f"{name}_port")
            if (low := number_of(block, "from_port")) is not None
            for high in (number_of(block, "to_port"),)
        ]  # fmt: skip
    flags = [{"Flags": texts_of(block, "flags"), "Masks": texts_of(block, "masks")}
             for block in blocks_of(match, "tcp_flag")]  # fmt: skip
    if flags:
        made["TCPFlags"] = flags
    return {
        "Priority": number_of(rule, "priority") or 1,
        "RuleDefinition": {"MatchAttributes": made, "Actions": texts_of(definition, "actions")},
    }


def _pascal(held: Mapping[str, Any]) -> Document:
    """Terraform's names in the API's spelling; single blocks are objects, repeated ones lists."""
    made: Document = {}
    for name, value in held.items():
        if value in (None, [], ""):
            continue
        key = "".join(part.title() for part in f"{name}s".split("_")) if name in _PLURAL else "".join(
            part.title() for part in name.split("_")
        )  # fmt: skip
        if name in _PLURAL:
            made[key] = [_pascal(block) for block in blocks_of(held, name)]
        elif isinstance(value, list) and name not in _ONE:
            made[key] = _pascal(value[0]) if isinstance(value[0], dict) else value
        else:
            made[key] = value
    return made


# --- DNS Firewall -----------------------------------------------------------------------------------------------------

_DNS: Final = "route53resolver"
_RULE_KEYS: Final = {
    "name": "Name", "action": "Action", "block_response": "BlockResponse", "q_type": "Qtype", "qtype": "Qtype",
    "block_override_domain": "BlockOverrideDomain", "firewall_domain_list_id": "FirewallDomainListId",
    "firewall_domain_redirection_action": "FirewallDomainRedirectionAction",
    "dns_threat_protection": "DnsThreatProtection",
}  # fmt: skip


def domain_list(world: World, one: Resource) -> None:
    call = f"{_DNS}/list-firewall-domain-lists"
    held = world.document(one.home, call) or {"FirewallDomainLists": []}
    held["FirewallDomainLists"].append({"Id": one.id, "Name": one.text("name") or one.id})
    world.put(one.home, call, held)
    if one.text("domain_file_url") or one.open("domains"):
        world.warnings.append(f"{one.address}: its domains are not in the source")
        return
    world.put(one.home, f"{_DNS}/list-firewall-domains/{one.id}", {"Domains": one.texts("domains")})


def dns_group(world: World, one: Resource) -> None:
    if one.open("firewall_rules"):
        world.warnings.append(f"{one.address}: part of its rules is known only after apply")
        return
    rules = [_dns_rule(block) for block in one.blocks("firewall_rules")]
    world.put(one.home, f"{_DNS}/list-firewall-rules/{one.id}", {"FirewallRules": rules})


def _dns_rule(values: Values) -> Document:
    made: Document = {key: text_of(values, name) for name, key in _RULE_KEYS.items() if text_of(values, name)}
    return made | {"Priority": number_of(values, "priority") or 0}


def dns_rule(world: World, one: Resource) -> None:
    group = one.text("firewall_rule_group_id")
    call = f"{_DNS}/list-firewall-rules/{group}"
    held = world.document(one.home, call)
    if not group or held is None:
        world.undecided(one, "the rule group")
    elif one.unknown & {"firewall_domain_list_id", "action", "priority"}:
        world.undecided(one, "what the rule matches or does")
        world.drop(one.home, call)
    else:
        held["FirewallRules"].append({"FirewallRuleGroupId": group, **_dns_rule(one.values)})


def dns_association(world: World, one: Resource) -> None:
    group, vpc_id = one.text("firewall_rule_group_id"), one.text("vpc_id")
    if not group or not vpc_id:
        for vpc in [vpc_id] if vpc_id else sorted({str(held["VpcId"]) for _, held in world.each("ec2/describe-vpcs")}):
            world.undecided_names(one, "the rule group or the VPC", vpc)
        world.drop(one.home, f"{_DNS}/list-firewall-rule-group-associations")
        return
    world.add(one.home, f"{_DNS}/list-firewall-rule-group-associations", {
        "Id": one.id, "FirewallRuleGroupId": group, "VpcId": vpc_id, "Status": "COMPLETE",
        "Priority": number_of(one.values, "priority") or 0,
    })  # fmt: skip


def dns_config(world: World, one: Resource) -> None:
    vpc_id = one.text("resource_id")
    if vpc_id:
        world.put(one.home, f"{_DNS}/get-firewall-config/{vpc_id}", {"FirewallConfig": {
            "ResourceId": vpc_id, "FirewallFailOpen": one.text("firewall_fail_open") or "DISABLED",
        }})  # fmt: skip
