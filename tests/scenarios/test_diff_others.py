"""Differences for those who are no part of a pipeline: interfaces against the internet and each other."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reachsim import load_files
from reachsim.changes import compare
from reachsim.diff import CellChange, Diff, others
from reachsim.diff.bundles import bundles
from reachsim.diff.cells import Asked, evaluate, shift, words
from reachsim.diff.touching import Touching
from tests.build import AclEntry, Build, GroupRule
from tests.scenarios.pipelines import Pipeline

SSH: GroupRule = ("tcp", 22, 22, "0.0.0.0/0")


def lan(edit: Callable[[Build], object] = Build.files) -> Build:
    """Two public web servers, two private databases behind a NAT gateway, and no pipeline at all."""
    net = Build("111111111111", "eu-west-1")
    vpc = net.vpc("10.0.0.0/16", name="1")
    igw = net.igw(vpc, name="1")
    public = net.subnet(vpc, "10.0.1.0/24", "eu-west-1a", table=net.table(vpc, [("0.0.0.0/0", igw)], name="pub"))
    private = net.subnet(vpc, "10.0.2.0/24", "eu-west-1a", table=net.table(vpc, name="priv"))
    net.nat(public, "10.0.1.4", "203.0.113.4", name="1")
    web = net.group(vpc, [("tcp", 443, 443, "0.0.0.0/0")], name="web")
    data = net.group(vpc, [("tcp", 5432, 5432, web)], [], name="data")
    for n in (5, 6):
        net.instance(public, f"10.0.1.{n}", [web], name=f"web{n}", public=f"203.0.113.{n}")
        net.instance(private, f"10.0.2.{n}", [data], name=f"data{n}")
    edit(net)
    return net


def compared(edit: Callable[[Build], object], before: Build | None = None) -> Diff:
    return load_files((before or lan()).files()).diff(load_files(lan(edit).files()))


def ends(diff: Diff) -> dict[tuple[str, str], CellChange]:
    return {(one.source, one.destination): one for one in diff.cells}


def because(diff: Diff, one: CellChange) -> set[str]:
    texts = {each.change.id: f"{each.change.component} {each.change.text}" for each in diff.changes}
    return {texts[each] for each in (*one.causes, *one.alternatives)}


def test_a_port_that_is_opened_to_the_world_fails_the_gate() -> None:
    diff = compared(lambda net: net.permit("sg-web", "in", SSH))
    found = ends(diff)
    assert found.keys() == {
        ("internet", "i-web5"), ("internet", "i-web6"), ("i-web5", "i-web6"), ("i-web6", "i-web5"),
    }  # fmt: skip
    entry = found["internet", "i-web5"]
    assert (entry.exposes, entry.exits) == (True, ("igw-1",))
    assert {(one.protocol, one.ports, one.destination) for one in entry.allowed} == {
        ("tcp", ((22, 22),), ("203.0.113.5",))
    }
    assert diff.gate[0] == "fail"
    assert "internet → i-web5 by igw-1" in diff.gate[1]
    assert because(diff, entry) == {"sg-web ingress rule added: tcp 22 from 0.0.0.0/0"}


def test_a_route_to_a_nat_gateway_fails_the_gate_only_for_whom_a_group_lets_out() -> None:
    assert compared(lambda net: net.route("rtb-priv", "0.0.0.0/0", "nat-1")).gate == ("pass", ())

    def let_out(net: Build) -> None:
        net.route("rtb-priv", "0.0.0.0/0", "nat-1")
        net.permit("sg-data", "out", ("tcp", 443, 443, "0.0.0.0/0"))

    diff = compared(let_out)
    out = ends(diff)["i-data5", "internet"]
    assert (out.leaves, out.exits, out.after.route) == (True, ("nat-1",), "internet")
    assert because(diff, out) == {
        "rtb-priv route 0.0.0.0/0 added, to nat-1", "sg-data egress rule added: tcp 443 to 0.0.0.0/0",
    }  # fmt: skip
    assert diff.gate[0] == "fail"


def test_what_is_closed_passes_the_gate() -> None:
    diff = compared(lambda net: net["sg-data"].update(IpPermissions=[]))
    assert diff.gate == ("pass", ())
    assert ends(diff).keys() == {(f"i-web{n}", f"i-data{m}") for n in (5, 6) for m in (5, 6)}
    assert all(one.blocked and not one.allowed for one in diff.cells)


def test_a_new_interface_that_the_internet_reaches_fails_the_gate() -> None:
    def another(net: Build) -> None:
        group = net.group("vpc-1", [("tcp", 8080, 8080, "0.0.0.0/0")], [], name="new")
        net.interface(net["i-web5"]["SubnetId"], "10.0.1.9", [group], public="203.0.113.9", name="new")

    diff = compared(another)
    entry = ends(diff)["internet", "eni-new"]
    assert (entry.before.outcome, entry.exposes, diff.gate[0]) == ("absent", True, "fail")
    assert because(diff, entry) == {"eni-new created"}
    assert {source for source, _ in ends(diff)} == {"internet", "i-web5", "i-web6"}


def test_what_nobody_touches_is_not_compared() -> None:
    diff = compared(lambda net: net.permit("sg-data", "in", ("tcp", 22, 22, "192.0.2.0/24")))
    assert diff.cells == ()
    assert (diff.besides.compared, diff.besides.skipped) == (2, 2)
    assert [one.matters for one in diff.changes] == ["nothing"]


@pytest.mark.parametrize("most", [3000, 12, 5, 0])
def test_many_share_answers_and_too_many_are_left_out(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    """The answer of those that nothing tells apart is what each would get by itself."""
    monkeypatch.setattr(others, "MOST_QUESTIONS", most)
    monkeypatch.setattr(others, "MOST_TOLD", most)

    def opened(net: Build) -> None:
        net.permit("sg-data", "in", ("tcp", 22, 22, "10.0.0.0/16"))

    before, after = load_files(lan().files()), load_files(lan(opened).files())
    diff = before.diff(after)
    assert bool(diff.besides.left_out) == (most < 12)
    pairs = {
        (source, destination): one for one in diff.cells for source in (one.source, *one.like_source)
        for destination in (one.destination, *one.like_destination) if source != destination
    }  # fmt: skip
    if not diff.besides.left_out:
        assert pairs.keys() == {(f"i-web{n}", f"i-data{m}") for n in (5, 6) for m in (5, 6)}
    for asked, one in pairs.items():
        states = [evaluate(each.ground, Asked(*asked), {}) for each in (before, after)]
        assert (states[0].outcome, states[1].outcome) == (one.before.outcome, one.after.outcome)
        gained = [words(packets) for packets in shift(*states).gained.values()]
        assert {each.ports for some in gained for each in some} == {each.ports for each in one.allowed}


def test_functions_and_the_pipeline_are_compared_besides() -> None:
    def function(net: Pipeline, groups: list[str]) -> None:
        net.put("lambda/list-functions", {"Functions": [{
            "FunctionName": "f", "FunctionArn": f"arn:aws:lambda:ap-northeast-1:{net.account}:function:f",
            "VpcConfig": {"VpcId": "vpc-1", "SubnetIds": [net.build_a], "SecurityGroupIds": groups}}]})  # fmt: skip

    before, after = Pipeline(), Pipeline()
    for net in (before, after):
        net.with_nat()
        function(net, ["sg-client"])
    before["sg-client"]["IpPermissionsEgress"] = []
    diff = load_files(before.files()).diff(load_files(after.files()))
    assert ends(diff)["lambda:f", "internet"].leaves
    assert "lambda:f → internet by nat-1" in diff.gate[1]


def test_files_that_both_lack_leave_pipelines_uncompared_and_the_gate_open() -> None:
    sides = [
        {path: data for path, data in one.files().items() if not path.endswith("batch-get-projects.json")}
        for one in (lan(), lan(lambda net: net["sg-data"].update(IpPermissions=[])))
    ]
    diff = load_files(sides[0]).diff(load_files(sides[1]))
    lacking = ("111111111111/eu-west-1/codebuild/batch-get-projects.json",)
    assert diff.gate == ("undecided", lacking)
    assert diff.besides.unseen == lacking


def test_the_many_that_nobody_touches_do_not_count_for_the_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two touched interfaces are compared with the internet, however many others there are."""
    monkeypatch.setattr(others, "MOST_QUESTIONS", 4)
    monkeypatch.setattr(others, "MOST_TOLD", 4)

    def let_out(net: Build) -> None:
        net.permit("sg-data", "out", ("tcp", 443, 443, "0.0.0.0/0"))

    before = lan(lambda net: net.route("rtb-priv", "0.0.0.0/0", "nat-1"))
    after = lan(lambda net: (net.route("rtb-priv", "0.0.0.0/0", "nat-1"), let_out(net)))
    diff = load_files(before.files()).diff(load_files(after.files()))
    assert (diff.besides.compared, diff.besides.skipped) == (2, 2)
    assert diff.besides.left_out.endswith("pairs of network interfaces")
    assert ("i-data5", "internet") in ends(diff)
    assert diff.gate[0] == "fail"


