"""VPC Flow Logs against the verdicts on the same packets.

An ACCEPT says that the filters at the interface pass the packet and, of a request that comes in, that it got there
at all; a REJECT that one of the filters, or Block Public Access, stops it. A record is a disagreement only if it
contradicts the verdict whatever it may be of: where ports and flags do not tell a request from a reply, both are tried.
**Source:** "Flow log records" (action, traffic-path), "Flow log limitations", "Flow log record examples", "Network
ACLs" (ephemeral ports) (VPC User Guide); AWS re:Post, "I'm seeing inbound traffic in the VPC flow logs for my public
NAT gateway. Is my public NAT gateway accepting inbound traffic from the internet?"; "Health checks for your target
groups" (HealthCheckPort) (Elastic Load Balancing).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import cached_property, lru_cache
from typing import NamedTuple

from reachsim.addresses import PUBLIC, format_address
from reachsim.errors import QuestionError
from reachsim.evidence import Direction
from reachsim.forwarding import Ground
from reachsim.forwarding.block_public_access import OFF, block_mode
from reachsim.intervals import IntervalSet
from reachsim.model.interfaces import Interface
from reachsim.scenarios import Scenario
from reachsim.simulate import ask, simulate
from reachsim.verdict import PROTOCOL_NAMES, Verdict
from reachsim.verify.flow_logs import EITHER, FlowRecord, Line
from reachsim.verify.gate import Gate, Packet, gate, sender_at
from reachsim.verify.records import Disagreement, Hides, Verification

BLOCKED_PUBLIC = "VPC_BLOCK_PUBLIC_ACCESS_ENABLED"
HEALTH_CHECKED = "TARGET_PORT_RESTRICTION"
"""Stops what a load balancer sends to a port of its target that is not registered: health checks go there, too."""
PRESERVING = frozenset({"network_load_balancer", "gateway_load_balancer", "gateway_load_balancer_endpoint",
                        "global_accelerator_managed"})  # fmt: skip
"""Interfaces by which a client's own address comes to interfaces that the client cannot reach by themselves."""
NO_TARGET = frozenset({
    "TARGET_ADDRESS_RESTRICTION", "TARGET_PORT_RESTRICTION", "ELB_NOT_CROSSZONE", "ELB_INSTALLED_AZ_RESTRICTION",
})  # fmt: skip
"""Why a load balancer sends nothing there."""
PATHS = {
    2: ("an internet gateway or a gateway endpoint", ("igw-", "eigw-", "vpce-")),
    3: ("a virtual private gateway", ("vgw-",)),
    4: ("a peering connection", ("pcx-",)),
    5: ("a peering connection", ("pcx-",)),
    6: ("a local gateway", ("lgw-",)),
    7: ("a gateway endpoint", ("vpce-",)),
    8: ("an internet gateway", ("igw-", "eigw-")),
}  # fmt: skip
"""What traffic-path says egress traffic took, with the prefixes of such components (1, within the VPC, says little)."""
UNDOCUMENTED = frozenset({"transit_gateway", "gateway_load_balancer_endpoint", "gateway_load_balancer"})

AGREE = "agree"


class Finding(NamedTuple):
    """``agree``, a reason of `reachsim.verify.records.REASONS`, or (``disagree``) what contradicts."""

    word: str
    hides: Hides = "leak"
    said: str = ""
    why: tuple[str, ...] = ()
    way: str = ""


class _Kind(NamedTuple):
    records: int
    place: str


