"""A CodeBuild project without vpcConfig: AWS's own network, with open internet and nothing private (N210)."""

from __future__ import annotations

from reachsim import Reach, load_files
from reachsim.verdict import Verdict
from tests.build import Build


def outside() -> tuple[Build, Reach]:
    net = Build()
    vpc = net.vpc("10.0.0.0/16")
    subnet = net.subnet(vpc, "10.0.1.0/24", table=net.table(vpc, [("0.0.0.0/0", net.igw(vpc))]))
    group = net.group(vpc, ingress=[("tcp", 22, 22, "198.51.100.0/24")], egress=[])
    net.interface(subnet, "10.0.1.5", [group], public="203.0.113.5", name="web")
    net.gateway_endpoint(vpc, "s3", [net.main_table(vpc)])
    net.project("app")
    return net, load_files(net.files())


def web(destination: str) -> Verdict:
    return outside()[1].simulate("codebuild:app", destination, protocol="tcp", port=443)


def test_internet_is_reached() -> None:
    assert (web("host:github.com").outcome, web("host:github.com").route) == ("allowed", "internet")


def test_aws_service_is_aws_public_by_name_and_by_address() -> None:
    assert (web("s3").outcome, web("s3").route) == ("allowed", "aws-public")
    assert (web("ip:52.216.0.1").outcome, web("ip:52.216.0.1").route) == ("allowed", "aws-public")


def test_private_address_is_not_reached() -> None:
    verdict = web("ip:10.0.1.5")
    assert verdict.outcome == "blocked"
    assert [block.code for block in verdict.blocked_by] == ["NO_PATH"]


def test_private_and_ipv6_parts_of_a_block_do_not_pass_as_reached() -> None:
    verdict = web("ip:0.0.0.0/0")
    assert verdict.outcome == "allowed"
    reached = {
        text for path in verdict.paths if path.outcome == "allowed" for t in path.traffic for text in t.destination
    }
    assert not any(text.startswith(("10.", "192.168.", "127.")) for text in reached)
    assert web("ip:2001:4860::/32").outcome == "blocked"


def test_own_public_address_is_unknown_as_the_sender_is() -> None:
    verdict = web("ip:203.0.113.5")
    assert verdict.outcome == "unknown"
    assert [one.component for one in verdict.assumptions] == ["eni-web"]
