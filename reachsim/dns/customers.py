"""Names under AWS's domains that are customers' resources in a VPC: databases, caches, file systems, clusters.

They resolve everywhere, mostly to private addresses, and which ones is not in a snapshot: such a name is neither a
public one nor surely within reach. Names of load balancers and VPC Lattice are told elsewhere.

**Source:** the services' guides on endpoints ("Hiding a DB instance in a VPC from the internet": the endpoint's name
resolves to the private address within the VPC; "Amazon EKS cluster endpoint access control"; "Mounting EFS file
systems": the name resolves to the mount target's address; OpenSearch Service domains in a VPC begin with ``vpc-``).
"""

from __future__ import annotations

from typing import Final

from reachsim import services
from reachsim.dns.resolution import Resolution
from reachsim.evidence import Gap

_IN_A_VPC: Final = {
    "rds": "a database",
    "docdb": "a database",
    "docdb-elastic": "a database",
    "neptune": "a database",
    "redshift": "a data warehouse",
    "redshift-serverless": "a data warehouse",
    "cache": "a cache",
    "memorydb": "a cache",
    "dax-clusters": "a cache",
    "efs": "a file system",
    "fsx": "a file system",
    "eks": "a Kubernetes cluster",
    "kafka": "a Kafka cluster",
    "kafka-serverless": "a Kafka cluster",
    "mq": "a message broker",
    "es": "a search domain",
}
"""What a name is, by the label of its service."""
_DOMAINS: Final = (".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu")


def customers_answer(name: str) -> Resolution | None:
    """The answer for a customer's resource, which is not known; None for other names.

    >>> customers_answer("rds.us-east-1.amazonaws.com") is None, customers_answer("github.com") is None
    (True, True)
    >>> customers_answer("db.abc.us-east-1.rds.amazonaws.com").gaps[0].code
    'UNKNOWN_DESTINATION'
    """
    domain = next((one for one in _DOMAINS if name.endswith(one)), None)
    if domain is None or services.service_of_host(name)[2]:
        return None
    labels = name.removesuffix(domain).split(".")
    kind = next((label for label in labels[-2:] if label in _IN_A_VPC), None)
    if kind is None or len(labels) < 2 or (kind == "es" and not labels[0].startswith("vpc-")):
        return None
    detail = f"{name} is {_IN_A_VPC[kind]} of a customer's, whose address, mostly a private one, is not in the snapshot"
    return Resolution(name, gaps=(Gap("UNKNOWN_DESTINATION", name, f"{detail}; [hosts] of reachsim.toml can tell it"),))
