"""Every state that AWS documents of what a path crosses, one that it does not, and a record without any.

The states are those of botocore's service models, so a new one fails here until somebody has read what it means. What
works in a state works; what does not is blocked by the code of its kind; what comes or goes says so (STATE_CHANGING);
what nobody knows is unknown or assumed, by name.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import botocore.session
import pytest

from reachsim.verdict import Verdict
from tests.balancers import listener, load_balancer, target_group
from tests.build import Record
from tests.resolvers import firewall, forward_rule, profile, resolver_endpoint
from tests.scenarios.lan import ANY, Lan, ask, natted, public
from tests.scenarios.pipelines import ACCOUNT, REGION, statement
from tests.scenarios.test_encryption import KEY, MAY_USE_KEYS, ROLE, answer, named, pipeline
from tests.scenarios.test_facts_endpoint_names import partner
from tests.scenarios.test_facts_transit import Hub
from tests.scenarios.test_middleboxes import Edge
from tests.scenarios.test_private_link import Provided

WORLD, HOST = "ip:198.51.100.7", "host:github.com"
Asked = Callable[[str | None], Verdict]
"""From the state (None: the record has none) to the verdict."""


def put(record: Record, key: str, state: str | None) -> None:
    if state is None:
        record.pop(key, None)
    else:
        record[key] = state


# --- ways across something in a state ---------------------------------------------------------------------------------


def nat_gateway(state: str | None) -> Verdict:
    net = natted()
    put(net["nat-main"], "State", state)
    return ask(net, net.client, WORLD)


def nat_address(state: str | None) -> Verdict:
    net = natted()
    put(net["nat-main"]["NatGatewayAddresses"][0], "Status", state)
    return ask(net, net.client, WORLD)


def nat_appliance(state: str | None) -> Verdict:
    net = natted()
    net["nat-main"]["AttachedAppliances"] = [{"Type": "network-firewall-proxy"}]
    put(net["nat-main"]["AttachedAppliances"][0], "AttachmentState", state)
    return ask(net, net.client, WORLD)


def internet_gateway(state: str | None) -> Verdict:
    net = public()
    put(net["igw-1"]["Attachments"][0], "State", state)
    return ask(net, net.client, WORLD)


def peering(state: str | None) -> Verdict:
    net = Lan()
    other = net.vpc("10.8.0.0/16", name="o")
    net.interface(net.subnet(other, "10.8.1.0/24"), "10.8.1.5", [net.group(other, [ANY])], name="far")
    pcx = net.peering(net.vpc_id, other)
    put(net[pcx]["Status"], "Code", state)
    net.route(net.ta, "10.8.0.0/16", pcx)
    net.route(net.main_table(other), "10.0.0.0/16", pcx)
    return ask(net, net.client, "eni-far")


def peering_of_rule(state: str | None) -> Verdict:
    net = Lan()
    other = net.vpc("10.8.0.0/16", name="o")
    named = net.group(other, [("tcp", 443, 443, "sg-open")], name="named")
    net.interface(net.subnet(other, "10.8.1.0/24"), "10.8.1.5", [named], name="far")
    pcx = net.peering(net.vpc_id, other)
    net.route(net.ta, "10.8.0.0/16", pcx)
    net.route(net.main_table(other), "10.0.0.0/16", pcx)
    (pair,) = net[named]["IpPermissions"][0]["UserIdGroupPairs"]
    put(pair, "PeeringStatus", state)
    return ask(net, net.client, "eni-far")


def transit_gateway(state: str | None) -> Verdict:
    net = Hub()
    put(net["tgw-1"], "State", state)
    return ask(net, "eni-x", "eni-y")


def vpc_attachment(name: str) -> Asked:
    def asked(state: str | None) -> Verdict:
        net = Hub()
        for record in net._lists["ec2/describe-transit-gateway-vpc-attachments"]:
            if record["TransitGatewayAttachmentId"] == name:
                put(record, "State", state)
        return ask(net, "eni-x", "eni-y")

    return asked


def transit_table(state: str | None) -> Verdict:
    net = Hub()
    put(net[net.rt], "State", state)
    return ask(net, "eni-x", "eni-y")


def transit_association(state: str | None) -> Verdict:
    net = Hub()
    path = f"{net._home}/ec2/get-transit-gateway-route-table-associations/{net.rt}.json"
    for row in net._more[path]["Associations"]:
        if row["TransitGatewayAttachmentId"] == "tgw-attach-x":
            put(row, "State", state)
            net["tgw-attach-x"].pop("Association", None)
    return ask(net, "eni-x", "eni-y")


def listed_association(state: str | None) -> Verdict:
    """As the list of attachments has it, where the table's own file does not."""
    net = Hub()
    path = f"{net._home}/ec2/get-transit-gateway-route-table-associations/{net.rt}.json"
    rows = net._more[path]["Associations"]
    rows[:] = [row for row in rows if row["TransitGatewayAttachmentId"] != "tgw-attach-x"]
    net["tgw-attach-x"]["Association"] = {"TransitGatewayRouteTableId": net.rt}
    put(net["tgw-attach-x"]["Association"], "State", state)
    return ask(net, "eni-x", "eni-y")


def transit_route(state: str | None) -> Verdict:
    net = Hub()
    row = next(one for one in net.routes() if one["DestinationCidrBlock"] == "10.1.0.0/16")
    put(row, "State", state)
    return ask(net, "eni-x", "eni-y")


def transit_peering(state: str | None) -> Verdict:
    net = Hub()
    far = net.tgw(name="2")
    vpc = net.vpc("10.2.0.0/16", name="z")
    table = net.table(vpc, [("10.0.0.0/8", far)])
    subnet = net.subnet(vpc, "10.2.1.0/24", table=table, name="z")
    net.interface(subnet, "10.2.1.5", [net.group(vpc, [ANY], [ANY])], name="z")
    attachment = net.tgw_attachment(far, vpc, [subnet], name="z")
    rt = net.tgw_table(far, name="2")
    link = net.tgw_peering(net.tgw_id, far, net, name="link")
    for one in (attachment, link):
        net.associate(rt, one)
    net.associate(net.rt, link)
    net.tgw_route(rt, "10.2.0.0/16", attachment, "propagated")
    net.tgw_route(rt, "10.0.0.0/16", link)
    net.tgw_route(net.rt, "10.2.0.0/16", link)
    put(net._lists["ec2/describe-transit-gateway-peering-attachments"][0], "State", state)
    return ask(net, "eni-x", "eni-z")


