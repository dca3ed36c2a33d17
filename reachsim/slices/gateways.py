"""Gateway endpoints as targets: one walk to a service's addresses answers for all endpoints of it.

Which endpoint was meant matters only to what did not cross it (`reachsim.scenarios.crossing`); all that nobody crosses
share an answer.
"""

from __future__ import annotations

from reachsim.destinations import destination
from reachsim.forwarding import Ground
from reachsim.intervals import IntervalSet
from reachsim.packets import protocol_services
from reachsim.scenarios import crossing, to_addresses
from reachsim.selectors import Selector
from reachsim.simulate import Answer, answer_of
from reachsim.verdict import RouteWord

Found = tuple[Answer, Answer, RouteWord, tuple[str, ...]]


class Gateways:
    """The gateway endpoints of a network whose service's addresses are known."""

    def __init__(self, ground: Ground, protocol: int, port: int) -> None:
        network = ground.network
        self.ground, self.services = ground, protocol_services(protocol, IntervalSet.single(port))
        self._addresses: dict[str, IntervalSet] = {}
        for name, endpoint in network.vpc_endpoints.items():
            if endpoint.vpc_endpoint_type == "Gateway":
                aimed = destination(network, Selector("vpce", name), network.home_of(name))
                if not aimed.gaps:
                    self._addresses[name] = aimed.addresses

    def __contains__(self, name: str) -> bool:
        return name in self._addresses

    def addresses(self, name: str) -> IntervalSet:
        """The addresses of an endpoint's service."""
        return self._addresses[name]

    def answers(self, source: str, addresses: IntervalSet) -> tuple[Found, dict[str, Found]]:
        """From an interface to the endpoints of a service: of those that nobody crosses, and of each of the others."""
        found = to_addresses(self.ground, Selector("eni", source), addresses, self.services)
        crossed = dict.fromkeys(hop.component for one in found for flow in one.flows for hop in flow.hops)
        return answer_of(crossing(found, "")), {
            name: answer_of(crossing(found, name)) for name in crossed if name in self._addresses
        }