def alike(diff: Diff) -> set[tuple[str, str]]:
    return {
        (source, destination) for one in diff.cells for source in (one.source, *one.like_source)
        for destination in (one.destination, *one.like_destination) if source != destination
    }  # fmt: skip


@pytest.mark.parametrize("most", [1000, 0])
def test_a_network_acl_tells_neighbours_from_those_of_another_subnet(
    monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """Within a subnet no network ACL is passed, even if both subnets have the same one."""
    monkeypatch.setattr(others, "MOST_TOLD", most)

    def office(*entries: AclEntry) -> Build:
        net = Build("111111111111", "eu-west-1")
        vpc = net.vpc("10.0.0.0/16", name="1")
        acl = net.acl(vpc, [*entries, (100, "in", "allow", "-1", None, "0.0.0.0/0"),
                            (100, "out", "allow", "-1", None, "0.0.0.0/0")], name="1")  # fmt: skip
        group = net.group(vpc, [("tcp", 22, 22, "10.0.0.0/16")], name="1")
        table = net.table(vpc, name="1")
        for n in (1, 2):
            subnet = net.subnet(vpc, f"10.0.{n}.0/24", "eu-west-1a", table=table, acl=acl, name=str(n))
            for host in (5, 6):
                net.instance(subnet, f"10.0.{n}.{host}", [group], name=f"{n}{host}")
        return net

    after = office((50, "in", "deny", "tcp", (22, 22), "10.0.0.0/16"))
    diff = load_files(office().files()).diff(load_files(after.files()))
    assert alike(diff) == {(f"i-{n}{a}", f"i-{m}{b}") for n, m in ((1, 2), (2, 1)) for a in (5, 6) for b in (5, 6)}


@pytest.mark.parametrize("most", [1000, 0])
def test_each_change_of_many_alike_counts(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr(others, "MOST_TOLD", most)

    def grouped(net: Build) -> None:
        extra = net.group("vpc-1", [("tcp", 8443, 8443, "10.0.0.0/16")], [], name="extra")
        for n in (5, 6):
            net[net.interface_of(f"i-web{n}")]["Groups"].append({"GroupId": extra, "GroupName": extra})

    diff = compared(grouped)
    texts = {f"{one.change.component} {one.change.text}": one.matters for one in diff.changes}
    assert sorted(texts.values()) == ["causes", "causes", "indirectly"], texts


@pytest.mark.parametrize(("edit", "touched"), [
    (lambda net: net.permit("sg-data", "out", SSH), {"i-data5", "i-data6"}),
    (lambda net: net.permit("sg-web", "out", ("tcp", 22, 22, "192.0.2.0/24")), {"i-web5", "i-web6"}),
    (lambda net: net.permit("sg-more", "in", SSH), {"i-web5", "eni-more"}),
    (lambda net: net.route("rtb-priv", "192.0.2.0/24", "nat-1"), {"i-data5", "i-data6", "i-web5", "eni-more"}),
    (lambda net: net.route("rtb-pub", "192.0.2.0/24", "nat-1"), None),
    (lambda net: net["eni-more"].update(SourceDestCheck=False), None),
])  # fmt: skip
def test_instances_are_touched_by_what_any_of_their_interfaces_has(
    edit: Callable[[Build], object], touched: set[str] | None
) -> None:
    """None: everybody. The table of the subnet of a NAT gateway is passed by all that it translates."""

    def second(net: Build) -> None:
        group = net.group("vpc-1", [], name="more")
        net.interface(net["i-data5"]["SubnetId"], "10.0.2.9", [group], name="more")
        net["eni-more"]["Attachment"] = {"InstanceId": "i-web5", "DeviceIndex": 1, "Status": "attached"}

    before = load_files(lan(second).files())
    after = load_files(lan(lambda net: (second(net), edit(net))).files(), beside=before)
    units = bundles(compare(before.network, after.network).changes)
    touching = Touching(before.network, after.network, units)
    everybody = [*before.network.instances, *(one for one in before.network.interfaces if one.startswith("eni-"))]
    found = touching.any_of(everybody)
    assert found == {one for one in everybody if touching.end(one)}
    assert {one for one in found if one.startswith("i-") or one == "eni-more"} == (
        touched or {*before.network.instances, "eni-more"}
    )
