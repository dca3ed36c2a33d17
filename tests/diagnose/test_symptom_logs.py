"""The log lines that users arrive with, symptom by symptom (symptoms.md): the error, its host, the true cause first.

The messages are in the tools' own words. A symptom that no log shows (S35 to S37: nothing fails) has no row.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reachsim import load_files
from reachsim.diagnose import Diagnosed, Diagnosis
from reachsim.diagnose import messages as messages_module
from reachsim.diagnose.log import read_log
from tests.build import Build
from tests.patience import within
from tests.scenarios.lan import ANY, Lan, natted
from tests.scenarios.pipelines import ACCOUNT, BUILD_ROLE, REGION, Pipeline, for_all, policy, statement

R, A = REGION, ACCOUNT
DKR = f"{A}.dkr.ecr.{R}.amazonaws.com"
LAYERS = f"prod-{R}-starport-layer-bucket.s3.{R}.amazonaws.com"
SESSION = f"arn:aws:sts::{A}:assumed-role/build/AWSCodeBuild-9f2c"
HERE = Path(__file__).resolve().parent
STAMP = "[Container] 2026/11/24 01:02:03.456789"
IN_BUILD = f"{STAMP} Entering phase {{phase}}\n{STAMP} Running command {{command}}\n"
FAILED = (
    f"\n{STAMP} Command did not exit successfully {{command}} exit status 1"
    f"\n{STAMP} Phase complete: {{phase}} State: FAILED\n"
)


def log(phase: str, command: str, *lines: str) -> bytes:
    head, tail = IN_BUILD.format(phase=phase, command=command), FAILED.format(phase=phase, command=command)
    return (head + "\n".join(lines) + tail).encode()


def diagnose(net: Build | dict[str, bytes], data: bytes, **more: Any) -> Diagnosis:
    return load_files(net if isinstance(net, dict) else net.files()).diagnose(data, **more)


def only(net: Build, data: bytes, **more: Any) -> Diagnosed:
    found = diagnose(net, data, **more)
    assert len(found.errors) == 1, [one.error for one in found.errors]
    return found.errors[0]


def first(one: Diagnosed) -> tuple[str, str | None, str]:
    cause = one.causes[0]
    return cause.code, cause.cause, cause.likelihood


def codes(one: Diagnosed) -> set[str]:
    return {cause.cause or cause.code for cause in one.causes}


# --- networks ---------------------------------------------------------------------------------------------------------


def public_subnet() -> Build:
    net = Pipeline(endpoints=[])
    net.route("rtb-build", "0.0.0.0/0", net.igw("vpc-1", name="1"))
    return net


def without(*services: str) -> Build:
    every = ("git-codecommit", "ecr.api", "ecr.dkr", "logs")
    return Pipeline(endpoints=[one for one in every if one not in services])


def no_private_dns() -> Build:
    net = Pipeline()
    net["vpce-ecr-dkr"]["PrivateDnsEnabled"] = False
    return net


def narrow_group() -> Build:
    net = Pipeline()
    net["sg-build"]["IpPermissionsEgress"] = [
        {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.10.0.0/16"}],
         "Ipv6Ranges": [], "PrefixListIds": [], "UserIdGroupPairs": []}
    ]  # fmt: skip
    return net


def shut_endpoints() -> Build:
    net = Pipeline()
    net["sg-ep"]["IpPermissions"] = []
    return net


def s3_policy(*statements: Any) -> Build:
    return Pipeline(s3_policy=policy(*statements))


def acl_for_the_vpc_only() -> Build:
    net = Pipeline()
    entries = [(100, way, "allow", "-1", None, "10.10.0.0/16") for way in ("in", "out")]
    net.use_acl(net.acl("vpc-1", entries, name="build"), net.build_a, net.build_c)
    return net


def no_attributes() -> Build:
    return Pipeline(dns_hostnames=False)


def corporate_dns() -> Build:
    net = Pipeline()
    options = next(iter(net._lists["ec2/describe-dhcp-options"]))
    options["DhcpConfigurations"][0]["Values"] = [{"Value": "192.168.0.53"}]
    return net


def no_eni_rights() -> Build:
    return Pipeline(build_role=[one for one in BUILD_ROLE if "ec2:" not in str(one)])


def with_nat() -> Build:
    net = Pipeline()
    net.with_nat()
    return net


def no_vpc() -> Build:
    return Pipeline(in_vpc=False)


def two_zones_of_one_name() -> Build:
    net = Pipeline()
    net.interface_endpoint("vpc-1", "logs", {net.ep_a: "10.10.11.90"}, ["sg-ep"], name="again")
    return net


def sts_endpoint() -> Build:
    return Pipeline(endpoints=["git-codecommit", "ecr.api", "ecr.dkr", "logs", "sts"])


def dkr_policy() -> Build:
    net = Pipeline(endpoints=["git-codecommit", "ecr.api", "logs"])
    net.add_endpoint("ecr.dkr", policy=policy(for_all("ecr:DeleteRepository", effect="Deny")))
    return net


def bucket_policy() -> Build:
    """The bucket lets in only what comes from the VPC; there is no S3 endpoint, and a NAT gateway."""
    net = Pipeline(s3_tables=[], build_role=[*BUILD_ROLE, statement("s3:PutObject")])
    net.with_nat()
    wall = for_all("s3:*", ["arn:aws:s3:::mine", "arn:aws:s3:::mine/*"], "Deny",
                   Condition={"StringNotEquals": {"aws:SourceVpc": "vpc-1"}})  # fmt: skip
    net.put("s3api/list-buckets", {"Buckets": [{"Name": "mine"}]}, region="global")
    net.put("s3api/get-bucket-policy/mine", {"Policy": json.dumps(policy(wall))}, region="global")
    return net


CASES: list[tuple[str, Any, tuple[str, str, str], tuple[str, str | None, str]]] = [
    ("s01-curl", public_subnet,
     ("timeout", "get.example.com", "install"),
     ("IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS", "CODEBUILD_PUBLIC_SUBNET_NO_PUBLIC_IP", "certain")),
    ("s03-docker-login", lambda: without("ecr.api"),
     ("timeout", f"api.ecr.{R}.amazonaws.com", "pre_build"),
     ("NO_ROUTE_TO_DESTINATION", "VPCE_MISSING_FOR_SERVICE", "certain")),
    ("s04-login-at-the-endpoint-s-name", no_private_dns,
     ("forbidden", f"vpce-0abc-1x.api.ecr.{R}.vpce.amazonaws.com", "pre_build"),
     ("ENDPOINT_NAME_IS_NO_REGISTRY", None, "certain")),
    ("s05-layers", lambda: Pipeline(s3_tables=["client"]),
     ("timeout", LAYERS, "build"), ("NO_ROUTE_TO_DESTINATION", "VPCE_ROUTE_TABLE_NOT_ASSOCIATED", "certain")),
    ("s06-security-group", narrow_group,
     ("timeout", LAYERS, "build"), ("ENI_SG_RULES_MISMATCH", None, "certain")),
    ("s07-layers-forbidden", lambda: s3_policy(for_all("s3:*", "arn:aws:s3:::mine/*")),
     ("forbidden", LAYERS, "build"), ("VPCE_POLICY_SERVICE_BUCKET_MISSING", None, "certain")),
    ("s08-principal-account",
     lambda: s3_policy(for_all("s3:*", "*", Condition={"StringEquals": {"aws:PrincipalAccount": A}})),
     ("forbidden", LAYERS, "build"), ("VPCE_POLICY_SERVICE_BUCKET_MISSING", None, "certain")),
    ("s09-docker-hub-s-blobs-in-s3", lambda: s3_policy(for_all("s3:*", "arn:aws:s3:::mine/*")),
     ("forbidden", f"docker-images-prod.s3.{R}.amazonaws.com", "build"),
     ("VPCE_POLICY_IMPLICIT_DENY", None, "certain")),
    ("s10-yum", lambda: s3_policy(for_all("s3:*", "arn:aws:s3:::mine/*")),
     ("forbidden", f"amazonlinux-2-repos-{R}.s3.dualstack.{R}.amazonaws.com", "install"),
     ("VPCE_POLICY_IMPLICIT_DENY", None, "certain")),
    ("s12-private-dns-of-s3", Pipeline,
     ("dns-attributes", "", "build"), ("VPCE_MISSING_FOR_SERVICE", None, "certain")),
    ("s11-nothing-but-a-deny", dkr_policy,
     ("access-denied", "", "build"), ("VPCE_POLICY_IMPLICIT_DENY", None, "certain")),
    ("s13-two-owners-of-a-name", two_zones_of_one_name,
     ("dns-conflict", f"logs.{R}.amazonaws.com", "build"), ("DNS_CONFLICTING_ZONES", None, "certain")),
    ("s14-attributes", no_attributes,
     ("dns-attributes", "", "build"), ("DNS_HOSTNAMES_DISABLED", None, "certain")),
    ("s15-corporate-dns", corporate_dns,
     ("name-not-found", f"api.ecr.{R}.amazonaws.com", "pre_build"),
     ("NO_ROUTE_TO_DESTINATION", "DNS_FORWARDER_UNREACHABLE", "certain")),
    ("s17-iam", Pipeline,
     ("no-connection", "iam.amazonaws.com", "build"),
     ("NO_ROUTE_TO_DESTINATION", "VPCE_MISSING_FOR_SERVICE", "certain")),
    ("s18-global-sts", sts_endpoint,
     ("timeout", "sts.amazonaws.com", "pre_build"), ("DNS_NAME_NOT_COVERED_BY_ENDPOINT", None, "certain")),
    ("s19-bucket-elsewhere", Pipeline,
     ("no-connection", "mine.s3.eu-west-1.amazonaws.com", "post_build"),
     ("CROSS_REGION_NOT_VIA_ENDPOINT", None, "certain")),
    ("s20-network-acl", acl_for_the_vpc_only,
     ("timeout", f"mine.s3.{R}.amazonaws.com", "build"), ("SUBNET_ACL_RESTRICTION", None, "certain")),
    ("s22-endpoint-s-group", shut_endpoints,
     ("timeout", DKR, "build"), ("SG_HAS_NO_RULES", None, "certain")),
    ("s24-no-network-interface", no_eni_rights,
     ("network-interface", "", ""), ("ROLE_CANNOT_CREATE_ENI", None, "certain")),
    ("s25-build-image",
     lambda: Pipeline(environment={"type": "LINUX_CONTAINER", "image": "registry.corp.example/ci:1"}),
     ("image-pull", "registry.corp.example", ""), ("SERVICE_PLANE_PULL_NOT_VIA_VPC", None, "likely")),
    ("s27-ecr-public", Pipeline,
     ("timeout", "public.ecr.aws", "build"), ("DNS_NAME_NOT_COVERED_BY_ENDPOINT", None, "certain")),
    ("s28-logs", lambda: without("logs"),
     ("timeout", f"logs.{R}.amazonaws.com", ""), ("NO_ROUTE_TO_DESTINATION", "VPCE_MISSING_FOR_SERVICE", "certain")),
    ("s29-bucket-policy", bucket_policy,
     ("access-denied", "", "post_build"), ("RESOURCE_POLICY_DENY", None, "certain")),
    ("s30-rate-limit", no_vpc,
     ("rate-limited", "registry-1.docker.io", "build"), ("REGISTRY_RATE_LIMIT", None, "certain")),
    ("s31-8-8-8-8", Pipeline,
     ("name-not-found", "goproxy.corp.example", "build"), ("CONTAINER_RESOLVER_FALLBACK", None, "certain")),
    ("s32-logs-without-a-way", lambda: without("logs"),
     ("timeout", f"logs.{R}.amazonaws.com", ""), ("NO_ROUTE_TO_DESTINATION", "VPCE_MISSING_FOR_SERVICE", "certain")),
    ("s33-apk", Pipeline,
     ("no-connection", "dl-cdn.alpinelinux.org", "build"), ("NO_ROUTE_TO_DESTINATION", None, "certain")),
]  # fmt: skip


def read(name: str) -> bytes:
    return (HERE / "logs" / f"{name}.log").read_bytes()


@pytest.mark.parametrize(("name", "net", "error", "cause"), CASES, ids=[case[0] for case in CASES])
def test_symptom(name: str, net: Any, error: tuple[str, str, str], cause: tuple[str, str | None, str]) -> None:
    found = only(net(), read(name))
    assert (found.error.kind, found.error.host, found.error.phase) == error
    assert first(found) == cause


@pytest.mark.parametrize(("name", "beside"), [("s30-rate-limit", "CODEBUILD_NOT_IN_VPC"),
    ("s18-global-sts", "DNS_NAME_NOT_COVERED_BY_ENDPOINT"), ("s19-bucket-elsewhere", "CROSS_REGION_NOT_VIA_ENDPOINT"),
    ("s20-network-acl", "RETURN_ACL_EPHEMERAL"), ("s04-login-at-the-endpoint-s-name", "DNS_PRIVATE_DNS_DISABLED"),
    ("s27-ecr-public", "DNS_NAME_NOT_COVERED_BY_ENDPOINT"), ("s30-rate-limit", "PUBLIC_EGRESS_POSSIBLE")])  # fmt: skip
def test_what_else_belongs_to_it(name: str, beside: str) -> None:
    net = next(case[1] for case in CASES if case[0] == name)
    assert beside in codes(only(net(), read(name)))


def test_s01_in_codebuilds_own_words() -> None:
    found = only(public_subnet(), b"[Container] 2026/11/24 01:02:03 Build does not have internet connectivity.")
    assert found.error.kind == "no-internet"
    assert "CODEBUILD_PUBLIC_SUBNET_NO_PUBLIC_IP" in codes(found)


def test_s02_an_empty_log_asks_for_the_logs_endpoint() -> None:
    found = only(without("logs"), b"\n")
    assert (found.error.kind, first(found)) == (
        "no-output", ("NO_ROUTE_TO_DESTINATION", "VPCE_MISSING_FOR_SERVICE", "certain")
    )  # fmt: skip


def test_s16_shared_endpoints_without_the_zone() -> None:
    net = Lan()
    for number, service in enumerate(("ecr.api", "ecr.dkr")):
        net.interface_endpoint(net.vpc_id, service, {net.b: f"10.0.2.{20 + number}"}, [net.open], private_dns=False,
                               name=f"{number}")  # fmt: skip
    vpc = net.vpc("172.20.0.0/16", name="s")
    table = net.table(vpc, name="s")
    net.project("app", vpc, [net.subnet(vpc, "172.20.1.0/24", table=table, name="s")], [net.group(vpc, [], [ANY])])
    net.route(table, "10.0.0.0/16", net.peering(vpc, net.vpc_id, name="1"))
    host = "api.ecr.us-east-1.amazonaws.com"
    data = (
        f'RequestError: send request failed\ncaused by: Post "https://{host}/": dial tcp 44.213.79.50:443: i/o timeout'
    )
    found = only(net, data.encode())
    assert first(found) == ("NO_ROUTE_TO_DESTINATION", "DNS_RESOLVES_TO_PUBLIC_ADDRESS", "certain")


def test_s21_what_fails_at_times_is_likely() -> None:
    net = Lan()
    entries: list[Any] = [
        (100, "in", "allow", "tcp", (443, 443), "10.0.0.0/16"), (100, "out", "allow", "-1", None, "0.0.0.0/0"),
    ]  # fmt: skip
    net.use_acl(net.a, net.acl(net.vpc_id, entries, name="x"))
    net.use_acl(net.b, net.acl(net.vpc_id, entries, name="y"))
    net.interface_endpoint(net.vpc_id, "logs", {net.a: "10.0.1.20", net.b: "10.0.2.20"}, [net.open])
    data = b'Connect timeout on endpoint URL: "https://logs.us-east-1.amazonaws.com/"'
    found = only(net, data, source=net.client)
    assert found.verdict is not None
    assert found.verdict.outcome == "intermittent"
    assert first(found) == ("SUBNET_ACL_RESTRICTION", "RETURN_ACL_EPHEMERAL", "likely")


def test_s23_what_stops_the_next_service_is_told_too() -> None:
    net = Pipeline(endpoints=["git-codecommit", "logs"], s3_tables=["client"])
    data = f'Get "https://{DKR}/v2/app/manifests/1": dial tcp 35.72.1.2:443: i/o timeout'
    found = only(net, data.encode())
    assert first(found)[2] == "certain"
    assert {cause.cause for cause in found.causes if cause.likelihood == "possible"} == {
        "VPCE_MISSING_FOR_SERVICE", "VPCE_ROUTE_TABLE_NOT_ASSOCIATED"
    }  # fmt: skip


def test_s26_a_pull_through_cache_that_redirects() -> None:
    data = log("BUILD", f"docker pull {DKR}/docker-hub/library/golang:1.22",
               'Get "https://production.cloudflare.docker.com/x": dial tcp 104.16.1.2:443: timeout')  # fmt: skip
    found = only(Pipeline(), data)
    assert found.error.host == "production.cloudflare.docker.com"
    assert "UPSTREAM_REDIRECT_NEEDS_INTERNET" in codes(found)
    assert "NO_ROUTE_TO_DESTINATION" in codes(found)


@pytest.mark.parametrize(("line", "net", "host", "cause"), [
    ("ResourceInitializationError: failed to validate logger args: : signal: killed", lambda: without("logs"),
     f"logs.{R}.amazonaws.com", ("NO_ROUTE_TO_DESTINATION", "VPCE_MISSING_FOR_SERVICE", "certain")),
    ("An error occurred (RequestTimeout): GetAuthorizationToken: RequestCanceled: request context canceled caused by: "
     "context deadline exceeded", lambda: without("ecr.api"),
     f"api.ecr.{R}.amazonaws.com", ("NO_ROUTE_TO_DESTINATION", "VPCE_MISSING_FOR_SERVICE", "certain")),
    ("CannotPullContainerError: error pulling image configuration: download failed after attempts=6: dial tcp "
     "52.219.0.1:443: i/o timeout", lambda: Pipeline(s3_tables=["client"]),
     LAYERS, ("NO_ROUTE_TO_DESTINATION", "VPCE_ROUTE_TABLE_NOT_ASSOCIATED", "likely")),
    ("error pulling image configuration: error parsing HTTP 403 response body: invalid character '<' looking for "
     'beginning of value: "<?xml version=\\"1.0\\"?><Error><Code>AccessDenied</Code>"',
     lambda: s3_policy(for_all("s3:*", "arn:aws:s3:::mine/*")),
     LAYERS, ("VPCE_POLICY_SERVICE_BUCKET_MISSING", None, "likely")),
], ids=["s28", "s03", "s05", "s07"])  # fmt: skip
def test_a_line_without_a_host_that_its_wording_tells(line: str, net: Any, host: str, cause: Any) -> None:
    found = only(net(), line.encode())
    assert found.error.host == host
    assert first(found) == cause


@pytest.mark.parametrize("line", [
    f"fatal: unable to access 'https://git-codecommit.{R}.amazonaws.com/v1/repos/app/': Failed to connect to "
    f"git-codecommit.{R}.amazonaws.com port 443 after 130112 ms: Connection timed out",
    f"ssh: connect to host git-codecommit.{R}.amazonaws.com port 22: Connection timed out",
])  # fmt: skip
def test_s34_git_push_from_a_client(line: str) -> None:
    found = only(without("git-codecommit"), line.encode(), source="i-1")
    assert found.error.host == f"git-codecommit.{R}.amazonaws.com"
    assert found.error.port == (22 if line.startswith("ssh") else 443)
    assert first(found) == ("NO_ROUTE_TO_DESTINATION", "VPCE_MISSING_FOR_SERVICE", "certain")


# --- how a log is read ------------------------------------------------------------------------------------------------


def messages() -> list[tuple[str, str, str, str]]:
    """(kind, host, command, lines) of messages.txt."""
    found: list[tuple[str, str, str, str]] = []
    for row in (HERE / "messages.txt").read_text(encoding="utf-8").splitlines():
        if row.startswith("  "):
            kind, host, command, text = found[-1]
            found[-1] = (kind, host, command, f"{text}\n{row[2:]}".lstrip("\n"))
        elif not row.startswith("#"):
            kind, host, command = (part.strip() for part in row.split("|"))
            found.append((kind, host, command, ""))
    return found


@pytest.mark.parametrize(("kind", "host", "command", "line"), messages())
def test_message(kind: str, host: str, command: str, line: str) -> None:
    from reachsim.pipeline.knowledge import index_hosts

    names = {name: index_hosts(name)[0] for name in ("pypi", "npm", "debian", "maven", "rubygems")}
    for name, real in names.items():
        line, host = line.replace(f"{{{name}}}", real), host.replace(f"{{{name}}}", real)
    found = only(with_nat(), log("BUILD", command, *line.split("\n")))
    assert (found.error.kind, found.error.host, found.error.phase) == (kind, host, "build")
    assert found.causes


@pytest.mark.parametrize(
    "line",
    [
        "> Could not resolve com.example:lib:1.0.",
        "> Could not resolve all dependencies for configuration ':compileClasspath'.",
        '[vite]: Rollup failed to resolve import "lodash" from "src/a.js".',
        "npm WARN deprecated request@2.88.2: request has been deprecated",
        "  returns 503 when the upstream does not answer (12 ms)",
        "Unable to initialize cache download: no paths specified to be cached",
        "  ✓ throws ECONNREFUSED when the server is down (3 ms)",
        "    should return 401 Unauthorized without a token (3 ms)",
        "tests/test_net.py::test_connection_timeout PASSED [ 12%]",
        "--- PASS: TestConnectionRefused (0.00s)",
        "[INFO] Running com.example.UnknownHostExceptionTest",
        "3 passed, 0 failed, 0 timed out",
        "  adding: docs/timed-out.md (deflated 40%)",
    ],
)
def test_a_line_that_tells_of_no_connection(line: str) -> None:
    assert messages_module.kind_of(line) is None


@pytest.mark.parametrize(
    ("phase", "line", "kind", "host", "action"),
    [
        ("DOWNLOAD_SOURCE", 'CLIENT_ERROR Message: RequestError: send request failed caused by: Get '
         '"https://b.s3.eu-west-1.amazonaws.com/a": dial tcp 52.218.0.1:443: i/o timeout for primary source', "timeout",
         "b.s3.eu-west-1.amazonaws.com", ""),
        ("DOWNLOAD_SOURCE", "GIT_CLONE_FAILED Message: unable to access 'https://git.example.com/a.git/': SSL "
         "certificate problem: self signed certificate", "certificate", "git.example.com", ""),
        ("DOWNLOAD_SOURCE", "CLIENT_ERROR Message: Failed to get access token from arn:aws:codestar-connections:"
         "us-east-1:1:connection/a for primary source", "access-denied", "", ""),
        ("DOWNLOAD_SOURCE", "Secrets Manager Error Message: ResourceNotFoundException: Secrets Manager can't find the "
         "specified secret.", "configuration", "", ""),
        ("PROVISIONING", "BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE: Unable to pull customer's container image. denied: "
         f"User: {SESSION} is not authorized to perform: ecr:BatchGetImage "
         f"on resource: arn:aws:ecr:{R}:{A}:repository/a",
         "image-pull", "", "ecr:BatchGetImage"),
    ],
)  # fmt: skip
def test_a_phase_s_own_error(phase: str, line: str, kind: str, host: str, action: str) -> None:
    text = f"{STAMP} Phase complete: {phase} State: FAILED\n{STAMP} Phase context status code: {line}\n"
    (error,) = read_log(text.encode()).errors
    assert (error.kind, error.host, error.phase, error.action) == (kind, host, phase.lower(), action)


def test_an_error_with_its_reason_stands_for_the_one_without() -> None:
    lines = ("npm error code E403", "npm error 403 403 Forbidden - GET https://npm.example.com/a")
    assert only(with_nat(), log("BUILD", "npm ci", *lines)).error.host == "npm.example.com"
    source = "error NU1301: Unable to load the service index for source https://n.example.com/v3/index.json."
    lines = (source, "error NU1301:   Response status code does not indicate success: 401 (Unauthorized).", source)
    assert only(with_nat(), log("BUILD", "dotnet restore", *lines)).error.kind == "unauthorized"


@pytest.mark.parametrize("part", ["a.", "a-", "//a.", ":", "should ", "Could not connect to "])
def test_a_line_made_of_one_thing_is_read_in_no_time(part: str) -> None:
    with within(1):
        messages_module.place_of(f"{part * 4000}"[:3950] + "b refused")
        messages_module.kind_of(f"{part * 4000}"[:3950] + "b refused")


def test_an_address_alone_is_asked_for() -> None:
    found = only(Pipeline(), log("BUILD", "npm ci", "npm ERR! network connect ETIMEDOUT 10.10.5.5:4873"))
    assert (found.error.address, found.error.port) == ("10.10.5.5", 4873)
    assert found.verdict is not None
    assert found.verdict.question.destination == "ip:10.10.5.5"


@pytest.mark.parametrize(
    ("line", "address", "port"),
    [
        ("curl: (28) Failed to connect to 2001:db8:77::31 port 8443 after 5001 ms: Timeout was reached",
         "2001:db8:77::31", 8443),
        ("ssh: connect to host 10.10.5.5 port 22: Connection timed out", "10.10.5.5", 22),
        ("dial tcp [2001:db8:77::31]:443: i/o timeout", "2001:db8:77::31", 443),
    ],
)  # fmt: skip
def test_addresses_of_either_family_are_read(line: str, address: str, port: int) -> None:
    found = only(Pipeline(), log("BUILD", "./publish.sh", line))
    assert (found.error.address, found.error.port) == (address, port)


def test_a_lookup_that_times_out_is_about_the_name() -> None:
    found = only(Pipeline(dns_support=False), log("BUILD", "docker pull x.example.com/app", (
        "error: dial tcp: lookup x.example.com: i/o timeout")))  # fmt: skip
    assert (found.error.kind, found.error.host) == ("name-not-found", "x.example.com")
    assert first(found)[0] == "DNS_SUPPORT_DISABLED"


@pytest.mark.parametrize("lines", [
    ["[Container] 2026/11/24 01:02:03 Running command echo connection refused", "connection refused"],
    ["[Container] 2026/11/24 01:02:03 Running command npm test", "  ✓ shows when the request timed out (3 ms)"],
    ["+ grep 'i/o timeout' https://github.com/x", "Phase complete: BUILD State: SUCCEEDED"],
    ["Step 3/4 : RUN echo 'curl: (6) Could not resolve host: a.example.com'"],
    ["Successfully built 0123456789ab", "BUILD SUCCESS", "Downloaded from https://repo.example.com/timeout.jar"],
])  # fmt: skip
def test_no_error_is_invented(lines: list[str]) -> None:
    found = diagnose(Pipeline(), "\n".join(lines).encode())
    assert (found.errors, found.causes) == ((), ())


def test_retries_are_one_error_and_a_command_that_went_on_is_not_blamed_first() -> None:
    retry = 'Connect timeout on endpoint URL: "https://sts.ap-northeast-1.amazonaws.com/"'
    data = (
        IN_BUILD.format(phase="BUILD", command="aws sts get-caller-identity || true") + f"{retry}\n{retry}\n"
    ).encode()
    data += b"[Container] 2026/11/24 01:02:09 Running command curl https://a.example.com/x\n"
    data += b"curl: (6) Could not resolve host: a.example.com\n[Container] Phase complete: BUILD State: FAILED"
    found = diagnose(without("logs"), data)
    assert [(one.error.host, one.error.count, one.error.fatal) for one in found.errors] == [
        ("sts.ap-northeast-1.amazonaws.com", 2, False), ("a.example.com", 1, True)
    ]  # fmt: skip
    assert found.to_json()["causes"][0]["rank"] == 1
    assert found.causes[0].component in ("rtb-build", "a.example.com")


def test_whose_log_it_is() -> None:
    net = Pipeline()
    net.project("p2", None, [], [])
    line = "curl: (28) Failed to connect to a.example.com port 443: Connection timed out"
    with pytest.raises(Exception, match="whose log is it"):
        diagnose(net, line.encode())
    with pytest.raises(Exception, match="no such project"):
        diagnose(net, line.encode(), project="p3")
    assert diagnose(net, f"CODEBUILD_BUILD_ID=p2:1234\n{line}".encode()).source == "codebuild:p2"
    assert diagnose(net, line.encode(), project="p1").source == "codebuild:p1"


def test_json_of_the_aws_cli_is_read() -> None:
    line = "curl: (28) Failed to connect to a.example.com port 443: Connection timed out"
    events = {"events": [{"timestamp": 1, "message": "Entering phase BUILD\n"}, {"timestamp": 2, "message": line}]}
    assert only(Pipeline(), json.dumps(events).encode()).error.host == "a.example.com"
    contexts = [{"statusCode": "VPC_CLIENT_ERROR", "message": "Unexpected EC2 error: UnauthorizedOperation"}]
    builds = {"builds": [{"projectName": "p1", "phases": [{"phaseType": "PROVISIONING", "phaseStatus": "CLIENT_ERROR",
                                                           "contexts": contexts}]}]}  # fmt: skip
    found = only(no_eni_rights(), json.dumps(builds).encode())
    assert (found.error.phase, first(found)[0]) == ("provisioning", "ROLE_CANNOT_CREATE_ENI")


def test_colours_stamps_and_carriage_returns_are_no_part_of_a_message() -> None:
    line = "2026-11-24T01:02:03.123Z \x1b[31mcurl: (6) Could not resolve host: a.example.com\x1b[0m\r\n"
    found = only(Pipeline(), line.encode())
    assert found.error.text == "curl: (6) Could not resolve host: a.example.com"


def test_who_is_refused_and_by_whom() -> None:
    text = (
        f"An error occurred (AccessDeniedException) when calling the GetParameter operation: User: {SESSION} is not "
        f"authorized to perform: ssm:GetParameter on resource: arn:aws:ssm:{R}:{A}:parameter/x because no "
        "identity-based policy allows the ssm:GetParameter action"
    )
    found = only(Pipeline(), log("PRE_BUILD", "aws ssm get-parameter --name x", text))
    assert found.requests == ({"action": "ssm:GetParameter", "resource": f"arn:aws:ssm:{R}:{A}:parameter/x"},)
    assert first(found) == ("IDENTITY_POLICY_DENY", None, "certain")


def test_bad_logs_are_one_clear_error() -> None:
    with pytest.raises(Exception, match="binary data"):
        diagnose(Pipeline(), b"\x00\x01\x02" * 100)
    assert diagnose(Pipeline(), b"{" * 5000 + b"\n").errors == ()


def test_no_message_is_passed_over_for_want_of_a_stem() -> None:
    for _, _, pattern in messages_module.KIND:
        depth, parts = 0, [""]
        for character in pattern.pattern:
            depth += (character in "([") - (character in ")]")
            if character == "|" and not depth:
                parts.append("")
            else:
                parts[-1] += character
        assert [part for part in parts if not messages_module.stems_of(part)] == []


def test_a_log_of_megabytes_is_read_in_a_moment() -> None:
    noise = "[INFO] Downloading from central: https://repo.example.com/a/b/c.jar timeout=3 (12 kB at 3 kB/s)\n"
    data = (noise * 20_000 + "curl: (6) Could not resolve host: a.example.com\n" + "x" * 3_000_000).encode()
    with within(4):
        found = only(natted_project(), data)
        assert found.error.line == 20_001


def natted_project() -> Build:
    net = natted()
    net.project("app", net.vpc_id, [net.a], [net.open])
    return net


# --- lines as public reports quote them -------------------------------------------------------------------------------

SOURCE_FAILED = f"{STAMP} Phase is DOWNLOAD_SOURCE\n{STAMP} Phase complete: DOWNLOAD_SOURCE State: FAILED\n"
CONTEXT = f"{STAMP} Phase context status code: "


def s3_source(**more: Any) -> Pipeline:
    net = Pipeline(**more)
    path = f"{A}/{R}/codebuild/batch-get-projects"
    held = json.loads(net.files()[f"{path}.json"])
    held["projects"][0]["source"] = {"type": "S3", "location": "pipe-b/app/source.zip"}
    net.put("codebuild/batch-get-projects", held)
    net.put("s3api/get-bucket-policy/pipe-b", {"Error": {"Code": "NoSuchBucketPolicy"}}, region="global")
    return net


def without_action(action: str) -> list[dict[str, Any]]:
    return [one for one in BUILD_ROLE if one["Action"] != action]


def untrusting() -> Pipeline:
    net = Pipeline()
    held = json.loads(net.files()[f"{A}/global/iam/get-account-authorization-details.json"])
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    held["RoleDetailList"][0]["AssumeRolePolicyDocument"] = policy(trust)
    net.put("iam/get-account-authorization-details", held, region="global")
    return net


QUOTED = [
    ("the-source-s-bucket", lambda: s3_source(build_role=without_action("s3:GetObject")),
     f"{SOURCE_FAILED}AccessDenied: Access Denied\n\tstatus code: 403, request id: BTFH, host id: LNd= for primary "
     "source",
     ("access-denied", f"pipe-b.s3.{R}.amazonaws.com", "download_source"), ("IDENTITY_POLICY_DENY", "certain")),
    ("codecommit-without-a-way", lambda: without("git-codecommit"),
     f'{SOURCE_FAILED}{CONTEXT}CLIENT_ERROR Message: Get "https://git-codecommit.{R}.amazonaws.com/v1/repos/app/info/'
     'refs?service=git-upload-pack": dial tcp 52.94.226.180:443: i/o timeout for primary source and source version',
     ("timeout", f"git-codecommit.{R}.amazonaws.com", "download_source"), ("NO_ROUTE_TO_DESTINATION", "certain")),
    ("codecommit-without-permission",
     lambda: Pipeline(build_role=without_action("codecommit:GitPull")),
     f"{SOURCE_FAILED}{CONTEXT}CLIENT_ERROR Message: authentication required for primary source and source version m",
     ("unauthorized", f"git-codecommit.{R}.amazonaws.com", "download_source"), ("IDENTITY_POLICY_DENY", "certain")),
    ("a-buildspec-that-is-not-there", Pipeline,
     f"{SOURCE_FAILED}{CONTEXT}YAML_FILE_ERROR Message: stat /codebuild/output/src56/src/server/buildspec.yml: no such "
     "file or directory",
     ("configuration", "", "download_source"), ("BUILD_CONFIGURATION_NOT_ACCEPTED", "certain")),
    ("a-parameter-that-may-not-be-read", Pipeline,
     f"{SOURCE_FAILED}{CONTEXT}Decrypted Variables Error Message: AccessDeniedException: User: {SESSION} is not "
     f"authorized to perform: ssm:GetParameters on resource: arn:aws:ssm:{R}:{A}:parameter/x because no "
     "identity-based policy allows the ssm:GetParameters action",
     ("access-denied", "", "download_source"), ("IDENTITY_POLICY_DENY", "certain")),
    ("a-role-that-does-not-trust-codebuild", untrusting,
     f"CodeBuild is not authorized to perform: sts:AssumeRole on arn:aws:iam::{A}:role/build",
     ("access-denied", "", ""), ("ROLE_DOES_NOT_TRUST_CODEBUILD", "certain")),
    ("logs-of-a-client-in-go", lambda: without("logs"),
     f'RequestError: send request failed caused by: Post "https://logs.{R}.amazonaws.com/": dial tcp 54.239.29.99:443: '
     "i/o timeout",
     ("timeout", f"logs.{R}.amazonaws.com", ""), ("NO_ROUTE_TO_DESTINATION", "certain")),
    ("tls-handshake", Pipeline,
     'Error response from daemon: Get "https://registry-1.docker.io/v2/": net/http: TLS handshake timeout',
     ("timeout", "registry-1.docker.io", ""), ("NO_ROUTE_TO_DESTINATION", "certain")),
    ("apk", Pipeline, "WARNING: fetching https://dl-cdn.alpinelinux.org/alpine/v3.18/main: temporary error (try again "
     "later)", ("no-connection", "dl-cdn.alpinelinux.org", ""), ("NO_ROUTE_TO_DESTINATION", "certain")),
    ("pip-without-a-host", Pipeline,
     "WARNING: Retrying (Retry(total=4, connect=None, read=None, redirect=None, status=None)) after connection broken "
     "by 'NewConnectionError('<pip._vendor.urllib3.connection.HTTPSConnection object at 0x7f>: Failed to establish a "
     "new connection: [Errno 101] Network is unreachable')': /simple/requests/",
     ("unreachable", "{pypi}", ""), ("NO_ROUTE_TO_DESTINATION", "certain")),
    ("npm", Pipeline, "npm error network request to https://{npm}/aws-cdk failed, reason: ",
     ("no-connection", "{npm}", ""), ("NO_ROUTE_TO_DESTINATION", "certain")),
    ("npm-idle", Pipeline, "npm ERR! Idle timeout reached for host `{npm}:443`",
     ("timeout", "{npm}", ""), ("NO_ROUTE_TO_DESTINATION", "certain")),
    ("git", Pipeline, "fatal: unable to access 'https://github.com/org/repo.git/': Could not resolve host: github.com",
     ("name-not-found", "github.com", ""), ("NO_ROUTE_TO_DESTINATION", "possible")),
    ("git-without-credentials", with_nat,
     "fatal: could not read Username for 'https://github.com': No such device or address",
     ("unauthorized", "github.com", ""), ("CREDENTIALS_NOT_ACCEPTED", "likely")),
    ("a-token-that-has-expired", Pipeline,
     "denied: Your authorization token has expired. Reauthenticate and try again.",
     ("unauthorized", "", ""), ("CREDENTIALS_NOT_ACCEPTED", "likely")),
    ("no-docker", Pipeline,
     "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
     ("docker-daemon", "", ""), ("DOCKER_DAEMON_NOT_RUNNING", "certain")),
    ("rate-limit", no_vpc, "toomanyrequests: You have reached your pull rate limit. You may increase the limit by "
     "authenticating and upgrading: https://www.docker.com/increase-rate-limit",
     ("rate-limited", "", ""), ("REGISTRY_RATE_LIMIT", "certain")),
]  # fmt: skip


@pytest.mark.parametrize(("net", "text", "error", "cause"), [case[1:] for case in QUOTED],
                         ids=[case[0] for case in QUOTED])  # fmt: skip
def test_a_line_as_users_quote_it(net: Any, text: str, error: tuple[str, str, str], cause: tuple[str, str]) -> None:
    from reachsim.pipeline.knowledge import index_hosts

    names = {f"{{{name}}}": index_hosts(name)[0] for name in ("pypi", "npm")}
    for name, real in names.items():
        text = text.replace(name, real)
    found = diagnose(net(), text.encode(), source="codebuild:p1").errors[0]
    wanted = (error[0], names.get(error[1], error[1]), error[2])
    assert (found.error.kind, found.error.host, found.error.phase) == wanted
    assert (found.causes[0].code, found.causes[0].likelihood) == cause