def on_premises() -> tuple[Lan, str, str]:
    net = Lan()
    gateway = net.vgw(net.vpc_id, name="1")
    vpn = net.vpn(gateway, ["192.168.0.0/16"], name="1")
    net.route(net.ta, "192.168.0.0/16", gateway)
    return net, gateway, vpn


def vpn_gateway(state: str | None) -> Verdict:
    net, gateway, _ = on_premises()
    put(net[gateway], "State", state)
    return ask(net, net.client, "ip:192.168.1.1")


def vpn_gateway_attachment(state: str | None) -> Verdict:
    net, gateway, _ = on_premises()
    put(net[gateway]["VpcAttachments"][0], "State", state)
    return ask(net, net.client, "ip:192.168.1.1")


def vpn_connection(state: str | None) -> Verdict:
    net, _, vpn = on_premises()
    put(net[vpn], "State", state)
    return ask(net, net.client, "ip:192.168.1.1")


def vpn_tunnel(state: str | None) -> Verdict:
    net, _, vpn = on_premises()
    net[vpn]["VgwTelemetry"] = [{"OutsideIpAddress": one} for one in ("203.0.113.1", "203.0.113.2")]
    for tunnel in net[vpn]["VgwTelemetry"]:
        put(tunnel, "Status", state)
    return ask(net, net.client, "ip:192.168.1.1")


def transit_vpn(key: str) -> Asked:
    def asked(state: str | None) -> Verdict:
        net = Hub()
        site = net.vpn(net.tgw_id, name="1")
        net.associate(net.rt, site)
        net.tgw_route(net.rt, "10.9.0.0/16", site)
        if key == "State":
            put(net["vpn-1"], key, state)
        else:
            net["vpn-1"]["VgwTelemetry"] = [{}]
            put(net["vpn-1"]["VgwTelemetry"][0], key, state)
        return ask(net, "eni-x", "ip:10.9.0.1")

    return asked


def interface_endpoint(state: str | None) -> Verdict:
    net = Lan()
    endpoint = net.interface_endpoint(net.vpc_id, "logs", {net.b: "10.0.2.20"}, [net.open], name="logs")
    put(net[endpoint], "State", state)
    return ask(net, net.client, "ip:10.0.2.20")


def named_endpoint(state: str | None) -> Verdict:
    """By the name that the endpoint answers while it works; there is no other way."""
    net = Lan()
    endpoint = net.interface_endpoint(net.vpc_id, "logs", {net.b: "10.0.2.20"}, [net.open], name="logs")
    put(net[endpoint], "State", state)
    return ask(net, net.client, "logs")


def gateway_endpoint(state: str | None) -> Verdict:
    net = Lan()
    net.prefix_list(["52.216.0.0/15"], aws_name="com.amazonaws.us-east-1.s3", name="s3")
    endpoint = net.gateway_endpoint(net.vpc_id, "s3", [net.ta], name="s3")
    if not any(one.get("GatewayId") == endpoint for one in net[net.ta]["Routes"]):
        net.route(net.ta, "pl-s3", endpoint)
    put(net[endpoint], "State", state)
    return ask(net, net.client, "s3")


def appliance_endpoint(state: str | None) -> Verdict:
    net = Edge()
    net.firewall()
    put(net[net.endpoint], "State", state)
    return net.out()


def firewall_endpoint(state: str | None) -> Verdict:
    net = Edge()
    net.firewall()
    path = next(path for path in net._more if "describe-firewall/" in path)
    put(net._more[path]["FirewallStatus"]["SyncStates"]["us-east-1a"]["Attachment"], "Status", state)
    return net.out()


def firewall_sync(state: str | None) -> Verdict:
    net = Edge()
    net.firewall()
    path = next(path for path in net._more if "describe-firewall/" in path)
    put(net._more[path]["FirewallStatus"], "ConfigurationSyncStateSummary", state)
    return net.out()


def firewall_policy(state: str | None) -> Verdict:
    net = Edge()
    net.firewall()
    path = next(path for path in net._more if "describe-firewall-policy/" in path)
    net._more[path]["FirewallPolicyResponse"] = {}
    put(net._more[path]["FirewallPolicyResponse"], "FirewallPolicyStatus", state)
    return net.out()


def rule_group(kind: str) -> Asked:
    def asked(state: str | None) -> Verdict:
        net = Edge()
        source: Record = {"StatefulRules": []}
        if kind == "stateless":
            source = {"StatelessRulesAndCustomActions": {"StatelessRules": []}}
        reference = net.rules("r", source, kind) | {"Priority": 1}
        net.firewall(**{f"{kind.title()}RuleGroupReferences": [reference]})
        path = next(path for path in net._more if "describe-rule-group/" in path)
        net._more[path]["RuleGroupResponse"] = {}
        put(net._more[path]["RuleGroupResponse"], "RuleGroupStatus", state)
        return net.out()

    return asked


def balancer(state: str | None) -> Verdict:
    net = Lan()
    one = net.instance(net.a, "10.0.1.8", [net.open], name="1")
    lb = load_balancer(net, "lb", {net.a: "10.0.1.200"}, [net.open])
    listener(net, lb, 443, [target_group(net, "t", [one], "HTTP")], "HTTP")
    put(net[lb]["State"], "Code", state)
    return ask(net, net.client, "eni-lb-a")


def target(state: str | None) -> Verdict:
    net = Lan()
    one = net.instance(net.a, "10.0.1.8", [net.open], name="1")
    lb = load_balancer(net, "lb", {net.a: "10.0.1.200"}, [net.open], "network")
    listener(net, lb, 443, [target_group(net, "t", [one], health=state)])
    return ask(net, net.client, "eni-lb-a")


def override(state: str | None) -> Verdict:
    net = Lan()
    one = net.instance(net.a, "10.0.1.8", [net.open], name="1")
    lb = load_balancer(net, "lb", {net.a: "10.0.1.200"}, [net.open], "network")
    listener(net, lb, 443, [target_group(net, "t", [one])])
    row = net._more[f"{net._home}/elbv2/describe-target-health/t.json"]["TargetHealthDescriptions"][0]
    row["AdministrativeOverride"] = {}
    put(row["AdministrativeOverride"], "State", state)
    return ask(net, net.client, "eni-lb-a")


def egress_only(state: str | None) -> Verdict:
    net = Lan(ipv6="2600:1f14:0:100::/56")
    gateway = net.eigw(net.vpc_id, name="1")
    net.route(net.ta, "::/0", gateway)
    put(net[gateway]["Attachments"][0], "State", state)
    return ask(net, net.client, "ip:2001:db8::7")


