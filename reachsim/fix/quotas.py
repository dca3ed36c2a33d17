"""What AWS's quotas refuse: rules of a security group and entries of a network ACL that a fix adds.

A quota may have been raised, which the snapshot does not tell; a group or ACL that is past the default already shows
that its quota was, and is left to its owner. A prefix list counts as the most entries that it may hold.

**Source:** "Amazon VPC quotas" (60 rules of a security group per direction and family, 20 entries of a network ACL
per direction and family), "AWS-managed prefix lists" (facts N28, N98).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from reachsim.addresses import V6_BASE
from reachsim.model import records as aws
from reachsim.model.network import Network

RULES: Final = 60
ENTRIES: Final = 20
_CLOSING: Final = 32766
"""Entries with higher numbers are AWS's own."""
_WEIGHTS: Final = {"cloudfront.origin-facing": 55}
"""Of AWS's own lists by the end of their names; the others that rules name count as one."""


def past_quota(before: Network, after: Network) -> str | None:
    """What a change takes past a default quota that it kept to before, in words; None if nothing."""
    old_groups, old_acls = before.security_groups, before.network_acls
    for group_id, group in after.security_groups.items():
        if group != old_groups.get(group_id):
            counts = _rules(after, group)
            kept = _rules(before, old_groups[group_id]) if group_id in old_groups else {}
            found = _past(counts, kept, RULES)
            if found:
                return f"{group_id} would have {found} rules; AWS's quota is {RULES}"
    for acl_id, acl in after.network_acls.items():
        if acl != old_acls.get(acl_id):
            found = _past(_entries(acl), _entries(old_acls[acl_id]) if acl_id in old_acls else {}, ENTRIES)
            if found:
                return f"{acl_id} would have {found} entries; AWS's quota is {ENTRIES}"
    return None


def full(network: Network, component: str, direction: str) -> str | None:
    """That a security group or a network ACL has as many rules as AWS's default quota allows, in words, or None."""
    way = "inbound" if direction == "ingress" else "outbound"
    group, acl = network.security_groups.get(component), network.network_acls.get(component)
    counts = _rules(network, group) if group is not None else _entries(acl) if acl is not None else {}
    quota = RULES if group is not None else ENTRIES
    count = counts.get(f"{way} IPv4", 0)
    return f"{component} has {count} {way} rules, and AWS's quota is {quota}" if count >= quota else None


def _past(counts: dict[str, int], kept: dict[str, int], quota: int) -> str | None:
    return next((f"{count} {what}" for what, count in counts.items() if count > quota >= kept.get(what, 0)), None)


def _rules(network: Network, group: aws.SecurityGroup) -> dict[str, int]:
    """How many rules AWS counts, by direction and family."""
    found: dict[str, int] = {}
    for way, permissions in (("inbound", group.ip_permissions), ("outbound", group.ip_permissions_egress)):
        lists = [one.prefix_list_id for permission in permissions for one in permission.prefix_list_ids]
        pairs = sum(len(one.user_id_group_pairs) for one in permissions)
        found[f"{way} IPv4"] = (
            pairs + sum(len(one.ip_ranges) for one in permissions) + _weight(network, lists, v6=False)
        )
        found[f"{way} IPv6"] = (
            pairs + sum(len(one.ipv6_ranges) for one in permissions) + _weight(network, lists, v6=True)
        )
    return found


def _weight(network: Network, lists: Iterable[str], *, v6: bool) -> int:
    return sum(_entries_of(network, one, v6=v6) for one in lists)


def _entries_of(network: Network, list_id: str, *, v6: bool) -> int:
    """What a prefix list counts as, in the rules of one family."""
    for home in network.homes:
        path = network.path(home, "ec2", "describe-managed-prefix-lists")
        for one in network.read_collection(path, "PrefixLists", aws.ManagedPrefixList):
            if one.prefix_list_id == list_id and (one.address_family or "").endswith("6") == v6:
                name = one.prefix_list_name or ""
                own = next((weight for end, weight in _WEIGHTS.items() if name.endswith(end)), 1)
                return own if one.owner_id == "AWS" else one.max_entries or 1
    known = network.prefix_lists.get(list_id)
    return 1 if known is not None and any((block.block.first >= V6_BASE) == v6 for block in known.cidrs) else 0


def _entries(acl: aws.NetworkAcl) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in acl.entries:
        if one.rule_number <= _CLOSING:
            what = f"{'outbound' if one.egress else 'inbound'} {'IPv4' if one.cidr_block is not None else 'IPv6'}"
            found[what] = found.get(what, 0) + 1
    return found
