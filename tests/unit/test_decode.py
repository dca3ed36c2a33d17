"""From bytes to records: what is decoded, and how a fault is worded and placed."""

from __future__ import annotations

import gc

import msgspec
import pytest

from reachsim.model import records as aws
from reachsim.model.decode import decode, decode_collection, fault, garbage_collector_paused


def vpcs(data: bytes) -> tuple[aws.Vpc, ...] | None:
    found = decode_collection(data, "Vpcs", aws.Vpc)
    return None if found is None else found.records


def worded(data: bytes, key: str = "Vpcs", kind: type = aws.Vpc) -> str:
    with pytest.raises(msgspec.MsgspecError) as caught:
        decode_collection(data, key, kind)
    return str(fault("f.json", caught.value))


def test_records_come_in_the_order_of_the_file() -> None:
    found = vpcs(b'{"Vpcs": [{"VpcId": "b"}, {"VpcId": "a"}]}')
    assert found is not None
    assert [one.vpc_id for one in found] == ["b", "a"]


def test_keys_that_we_do_not_know_are_skipped() -> None:
    assert vpcs(b'{"NextToken": "x", "Vpcs": [{"VpcId": "a", "New": {"Deep": [1]}}]}') == (aws.Vpc(vpc_id="a"),)


def test_states_that_we_do_not_know_are_kept_in_small_letters() -> None:
    data = b'{"VpcEndpoints": [{"VpcEndpointId": "v", "VpcId": "vpc-1", "ServiceName": "s", "State": "AvailableSoon"}]}'
    found = decode_collection(data, "VpcEndpoints", aws.VpcEndpoint)
    assert found is not None
    assert [one.state for one in found.records] == ["availablesoon"]


def test_one_page_of_several_is_told() -> None:
    for data, goes_on in ((b'{"Vpcs": [], "NextToken": "x"}', True), (b'{"NextToken": null, "Vpcs": []}', False)):
        found = decode_collection(data, "Vpcs", aws.Vpc)
        assert found is not None
        assert found.goes_on is goes_on


def test_blocks_and_addresses_are_decoded_into_their_types() -> None:
    (found,) = vpcs(b'{"Vpcs": [{"VpcId": "a", "CidrBlock": "10.0.0.0/16"}]}') or ()
    assert found.cidr_block is not None
    assert found.cidr_block.block.size == 65536


def test_what_sdks_print_as_null_is_not_there() -> None:
    """The AWS CLI leaves out what an answer lacks; dumps of SDKs hold nulls in its place."""
    (found,) = (
        vpcs(
            b'{"Vpcs": [{"VpcId": "a", "Tags": null, "CidrBlockAssociationSet": '
            b'[{"CidrBlock": "10.0.0.0/16", "CidrBlockState": null}]}]}'
        )
        or ()
    )
    assert found == aws.Vpc("a", cidr_block_association_set=found.cidr_block_association_set)
    assert len(found.cidr_block_association_set) == 1


@pytest.mark.parametrize("data", [b'{"Error": {"Code": "AccessDenied"}}', b'{"Error": "AccessDenied"}', b'{"Error": null}'])  # noqa: E501  # fmt: skip
def test_an_error_instead_of_the_records_is_none(data: bytes) -> None:
    assert vpcs(data) is None


def test_no_records_are_an_empty_tuple_and_no_error() -> None:
    assert vpcs(b'{"Vpcs": []}') == ()


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"{}", "f.json: expected an object with the key Vpcs, found one without it"),
        (b"[]", "f.json: expected object, found array"),
        (b'{"Vpcs": null}', "f.json#/Vpcs: expected array, found null"),
        (b'{"Vpcs": [null]}', "f.json#/Vpcs/0: expected object, found null"),
        (b'{"Vpcs": [{"VpcId": null}]}', "f.json#/Vpcs/0/VpcId: expected str, found null"),
        (b'{"Vpcs": [{"VpcId": "a", "Tags": null, "CidrBlockAssociationSet": [{"CidrBlock": null}]}]}',
         "f.json#/Vpcs/0/CidrBlockAssociationSet/0/CidrBlock: expected a CIDR block, found null"),
        (b'{"Vpcs": [{"VpcId": "a", "Tags": null, "IsDefault": null}]}',
         "f.json#/Vpcs/0/IsDefault: expected bool, found null"),
        (b'{"Vpcs": [{}]}', "f.json#/Vpcs/0: expected the key VpcId, found none"),
        (b'{"Vpcs": [{"VpcId": 7}]}', "f.json#/Vpcs/0/VpcId: expected str, found int"),
        (b'{"Vpcs": [{"VpcId": "a"}, {"VpcId": "b", "IsDefault": "no"}]}',
         "f.json#/Vpcs/1/IsDefault: expected bool, found str"),
        (b'{"Vpcs": [{"VpcId": "a", "CidrBlock": "10.0.0.0/40"}]}',
         "f.json#/Vpcs/0/CidrBlock: expected a CIDR block, found '10.0.0.0/40'"),
        (b'{"Vpcs": [{"VpcId": "a", "CidrBlock": 10}]}', "f.json#/Vpcs/0/CidrBlock: expected a CIDR block, found int"),
        (b"", "f.json: expected complete JSON in UTF-8, found Input data was truncated"),
        (b'{"Vpcs": [', "f.json: expected complete JSON in UTF-8, found Input data was truncated"),
        (b'{"Vpcs": []}}',
         "f.json: expected complete JSON in UTF-8, found JSON is malformed: trailing characters (byte 13)"),
        (b'{"Vpcs": [{"VpcId": "\xff"}]}', "f.json: expected complete JSON in UTF-8, found the byte 0xff in a text"),
        (b"\xff\xfe{\x00}\x00", "f.json: expected complete JSON in UTF-8, found UTF-16"),
        (b'{"X": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
         "f.json: expected complete JSON in UTF-8, found brackets nested too deeply"),
    ],
    ids=lambda value: ascii(value)[:40] if isinstance(value, bytes) else None,
)  # fmt: skip
def test_a_fault_says_where_what_was_expected_and_what_was_found(data: bytes, expected: str) -> None:
    assert worded(data) == expected


