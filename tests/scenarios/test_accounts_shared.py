"""Whole accounts that use what another one shares by a Route 53 Profile, and fleets that builds overflow.

Expected is what AWS's pages say: "What are Amazon Route 53 Profiles?", API_ProfileAssociation (Status), "Reserved
capacity fleet properties".
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.build import Build
from tests.resolvers import arn, firewall_group, profile
from tests.scenarios.lan import Lan, ask, assumed, blocks, codes, fate, natted
from tests.scenarios.test_sources import with_service

DB = "host:db.internal.example"
OWNER = "222222222222"


class Landing:
    """A spoke with a NAT gateway, and the network account: a zone, a DNS Firewall group and a Profile that brings them
    to the spoke.
    """

    def __init__(self, **association: Any) -> None:
        self.spoke, self.owner = natted(), Build(OWNER, tag="o")
        self.zone = self.owner.zone("internal.example", [("vpc-hub", "us-east-1")], [(DB[5:], "A", ["10.0.2.5"])])
        denied = {"Action": "BLOCK", "BlockResponse": "NXDOMAIN", "domains": ("github.com",)}
        self.group = firewall_group(self.owner, [denied], "hub")
        brings = (arn(self.owner, self.zone), (arn(self.owner, self.group), 5))
        self.profile = profile(self.spoke, self.spoke.vpc_id, *brings)
        self.spoke._lists["route53profiles/list-profile-associations"][0].update(association)

    def asks(self, target: str, *, owner: bool = True) -> Any:
        files = self.spoke.files() | (self.owner.files() if owner else {})
        return ask(files, self.spoke.client, target)


def test_what_the_network_account_shares_answers_and_blocks() -> None:
    account = Landing()
    assert fate(account.asks(DB)) == ("allowed", "private")
    assert blocks(account.asks("host:github.com")) == {
        ("DNS_FIREWALL_BLOCK", account.group, "r1", account.spoke.vpc_id, "request", "egress")
    }
    assert fate(account.asks("host:gitlab.com")) == ("allowed", "internet")


def test_without_the_network_account_every_name_is_unknown() -> None:
    """Its DNS Firewall could block any of them; addresses are as open as they were."""
    account = Landing()
    assert account.asks("host:gitlab.com", owner=False).outcome == "unknown"
    assert fate(account.asks("ip:198.51.100.7", owner=False)) == ("allowed", "internet")


def test_resources_that_only_the_owner_may_list_are_read_there() -> None:
    account = Landing()
    path = f"route53profiles/list-profile-resource-associations/{account.profile}"
    listed = account.spoke._more.pop(f"{account.spoke._home}/{path}.json")
    assert account.asks(DB).outcome == "unknown"
    account.owner.put(path, listed)
    assert fate(account.asks(DB)) == ("allowed", "private")
    account.spoke.put(path, {"Error": {"Code": "AccessDeniedException", "Message": "denied"}})
    assert fate(account.asks(DB)) == ("allowed", "private")


@pytest.mark.parametrize(
    ("status", "outcome"),
    [("COMPLETE", "allowed"), ("UPDATING", "allowed"), ("CREATING", "unknown"), ("DELETING", "unknown")],
)
def test_an_association_that_comes_or_goes_may_not_be_in_force(status: str, outcome: str) -> None:
    account = Landing(Status=status)
    verdict = account.asks(DB)
    assert verdict.outcome == outcome
    assert (("DNS_PROFILE_UNSEEN", account.profile) in assumed(verdict)) == (outcome == "unknown")


@pytest.mark.parametrize("status", ["FAILED", "DELETED"])
def test_an_association_that_is_gone_brings_nothing(status: str) -> None:
    assert fate(Landing(Status=status).asks("host:github.com")) == ("allowed", "internet")


# --- CodeBuild fleets -------------------------------------------------------------------------------------------------

FLEET = "arn:aws:codebuild:us-east-1:111111111111:fleet/macs:1"


def macs() -> Lan:
    """A project on a fleet of Macs in subnet a, whose network ACL admits replies to the ports above 49151 only."""
    net = natted()
    net.project("app", environment={"type": "MAC_ARM", "image": "x", "fleet": {"fleetArn": FLEET}})
    config = {"vpcId": net.vpc_id, "subnets": [net.a], "securityGroupIds": [net.open]}
    net._lists["codebuild/batch-get-fleets"].append(
        {"arn": FLEET, "name": "macs", "environmentType": "MAC_ARM", "vpcConfig": config, "overflowBehavior": "QUEUE"}
    )
    entries = [(100, "out", "allow", "-1", None, "0.0.0.0/0"), (100, "in", "allow", "6", (49152, 65535), "0.0.0.0/0")]
    net.use_acl(net.a, net.acl(net.vpc_id, entries))  # type: ignore[arg-type]
    return net


def test_macs_send_from_the_ports_above_49151() -> None:
    """IANA's dynamic range, which macOS keeps to; N113 has the build image's system decide."""
    net = macs()
    assert fate(ask(net, "codebuild:app", "ip:198.51.100.7")) == ("allowed", "internet")
    net["app"]["environment"]["type"] = "LINUX_EC2"
    verdict = ask(net, "codebuild:app", "ip:198.51.100.7")
    assert (verdict.outcome, codes(verdict)) == ("intermittent", {"SUBNET_ACL_RESTRICTION"})


# --- ECS services -----------------------------------------------------------------------------------------------------

PLAIN = {"awsvpcConfiguration": {"subnets": ["subnet-a"], "securityGroups": ["sg-open"], "assignPublicIp": "DISABLED"}}
MOVED = {"awsvpcConfiguration": PLAIN["awsvpcConfiguration"] | {"subnets": ["subnet-b"]}}
WORLD = "ip:198.51.100.7"


def rolling(old: int) -> Lan:
    """A service that moves from subnet b, without a way out, to subnet a; ``old``: how many tasks still run in b."""
    deployments = [
        {"status": "PRIMARY", "runningCount": 1, "pendingCount": 0, "networkConfiguration": PLAIN},
        {"status": "ACTIVE", "runningCount": old, "pendingCount": 0, "networkConfiguration": MOVED},
    ]
    return with_service(natted(), ["subnet-a"], deployments=deployments)


@pytest.mark.parametrize(("old", "outcome"), [(0, "allowed"), (2, "intermittent")])
def test_tasks_of_a_deployment_that_is_replaced_run_beside_the_new_ones(old: int, outcome: str) -> None:
    """API_Deployment: an ACTIVE deployment "still has running tasks, but are in the process of being replaced"."""
    assert ask(rolling(old), "ecs:main/web", WORLD).outcome == outcome


def test_task_sets_tell_where_a_service_of_another_controller_runs() -> None:
    """API_TaskSet, networkConfiguration; the service itself has none then."""
    sets = [{"status": "PRIMARY", "runningCount": 1, "launchType": "FARGATE", "networkConfiguration": PLAIN}]
    net = with_service(natted(), ["subnet-a"], networkConfiguration=None, taskSets=sets)
    assert fate(ask(net, "ecs:main/web", WORLD)) == ("allowed", "internet")
    sets[0] |= {"runningCount": 0, "networkConfiguration": MOVED}
    net = with_service(natted(), ["subnet-a"], networkConfiguration=None, taskSets=sets)
    assert codes(ask(net, "ecs:main/web", WORLD)) == {"NO_ROUTE_TO_DESTINATION"}
