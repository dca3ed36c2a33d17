"""What users report, diagnosed by name: the symptoms that test_shipped.py does not hold (symptoms.md)."""

from __future__ import annotations

from typing import Any

import pytest

from reachsim import load_files
from reachsim.forwarding import Ground
from reachsim.verdict import Verdict
from tests.scenarios.lan import ANY, WEB, Lan, ask, assumed, blocks, causes, codes, fate, natted
from tests.scenarios.pipelines import BUILD, CLIENT, Checked, Pipeline, for_all, policy
from tests.scenarios.pipelines import ask as web
from tests.scenarios.pipelines import why as why_of

API, DKR = "api.ecr.us-east-1.amazonaws.com", "dkr.ecr.us-east-1.amazonaws.com"


def why(verdict: Any) -> set[tuple[str, str | None, str]]:
    """(code, cause, component)."""
    return {(one.code, one.cause, one.component) for one in verdict.blocked_by}


def project(net: Lan, *subnets: str, groups: tuple[str, ...] = ()) -> None:
    net.project("app", net.vpc_id, list(subnets) or [net.a], list(groups) or [net.open])


def endpoint(net: Lan, service: str, **more: Any) -> str:
    groups = more.pop("groups", [net.open])
    return net.interface_endpoint(net.vpc_id, service, {net.b: "10.0.2.20"}, groups, name="e", **more)


def test_s03_login_from_an_isolated_subnet() -> None:
    net = Lan()
    project(net)
    verdict = ask(net, "codebuild:app", "ecr.api")
    assert why(verdict) == {("NO_ROUTE_TO_DESTINATION", "VPCE_MISSING_FOR_SERVICE", net.ta)}
    assert verdict.blocked_by[0].symptom == "timeout"


def test_s04_private_dns_of_the_registry_is_off() -> None:
    net = Lan()
    project(net)
    endpoint(net, "ecr.dkr", private_dns=False)
    assert why(ask(net, "codebuild:app", "ecr.dkr")) == {
        ("NO_ROUTE_TO_DESTINATION", "DNS_PRIVATE_DNS_DISABLED", net.ta)
    }


def test_s11_endpoint_policy_with_nothing_but_a_deny() -> None:
    net = natted()
    project(net)
    only_deny = policy(for_all("ecr:DeleteRepository", effect="Deny"))
    dkr = endpoint(net, "ecr.dkr", policy=only_deny)
    pull = [{"action": "ecr:BatchGetImage", "resource": "arn:aws:ecr:us-east-1:111111111111:repository/app"}]
    layers = ["network", "endpoint-policy"]
    verdict = ask(net, "codebuild:app", "ecr.dkr", requests=pull, layers=layers)
    assert [(b.code, b.component) for b in verdict.blocked_by] == [("VPCE_POLICY_IMPLICIT_DENY", dkr)]
    elsewhere = ask(
        net, "codebuild:app", "host:111111111111.dkr.ecr.eu-west-1.amazonaws.com", requests=pull, layers=layers
    )
    assert fate(elsewhere) == ("allowed", "aws-public")


def test_s13_two_owners_of_one_private_name() -> None:
    net = Lan()
    project(net)
    endpoint(net, "logs")
    net.interface_endpoint(net.vpc_id, "logs", {net.a: "10.0.1.21"}, [net.open])
    verdict = ask(net, "codebuild:app", "logs")
    assert fate(verdict) == ("unknown", "none")
    assert codes(verdict) == {"DNS_CONFLICTING_ZONES"}


def test_s15_corporate_dns_by_dhcp_options_is_never_reachable() -> None:
    net = Lan(dns_servers=["192.168.0.53"])
    project(net)
    endpoint(net, "ecr.api")
    verdict = ask(net, "codebuild:app", "ecr.api")
    assert fate(verdict) == ("blocked", "none")
    assert codes(verdict) == {"NO_ROUTE_TO_DESTINATION"}
    assert causes(verdict) == {"DNS_FORWARDER_UNREACHABLE"}