@pytest.mark.parametrize("address", ["10.0.0.256", "010.0.0.1", "", "all"])
def test_an_address_that_is_none_is_shown(address: str) -> None:
    data = f'{{"N": [{{"NatGatewayId": "n", "NatGatewayAddresses": [{{"PrivateIp": "{address}"}}]}}]}}'.encode()
    found = worded(data, "N", aws.NatGateway)
    assert found == f"f.json#/N/0/NatGatewayAddresses/0/PrivateIp: expected an IP address, found {address!r}"


@pytest.mark.parametrize(
    ("permission", "expected"),
    [
        ('"IpProtocol": "all"', "expected an IP protocol, found 'all'"),
        ('"IpProtocol": "256"', "expected an IP protocol, found '256'"),
        ('"IpProtocol": "tcp", "FromPort": 1, "ToPort": 65536', "expected ports from -1 to 65535, found 65536"),
        ('"IpProtocol": "tcp", "FromPort": -2', "expected ports from -1 to 65535, found -2"),
        ('"IpProtocol": "icmp", "FromPort": 256', "expected ICMP type and code from -1 to 255, found 256"),
    ],
)
def test_a_permission_that_names_no_packets(permission: str, expected: str) -> None:
    data = f'{{"G": [{{"GroupId": "g", "IpPermissions": [{{{permission}}}]}}]}}'.encode()
    assert worded(data, "G", aws.SecurityGroup) == f"f.json#/G/0/IpPermissions/0: {expected}"


@pytest.mark.parametrize(
    ("entry", "pointer", "expected"),
    [
        ('"Protocol": "tcpp"', "", "expected an IP protocol, found 'tcpp'"),
        ('"Protocol": "6", "PortRange": {"From": 1, "To": 70000}', "/PortRange",
         "expected ports from 0 to 65535, found 70000"),
        ('"Protocol": "1", "IcmpTypeCode": {"Type": 256, "Code": 0}', "/IcmpTypeCode",
         "expected ICMP type and code from -1 to 255, found 256"),
    ],
)  # fmt: skip
def test_an_entry_that_names_no_packets(entry: str, pointer: str, expected: str) -> None:
    held = f'"RuleNumber": 1, "RuleAction": "allow", "Egress": false, {entry}'
    data = f'{{"A": [{{"NetworkAclId": "a", "Entries": [{{{held}}}]}}]}}'.encode()
    assert worded(data, "A", aws.NetworkAcl) == f"f.json#/A/0/Entries/0{pointer}: {expected}"


def test_control_characters_in_a_fault_are_spelled_out() -> None:
    assert worded(b'{"Vpcs": [{"VpcId": "a", "CidrBlock": "\\u001b[2J\\u202e"}]}').isprintable()


def test_a_single_record_is_decoded_whole() -> None:
    found = decode(b'{"VpcId": "v", "EnableDnsSupport": {"Value": true}}', aws.VpcAttribute)
    assert found.enable_dns_support == aws.AttributeValue(value=True)


