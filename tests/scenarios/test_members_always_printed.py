"""A member that AWS prints in every record and that one lacks is a fault of the file or leaves the answer open."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from reachsim import SnapshotError, load_files
from reachsim.verdict import Verdict
from tests.build import Build
from tests.property.test_matrix import compare
from tests.scenarios.lan import Lan


def ask(net: Build, source: str, destination: str, port: int = 443) -> Verdict:
    return load_files(net.files()).simulate(source, destination, protocol="tcp", port=port)


def edited(net: Build, file: str, edit: Callable[[Any], None]) -> dict[str, bytes]:
    """The network's files, those whose path holds a word edited."""
    files = net.files()
    for path in [one for one in files if file in one]:
        document = json.loads(files[path])
        edit(document)
        files[path] = json.dumps(document).encode()
    return files


@pytest.mark.parametrize("protocol", ["6", "17", "tcp"])
def test_an_entry_for_tcp_or_udp_has_ports(protocol: str) -> None:
    """ "CreateNetworkAclEntry": PortRange is required for protocols 6 and 17; without, it counted as all ports."""
    net = Lan()
    acl = net.acl(net.vpc_id, [(100, "in", "allow", "tcp", (443, 443), "0.0.0.0/0")])
    net[acl]["Entries"][0]["Protocol"] = protocol
    del net[acl]["Entries"][0]["PortRange"]
    with pytest.raises(SnapshotError, match=r"describe-network-acls.*an entry for TCP or UDP with PortRange"):
        load_files(net.files())


def test_a_rule_for_tcp_or_udp_has_ports() -> None:
    """ "IpPermission": FromPort and ToPort. Renamed by --query, they let all ports through."""
    net = Lan()
    net[net.open]["IpPermissions"][0].update({"IpProtocol": "tcp", "Von": 443, "Bis": 443})
    with pytest.raises(
        SnapshotError, match=r"describe-security-groups.*a rule for TCP or UDP with FromPort and ToPort"
    ):
        load_files(net.files())


@pytest.mark.parametrize("default", [False, True])
def test_a_network_acl_that_does_not_tell_its_subnets_may_have_any(default: bool) -> None:
    """The VPC's default one was taken in its place; of that one itself nothing else can be meant (N105)."""
    net = Lan()
    closed = net.acl(net.vpc_id, [])
    net.use_acl(net.b, closed)
    assert ask(net, net.client, net.server).outcome == "blocked"
    other = next(one for one in net._lists["ec2/describe-network-acls"] if one["IsDefault"])
    del (other if default else net[closed])["Associations"]
    verdict = ask(net, net.client, net.server)
    assert verdict.outcome == ("blocked" if default else "unknown")
    compare(load_files(net.files()), 6, 443)


def test_a_prefix_list_of_awss_has_blocks_and_a_name() -> None:
    """Without blocks it counted as a list of none, so that nothing led to the service."""
    net = Lan()
    net.gateway_endpoint(net.vpc_id, "s3", [net.ta])
    assert ask(net, net.client, "s3").outcome == "allowed"
    files = edited(net, "describe-prefix-lists", lambda held: held["PrefixLists"][0].pop("Cidrs"))
    for asked in ("s3", "ip:52.216.1.1"):
        assert load_files(files).simulate(net.client, asked, protocol="tcp", port=443).outcome != "blocked"
    with pytest.raises(SnapshotError, match=r"describe-prefix-lists.*expected the key PrefixListName"):
        load_files(edited(net, "describe-prefix-lists", lambda held: held["PrefixLists"][0].pop("PrefixListName")))


def test_an_entry_of_an_endpoints_names_has_a_name() -> None:
    """EC2 API, "DnsEntry": without the name of a wildcard, what it answers was said to be public, and blocked."""
    net = Lan()
    group = net.group(net.vpc_id, [("-1", None, None, "0.0.0.0/0")])
    net.interface_endpoint(net.vpc_id, "ecr.dkr", {net.b: "10.0.2.30"}, [group], name="dkr")
    assert ask(net, net.client, "ecr.dkr").route == "private"
    for entry in net["vpce-dkr"]["DnsEntries"]:
        name = entry.pop("DnsName")
        with pytest.raises(SnapshotError, match=r"describe-vpc-endpoints.*DnsEntries.*expected the key DnsName"):
            load_files(net.files())
        entry["DnsName"] = name


def test_a_private_zone_tells_its_vpcs() -> None:
    """ "GetHostedZone": one that tells none was said to be associated with others."""
    net = Lan()
    zone = net.zone("corp.example", [net.vpc_id], [("db.corp.example", "A", ["10.0.2.5"])])
    assert ask(net, net.client, "host:db.corp.example").outcome == "allowed"
    files = edited(net, "get-hosted-zone", lambda held: held.pop("VPCs"))
    verdict = load_files(files).simulate(net.client, "host:db.corp.example", protocol="tcp", port=443)
    assert verdict.outcome == "unknown"
    assert f"111111111111/global/route53/get-hosted-zone/{zone}.json" in verdict.missing


def test_a_record_set_has_values_or_an_alias() -> None:
    net = Lan()
    net.zone("corp.example", [net.vpc_id], [("db.corp.example", "A", ["10.0.2.5"])])
    files = edited(net, "list-resource-record-sets", lambda held: held["ResourceRecordSets"][-1].pop("ResourceRecords"))
    with pytest.raises(SnapshotError, match="a record set with ResourceRecords or AliasTarget"):
        load_files(files).simulate(net.client, "host:db.corp.example", protocol="tcp", port=443)
