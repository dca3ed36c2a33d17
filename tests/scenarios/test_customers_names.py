"""Names under AWS's domains that are customers' resources: a database in a VPC is neither the internet's nor shut."""

from __future__ import annotations

import pytest

from reachsim import load_files
from reachsim.intervals import IntervalSet
from tests.scenarios.lan import Lan, ask, assumed, fate, natted

RESOURCES = [
    "orders.abc123.us-east-1.rds.amazonaws.com", "orders.cluster-abc123.us-east-1.rds.amazonaws.com",
    "orders.abc123.rds.cn-north-1.amazonaws.com.cn", "docs.cluster-abc.us-east-1.docdb.amazonaws.com",
    "graph.cluster-abc.us-east-1.neptune.amazonaws.com", "wh.abc.us-east-1.redshift.amazonaws.com",
    "wg.111111111111.us-east-1.redshift-serverless.amazonaws.com", "c.abc.ng.0001.use1.cache.amazonaws.com",
    "clustercfg.m.abc.memorydb.us-east-1.amazonaws.com", "d.abc.dax-clusters.us-east-1.amazonaws.com",
    "fs-0123.efs.us-east-1.amazonaws.com", "us-east-1a.fs-0123.efs.us-east-1.amazonaws.com",
    "fs-0123.fsx.us-east-1.amazonaws.com", "vpc-logs-abc.us-east-1.es.amazonaws.com",
    "ABC123.gr7.us-east-1.eks.amazonaws.com", "b-1.m.abc.c2.kafka.us-east-1.amazonaws.com",
    "b-0123.mq.us-east-1.amazonaws.com",
]  # fmt: skip


@pytest.mark.parametrize("name", RESOURCES)
def test_a_customers_resource_in_a_vpc_is_unknown_with_and_without_a_way_out(name: str) -> None:
    for net in (natted(), Lan()):
        verdict = ask(net, net.client, f"host:{name}", port=5432)
        assert fate(verdict) == ("unknown", "none")
        assert assumed(verdict) == {("UNKNOWN_DESTINATION", name.lower())}


@pytest.mark.parametrize(
    ("name", "route"),
    [
        ("rds.us-east-1.amazonaws.com", "aws-public"), ("elasticfilesystem.us-east-1.amazonaws.com", "aws-public"),
        ("eks.us-east-1.amazonaws.com", "aws-public"), ("search-logs-abc.us-east-1.es.amazonaws.com", "internet"),
        ("abc.execute-api.us-east-1.amazonaws.com", "aws-public"), ("d111.cloudfront.net", "internet"),
    ],
)  # fmt: skip
def test_apis_of_the_services_and_public_names_are_what_they_were(name: str, route: str) -> None:
    assert fate(ask(natted(), "eni-client", f"host:{name}")) == ("allowed", route)


def test_a_private_zone_and_a_declaration_tell_the_address() -> None:
    name = RESOURCES[0]
    net = Lan()
    reach = load_files(net.files())
    reach.pins = {name: IntervalSet.single(0x0A000205)}
    assert reach.simulate(net.client, f"host:{name}", protocol="tcp", port=5432).outcome == "allowed"
    net.zone(name, [net.vpc_id], [(name, "A", ["10.0.2.5"])])
    assert fate(ask(net, net.client, f"host:{name}", port=5432)) == ("allowed", "private")
