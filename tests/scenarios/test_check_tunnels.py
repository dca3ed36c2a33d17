"""Ways in that IAM opens: EC2 Instance Connect Endpoints and sessions of Systems Manager (check/tunnels.py)."""

from __future__ import annotations

import pytest

from reachsim import load_files
from reachsim.verdict import Finding
from tests.scenarios.hub import shared
from tests.scenarios.pipelines import BUILD_ROLE, CLIENT_ROLE, Pipeline, statement

CHANNELS = statement(["ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel",
                      "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel"])  # fmt: skip
FROM_ENDPOINT = "i-1: tcp 22 from the endpoint's address is allowed"
PRESERVED = "i-1: tcp 22 from public addresses, which the endpoint keeps if it preserves its clients'"


def told(net: Pipeline, code: str) -> dict[str, Finding]:
    return {one.component: one for one in load_files(net.files()).check().findings if one.id == code}


@pytest.mark.parametrize(
    ("client", "endpoint", "evidence"),
    [
        (("tcp", 22, 22, "sg-tunnel"), ("-1", None, None, "0.0.0.0/0"), (FROM_ENDPOINT,)),
        (("tcp", 22, 22, "10.10.0.0/16"), ("tcp", 22, 22, "sg-client"), (FROM_ENDPOINT,)),
        (("tcp", 22, 22, "198.51.100.0/24"), ("tcp", 22, 22, "sg-client"), (PRESERVED,)),  # an office's addresses
        (("tcp", 3389, 3389, "10.10.0.0/16"), ("-1", None, None, "0.0.0.0/0"),
         ("i-1: tcp 3389 from the endpoint's address is allowed",)),
        (("tcp", 22, 22, "2001:db8::/32"), ("-1", None, None, "0.0.0.0/0"), (PRESERVED,)),
        (("tcp", 443, 443, "0.0.0.0/0"), ("-1", None, None, "0.0.0.0/0"), ()),  # no port that the endpoint leads to
        (("tcp", 22, 22, "10.10.0.0/16"), ("tcp", 443, 443, "0.0.0.0/0"), ()),  # its group lets nothing out
    ],
)  # fmt: skip
def test_an_instance_connect_endpoint_is_a_way_in(
    client: tuple[object, ...], endpoint: tuple[object, ...], evidence: tuple[str, ...]
) -> None:
    """EC2 User Guide, "Security groups for EC2 Instance Connect Endpoint": the endpoint's rules inward do not count,
    those outward and the instance's do; who may use it is for IAM to say."""
    net = Pipeline()
    net.group("vpc-1", [], [], name="tunnel")
    net["sg-tunnel"]["IpPermissionsEgress"] = [net._permission(endpoint)]
    net["sg-client"]["IpPermissions"] = [net._permission(client)]
    tunnel = net.interface(net.ep_a, "10.10.11.99", ["sg-tunnel"])
    net[tunnel]["InterfaceType"] = "ec2_instance_connect_endpoint"
    found = told(net, "INSTANCE_CONNECT_LEADS_IN")
    assert {name: (one.severity, one.evidence) for name, one in found.items()} == (
        {tunnel: ("medium", evidence)} if evidence else {}
    )


def test_a_new_endpoint_newly_exposes() -> None:
    before, after = Pipeline(), Pipeline()
    for net in (before, after):
        net["sg-client"]["IpPermissions"] = [net._permission(("tcp", 22, 22, "10.10.0.0/16"))]
    tunnel = after.interface(after.ep_a, "10.10.11.99", ["sg-build"])
    after[tunnel]["InterfaceType"] = "ec2_instance_connect_endpoint"
    told = f"INSTANCE_CONNECT_LEADS_IN {tunnel}"
    assert load_files(before.files()).diff(load_files(after.files())).gate == ("fail", (told,))
    assert load_files(after.files()).diff(load_files(after.files())).gate == ("pass", ())


def test_sessions_need_the_role_and_a_way_to_systems_manager() -> None:
    def sources(*, endpoint: bool, role: bool) -> set[str]:
        net = Pipeline()
        if endpoint:
            net.add_endpoint("ssmmessages")
        more = [CHANNELS] if role else []
        net.roles({"build": [*BUILD_ROLE, *more], "dev": [*CLIENT_ROLE, *more]})
        found = told(net, "SESSION_MANAGER_LEADS_IN")
        assert {one.severity for one in found.values()} <= {"info"}
        return set(found)

    assert sources(endpoint=True, role=True) == {"i-1", "codebuild:p1"}
    assert sources(endpoint=True, role=False) == set()
    assert sources(endpoint=False, role=True) == set()


def test_sessions_by_a_nat_gateway() -> None:
    net = Pipeline(build_role=[*BUILD_ROLE, CHANNELS])
    net.with_nat()
    (found,) = told(net, "SESSION_MANAGER_LEADS_IN").values()
    assert found.evidence == ("codebuild:p1 → ssmmessages: allowed aws-public, and its role may open channels",)


def test_sessions_by_endpoints_of_another_vpc() -> None:
    """Whitepaper "Building a Scalable and Secure Multi-VPC AWS Network Infrastructure", "Centralized access to VPC
    private endpoints"."""
    spoke = Pipeline(endpoints=[], build_role=[*BUILD_ROLE, CHANNELS])
    found = [one for one in load_files(shared(spoke=spoke, more=["ssmmessages"])).check().findings
             if one.id == "SESSION_MANAGER_LEADS_IN"]  # fmt: skip
    assert [one.component for one in found] == ["codebuild:p1"]
    assert found[0].evidence == ("codebuild:p1 → ssmmessages: allowed private, and its role may open channels",)


@pytest.mark.parametrize("resource", ["*", "arn:aws:ssmmessages:us-east-1:111111111111:x/y"])
def test_channels_are_asked_of_every_resource(resource: str) -> None:
    """Service Authorization Reference, "Amazon Message Gateway Service": the actions take no other Resource."""
    channels = {**CHANNELS, "Resource": resource}
    net = Pipeline(build_role=[*BUILD_ROLE, channels])
    net.with_nat()
    assert set(told(net, "SESSION_MANAGER_LEADS_IN")) == ({"codebuild:p1"} if resource == "*" else set())
