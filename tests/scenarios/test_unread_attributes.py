"""A load balancer's attributes that are not in the snapshot leave open only what they could change."""

from __future__ import annotations

import pytest

from reachsim import load_files
from reachsim.diff import Diff
from reachsim.report.commands import command_for
from tests.balancers import asked_by_arn, classic, listener, load_balancer, target_group
from tests.scenarios.lan import ANY, Lan, ask, fate
from tests.scenarios.test_load_balancers import Site, without

OF_LB, OF_GROUP = "elbv2/describe-load-balancer-attributes/lb", "elbv2/describe-target-group-attributes/t"
NODE_A, NODE_B = "eni-lb-a", "eni-lb-b"


def missing(net: Lan, *calls: str) -> tuple[str, ...]:
    return tuple(asked_by_arn(net, call) for call in calls)


def behind(*targets: str, admits: tuple[str, ...] = ("0.0.0.0/0",), **more: bool) -> Site:
    """A Network Load Balancer with nodes in zones a and b and these of i-1 (zone a) and i-2 (zone b)."""
    net = Site("network")
    net.forward(*(f"i-{one}" for one in targets), **more)
    for one in ("1", "2"):
        net.shut(f"eni-{one}-eth0", *[("tcp", 8080, 8080, block) for block in admits])
    return net


# --- across zones -----------------------------------------------------------------------------------------------------


def test_where_targets_of_both_zones_do_alike_the_attribute_changes_nothing() -> None:
    verdict = ask(without(behind("1", "2"), OF_LB), "eni-client", NODE_A)
    assert (fate(verdict), verdict.missing) == (("allowed", "private"), ())


def test_where_the_other_zones_target_is_shut_it_does() -> None:
    net = behind("1", "2")
    net.shut("eni-2-eth0")
    verdict = ask(without(net, OF_LB), "eni-client", NODE_A)
    assert (verdict.outcome, verdict.missing) == ("unknown", missing(net, OF_LB))


def test_without_a_target_in_the_zone_it_does_unless_the_others_are_shut() -> None:
    net = behind("2")
    assert ask(without(net, OF_LB), "eni-client", NODE_A).missing == missing(net, OF_LB)
    assert fate(ask(without(net, OF_LB), "eni-client", NODE_B)) == ("allowed", "private")
    net.shut("eni-2-eth0")
    verdict = ask(without(net, OF_LB), "eni-client", NODE_A)
    assert (verdict.outcome, verdict.missing) == ("blocked", ())


def test_a_target_group_that_says_so_itself_needs_no_word_of_the_load_balancer() -> None:
    for crosses, outcome in ((True, "allowed"), (False, "blocked")):
        net = behind("2", cross_zone=crosses)
        assert ask(without(net, OF_LB), "eni-client", NODE_A).outcome == outcome


def test_by_name_the_node_without_targets_is_answered_only_if_it_sends_elsewhere() -> None:
    """Off: the name leads to zone b alone. On: both nodes send to zone b. Either way it is there."""
    net = behind("2")
    name = f"host:{net[net.lb]['DNSName']}"
    verdict = ask(without(net, OF_LB), net.client, name)
    assert (fate(verdict), verdict.missing) == (("allowed", "private"), ())


def test_a_classic_load_balancers_too() -> None:
    net = Lan()
    web = net.instance(net.b, "10.0.2.8", [net.open], name="1")
    classic(net, "old", {net.a: "10.0.1.200", net.b: "10.0.2.200"}, [(80, 8080)], [web], [net.open])
    call = "elb/describe-load-balancer-attributes/old"
    assert ask(without(net, call), net.client, "eni-old-b", port=80).outcome == "allowed"
    assert ask(without(net, call), net.client, "eni-old-a", port=80).missing == missing(net, call)


# --- client addresses -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("admits", "outcome"),
    [(("0.0.0.0/0",), "allowed"), (("10.0.1.0/24",), "allowed"), (("10.0.9.0/24",), "blocked"),
     (("10.0.1.5/32",), "unknown"), (("10.0.1.200/32",), "unknown")],
)  # fmt: skip
def test_whose_address_targets_see_matters_where_they_do_not_admit_both(admits: tuple[str, ...], outcome: str) -> None:
    net = behind("1", admits=admits)
    verdict = ask(without(net, OF_GROUP), "eni-client", NODE_A)
    assert (verdict.outcome, verdict.missing) == (outcome, missing(net, OF_GROUP) if outcome == "unknown" else ())


