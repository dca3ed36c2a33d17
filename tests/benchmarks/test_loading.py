"""Loading a snapshot of 10,000 interfaces against ``json.loads`` over the same bytes, interleaved in one run."""

from __future__ import annotations

import json
import statistics
import time

from reachsim import load_files

INTERFACES = 10_000


def snapshot() -> dict[str, bytes]:
    home = "111111111111/us-east-1/ec2"
    subnets = [
        {"SubnetId": f"subnet-{n}", "VpcId": "vpc-1", "CidrBlock": f"10.0.{n}.0/24", "AvailabilityZone": "us-east-1a"}
        for n in range(50)
    ]
    interfaces = [
        {
            "NetworkInterfaceId": f"eni-{n}", "VpcId": "vpc-1", "SubnetId": f"subnet-{n % 50}", "Status": "in-use",
            "MacAddress": "0a:00:00:00:00:01", "OwnerId": "111111111111", "Description": "",
            "InterfaceType": "interface",
            "Groups": [{"GroupName": "app", "GroupId": "sg-1"}], "SourceDestCheck": True,
            "AvailabilityZone": "us-east-1a",
            "PrivateIpAddress": f"10.0.{n % 50}.{10 + n // 50}", "TagSet": [{"Key": "Name", "Value": f"app-{n}"}],
            "PrivateIpAddresses": [
                {"Primary": True, "PrivateDnsName": "x", "PrivateIpAddress": f"10.0.{n % 50}.{10 + n // 50}"}
            ],
            "Attachment": {"AttachmentId": f"eni-attach-{n}", "InstanceId": f"i-{n}", "Status": "attached"},
        }
        for n in range(INTERFACES)
    ]  # fmt: skip
    files = {
        "describe-vpcs": {"Vpcs": [{"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16"}]},
        "describe-subnets": {"Subnets": subnets},
        "describe-network-interfaces": {"NetworkInterfaces": interfaces},
    }
    return {f"{home}/{name}.json": json.dumps(value).encode() for name, value in files.items()}


def test_loading_against_json_loads() -> None:
    files = snapshot()
    ours, theirs = [], []
    for _ in range(7):
        start = time.perf_counter()
        for data in files.values():
            json.loads(data)
        theirs.append(time.perf_counter() - start)
        start = time.perf_counter()
        load_files(files)
        ours.append(time.perf_counter() - start)
    print(f"\nload / json.loads: {statistics.median(ours) / statistics.median(theirs):.2f} (goal at most 3)")
    assert len(load_files(files).network.interfaces) == INTERFACES
