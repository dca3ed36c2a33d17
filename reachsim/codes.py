"""What each code of a verdict means: why traffic is blocked, what was found, what was assumed.

Codes of origin ``aws`` are those of VPC Reachability Analyzer, used where the meaning is the same; their texts here are
in our own words. Codes of origin ``reachsim`` follow the same grammar and cover what that tool leaves out: DNS,
policies, the CodeBuild network, IPv6, replies. Codes are stable once released: tests, diffs, translations key on them.

**Source:** AWS, "Reachability Analyzer explanation codes" (read 2026-11-24), and the page in each code's ``docs``.
A number such as N59 or P33 in a comment is the fact that leaves the point open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final, Literal

import msgspec

from reachsim.errors import QuestionError

Kind = Literal["block", "cause", "finding", "assumption", "information", "diagnosis"]
Origin = Literal["aws", "reachsim"]
Layer = Literal["network", "dns", "endpoint-policy", "identity-policy", "resource-policy", "snapshot"]
Symptom = Literal["timeout", "refused", "name-not-found", "403"]
CanHide = Literal["leak", "block", "either", "neither", "undecided"]
"""What a wrong assumption would hide: traffic that gets through (or leaves) unseen, traffic that is stopped unseen, one
or the other. ``neither``: whatever is true has been considered. ``undecided``: the answer is ``unknown`` because of it.
"""


class Code(msgspec.Struct, frozen=True):
    """One code and its texts.

    ``kind`` says where a code may stand: ``block`` in ``blocked_by``, ``cause`` beside a block, never instead of one,
    ``finding`` as a finding of ``reachsim check``, ``assumption`` among a verdict's assumptions, ``information`` as a
    note on a hop, ``diagnosis`` among the causes of ``reachsim diagnose``. ``symptom`` is what the user usually sees of
    a block; a verdict may know better. ``remedy`` and ``docs`` are "" where there is nothing to mend and where no AWS
    page is known. ``can_hide`` is for assumptions alone.
    """

    code: str
    kind: Kind
    origin: Origin
    layer: Layer
    symptom: Symptom | None
    text: str
    remedy: str
    docs: str
    can_hide: CanHide | None = None


NO_BLOCK_HERE: Final[Mapping[str, str]] = MappingProxyType({
    "IGW_NAT_REFLECTION": "the way out and back in is followed (N85)",
    "VPCE_GATEWAY_EGRESS_SOURCE_ADDRESS_RESTRICTION": "gateway endpoints answer from the address that was asked",
    "UNKNOWN_PEERED_SGS": "unknown here, not blocked: the assumption SECURITY_GROUP_UNSEEN (N91)",
    "NO_SOURCE_OR_DESTINATION": "an error of the question",
    "UNSUPPORTED_COMPONENT": "unknown here, not blocked: the assumption UNMODELLED_COMPONENT (N20)",
})  # fmt: skip
"""Codes of Reachability Analyzer that no verdict of reachsim holds, and why."""


class UnknownCodeError(QuestionError, ValueError):
    """No such code; ``matches`` holds the codes whose spelling is near."""

    def __init__(self, code: str, matches: tuple[str, ...]) -> None:
        self.matches = matches
        hint = f"; did you mean {', '.join(matches)}?" if matches else ""
        super().__init__(f"unknown code {code!r}{hint}", "UNKNOWN_CODE")


_AWS: Final = "https://docs.aws.amazon.com"
_EXPLANATION_CODES: Final = "/vpc/latest/reachability/explanation-codes.html"
_HOW_RA_WORKS: Final = "/vpc/latest/reachability/how-reachability-analyzer-works.html"
_ROUTE_PRIORITY: Final = "/vpc/latest/userguide/route-tables-priority.html"
_SUBNET_ROUTES: Final = "/vpc/latest/userguide/subnet-route-tables.html"
_IGW: Final = "/vpc/latest/userguide/VPC_Internet_Gateway.html"
_ROUTE_OPTIONS: Final = "/vpc/latest/userguide/route-table-options.html"
_NAT: Final = "/vpc/latest/userguide/vpc-nat-gateway.html"
_NAT_BASICS: Final = "/vpc/latest/userguide/nat-gateway-basics.html"
_NAT_REGIONAL: Final = "/vpc/latest/userguide/nat-gateways-regional.html"
_VPC_ENCRYPTION: Final = "/vpc/latest/userguide/vpc-encryption-controls.html"
_BPA: Final = "/vpc/latest/userguide/security-vpc-bpa.html"
_CUSTOM_ACL: Final = "/vpc/latest/userguide/custom-network-acl.html"
_DNS: Final = "/vpc/latest/userguide/AmazonDNS-concepts.html"
_DHCP: Final = "/vpc/latest/userguide/DHCPOptionSetConcepts.html"
_ZONES: Final = "/Route53/latest/DeveloperGuide/hosted-zone-private-considerations.html"
_RULES: Final = "/Route53/latest/DeveloperGuide/resolver-overview-forward-vpc-to-network-using-rules.html"
_DNS_FIREWALL: Final = "/Route53/latest/DeveloperGuide/resolver-dns-firewall-overview.html"
_PRIVATELINK: Final = "/vpc/latest/privatelink/privatelink-access-aws-services.html"
_SHARED_SERVICE: Final = "/vpc/latest/privatelink/privatelink-share-your-services.html"
_INTERFACE_ENDPOINT: Final = "/vpc/latest/privatelink/create-interface-endpoint.html"
_S3_ENDPOINTS: Final = "/vpc/latest/privatelink/vpc-endpoints-s3.html"
_GATEWAY_ENDPOINT: Final = "/vpc/latest/privatelink/gateway-endpoints.html"
_ENDPOINT_POLICY: Final = "/vpc/latest/privatelink/vpc-endpoints-access.html"
_CROSS_REGION: Final = "/vpc/latest/privatelink/aws-services-cross-region-privatelink-support.html"
_MANAGED_COMPUTE: Final = "/codepipeline/latest/userguide/action-reference-Commands.html"
_CUSTOM_ACTION: Final = "/codepipeline/latest/userguide/actions-create-custom-action.html"
_PEERING: Final = "/vpc/latest/peering/vpc-peering-basics.html"
_PEERING_GROUPS: Final = "/vpc/latest/peering/vpc-peering-security-groups.html"
_TGW: Final = "/vpc/latest/tgw/how-transit-gateways-work.html"
_TGW_ATTACHMENTS: Final = "/vpc/latest/tgw/tgw-vpc-attachments.html"
_VPN_PRIORITY: Final = "/vpn/latest/s2svpn/vpn-route-priority.html"
_SG_RULES: Final = "/vpc/latest/userguide/security-group-rules.html"
_FIREWALL_ENGINES: Final = "/network-firewall/latest/developerguide/firewall-rules-engines.html"
_FIREWALL_DOMAINS: Final = "/network-firewall/latest/developerguide/stateful-rule-groups-domain-names.html"
_FIREWALL_ASYMMETRY: Final = "/network-firewall/latest/developerguide/asymmetric-routing.html"
_LB_RULES: Final = "/elasticloadbalancing/latest/application/listener-rules.html"
_LB_TARGET_HEALTH: Final = "/elasticloadbalancing/latest/application/target-group-health-checks.html"
_NLB_ATTRIBUTES: Final = "/elasticloadbalancing/latest/network/edit-target-group-attributes.html"
_NLB_TROUBLES: Final = "/elasticloadbalancing/latest/network/load-balancer-troubleshooting.html"
_CODEBUILD_FLEET: Final = "/codebuild/latest/userguide/fleets.reserved-capacity-fleets.html"
_CODEBUILD_PROXY: Final = "/codebuild/latest/userguide/run-codebuild-in-managed-proxy-server.html"
_CODEBUILD_PROXY_SERVER: Final = "/codebuild/latest/userguide/use-proxy-server.html"
_CODEBUILD_TROUBLES: Final = "/codebuild/latest/userguide/troubleshooting.html"
_ECR_ENDPOINTS: Final = "/AmazonECR/latest/userguide/vpc-endpoints.html"
_ECR_TEMPLATES: Final = "/AmazonECR/latest/userguide/repository-creation-templates.html"
_S3_PUBLIC: Final = "/AmazonS3/latest/userguide/access-control-block-public-access.html"
_BUILDSPEC: Final = "/codebuild/latest/userguide/build-spec-ref.html"
_CODECOMMIT_VPC: Final = "/codecommit/latest/userguide/codecommit-and-interface-VPC.html"
_CODEBUILD_VPC: Final = "/codebuild/latest/userguide/vpc-support.html"
_CODEBUILD_ROLE: Final = "/codebuild/latest/userguide/setting-up-service-role.html"

# What a row holds. AWS's: code, text, remedy. Ours: code, layer, (of a block: symptom,) page, text, remedy.
_Aws = tuple[str, str, str]
_Ours = tuple[str, Layer, str, str, str]
_Block = tuple[str, Layer, Symptom, str, str, str]

# Reachability Analyzer: path codes.
_PATH: Final[tuple[_Aws, ...]] = (
    ("BAD_STATE",
     "The component exists but is not in a working state.",
     "Bring the component into a working state, or replace it."),
    ("BAD_STATE_ATTACHMENT",
     "The attachment between two components is not in a working state.", "Accept or recreate the attachment."),
    ("BAD_STATE_ROUTE",
     "The route that matches is a blackhole or otherwise inactive: its target is gone. Such a route still wins the "
     "match, and what it matches is dropped.",
     "Point the route at a working target, or delete it so that another route can match."),
    ("BAD_STATE_VPN",
     "The VPN connection is not working.", "Bring up at least one tunnel of the VPN connection."),
    ("CANNOT_ROUTE",
     "The route's destination does not cover the address the packet goes to.",
     "Widen the route's destination, or add a route that covers the address."),
    ("ELB_ACL_RESTRICTION",
     "The network ACL also filters what a Classic Load Balancer sends to targets in its own subnet, and denies it.",
     "Allow the load balancer's traffic in the network ACL of its subnet."),
    ("ELB_INSTALLED_AZ_RESTRICTION",
     "A load balancer reaches only the Availability Zones it is enabled in.",
     "Enable the target's Availability Zone on the load balancer."),
    ("ELB_LISTENER_PORT_RESTRICTION",
     "The Classic Load Balancer's listener uses another port, or forwards to another port.",
     "Use the listener's port, or change the listener."),
    ("ELB_LISTENERS_MISMATCH",
     "No listener of the Classic Load Balancer takes this traffic.", "Add a listener for the protocol and port."),
    ("ELB_NOT_CROSSZONE",
     "Cross-zone load balancing is off and the target is in another Availability Zone.",
     "Turn on cross-zone load balancing, or add a target in the zone."),
    ("ELBV2_LISTENER_HAS_NO_TG",
     "The listener's target groups hold no target.", "Register targets in the target group."),
    ("ELBV2_LISTENER_PORT_RESTRICTION",
     "The listener's port is not the port of the packet.", "Use the listener's port, or add a listener."),
    ("ELBV2_LISTENER_REQUIRES_TG_ACCEPT",
     "No target group of the listener takes this traffic.",
     "Forward to a target group with the right protocol and port."),
    ("ELBV2_LISTENERS_MISMATCH",
     "No listener of the load balancer takes this traffic.", "Add a listener for the protocol and port."),
    ("ELBV2_NO_TARGETS_IN_AZ",
     "The load balancer has no target in this Availability Zone.",
     "Register a target in the zone, or turn on cross-zone load balancing."),
    ("ENI_ADDRESS_RESTRICTION",
     "The address in the packet is not one of the network interface's own private addresses.",
     "Send to or from an address of the interface, or assign the address to it."),
    ("ENI_SG_RULES_MISMATCH",
     "No rule of the security groups on the network interface allows this traffic in this direction.",
     "Add a rule for the peer, protocol and port to one of the interface's security groups."),
    ("ENI_SOURCE_DEST_CHECK_RESTRICTION",
     "The source/destination check is on, so the network interface handles only packets from or to its own addresses "
     "and cannot forward others.",
     "Turn the source/destination check off if the interface is meant to forward traffic."),
    ("FIREWALL_RULES_RESTRICTION",
     "A Network Firewall rule drops or rejects this traffic.",
     "Add or reorder a rule of the firewall policy so that the traffic passes."),
    ("GATEWAY_REJECTS_SPOOFED_TRAFFIC",
     "The gateway drops the packet, because its source address does not belong to the VPC.",
     "Send from an address of the VPC, or translate the source before the gateway."),
    ("GWLB_DESTINATION_PORT_RESTRICTION",
     "A Gateway Load Balancer takes packets to port 6081 only.", "Send to UDP port 6081."),
    ("GWLB_PROTOCOL_RESTRICTION",
     "A Gateway Load Balancer takes GENEVE over UDP only.", "Send GENEVE over UDP."),
    ("HIGHER_PRIORITY_ROUTE",
     "Another route to the same destination ranks higher and wins: static before prefix list before propagated.",
     "Remove or change the route that ranks higher."),
    ("IGW_DESTINATION_ADDRESS_IN_VPC_CIDRS",
     "What enters by an internet gateway must go to an address of the VPC.",
     "Send to the public address of a network interface in the VPC."),
    ("IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS",
     "An internet gateway does not carry traffic to private addresses (RFC 1918).",
     "Route private destinations to a peering connection, transit gateway or virtual private gateway."),
    ("IGW_DESTINATION_ADDRESS_NOT_IN_RFC6598_EGRESS",
     "An internet gateway does not carry traffic to the shared address space 100.64.0.0/10 (RFC 6598).",
     "Route that destination to a private connection instead."),
    ("IGW_NAT_REFLECTION",
     "The path leaves and re-enters by an internet gateway. AWS's tool does not analyse such a path.",
     "Use the private address, or ask for the two halves separately."),
    ("IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS",
     "The address is not the public address of an attached network interface in this VPC, so the internet gateway "
     "has nowhere to deliver to.",
     "If the internet is meant to reach the interface, give it a public address, and its subnet a route to an internet "
     "gateway of its VPC."),
    ("IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS",
     "The sending address has no public IPv4 address, and an internet gateway carries IPv4 only for addresses that "
     "have one.", "Route the subnet to a NAT gateway, use VPC endpoints, or associate a public address."),
    ("IGW_SOURCE_ADDRESS_NOT_IN_RFC1918_INGRESS",
     "An internet gateway rejects what comes from private addresses (RFC 1918).",
     "Use a private connection between the two networks."),
    ("IGW_SOURCE_ADDRESS_NOT_IN_RFC6598_INGRESS",
     "An internet gateway rejects what comes from the shared address space 100.64.0.0/10 (RFC 6598).",
     "Use a private connection between the two networks."),
    ("INGRESS_RTB_NO_PUBLIC_IP",
     "The gateway's route table sends inbound traffic to an appliance that has no public address.",
     "Give the appliance's network interface a public address, or remove the route."),
    ("INGRESS_RTB_TRAFFIC_REDIRECTION",
     "Inbound traffic of this subnet is redirected to an appliance, so the subnet cannot use its own direct route to "
     "the internet gateway.", "Route the subnet's outbound traffic through the same appliance."),
    ("MORE_SPECIFIC_ROUTE",
     "Another route with a longer prefix matches the destination and wins.",
     "Remove or change the more specific route."),
    ("NGW_REQUIRES_SOURCE_IN_VPC",
     "A NAT gateway serves network interfaces of its own VPC; it cannot be entered through a peering connection or a "
     "virtual private gateway.", "Put a NAT gateway into the source's VPC, or enter through a transit gateway."),
    ("NO_POSSIBLE_DESTINATION",
     "The packet has nowhere to be delivered, or leaves what can be analysed (another account or Region).",
     "Check that the address and the next hop exist. If they are another account's, add its snapshot."),
    ("NO_ROUTE_TO_DESTINATION",
     "The route table has no route for the destination, so the packet is dropped.",
     "Add a route for the destination, or reach the service through a VPC endpoint."),
    ("PCX_REQUIRES_ADDRESS_IN_VPC_CIDR",
     "A peering connection carries only traffic between addresses of the two VPCs; it is not a way to what lies "
     "behind the peer.", "Use a transit gateway, or connect the two networks directly."),
    ("PROTOCOL_RESTRICTION",
     "The component does not take this protocol. A NAT gateway takes TCP, UDP and ICMP; an interface endpoint does "
     "not answer ping.", "Use a protocol that the component takes, or turn on what it lacks (IPv6 "
     "support)."),
    ("REGIONAL_NGW_ROUTE_AZ_RESTRICTION",
     "The regional NAT gateway is not registered in the source's Availability Zone.",
     "Let the regional NAT gateway expand to the zone, or add the zone by hand."),
    ("SG_HAS_NO_RULES",
     "The security group has no rule at all in this direction, so it allows nothing.",
     "Add a rule for the peer, protocol and port."),
    ("SG_REFERENCES_NOT_PRESERVED",
     "A rule names a security group as the peer, but the traffic passes a middlebox on the way and no longer counts "
     "as coming from a member of that group.", "Allow the peer's CIDR block instead of its security group."),
    ("SG_REFERENCING_SUPPORT",
     "A rule names a security group across a transit gateway, but security group referencing is not enabled on the "
     "transit gateway or on the attachment.",
     "Enable security group referencing on both, or allow the peer's CIDR block."),
    ("SUBNET_ACL_RESTRICTION",
     "The subnet's network ACL denies the packet. Network ACLs keep no state, so requests and replies each need an "
     "allow.", "Add an allow entry with a lower number, in the direction and for the ports named."),
    ("TARGET_ADDRESS_RESTRICTION",
     "A load balancer sends only to the addresses of its registered targets.", "Register the address as a target."),
    ("TARGET_PORT_RESTRICTION",
     "A load balancer sends to a target's registered port only.", "Register the target with that port."),
    ("TGW_ATTACH_MISSING_TGW_RTB_ASSOCIATION",
     "The attachment is associated with no transit gateway route table, so what enters by it is dropped.",
     "Associate the attachment with a transit gateway route table."),
    ("TGW_ATTACH_VPC_AZ_RESTRICTION",
     "The transit gateway does not deliver through the attachment's interface in that Availability Zone, by default "
     "or because of appliance mode.", "Turn on appliance mode at the attachment that leads to the "
     "appliances, so that a flow keeps to one zone."),
    ("TGW_BAD_STATE_VPN",
     "The VPN connection on the transit gateway is not working.",
     "Bring up at least one tunnel of the VPN connection."),
    ("TGW_ROUTE_AZ_RESTRICTION",
     "The transit gateway attachment has no subnet in the source's Availability Zone.",
     "Add a subnet of that zone to the attachment."),
    ("TGW_RTB_BAD_STATE_ROUTE",
     "The transit gateway route that matches is a blackhole or otherwise inactive.",
     "Point the transit gateway route at a working attachment, or delete it."),
    ("TGW_RTB_CANNOT_ROUTE",
     "The transit gateway route does not cover the address.", "Add a transit gateway route that covers the address."),
    ("TGW_RTB_HIGHER_PRIORITY_ROUTE",
     "Another transit gateway route to the same destination ranks higher and wins.",
     "Remove or change the transit gateway route that ranks higher."),
    ("TGW_RTB_MORE_SPECIFIC_ROUTE",
     "Another transit gateway route with a longer prefix wins.",
     "Remove or change the more specific transit gateway route."),
    ("TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT",
     "The transit gateway route table has no route to that attachment.",
     "Add a static route, or let the attachment propagate its routes to the table."),
    ("UNKNOWN_DESTINATION",
     "The next step of the path cannot be told.", "Add the missing component to the snapshot."),
    ("VGW_PRIVATE_IP_ASSOCIATION_FOR_EGRESS",
     "A virtual private gateway sends out only what comes from the private address of an attached network interface "
     "of the VPC.", "Send from a network interface of the VPC."),
    ("VGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS",
     "A virtual private gateway delivers only to the private address of an attached network interface of the VPC.",
     "Send to a network interface of the VPC."),
    ("VPC_BLOCK_PUBLIC_ACCESS_ENABLED",
     "VPC Block Public Access stops traffic through internet gateways and egress-only internet gateways.",
     "Add an exclusion for the VPC or subnet, or change the mode, if the access is meant."),
    ("VPC_LOCAL_ROUTE_CIDR_RESTRICTION",
     "The local route carries traffic to addresses of the VPC only.",
     "Send to an address of the VPC, or add a route for the destination."),
    ("VPCE_GATEWAY_EGRESS_SOURCE_ADDRESS_RESTRICTION",
     "What a gateway endpoint sends comes from the addresses of its prefix list only.",
     "Expect the service's addresses as the source."),
    ("VPCE_GATEWAY_PROTOCOL_RESTRICTION",
     "A gateway endpoint carries TCP and ICMP echo only.", "Use TCP."),
    ("VPCE_INTRA_VPC_TRAFFIC",
     "An endpoint never opens a connection; it only answers.", "Ask for the other direction."),
    ("VPCE_SERVICE_NOT_INSTALLED_IN_AZ",
     "The endpoint service is not offered in this Availability Zone.",
     "Use an endpoint network interface in a zone where the service is offered."),
)  # fmt: skip

# Reachability Analyzer: data is missing. These are about the snapshot, not about the network.
_UNSEEN: Final[tuple[_Aws, ...]] = (
    ("TGW_RTB_ROUTES_ARE_UNKNOWN",
     "The transit gateway route table cannot be read; it may belong to another account.",
     "Capture the account that owns the transit gateway as well."),
    ("UNKNOWN_PEERED_SGS",
     "The peer VPC is unknown, so it cannot be told which interfaces belong to the security group that a rule names. "
     "AWS's tool counts this as a deny; reachsim answers unknown.", "Capture the peer's account as well."),
    ("UNKNOWN_RESOURCE",
     "The object cannot be described.", "Capture the call that describes it."),
    ("NO_SOURCE_OR_DESTINATION",
     "The source or the destination does not exist.", "Check the id, or capture a newer snapshot."),
)  # fmt: skip

# Reachability Analyzer: configuration codes.
_CONFIGURATION: Final[tuple[_Aws, ...]] = (
    ("DISCONNECTED_VPCS",
     "The two VPCs share no connection that is supported.",
     "Connect the VPCs by peering or a transit gateway, or use a VPC endpoint."),
    ("NO_PATH",
     "No path was found, and no more precise reason is known.",
     "Connect the two networks, or add the snapshot of the account that connects them."),
    ("UNASSOCIATED_COMPONENT",
     "The component is in no VPC of the account, or has no IPv4 address.",
     "Attach the component, or name another one."),
    ("UNSUPPORTED_COMPONENT",
     "The path meets a kind of component that is not supported.", "Ask about the parts before and after it."),
)  # fmt: skip

# Reachability Analyzer: notes that explain a rewrite or a detail; never a cause.
_NOTES: Final[tuple[_Aws, ...]] = (
    ("ELBV2_SOURCE_ADDRESS_PRESERVATION",
     "The Network Load Balancer keeps the client's address, so the target sees the client, not the load balancer.",
     "Allow the client's addresses at the target."),
    ("NGW_DEST_ADDRESS_PRESERVATION",
     "The NAT gateway leaves the destination address as it is.", ""),
    ("NGW_SOURCE_ADDRESS_REASSIGN",
     "After the NAT gateway the source is the NAT gateway's private address.", ""),
    ("REMAP_EPHEMERAL_PORT",
     "A NAT gateway or load balancer has replaced the source port by some port from 1024 to 65535.",
     "Allow replies to 1024-65535 in the network ACLs behind it."),
    ("AVAILABILITY_ZONE_CROSSED",
     "The path crosses Availability Zones. It works, but depends on both.",
     "Add an endpoint or NAT gateway in the source's zone if that matters."),
    ("RESPONSE_RTB_HAS_NO_ROUTE_TO_TRANSIT_GATEWAY",
     "The reply may be lost: the table it is looked up in has no route back to the transit gateway.",
     "Add the route back."),
    ("TRANSIT_GATEWAY_APPLIANCE_MODE_RECOMMENDED",
     "The path is inspected by an appliance behind a transit gateway with appliance mode off, so request and reply "
     "may meet different appliances.", "Turn on appliance mode on the appliance VPC's attachment."),
    ("UNIDIRECTIONAL_PATH_ANALYSIS_ONLY",
     "AWS's tool analysed the request only, not the reply.", ""),
)  # fmt: skip

# Reachability Analyzer: answers to the search filters of its queries. reachsim has no such filters.
_SEARCH: Final[tuple[_Aws, ...]] = (
    ("COMPONENT_FILTER_RESTRICTION",
     "A component that the query requires is on no path.", "Drop the filter."),
    ("COMPONENT_FILTER_RESTRICTION_REMOVED_COMPONENT",
     "A component that the query excludes was the only way.", "Drop the filter."),
    ("FILTER_AT_DESTINATION_DESTINATION_ADDRESS",
     "No path arrives with the destination address that the query asks for.", "Change the filter."),
    ("FILTER_AT_DESTINATION_DESTINATION_PORT_RANGE",
     "No path arrives with the destination ports that the query asks for.", "Change the filter."),
    ("FILTER_AT_DESTINATION_PROTOCOL",
     "No path arrives with the protocol that the query asks for.", "Change the filter."),
    ("FILTER_AT_DESTINATION_SOURCE_ADDRESS",
     "No path arrives with the source address that the query asks for.", "Change the filter."),
    ("FILTER_AT_DESTINATION_SOURCE_PORT_RANGE",
     "No path arrives with the source ports that the query asks for.", "Change the filter."),
    ("FILTER_AT_SOURCE_DESTINATION_ADDRESS",
     "No path starts with the destination address that the query asks for.", "Change the filter."),
    ("FILTER_AT_SOURCE_DESTINATION_PORT_RANGE",
     "No path starts with the destination ports that the query asks for.", "Change the filter."),
    ("FILTER_AT_SOURCE_PROTOCOL",
     "No path starts with the protocol that the query asks for.", "Change the filter."),
    ("FILTER_AT_SOURCE_SOURCE_ADDRESS",
     "No path starts with the source address that the query asks for.", "Change the filter."),
    ("FILTER_AT_SOURCE_SOURCE_PORT_RANGE",
     "No path starts with the source ports that the query asks for.", "Change the filter."),
    ("IGW_EXPECTS_PUBLIC_ADDRESS",
     "With an internet gateway in the query, the address filter must be a public address.",
     "Use a public address in the filter."),
)  # fmt: skip

# Reachability Analyzer: additional details that are assumptions.
_DETAILS: Final[tuple[_Aws, ...]] = (
    ("ASSUMPTION_PRESERVE_CLIENT_IP_IS_DISABLED",
     "The target group's client IP preservation could not be read and counts as off.",
     "Allow reading of target group attributes."),
    ("ASSUMPTION_PRESERVE_CLIENT_IP_IS_ENABLED",
     "The target group's client IP preservation could not be read and counts as on.",
     "Allow reading of target group attributes."),
    ("FIREWALL_UNSUPPORTED_HIGHER_PRIORITY_RULE_GROUP_TYPE",
     "A firewall rule group of a kind that is not read ranks higher and may decide otherwise.",
     "Check that rule group by hand."),
    ("FIREWALL_UNSUPPORTED_HIGHER_PRIORITY_RULES",
     "Firewall rules that are not read rank higher and may decide otherwise.", "Check those rules by hand."),
    ("FIREWALL_UNSUPPORTED_RULE_OPTIONS",
     "The firewall rule that matches has options that are not read.", "Check the rule's options by hand."),
    ("MISSING_TARGET_GROUP_ATTRIBUTES",
     "The target group's attributes are not available.", "Allow reading of target group attributes."),
    ("PATH_THROUGH_GWLB_NOT_CHECKED",
     "What the appliances behind the Gateway Load Balancer endpoint do was not analysed.",
     "Check the appliances by hand."),
)  # fmt: skip

# reachsim: blocks.
_BLOCKS: Final[tuple[_Block, ...]] = (
    ("DNS_SUPPORT_DISABLED", "dns", "name-not-found", _DNS,
     "The VPC attribute enableDnsSupport is off, so the VPC's resolver answers no query and no name can be looked "
     "up.", "Set enableDnsSupport to true."),
    ("DNS_CUSTOM_RESOLVER_UNKNOWN", "dns", "name-not-found", _DNS,
     "Queries go to DNS servers other than AmazonProvidedDNS: by the VPC's DHCP options, or because they come from "
     "one's own premises. What those answer is not known.",
     "Use AmazonProvidedDNS, let those servers forward AWS names to the VPC's resolver, or say what they answer in "
     "reachsim.toml ([hosts])."),
    ("DNS_FORWARDED_UNKNOWN", "dns", "name-not-found", _RULES,
     "A resolver rule forwards the name to other DNS servers. What those answer is not known.",
     "Say what they answer in reachsim.toml ([hosts]), or add a SYSTEM rule for the name if the VPC's resolver is to "
     "answer."),
    ("DNS_ZONE_NOT_ASSOCIATED", "dns", "name-not-found", _ZONES,
     "A private hosted zone holds the name, but it is not associated with the source's VPC.",
     "Associate the hosted zone with the VPC."),
    ("DNS_NO_SUCH_NAME", "dns", "name-not-found", _RULES,
     "The name is under a domain that public DNS does not have, or is no name at all, and no private zone and no rule "
     "of the VPC answers it.", "Associate the private hosted zone that has the name, or correct the name."),
    ("DNS_ZONE_SHADOWS_NAME", "dns", "name-not-found", _ZONES,
     "A private hosted zone covers the name but has no record for it. The resolver then answers that there is no "
     "such name and does not ask public DNS.",
     "Add the record to the hosted zone, or use a zone with a narrower name."),
    ("DNS_CONFLICTING_ZONES", "dns", "name-not-found", _ZONES,
     "Two zones of the VPC claim the same name, such as two endpoints with private DNS or an endpoint and a private "
     "hosted zone.", "Keep one of the two."),
    ("DNS_FIREWALL_BLOCK", "dns", "name-not-found", _DNS_FIREWALL,
     "A DNS Firewall rule blocks the query for this name.",
     "Add an allow rule with a lower priority number for the name."),
    ("DNS_NAME_NOT_COVERED_BY_ENDPOINT", "dns", "timeout", _PRIVATELINK,
     "The VPC has an endpoint for the service, but private DNS does not cover this form of the name (global, dual- "
     "stack, FIPS, another Region, or ECR Public). The name resolves to public addresses, and there is no way to "
     "them.", "Let the client use the service's Regional name that the endpoint covers."),
    ("VPCE_POLICY_IMPLICIT_DENY", "endpoint-policy", "403", _ENDPOINT_POLICY,
     "The endpoint's policy has no statement that allows the request.",
     "Allow the request in the endpoint's policy."),
    ("VPCE_POLICY_EXPLICIT_DENY", "endpoint-policy", "403", _ENDPOINT_POLICY,
     "A statement of the endpoint's policy denies the request.", "Narrow or remove the deny statement."),
    ("VPCE_POLICY_SERVICE_BUCKET_MISSING", "endpoint-policy", "403", _ENDPOINT_POLICY,
     "The S3 endpoint's policy does not allow reading a bucket that AWS owns and the step needs, such as the one "
     "that holds ECR's image layers. Those requests are not signed by the caller's account.",
     "Allow s3:GetObject on that bucket without conditions on the principal."),
    ("RESOURCE_POLICY_DENY", "resource-policy", "403", "",
     "The resource's own policy denies the request, or does not allow one that it must allow.",
     "Change the statement of the resource's policy."),
    ("KMS_KEY_UNUSABLE", "resource-policy", "403", "/kms/latest/developerguide/key-state.html",
     "The KMS key that encrypts what is asked for is disabled, or about to be deleted.",
     "Enable the key, or cancel its deletion."),
    ("IDENTITY_POLICY_DENY", "identity-policy", "403", "",
     "The caller's identity policies deny the request or do not allow it.",
     "Allow the action on the resource in a policy of the role or user."),
    ("SCP_DENY", "identity-policy", "403", "",
     "A service control policy of the organization does not let the request through.",
     "Change the service control policy, or use another account."),
    ("RCP_DENY", "resource-policy", "403", "",
     "A resource control policy of the organization does not let the request through.",
     "Change the resource control policy."),
    ("BOUNDARY_DENY", "identity-policy", "403", "",
     "The permissions boundary of the role or user does not allow the request.",
     "Allow the action in the permissions boundary."),
    ("SESSION_POLICY_DENY", "identity-policy", "403", "",
     "The session policy does not allow the request.",
     "Allow the action in the session policy, or assume the role without one."),
    ("ROLE_CANNOT_CREATE_ENI", "identity-policy", "403", _CODEBUILD_VPC,
     "The project's service role may not create network interfaces in the VPC, so a build cannot start there.",
     "Allow the EC2 network interface actions, CreateNetworkInterfacePermission included, in the service role."),
    ("ROLE_DOES_NOT_TRUST_CODEBUILD", "resource-policy", "403", _CODEBUILD_ROLE,
     "The trust policy of the project's service role does not let CodeBuild assume it, so no build starts.",
     "Let codebuild.amazonaws.com call sts:AssumeRole in the role's trust policy; conditions on aws:SourceArn and "
     "aws:SourceAccount have to fit the project."),
    ("CODEBUILD_SHARED_VPC", "network", "refused", _CODEBUILD_VPC,
     "The project is to build in a VPC that another account shares, which CodeBuild does not support.",
     "Build in a VPC of the project's own account."),
    ("CROSS_REGION_NOT_VIA_ENDPOINT", "network", "timeout", _CROSS_REGION,
     "The service's address is in another Region, and the VPC's endpoint serves its own Region only.",
     "Use the service in the VPC's Region, or an endpoint for the other Region where AWS offers one."),
    ("EIGW_INBOUND", "network", "timeout", _ROUTE_OPTIONS,
     "An egress-only internet gateway carries no connection that starts outside the VPC.",
     "Use an internet gateway if the access is meant."),
    ("IPV6_NOT_ASSIGNED", "network", "timeout", _IGW,
     "The path is IPv6, but the network interface or its subnet has no IPv6 address.",
     "Use IPv4, or assign IPv6 addresses."),
    ("FIREWALL_DOMAIN_DENY", "network", "timeout", _FIREWALL_DOMAINS,
     "A domain list of AWS Network Firewall does not let the name through that the client asks for.",
     "Add the name to the allow list, or take it from the deny list, if the access is meant."),
    ("MIDDLEBOX_ASYMMETRIC", "network", "timeout", _FIREWALL_ASYMMETRY,
     "Request and reply do not pass the same middlebox; one that keeps state drops what it sees only half of.",
     "Route both directions through the same endpoint, and turn on appliance mode at the transit gateway attachment."),
    ("NLB_TARGET_IS_CLIENT", "network", "timeout", _NLB_TROUBLES,
     "The Network Load Balancer keeps the client's address and picks the client itself as the target; such a "
     "connection is dropped.", "Turn off client IP preservation, or register targets by address."),
    ("NLB_TARGET_REFUSES_KEPT_CLIENT", "network", "timeout", _NLB_ATTRIBUTES,
     "The Network Load Balancer keeps the client's address towards an interface of AWS PrivateLink or of another "
     "Network Load Balancer, which loses the communication.", "Turn off client IP preservation in the target group."),
    ("FLEET_PROXY_DENY", "network", "403", _CODEBUILD_PROXY,
     "The managed proxy of the CodeBuild fleet denies the destination.",
     "Add an allow rule to the fleet's proxy configuration."),
)  # fmt: skip

# reachsim: causes, beside a block and never instead of it.
_CAUSES: Final[tuple[_Ours, ...]] = (
    ("RETURN_ACL_EPHEMERAL", "network", _CUSTOM_ACL,
     "The network ACL lets the request pass but not the reply, which goes to one of the client's ephemeral ports.",
     "Allow the client's ephemeral ports in the direction of the reply."),
    ("RETURN_ROUTE_MISSING", "network", _PEERING,
     "The request arrives, but the reply has no route back to the source.",
     "Add a route back to the source's addresses to the route table that is named; to that of a transit gateway, a "
     "propagation adds it too."),
    ("NAT_WITHOUT_INTERNET_GATEWAY", "network", _NAT,
     "The NAT gateway's own route table has no route to an internet gateway, or the NAT gateway is a private one.",
     "If internet access is meant, add a route to an internet gateway to the table that the NAT gateway goes by: that "
     "of its subnet, or a regional one's own."),
    ("BUILD_IMAGE_PULL_REFUSED", "resource-policy", "/codebuild/latest/userguide/sample-ecr.html",
     "CodeBuild pulls the image of the build environment with its own credentials, and the repository's policy does "
     "not let it.",
     "Allow codebuild.amazonaws.com the actions ecr:BatchCheckLayerAvailability, ecr:BatchGetImage and "
     "ecr:GetDownloadUrlForLayer in the repository's policy, or pull with the project's service role "
     "(imagePullCredentialsType SERVICE_ROLE)."),
    ("VPCE_MISSING_FOR_SERVICE", "network", _PRIVATELINK,
     "The VPC has no usable endpoint for the service, so its name resolves to public addresses.",
     "Create an endpoint for the service, with private DNS on."),
    ("VPCE_ROUTE_TABLE_NOT_ASSOCIATED", "network", _GATEWAY_ENDPOINT,
     "The VPC has a gateway endpoint for the service, but the subnet's route table is not associated with it.",
     "Associate the route table with the gateway endpoint. Mind that subnets without a table of their own use the "
     "main table."),
    ("CODEBUILD_PUBLIC_SUBNET_NO_PUBLIC_IP", "network", _CODEBUILD_VPC,
     "CodeBuild's network interfaces never get a public address, so a subnet that is routed to an internet gateway "
     "gives a build no way out.", "Put the build into a private subnet with a NAT gateway or VPC endpoints."),
    ("DNS_PRIVATE_DNS_DISABLED", "dns", _PRIVATELINK,
     "The VPC has an endpoint for the service, but its private DNS is off, so the service's name resolves to public "
     "addresses.", "Turn on private DNS for the endpoint."),
    ("DNS_HOSTNAMES_DISABLED", "dns", _DNS,
     "The VPC attribute enableDnsHostnames is off, so endpoints' private DNS and private hosted zones have no "
     "effect.", "Set enableDnsHostnames to true."),
    ("DNS_FORWARDER_UNREACHABLE", "dns", _RULES,
     "The name is asked of other name servers, by a resolver rule or DHCP options, and queries do not get there.",
     "Open UDP and TCP port 53 between who asks (outbound endpoint or client) and the servers: groups, ACLs, routes."),
    ("DNS_RESOLVES_TO_PUBLIC_ADDRESS", "dns", _PRIVATELINK,
     "The name resolves to public addresses although a private way exists for another form of it or another VPC.",
     "Use a name that an endpoint or hosted zone of this VPC covers."),
    ("SG_REFERENCE_STALE", "network", _PEERING_GROUPS,
     "A rule names a security group that no longer exists, or whose peering connection is gone. It matches nothing.",
     "Replace the reference by a living security group or a CIDR block."),
)  # fmt: skip

# reachsim: findings that are no blocks.
_FINDINGS: Final[tuple[_Ours, ...]] = (
    ("PUBLIC_EGRESS_POSSIBLE", "network", _IGW,
     "Traffic can leave for the internet, or for public addresses by the internet's way, whether or not a step uses "
     "it today.",
     "Remove the route, or narrow the security group, the network ACL or the route so that only what is needed "
     "passes."),
    ("CODEBUILD_NOT_IN_VPC", "network", _CODEBUILD_VPC,
     "The project has no VPC configuration: its builds run on AWS's own network with open internet, and no security "
     "group, network ACL or endpoint of yours applies.",
     "Give the project a VPC configuration with private subnets."),
    ("PIPELINE_COMPUTE_NOT_IN_VPC", "network", _MANAGED_COMPUTE,
     "An action of a pipeline runs outside every VPC, on AWS's own network with open internet: on compute that "
     "CodePipeline manages, or in a Lambda function without a VPC configuration. No security group, network ACL or "
     "endpoint of yours applies.",
     "Run it in a CodeBuild project with a VPC configuration, or give the action subnets and security groups where it "
     "takes them (Commands, EKS); give the function a VPC configuration."),
    ("PIPELINE_ACTION_BY_OTHERS", "network", _CUSTOM_ACTION,
     "An action of a pipeline is done by workers that poll CodePipeline for jobs, those of a third party or your own: "
     "they get the artifacts that go into the action, and where they run no snapshot tells.",
     "Make sure that what the workers are handed may leave, or do the action in a CodeBuild project in the VPC."),
    ("FLEET_OVERFLOW_LEAVES_VPC", "network", _CODEBUILD_FLEET,
     "The fleet is in a VPC, but builds that overflow to on-demand compute use the project's own VPC configuration, "
     "and it has none.", "Give the project a VPC configuration, or let overflowing builds queue."),
    ("SERVICE_PLANE_PULL_NOT_VIA_VPC", "network", _CODEBUILD_VPC,
     "CodeBuild pulls the build environment's image itself, from its own network. VPC endpoints, security groups and "
     "conditions such as aws:SourceVpce do not see that pull.",
     "Keep the environment image in ECR, and exempt CodeBuild from conditions on the network."),
    ("SERVICE_PLANE_TRAFFIC_NOT_VIA_VPC", "network", _CODECOMMIT_VPC,
     "An AWS service does this itself, between services of AWS. It is neither the internet nor your VPC, and no "
     "setting of the VPC can confine it.",
     "Nothing to mend. Exempt the service's role from policy conditions on VPC endpoints."),
    ("UPSTREAM_REDIRECT_NEEDS_INTERNET", "network", "",
     "A pull-through cache may fetch from, or redirect the client to, its upstream registry, which needs the "
     "internet.", "Copy the images into a repository of your own."),
    ("DNS_QUERIES_LEAVE_BY_RESOLVER", "dns", _DNS_FIREWALL,
     "The VPC's resolver looks up any public name, even in a VPC without a way out, so data can leave inside DNS "
     "queries.", "Allow only the names that are needed with DNS Firewall, and block the rest."),
    ("ENDPOINT_TO_THIRD_PARTY", "network", _PRIVATELINK,
     "An endpoint leads to a service of someone other than AWS, by a private way.",
     "Remove the endpoint if it is not meant."),
    ("EGRESS_TO_UNSEEN_ACCOUNT", "network", _PEERING,
     "Traffic can get by a peering connection or a transit gateway to a VPC that the snapshot does not hold, of "
     "another account or Region. It stays on AWS's private network; what stands there, such as a proxy that leads on "
     "to the internet, was not judged.",
     "Capture that account and Region as well, narrow the routes and rules to what is needed, or accept the finding."),
    ("ENDPOINT_POLICY_LETS_DATA_OUT", "endpoint-policy", _ENDPOINT_POLICY,
     "The endpoint's policy lets any principal's credentials be used, or lets requests reach other accounts' "
     "resources, so data can leave through the endpoint.",
     "Limit the policy to principals and resources of your organization, and keep the service-owned buckets that are "
     "needed."),
    ("ECR_REPOSITORY_PUBLIC", "resource-policy", "",
     "The repository's policy lets principals of other accounts in without a condition that limits who they are.",
     "Name the accounts, or add a condition on the organization or the VPC endpoint."),
    ("ECR_PUBLIC_REPOSITORY", "resource-policy", "",
     "The account has a repository in ECR Public: everyone can pull from it without signing in.",
     "Delete the repository if its images are not meant for everyone."),
    ("CODECOMMIT_USABLE_FROM_OUTSIDE", "identity-policy", "",
     "Whoever holds the credentials of a principal that may use the repository can do so from the internet: "
     "CodeCommit has a public name and no resource policy.",
     "Require your own aws:SourceVpce, aws:SourceVpc or aws:SourceIp in the identity policies or a service control "
     "policy."),
    ("INTERFACE_EXPOSED", "network", _IGW,
     "The internet reaches this network interface.",
     "Remove the public address, the route or the rule that lets it in."),
    ("INSTANCE_CONNECT_LEADS_IN", "network",
     "/AWSEC2/latest/UserGuide/permissions-for-ec2-instance-connect-endpoint.html",
     "An EC2 Instance Connect Endpoint is a way in that needs no public address and no route: whoever may call "
     "ec2-instance-connect:OpenTunnel comes through it from anywhere on the internet.",
     "Delete the endpoint, limit ec2-instance-connect:OpenTunnel by aws:SourceIp, or have the security groups of the "
     "endpoint and the instances admit no more than is meant."),
    ("SESSION_MANAGER_LEADS_IN", "identity-policy",
     "/systems-manager/latest/userguide/session-manager-restrict-access-examples.html",
     "The role lets the agent of AWS Systems Manager open channels, and they reach it: where the agent runs, whoever "
     "may call ssm:StartSession (for a build: may start it with a debug session) gets a shell inside, from anywhere.",
     "Nothing if that is meant: limit ssm:StartSession by tags and aws:SourceIp; else take ssmmessages from the role."),
    ("BUCKET_PUBLIC", "resource-policy", _S3_PUBLIC,
     "The bucket's policy or its access control list lets any account use it.",
     "Name the callers in the policy, disable access control lists, or turn on Block Public Access."),
    ("RESOURCE_SHARED_OUTSIDE", "resource-policy", _ENDPOINT_POLICY,
     "A resource policy lets somebody from outside the snapshot's accounts use the resource: an account, an "
     "organization, or whoever comes from certain addresses. Or a role that such an account or an identity provider "
     "may assume may use it, a grant lets such an account use a KMS key, Amazon ECR copies images there, or a "
     "CodeBuild project shows its builds to everyone.",
     "Remove them from the policy, make the project private, or accept the finding if the sharing is meant."),
    ("BUILD_CONTACTS_UNRESOLVED", "network", _BUILDSPEC,
     "What some commands of the build contact cannot be told from its files.",
     "Write the names out, or give the variables in the buildspec or, as no snapshot holds the values of a project's "
     "own, under [variables] in reachsim.toml."),
    ("EXPECTATION_NOT_MET", "network", "",
     "Something that reachsim.toml expects to hold does not.", "Mend the configuration, or change the expectation."),
    ("EXPECTATION_UNDECIDED", "snapshot", "",
     "Whether something that reachsim.toml expects holds is not known, as the snapshot lacks what decides it.",
     "Capture what is listed as missing."),
    ("SNAPSHOT_TOO_OLD", "snapshot", "",
     "The snapshot is older than the age that was asked for; the account may have changed since.",
     "Capture it again."),
    ("SNAPSHOT_AGE_UNKNOWN", "snapshot", "",
     "The snapshot has no manifest that says when it was captured, so its age cannot be judged.",
     "Capture it with reachsim snapshot, which writes a manifest."),
)  # fmt: skip

# reachsim: assumptions.
_ASSUMPTIONS: Final[tuple[_Ours, ...]] = (
    ("ASSUMED_DEFAULT", "snapshot", "",
     "The file named is missing, and AWS's default was taken in its place, as asked; or it tells no policy of an "
     "endpoint, which then was taken to have the one that AWS gives it, which allows everything.",
     "Capture the call."),
    ("PLANNED_ALL_TAKEN", "snapshot", "",
     "A list in the plan names a resource as a whole: all of its instances were taken to be in it, though a filter may "
     "leave some out.", "Check again after the deployment."),
    ("PLANNED_BLOCKS_UNSEEN", "snapshot", "",
     "No rule or route is declared, and a plan would look the same if a dynamic block made some of values that are "
     "known only after apply. None was taken to be there.",
     "Declare rules and routes as resources of their own, or check again after the deployment."),
    ("PLANNED_ADDRESS", "snapshot", "",
     "AWS has yet to pick an address, or the blocks of a prefix list: one that could be it stands for it. A rule that "
     "names single addresses may decide otherwise.",
     "Fix the address in the plan, or check again after the deployment."),
    ("PLANNED_VALUE", "snapshot", "", "AWS has yet to pick a value: one that it could pick stands for it.",
     "Set the value in the plan."),
    ("PLANNED_VALUE_UNKNOWN", "snapshot", "",
     "The plan or template does not tell a value that decides: it is known only after the deployment.",
     "Name the resource directly instead of by a local or a computed text, or check again after the deployment."),
    ("PLANNED_LEFT_OUT", "snapshot", "",
     "The plan or template declares something that is not modelled, or that is not in it, and that may change an "
     "answer: it was left out.", "Check again after the deployment, on a snapshot of the account."),
    ("PLANNED_TAKEN", "snapshot", "",
     "The plan or template does not tell something that the import took for granted.",
     "Name it to the import, or check again after the deployment."),
    ("PLANNED_NAMES_UNKNOWN", "dns", "",
     "The plan or template does not tell something that decides what the VPC's resolver answers: it is known only "
     "after the deployment.", "Set the value in the plan, or check again after the deployment."),
    ("PLANNED_STEP_UNKNOWN", "snapshot", "",
     "The plan or template does not tell an attribute of the project that decides a step of its builds: it is known "
     "only after the deployment.", "Set the value in the plan, or check again after the deployment."),
    ("PLANNED_POLICY_UNKNOWN", "endpoint-policy", "",
     "The plan or template does not tell the policy: it is known only after the deployment.",
     "Write the policy with names that are known beforehand, or check again after the deployment."),
    ("PUBLIC_NAME_ADDRESSES_UNKNOWN", "dns", "",
     "The name resolves to public addresses that nothing in the snapshot tells, and the answer depends on which they "
     "are.", "Pin the name's addresses under [hosts] in reachsim.toml."),
    ("PEER_ACCOUNT_UNSEEN", "snapshot", _PEERING,
     "The other side belongs to an account or Region that the snapshot does not hold.",
     "Capture that account and Region as well."),
    ("APPLIANCE_MAY_FORWARD", "network", _ROUTE_OPTIONS,  # N25
     "The path goes through an appliance on an instance. What it forwards, translates or drops is not in the "
     "configuration.", "Say what the appliance does in reachsim.toml ([[appliance]]), or check it by hand."),
    ("INSTANCE_STOPPED", "network", "",
     "The instance is not running; it was judged as if it ran.", "Start the instance."),
    ("WORKLOAD_NOT_ACTIVE", "network", "",
     "The build fleet, service or function is not active; it was judged as if it ran.", "Bring it into service."),
    ("VPN_TUNNELS_DOWN", "network", _VPN_PRIORITY,  # N190
     "No tunnel of the VPN connection was up when the snapshot was taken. One was taken to be, as that changes by "
     "itself.", "Check the tunnels of the VPN connection and the customer's side."),
    ("AMAZON_LOCAL_OTHER_PORTS", "network", _SUBNET_ROUTES,  # N10
     "A service that Amazon has on the host itself was taken to take nothing but what it is documented for.", ""),
    ("AMAZON_LOCAL_SERVICE_ASSUMED", "network", _SUBNET_ROUTES,  # N94
     "A service that Amazon has on the host itself was taken to be there. Some are on instances, tasks, nodes of a "
     "cluster or the Nitro System only, which the snapshot does not always tell.", ""),
    ("INTERFACE_NOT_ATTACHED", "network", "",
     "The network interface is attached to nothing; it was judged as if something used it.", "Attach the interface."),
    ("VPC_ENCRYPTION_ENFORCED", "network", _VPC_ENCRYPTION,  # N195
     "The VPC enforces encryption in transit. What that may stop was not looked at.",
     "Check the exclusions of the VPC's encryption control."),
    ("PRIVATE_DNS_NAME_ASSUMED", "dns", _PRIVATELINK,  # N144, P34
     "The snapshot does not list the private DNS names of the endpoint; the usual names of its service were taken.",
     "Capture describe-vpc-endpoint-services, and describe-vpc-endpoints with DnsEntries."),
    ("GATEWAY_ENDPOINT_WITHOUT_HOSTNAMES", "dns", _S3_ENDPOINTS,  # N139
     "AWS wants both DNS attributes on in a VPC that uses its resolver with a gateway endpoint. DNS hostnames are off, "
     "and the endpoint was taken to work all the same, as its names are public.", "Set enableDnsHostnames to true."),
    ("NAT_THEN_GATEWAY_ENDPOINT", "network", _NAT_BASICS,  # N59
     "Behind a NAT gateway, that gateway's own route table sends the traffic to a gateway endpoint. No AWS page "
     "confirms that this works.", "Associate the source's own route table with the gateway endpoint."),
    ("REGIONAL_NAT_WITHOUT_SUBNET_ACL", "network", _NAT_REGIONAL,  # N56
     "A regional NAT gateway is in no subnet, so no network ACL was applied at it. AWS does not document this.", ""),
    ("NAT_ATTACHED_APPLIANCE", "network", _NAT,  # N60
     "A filtering proxy is attached to the NAT gateway. What it lets through is not modelled.",
     "Check the proxy's rules by hand."),
    ("ROUTE_SERVER_PRIORITY_UNKNOWN", "network", _ROUTE_PRIORITY,  # N13
     "A route advertised by a route server and a propagated one are for the same block. Which goes first is not "
     "documented; both were followed.", "Make one of the routes more specific."),
    ("ROUTE_STATE_FILTERED", "network", _ROUTE_PRIORITY,  # N12
     "A route has the state filtered, whose meaning AWS does not describe. It was not used.",
     "Check the route in the console."),
    ("BLACKHOLE_NO_FALLTHROUGH", "network", _ROUTE_PRIORITY,  # N11
     "A blackhole route was taken to win its match and drop the packet, not to let a shorter prefix match.",
     "Delete the blackhole route."),
    ("STATIC_LOCAL_ROUTE", "network", _SUBNET_ROUTES,  # N8
     "A static route inside the VPC's own range was followed, although AWS accepts such a route only for a whole "
     "subnet and only towards a NAT gateway, network interface or Gateway Load Balancer endpoint.",
     "Check the route; AWS would refuse it."),
    ("PREFIX_LIST_ROUTE_TO_MIDDLEBOX", "network", _ROUTE_OPTIONS,  # N18
     "A route to a prefix list leads to a Gateway Load Balancer endpoint and was followed, although AWS accepts no "
     "such route.", "Check the route; AWS would refuse it."),
    ("STATE_CHANGING", "network", "",  # N2
     "Something was being changed when the snapshot was taken, or was in a state that AWS does not document. Entries "
     "of prefix lists, addresses and rules were taken as the snapshot holds them; an association that had begun, to be "
     "in force, one that was ending or had failed, to be over; a gateway or connection that came or went, not to work.",
     "Capture the snapshot again once the change is complete."),
    ("PREFIX_LISTS_OVERLAP", "network", _ROUTE_PRIORITY,  # N14
     "Two prefix list routes with different targets hold the same block. AWS picks one at random.",
     "Remove the overlap."),
    ("SECURITY_GROUP_UNSEEN", "snapshot", _SG_RULES,  # N91
     "A rule names a security group that the snapshot does not hold, so its members are unknown.",
     "Capture the account that owns the security group as well."),
    ("SG_REFERENCE_OVER_INTERNET", "network", _SG_RULES,  # N85
     "IPv6 traffic between two VPCs that are peered went by internet gateways, which leave its addresses as they are. "
     "Whether a rule that names the sender's group admits it is not documented.",
     "Route the traffic by the peering connection, or name its addresses in the rule."),
    ("TGW_ZONE_RULE", "network", _TGW_ATTACHMENTS,  # N183
     "AWS's pages differ on which subnets may enter a transit gateway. Every subnet in an Availability Zone that has "
     "an attachment subnet was taken to.", "Attach a subnet in each zone that is used."),
    ("ON_PREMISES_UNSEEN", "snapshot", _VPN_PRIORITY,  # N190
     "The path leaves for a network on premises, which the snapshot does not hold. It may have its own way to the "
     "internet.", "Check the network on premises by hand."),
    ("ON_PREMISES_RETURN_ASSUMED", "network", _VPN_PRIORITY,  # N190
     "The reply from the network on premises was taken to come back by the same gateway.",
     "Check the routes on premises."),
    ("UNMODELLED_COMPONENT", "network", _HOW_RA_WORKS,  # N20, N195
     "The path meets a kind of component that reachsim does not model, so the answer beyond it is unknown.",
     "Ask about the parts before and after it."),
    ("INSPECTED_BY_APPLIANCE", "network", _ROUTE_OPTIONS,  # N149
     "The traffic goes to a Gateway Load Balancer endpoint. What its appliances let through, or send on by a way of "
     "their own, is not in the configuration.", "Check the appliances by hand, or say what they do in reachsim.toml "
     "([[appliance]])."),
    ("APPLIANCE_AS_SAID", "network", _ROUTE_OPTIONS,
     "The appliance was taken to do what reachsim.toml says of it.", "Check the appliance by hand."),
    ("FIREWALL_RULE_NOT_READ", "network", _FIREWALL_ENGINES,  # N192, N193
     "A rule of AWS Network Firewall (Suricata text, rule options, TCP flags, ports of a protocol without, decrypted "
     "TLS) is not read, and it could match this traffic.",
     "Use 5-tuple rules or domain lists, or check the rule by hand."),
    ("FIREWALL_HOME_NET_UNKNOWN", "network", _FIREWALL_DOMAINS,  # N193
     "Whether HOME_NET of AWS Network Firewall includes the IPv6 and secondary IPv4 blocks of the firewall's VPC where "
     "no policy states it is not documented.", "State HOME_NET in the firewall policy."),
    ("FIREWALL_DOMAIN_UNKNOWN", "network", _FIREWALL_DOMAINS,  # N193
     "A domain list of AWS Network Firewall decides by the name that the client asks for, and the question names "
     "none.", "Ask with host:NAME."),
    ("FIREWALL_PROTOCOL_UNKNOWN", "network", _FIREWALL_DOMAINS,  # N193
     "A domain list of AWS Network Firewall finds TLS and HTTP on every port. What clients speak on this port decides, "
     "and is not known.", "Ask about port 443, 80 or 22, or add 5-tuple rules for the port."),
    ("FIREWALL_PORT_PROTOCOL", "network", _FIREWALL_DOMAINS,  # N193
     "Clients of TCP ports 443, 80 and 22 were taken to speak TLS, HTTP and SSH. AWS Network Firewall goes by what "
     "they speak, and treats other protocols otherwise.", "Drop other protocols on these ports by rules of their own."),
    ("FIREWALL_HANDSHAKE_PASSES", "network", _FIREWALL_ENGINES,  # N192
     "AWS Network Firewall drops what a client sends over a TCP connection, not the handshake that opens it: a port "
     "scan finds the server, and what a server sends first may come through.",
     "Drop the first packet by a 5-tuple rule where that matters."),
    ("FIREWALL_NAME_IN_ONE_PACKET", "network", _FIREWALL_ENGINES,  # N192
     "The name that the client asks for was taken to come in one packet. The default action drop_established drops "
     "the first part of a longer greeting.", "Use aws:drop_established_app_layer_to_server."),
    ("FIREWALL_DEFAULT_UNCLEAR", "network", _FIREWALL_ENGINES,  # N192
     "AWS does not document what the application-layer default actions of AWS Network Firewall do with packets of "
     "other protocols than TCP, or the default action is not known.", "Pass or drop them by 5-tuple rules."),
    ("FIREWALL_NAME_CLAIMED", "network", _FIREWALL_DOMAINS,  # N193
     "A domain list of AWS Network Firewall lets the name through. A client can claim a name that is not its peer's: "
     "such a list bounds names, not addresses.", "Bound the addresses as well where it matters."),
    ("FIREWALL_MANAGED_RULES", "network", _FIREWALL_ENGINES,
     "A rule group that AWS manages was taken to let the traffic through; its rules are not published.",
     "Check the firewall's logs."),
    ("LB_RULES_NOT_FOLLOWED", "network", _LB_RULES,
     "Only the default action of the load balancer's listener was followed. Its rules on hosts and paths, and "
     "authentication, are not modelled.", "Ask about the targets of those rules by themselves."),
    ("LB_TARGET_HEALTH_IGNORED", "network", _LB_TARGET_HEALTH,
     "Registered targets that were not healthy when the snapshot was taken, or whose health it does not tell, were "
     "taken to get their share of the traffic.",
     "Check the health of the targets."),
    ("NLB_RETURN_PATH_ASSUMED", "network", _NLB_ATTRIBUTES,
     "A target's reply to a client whose address a Network Load Balancer keeps was taken to return through the load "
     "balancer without a route to the client, past the network ACLs of both subnets.",
     "Check the network ACLs of the targets' and the load balancer's subnets."),
    ("ANY_INTERFACE_OF_SUBNET", "network", _SUBNET_ROUTES,
     "The source, or a destination without interfaces, stands for any interface that could be in the subnet or VPC, "
     "with any security groups of the VPC.",
     "Ask about one interface, instance or project."),
    ("FLEET_VPC_CONFIG_UNCLEAR", "network", _CODEBUILD_FLEET,  # N211, P65
     "The project and its fleet both have a VPC configuration, and AWS does not document which one a build uses. "
     "Both were judged.", "Make the two equal, or remove one."),
    ("DOCKER_SERVER_PLACED", "network", _CODEBUILD_VPC,  # P64
     "Which of the project's subnets its docker server stands in is not documented; taken to be chance.", ""),
    ("FLEET_OVERFLOW_ON_DEMAND", "network", _CODEBUILD_FLEET,  # P65
     "Builds that overflow the fleet run on demand, by the project's own VPC configuration. Whether a build does is "
     "chance.", "Make the project's VPC configuration like the fleet's, or let overflowing builds queue."),
    ("FLEET_PROXY_FIRST_MATCH", "network", _CODEBUILD_PROXY,  # P66
     "The rules of the fleet's managed proxy were taken to be tried in order, the first that matches deciding.", ""),
    ("FLEET_PROXY_SCOPE_UNKNOWN", "network", _CODEBUILD_PROXY,
     "The fleet's managed proxy denies by default. Whether that holds for AWS's own services is not documented, and a "
     "domain rule can be judged only for a name.", "Ask with host:NAME."),
    ("ECS_TASK_IPV6", "network", "",
     "The task was taken to get no IPv6 address. It does get one if the account setting dualStackIPv6 is on, which the "
     "snapshot does not hold.", "Check the account settings of ECS."),
    ("ENDPOINT_PARTIAL", "network", _INTERFACE_ENDPOINT,  # N130
     "The endpoint is only partly available; which of its network interfaces work is not known.",
     "Wait until the endpoint is available, or recreate it."),
    ("ENDPOINT_SERVICE_UNSEEN", "network", _SHARED_SERVICE,
     "The endpoint leads to somebody's endpoint service. What stands behind it, a load balancer and its targets, was "
     "taken to answer.", "Capture the provider's account as well, or check its load balancer, listeners and targets."),
    ("SYMBOLIC_SIGNER_ECR", "endpoint-policy", "",  # P6
     "Downloads of image layers are signed by ECR's own account, whose id is not known. Conditions on the principal "
     "were judged for an account that is not yours.", "Allow the layer bucket without conditions on the principal."),
    ("SYMBOLIC_SIGNER_CODEARTIFACT", "endpoint-policy", "",
     "Downloads of assets from CodeArtifact were taken to be signed by an account of CodeArtifact's own, as the "
     "permissions that AWS names for readers hold none for S3. Conditions on the principal were judged for an account "
     "that is not yours.", "Allow CodeArtifact's bucket without conditions on the principal."),
    ("IDENTITY_POLICY_NOT_COUNTED", "identity-policy", "",
     "The caller's identity policies were not counted; a resource policy then blocks only by an explicit deny or, "
     "for another account's resource, by lack of an allow.", "Capture get-account-authorization-details."),
    ("IPV6_PRIVATE_SPACE", "network", _IGW,  # N39
     "The VPC's IPv6 block is private; it was taken not to be routed through internet gateways.", ""),
    ("BPA_NAT_BEHIND_FIREWALL", "network", _BPA,  # N69, N70
     "VPC Block Public Access excludes the subnet of a NAT gateway, whose interface talks to the internet gateway, and "
     "the traffic came to it by a Network Firewall. AWS says that exclusions do not help what passes one; they were "
     "taken to help the NAT gateway.", "Test the way with Reachability Analyzer."),
    ("BPA_INCONSISTENT", "network", _BPA,  # N65
     "The snapshot's places that tell the mode of VPC Block Public Access disagree; the stricter one was taken.",
     "Capture the snapshot again."),
    ("BPA_EXCLUSION_NOT_COUNTED", "network", _BPA,  # N68
     "An exclusion from VPC Block Public Access is being made, changed or deleted. It was not counted.",
     "Capture the snapshot again once the exclusion is complete."),
    ("BUILD_EPHEMERAL_PORTS", "network", _CUSTOM_ACL,  # N113
     "A network ACL admits replies to some client ports only. AWS does not document which ones builds use; those of "
     "the image's operating system were taken.", "Admit replies to ports 1024 to 65535."),
    ("DOCKER_BRIDGE_ADDRESSES", "network", "/vpc/latest/userguide/vpc-cidr-blocks.html",
     "A build's destination has an address of 172.17.0.0/16, which Docker's default bridge takes for itself on a host. "
     "AWS does not document the bridge of CodeBuild's hosts; it was taken not to be in the way.",
     "Give what builds contact addresses outside 172.17.0.0/16."),
    ("DNS_MANAGED_LIST_UNREADABLE", "dns", _DNS_FIREWALL,  # N168
     "A DNS Firewall rule uses a domain list or threat protection managed by AWS, whose names cannot be read.",
     "Check the name by hand."),
    ("DNS_REDIRECTION_UNSEEN", "dns", _DNS_FIREWALL,  # N167
     "DNS Firewall looks at every name that a name is redirected to. Redirections of public names are not known "
     "offline; how it treats alias records and queries from other networks is not documented.",
     "Let the rule trust redirections (TRUST_REDIRECTION_DOMAIN), or check the name by hand."),
    ("DNS_FIREWALL_OVERRIDE", "dns", _DNS_FIREWALL,  # N167
     "A DNS Firewall rule answers with a CNAME record of its own (OVERRIDE). Clients were taken to follow it, so that "
     "they reach what that name stands for, not what they asked for.", "Check the name that the rule answers with."),
    ("DNS_FIREWALL_FAIL_OPEN", "dns", _DNS_FIREWALL,  # N167
     "DNS Firewall fails open in this VPC: while it does not answer, queries that its rules block pass.",
     "Set the VPC's DNS Firewall failure mode to closed."),
    ("DNS_FORWARDER_RETRIES", "dns", _RULES,  # N165
     "The name is forwarded to several name servers or from several interfaces, and not all of them get through. The "
     "resolver was taken to try until one answers.", "Open the way between all of them."),
    ("DNS_FORWARD_TCP_CLOSED", "dns", _RULES,  # N169
     "Queries to the other resolver get there by UDP only. Answers that are too long for UDP are lost.",
     "Allow TCP port 53 as well."),
    ("DNS_FORWARDING_LOOP", "dns", _RULES,  # N165
     "Resolver rules pass the query on until it comes back to a VPC that forwarded it already, a loop that AWS warns "
     "of.",
     "Do not associate a rule with the VPC of the inbound endpoint that it leads to."),
    ("DNS_PROFILE_PRECEDENCE", "dns", "",  # N173
     "The VPC and a Route 53 Profile have zones, rules or rule groups for the same name, and which goes first is not "
     "certain. Of two zones or two rules the VPC's own was taken.", "Keep one of the two."),
    ("DNS_SERVERS_MIXED", "dns", _DNS,  # N160
     "The DHCP options name other DNS servers beside AmazonProvidedDNS. Clients were taken to ask AmazonProvidedDNS, "
     "the first of the list, and no other.", "Name either AmazonProvidedDNS or servers of your own, as AWS advises."),
    ("DHCP_OPTIONS_NONE", "dns", _DHCP,  # N160
     "The VPC has no set of DHCP options. Instances on the Nitro System then ask the VPC's resolver, as all clients "
     "were taken to do; those on Xen have no name server at all.", "Associate a set of DHCP options with the VPC."),
    ("DNS_PROFILE_UNSEEN", "dns", "",  # N173
     "A Route 53 Profile is associated with the VPC, but what it brings is not in the snapshot.",
     "Capture route53profiles list-profile-resource-associations."),
    ("PREFIX_LIST_OWNER_UNSEEN", "network", "/vpc/latest/userguide/working-with-aws-managed-prefix-lists.html",
     "Whether a prefix list is one of AWS's own, such as CloudFront's, is not in the snapshot. It was taken not to be, "
     "so that its addresses count as the internet's.", "Capture ec2 describe-managed-prefix-lists."),
    ("DEPLOYMENTS_UNSEEN", "network", "",  # P61i
     "Which ECS clusters there are is not in the snapshot. No service was taken to run what the pipeline builds.",
     "Capture ecs list-clusters, list-services and describe-services."),
    ("DEPLOYMENT_NOT_JUDGED", "network", "",
     "A pipeline deploys to something else than an ECS service, or than instances by CodeDeploy: to functions, stacks "
     "or machines outside AWS. What these need for it was not judged, and was taken to be there.",
     "Ask for the functions' ways with reachsim trace."),
    ("REPOSITORY_MADE_ON_PUSH", "resource-policy", _ECR_TEMPLATES,
     "The build pushes to a repository that is not there. A repository creation template for pushes fits its name, and "
     "was taken to make it; what the template's role and repository policy let through was not judged.",
     "Push once, and capture the account again."),
    ("FURTHER_ACCESS_UNSEEN", "resource-policy", "",
     "What may let somebody in besides a resource's own policy (the policy and the replication of the registry, the "
     "access control list, the access points and the replication of a bucket, whom its policy calls by a canonical "
     "user id, the subscription filters of a log group) is not in the snapshot and was taken to let nobody in.",
     "Capture ecr get-registry-policy, ecr describe-registry, s3api get-bucket-acl, s3api get-bucket-replication, logs "
     "describe-subscription-filters."),
    ("ENDPOINT_POLICY_UNSUPPORTED", "endpoint-policy", _ENDPOINT_POLICY,  # N140
     "The service does not support endpoint policies, so the endpoint's policy was not counted.", ""),
    ("GIT_SSH_NOT_VIA_ENDPOINT", "network", "",  # P33
     "AWS does not say whether an endpoint for CodeCommit carries SSH (port 22), so the answer is unknown.",
     "Use HTTPS for Git."),
    ("PUSH_NEEDS_NO_S3", "network", "",  # P7
     "Pushing an image was taken to contact ECR only and not S3, as AWS's documented permissions suggest.", ""),
    ("LOGS_LOSS_EFFECT_UNKNOWN", "network", "",  # P61c
     "Whether a build fails or only loses its logs when CloudWatch Logs cannot be reached is not documented.", ""),
    ("REPORTS_DESTINATION_ASSUMED", "network", "",  # P61e
     "Test reports were taken to be sent to CodeBuild's API from the build's own network, which AWS does not document, "
     "and, where their groups are not in the snapshot, to be exported to no bucket.",
     "Capture codebuild batch-get-report-groups."),
)  # fmt: skip

# What each assumption can hide. A verdict's own ``can_hide`` is one of the two where this says ``either``.
_CAN_HIDE: Final[tuple[tuple[CanHide, str], ...]] = (
    ("leak", """
        AMAZON_LOCAL_OTHER_PORTS
        BLACKHOLE_NO_FALLTHROUGH BPA_EXCLUSION_NOT_COUNTED BPA_INCONSISTENT DNS_FIREWALL_FAIL_OPEN DNS_SERVERS_MIXED
        ECS_TASK_IPV6 FIREWALL_HANDSHAKE_PASSES FIREWALL_NAME_CLAIMED FURTHER_ACCESS_UNSEEN
        IPV6_PRIVATE_SPACE NAT_THEN_GATEWAY_ENDPOINT"""),
    ("block", """
        AMAZON_LOCAL_SERVICE_ASSUMED
        BPA_NAT_BEHIND_FIREWALL
        BUILD_EPHEMERAL_PORTS DEPLOYMENTS_UNSEEN DEPLOYMENT_NOT_JUDGED DHCP_OPTIONS_NONE
        DNS_FIREWALL_OVERRIDE DNS_FORWARDER_RETRIES
        DNS_FORWARD_TCP_CLOSED DNS_REDIRECTION_UNSEEN DOCKER_BRIDGE_ADDRESSES
        ENDPOINT_SERVICE_UNSEEN FIREWALL_MANAGED_RULES FIREWALL_NAME_IN_ONE_PACKET GATEWAY_ENDPOINT_WITHOUT_HOSTNAMES
        IDENTITY_POLICY_NOT_COUNTED INSTANCE_STOPPED INTERFACE_NOT_ATTACHED
        LB_TARGET_HEALTH_IGNORED NLB_RETURN_PATH_ASSUMED ON_PREMISES_RETURN_ASSUMED PREFIX_LIST_OWNER_UNSEEN
        PUSH_NEEDS_NO_S3 REGIONAL_NAT_WITHOUT_SUBNET_ACL REPORTS_DESTINATION_ASSUMED REPOSITORY_MADE_ON_PUSH
        TGW_ZONE_RULE VPC_ENCRYPTION_ENFORCED VPN_TUNNELS_DOWN WORKLOAD_NOT_ACTIVE"""),
    ("either", """
        APPLIANCE_AS_SAID ASSUMED_DEFAULT DNS_PROFILE_PRECEDENCE FIREWALL_PORT_PROTOCOL FLEET_PROXY_FIRST_MATCH
        LB_RULES_NOT_FOLLOWED
        PLANNED_ADDRESS PLANNED_ALL_TAKEN PLANNED_BLOCKS_UNSEEN PLANNED_LEFT_OUT PLANNED_TAKEN PLANNED_VALUE
        PREFIX_LIST_ROUTE_TO_MIDDLEBOX
        PRIVATE_DNS_NAME_ASSUMED STATE_CHANGING STATIC_LOCAL_ROUTE
        ASSUMPTION_PRESERVE_CLIENT_IP_IS_DISABLED ASSUMPTION_PRESERVE_CLIENT_IP_IS_ENABLED
        FIREWALL_UNSUPPORTED_HIGHER_PRIORITY_RULES FIREWALL_UNSUPPORTED_HIGHER_PRIORITY_RULE_GROUP_TYPE
        FIREWALL_UNSUPPORTED_RULE_OPTIONS MISSING_TARGET_GROUP_ATTRIBUTES PATH_THROUGH_GWLB_NOT_CHECKED"""),
    ("neither", """
        ANY_INTERFACE_OF_SUBNET DOCKER_SERVER_PLACED ENDPOINT_POLICY_UNSUPPORTED FLEET_OVERFLOW_ON_DEMAND
        FLEET_VPC_CONFIG_UNCLEAR
        LOGS_LOSS_EFFECT_UNKNOWN PREFIX_LISTS_OVERLAP ROUTE_SERVER_PRIORITY_UNKNOWN SYMBOLIC_SIGNER_CODEARTIFACT
        SYMBOLIC_SIGNER_ECR"""),
    ("undecided", """
        APPLIANCE_MAY_FORWARD DNS_FORWARDING_LOOP DNS_MANAGED_LIST_UNREADABLE DNS_PROFILE_UNSEEN ENDPOINT_PARTIAL
        FIREWALL_DEFAULT_UNCLEAR FIREWALL_DOMAIN_UNKNOWN FIREWALL_HOME_NET_UNKNOWN
        FIREWALL_PROTOCOL_UNKNOWN FIREWALL_RULE_NOT_READ
        FLEET_PROXY_SCOPE_UNKNOWN GIT_SSH_NOT_VIA_ENDPOINT
        INSPECTED_BY_APPLIANCE NAT_ATTACHED_APPLIANCE ON_PREMISES_UNSEEN PEER_ACCOUNT_UNSEEN PLANNED_NAMES_UNKNOWN
        PLANNED_POLICY_UNKNOWN PLANNED_STEP_UNKNOWN PLANNED_VALUE_UNKNOWN
        PUBLIC_NAME_ADDRESSES_UNKNOWN ROUTE_STATE_FILTERED SECURITY_GROUP_UNSEEN SG_REFERENCE_OVER_INTERNET
        UNMODELLED_COMPONENT"""),
)  # fmt: skip


# reachsim: causes of a build's errors that no rule of the network or of a policy is.
_DIAGNOSES: Final[tuple[_Ours, ...]] = (
    ("REGISTRY_RATE_LIMIT", "network", "",
     "The registry limits how many images an address or account may pull in a time, and the build is past it.",
     "Keep the images in a repository of your own in ECR, or log in to the registry."),
    ("SERVICE_RATE_LIMIT", "network", "",
     "The service takes only so many requests of an account in a time, and answers no more until it has passed; the "
     "network has no part in it.",
     "Start fewer builds at once, let the client try again later, or ask for a higher quota."),
    ("REPOSITORY_DOES_NOT_EXIST", "snapshot", _ECR_TEMPLATES,
     "The registry or Git server answers that it has no such repository; the network has no part in it. Amazon ECR "
     "makes a repository of a push only by a repository creation template that is for CREATE_ON_PUSH.",
     "Make the repository, or correct its name, account or Region."),
    ("CERTIFICATE_NOT_TRUSTED", "network", _CODEBUILD_PROXY_SERVER,
     "The client does not trust the server's certificate. Often a proxy opens TLS connections on the way and signs "
     "with its own authority, or the image lacks the authority's certificate.",
     "Install the authority's certificate in the build environment, or exempt the host from inspection."),
    ("CERTIFICATE_NAME_MISMATCH", "dns", _PRIVATELINK,
     "The server's certificate is for other names than the one the client asked for, as happens with an endpoint's "
     "own name in place of the service's.", "Turn on the endpoint's private DNS, and use the service's ordinary name."),
    ("ENDPOINT_NAME_IS_NO_REGISTRY", "dns", _ECR_ENDPOINTS,
     "A registry answers only by its own name, ACCOUNT.dkr.ecr.REGION.amazonaws.com. The endpoint's own name reaches "
     "the service, which refuses the login.",
     "Turn on private DNS for the ecr.dkr endpoint, and log in to the registry's ordinary name."),
    ("CREDENTIALS_NOT_ACCEPTED", "identity-policy", "",
     "The other side answers, but it got no credentials, wrong or expired ones, or those of somebody whom it "
     "does not let in.",
     "Log in before, in the same Region and account; check which credentials the command uses."),
    ("CONTAINER_RESOLVER_FALLBACK", "dns", "",
     "A container that a build starts asks a public DNS server in place of the VPC's resolver. In a closed VPC it gets "
     "no answer, and elsewhere no private names.",
     "Build with the host's network (docker build --network host), or give Docker the VPC's resolver (--dns)."),
    ("PROXY_NOT_USABLE", "network", _CODEBUILD_PROXY_SERVER,
     "The client goes by a proxy, and the proxy cannot be reached or refuses.",
     "Check HTTPS_PROXY and NO_PROXY of the project, the way to the proxy, and what it lets through."),
    ("BUILD_CONFIGURATION_NOT_ACCEPTED", "snapshot", _CODEBUILD_TROUBLES,
     "CodeBuild cannot use the buildspec, a parameter or the source that the project names; the network has no part "
     "in it.",
     "Mend what the message names: the buildspec's place and form, the parameter's or repository's name."),
    ("DISK_FULL", "snapshot", "", "The build's disk is full; the network has no part in it.",
     "Use a larger compute type, or remove images and files that are not needed."),
    ("DOCKER_DAEMON_NOT_RUNNING", "snapshot", _CODEBUILD_TROUBLES,
     "There is no Docker daemon to talk to; the network has no part in it. CodeBuild runs one only in privileged mode.",
     "Turn on privileged mode in the project's environment."),
    ("SUBNET_WITHOUT_FREE_ADDRESSES", "network", _CODEBUILD_VPC,
     "A build in a VPC takes an address of its subnet, and none is free.",
     "Add subnets to the project, larger ones, or let fewer builds run at once."),
    ("VPC_CONFIGURATION_NOT_ACCEPTED", "network", _CODEBUILD_VPC,
     "EC2 refuses to make the build's network interface: subnet, security group and VPC of the project do not exist or "
     "do not fit together.", "Correct the project's VPC configuration."),
    ("NOT_EXPLAINED_BY_SNAPSHOT", "snapshot", "",
     "By the snapshot the connection gets through. The other side, a change since, or something that a snapshot does "
     "not hold must have stopped it.", "Capture a snapshot now and ask again; look at the other side's own logs."),
)  # fmt: skip


def _codes() -> Iterable[Code]:
    ra = _AWS + _EXPLANATION_CODES
    can_hide = {code: word for word, codes in _CAN_HIDE for code in codes.split()}
    for code, text, remedy in _PATH + _CONFIGURATION:
        yield Code(code, "block", "aws", "network", "timeout", text, remedy, ra)
    for code, text, remedy in _UNSEEN:
        yield Code(code, "block", "aws", "snapshot", None, text, remedy, ra)
    for code, text, remedy in _NOTES + _SEARCH:
        yield Code(code, "information", "aws", "network", None, text, remedy, ra)
    for code, text, remedy in _DETAILS:
        yield Code(code, "assumption", "aws", "network", None, text, remedy, ra, can_hide[code])
    for code, layer, symptom, page, text, remedy in _BLOCKS:
        yield Code(code, "block", "reachsim", layer, symptom, text, remedy, page and _AWS + page)
    ours: tuple[tuple[Kind, tuple[_Ours, ...]], ...]
    ours = (("cause", _CAUSES), ("finding", _FINDINGS), ("assumption", _ASSUMPTIONS), ("diagnosis", _DIAGNOSES))
    for kind, rows in ours:
        for code, layer, page, text, remedy in rows:
            hides = can_hide[code] if kind == "assumption" else None
            yield Code(code, kind, "reachsim", layer, None, text, remedy, page and _AWS + page, hides)


CODES: Final[Mapping[str, Code]] = MappingProxyType({c.code: c for c in sorted(_codes(), key=lambda c: c.code)})
"""All codes by name, sorted."""


def explain(code: str) -> Code:
    """The entry of a code, whatever its case.

    Raises UnknownCodeError (a QuestionError and a ValueError) that names codes with a similar spelling.

    >>> explain("return_acl_ephemeral").kind
    'cause'
    """
    found = CODES.get(code.strip().upper())
    if found is None:
        import difflib  # only on the way to an error message

        raise UnknownCodeError(code, tuple(difflib.get_close_matches(code.strip().upper(), CODES, n=3)))
    return found