def test_two_files_that_are_missing_are_read_every_way() -> None:
    net = behind("1", "2")
    assert fate(ask(without(net, OF_LB, OF_GROUP), "eni-client", NODE_A)) == ("allowed", "private")
    net.shut("eni-2-eth0", ("tcp", 8080, 8080, "10.0.1.5/32"))
    verdict = ask(without(net, OF_LB, OF_GROUP), "eni-client", NODE_A)
    assert (verdict.outcome, verdict.missing) == (
        "unknown",
        missing(net, OF_GROUP),
    )  # the other one may not matter then


# --- names that keep to zones -----------------------------------------------------------------------------------------


def shut_node(net: Site, node: str) -> None:
    net[node]["Groups"] = [{"GroupId": net.group(net.vpc_id, [], [ANY])}]


def test_whether_a_name_keeps_to_zones_is_never_silently_decided() -> None:
    net = behind("1", "2")
    name = f"host:{net[net.lb]['DNSName']}"
    assert fate(ask(without(net, OF_LB), net.client, name)) == ("allowed", "private")
    shut_node(net, NODE_B)
    assert ask(net, net.client, name).outcome == "intermittent"
    verdict = ask(without(net, OF_LB), net.client, name)
    assert (verdict.outcome, verdict.missing) == ("unknown", missing(net, OF_LB))
    shut_node(net, NODE_A)
    assert ask(without(net, OF_LB), net.client, name).outcome == "blocked"


def test_names_of_application_load_balancers_never_keep_to_zones() -> None:
    net = Lan()
    one = net.instance(net.a, "10.0.1.8", [net.open], name="1")
    lb = load_balancer(net, "lb", {net.a: "10.0.1.200", net.b: "10.0.2.200"}, [net.open])
    listener(net, lb, 443, [target_group(net, "t", [one], "HTTP")], "HTTP")
    net[NODE_B]["Groups"] = [{"GroupId": net.group(net.vpc_id, [], [ANY])}]
    assert ask(without(net, OF_LB), net.client, f"host:{net[lb]['DNSName']}").outcome == "intermittent"


def test_the_file_that_is_missing_is_the_one_that_the_aws_cli_makes() -> None:
    """It asks by ARN, and no other name would do in its command."""
    net = behind("2")
    (path,) = ask(without(net, OF_LB), "eni-client", NODE_A).missing
    assert command_for(path) == (
        f"aws elbv2 describe-load-balancer-attributes --load-balancer-arn {net.lb} --region us-east-1"
    )


# --- differences ------------------------------------------------------------------------------------------------------


def compared(before: Site, after: Site, target: str, *lacking: str) -> Diff:
    older, newer = (load_files(without(net, *lacking)) for net in (before, after))
    return older.diff(newer, sources=["eni-client"], targets=[target])


def name_of(net: Site) -> str:
    return f"host:{net[net.lb]['DNSName']}"


@pytest.mark.parametrize("target", [NODE_A, NODE_B, "name"])
def test_a_difference_has_the_answers_that_trace_gives(target: str) -> None:
    """What is there by every reading is there; that it may be lost by one is told, with the file that would tell."""
    before, after = behind("1", "2"), behind("1", "2")
    after.shut("eni-2-eth0")
    asked = name_of(before) if target == "name" else target
    found = compared(before, after, asked, OF_LB)
    (cell,) = found.cells
    assert [one.outcome for one in (cell.before, cell.after) if one is not None] == ["allowed", "unknown"]
    assert set(found.undecided) == {f"eni-client → {asked}", *missing(before, OF_LB)}
    assert not compared(before, before, asked, OF_LB).undecided
    gone = behind("1", "2")
    for one in ("eni-1-eth0", "eni-2-eth0"):
        gone.shut(one)
    found = compared(before, gone, asked, OF_LB)
    assert [one.after.outcome for one in found.cells if one.after] == ["blocked"]
    assert not found.undecided


def test_what_one_reading_alone_loses_is_not_passed_over() -> None:
    """With cross-zone load balancing off the node in zone b leads nowhere before and after; else it did before."""
    before, after = behind("1", "2"), behind("1", "2")
    for net in (before, after):
        net.shut("eni-2-eth0")
    shut_node(after, NODE_B)
    found = compared(before, after, name_of(before), OF_LB)
    assert missing(before, OF_LB)[0] in found.undecided
