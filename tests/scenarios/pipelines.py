"""The reference pipeline of the scenarios: an isolated VPC with a client, a CodeBuild project and every endpoint."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from reachsim import load_files
from reachsim.verdict import Cell, Check, PipelineStep, Verdict
from tests.build import AclEntry, Build, GroupRule, Record

REGION = "ap-northeast-1"
ACCOUNT = "111111111111"
ORGANIZATION = "o-aaaa"
REGISTRY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
LAYERS = f"arn:aws:s3:::prod-{REGION}-starport-layer-bucket/*"
ANYWHERE: GroupRule = ("-1", None, None, "0.0.0.0/0")
HTTPS: GroupRule = ("tcp", 443, 443, "10.10.0.0/16")
IN: AclEntry = (100, "in", "allow", "-1", None, "0.0.0.0/0")
OUT: AclEntry = (100, "out", "allow", "-1", None, "0.0.0.0/0")
BUILD, CLIENT = "codebuild:p1", "i-1"
SERVICES = ("git-codecommit", "ecr.api", "ecr.dkr", "s3", "logs")

PUSH_AND_PULL = [
    "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:InitiateLayerUpload",
    "ecr:UploadLayerPart", "ecr:CompleteLayerUpload", "ecr:PutImage",
]  # fmt: skip


def statement(action: Any, resource: Any = "*", effect: str = "Allow", **more: Any) -> Record:
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def policy(*statements: Record) -> Record:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def for_all(action: Any, resource: Any = "*", effect: str = "Allow", **more: Any) -> Record:
    """A statement of an endpoint's or resource's policy for every principal."""
    return statement(action, resource, effect, Principal="*", **more)


BUILD_ROLE = [
    statement("codecommit:GitPull", f"arn:aws:codecommit:{REGION}:{ACCOUNT}:app"),
    statement(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]),
    statement(PUSH_AND_PULL, f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/*"),
    statement("ecr:GetAuthorizationToken"),
    statement("s3:GetObject"),
    statement(["ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:DescribeNetworkInterfaces",
               "ec2:DescribeDhcpOptions", "ec2:DescribeSubnets", "ec2:DescribeSecurityGroups", "ec2:DescribeVpcs",
               "ec2:CreateNetworkInterfacePermission"]),
]  # fmt: skip
CLIENT_ROLE = [statement(["codecommit:GitPull", "codecommit:GitPush"], f"arn:aws:codecommit:{REGION}:{ACCOUNT}:app")]


class Pipeline(Build):
    """BASE of the scenarios; the attributes are the ids of its parts."""

    def __init__(
        self,
        endpoints: Iterable[str] = ("git-codecommit", "ecr.api", "ecr.dkr", "logs"),
        build_role: Iterable[Record] = BUILD_ROLE,
        s3_policy: Record | None = None,
        s3_tables: Iterable[str] = ("build", "client"),
        source: tuple[str, str] = ("CODECOMMIT", f"https://git-codecommit.{REGION}.amazonaws.com/v1/repos/app"),
        in_vpc: bool = True,
        dns_support: bool = True,
        dns_hostnames: bool = True,
        **project: Any,
    ) -> None:
        super().__init__(ACCOUNT, REGION)
        vpc = self.vpc("10.10.0.0/16", name="1", dns_support=dns_support, dns_hostnames=dns_hostnames)
        for name in ("build", "ep", "client"):
            self.table(vpc, name=name)
        self.build_a = self.subnet(vpc, "10.10.1.0/24", f"{REGION}a", table="rtb-build", name="build-a")
        self.build_c = self.subnet(vpc, "10.10.2.0/24", f"{REGION}c", table="rtb-build", name="build-c")
        self.ep_a = self.subnet(vpc, "10.10.11.0/24", f"{REGION}a", table="rtb-ep", name="ep-a")
        self.ep_c = self.subnet(vpc, "10.10.12.0/24", f"{REGION}c", table="rtb-ep", name="ep-c")
        self.client_a = self.subnet(vpc, "10.10.21.0/24", f"{REGION}a", table="rtb-client", name="client-a")
        self.group(vpc, [HTTPS], [ANYWHERE], name="ep")
        self.group(vpc, [], [ANYWHERE], name="build")
        self.group(vpc, [], [ANYWHERE], name="client")
        self.gateway_endpoint(vpc, "s3", [f"rtb-{name}" for name in s3_tables], s3_policy, name="s3")
        for number, service in enumerate(endpoints):
            self.add_endpoint(service, number)
        self.instance(self.client_a, "10.10.21.5", ["sg-client"], name="1",
                      profile=f"arn:aws:iam::{ACCOUNT}:instance-profile/dev")  # fmt: skip
        where = (vpc, [self.build_a, self.build_c], ["sg-build"]) if in_vpc else (None, [], [])
        self.project("p1", *where, source=source, serviceRole=f"arn:aws:iam::{ACCOUNT}:role/build", **project)
        self.roles({"build": list(build_role), "dev": CLIENT_ROLE})
        self.put("organizations/describe-organization", {"Organization": {"Id": ORGANIZATION}}, region="global")
        for repository in ("app", "base%2Fgolang"):
            self.no_policy(f"ecr/get-repository-policy/{repository}", "RepositoryPolicyNotFoundException")

    def add_endpoint(self, service: str, number: int = 9, policy: Record | None = None, **more: Any) -> str:
        """An interface endpoint in both endpoint subnets, called vpce-git-codecommit and so on."""
        places = {self.ep_a: f"10.10.11.{20 + number}", self.ep_c: f"10.10.12.{20 + number}"}
        name = service.replace(".", "-")
        return self.interface_endpoint("vpc-1", service, places, ["sg-ep"], policy=policy, name=name, **more)

    def roles(self, roles: dict[str, list[Record]]) -> None:
        """The account's roles with one inline policy each; ``dev`` is the client's."""
        details = [
            {
                "RoleName": name,
                "Arn": f"arn:aws:iam::{ACCOUNT}:role/{name}",
                "RolePolicyList": [{"PolicyName": "own", "PolicyDocument": policy(*statements)}],
                "AttachedManagedPolicies": [],
                "InstanceProfileList": [{"Arn": f"arn:aws:iam::{ACCOUNT}:instance-profile/{name}"}],
            }
            for name, statements in roles.items()
        ]
        answer = {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": details, "Policies": []}
        self.put("iam/get-account-authorization-details", answer, region="global")

    def with_rcp(self, *statements: Record, own: str = "RESOURCE") -> None:
        """The account is a member of the organization, whose root has an RCP with these statements; an SCP with
        ``own="SERVICE"``."""
        organization = {"Organization": {"Id": ORGANIZATION, "MasterAccountId": "999900000000"}}
        self.put("organizations/describe-organization", organization, region="global")
        self.put(f"organizations/list-parents/{ACCOUNT}", {"Parents": [{"Id": "r-1"}]}, region="global")
        for target, more in (("r-1", ["p-own"]), (ACCOUNT, [])):
            for kind, full in (("SERVICE", "p-FullAWSAccess"), ("RESOURCE", "p-RCPFullAWSAccess")):
                ids = [full, *(more if kind == own else [])]
                path = f"organizations/list-policies-for-target/{target}.{kind}_CONTROL_POLICY"
                self.put(path, {"Policies": [{"Id": one} for one in ids]}, region="global")
        content = json.dumps(policy(*statements))
        self.put("organizations/describe-policy/p-own", {"Policy": {"Content": content}}, region="global")

    def no_policy(self, path: str, code: str) -> None:
        """A resource that is known to have no policy."""
        self.put(path, {"Error": {"Code": code, "Message": "none"}})

    def with_nat(self, tables: Iterable[str] = ("rtb-build",)) -> str:
        """A NAT gateway in a public subnet, as the default route of these tables."""
        igw = self.igw("vpc-1", name="1")
        public = self.subnet(
            "vpc-1", "10.10.31.0/24", f"{REGION}a", table=self.table("vpc-1", [("0.0.0.0/0", igw)]), name="pub"
        )
        nat = self.nat(public, "10.10.31.9", "203.0.113.9", name="1")
        for table in tables:
            self.route(table, "0.0.0.0/0", nat)
        return nat

    def use_acl(self, acl: str, *subnets: str) -> None:
        for record in self._lists["ec2/describe-network-acls"]:
            record["Associations"] = [one for one in record["Associations"] if one["SubnetId"] not in subnets]
        self[acl]["Associations"] += [
            {"NetworkAclAssociationId": f"aclassoc-{one}", "NetworkAclId": acl, "SubnetId": one} for one in subnets
        ]


class Checked:
    """What `check` says of a pipeline, by name."""

    def __init__(self, net: Build) -> None:
        self.check: Check = load_files(net.files()).check()

    @property
    def overall(self) -> str:
        return self.check.overall

    def cell(self, destination: str, source: str = BUILD) -> Cell:
        return next(one for one in self.check.matrix if (one.source, one.destination) == (source, destination))

    def fate(self, destination: str, source: str = BUILD) -> tuple[str, str]:
        return self.cell(destination, source).outcome, self.cell(destination, source).route

    def why(self, destination: str, source: str = BUILD) -> set[tuple[str, str | None, str]]:
        """(code, cause, component) of what stops a cell."""
        return {(one.code, one.cause, one.component) for one in self.cell(destination, source).blocked_by}

    def step(self, name: str) -> PipelineStep:
        return next(one for one in self.check.steps if one.step == name)

    def steps(self) -> dict[str, tuple[str, str]]:
        """step → (outcome, route); ``not reached`` in place of the outcome where an earlier one fails."""
        return {one.step: ("not reached" if one.not_reached else one.outcome, one.route) for one in self.check.steps}

    def findings(self) -> dict[str, str]:
        """Finding id → severity, without those that are mere information."""
        return {one.id: one.severity for one in self.check.findings if one.severity != "info"}


def ask(net: Build, source: str, destination: str, port: int = 443, **more: Any) -> Verdict:
    return load_files(net.files()).simulate(source, destination, protocol="tcp", port=port, **more)


def why(verdict: Verdict) -> set[tuple[str, str | None, str]]:
    return {(one.code, one.cause, one.component) for one in verdict.blocked_by}


def fate(verdict: Verdict) -> tuple[str, str]:
    return verdict.outcome, verdict.route