def spoke(*, linked: bool = True) -> Lan:
    """The network as hub with shared endpoints, and VPC s with a project, peered with it."""
    net = Lan()
    for number, service in enumerate(("ecr.api", "ecr.dkr", "logs")):
        net.interface_endpoint(
            net.vpc_id, service, {net.b: f"10.0.2.{20 + number}"}, [net.open], private_dns=False, name=f"{number}"
        )
    vpc = net.vpc("172.20.0.0/16", name="s")
    table = net.table(vpc, name="s")
    subnet = net.subnet(vpc, "172.20.1.0/24", table=table, name="s")
    net.project("app", vpc, [subnet], [net.group(vpc, [], [ANY], name="s")])
    if linked:
        pcx = net.peering(vpc, net.vpc_id, name="1")
        net.route(table, "10.0.0.0/16", pcx)
        net.route(net.tb, "172.20.0.0/16", pcx)
    return net


def test_s16_shared_endpoints_with_every_zone_in_place() -> None:
    net = spoke()
    net.zone(API, [net.vpc_id, "vpc-s"], [(API, "A", ["10.0.2.20"])])
    net.zone(DKR, [net.vpc_id, "vpc-s"], [(f"*.{DKR}", "A", ["10.0.2.21"])])
    for service in ("ecr.api", "ecr.dkr"):
        assert fate(ask(net, "codebuild:app", service)) == ("allowed", "private")


def test_s16_zone_associated_with_the_hub_only() -> None:
    net = spoke()
    zone = net.zone(API, [net.vpc_id], [(API, "A", ["10.0.2.20"])])
    verdict = ask(net, "codebuild:app", "ecr.api")
    assert ("DNS_ZONE_NOT_ASSOCIATED", zone) in {(block.code, block.component) for block in verdict.blocked_by}
    assert "NO_ROUTE_TO_DESTINATION" in codes(verdict)


def test_s16_zone_named_after_the_endpoint_instead_of_the_host() -> None:
    net = spoke()
    wrong = "ecr.dkr.us-east-1.amazonaws.com"
    net.zone(wrong, [net.vpc_id, "vpc-s"], [(wrong, "A", ["10.0.2.21"])])
    verdict = ask(net, "codebuild:app", "ecr.dkr")
    assert why(verdict) == {("NO_ROUTE_TO_DESTINATION", "DNS_RESOLVES_TO_PUBLIC_ADDRESS", "rtb-s")}
    assert "vpce-1" in verdict.blocked_by[0].detail


def test_s16_zone_without_the_wildcard() -> None:
    net = spoke()
    zone = net.zone(DKR, [net.vpc_id, "vpc-s"], [(DKR, "A", ["10.0.2.21"])])
    verdict = ask(net, "codebuild:app", "ecr.dkr")
    assert why(verdict) == {("DNS_ZONE_SHADOWS_NAME", None, zone)}
    assert verdict.blocked_by[0].symptom == "name-not-found"


def test_s16_with_a_way_out_the_detour_is_silent_and_named() -> None:
    net = spoke()
    igw = net.igw("vpc-s")
    public = net.subnet("vpc-s", "172.20.9.0/24", table=net.table("vpc-s", [("0.0.0.0/0", igw)]))
    net.route("rtb-s", "0.0.0.0/0", net.nat(public, "172.20.9.9", "203.0.113.9"))
    verdict = ask(net, "codebuild:app", "ecr.api")
    assert fate(verdict) == ("allowed", "aws-public")
    assert verdict.names[0].rule == "DNS_RESOLVES_TO_PUBLIC_ADDRESS"


def test_s16_an_endpoint_of_a_vpc_without_any_link_is_no_cause() -> None:
    assert causes(ask(spoke(linked=False), "codebuild:app", "ecr.api")) == {"VPCE_MISSING_FOR_SERVICE"}