def static_route(state: str | None) -> Verdict:
    net, _, vpn = on_premises()
    net[vpn]["Options"] = {"StaticRoutesOnly": True}
    put(net[vpn]["Routes"][0], "State", state)
    return ask(net, net.client, "ip:192.168.1.1")


def direct_connect(state: str | None) -> Verdict:
    net = Hub()
    site = net.direct_connect(net.tgw_id, name="dx")
    net.associate(net.rt, site)
    net.tgw_route(net.rt, "10.9.0.0/16", site)
    put(net[site], "State", state)
    return ask(net, "eni-x", "ip:10.9.0.1")


def translation(state: str | None) -> Verdict:
    """Whether the transit gateway translates addresses at an attachment."""
    net = Hub()
    put(net["tgw-attach-x"], "NatGatewaySupport", state)
    return ask(net, "eni-x", "eni-y")


def firewall_itself(state: str | None) -> Verdict:
    """ "READY only when the ConfigurationSyncStateSummary value is IN_SYNC and the Attachment Status values for all of
    the configured subnets are READY": these are read (Network Firewall API, FirewallStatus).
    """
    net = Edge()
    net.firewall()
    path = next(path for path in net._more if "describe-firewall/" in path)
    put(net._more[path]["FirewallStatus"], "Status", state)
    return net.out()


def own_service(state: str | None) -> Verdict:
    """An endpoint service, by what its provider's files say."""
    net = Provided()
    put(net._lists["ec2/describe-vpc-endpoint-service-configurations"][0], "ServiceState", state)
    return ask(net, "eni-consumer", "vpce-own")


# --- what something is in ---------------------------------------------------------------------------------------------


def subnet(state: str | None) -> Verdict:
    net = Lan()
    put(net[net.a], "State", state)
    return ask(net, net.client, net.server)


def interface(state: str | None) -> Verdict:
    net = Lan()
    put(net[net.client], "Status", state)
    return ask(net, net.client, net.server)


def attachment(state: str | None) -> Verdict:
    net = Lan()
    one = net.instance(net.a, "10.0.1.8", [net.open], name="1")
    put(net[net.interface_of(one)].setdefault("Attachment", {"InstanceId": one}), "Status", state)
    return ask(net, net.client, one)


def instance(state: str | None) -> Verdict:
    net = Lan()
    one = net.instance(net.a, "10.0.1.8", [net.open], name="1")
    put(net[one]["State"], "Name", state)
    return ask(net, one, net.server)


def vpc(state: str | None) -> Verdict:
    net = Lan()
    put(net[net.vpc_id], "State", state)
    return ask(net, net.client, net.server)


def encryption_control(state: str | None) -> Verdict:
    net = Lan()
    net[net.vpc_id]["EncryptionControl"] = {"Mode": "enforce"}
    put(net[net.vpc_id]["EncryptionControl"], "State", state)
    return ask(net, net.client, net.server)


def table_association(state: str | None) -> Verdict:
    net = natted()
    net[net.ta]["Associations"][0]["AssociationState"] = {}
    put(net[net.ta]["Associations"][0]["AssociationState"], "State", state)
    return ask(net, net.client, WORLD)


def edge_association(state: str | None) -> Verdict:
    """The internet gateway's own table sends what comes in to a closed middlebox."""
    net = public()
    shut = net.interface(net.b, "10.0.2.9", [net.open], public="203.0.113.9", name="shut")
    net.edge_table(net.table(net.vpc_id, [("10.0.1.0/24", shut)], name="edge"), "igw-1")
    net["rtb-edge"]["Associations"][0]["AssociationState"] = {}
    put(net["rtb-edge"]["Associations"][0]["AssociationState"], "State", state)
    return ask(net, "internet", net.client)


def route(state: str | None) -> Verdict:
    net = natted()
    put(net[net.ta]["Routes"][-1], "State", state)
    return ask(net, net.client, WORLD)


def block_of_vpc(state: str | None) -> Verdict:
    net = Lan()
    net[net.vpc_id]["CidrBlockAssociationSet"].append({"CidrBlock": "10.7.0.0/16", "CidrBlockState": {}})
    put(net[net.vpc_id]["CidrBlockAssociationSet"][-1]["CidrBlockState"], "State", state)
    far = net.interface(net.subnet(net.vpc_id, "10.7.1.0/24", table=net.tb), "10.7.1.5", [net.open])
    return ask(net, net.client, far)


def block_of_subnet(state: str | None) -> Verdict:
    net = Lan(ipv6="2600:1f14:0:100::/56")
    put(net[net.b]["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlockState"], "State", state)
    return ask(net, net.client, net.server, family="ipv6")


def exclusion(state: str | None) -> Verdict:
    net = public()
    net.bpa("block-bidirectional", {net.vpc_id: "allow-bidirectional"}, states=False)
    path = f"{net._home}/ec2/describe-vpc-block-public-access-exclusions.json"
    files = net.files()
    answer = json.loads(files[path])
    put(answer["VpcBlockPublicAccessExclusions"][0], "State", state)
    return ask(files | {path: json.dumps(answer).encode()}, net.client, WORLD)


def public_access(state: str | None) -> Verdict:
    net = public()
    net.bpa("off", states=False)
    path = f"{net._home}/ec2/describe-vpc-block-public-access-options.json"
    files = net.files()
    answer = json.loads(files[path])
    put(answer["VpcBlockPublicAccessOptions"], "State", state)
    return ask(files | {path: json.dumps(answer).encode()}, net.client, WORLD)


def listed(state: str | None) -> Verdict:
    net = Lan()
    one = net.prefix_list(["10.0.2.0/24"])
    net["sg-open"]["IpPermissionsEgress"] = []
    net.permit("sg-open", "out", ("tcp", 443, 443, one))
    put(net[one], "State", state)
    return ask(net, net.client, net.server)


def fleet(state: str | None) -> Verdict:
    net = natted()
    arn = "arn:aws:codebuild:us-east-1:111111111111:fleet/f"
    config = {"vpcId": net.vpc_id, "subnets": [net.a], "securityGroupIds": [net.open]}
    net.project("app", environment={"type": "LINUX_CONTAINER", "image": "x", "fleet": {"fleetArn": arn}})
    net._lists["codebuild/batch-get-fleets"].append({"arn": arn, "name": "f", "vpcConfig": config, "status": {}})
    put(net._lists["codebuild/batch-get-fleets"][-1]["status"], "statusCode", state)
    return ask(net, "codebuild:app", WORLD)


