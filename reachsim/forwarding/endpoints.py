"""Endpoints that routes lead to: gateway endpoints, and those of Gateway Load Balancers and Network Firewall.

**Source:** PrivateLink guide, "Gateway endpoints" (facts N135 to N138).
"""

from __future__ import annotations

from reachsim.evidence import Gap
from reachsim.forwarding.appliances import inspection
from reachsim.forwarding.delivery import finish
from reachsim.forwarding.ground import (
    Ground,
    Walk,
    assume,
    block,
    describe_addresses,
    hop,
    lost,
    not_there,
    past_state,
    stopped,
)
from reachsim.model.records import VpcEndpoint
from reachsim.packets import ICMP, SERVICE, TCP, icmp_services


def vpc_endpoint(ground: Ground, flow: Walk) -> list[Walk]:
    """To an endpoint that a route names: a gateway endpoint's service, or an inspection that is not followed."""
    endpoint_id, vpc_id = flow.place[1:3]
    endpoint = ground.network.vpc_endpoints.get(endpoint_id)
    if endpoint is None:
        return [not_there(ground, flow, endpoint_id, vpc_id, "describe-vpc-endpoints")]
    label = ground.network.label(endpoint_id)
    if endpoint.vpc_endpoint_type != "Gateway":
        return inspection(ground, flow, endpoint, flow.place[3])
    flow = past_state(flow, endpoint_id, endpoint.state, ("available",), label)
    if flow.context.sender is None or any(link not in flow.context.inspected for link in flow.context.links):
        own, foreign = flow.by_sources(ground.network.vpc_addresses(vpc_id))
        parts = []
        if own is not None:
            detail = f"whether {label} serves what left {vpc_id} and came back into it is not documented"
            parts.append(lost(own, Gap("UNMODELLED_COMPONENT", endpoint_id, detail)))
        if foreign is not None:
            detail = f"{label} serves only interfaces of {vpc_id}, not what comes in from elsewhere (N137)"
            parts.append(stopped(foreign, block(foreign, "GATEWAY_REJECTS_SPOOFED_TRAFFIC", endpoint_id, detail)))
        return parts
    if flow.context.session:
        detail = f"{label} takes the traffic of {flow.context.session[-1].gateway}: not confirmed by AWS's pages (N59)"
        flow = flow.assuming(assume("NAT_THEN_GATEWAY_ENDPOINT", endpoint_id, detail, "leak"))
    return _into_service(ground, flow, endpoint, vpc_id)


def asked_by_name(ground: Ground, flow: Walk, vpc_id: str) -> Walk:
    """What is assumed where a name led to a gateway endpoint: AWS wants DNS hostnames on in the VPC (N139)."""
    endpoint = ground.network.vpc_endpoints.get(flow.context.terminal)
    if endpoint is None or endpoint.vpc_endpoint_type != "Gateway":
        return flow
    hostnames, _ = ground.network.vpc_attribute(vpc_id, "enableDnsHostnames")
    if hostnames is not False:
        return flow
    label = ground.network.label(vpc_id)
    detail = f"{label} has enableDnsHostnames off, which was taken not to keep {endpoint.vpc_endpoint_id} from working"
    return flow.assuming(assume("GATEWAY_ENDPOINT_WITHOUT_HOSTNAMES", vpc_id, detail, "block"))


def _into_service(ground: Ground, flow: Walk, endpoint: VpcEndpoint, vpc_id: str) -> list[Walk]:
    """Gateway endpoints carry TCP and ICMP echo (N136)."""
    endpoint_id = endpoint.vpc_endpoint_id
    takes: list[Walk] = []
    others: list[Walk | None] = [flow]
    if flow.protocol == TCP:
        takes, others = [flow], []
    elif flow.protocol == ICMP:
        echo = icmp_services(ICMP, 8, -1)
        inside = flow.with_dimension(SERVICE, echo)
        takes = [inside] if inside is not None else []
        others = [flow.with_dimension(SERVICE, flow.box[SERVICE] - echo)]
    label = ground.network.label(endpoint_id)
    detail = f"{label} carries TCP and ICMP echo only"
    code = "VPCE_GATEWAY_PROTOCOL_RESTRICTION"
    parts = [stopped(part, block(part, code, endpoint_id, detail)) for part in others if part is not None]
    for part in takes:
        text = f"{label}: {endpoint.service_name}, {describe_addresses(part.destinations)}"
        crossed = hop(part, endpoint_id, "vpc-endpoint", text, source=ground.network.source(endpoint_id))
        parts.append(finish(part.through(crossed), endpoint_id, "vpc-endpoint", "private", None, "local", vpc_id, ""))
    return parts