def test_s17_the_global_name_of_s3_is_not_covered() -> None:
    net = natted()
    project(net)
    endpoint(net, "s3")
    verdict = ask(net, "codebuild:app", "host:mine.s3.amazonaws.com")
    assert fate(verdict) == ("allowed", "aws-public")
    assert verdict.names[0].rule == "DNS_NAME_NOT_COVERED_BY_ENDPOINT"


@pytest.mark.parametrize("with_endpoint", [True, False])
def test_s18_no_endpoint_of_sts_answers_the_global_name(with_endpoint: bool) -> None:
    net = Lan()
    project(net)
    if with_endpoint:
        endpoint(net, "sts")
    verdict = ask(net, "codebuild:app", "host:sts.amazonaws.com")
    told = [block.code for block in verdict.blocked_by]  # the cause first
    assert told == ["DNS_NAME_NOT_COVERED_BY_ENDPOINT", "NO_ROUTE_TO_DESTINATION"]


def test_s19_bucket_in_another_region() -> None:
    net = Lan()
    project(net)
    net.gateway_endpoint(net.vpc_id, "s3", [net.ta])
    bucket = "host:mine.s3.eu-west-1.amazonaws.com"
    assert fate(ask(net, "codebuild:app", "host:mine.s3.us-east-1.amazonaws.com")) == ("allowed", "private")
    assert why(ask(net, "codebuild:app", bucket)) == {
        ("NO_ROUTE_TO_DESTINATION", None, net.ta), ("CROSS_REGION_NOT_VIA_ENDPOINT", None, net.vpc_id)
    }  # fmt: skip
    net.route(net.ta, "0.0.0.0/0", net.with_nat())
    verdict = ask(net, "codebuild:app", bucket)
    assert fate(verdict) == ("allowed", "aws-public")
    assert verdict.names[0].rule == "CROSS_REGION_NOT_VIA_ENDPOINT"


def test_s21_only_flows_between_zones_meet_the_acl() -> None:
    net = Lan()
    entries = [(100, "in", "allow", "tcp", (443, 443), "10.0.0.0/16"), (100, "out", "allow", "-1", None, "0.0.0.0/0")]
    acl = net.acl(net.vpc_id, entries, name="x")
    net.use_acl(net.a, acl)
    net.use_acl(net.b, net.acl(net.vpc_id, entries, name="y"))
    net.interface_endpoint(net.vpc_id, "logs", {net.a: "10.0.1.20", net.b: "10.0.2.20"}, [net.open])
    verdict = ask(net, net.client, "logs")
    assert fate(verdict) == ("intermittent", "private")
    assert blocks(verdict) == {("SUBNET_ACL_RESTRICTION", acl, 32767, net.a, "response", "ingress")}
    assert causes(verdict) == {"RETURN_ACL_EPHEMERAL"}
    reached = {
        one for path in verdict.paths if path.outcome == "allowed" for t in path.traffic for one in t.destination
    }
    assert reached == {"10.0.1.20"}


def test_s22_endpoint_found_by_name_does_not_accept_the_client() -> None:
    net = Lan()
    project(net)
    shut = net.group(net.vpc_id, [("tcp", 443, 443, "10.0.7.0/24")], name="shut")
    endpoint(net, "ecr.dkr", groups=[shut])
    verdict = ask(net, "codebuild:app", "ecr.dkr")
    assert blocks(verdict) == {("ENI_SG_RULES_MISMATCH", shut, None, "eni-vpce-e-1", "request", "ingress")}
    assert verdict.blocked_by[0].symptom == "timeout"


def test_s23_every_remaining_fault_is_named_at_once() -> None:
    net = Pipeline(s3_policy=policy(for_all("s3:*", "arn:aws:s3:::mine/*")), s3_tables=["client"])
    net["sg-ep"]["IpPermissions"] = []
    found = Checked(net)
    assert {code for code, _, _ in found.why("s3")} == {"NO_ROUTE_TO_DESTINATION", "VPCE_POLICY_SERVICE_BUCKET_MISSING"}
    assert {code for code, _, _ in found.why("ecr.dkr")} == {"SG_HAS_NO_RULES"}


