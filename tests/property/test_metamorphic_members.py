"""A member of some record that is not there is an error, leaves a verdict unknown, or leaves it as it is.

`tests.withheld.fields` asks the same of every member of the shipped snapshots; here the networks are random.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Final

import pytest

from reachsim import load_files
from reachsim.errors import ReachsimError
from tests.property.networks import TOPICS, network
from tests.property.test_metamorphic import Files, questions, same_or_unknown
from tests.withheld.fields import KNOWN
from tests.withheld.values import GONE, places, with_change

EACH: Final = 25
PLAIN: Final = {
    "network-firewall/describe-firewall-policy/FirewallPolicy/StatefulEngineOptions": "the default action order",
    "network-firewall/describe-firewall-policy/FirewallPolicy/StatefulEngineOptions/RuleOrder": "the default one",
    "network-firewall/describe-firewall-policy/FirewallPolicy/StatefulRuleGroupReferences": "a policy without",
    "network-firewall/describe-firewall-policy/FirewallPolicy/StatelessRuleGroupReferences": "a policy without",
    "ec2/describe-vpc-endpoints/VpcEndpoints/*/DnsOptions/PrivateDnsOnlyForInboundResolverEndpoint": "one not of S3",
    "route53/list-hosted-zones/HostedZones/*/Config/PrivateZone": "a zone with VPCs is private",
    "route53resolver/list-firewall-rules/FirewallRules/*/Qtype": "every type",
    "route53resolver/list-firewall-rules/FirewallRules/*/FirewallDomainRedirectionAction": "the default one",
    "route53resolver/list-resolver-endpoints/ResolverEndpoints/*/Dns64Enabled": "not enabled, the default",
    "ec2/describe-route-tables/RouteTables/*/Associations": "a table of no subnet",
    "ec2/describe-subnets/Subnets/*/Ipv6CidrBlockAssociationSet": "a subnet without IPv6",
    "ec2/describe-network-interfaces/NetworkInterfaces/*/Ipv6Addresses": "an interface without",
    **{
        f"ec2/describe-security-groups/SecurityGroups/*/{rules}/*/UserIdGroupPairs/*/UserId": "the account's own group"
        for rules in ("IpPermissions", "IpPermissionsEgress")
    },
    "ec2/describe-vpn-connections/VpnConnections/*/Options": "one that learns its routes by BGP",
    "ec2/describe-network-interfaces/NetworkInterfaces/*/Ipv4Prefixes": "an interface without",
    "ec2/describe-network-interfaces/NetworkInterfaces/*/Ipv6Prefixes": "an interface without",
}
"""What AWS leaves out itself, or people who write a file by hand, and what is meant by it. States that are not told
are those of what works.
"""


def trials(files: Files, rng: random.Random) -> Iterator[tuple[str, Files]]:
    """(member, what is left): each kind of member equally often, however many records have it."""
    found: dict[str, list[tuple[str, tuple[str | int, ...]]]] = {}
    for path, data in files.items():
        call = "/".join(path.split("/")[2:4]).removesuffix(".json")
        for at, _ in places(json.loads(data)):
            member = "/".join([call, *("*" if isinstance(key, int) else key for key in at)])
            if isinstance(at[-1], str) and member not in (*KNOWN, *PLAIN) and not member.endswith("State"):
                found.setdefault(member, []).append((path, at))
    for member in rng.sample(sorted(found), EACH):
        path, at = rng.choice(found[member])
        yield f"{member} of {path}", {**files, path: with_change(json.loads(files[path]), at, GONE)}


@pytest.mark.parametrize("topic", TOPICS)
def test_a_missing_member_makes_a_verdict_unknown_or_leaves_it(topic: str) -> None:
    draft = network(topic, 4_000_000)
    files, asked = draft.files(), questions(draft)
    reach = load_files(files)
    before = [reach.simulate(source, target, **more) for source, target, more in asked]
    for member, left in trials(files, random.Random(topic)):
        try:
            after = [load_files(left).simulate(source, target, **more) for source, target, more in asked]
        except ReachsimError:
            continue
        for question, known, found in zip(asked, before, after, strict=True):
            assert same_or_unknown(known, found), (member, question, known.outcome, found.outcome)