def verify_flow_logs(
    ground: Ground, lines: Iterable[Line], watch: Callable[[Collection[FlowRecord]], Iterable[FlowRecord]] = iter
) -> Verification:
    """Every record of flow logs against the filters, and the way, at its interface. ``watch`` passes on the kinds of
    records that are judged, to show how far the work is.

    Raises SnapshotError: a line is no record, or a file of the snapshot that is needed cannot be decoded.
    """
    kinds: dict[FlowRecord, _Kind] = {}
    first: int | None = None
    last: int | None = None
    skipped: dict[str, int] = {}
    for line in lines:
        first = min(one for one in (first, line.start) if one is not None) if first or line.start else None
        last = max(one for one in (last, line.end) if one is not None) if last or line.end else None
        if line.record is None:
            skipped[line.why] = skipped.get(line.why, 0) + 1
        else:
            known = kinds.get(line.record)
            kinds[line.record] = _Kind(known.records + 1, known.place) if known else _Kind(1, line.place)
    total = sum(skipped.values()) + sum(kind.records for kind in kinds.values())
    judge = _Judge(ground, kinds.keys())
    agreed = 0
    found: list[Disagreement] = []
    for record in watch(kinds):
        kind, finding = kinds[record], judge.record(record)
        if finding.word == AGREE:
            agreed += kind.records
        elif finding.word == "disagree":
            found.append(judge.disagreement(record, finding, kind))
        else:
            skipped[finding.word] = skipped.get(finding.word, 0) + kind.records
    found.sort(key=lambda one: (one.hides != "leak", one.what, one.place))
    return Verification(total, agreed, tuple(found), dict(sorted(skipped.items())), first, last)


