"""Memory stays flat, however many interfaces there are: pages go to disk as they come."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.collect.pipeline import REGION
from tests.unit.collect.server import Answer, front, xml

PAGE = 500
MEASURED = """
import resource, sys
from click.testing import CliRunner
from reachsim.cli import group
result = CliRunner().invoke(group, ["snapshot", "-o", sys.argv[1], "--services", "ec2"])
assert result.exit_code == 0, result.output
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def interface(number: int) -> str:
    address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    tags = "".join(f"<item><key>tag-{one}</key><value>{'value' * 8}</value></item>" for one in range(8))
    return (
        f"<item><networkInterfaceId>eni-{number:017x}</networkInterfaceId><subnetId>subnet-1</subnetId>"
        f"<vpcId>vpc-1</vpcId><ownerId>123456789012</ownerId><status>in-use</status>"
        f"<privateIpAddress>{address}</privateIpAddress><interfaceType>interface</interfaceType><privateIpAddressesSet>"
        f"<item><primary>true</primary><privateIpAddress>{address}</privateIpAddress></item></privateIpAddressesSet>"
        f"<groupSet><item><groupId>sg-1</groupId><groupName>a</groupName></item></groupSet><tagSet>{tags}</tagSet></item>"
    )


def peak(count: int, out: Path) -> float:
    """Peak memory in MB of a process that captures so many interfaces."""

    def rule(call: str, body: bytes) -> Answer | None:
        action = call.partition("/")[2]
        if call == "sts/GetCallerIdentity":
            arn = "<Arn>arn:aws:iam::123456789012:user/a</Arn><UserId>A</UserId><Account>123456789012</Account>"
            text = f"<GetCallerIdentityResponse><GetCallerIdentityResult>{arn}</GetCallerIdentityResult>"
            return Answer(200, f"{text}</GetCallerIdentityResponse>".encode())
        if action != "DescribeNetworkInterfaces":
            return xml(action, "")
        start = int(dict(part.split("=") for part in body.decode().split("&")).get("NextToken", "0"))
        end = min(start + PAGE, count)
        token = f"<nextToken>{end}</nextToken>" if end < count else ""
        items = "".join(map(interface, range(start, end)))
        return xml(action, f"<networkInterfaceSet>{items}</networkInterfaceSet>{token}")

    with front(rule=rule) as one:
        done = subprocess.run(
            [sys.executable, "-c", MEASURED, str(out)], env={**os.environ, "AWS_ENDPOINT_URL": one.url},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    found = json.loads((out / "123456789012" / REGION / "ec2/describe-network-interfaces.json").read_text())
    assert [one["NetworkInterfaceId"] for one in found["NetworkInterfaces"]] == [f"eni-{n:017x}" for n in range(count)]
    return int(done.stdout) / 1024


@pytest.mark.skipif(os.name == "nt", reason="getrusage is POSIX's")
@pytest.mark.usefixtures("signed_in")
def test_five_thousand_interfaces_take_no_more_memory_than_five_hundred(tmp_path: Path) -> None:
    few, many = peak(500, tmp_path / "few"), peak(5000, tmp_path / "many")
    figure = f"{few:.0f} MB for 500 interfaces, {many:.0f} MB for 5,000"
    print(figure)  # pytest -rP shows it
    assert many - few < 25, figure
