"""A VPC's address space as bars: what each subnet, route and rule covers, by exact sets, and its picture."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from reachsim import Reach, load, load_files
from reachsim.address_map import MANY_TABLES, AddressMap, Bar, Outside, What, address_map
from reachsim.addresses import EVERYWHERE, parse_block
from reachsim.cli import group
from reachsim.errors import QuestionError
from reachsim.intervals import EMPTY, IntervalSet
from reachsim.report.address_axis import MOST_VPCS, title_of
from reachsim.report.address_svg import address_tables
from reachsim.report.languages import TEXTS
from tests.build import Build
from tests.unit.test_plot import assert_apart

ROOT = Path(__file__).resolve().parents[2]
SNAPSHOTS = ["private-pipeline", "leaky-pipeline", "broken-pipeline"]


def mapped(build: Build, vpc: str) -> AddressMap:
    return address_map(load_files(build.files()).network, vpc)


def bars(found: AddressMap, what: What, name: str = "") -> dict[str, Bar]:
    return {
        bar.text: bar for one in found.groups if one.what == what and name in ("", one.component) for bar in one.bars
    }


@pytest.mark.parametrize("name", SNAPSHOTS)
def test_subnets_and_what_is_free_are_the_whole_vpc(name: str) -> None:
    reach = load(ROOT / "snapshots" / name)
    (vpc,) = reach.network.vpcs
    found = address_map(reach.network, vpc)
    spans = [bar.inside for bar in found.groups[0].bars]
    assert IntervalSet.union_of(spans) == reach.network.vpc_addresses(vpc)
    assert sum(one.size for one in spans) == reach.network.vpc_addresses(vpc).size
    tables = [one for one in found.groups if one.component.startswith("rtb-")]
    assert {one.component for one in tables} == set(reach.network.route_tables)
    for table in tables:  # every address of the VPC is taken by one route, as every table has a local one
        assert sum(bar.inside.size for bar in table.bars) == reach.network.vpc_addresses(vpc).size
    groups = {one.component for one in found.groups} | {alike for one in found.groups for alike in one.alike}
    assert groups >= set(reach.network.security_groups) | set(reach.network.network_acls)


def test_a_route_covers_what_it_wins() -> None:
    net = Build()
    vpc = net.vpc("10.0.0.0/16")
    table = net.table(vpc, [("0.0.0.0/0", "nat-1"), ("10.0.5.0/24", "eni-1")], name="1")
    net.subnet(vpc, "10.0.1.0/24", table=table)
    found = bars(mapped(net, vpc), "table", "rtb-1")
    assert found["10.0.0.0/16 → local"].inside == parse_block("10.0.0.0/16") - parse_block("10.0.5.0/24")
    assert found["10.0.5.0/24 → eni-1"].inside == parse_block("10.0.5.0/24")
    assert found["0.0.0.0/0 → nat-1"] == Bar("route", "0.0.0.0/0 → nat-1", EMPTY, (Outside("all other", "IPv4"),))


@pytest.mark.parametrize(("tables", "shown"), [(MANY_TABLES - 1, MANY_TABLES), (MANY_TABLES + 1, 2)])
def test_many_tables_with_the_same_routes_are_one(tables: int, shown: int) -> None:
    net = Build()
    vpc = net.vpc("10.0.0.0/16")  # which brings a main route table along
    net.subnet(vpc, "10.0.255.0/24")
    for number in range(tables):
        one = net.table(vpc, [("0.0.0.0/0", "nat-1")], name=f"{number:02}")
        net.subnet(vpc, f"10.0.{number}.0/24", table=one)
    found = [one for one in mapped(net, vpc).groups if one.what == "table"]
    assert len(found) == shown
    assert sum(one.subnets or 0 for one in found) == tables + 1
    if shown == 2:
        (joined,) = (one for one in found if one.alike)
        told = f"route table rtb-00 and {tables - 1} alike ({tables} subnets)"
        assert (len(joined.alike), title_of(joined, TEXTS["en"])) == (tables - 1, told)


def test_rules_cover_their_peers_and_their_groups_members() -> None:
    net = Build()
    vpc = net.vpc("10.0.0.0/16", ipv6="2600:1f14::/56")
    subnet = net.subnet(vpc, "10.0.1.0/24", ipv6="2600:1f14::/64")
    asked = net.group(vpc, name="asked")
    empty = net.group(vpc, name="empty")
    rules = [
        ("tcp", 443, 443, asked),
        ("tcp", 80, 80, empty),
        ("tcp", 22, 22, "10.0.0.0/8"),
        ("-1", None, None, "::/0"),
    ]
    net.group(vpc, ingress=rules, name="rules")
    net.interface(subnet, "10.0.1.7", [asked])
    found = bars(mapped(net, vpc), "group ingress", "sg-rules")
    assert found["tcp/443 from sg-asked (sg-asked)"].inside == parse_block("10.0.1.7")
    assert found["tcp/80 from sg-empty (sg-empty)"].inside == EMPTY
    assert found["tcp/80 from sg-empty (sg-empty)"].note == "no member"
    assert found["tcp/22 from 10.0.0.0/8"].inside == parse_block("10.0.0.0/16")
    assert found["tcp/22 from 10.0.0.0/8"].outside == (Outside("blocks", "10.1.0.0/16, 10.2.0.0/15", 6),)
    everything = found["all traffic from ::/0"]
    assert (everything.inside, everything.outside) == (parse_block("2600:1f14::/56"), (Outside("all other", "IPv6"),))
    acl = bars(mapped(net, vpc), "acl egress")
    assert [bar.kind for bar in acl.values()] == ["allow", "allow", "deny"]
    assert acl["* deny all traffic"].inside == parse_block("10.0.0.0/16") | parse_block("2600:1f14::/56")
    assert acl["* deny all traffic"].inside <= EVERYWHERE


def test_a_prefix_list_whose_entries_are_missing_is_not_known() -> None:
    net = Build()
    vpc = net.vpc("10.0.0.0/16")
    net.table(vpc, [("pl-unseen", "vpce-1")], name="1")
    found = bars(mapped(net, vpc), "table", "rtb-1")
    (lacking,) = (bar for bar in found.values() if bar.missing)
    assert "pl-unseen" in lacking.missing[0]


def large() -> Reach:
    net = Build()
    vpc = net.vpc("10.0.0.0/16", secondary=["100.64.0.0/16", "10.99.0.0/24"], ipv6="2600:1f14::/56")
    net[vpc]["Tags"] = [{"Key": "Name", "Value": "とても長い名前の VPC " * 9}]
    for number in range(60):
        subnet = net.subnet(vpc, f"10.0.{number * 4}.0/23")
        net[subnet]["Tags"] = [{"Key": "Name", "Value": f"サブネット {number} " * 4}]
    net.group(vpc, ingress=[("tcp", port, port, "10.0.0.0/8") for port in range(1, 100)], name="many")
    return load_files(net.files())


def test_what_is_free_and_who_is_a_member_is_not_known_of_what_is_not_listed() -> None:
    net = Build()
    vpc = net.vpc("10.0.0.0/16")
    group = net.group(vpc, name="a")
    net.group(vpc, ingress=[("tcp", 443, 443, group)], name="b")
    net.interface(net.subnet(vpc, "10.0.1.0/24", table=net.table(vpc)), "10.0.1.5", [group])

    def without(operation: str) -> AddressMap:
        files = {path: data for path, data in net.files().items() if not path.endswith(f"/{operation}.json")}
        return address_map(load_files(files).network, vpc)

    (found,) = bars(without("describe-network-interfaces"), "group ingress", "sg-b").values()
    assert (found.missing, found.note) == (("111111111111/us-east-1/ec2/describe-network-interfaces.json",), "")
    told = without("describe-subnets")
    (free,) = bars(told, "subnets").values()
    assert free == Bar("free", "", EMPTY, missing=("111111111111/us-east-1/ec2/describe-subnets.json",))
    assert {one.subnets for one in told.groups} == {None}
    assert [title_of(one, TEXTS["en"]) for one in told.groups if one.component == "rtb-1"] == ["route table rtb-1"]
    assert "in no subnet" in str(address_tables([told], TEXTS["en"]))


def test_labels_do_not_lie_on_each_other() -> None:
    assert_apart(load(ROOT / "snapshots/leaky-pipeline").plot_addresses())
    ax = large().plot_addresses()
    assert_apart(ax)
    shown = {text.get_text() for text in ax.texts}
    assert "  tcp/1 from 10.0.0.0/8 and 98 more that cover the same" in shown
    assert sum("/23 subnet-" in text for text in shown) == 60


def test_an_account_without_a_vpc_has_a_picture() -> None:
    assert "no VPC in the snapshot" in {text.get_text() for text in load_files(Build().files()).plot_addresses().texts}


def test_the_command_draws_one_vpc(tmp_path: Path) -> None:
    reach = load(ROOT / "snapshots/leaky-pipeline")
    (vpc,) = reach.network.vpcs
    target = tmp_path / "a.svg"
    arguments = ["plot", str(ROOT / "snapshots/leaky-pipeline"), "-o", str(target), "--kind", "addresses"]
    run = CliRunner().invoke(group, [*arguments, "--from", vpc])
    assert (run.exit_code, run.stdout) == (0, f"{target}\n"), run.output
    assert CliRunner().invoke(group, [*arguments, "--from", "vpc-none", "--overwrite"]).exit_code == 2
    with pytest.raises(QuestionError):
        reach.plot_addresses("vpc-none")


def test_the_command_draws_no_more_vpcs_than_can_be_looked_at(tmp_path: Path) -> None:
    """A hundred VPCs made a picture of fifty metres, 45 MB of SVG."""
    net = Build()
    for number in range(MOST_VPCS + 3):
        net.vpc(f"10.{number}.0.0/16")
    folder, target = tmp_path / "many", tmp_path / "a.svg"
    for path, data in net.files().items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    first, *_, last = load(folder).network.vpcs
    arguments = ["plot", str(folder), "-o", str(target), "--kind", "addresses", "--overwrite"]
    run = CliRunner().invoke(group, arguments)
    assert (run.exit_code, run.stderr) == (
        0, "reachsim: not drawn, as they are many: 3 more VPCs; --from names those to draw\n",
    )  # fmt: skip
    assert (first in target.read_text(), last in target.read_text()) == (True, False)
    run = CliRunner().invoke(group, [*arguments, "--from", last])
    assert (run.exit_code, run.stderr, last in target.read_text()) == (0, "", True)
