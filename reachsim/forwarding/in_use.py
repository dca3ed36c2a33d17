"""What is judged as if it were in use: instances that do not run, interfaces that nothing uses.

**Source:** EC2 API, InstanceState, NetworkInterface (Status), NetworkInterfaceAttachment (Status).
"""

from __future__ import annotations

from collections.abc import Iterator

from reachsim.evidence import Assumption
from reachsim.model.interfaces import Interface
from reachsim.model.network import Network

_USED = ("in-use", "associated")


def as_if_used(network: Network, interface: Interface) -> Iterator[Assumption]:
    """What is assumed of an interface that sends or takes traffic."""
    instance = network.instances.get(interface.instance_id or "")
    if instance is not None and instance.state.name != "running":
        detail = f"{network.label(instance.instance_id)} is {instance.state.name}; judged as if it ran"
        yield Assumption("INSTANCE_STOPPED", instance.instance_id, detail, "block")
    record = network.network_interfaces.get(interface.id)
    if record is None:
        return
    attached = record.attachment.status if record.attachment is not None else None
    state = record.status if record.status not in _USED or attached in (None, "attached") else attached
    if state == "available":
        detail = f"{network.label(interface.id)} is attached to nothing; judged as if something used it"
        yield Assumption("INTERFACE_NOT_ATTACHED", interface.id, detail, "block")
    elif state not in _USED:
        detail = f"{network.label(interface.id)} is {state}; judged as if something used it"
        yield Assumption("STATE_CHANGING", interface.id, detail, "block")