@pytest.mark.parametrize("data", [b'{"VpcId": "\xff"}', b'{"X": ' + b"[" * 100_000 + b"}"])
def test_a_single_record_that_cannot_be_decoded_raises_msgspecs_own_error(data: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode(data, aws.VpcAttribute)


@pytest.mark.parametrize("was_on", [True, False])
def test_the_garbage_collector_is_left_as_it_was(was_on: bool) -> None:
    before = gc.isenabled()
    try:
        (gc.enable if was_on else gc.disable)()
        with garbage_collector_paused():
            assert not gc.isenabled()
        assert gc.isenabled() is was_on
    finally:
        (gc.enable if before else gc.disable)()


def test_the_garbage_collector_comes_back_after_a_fault() -> None:
    with pytest.raises(ValueError, match="oops"), garbage_collector_paused():
        raise ValueError("oops")
    assert gc.isenabled()


ENI = '"NetworkInterfaceId": "e", "SubnetId": "s", "VpcId": "v", "Groups": []'
PORTS = "a rule with both FromPort and ToPort or neither"
PLACED = "an interface with SubnetId and VpcId"
ENDPOINT = '"VpcEndpointId": "e", "VpcId": "v"'


@pytest.mark.parametrize(
    ("kind", "record", "expected"),
    [
        (aws.DescribedNetworkInterface, ENI.replace('"SubnetId": "s", ', ""), f"expected {PLACED}"),
        (aws.DescribedNetworkInterface, ENI.replace('"VpcId": "v", ', ""), f"expected {PLACED}"),
        (aws.DescribedNetworkInterface, ENI.replace(', "Groups": []', ""), "expected an interface with Groups"),
        (aws.DescribedNetworkInterface, f'{ENI}, "Association": {{}}', "expected an association with PublicIp"),
        (aws.RouteTableAssociation, '"Main": false', "expected an association with SubnetId or GatewayId"),
        (aws.IpPermission, '"IpProtocol": "tcp", "ToPort": 443', f"expected {PORTS}"),
        (aws.IpPermission, '"IpProtocol": "tcp", "FromPort": 1', f"expected {PORTS}"),
        (aws.Subnet, '"SubnetId": "s", "VpcId": "v"', "expected a subnet with CidrBlock or Ipv6Native"),
        (aws.VpcEndpoint, '"VpcEndpointId": "e", "ServiceName": "s"', "expected an endpoint with VpcId"),
        (aws.VpcEndpoint, ENDPOINT, "expected an endpoint with ServiceName"),
        (aws.VpcEndpoint, f'{ENDPOINT}, "VpcEndpointType": "Interface"', "expected an endpoint with ServiceName"),
    ],
)  # fmt: skip
def test_a_record_without_what_aws_always_prints_is_a_fault(kind: type, record: str, expected: str) -> None:
    assert worded(f'{{"R": [{{{record}}}]}}'.encode(), "R", kind).partition(": ")[2] == f"{expected}, found one without"


@pytest.mark.parametrize(
    ("kind", "record"),
    [
        (aws.DescribedNetworkInterface, ENI),
        (aws.DescribedNetworkInterface, ENI.replace('"Groups": []', '"InterfaceType": "nat_gateway"')),
        (aws.DescribedNetworkInterface, f'{ENI}, "Association": {{"CarrierIp": "192.0.2.1"}}'),
        (aws.DescribedNetworkInterface, f'{ENI}, "Association": {{"CustomerOwnedIp": "192.0.2.1"}}'),
        (aws.RouteTableAssociation, '"Main": true'),
        (aws.RouteTableAssociation, '"PublicIpv4Pool": "p"'),
        (aws.Subnet, '"SubnetId": "s", "VpcId": "v", "Ipv6Native": true'),
        (aws.VpcEndpoint, f'{ENDPOINT}, "VpcEndpointType": "Resource"'),
    ],
)
def test_what_aws_leaves_out_itself_is_no_fault(kind: type, record: str) -> None:
    found = decode_collection(f'{{"R": [{{{record}}}]}}'.encode(), "R", kind)
    assert found is not None
    assert len(found.records) == 1


@pytest.mark.parametrize(
    ("kind", "file", "expected"),
    [
        (aws.VpcAttribute, '{"EnableDnsSupport": {}}', "#/EnableDnsSupport: expected the key Value, found none"),
        (aws.BucketLocation, "{}", "#: expected the key LocationConstraint, found none"),
        (aws.Project, '{"name": "p", "vpcConfig": {"vpcId": "v", "subnets": ["s"]}}',
         "#/vpcConfig: expected a vpcConfig with securityGroupIds, found one without"),
        (aws.Instance, '{"InstanceId": "i", "IamInstanceProfile": {}}',
         "#/IamInstanceProfile: expected the key Arn, found none"),
        *((aws.Vpc, f'{{"VpcId": "v", "OwnerId": "{owner}"}}',
           f"#: expected an account id of 12 digits, found '{owner}'")
          for owner in ("../../../etc", "", "1111111111111", "١١١١١١١١١١١١", "11111111111a")),
        (aws.VpcPeeringConnection, '{"VpcPeeringConnectionId": "p", "AccepterVpcInfo": {"OwnerId": "x"}}',
         "#/AccepterVpcInfo: expected an account id of 12 digits, found 'x'"),
    ],
)  # fmt: skip
def test_a_file_without_what_aws_always_prints_is_a_fault(kind: type, file: str, expected: str) -> None:
    with pytest.raises(msgspec.ValidationError) as caught:
        decode(file.encode(), kind)
    told = fault("f.json", caught.value)
    assert f"#{told.pointer}: expected {told.expected}, found {told.found}" == expected
