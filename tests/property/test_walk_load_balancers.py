"""Load balancers in random small networks: engine and reference interpreter agree on every class of packets."""

from __future__ import annotations

import random

import pytest

from reachsim import load_files
from tests.balancers import classic, listener, load_balancer, target_group
from tests.property.comparison import assert_partition, compare, world_of
from tests.property.draft import Draft, Site
from tests.property.networks import network

TOPICS = ("filters", "references", "gateways", "transit")
NETWORKS_PER_TOPIC = 60
PORTS = (443, 8080, 22)
PROTOCOLS = ("TCP", "TCP", "TLS", "UDP", "TCP_UDP")


def balanced(topic: str, seed: int) -> tuple[Draft, list[str]]:
    """A network of `tests.property.networks` with up to four load balancers in it, and their interfaces."""
    draft = network(topic, seed)
    rng = draft.rng = random.Random(f"balancers/{topic}/{seed}")
    if draft.chance(0.7):
        open_most_groups(draft)
    site = draft.sites[0]
    instances = [
        site.net.instance(place.id, place.v4(150 + number), groups(rng, site), name=f"t{place.number}-{number}")
        for place in site.v4_places
        for number in range(2)
    ]
    inner: list[str] = []
    nodes: list[str] = []
    for number in range(rng.randint(1, 4)):
        kind = rng.choice(("application", "network", "network", "classic"))
        made = add_classic if kind == "classic" else add_new
        nodes += made(draft, site, number, kind, instances, inner)
    return draft, nodes + private_links(draft)


def open_most_groups(draft: Draft) -> None:
    """Both connections of a load balancer have to pass groups on both sides: by narrow ones next to nothing would."""
    for site in draft.sites:
        for group in site.groups:
            for direction in ("in", "out"):
                if draft.chance(0.85):
                    site.net.permit(group, direction, ("-1", None, None, "0.0.0.0/0"))


def private_links(draft: Draft) -> list[str]:
    """Endpoint services of some Network Load Balancers, and an endpoint's interface for each, in whatever VPC."""
    rng, net = draft.rng, draft.sites[0].net
    made = [one for one in net._lists["elbv2/describe-load-balancers"] if one["Type"] == "network"]
    found: list[str] = []
    for number, balancer in enumerate(made):
        if draft.chance(0.3):
            balancer["EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic"] = rng.choice(("on", "off"))
        service = f"com.amazonaws.vpce.{net.region}.vpce-svc-{number}"
        arns = sorted({balancer["LoadBalancerArn"], rng.choice(made)["LoadBalancerArn"]})
        if draft.chance(0.1):
            arns.append(f"arn:aws:elasticloadbalancing:{net.region}:{net.account}:loadbalancer/net/unseen/{number}")
        net._lists["ec2/describe-vpc-endpoint-service-configurations"].append(
            {"ServiceName": service, "NetworkLoadBalancerArns": arns}
        )
        site = rng.choice([one for one in draft.sites if one.net is net])
        place = rng.choice(site.v4_places)
        endpoint = net.interface_endpoint(
            site.id, service, {place.id: place.v4(90 + number)}, site.groups[:1], private_dns=False,
            name=f"own{number}",
        )  # fmt: skip
        found.append(net.interface_of(endpoint))
    return found


def groups(rng: random.Random, site: Site) -> list[str]:
    return rng.sample(site.groups, min(len(site.groups), rng.choice((1, 1, 2))))


def places(draft: Draft, site: Site, number: int) -> dict[str, str | tuple[str, str]]:
    """A node per zone, as AWS allows one subnet of each; some with a public address."""
    by_zone = {place.zone: place for place in draft.rng.sample(site.v4_places, len(site.v4_places))}
    chosen = list(by_zone.values())[: draft.rng.choice((1, 2, 2))]
    public = draft.chance(0.4)
    return {
        place.id: (place.v4(100 + number), f"192.0.2.{100 + number * 20 + place.number}") if public
        else place.v4(100 + number)
        for place in chosen
    }  # fmt: skip


def add_classic(draft: Draft, site: Site, number: int, _: str, instances: list[str], __: list[str]) -> list[str]:
    rng, nodes = draft.rng, places(draft, site, number)
    name = f"lb{number}"
    listeners = [(port, rng.choice(PORTS)) for port in rng.sample(PORTS, rng.randint(1, 2))]
    chosen = rng.sample(instances, rng.randint(0, min(3, len(instances))))
    classic(site.net, name, nodes, listeners, chosen, groups(rng, site), draft.chance(0.5))
    return [f"eni-{name}-{subnet.removeprefix('subnet-')}" for subnet in nodes]