def function(state: str | None) -> Verdict:
    net = natted()
    config = {"VpcId": net.vpc_id, "SubnetIds": [net.a], "SecurityGroupIds": [net.open]}
    net._lists["lambda/list-functions"].append({"FunctionName": "f", "VpcConfig": config})
    put(net._lists["lambda/list-functions"][-1], "State", state)
    return ask(net, "lambda:f", WORLD)


def service(state: str | None) -> Verdict:
    net = natted()
    config = {"awsvpcConfiguration": {"subnets": [net.a], "securityGroups": [net.open]}}
    record: Record = {"serviceName": "web", "launchType": "FARGATE", "networkConfiguration": config}
    put(record, "status", state)
    net.put("ecs/describe-services/main", {"services": [record]})
    return ask(net, "ecs:main/web", WORLD)


def log_key(state: str | None) -> Verdict:
    """The key of the log group that a build writes to (CloudWatch Logs User Guide, "Encrypt log data")."""
    group = "/aws/codebuild/p1"
    net = pipeline(statement("kms:*", Principal={"Service": f"logs.{REGION}.amazonaws.com"}), role=MAY_USE_KEYS)
    net.put("logs/describe-log-groups", {"logGroups": [{"logGroupName": group, "kmsKeyId": KEY}]})
    put(net._more[f"{net._home}/kms/describe-key/k-1.json"]["KeyMetadata"], "KeyState", state)
    log = {"action": "logs:PutLogEvents", "resource": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}:*"}
    return answer(net, log, "logs")


def key(state: str | None) -> Verdict:
    """The customer managed key that a build's artifacts are encrypted with ("Key states of AWS KMS keys")."""
    net = pipeline(named(ROLE))
    put(net._more[f"{net._home}/kms/describe-key/k-1.json"]["KeyMetadata"], "KeyState", state)
    return answer(net)


# --- names ------------------------------------------------------------------------------------------------------------


def forwarding(endpoint: str = "OPERATIONAL") -> tuple[Lan, str]:
    """Names of corp.example are forwarded to an inbound endpoint of a VPC that knows one of them."""
    net = natted()
    far = net.vpc("10.8.0.0/16", name="o")
    table = net.table(far)
    place = net.subnet(far, "10.8.1.0/24", table=table, name="o")
    pcx = net.peering(net.vpc_id, far)
    net.route(table, "10.0.0.0/16", pcx)
    for own in (net.ta, net.tb):
        net.route(own, "10.8.0.0/16", pcx)
    group = net.group(far, [ANY], [ANY], name="o")
    inbound = resolver_endpoint(net, far, {place: "10.8.1.53"}, [group], status=endpoint)
    outbound = resolver_endpoint(net, net.vpc_id, {net.b: "10.0.2.53"}, [net.open], "OUTBOUND")
    net.zone("corp.example", [far], [("db.corp.example", "A", ["10.0.2.5"])])
    forward_rule(net, net.vpc_id, "corp.example", ["10.8.1.53"], outbound)
    return net, inbound


def resolver(direction: str) -> Asked:
    def asked(state: str | None) -> Verdict:
        net, _ = forwarding()
        for one in net._lists["route53resolver/list-resolver-endpoints"]:
            if one["Direction"] == direction:
                put(one, "Status", state)
        return ask(net, net.client, "host:db.corp.example")

    return asked


def resolver_address(state: str | None) -> Verdict:
    """Of an endpoint whose interfaces no description tells."""
    net, inbound = forwarding()
    net[f"eni-{inbound}-1"]["Description"] = ""
    address: Record = {"SubnetId": "subnet-o", "Ip": "10.8.1.53"}
    put(address, "Status", state)
    net.put(f"route53resolver/list-resolver-endpoint-ip-addresses/{inbound}", {"IpAddresses": [address]})
    return ask(net, net.client, "host:db.corp.example")


def resolver_rule(state: str | None) -> Verdict:
    net, _ = forwarding()
    put(net._lists["route53resolver/list-resolver-rules"][0], "Status", state)
    return ask(net, net.client, "host:db.corp.example")


def rule_association(state: str | None) -> Verdict:
    net, _ = forwarding()
    net.zone("corp.example", [net.vpc_id], [("db.corp.example", "A", ["10.0.1.77"])])
    put(net._lists["route53resolver/list-resolver-rule-associations"][0], "Status", state)
    return ask(net, net.client, "host:db.corp.example")


def dns_firewall_group(state: str | None) -> Verdict:
    net = natted()
    firewall(net, net.vpc_id, {"Action": "BLOCK", "BlockResponse": "NXDOMAIN", "domains": ("github.com",)})
    put(net._lists["route53resolver/list-firewall-rule-group-associations"][0], "Status", state)
    return ask(net, net.client, HOST)


def dns_firewall_rule(state: str | None) -> Verdict:
    net = natted()
    group = firewall(net, net.vpc_id, {"Action": "BLOCK", "BlockResponse": "NXDOMAIN", "domains": ("github.com",)})
    path = f"{net._home}/route53resolver/list-firewall-rules/{group}.json"
    put(net._more[path]["FirewallRules"][0], "Status", state)
    return ask(net, net.client, HOST)


def dns_firewall_list(state: str | None) -> Verdict:
    net = natted()
    firewall(net, net.vpc_id, {"Action": "BLOCK", "BlockResponse": "NXDOMAIN", "domains": ("github.com",)})
    path = f"{net._home}/route53resolver/list-firewall-domain-lists.json"
    put(net._more[path]["FirewallDomainLists"][0], "Status", state)
    return ask(net, net.client, HOST)


def fails_open(state: str | None) -> Verdict:
    net = natted()
    firewall(net, net.vpc_id, {"Action": "BLOCK", "BlockResponse": "NXDOMAIN", "domains": ("github.com",)})
    config: Record = {}
    put(config, "FirewallFailOpen", state)
    net.put(f"route53resolver/get-firewall-config/{net.vpc_id}", {"FirewallConfig": config})
    return ask(net, net.client, HOST)


def name_of_service(state: str | None) -> Verdict:
    """The private name of a partner's endpoint service, whose owner has to prove that it is his."""
    more = {} if state is None else {"PrivateDnsNameVerificationState": state}
    return ask(partner(PrivateDnsName="api.partner.example", **more), "eni-client", "host:api.partner.example")


def of_profile(call: str) -> Asked:
    """A zone that a profile brings holds the name from the internet's answer."""

    def asked(state: str | None) -> Verdict:
        net = natted()
        zone = net.zone("github.com", [], [("github.com", "A", ["10.0.2.5"])])
        made = profile(net, net.vpc_id, f"arn:aws:route53:::hostedzone/{zone}")
        if call == "list-profile-associations":
            put(net._lists["route53profiles/list-profile-associations"][0], "Status", state)
        else:
            path = f"{net._home}/route53profiles/{call}/{made}.json"
            put(net._more[path]["ProfileResourceAssociations"][0], "Status", state)
        return ask(net, net.client, HOST)

    return asked