def test_s28_no_endpoint_for_the_logs() -> None:
    found = Checked(Pipeline(endpoints=["git-codecommit", "ecr.api", "ecr.dkr"]))
    assert found.overall == "private-but-failing"
    assert found.why("logs") == {("NO_ROUTE_TO_DESTINATION", "VPCE_MISSING_FOR_SERVICE", "rtb-build")}
    assert found.steps()["push"] == ("allowed", "private")


def test_s30_project_without_a_vpc() -> None:
    found = Checked(Pipeline(in_vpc=False))
    assert found.overall == "leaking"
    assert {"CODEBUILD_NOT_IN_VPC", "PUBLIC_EGRESS_POSSIBLE"} <= set(found.findings())


def test_s34_the_api_endpoint_serves_no_git_traffic() -> None:
    net = Pipeline(endpoints=["codecommit", "ecr.api", "ecr.dkr", "logs"])
    missing = {("NO_ROUTE_TO_DESTINATION", "VPCE_MISSING_FOR_SERVICE", "rtb-client")}
    assert why_of(web(net, CLIENT, "git-codecommit")) == missing
    assert web(net, CLIENT, "codecommit").outcome == "allowed"
    net = Pipeline()
    net["vpce-git-codecommit"]["PrivateDnsEnabled"] = False
    assert {cause for _, cause, _ in why_of(web(net, CLIENT, "git-codecommit"))} == {"DNS_PRIVATE_DNS_DISABLED"}


def test_s35_zone_without_an_interface_of_the_endpoint_is_served_by_another() -> None:
    net = Pipeline(endpoints=["git-codecommit", "ecr.api", "ecr.dkr"])
    net.interface_endpoint("vpc-1", "logs", {net.ep_a: "10.10.11.40"}, ["sg-ep"], name="logs")
    verdict = web(net, BUILD, "logs")
    assert (verdict.outcome, verdict.route) == ("allowed", "private")


def test_s36_policy_of_a_service_that_supports_none_is_ignored() -> None:
    net = Lan()
    project(net)
    made = endpoint(net, "logs", policy=policy(for_all("logs:*", "arn:aws:logs:us-east-1:1:*")))
    net._lists["ec2/describe-vpc-endpoint-services"].append(
        {"ServiceName": net[made]["ServiceName"], "VpcEndpointPolicySupported": False,
         "PrivateDnsNames": [{"PrivateDnsName": "logs.us-east-1.amazonaws.com"}]}
    )  # fmt: skip
    put = [{"action": "logs:PutLogEvents", "resource": "arn:aws:logs:us-east-1:111111111111:log-group:/x:*"}]
    verdict = ask(net, "codebuild:app", "logs", requests=put, layers=["network", "endpoint-policy"])
    assert fate(verdict) == ("allowed", "private")
    assert ("ENDPOINT_POLICY_UNSUPPORTED", made) in assumed(verdict)


def test_s01_group_that_lets_out_only_https_is_not_the_cause() -> None:
    net = Lan()
    net.route(net.ta, "0.0.0.0/0", net.igw(net.vpc_id))
    project(net, groups=(net.group(net.vpc_id, [], [WEB]),))
    assert why(ask(net, "codebuild:app", "host:github.com")) == {
        ("IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS", "CODEBUILD_PUBLIC_SUBNET_NO_PUBLIC_IP", "igw-1")
    }


def test_s02_logs_of_a_build_in_a_public_subnet() -> None:
    net = Lan()
    net.route(net.ta, "0.0.0.0/0", net.igw(net.vpc_id))
    project(net)
    assert why(ask(net, "codebuild:app", "logs")) == {
        ("IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS", "CODEBUILD_PUBLIC_SUBNET_NO_PUBLIC_IP", "igw-1")
    }
    endpoint(net, "logs")
    assert fate(ask(net, "codebuild:app", "logs")) == ("allowed", "private")


