"""Queries a second through one `reachsim query` process, on a network of 10,000 interfaces.

    pytest tests/benchmarks/test_queries.py -s

Goal: 10,000 queries at 5,000 a second or more. Half go from interface to interface, the others to a service or the
internet; the pairs are drawn at random. Nothing timed is asserted.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from pathlib import Path

from tests.build import ANYWHERE, Build

ROOT = Path(__file__).resolve().parent.parent.parent
SUBNETS, EACH, QUERIES = 50, 200, 10_000


def network() -> Build:
    net = Build()
    vpc = net.vpc("10.0.0.0/16")
    gateway = net.igw(vpc)
    public = net.subnet(vpc, "10.0.250.0/24", table=net.table(vpc, [("0.0.0.0/0", gateway)]))
    nat = net.nat(public, "10.0.250.9", public="203.0.113.9")
    tables = [net.table(vpc, [("0.0.0.0/0", nat)]) for _ in range(3)]
    net.gateway_endpoint(vpc, "s3", tables)
    web = net.group(vpc, ingress=[("tcp", 443, 443, "10.0.0.0/16")], egress=ANYWHERE)
    data = net.group(vpc, ingress=[("tcp", 5432, 5432, web)], egress=ANYWHERE)
    acls = [net.acl(vpc, [(100, way, "allow", "-1", None, "0.0.0.0/0") for way in ("in", "out")]) for _ in range(2)]
    for n in range(SUBNETS):
        subnet = net.subnet(vpc, f"10.0.{n}.0/24", az=f"us-east-1{'abc'[n % 3]}", table=tables[n % 3], acl=acls[n % 2])
        for host in range(10, 10 + EACH):
            net.interface(subnet, f"10.0.{n}.{host}", [web if host % 2 else data], name=f"{n}-{host}")
    return net


def questions() -> list[dict[str, object]]:
    rng = random.Random(1)
    found: list[dict[str, object]] = []
    for number in range(QUERIES):
        source = f"eni-{rng.randrange(SUBNETS)}-{rng.randrange(10, 10 + EACH)}"
        other = f"eni-{rng.randrange(SUBNETS)}-{rng.randrange(10, 10 + EACH)}"
        destination = other if number % 2 else rng.choice(["s3", "logs", "internet", "host:github.com"])
        found.append({"id": number, "source": source, "destination": destination, "protocol": "tcp",
                      "port": rng.choice([443, 5432])})  # fmt: skip
    return found


def test_queries_a_second(tmp_path: Path) -> None:
    snapshot = network().write(tmp_path / "snapshot")
    lines = tmp_path / "questions.jsonl"
    lines.write_text("".join(json.dumps(one) + "\n" for one in questions()), encoding="utf-8")
    command = [sys.executable, "-m", "reachsim", "query", str(snapshot), "--input", str(lines)]
    start = time.perf_counter()
    run = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    taken = time.perf_counter() - start
    answers = run.stdout.splitlines()
    assert len(answers) == QUERIES
    print(f"\n{QUERIES} queries in {taken:.2f} s, start and loading included: {QUERIES / taken:.0f} a second")