# --- the table --------------------------------------------------------------------------------------------------------

LATER = "of-tomorrow"


def each(said: str, *states: str | None) -> dict[str | None, str]:
    return dict.fromkeys(states, said)


ATTACHMENT = {
    "available": "allowed", "modifying": "allowed", None: "allowed",
    **each("BAD_STATE_ATTACHMENT", "initiatingRequest", "pendingAcceptance", "deleted", "failed", "rejected"),
    **each(
        "BAD_STATE_ATTACHMENT + STATE_CHANGING", "initiating", "rollingBack", "pending", "deleting", "rejecting",
        "failing",
    ),
    LATER: "unknown UNMODELLED_COMPONENT",
}  # fmt: skip
ATTACHED = {
    "attached": "allowed", "available": "allowed", None: "allowed", "detached": "BAD_STATE",
    "attaching": "BAD_STATE + STATE_CHANGING", "detaching": "BAD_STATE + STATE_CHANGING",
    LATER: "unknown UNMODELLED_COMPONENT",
}  # fmt: skip
ASSOCIATION = {
    "associated": "allowed", None: "allowed", "disassociated": "TGW_ATTACH_MISSING_TGW_RTB_ASSOCIATION",
    "associating": "TGW_ATTACH_MISSING_TGW_RTB_ASSOCIATION + STATE_CHANGING",
    "disassociating": "TGW_ATTACH_MISSING_TGW_RTB_ASSOCIATION + STATE_CHANGING",
    LATER: "unknown UNMODELLED_COMPONENT",
}  # fmt: skip
VPN = {
    "available": "allowed", None: "allowed", "pending": "+ STATE_CHANGING", "deleting": "+ STATE_CHANGING",
    "deleted": "", LATER: "unknown UNMODELLED_COMPONENT",
}  # fmt: skip
TUNNEL = {"UP": "allowed", None: "allowed", "DOWN": "allowed + VPN_TUNNELS_DOWN", LATER: "allowed + VPN_TUNNELS_DOWN"}
ENDPOINT = {
    "Available": "allowed", None: "allowed", "Pending": "BAD_STATE + STATE_CHANGING",
    "Deleting": "BAD_STATE + STATE_CHANGING",
    **each("BAD_STATE", "PendingAcceptance", "Deleted", "Rejected", "Failed", "Expired"),
    LATER: "unknown UNMODELLED_COMPONENT",
}  # fmt: skip
PROFILE = {
    "COMPLETE": "allowed private", None: "allowed private", "UPDATING": "allowed private + STATE_CHANGING",
    "CREATING": "unknown DNS_PROFILE_UNSEEN", "DELETING": "unknown DNS_PROFILE_UNSEEN",
    "DELETED": "allowed internet", "FAILED": "allowed internet + STATE_CHANGING",
    LATER: "unknown DNS_PROFILE_UNSEEN",
}  # fmt: skip
RESOURCE = {
    "ACTIVE": "allowed", None: "allowed",
    **each("allowed + STATE_CHANGING", "UPDATING", "DELETING", "ERROR", LATER),
}  # fmt: skip
INBOUND = {
    "OPERATIONAL": "allowed", None: "allowed", "AUTO_RECOVERING": "allowed", "UPDATING": "allowed + STATE_CHANGING",
    **each("unknown DNS_FORWARDED_UNKNOWN", "CREATING", "ACTION_NEEDED", "DELETING", LATER),
}  # fmt: skip


def coded(code: str, table: dict[str | None, str]) -> dict[str | None, str]:
    return {state: f"{code} {said}".strip() if said in ("", "+ STATE_CHANGING") else said
            for state, said in table.items()}  # fmt: skip


