"""What a name resolves to, as seen from a VPC: name servers, DNS Firewall, resolver rules, hosted zones, endpoints'
names, then the public internet.

The most specific zone or rule wins, a private zone that lacks the name answers "no such name" without asking further,
and a public name resolves even where no packet could follow. Public answers are not in a snapshot, so a public name
stands for a set of addresses.

**Source:** "Understanding Amazon DNS" (VPC User Guide; facts N160 to N162), "Considerations when working with a
private hosted zone" and "How VPC Resolver determines whether the domain name in a query matches any rules" (Route 53;
N163 to N167), "Access AWS services through AWS PrivateLink" (N142 to N147).
"""

from __future__ import annotations

from reachsim.dns.lookup import resolve, resolve_outside
from reachsim.dns.resolution import Reason, Resolution

__all__ = ["Reason", "Resolution", "resolve", "resolve_outside"]