def add_new(draft: Draft, site: Site, number: int, kind: str, instances: list[str], inner: list[str]) -> list[str]:
    """An Application or Network Load Balancer; the former may become a target of a later one of the latter."""
    rng, net, name = draft.rng, site.net, f"lb{number}"
    nodes = places(draft, site, number)
    carried = groups(rng, site) if kind == "application" or draft.chance(0.6) else []
    state = "active" if draft.chance(0.95) else "provisioning"
    balancer = load_balancer(net, name, nodes, carried, kind, draft.chance(0.5), state)
    for port in rng.sample(PORTS, rng.randint(1, 2)):
        protocol = "HTTP" if kind == "application" else rng.choice(PROTOCOLS)
        chosen = [(one, rng.choice((0, 1, 1, 2))) for one in (
            group(draft, site, f"{name}-{port}-{index}", kind, protocol, instances, inner)
            for index in range(rng.choice((0, 1, 1, 1, 2)))
        )]  # fmt: skip
        listener(net, balancer, port, chosen, protocol)
    if kind == "application":
        inner.append(balancer)
    return [f"eni-{name}-{subnet.removeprefix('subnet-')}" for subnet in nodes]


def group(draft: Draft, site: Site, name: str, kind: str, protocol: str, instances: list[str], inner: list[str]) -> str:
    """A target group of instances, of addresses (some in other VPCs), of a function or of a load balancer."""
    rng, net = draft.rng, site.net
    attributes: dict[str, bool | str] = {}
    if draft.chance(0.3):
        attributes["cross_zone"] = rng.choice((True, False, "use_load_balancer_configuration"))
    if kind == "network" and draft.chance(0.4):
        attributes["preserve_client_ip"] = draft.chance(0.5)
    if draft.chance(0.08):
        protocol = "UDP" if protocol == "TCP" else protocol
    if kind == "network" and inner and draft.chance(0.3):
        return target_group(net, name, [(rng.choice(inner), rng.choice(PORTS))], "TCP", kind="alb", **attributes)
    if kind == "application" and draft.chance(0.1):
        arn = "arn:aws:lambda:us-east-1:111111111111:function:f"
        return target_group(net, name, [arn], kind="lambda")
    if draft.chance(0.5):
        chosen = [(one, rng.choice(PORTS)) for one in rng.sample(instances, rng.randint(0, min(3, len(instances))))]
        return target_group(net, name, chosen, protocol, **attributes)
    near = site.interfaces
    far = draft.sites[1].interfaces if len(draft.sites) > 1 and draft.sites[1].net is net else []
    here = {
        net[eni]["PrivateIpAddress"]: net[eni]["AvailabilityZone"] for eni in near if net[eni]["PrivateIpAddresses"]
    }
    here |= {net[eni]["PrivateIpAddress"]: "all" for eni in far if net[eni]["PrivateIpAddresses"]}
    addresses = rng.sample(sorted(here), min(len(here), rng.randint(1, 3)))
    ports = [(one, rng.choice(PORTS)) for one in addresses]
    return target_group(net, name, ports, protocol, kind="ip", zones=here, **attributes)


def questions(draft: Draft, nodes: list[str]) -> list[tuple[str, str]]:
    """(source, destination): from clients, targets among them, and from the internet to a load balancer's interface."""
    rng = draft.rng
    targets = [one for one in draft.sites[0].net._records if one.startswith("eni-t")]
    found = [(rng.choice(draft.interfaces), rng.choice(nodes)), (rng.choice(targets), rng.choice(nodes))]
    found += [("internet", rng.choice(nodes)), (rng.choice(draft.interfaces), rng.choice(nodes))]
    return found


@pytest.mark.parametrize("topic", TOPICS)
def test_engine_and_interpreter_agree_behind_load_balancers(topic: str) -> None:
    compared, passed = 0, 0
    for seed in range(NETWORKS_PER_TOPIC):
        draft, nodes = balanced(topic, seed)
        files = draft.files()
        reach, world = load_files(files), world_of(files)
        for source, destination in questions(draft, nodes):
            for scenario in reach.scenarios(source, destination):
                assert_partition(scenario)
                compared += compare(world, scenario, draft.rng)
                passed += sum(flow.outcome == "allowed" for flow in scenario.flows)
    print(f"{topic}: {NETWORKS_PER_TOPIC} networks, {compared} packets compared, {passed} classes allowed")
    assert compared > NETWORKS_PER_TOPIC * 80
    assert passed > NETWORKS_PER_TOPIC * 3