TABLE: dict[str, tuple[Asked, tuple[str, str], dict[Any, str]]] = {
    "NAT gateway": (nat_gateway, ("ec2", "NatGatewayState"), {
        "available": "allowed", None: "allowed", "pending": "BAD_STATE + STATE_CHANGING", "failed": "BAD_STATE",
        "deleting": "unknown UNMODELLED_COMPONENT", "deleted": "BAD_STATE", LATER: "unknown UNMODELLED_COMPONENT",
    }),
    "address of a NAT gateway": (nat_address, ("ec2", "NatGatewayAddressStatus"), {
        "succeeded": "allowed", None: "allowed", "failed": "unknown UNKNOWN_RESOURCE",
        **each("allowed + STATE_CHANGING", "assigning", "unassigning", "associating", "disassociating", LATER),
    }),
    "appliance at a NAT gateway": (nat_appliance, ("ec2", "NatGatewayApplianceState"), {
        "detached": "allowed", "attach-failed": "allowed",
        **each("unknown NAT_ATTACHED_APPLIANCE", "attached", "attaching", "detaching", "detach-failed", None, LATER),
    }),
    "internet gateway": (internet_gateway, ("ec2", "AttachmentStatus"), ATTACHED),
    "egress-only internet gateway": (egress_only, ("ec2", "AttachmentStatus"), ATTACHED),
    "VPC peering connection": (peering, ("ec2", "VpcPeeringConnectionStateReasonCode"), {
        "active": "allowed", None: "allowed", "provisioning": "BAD_STATE + STATE_CHANGING",
        "deleting": "BAD_STATE + STATE_CHANGING", LATER: "unknown UNMODELLED_COMPONENT",
        **each("BAD_STATE", "initiating-request", "pending-acceptance", "deleted", "rejected", "failed", "expired"),
    }),
    "peering of a rule's group": (peering_of_rule, ("ec2", "VpcPeeringConnectionStateReasonCode"), {
        "active": "allowed", None: "allowed", LATER: "allowed",
        **each(
            "ENI_SG_RULES_MISMATCH", "initiating-request", "pending-acceptance", "deleted", "rejected", "failed",
            "expired", "provisioning", "deleting",
        ),
    }),
    "transit gateway": (transit_gateway, ("ec2", "TransitGatewayState"), {
        "available": "allowed", "modifying": "allowed", None: "allowed", "pending": "BAD_STATE + STATE_CHANGING",
        "deleting": "BAD_STATE + STATE_CHANGING", "deleted": "BAD_STATE", LATER: "unknown UNMODELLED_COMPONENT",
    }),
    "attachment out of a VPC": (vpc_attachment("tgw-attach-x"), ("ec2", "TransitGatewayAttachmentState"), ATTACHMENT),
    "attachment into a VPC": (vpc_attachment("tgw-attach-y"), ("ec2", "TransitGatewayAttachmentState"), ATTACHMENT),
    "peering of transit gateways": (transit_peering, ("ec2", "TransitGatewayAttachmentState"), ATTACHMENT),
    "transit gateway route table": (transit_table, ("ec2", "TransitGatewayRouteTableState"), {
        "available": "allowed", None: "allowed", "pending": "BAD_STATE + STATE_CHANGING",
        "deleting": "BAD_STATE + STATE_CHANGING", "deleted": "BAD_STATE", LATER: "unknown UNMODELLED_COMPONENT",
    }),
    "association, in the table's file": (transit_association, ("ec2", "TransitGatewayAssociationState"), ASSOCIATION),
    "association, of the attachment": (listed_association, ("ec2", "TransitGatewayAssociationState"), ASSOCIATION),
    "transit gateway route": (transit_route, ("ec2", "TransitGatewayRouteState"), {
        "active": "allowed", None: "allowed", "blackhole": "TGW_RTB_BAD_STATE_ROUTE",
        "deleted": "TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT", "pending": "unknown UNMODELLED_COMPONENT",
        "deleting": "unknown UNMODELLED_COMPONENT", LATER: "unknown UNMODELLED_COMPONENT",
    }),
    "virtual private gateway": (vpn_gateway, ("ec2", "VpnState"), coded("BAD_STATE", VPN)),
    "its attachment": (vpn_gateway_attachment, ("ec2", "AttachmentStatus"), {
        state: said.replace("BAD_STATE", "BAD_STATE_ATTACHMENT") for state, said in ATTACHED.items()
    }),
    "VPN connection": (vpn_connection, ("ec2", "VpnState"), {
        state: said.replace("BAD_STATE_VPN", "BAD_STATE_VPN + ON_PREMISES_UNSEEN")
        for state, said in coded("BAD_STATE_VPN", VPN).items()
    }),
    "VPN at a transit gateway": (transit_vpn("State"), ("ec2", "VpnState"), coded("TGW_BAD_STATE_VPN", VPN)),
    "static route of a VPN": (static_route, ("ec2", "VpnState"), {
        "available": "allowed", None: "allowed",
        **each("unknown ON_PREMISES_UNSEEN", "pending", "deleting", "deleted", LATER),
    }),
    "attachment of a Direct Connect gateway": (direct_connect, ("ec2", "TransitGatewayAttachmentState"), ATTACHMENT),
    "translation at an attachment": (translation, ("ec2", "TransitGatewayAttachmentNatGatewaySupportState"), {
        "disabled": "allowed", None: "allowed",
        **each("unknown UNMODELLED_COMPONENT", "enabled", "enabling", "disabling", LATER),
    }),
    "tunnels of a VPN": (vpn_tunnel, ("ec2", "TelemetryStatus"), TUNNEL),
    "tunnels at a transit gateway": (transit_vpn("Status"), ("ec2", "TelemetryStatus"), TUNNEL),
    "interface endpoint": (interface_endpoint, ("ec2", "State"), ENDPOINT | {"Partial": "unknown ENDPOINT_PARTIAL"}),
    "gateway endpoint": (gateway_endpoint, ("ec2", "State"), {
        **ENDPOINT, "Partial": "unknown UNMODELLED_COMPONENT",
    }),
    "private names of an endpoint": (named_endpoint, ("ec2", "State"), {
        "Available": "allowed", None: "allowed", "Partial": "unknown ENDPOINT_PARTIAL",
        **each("BAD_STATE + NO_ROUTE_TO_DESTINATION + STATE_CHANGING", "Pending", "Deleting"),
        **each(
            "BAD_STATE + NO_ROUTE_TO_DESTINATION", "PendingAcceptance", "Deleted", "Rejected", "Failed", "Expired",
        ),
        LATER: "unknown UNMODELLED_COMPONENT",
    }),
    "endpoint service": (own_service, ("ec2", "ServiceState"), {
        "Available": "allowed", None: "allowed", "Pending": "BAD_STATE + STATE_CHANGING",
        "Deleting": "BAD_STATE + STATE_CHANGING", "Deleted": "BAD_STATE", "Failed": "BAD_STATE",
        LATER: "unknown UNMODELLED_COMPONENT",
    }),
    "private name of an endpoint service": (name_of_service, ("ec2", "DnsNameState"), {
        "verified": "allowed private", None: "allowed private",
        **each("unknown UNKNOWN_RESOURCE", "pendingVerification", "failed", LATER),  # those made before still answer it
    }),
    "endpoint of appliances": (appliance_endpoint, ("ec2", "State"), {
        **ENDPOINT, "Partial": "unknown UNMODELLED_COMPONENT",
    }),
    "endpoint of a firewall": (firewall_endpoint, ("network-firewall", "AttachmentStatus"), {
        "READY": "allowed", None: "allowed",
        **each("unknown UNMODELLED_COMPONENT", "CREATING", "DELETING", "FAILED", "ERROR", "SCALING", "STANDBY", LATER),
    }),
    "firewall": (firewall_itself, ("network-firewall", "FirewallStatusValue"), each(
        "allowed", "READY", "PROVISIONING", "DELETING", "FAILED", "STANDBY", None, LATER,
    )),
    "configuration of a firewall": (firewall_sync, ("network-firewall", "ConfigurationSyncState"), {
        "IN_SYNC": "allowed", None: "allowed",
        **each("allowed + STATE_CHANGING", "PENDING", "CAPACITY_CONSTRAINED", LATER),
    }),
    "policy of a firewall": (firewall_policy, ("network-firewall", "ResourceStatus"), RESOURCE),
    "stateless rule group": (rule_group("stateless"), ("network-firewall", "ResourceStatus"), RESOURCE),
    "stateful rule group": (rule_group("stateful"), ("network-firewall", "ResourceStatus"), RESOURCE),
    "load balancer": (balancer, ("elbv2", "LoadBalancerStateEnum"), {
        "active": "allowed", "active_impaired": "allowed", None: "allowed",
        "provisioning": "BAD_STATE + STATE_CHANGING", "failed": "BAD_STATE", LATER: "unknown UNMODELLED_COMPONENT",
    }),
    "target": (target, ("elbv2", "TargetHealthStateEnum"), {
        "healthy": "allowed", "unavailable": "allowed", "draining": "ELBV2_LISTENER_HAS_NO_TG",
        **each(
            "allowed + LB_TARGET_HEALTH_IGNORED", "initial", "unhealthy", "unhealthy.draining", "unused", None,
            LATER,
        ),
    }),
    "administrative override of a target": (override, ("elbv2", "TargetAdministrativeOverrideStateEnum"), {
        "no_override": "allowed", "unknown": "allowed", None: "allowed", LATER: "allowed",
        "zonal_shift_active": "allowed + LB_TARGET_HEALTH_IGNORED",
        "zonal_shift_delegated_to_dns": "allowed + LB_TARGET_HEALTH_IGNORED",
    }),
    "VPC": (vpc, ("ec2", "VpcState"), {
        "available": "allowed", None: "allowed", **each("allowed + STATE_CHANGING", "pending", "deleting", LATER),
    }),
    "encryption in transit that a VPC enforces": (encryption_control, ("ec2", "VpcEncryptionControlState"), {
        **each("allowed", "deleting", "deleted"),
        **each(
            "allowed + VPC_ENCRYPTION_ENFORCED", "available", "enforce-in-progress", "monitor-in-progress",
            "enforce-failed", "monitor-failed", "creating", "delete-failed", None, LATER,
        ),
    }),
    "subnet": (subnet, ("ec2", "SubnetState"), {
        "available": "allowed", None: "allowed",
        **each("allowed + STATE_CHANGING", "pending", "unavailable", "failed", "failed-insufficient-capacity", LATER),
    }),
    "network interface": (interface, ("ec2", "NetworkInterfaceStatus"), {
        "in-use": "allowed", "associated": "allowed", None: "allowed", "available": "allowed + INTERFACE_NOT_ATTACHED",
        **each("allowed + STATE_CHANGING", "attaching", "detaching", LATER),
    }),
    "attachment of an interface": (attachment, ("ec2", "AttachmentStatus"), {
        "attached": "allowed", None: "allowed",
        **each("allowed + STATE_CHANGING", "attaching", "detaching", "detached", LATER),
    }),
    "instance": (instance, ("ec2", "InstanceStateName"), {
        "running": "allowed", None: "allowed",
        **each("allowed + INSTANCE_STOPPED", "pending", "shutting-down", "terminated", "stopping", "stopped", LATER),
    }),
    "association of a route table": (table_association, ("ec2", "RouteTableAssociationStateCode"), {
        "associated": "allowed", None: "allowed", "associating": "allowed + STATE_CHANGING",
        "disassociating": "NO_ROUTE_TO_DESTINATION + STATE_CHANGING", "disassociated": "NO_ROUTE_TO_DESTINATION",
        "failed": "NO_ROUTE_TO_DESTINATION", LATER: "allowed + STATE_CHANGING",
    }),
    "association of a gateway's table": (edge_association, ("ec2", "RouteTableAssociationStateCode"), {
        "associated": "ENI_SOURCE_DEST_CHECK_RESTRICTION", None: "ENI_SOURCE_DEST_CHECK_RESTRICTION",
        **each("ENI_SOURCE_DEST_CHECK_RESTRICTION + STATE_CHANGING", "associating", LATER),
        "disassociating": "allowed + STATE_CHANGING", "disassociated": "allowed", "failed": "allowed",
    }),
    "route": (route, ("ec2", "RouteState"), {
        "active": "allowed", None: "allowed", "blackhole": "BAD_STATE_ROUTE",
        "filtered": "unknown ROUTE_STATE_FILTERED", LATER: "unknown ROUTE_STATE_FILTERED",
    }),
    "block of a VPC": (block_of_vpc, ("ec2", "VpcCidrBlockStateCode"), {
        "associated": "allowed", None: "allowed", "associating": "allowed + STATE_CHANGING",
        "disassociating": "NO_ROUTE_TO_DESTINATION + STATE_CHANGING", "disassociated": "NO_ROUTE_TO_DESTINATION",
        "failing": "NO_ROUTE_TO_DESTINATION + STATE_CHANGING", "failed": "NO_ROUTE_TO_DESTINATION",
        LATER: "allowed + STATE_CHANGING",
    }),
    "IPv6 block of a subnet": (block_of_subnet, ("ec2", "SubnetCidrBlockStateCode"), {
        "associated": "allowed", None: "allowed", "associating": "allowed + STATE_CHANGING",
        LATER: "allowed + STATE_CHANGING",
        **each("NO_POSSIBLE_DESTINATION + STATE_CHANGING", "disassociating", "failing"),
        **each("NO_POSSIBLE_DESTINATION", "disassociated", "failed"),
    }),
    "exclusion of Block Public Access": (exclusion, ("ec2", "VpcBlockPublicAccessExclusionState"), {
        "create-complete": "allowed", "update-complete": "allowed",
        **each("VPC_BLOCK_PUBLIC_ACCESS_ENABLED", "create-failed", "delete-complete", "disable-complete"),
        **each(
            "VPC_BLOCK_PUBLIC_ACCESS_ENABLED + BPA_EXCLUSION_NOT_COUNTED", "create-in-progress",
            "update-in-progress", "update-failed", "delete-in-progress", "disable-in-progress", None,
        ),
        LATER: "unknown UNKNOWN_RESOURCE",
    }),
    "Block Public Access": (public_access, ("ec2", "VpcBlockPublicAccessState"), {
        "default-state": "allowed", "update-complete": "allowed", None: "allowed",
        "update-in-progress": "allowed + STATE_CHANGING", LATER: "unknown UNKNOWN_RESOURCE",
    }),
    "prefix list": (listed, ("ec2", "PrefixListState"), {
        **each("allowed", "create-complete", "modify-complete", "restore-complete", "modify-failed", "restore-failed",
            "delete-failed", None),
        **each(
            "allowed + STATE_CHANGING", "create-in-progress", "create-failed", "modify-in-progress",
            "restore-in-progress", "delete-in-progress", "delete-complete", LATER,
        ),
    }),
    "build fleet": (fleet, ("codebuild", "FleetStatusCode"), {
        "ACTIVE": "allowed", None: "allowed",
        **each(
            "allowed + WORKLOAD_NOT_ACTIVE", "CREATING", "UPDATING", "ROTATING", "PENDING_DELETION", "DELETING",
            "CREATE_FAILED", "UPDATE_ROLLBACK_FAILED", LATER,
        ),
    }),
    "key of artifacts": (key, ("kms", "KeyState"), {
        "Enabled": "allowed", "Updating": "allowed", None: "allowed",
        **each(
            "KMS_KEY_UNUSABLE", "Creating", "Disabled", "PendingDeletion", "PendingImport", "PendingReplicaDeletion",
            "Unavailable",
        ),
        LATER: "unknown",
    }),
    "key of a log group": (log_key, ("kms", "KeyState"), {
        "Enabled": "allowed", "Updating": "allowed", None: "allowed",
        **each(
            "unknown", "Creating", "Disabled", "PendingDeletion", "PendingImport", "PendingReplicaDeletion",
            "Unavailable", LATER,
        ),  # "all newly ingested data is encrypted"; what becomes of it if it cannot be, AWS does not say
    }),
    "function": (function, ("lambda", "State"), {
        "Active": "allowed", "Inactive": "allowed", None: "allowed",
        **each(
            "allowed + WORKLOAD_NOT_ACTIVE", "Pending", "Failed", "Deactivating", "Deactivated",
            "ActiveNonInvocable", "Deleting", LATER,
        ),
    }),
    "service": (service, ("ecs", ""), {
        "ACTIVE": "allowed", None: "allowed",
        **each("allowed + WORKLOAD_NOT_ACTIVE", "DRAINING", "INACTIVE", LATER),
    }),
    "address of a resolver endpoint": (resolver_address, ("route53resolver", "IpAddressStatus"), {
        **each("allowed", "ATTACHED", "UPDATING", "UPDATE_FAILED", None),
        **each(
            "unknown DNS_FORWARDED_UNKNOWN", "CREATING", "FAILED_CREATION",
            "FAILED_CREATION_INSUFFICIENT_EC2_CAPACITY_IN_OUTPOST", "ATTACHING", "REMAP_DETACHING", "REMAP_ATTACHING",
            "DETACHING", "FAILED_RESOURCE_GONE", "DELETING", "DELETE_FAILED_FAS_EXPIRED", "ISOLATED", LATER,
        ),
    }),
    "outbound resolver endpoint": (resolver("OUTBOUND"), ("route53resolver", "ResolverEndpointStatus"), INBOUND),
    "inbound resolver endpoint": (resolver("INBOUND"), ("route53resolver", "ResolverEndpointStatus"), INBOUND),
    "resolver rule": (resolver_rule, ("route53resolver", "ResolverRuleStatus"), {
        "COMPLETE": "allowed", None: "allowed",
        **each("allowed + STATE_CHANGING", "UPDATING", "DELETING", "FAILED"),
        LATER: "unknown UNMODELLED_COMPONENT",
    }),
    "association of a resolver rule": (rule_association, ("route53resolver", "ResolverRuleAssociationStatus"), {
        "COMPLETE": "allowed", None: "allowed", "CREATING": "allowed + STATE_CHANGING",
        "OVERRIDDEN": "NO_POSSIBLE_DESTINATION",
        "DELETING": "NO_POSSIBLE_DESTINATION + STATE_CHANGING", "FAILED": "NO_POSSIBLE_DESTINATION + STATE_CHANGING",
        LATER: "unknown UNMODELLED_COMPONENT",
    }),
    "association of DNS Firewall": (dns_firewall_group, ("route53resolver", "FirewallRuleGroupAssociationStatus"), {
        "COMPLETE": "DNS_FIREWALL_BLOCK", None: "DNS_FIREWALL_BLOCK",
        "UPDATING": "DNS_FIREWALL_BLOCK + STATE_CHANGING", "DELETING": "allowed + STATE_CHANGING",
        LATER: "unknown UNMODELLED_COMPONENT",
    }),
    "list of DNS Firewall": (dns_firewall_list, ("route53resolver", "FirewallDomainListStatus"), {
        **each("DNS_FIREWALL_BLOCK", "COMPLETE", "COMPLETE_IMPORT_FAILED", None),
        **each("unknown UNMODELLED_COMPONENT", "IMPORTING", "DELETING", "UPDATING", LATER),
    }),
    "rule of DNS Firewall": (dns_firewall_rule, ("route53resolver", ""), {
        "COMPLETE": "DNS_FIREWALL_BLOCK", None: "DNS_FIREWALL_BLOCK", "CREATION_FAILED": "allowed",
        "CREATING": "unknown UNMODELLED_COMPONENT", LATER: "unknown UNMODELLED_COMPONENT",
    }),
    "answers while DNS Firewall fails": (fails_open, ("route53resolver", "FirewallFailOpenStatus"), {
        "DISABLED": "DNS_FIREWALL_BLOCK", None: "DNS_FIREWALL_BLOCK",
        **each("DNS_FIREWALL_BLOCK + DNS_FIREWALL_FAIL_OPEN", "ENABLED", "USE_LOCAL_RESOURCE_SETTING", LATER),
    }),
    "association of a profile": (
        of_profile("list-profile-associations"), ("route53profiles", "ProfileStatus"), PROFILE,
    ),
    "resource of a profile": (
        of_profile("list-profile-resource-associations"), ("route53profiles", "ProfileStatus"), PROFILE,
    ),
}  # fmt: skip


