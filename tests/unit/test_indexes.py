"""What two snapshots have in common is decoded and indexed once, and nothing else is taken from the other."""

from __future__ import annotations

import json
import random
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from reachsim import load, load_files
from reachsim.addresses import parse_block
from reachsim.errors import SnapshotError
from reachsim.intervals import Index
from reachsim.model.network import Network
from reachsim.snapshot import Snapshot, open_snapshot
from reachsim.sources import interfaces_of_instance
from tests.build import Build
from tests.property.networks import TOPICS, network
from tests.property.test_listed_interfaces import as_instances

SHIPPED = Path(__file__).resolve().parent.parent.parent / "snapshots" / "leaky-pipeline"
INDEXES = {
    name: one.func.tables
    for name, one in vars(Network).items()
    if isinstance(one, cached_property) and hasattr(one.func, "tables")
}


class Watched(Network):
    """A network that notes which of its tables are looked at."""

    seen: set[str]

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name in {"snapshot", "places", "homes", "assume_defaults", "read", "read_collection", "prefix_list"} or (
            isinstance(found, dict) and not name.startswith("_") and name not in INDEXES
        ):
            seen = self.__dict__.get("seen")
            if seen is not None:
                seen.add(name)
        return found


@pytest.mark.parametrize("name", sorted(INDEXES))
def test_an_index_is_made_of_the_tables_that_it_names(name: str) -> None:
    looked_at: set[str] = set()
    for files in [network("everything", seed).files() for seed in range(3)]:
        watched = Watched(Snapshot.of(files))
        watched.seen = looked_at
        found = getattr(watched, name)
        if hasattr(found, "values"):
            list(found.values())
    assert looked_at <= set(INDEXES[name])


def exact(value: Any) -> Any:
    """A value in a form in which a list that a file lacks is told from an empty one."""
    if isinstance(value, dict):
        return [(key, exact(one)) for key, one in value.items()]
    if isinstance(value, Index):
        return exact(vars(value))
    if isinstance(value, tuple | list):
        return type(value).__name__, [exact(one) for one in value]
    fields = getattr(value, "__struct_fields__", None)
    return value if fields is None else (type(value).__name__, [exact(getattr(value, one)) for one in fields])


def held(reach: Any) -> dict[str, Any]:
    """All tables and indexes of a network, where its records stand, and what is known of its files."""
    network = reach.network
    tables = {name: exact(one) for name, one in vars(network).items() if isinstance(one, dict) and name[0] != "_"}
    indexes = {name: exact(one if isinstance(one, dict) else list(one.items()) if hasattr(one, "items") else one)
               for name in INDEXES for one in [getattr(network, name)]}  # fmt: skip
    places = {name: network.places[name] for name in network.places}
    statuses = {path: network.snapshot.status(path) for path in network.snapshot.paths}
    return tables | indexes | {"places": places, "statuses": statuses}


def without_keys(data: bytes, key: str) -> bytes:
    """A file whose records lack a key."""
    document = json.loads(data)
    for records in document.values():
        for one in records if isinstance(records, list) else ():
            one.pop(key, None)
    return json.dumps(document).encode()


@pytest.mark.parametrize("topic", sorted(TOPICS))
def test_a_snapshot_beside_another_is_what_it_is_by_itself(topic: str) -> None:
    files = network(topic, 0).files()
    old = load_files(files)
    for path in random.Random(topic).sample(sorted(files), 5):
        thinner = without_keys(files[path], "Groups") if b"Groups" in files[path] else files[path] + b" "
        for data in (None, b'{"Error": {"Code": "X"}}', thinner):
            after = {one: held for one, held in {**files, path: data}.items() if held is not None}
            try:
                alone = load_files(after)
            except SnapshotError:
                with pytest.raises(SnapshotError):
                    load_files(after, beside=old)
            else:
                assert held(load_files(after, beside=old)) == held(alone), path


def test_what_differs_is_not_shared_and_the_rest_is_decoded_once() -> None:
    net = Build()
    vpc = net.vpc("10.0.0.0/16")
    subnet = net.subnet(vpc, "10.0.1.0/24")
    net.interface(subnet, "10.0.1.5", [net.group(vpc)])
    files = net.files()
    old = load_files(files)
    same = load_files({path: bytes(bytearray(data)) for path, data in files.items()}, beside=old)
    assert same.network.network_interfaces is old.network.network_interfaces
    assert same.network.interfaces is old.network.interfaces
    (path,) = (one for one in files if one.endswith("describe-network-interfaces.json"))
    other = load_files({**files, path: files[path].replace(b"10.0.1.5", b"10.0.1.6")}, beside=old)
    assert other.network.interfaces is not old.network.interfaces
    assert other.network.own_public_addresses == old.network.own_public_addresses
    assert other.network.subnets is old.network.subnets
    assert [str(one.addresses) for one in other.network.interfaces.values()] != [
        str(one.addresses) for one in old.network.interfaces.values()
    ]


def test_files_on_disk_are_alike_by_what_they_hold(tmp_path: Path) -> None:
    old = load(SHIPPED)
    for one in SHIPPED.rglob("*"):
        if one.is_file():
            copy = tmp_path / one.relative_to(SHIPPED)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(one.read_bytes())
    new = load(tmp_path, beside=old)
    assert new.network.route_tables is old.network.route_tables
    snapshot, other = open_snapshot(SHIPPED), open_snapshot(tmp_path)
    path = next(one for one in snapshot.paths if one.endswith("describe-route-tables.json"))
    assert snapshot.alike(other, path)
    assert not snapshot.alike(other, "no such file")
    assert not open_snapshot(SHIPPED).alike(Snapshot.of({path: b"{}"}), path)


def test_a_long_row_of_edited_copies_holds_together() -> None:
    net = Build()
    vpc = net.vpc("10.0.0.0/16")
    net.interface(net.subnet(vpc, "10.0.1.0/24"), "10.0.1.5", [net.group(vpc)])
    files = net.files()
    reach = load_files(files)
    (path,) = (one for one in files if one.endswith("describe-security-groups.json"))
    for number in range(300):
        reach = load_files({**files, path: files[path] + b" " * number}, beside=reach)
    assert held(reach) == held(load_files({**files, path: files[path] + b" " * 299}))
    assert reach.network.names == load_files(files).network.names


@pytest.mark.parametrize("seed", range(6))
def test_interfaces_are_found_by_any_of_their_addresses_and_by_their_instance(seed: int) -> None:
    draft = network("everything", seed)
    as_instances(draft)
    made = Network(Snapshot.of(draft.files()))
    interfaces = list(made.interfaces.values())
    for one in interfaces:
        for block in (one.addresses, one.public_addresses, parse_block("10.0.0.0/9"), parse_block("::/0")):
            expected = [two for two in interfaces if not (two.addresses | two.public_addresses).isdisjoint(block)]
            assert list(made.interfaces_with(block)) == expected
        if one.instance_id:
            expected = [two for two in interfaces if two.instance_id == one.instance_id]
            assert list(interfaces_of_instance(made, one.instance_id)) == expected
    assert any(one.instance_id for one in interfaces)
