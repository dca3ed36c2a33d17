"""The importer of Batfish's folder layout: four public dumps, small ones made here, and what may go wrong."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from reachsim.errors import QuestionError, SnapshotError
from reachsim.importers import Ignored, ImportReport, import_batfish
from reachsim.importers import dump as dump_module
from reachsim.importers.keys import CALLS, CALLS_BY_FILE, WRAPPED

DUMPS = Path(__file__).resolve().parent.parent / "data" / "aws-cli-dumps"
NAMES = sorted(path.name for path in DUMPS.iterdir() if path.is_dir())
PRE_SHARED_KEY = re.compile(r"<pre_shared_key>([^<\s]+)<")
ME, OTHER = "111122223333", "444455556666"


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def load(folder: Path) -> dict[str, Any]:
    return {name: json.loads(data) for name, data in tree(folder).items()}


def dump(folder: Path, files: Mapping[str, Any]) -> Path:
    """A dump under ``folder/aws_configs``; content that is text is written as it stands."""
    for name, content in files.items():
        path = folder / "aws_configs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return folder


def run(tmp_path: Path, files: Mapping[str, Any]) -> tuple[ImportReport, dict[str, Any]]:
    report = import_batfish(dump(tmp_path / "in", files), tmp_path / "out")
    return report, load(tmp_path / "out")


def faults(tmp_path: Path, files: Mapping[str, Any]) -> str:
    with pytest.raises(SnapshotError) as error:
        import_batfish(dump(tmp_path / "in", files), tmp_path / "out")
    assert not (tmp_path / "out").exists()
    message = str(error.value)
    assert len(message.splitlines()) == 1
    return message


def eni(name: str, *, owner: str = ME, zone: str = "eu-west-1a", vpc: str = "vpc-1") -> dict[str, str]:
    return {"NetworkInterfaceId": name, "OwnerId": owner, "AvailabilityZone": zone, "VpcId": vpc}


ENIS = {"NetworkInterfaces": [eni("eni-1")]}


# The four public dumps


@pytest.mark.parametrize("name", NAMES)
def test_a_public_dump_arrives_whole(name: str, tmp_path: Path) -> None:
    source = DUMPS / name
    report = import_batfish(source, tmp_path / "out")
    written = load(tmp_path / "out")

    enis = [json.loads(path.read_text("utf-8")) for path in source.rglob("NetworkInterfaces.json")]
    accounts = {one["OwnerId"] for file in enis for one in file["NetworkInterfaces"]}
    zones = [json.loads(path.read_text("utf-8")) for path in source.rglob("AvailabilityZones.json")]
    regions = {zone["RegionName"] for file in zones for zone in file["AvailabilityZones"]}
    assert (report.accounts, report.regions) == (tuple(accounts), tuple(regions))
    place = f"{report.accounts[0]}/{report.regions[0]}"

    seen = {"snapshot.json"}
    for path in source.rglob("*.json"):
        content = json.loads(path.read_text("utf-8"))
        for key, value in content.items():
            if key in WRAPPED:
                assert value == []  # nothing asked about: no file
                continue
            target = f"{place}/{CALLS_BY_FILE.get((path.stem, key)) or CALLS[key]}.json"
            seen.add(target)
            assert list(written[target]) == list(content)
            if key == "VpnConnections":
                value = json.loads(PRE_SHARED_KEY.sub("<pre_shared_key><", json.dumps(value)))
            assert written[target][key] == value
    assert set(written) == seen
    assert set(report.files) == seen
    assert report.ignored == ()
    assert report.derived == ()


@pytest.mark.parametrize("name", NAMES)
def test_the_same_dump_gives_the_same_bytes(name: str, tmp_path: Path) -> None:
    import_batfish(DUMPS / name, tmp_path / "first")
    import_batfish(DUMPS / name / "aws_configs", tmp_path / "second")
    first = tree(tmp_path / "first")
    assert first == tree(tmp_path / "second")
    import_batfish(DUMPS / name, tmp_path / "second", overwrite=True)
    assert first == tree(tmp_path / "second")


@pytest.mark.parametrize("name", NAMES)
def test_the_manifest_names_every_file_with_its_digest(name: str, tmp_path: Path) -> None:
    report = import_batfish(DUMPS / name, tmp_path / "out")
    files = tree(tmp_path / "out")
    manifest = json.loads(files.pop("snapshot.json"))
    assert manifest == {
        "formatVersion": 1,
        "tool": "reachsim 0.1.0",
        "importedFrom": "batfish",
        "assumeDefaults": True,
        "accounts": list(report.accounts),
        "regions": list(report.regions),
        "calls": [{"file": path, "outcome": "ok"} for path in sorted(files)],
        "files": {path: hashlib.sha256(files[path]).hexdigest() for path in sorted(files)},
    }
    assert manifest["files"]


def test_files_are_json_as_ours_are(tmp_path: Path) -> None:
    import_batfish(DUMPS / "vpc-endpoint-interface", tmp_path / "out")
    for path, data in tree(tmp_path / "out").items():
        assert data.decode("utf-8") == json.dumps(json.loads(data), indent=2, ensure_ascii=False) + "\n", path


def test_no_pre_shared_key_gets_into_a_snapshot(tmp_path: Path) -> None:
    for name in NAMES:
        report = import_batfish(DUMPS / name, tmp_path / name)
        secrets = {
            secret
            for path in (DUMPS / name).rglob("VpnConnections.json")
            for secret in PRE_SHARED_KEY.findall(path.read_text("utf-8"))
        }
        text = b"".join(tree(tmp_path / name).values()).decode("utf-8")
        assert not [secret for secret in secrets if secret in text]
        assert any("pre-shared keys" in warning for warning in report.warnings) == bool(secrets)


def test_pre_shared_keys_in_tunnel_options_are_left_out_too(tmp_path: Path) -> None:
    tunnels = [{"OutsideIpAddress": "192.0.2.1", "PreSharedKey": "planted"}, {"OutsideIpAddress": "192.0.2.2"}]
    vpn = {"VpnConnectionId": "vpn-1", "Options": {"StaticRoutesOnly": True, "TunnelOptions": tunnels}}
    _, written = run(tmp_path, {"eu-west-1/VpnConnections.json": {"VpnConnections": [vpn]}})
    (out,) = written["000000000000/eu-west-1/ec2/describe-vpn-connections.json"]["VpnConnections"]
    assert out["Options"]["TunnelOptions"] == [{**tunnels[0], "PreSharedKey": ""}, tunnels[1]]
    assert "planted" not in json.dumps(written)


# The table of calls


def test_every_key_is_the_answers_own_in_awss_models() -> None:
    session = botocore.session.get_session()
    rows = [(call, key) for key, call in CALLS.items()] + [(call, key) for (_, key), call in CALLS_BY_FILE.items()]
    rows += [(wrapped.call, wrapped.content) for wrapped in WRAPPED.values()]
    for call, key in rows:
        service, operation = call.split("/")
        model = session.get_service_model(service)
        names = {xform_name(name, "-"): name for name in model.operation_names}
        assert operation in names, call
        shape = model.operation_model(names[operation]).output_shape
        assert shape is not None
        assert key in shape.members, call


# Layouts


def test_one_dump_in_every_layout_gives_one_snapshot(tmp_path: Path) -> None:
    source = DUMPS / "vpc-endpoint-gateway" / "aws_configs" / "us-east-1"
    expected = import_batfish(DUMPS / "vpc-endpoint-gateway", tmp_path / "by-region")
    for layout in ("flat/aws_configs", f"accounts/aws_configs/accounts/{expected.accounts[0]}/us-east-1"):
        shutil.copytree(source, tmp_path / "in" / layout)
        name = layout.split("/")[0]
        report = import_batfish(tmp_path / "in" / name, tmp_path / name)
        assert (report.accounts, report.regions) == (expected.accounts, expected.regions)
        assert tree(tmp_path / name) == tree(tmp_path / "by-region")


def test_account_folders_keep_accounts_and_regions_apart(tmp_path: Path) -> None:
    places = [(ME, "eu-west-1"), (ME, "ap-northeast-1"), (OTHER, "eu-west-1")]
    files = {f"accounts/{a}/{r}/Vpcs.json": {"Vpcs": [{"VpcId": f"vpc-{i}"}]} for i, (a, r) in enumerate(places)}
    report, written = run(tmp_path, files)
    for i, (account, region) in enumerate(places):
        assert written[f"{account}/{region}/ec2/describe-vpcs.json"] == {"Vpcs": [{"VpcId": f"vpc-{i}"}]}
    assert report.accounts == (ME, OTHER)
    assert report.regions == ("ap-northeast-1", "eu-west-1")
    assert report.warnings == ()


def test_an_account_folder_may_be_flat_or_bear_a_nickname(tmp_path: Path) -> None:
    report, written = run(tmp_path, {"accounts/prod/NetworkInterfaces.json": ENIS})
    assert written[f"{ME}/eu-west-1/ec2/describe-network-interfaces.json"] == ENIS
    assert report.warnings == ()


def test_the_keys_decide_not_the_name_of_the_file(tmp_path: Path) -> None:
    all_in_one = {"Vpcs": [{"VpcId": "vpc-1"}], **ENIS, "ResponseMetadata": {}}
    report, written = run(tmp_path, {"everything.json": all_in_one})
    assert written[f"{ME}/eu-west-1/ec2/describe-vpcs.json"] == {"Vpcs": [{"VpcId": "vpc-1"}]}
    assert written[f"{ME}/eu-west-1/ec2/describe-network-interfaces.json"] == ENIS
    assert [one.file for one in report.ignored] == ["aws_configs/everything.json#/ResponseMetadata"]


def test_unknown_keys_beside_one_answer_and_inside_records_stay(tmp_path: Path) -> None:
    answer = {"Vpcs": [{"VpcId": "vpc-1", "Future": {"x": [1.5, None, "é"]}}], "ResponseMetadata": {"RequestId": "r"}}
    report, written = run(tmp_path, {"eu-west-1/Vpcs.json": answer})
    assert written["000000000000/eu-west-1/ec2/describe-vpcs.json"] == answer
    assert report.ignored == ()


def test_a_bare_list_goes_by_the_name_of_its_file(tmp_path: Path) -> None:
    files = {"NetworkInterfaces.json": ENIS["NetworkInterfaces"], "RdsInstances.json": []}
    _, written = run(tmp_path, files)
    assert written[f"{ME}/eu-west-1/ec2/describe-network-interfaces.json"] == ENIS
    assert written[f"{ME}/eu-west-1/rds/describe-db-instances.json"] == {"DBInstances": []}


def test_what_a_dump_lacks_is_not_written_as_empty(tmp_path: Path) -> None:
    _, written = run(tmp_path, {"NetworkInterfaces.json": ENIS})
    assert set(written) == {"snapshot.json", f"{ME}/eu-west-1/ec2/describe-network-interfaces.json"}


def test_customer_managed_prefix_lists_are_told_from_awss_own(tmp_path: Path) -> None:
    own = {"PrefixLists": [{"PrefixListId": "pl-1", "Cidrs": ["192.0.2.0/24"]}]}
    managed = {"PrefixLists": [{"PrefixListId": "pl-2", "AddressFamily": "IPv4", "Version": 1}]}
    _, written = run(tmp_path, {"eu-west-1/PrefixLists.json": own, "eu-west-2/PrefixLists.json": managed})
    assert written["000000000000/eu-west-1/ec2/describe-prefix-lists.json"] == own
    assert written["000000000000/eu-west-2/ec2/describe-managed-prefix-lists.json"] == managed


def test_an_answer_in_several_files_is_put_together_without_doubles(tmp_path: Path) -> None:
    pages = {"Vpcs-1.json": [{"VpcId": "vpc-1"}], "Vpcs-2.json": [{"VpcId": "vpc-1"}, {"VpcId": "vpc-2"}]}
    report, written = run(tmp_path, {f"eu-west-1/{name}": {"Vpcs": vpcs} for name, vpcs in pages.items()})
    merged = written["000000000000/eu-west-1/ec2/describe-vpcs.json"]
    assert merged == {"Vpcs": [{"VpcId": "vpc-1"}, {"VpcId": "vpc-2"}]}
    assert any("put together" in warning for warning in report.warnings)


def test_a_page_that_others_follow_is_warned_of(tmp_path: Path) -> None:
    report, _ = run(tmp_path, {"NetworkInterfaces.json": ENIS | {"NextToken": "abc"}})
    assert any("one page of several" in warning for warning in report.warnings)


def test_batfishs_load_balancer_kinds_become_one_file_per_resource(tmp_path: Path) -> None:
    arn = f"arn:aws:elasticloadbalancing:eu-west-1:{ME}:"
    lb, group = f"{arn}loadbalancer/net/front/6f57a43b75d8f2c1", f"{arn}targetgroup/back/10b6be82e58c40a8"
    listeners = [{"LoadBalancerArn": lb, "Port": port} for port in (80, 443)]
    attributes = [{"Key": "load_balancing.cross_zone.enabled", "Value": "false"}]
    health = [{"Target": {"Id": "10.0.0.4", "Port": 80}}]
    files = {
        "LoadBalancerListeners.json": {"LoadBalancerListeners": listeners},
        "LoadBalancerAttributes.json": {
            "LoadBalancerAttributes": [{"Attributes": attributes, "LoadBalancerArn": lb}],
        },
        "LoadBalancerTargetHealth.json": {
            "LoadBalancerTargetHealth": [{"TargetGroupArn": group, "TargetHealthDescriptions": health}],
        },
    }
    _, written = run(tmp_path, files)
    place = f"{ME}/eu-west-1/elbv2"
    assert written[f"{place}/describe-listeners/front.json"] == {"Listeners": listeners}
    assert written[f"{place}/describe-load-balancer-attributes/front.json"] == {"Attributes": attributes}
    assert written[f"{place}/describe-target-health/back.json"] == {"TargetHealthDescriptions": health}


# Accounts and Regions


def test_the_account_is_that_of_what_nobody_shares(tmp_path: Path) -> None:
    shared = {"Subnets": [{"SubnetId": f"subnet-{i}", "OwnerId": OTHER} for i in range(9)]}
    peering = {"VpcPeeringConnections": [{"AccepterVpcInfo": {"OwnerId": OTHER, "Region": "us-east-1"}}] * 9}
    files = {"NetworkInterfaces.json": ENIS, "Subnets.json": shared, "VpcPeeringConnections.json": peering}
    report, written = run(tmp_path, files)
    assert (report.accounts, report.regions) == ((ME,), ("eu-west-1",))
    assert written[f"{ME}/eu-west-1/ec2/describe-subnets.json"] == shared
    assert any(f"{OTHER} (9)" in warning for warning in report.warnings)


def test_an_arn_tells_account_and_region(tmp_path: Path) -> None:
    subnet = {"SubnetId": "subnet-1", "SubnetArn": f"arn:aws-cn:ec2:cn-north-1:{ME}:subnet/subnet-1"}
    report, _ = run(tmp_path, {"Subnets.json": {"Subnets": [subnet]}})
    assert (report.accounts, report.regions) == ((ME,), ("cn-north-1",))


def test_without_an_owner_the_account_is_a_placeholder_and_said_to_be(tmp_path: Path) -> None:
    report, _ = run(tmp_path, {"eu-west-1/Vpcs.json": {"Vpcs": [{"VpcId": "vpc-1"}]}})
    assert report.accounts == ("000000000000",)
    assert any("does not tell its account" in warning for warning in report.warnings)


@pytest.mark.parametrize(
    ("record", "region"),
    [
        ({"NetworkInterfaces": [eni("eni-1", zone="us-west-2-lax-1a")]}, "us-west-2"),
        ({"NetworkInterfaces": [eni("eni-1", zone="ap-northeast-1-wl1-nrt-wlz-1")]}, "ap-northeast-1"),
        ({"NetworkInterfaces": [eni("eni-1", zone="us-gov-west-1b")]}, "us-gov-west-1"),
        ({"AvailabilityZones": [{"ZoneName": "eu-west-3a", "RegionName": "eu-west-3"}]}, "eu-west-3"),
        ({"Reservations": [{"Instances": [{"Placement": {"AvailabilityZone": "sa-east-1a"}}]}]}, "sa-east-1"),
        ({"ServiceNames": ["com.amazonaws.eu-south-1.s3"]}, "eu-south-1"),
        ({"VpcEndpoints": [{"ServiceName": "com.amazonaws.ca-central-1.ecr.api"}]}, "ca-central-1"),
        ({"Addresses": [{"NetworkBorderGroup": "us-east-1-bos-1"}]}, "us-east-1"),
    ],
)
def test_what_tells_a_region(tmp_path: Path, record: dict[str, Any], region: str) -> None:
    report, _ = run(tmp_path, {"any.json": record})
    assert report.regions == (region,)


def test_nothing_tells_the_region(tmp_path: Path) -> None:
    message = faults(tmp_path, {"Vpcs.json": {"Vpcs": [{"VpcId": "vpc-1", "OwnerId": ME}]}})
    assert message.startswith("aws_configs: expected a folder named after the Region")


def test_a_service_of_another_region_tells_nothing(tmp_path: Path) -> None:
    endpoint = {"ServiceName": "com.amazonaws.us-east-1.s3", "ServiceRegion": "us-east-1"}
    faults(tmp_path, {"VpcEndpoints.json": {"VpcEndpoints": [endpoint]}})


def test_a_flat_folder_of_several_regions_is_shared_out(tmp_path: Path) -> None:
    here, there = [eni("eni-1"), eni("eni-2")], [eni("eni-3", zone="us-east-1a", vpc="vpc-2")]
    files = {
        "NetworkInterfaces.json": {"NetworkInterfaces": [here[0], *there, here[1]], "Extra": 1},
        "Vpcs.json": {"Vpcs": [{"VpcId": "vpc-1"}, {"VpcId": "vpc-2"}, {"VpcId": "vpc-3"}]},
        "InternetGateways.json": {"InternetGateways": [{"Attachments": [{"VpcId": "vpc-2"}]}]},
        "NatGateways.json": {"NatGateways": []},
        "ServiceNames.json": {"ServiceNames": ["com.amazonaws.us-east-1.s3", "com.amazonaws.eu-west-1.s3"]},
    }
    report, written = run(tmp_path, files)
    a, b = f"{ME}/eu-west-1/ec2", f"{ME}/us-east-1/ec2"
    assert written[f"{a}/describe-network-interfaces.json"] == {"NetworkInterfaces": here, "Extra": 1}
    assert written[f"{b}/describe-network-interfaces.json"] == {"NetworkInterfaces": there}
    assert written[f"{a}/describe-vpcs.json"] == {"Vpcs": [{"VpcId": "vpc-1"}, {"VpcId": "vpc-3"}]}
    assert written[f"{b}/describe-vpcs.json"] == {"Vpcs": [{"VpcId": "vpc-2"}]}
    assert f"{a}/describe-internet-gateways.json" not in written  # "none" would be more than the dump says
    assert written[f"{b}/describe-internet-gateways.json"] == files["InternetGateways.json"]
    assert written[f"{a}/describe-nat-gateways.json"] == {"NatGateways": []}
    assert f"{b}/describe-nat-gateways.json" not in written
    assert written[f"{b}/describe-vpc-endpoint-services.json"] == {"ServiceNames": ["com.amazonaws.us-east-1.s3"]}
    assert report.regions == ("eu-west-1", "us-east-1")
    assert any("several Regions" in warning for warning in report.warnings)


def test_a_flat_file_beside_one_region_folder_belongs_there(tmp_path: Path) -> None:
    files = {"eu-west-1/NetworkInterfaces.json": ENIS, "DhcpOptions.json": {"DhcpOptions": [{"DhcpOptionsId": "d"}]}}
    _, written = run(tmp_path, files)
    assert written[f"{ME}/eu-west-1/ec2/describe-dhcp-options.json"] == files["DhcpOptions.json"]


def test_an_empty_flat_file_beside_several_region_folders_is_left_out(tmp_path: Path) -> None:
    vpcs = {"Vpcs": [{"VpcId": "vpc-1"}]}
    files = {"eu-west-1/Vpcs.json": vpcs, "us-east-1/Vpcs.json": vpcs, "Hosts.json": {"Hosts": []}}
    report, _ = run(tmp_path, files)
    assert report.ignored == (Ignored("aws_configs/Hosts.json", "holds no record and lies in no Region's folder"),)


def test_records_of_another_region_than_the_folders_are_warned_of(tmp_path: Path) -> None:
    report, _ = run(tmp_path, {"us-east-1/NetworkInterfaces.json": ENIS})
    assert report.regions == ("us-east-1",)
    assert any("eu-west-1 (1)" in warning for warning in report.warnings)


# Transit gateways


def attachment(number: int, vpc: str, *, kind: str = "vpc", table: str = "tgw-rtb-1") -> dict[str, Any]:
    return {
        "TransitGatewayAttachmentId": f"tgw-attach-{number}",
        "TransitGatewayId": "tgw-1",
        "ResourceId": vpc,
        "ResourceType": kind,
        "State": "available",
        "Association": {"TransitGatewayRouteTableId": table, "State": "associated"},
    }


def propagation(number: int, vpc: str, *, kind: str = "vpc", state: str = "enabled") -> dict[str, str]:
    names = {"TransitGatewayAttachmentId": f"tgw-attach-{number}", "ResourceId": vpc}
    return names | {"ResourceType": kind, "State": state}


def transit(**changes: Any) -> dict[str, Any]:
    """Two attached VPCs: one propagates two IPv4 blocks, the other has IPv6 and a static route to its IPv4 block."""
    blocks = [("10.1.0.0/16", "associated"), ("10.8.0.0/16", "associated"), ("10.9.0.0/16", "disassociated")]
    v4 = [{"CidrBlock": block, "CidrBlockState": {"State": state}} for block, state in blocks]
    v6 = [{"Ipv6CidrBlock": "2001:db8::/56", "Ipv6CidrBlockState": {"State": "associated"}}]
    static = {"DestinationCidrBlock": "10.2.0.0/16", "State": "active", "Type": "static"}
    files = {
        "Vpcs": [
            {"VpcId": "vpc-1", "CidrBlock": "10.1.0.0/16", "CidrBlockAssociationSet": v4},
            {"VpcId": "vpc-2", "CidrBlock": "10.2.0.0/16", "Ipv6CidrBlockAssociationSet": v6},
        ],
        "TransitGatewayAttachments": [attachment(1, "vpc-1"), attachment(2, "vpc-2", table="tgw-rtb-2")],
        "TransitGatewayVpcAttachments": [
            {"TransitGatewayAttachmentId": "tgw-attach-2", "State": "available", "Options": {"Ipv6Support": "enable"}}
        ],
        "TransitGatewayRouteTables": [{"TransitGatewayRouteTableId": "tgw-rtb-1"}],
        "TransitGatewayStaticRoutes": [
            {"AdditionalRoutesAvailable": False, "Routes": [static], "TransitGatewayRouteTableId": "tgw-rtb-1"},
        ],
        "TransitGatewayPropagations": [
            {
                "TransitGatewayRouteTableId": "tgw-rtb-1",
                "TransitGatewayRouteTablePropagations": [
                    propagation(1, "vpc-1"),
                    propagation(2, "vpc-2"),
                    propagation(3, "vpc-3", state="not-enabled"),
                ],
            }
        ],
    }
    merged = files | changes
    return {f"eu-west-1/{key}.json": {key: value} for key, value in merged.items() if value is not None}


PLACE = "000000000000/eu-west-1/ec2"
ROUTES = f"{PLACE}/search-transit-gateway-routes/tgw-rtb-1.json"


def routes(written: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(route["DestinationCidrBlock"], route["Type"]) for route in written[ROUTES]["Routes"]]


def test_transit_gateway_answers_become_one_file_per_table(tmp_path: Path) -> None:
    files = transit()
    report, written = run(tmp_path, files)
    (wrapped,) = files["eu-west-1/TransitGatewayPropagations.json"]["TransitGatewayPropagations"]
    propagations = written[f"{PLACE}/get-transit-gateway-route-table-propagations/tgw-rtb-1.json"]
    wrapped.pop("TransitGatewayRouteTableId")
    assert propagations == wrapped
    associations = written[f"{PLACE}/get-transit-gateway-route-table-associations/tgw-rtb-1.json"]
    first = propagation(1, "vpc-1", state="associated")
    assert associations == {"Associations": [first]}
    assert routes(written) == [
        ("10.2.0.0/16", "static"),
        ("10.1.0.0/16", "propagated"),
        ("10.8.0.0/16", "propagated"),
        ("2001:db8::/56", "propagated"),
    ]
    del first["State"]
    assert written[ROUTES]["Routes"][1] == {
        "DestinationCidrBlock": "10.1.0.0/16",
        "TransitGatewayAttachments": [first],
        "Type": "propagated",
        "State": "active",
    }
    assert written[ROUTES]["AdditionalRoutesAvailable"] is False
    derived = {call["file"] for call in written["snapshot.json"]["calls"] if call["outcome"] == "derived"}
    assert derived == set(report.derived)
    assert derived == {ROUTES, f"{PLACE}/get-transit-gateway-route-table-associations/tgw-rtb-1.json"}


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"TransitGatewayPropagations": None}, "its propagations are not in the dump"),
        ({"Vpcs": []}, "VPC vpc-1 of tgw-attach-1 is not in the dump"),
        ({"TransitGatewayVpcAttachments": []}, "whether tgw-attach-2 supports IPv6"),
        (
            {
                "TransitGatewayPropagations": [
                    {
                        "TransitGatewayRouteTableId": "tgw-rtb-1",
                        "TransitGatewayRouteTablePropagations": [propagation(9, "vpn-1", kind="vpn")],
                    }
                ]
            },
            "tgw-attach-9 is of type vpn",
        ),
    ],
)
def test_routes_that_cannot_be_known_are_said_to_be_missing(tmp_path: Path, changes: Any, why: str) -> None:
    report, written = run(tmp_path, transit(**changes))
    assert written[ROUTES]["AdditionalRoutesAvailable"] is True
    assert ROUTES in report.derived
    assert any(why in warning for warning in report.warnings)


def test_a_table_whose_static_routes_are_not_in_the_dump_gets_no_routes_file(tmp_path: Path) -> None:
    report, written = run(tmp_path, transit(TransitGatewayStaticRoutes=None))
    assert ROUTES not in written
    assert any("lacks ec2/search-transit-gateway-routes of tgw-rtb-1" in warning for warning in report.warnings)


def test_associations_are_not_known_without_the_attachments(tmp_path: Path) -> None:
    _, written = run(tmp_path, transit(TransitGatewayAttachments=None))
    assert not [path for path in written if "associations" in path]


def test_a_list_with_propagated_routes_is_awss_own_and_stays(tmp_path: Path) -> None:
    route = {"DestinationCidrBlock": "10.1.0.0/16", "State": "active", "Type": "propagated"}
    table = {"Routes": [route], "TransitGatewayRouteTableId": "tgw-rtb-1"}
    report, written = run(tmp_path, transit(TransitGatewayStaticRoutes=[table]))
    assert written[ROUTES] == {"Routes": [route]}
    assert ROUTES not in report.derived


def test_the_vpc_of_a_propagation_may_be_another_accounts(tmp_path: Path) -> None:
    files = {f"accounts/{ME}/{name}": content for name, content in transit(Vpcs=None).items()}
    files |= {f"accounts/{OTHER}/eu-west-1/Vpcs.json": transit()["eu-west-1/Vpcs.json"]}
    _, written = run(tmp_path, files)
    answer = written[ROUTES.replace("000000000000", ME)]
    assert len(answer["Routes"]) == 4
    assert answer["AdditionalRoutesAvailable"] is False


# Targets


def test_an_existing_target_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("1")
    with pytest.raises(QuestionError, match="--overwrite"):
        run(tmp_path, {"NetworkInterfaces.json": ENIS})
    assert tree(tmp_path / "out") == {"mine.txt": b"1"}


@pytest.mark.parametrize("out", ["in", "."])
def test_the_source_is_never_overwritten(tmp_path: Path, out: str) -> None:
    source = dump(tmp_path / "in", {"NetworkInterfaces.json": ENIS})
    with pytest.raises(QuestionError, match="holds the source"):
        import_batfish(source, tmp_path / out, overwrite=True)
    assert list(tree(tmp_path)) == ["in/aws_configs/NetworkInterfaces.json"]


# Bad input


@pytest.mark.parametrize("made", ["nothing", "a folder", "a file"])
def test_no_aws_configs(tmp_path: Path, made: str) -> None:
    source = tmp_path / "in"
    if made == "a folder":
        source.mkdir()
    elif made == "a file":
        source.write_text("")
    with pytest.raises(SnapshotError, match=r"in: expected a folder that holds aws_configs/, found \w"):
        import_batfish(source, tmp_path / "out")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            '{"Vpcs": [',
            "aws_configs/eu-west-1/Vpcs.json: expected a JSON object in UTF-8, found Input data was truncated",
        ),
        ("", "found Input data was truncated"),
        ("Unable to locate credentials.", "JSON is malformed"),
        ("[" * 100_000, "found too deep a nesting"),
        ("7", "aws_configs/eu-west-1/Vpcs.json: expected a JSON object or list, found a number"),
        ({"Vpcs": {"VpcId": "vpc-1"}}, "aws_configs/eu-west-1/Vpcs.json#/Vpcs: expected a list, found an object"),
        ({"Vpcs": None}, "#/Vpcs: expected a list, found null"),
        ({"Vpcs": [{}, "vpc-1"]}, "#/Vpcs/1: expected an object, found a string"),
        ({"ServiceNames": [True]}, "#/ServiceNames/0: expected a string, found a boolean"),
        ({"VpcBlockPublicAccessOptions": []}, "#/VpcBlockPublicAccessOptions: expected an object, found a list"),
        (["vpc-1"], "#/Vpcs/0: expected an object, found a string"),
        (
            {"TransitGatewayStaticRoutes": [{"TransitGatewayRouteTableId": "tgw-rtb-1"}]},
            "#/TransitGatewayStaticRoutes/0/Routes: expected a list, found nothing",
        ),
        (
            {"TransitGatewayStaticRoutes": [{"TransitGatewayRouteTableId": "tgw-rtb-1", "Routes": [1]}]},
            "#/TransitGatewayStaticRoutes/0/Routes/0: expected an object, found a number",
        ),
        (
            {"TransitGatewayStaticRoutes": [{"TransitGatewayRouteTableId": "../../../x\n", "Routes": []}]},
            r"#/TransitGatewayStaticRoutes/0/TransitGatewayRouteTableId: expected the resource's id or ARN, found '../",
        ),
    ],
)
def test_a_bad_file_is_named_with_what_was_expected(tmp_path: Path, content: Any, message: str) -> None:
    assert message in faults(tmp_path, {"eu-west-1/Vpcs.json": content})


def test_bytes_that_are_not_utf8(tmp_path: Path) -> None:
    source = dump(tmp_path / "in", {"eu-west-1/Vpcs.json": ""})
    (source / "aws_configs/eu-west-1/Vpcs.json").write_bytes('{"Vpcs": ["\xe9"]}'.encode("latin-1"))
    with pytest.raises(SnapshotError, match="UTF-8"):
        import_batfish(source, tmp_path / "out")


def test_utf16_as_powershell_writes_it(tmp_path: Path) -> None:
    source = dump(tmp_path / "in", {"eu-west-1/NetworkInterfaces.json": ""})
    (source / "aws_configs/eu-west-1/NetworkInterfaces.json").write_bytes(json.dumps(ENIS).encode("utf-16"))
    import_batfish(source, tmp_path / "out")
    assert json.loads((tmp_path / f"out/{ME}/eu-west-1/ec2/describe-network-interfaces.json").read_text()) == ENIS


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    _, written = run(tmp_path, {"NetworkInterfaces.json": "\ufeff" + json.dumps(ENIS)})
    assert written[f"{ME}/eu-west-1/ec2/describe-network-interfaces.json"] == ENIS


def test_every_faulty_file_is_named_in_one_error(tmp_path: Path) -> None:
    message = faults(tmp_path, {"eu-west-1/Vpcs.json": "{", "eu-west-1/Subnets.json": {"Subnets": 1}})
    assert "Vpcs.json" in message
    assert "Subnets.json" in message


def test_wrong_types_deep_inside_do_not_break_the_import(tmp_path: Path) -> None:
    odd: list[Any] = [None, 1, "x", [], {}, [1], [{}], {"State": []}]
    fields = [
        "OwnerId",
        "AvailabilityZone",
        "Placement",
        "Instances",
        "Attachments",
        "VpcId",
        "SubnetArn",
        "CidrBlock",
        "CidrBlockAssociationSet",
        "Association",
        "Options",
        "State",
        "AvailabilityZones",
    ]
    for number, value in enumerate(odd):
        record = dict.fromkeys(fields, value) | {"TransitGatewayAttachmentId": "tgw-attach-1"}
        changes = {key: [record] for key in ("Vpcs", "TransitGatewayAttachments", "TransitGatewayVpcAttachments")}
        run(
            tmp_path / str(number), transit(**changes) | {"eu-west-1/VpnConnections.json": {"VpnConnections": [record]}}
        )


def test_nothing_that_we_know(tmp_path: Path) -> None:
    assert "expected answers such as Vpcs.json" in faults(tmp_path, {"eu-west-1/Volumes.json": {"Volumes": []}})


def test_what_is_ignored_is_reported_with_the_reason(tmp_path: Path) -> None:
    files = {
        "NetworkInterfaces.json": ENIS,
        "notes.txt": "hello",
        ".hidden.json": {"Vpcs": []},
        "Volumes.json": {"Volumes": []},
        "global/Vpcs.json": {"Vpcs": []},
        "eu-west-1/deep/Vpcs.json": {"Vpcs": []},
        "accounts/list.json": [],
        f"accounts/{ME}/nowhere/Vpcs.json": {"Vpcs": []},
    }
    report, written = run(tmp_path, files)
    assert set(written) == {"snapshot.json", f"{ME}/eu-west-1/ec2/describe-network-interfaces.json"}
    assert {one.file.removeprefix("aws_configs/"): one.why for one in report.ignored} == {
        "notes.txt": "not a .json file",
        ".hidden.json": "not a .json file",
        "Volumes.json": "holds no answer that we know; its keys: Volumes",
        "global": "this folder is neither a Region nor accounts/",
        "eu-west-1/deep": "the layout has no folder here",
        "accounts/list.json": "a file where accounts/ holds one folder per account",
        f"accounts/{ME}/nowhere": "this folder is not a Region",
    }


@pytest.mark.skipif(os.name == "nt", reason="links and pipes are POSIX's")
def test_links_that_leave_the_source_and_pipes_are_not_read(tmp_path: Path) -> None:
    secret = dump(tmp_path / "elsewhere", {"Vpcs.json": {"Vpcs": [{"VpcId": "vpc-secret"}]}}) / "aws_configs"
    source = dump(tmp_path / "in", {"NetworkInterfaces.json": ENIS})
    top = source / "aws_configs"
    (top / "Vpcs.json").symlink_to(secret / "Vpcs.json")
    (top / "eu-west-1").symlink_to(secret)
    (top / "Subnets.json").symlink_to("Subnets.json")
    (top / "Gone.json").symlink_to("nowhere.json")
    os.mkfifo(top / "Hosts.json")
    (source / "shared.json").write_text('{"RouteTables": []}')
    (top / "RouteTables.json").symlink_to("../shared.json")
    report = import_batfish(source, tmp_path / "out")
    assert "vpc-secret" not in b"".join(tree(tmp_path / "out").values()).decode()
    assert f"{ME}/eu-west-1/ec2/describe-route-tables.json" in report.files
    assert {one.file.removeprefix("aws_configs/"): one.why for one in report.ignored} == {
        "Vpcs.json": "a symbolic link out of the source folder",
        "eu-west-1": "a symbolic link out of the source folder",
        "Subnets.json": "a symbolic link that leads nowhere",
        "Gone.json": "a symbolic link that leads nowhere",
        "Hosts.json": "not a regular file",
    }


@pytest.mark.skipif(os.name == "nt", reason="links are POSIX's")
def test_aws_configs_itself_may_not_lead_out_of_the_source(tmp_path: Path) -> None:
    elsewhere = dump(tmp_path / "elsewhere", {"NetworkInterfaces.json": ENIS}) / "aws_configs"
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "aws_configs").symlink_to(elsewhere)
    with pytest.raises(SnapshotError, match="found a symbolic link out of the folder"):
        import_batfish(tmp_path / "in", tmp_path / "out")


@pytest.mark.skipif(os.name == "nt", reason="such names are POSIX's")
def test_hostile_file_names_stay_on_one_line(tmp_path: Path) -> None:
    name = "a\nb\x1b[31m\udcff.json"
    report, _ = run(tmp_path, {"NetworkInterfaces.json": ENIS, name: {"Volumes": []}})
    (ignored,) = report.ignored
    assert ignored.file == r"aws_configs/a\nb\x1b[31m\udcff.json"
    assert ignored.file in faults(tmp_path / "again", {name: "{"})


def test_a_file_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dump_module, "MAX_BYTES", 10)
    assert "expected at most 10 bytes, found" in faults(tmp_path, {"NetworkInterfaces.json": ENIS})