def rows() -> Iterator[tuple[str, str | None, str]]:
    for kind, (_, _, expected) in TABLE.items():
        for state, said in expected.items():
            yield kind, state, said


@cache
def usual(kind: str) -> frozenset[str]:
    """What is assumed of this way whatever the state: what the first state of the table, which works, has."""
    asked, _, expected = TABLE[kind]
    said = next(iter(expected.values()))
    return frozenset(one.code for one in asked(next(iter(expected))).assumptions) - set(said.split())


@pytest.mark.parametrize(("kind", "state", "said"), list(rows()))
def test_a_state_and_what_is_said_of_it(kind: str, state: str | None, said: str) -> None:
    verdict = TABLE[kind][0](state)
    assumed = {one.code for one in verdict.assumptions} - usual(kind)
    if verdict.outcome == "unknown":
        found = f"unknown {' '.join(sorted(assumed))}".strip()
    else:
        how = [f"allowed {verdict.route}" if "private" in said or "internet" in said else "allowed"]
        if verdict.outcome != "allowed":
            how = sorted({one.code for one in verdict.blocked_by})
        found = " + ".join([*how, *sorted(assumed)])
    assert found == said


@cache
def documented(service: str, shape: str) -> frozenset[str]:
    return frozenset(botocore.session.get_session().get_service_model(service).shape_for(shape).enum)


@pytest.mark.parametrize("kind", [kind for kind, (_, (_, shape), _) in TABLE.items() if shape])
def test_every_documented_state_is_in_the_table(kind: str) -> None:
    _, named, expected = TABLE[kind]
    assert {state.lower() for state in documented(*named)} <= {str(state).lower() for state in expected}