def of_bucket(net: Lan, bucket: str, statement: dict[str, Any]) -> Verdict:
    """A download from a bucket by way of a gateway endpoint with this policy."""
    project(net)
    net.gateway_endpoint(net.vpc_id, "s3", [net.ta], policy=policy(statement))
    get = [{"action": "s3:GetObject", "resource": f"arn:aws:s3:::{bucket}/*"}]
    return ask(
        net, "codebuild:app", f"host:{bucket}.s3.us-east-1.amazonaws.com", requests=get,
        layers=["network", "endpoint-policy"],
    )  # fmt: skip


def test_s08_who_signs_the_urls_of_layers_is_an_assumption() -> None:
    own = {"StringEquals": {"aws:PrincipalAccount": "111111111111"}}
    bucket = "prod-us-east-1-starport-layer-bucket"
    verdict = of_bucket(Lan(), bucket, for_all("s3:*", Condition=own))
    assert (verdict.outcome, codes(verdict)) == ("blocked", {"VPCE_POLICY_SERVICE_BUCKET_MISSING"})
    assert "SYMBOLIC_SIGNER_ECR" in {code for code, _ in assumed(verdict)}
    assert of_bucket(Lan(), "mine", for_all("s3:*", Condition=own)).outcome == "allowed"


@pytest.mark.parametrize("bucket", ["somebody-elses-layers", "al2023-repos-us-east-1-de612dc2"])
def test_s09_s10_a_bucket_of_others_behind_the_endpoints_policy(bucket: str) -> None:
    net = natted()  # the endpoint's route is more specific than the way out
    verdict = of_bucket(net, bucket, for_all("s3:*", "arn:aws:s3:::mine/*"))
    assert verdict.outcome == "blocked"
    assert [(one.code, one.component, one.symptom) for one in verdict.blocked_by] == [
        ("VPCE_POLICY_IMPLICIT_DENY", "vpce-1", "403")
    ]
    assert of_bucket(natted(), bucket, for_all("s3:GetObject", f"arn:aws:s3:::{bucket}/*")).outcome == "allowed"


def test_s32_logs_by_their_public_address() -> None:
    net = Lan()
    project(net)
    endpoint(net, "logs", private_dns=False)
    verdict = ask(net, "codebuild:app", "logs")
    assert why(verdict) == {("NO_ROUTE_TO_DESTINATION", "DNS_PRIVATE_DNS_DISABLED", net.ta)}
    assert verdict.blocked_by[0].symptom == "timeout"


@pytest.mark.parametrize("host", ["dl-cdn.alpinelinux.org", "github.com", "proxy.golang.org"])
def test_s33_hosts_without_an_endpoint_in_an_endpoint_only_vpc(host: str) -> None:
    found = Pipeline()
    assert why_of(web(found, BUILD, f"host:{host}")) == {("NO_ROUTE_TO_DESTINATION", None, "rtb-build")}
    found.with_nat()
    assert web(found, BUILD, f"host:{host}").route == "internet"


def test_s37_nat_instance() -> None:
    net = Lan()
    net.route(net.tb, "0.0.0.0/0", net.igw(net.vpc_id))
    box = net.interface(net.b, "10.0.2.9", [net.open], "203.0.113.9", name="nat")
    net.route(net.ta, "0.0.0.0/0", box)
    assert codes(ask(net, net.client, "host:github.com")) == {"ENI_SOURCE_DEST_CHECK_RESTRICTION"}
    net[box]["SourceDestCheck"] = False
    verdict = ask(net, net.client, "host:github.com")
    assert verdict.outcome == "unknown"
    assert ("APPLIANCE_MAY_FORWARD", box) in assumed(verdict)
    said = load_files(net.files())
    said.ground = Ground(said.network, {box: "nat"})
    assert said.simulate(net.client, "host:github.com", protocol="tcp", port=443).route == "internet"
