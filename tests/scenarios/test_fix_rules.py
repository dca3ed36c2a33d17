"""Rules and entries that fixes write and take away, in the words that AWS's API has for each protocol."""

from __future__ import annotations

import pytest

from reachsim import load_files
from reachsim.fix import awscli, cloudformation, terraform
from tests.build import GroupRule
from tests.scenarios.pipelines import Pipeline
from tests.scenarios.test_fix import building, exposed, steps_of

TCP = ("6", (0, 65535), "0.0.0.0/0")
PING = b"version: 0.2\nphases:\n  build:\n    commands:\n      - ping -c 1 10.10.21.5\n"


def test_a_ping_s_network_acl_entries_name_icmp_types() -> None:
    """EC2 API Reference, "CreateNetworkAclEntry": IcmpTypeCode, not PortRange, is required for protocol 1."""
    net = Pipeline()
    net.permit("sg-client", "in", ("icmp", 8, -1, "10.10.0.0/16"))
    net.use_acl(net.acl("vpc-1", [(100, "in", "allow", *TCP), (100, "out", "allow", *TCP)], name="x"), net.client_a)
    files = building(net, "FROM scratch\n") | {"code/p1/buildspec.yml": PING}
    reach = load_files(files)
    plan = reach.fix()
    assert steps_of(plan) == [
        ("acl-x", f"add {side} rule {number}: allow icmp type {kind} {way} 10.10.{subnet}.0/24")
        for side, kind, way in (("inbound", 8, "from"), ("outbound", 0, "to"))
        for number, subnet in ((110, 1), (120, 2))
    ]
    assert (plan.status, plan.after) == ("proven", "private-and-working")
    (edit,) = plan.patch.to_json()["edits"]
    added = [one["value"] for one in edit["patch"]]
    assert {one["IcmpTypeCode"]["Type"] for one in added} == {0, 8}
    assert all(one["IcmpTypeCode"]["Code"] == -1 and "PortRange" not in one for one in added)
    assert "--protocol icmp --icmp-type-code Type=8,Code=-1 --cidr" in awscli.render(reach.network, plan.steps, {})
    assert "icmp_type      = 8\n  icmp_code      = -1" in terraform.render(plan.steps, {})
    entries = cloudformation.render(plan.steps, {})
    assert '"Icmp":{"Type":8,"Code":-1}' in "".join(entries.split())
    assert "PortRange" not in entries


@pytest.mark.parametrize(("rule", "named", "command"), [
    (("tcp", 22, 22, "0.0.0.0/0"), "tcp 22", '{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, '),
    (("icmp", 8, -1, "0.0.0.0/0"), "icmp 8", '{"IpProtocol": "icmp", "FromPort": 8, "ToPort": -1, '),
    (("-1", None, None, "0.0.0.0/0"), "all traffic", '{"IpProtocol": "-1", '),
])  # fmt: skip
def test_a_rule_that_lets_the_internet_in_is_removed_without_its_id(rule: GroupRule, named: str, command: str) -> None:
    """A snapshot without describe-security-group-rules has the rules' peers and ports, but no ids of theirs."""
    net = exposed()
    net["sg-client"].update(
        IpPermissions=[net._permission(rule)], IpPermissionsEgress=[net._permission(("tcp", 443, 443, "sg-ep"))]
    )
    reach = load_files(net.files())
    plan = reach.fix()
    assert steps_of(plan) == [("sg-client", f"remove ingress rule {named} 0.0.0.0/0")]
    assert (plan.status, plan.before, plan.after) == ("proven", "exposed", "private-and-working")
    peers = '"IpRanges": [{"CidrIp": "0.0.0.0/0"}]}'
    assert f"--ip-permissions '[{command}{peers}]'" in awscli.render(reach.network, plan.steps, {})