class _Judge:
    def __init__(self, ground: Ground, records: Iterable[FlowRecord]) -> None:
        self._ground = ground
        self._accepted = {_without_action(record) for record in records if record.accepted}
        self._gate: Callable[[Packet, bool], Gate | None] = lru_cache(maxsize=1 << 16)(
            lambda packet, groups: gate(ground, packet, groups=groups)
        )
        self._walked: Callable[[str, str, int, int | None], tuple[Scenario, ...]] = lru_cache(maxsize=4096)(self._walk)

    def record(self, record: FlowRecord) -> Finding:
        network = self._ground.network
        interface = network.interfaces.get(record.interface)
        if interface is None:
            return Finding("interface-unseen")
        if network.network_interfaces[record.interface].interface_type in UNDOCUMENTED:
            return Finding("no-filters")
        way = _way(record, interface)
        if way is None:
            return Finding("direction-untold")
        if way == "ingress":
            peers = dict.fromkeys((record.source, record.packet_source))
        else:
            peers = dict.fromkeys((record.destination, record.packet_destination))
        findings = []
        for peer in peers:
            packet = Packet(interface, way, peer, record.protocol, record.port)
            findings += [self._read(record, packet, reading) for reading in self._readings(record, packet)]
        words = [finding.word for finding in findings]
        if AGREE in words:
            return Finding(AGREE)
        return next((finding for finding in findings if finding.word != "disagree"), findings[0])

    def _readings(self, record: FlowRecord, packet: Packet) -> tuple[str, ...]:
        """Those of the record; either where the lower port may be a client's: of an instance it is none, but load
        balancers, NAT gateways and who is not known take any from 1024.
        """
        if not record.lower:
            return record.readings
        network, here = self._ground.network, (record.lower == "destination") == (packet.way == "ingress")
        end = packet.interface if here else sender_at(network, packet.interface, packet.peer)
        return record.readings if end is not None and end.instance_id in network.instances else EITHER

    def _read(self, record: FlowRecord, packet: Packet, reading: str) -> Finding:
        if reading == "reply":
            return self._reply(record, packet)
        if record.reason == "BPA":
            return self._public_access(packet)
        if not record.accepted and record.reason != "-":
            return Finding("reason-of-its-own")
        found = self._gate(packet, True)
        if found is None:
            return Finding("own-address-unseen")
        if record.accepted:
            if found.outcomes == {"blocked"}:
                if found.by_group:
                    return Finding("group-members-unseen")
                return Finding("disagree", "leak", "blocked", tuple(block.detail for block in found.blocks))
            if "allowed" not in found.outcomes:
                return Finding("snapshot-lacks")
            return self._arrival(record, packet) if packet.way == "ingress" else self._leaving(record, packet)
        if "blocked" in found.outcomes:
            return Finding(AGREE)
        if "unknown" in found.outcomes:
            return Finding("snapshot-lacks")
        access = self._public_access(packet)
        if access.word == AGREE or (access.word == "snapshot-lacks" and not self._off):
            return access
        if record.opening is False:  # AWS: packets arrived after the connection was closed
            return Finding("reply-stands")
        if record.protocol == 6 and record.opening is None and _without_action(record) in self._accepted:
            return Finding("reply-stands")
        return Finding("disagree", "block", "allowed", ("no security group and no network ACL of it stops this",))

    def _reply(self, record: FlowRecord, packet: Packet) -> Finding:
        """Only the network ACL judges replies; a REJECT may also be of a packet that came too late (AWS)."""
        found = self._gate(packet, False)
        if found is None:
            return Finding("own-address-unseen")
        if "unknown" in found.outcomes:
            return Finding("snapshot-lacks")
        if record.accepted:
            blocked = found.outcomes == {"blocked"}
            why = tuple(block.detail for block in found.blocks)
            return Finding("disagree", "leak", "blocked", why) if blocked else Finding(AGREE)
        return Finding(AGREE if "blocked" in found.outcomes else "reply-stands")

    def _public_access(self, packet: Packet) -> Finding:
        found = [block for one in self._asked(packet) for flow in one.flows for block in flow.blocks]
        found += [block for one in self._asked(packet) for block in one.blocks]
        if any(block.code == BLOCKED_PUBLIC for block in found):
            return Finding(AGREE)
        if any(one.gaps or any(flow.gaps for flow in one.flows) for one in self._asked(packet)):
            return Finding("snapshot-lacks")
        return Finding("disagree", "block", "allowed", ("VPC Block Public Access does not stop this",))

    @cached_property
    def _off(self) -> bool:
        """Whether VPC Block Public Access is known to be off wherever a packet may leave for the internet."""
        network = self._ground.network
        modes = {block_mode(network, one.vpc_id or "", name).mode for name, one in network.subnets.items()}
        return modes == {OFF}

    def _leaving(self, record: FlowRecord, packet: Packet) -> Finding:
        """A request that went out by a gateway had a way by such a one."""
        what, prefixes = PATHS.get(record.path, ("", ()))
        asked = self._asked(packet)
        flows = [flow for one in asked for flow in one.flows]
        if not what or not asked:
            return Finding(AGREE)
        if any(hop.leg == "request" and hop.component.startswith(prefixes) for flow in flows for hop in flow.hops):
            return Finding(AGREE)
        if any(one.gaps for one in asked) or any(flow.gaps for flow in flows):
            return Finding("snapshot-lacks")
        if not flows:
            return Finding(AGREE)
        said = f"traffic-path {record.path} is {what}, of which AWS tells as best it can"
        return Finding("disagree", "leak", f"no way by {what}", (said,), f" by traffic-path {record.path}")

    def _arrival(self, record: FlowRecord, packet: Packet) -> Finding:
        """A request that came in had a way to come by. Of a packet that goes on from here (by a NAT gateway, an
        appliance) the question would be another one; without pkt-dstaddr such a one looks as if it ended here. What a
        NAT gateway drops is recorded as accepted, too.
        """
        network, interface = self._ground.network, packet.interface
        own = interface.addresses | interface.public_addresses
        if _forwards(interface) or record.packet_destination not in own:
            return Finding(AGREE)
        peer = IntervalSet.single(packet.peer)
        outside = peer.isdisjoint(network.vpc_addresses(packet.interface.vpc_id))
        if outside and self._by_another(packet):
            return Finding(AGREE)
        asked = self._asked(packet)
        flows = [flow for one in asked for flow in one.flows]
        if not asked:
            return Finding(AGREE)
        blocks = [
            [block for block in flow.blocks if block.leg == "request" and block.code != HEALTH_CHECKED]
            for flow in flows
        ]
        if any(not some and not flow.gaps for some, flow in zip(blocks, flows, strict=True)):
            return Finding(AGREE)
        if any(one.gaps for one in asked) or any(flow.gaps for flow in flows):
            return Finding("snapshot-lacks")
        if any(one.blocks and all(block.leg == "response" for block in one.blocks) for one in asked):
            return Finding("snapshot-lacks")  # how it comes in; what stops the answer says nothing of the request
        if peer <= PUBLIC and not packet.interface.public and not peer.isdisjoint(network.aws_addresses):
            return Finding(AGREE)  # an AWS service answers or calls by an endpoint
        said = [block for some in blocks for block in some] + [block for one in asked for block in one.blocks]
        why = tuple(dict.fromkeys(block.detail for block in said))
        return Finding("disagree", "leak", "blocked", why or ("nothing leads there",))

    def _by_another(self, packet: Packet) -> bool:
        """Whether it may have come by an interface that keeps the client's address: a Network Load Balancer's only to a
        target of its own, as far as the snapshot tells.
        """
        network = self._ground.network
        port = packet.port if packet.protocol in (6, 17) else None
        for name, one in network.network_interfaces.items():
            if one.interface_type not in PRESERVING or one.vpc_id != packet.interface.vpc_id:
                continue
            asked = self._walked(name, packet.interface.id, packet.protocol, port)
            flows = [flow for scenario in asked for flow in scenario.flows]
            ways = [flow for flow in flows if NO_TARGET.isdisjoint(block.code for block in flow.blocks)]
            if one.interface_type != "network_load_balancer" or ways or not flows:
                return True
        return False

    def _asked(self, packet: Packet) -> tuple[Scenario, ...]:
        source, target = self._ends(packet)
        port = packet.port if packet.protocol in (6, 17) else None
        return self._walked(source, target, packet.protocol, port)

    def _walk(self, source: str, target: str, protocol: int, port: int | None) -> tuple[Scenario, ...]:
        try:
            return ask(self._ground, source, target, protocol=protocol, port=port)
        except QuestionError:  # an address that nobody can be asked about: link-local, multicast
            return ()

    def _ends(self, packet: Packet) -> tuple[str, str]:
        interface = packet.interface
        sender = sender_at(self._ground.network, interface, packet.peer)
        peer = sender.id if sender is not None else f"ip:{format_address(packet.peer)}"
        return (peer, interface.id) if packet.way == "ingress" else (interface.id, peer)

    def disagreement(self, record: FlowRecord, finding: Finding, kind: _Kind) -> Disagreement:
        way = _way(record, self._ground.network.interfaces[record.interface])
        assert way is not None
        interface = self._ground.network.interfaces[record.interface]
        peer = record.source if way == "ingress" else record.destination
        packet = Packet(interface, way, peer, record.protocol, record.port)
        source, target = self._ends(packet)
        port = record.port if record.protocol in (6, 17) else None
        known = PROTOCOL_NAMES.get(record.protocol)
        trace: Verdict = simulate(self._ground, source, target, protocol=known or record.protocol, port=port)
        name = known or f"protocol {record.protocol}"
        label = self._ground.network.label(record.interface)
        service = name if port is None else f"{name} port {port}"
        to = "from" if way == "ingress" else "to"
        what = f"{label}: {service} {to} {format_address(peer)}, {way}"
        recorded = ("ACCEPT" if record.accepted else "REJECT") + finding.way
        return Disagreement(what, recorded, finding.said, finding.hides, finding.why, kind.records, kind.place, trace)


def _without_action(record: FlowRecord) -> FlowRecord:
    return record._replace(accepted=True, opening=None, reason="")


def _forwards(interface: Interface) -> bool:
    """Whether packets to elsewhere come by it."""
    return interface.kind == "nat" or not interface.source_dest_check


def _way(record: FlowRecord, interface: Interface) -> Direction | None:
    """In or out: as the record says, else by whose address is the interface's own."""
    if record.way:
        return record.way
    own = interface.addresses | interface.public_addresses
    sent, got = record.source in own, record.destination in own
    if sent == got:
        return None
    return "egress" if sent else "ingress"
