"""The difference that one rule makes, against working out everything in both snapshots; interleaved in one run."""

from __future__ import annotations

import statistics
import time

from reachsim import load_files
from reachsim.config import Config
from reachsim.diff.cells import evaluate
from reachsim.diff.scope import questions, sources_of
from tests.build import Build

PIPELINES = 24
SERVICES = ("git-codecommit", "ecr.api", "ecr.dkr", "logs")


def estate() -> Build:
    """So many VPCs, each with a project, a client and the endpoints of a pipeline."""
    net = Build("111111111111", "ap-northeast-1")
    for n in range(PIPELINES):
        vpc = net.vpc(f"10.{n}.0.0/16", name=f"v{n}")
        table = net.table(vpc, name=f"t{n}")
        subnets = [net.subnet(vpc, f"10.{n}.{k}.0/24", f"ap-northeast-1{zone}", table=table, name=f"s{n}{zone}")
                   for k, zone in enumerate("ac", 1)]  # fmt: skip
        inward = net.group(vpc, [("tcp", 443, 443, f"10.{n}.0.0/16")], name=f"ep{n}")
        outward = net.group(vpc, [], name=f"build{n}")
        net.gateway_endpoint(vpc, "s3", [table], name=f"s3-{n}")
        for k, service in enumerate(SERVICES, 20):
            places = {subnet: f"10.{n}.{z}.{k}" for z, subnet in enumerate(subnets, 1)}
            net.interface_endpoint(vpc, service, places, [inward], name=f"{service.replace('.', '-')}-{n}")
        net.project(f"p{n}", vpc, subnets, [outward])
        net.instance(subnets[0], f"10.{n}.1.9", [outward], name=f"c{n}")
    return net


def test_one_rule_against_everything() -> None:
    files = estate().files()
    changed = estate()
    changed["sg-build0"]["IpPermissionsEgress"] = [changed._permission(("tcp", 443, 443, "10.0.1.0/24"))]
    after = changed.files()
    full, told = [], []
    for _ in range(3):
        old, new = load_files(files), load_files(after)
        start = time.perf_counter()
        difference = old.diff(new)
        told.append(time.perf_counter() - start)
        old, new = load_files(files), load_files(after)
        start = time.perf_counter()
        sources = sources_of(old.network, new.network, ()).sources
        for reach in (old, new):
            reach.check()
            for source in sources:
                for asked, _ in questions(old.network, new.network, source, (), Config()):
                    evaluate(reach.ground, asked, {})
        full.append(time.perf_counter() - start)
    ratio = statistics.median(told) / statistics.median(full)
    print(f"\ndiff after one rule / full analysis of both: {ratio:.3f} (goal at most 0.2); "
          f"{len(difference.compared)} of {len(sources)} sources compared")  # fmt: skip
    assert len(difference.compared) <= 2
    assert ratio < 0.2
