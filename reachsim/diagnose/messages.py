"""Error messages of the tools that builds run: of which kind they are, and which host, address or request they name.

One row per kind, tried in order: what is told more exactly stands first. **Source:** the messages that the reports
quoted in facts, symptoms.md, carry, and those of the tools' own sources: Go's net and net/http (docker, buildkit, go,
terraform), botocore, libcurl (curl, git), wget, apk-tools, apt, yum and dnf, pip and urllib3, Node (npm, yarn), Java
(Maven, Gradle), RubyGems, Cargo; CodeBuild User Guide, "Troubleshooting"; IAM User Guide, "Troubleshoot access denied
error messages" (the policy types that a message names).
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from reachsim import digits
from reachsim.diagnose.records import Kind

_KINDS: Final[tuple[tuple[Kind, str], ...]] = (
    ("configuration", r"YAML_FILE_ERROR|Variables Error Message: (?:parameter does not exist|ParameterNotFound)"
                      r"|(?:[Rr]epository|reference) not found for (?:primary|secondary) source"
                      r"|Secrets Manager Error Message: ResourceNotFoundException"
                      r"|\bKMS\.(?:NotFound|Disabled|KMSInvalidState)Exception\b"),
    ("rate-limited", r"toomanyrequests|\bTOOMANYREQUESTS:|429 Too Many Requests|pull rate limit|\bHTTP 429\b"
                     r"|returned error: 429"
                     r"|\((?:Throttling\w*|TooManyRequestsException|RequestLimitExceeded|SlowDown)\) when calling"
                     r"|\bThrottlingException:|api error (?:Throttling\w*|TooManyRequestsException|SlowDown):"),
    ("no-repository", r"[Nn]ame unknown: The repository with name|\bNAME_UNKNOWN\b|\bRepositoryNotFoundException\b"
                      r"|\bRepositoryDoesNotExistException\b|^fatal: repository '[^']+' not found"),
    ("dns-conflict", r"conflicting DNS domain|ConflictingDomainExists|overlapping name ?space"),
    ("dns-attributes", r"requires both .{0,20}enableDns(?:Support|Hostnames)"
                       r"|PrivateDnsOnlyForInboundResolverEndpoint to true"),
    ("no-addresses", r"INSUFFICIENT_SUBNET|InsufficientFreeAddressesInSubnet|insufficient (?:number of )?free addresses"
                     r"|not enough free addresses"),
    ("network-interface", r"VPC_CLIENT_ERROR|Unexpected EC2 error"),
    ("no-internet", r"does not have internet connectivity"),
    ("no-space", r"no space left on device|\bENOSPC\b|Disk quota exceeded|not enough free disk space"),
    ("docker-daemon", r"Cannot connect to the Docker daemon|Is the docker daemon running"
                      r"|dial unix /var/run/docker\.sock"),
    ("access-denied", r"(?:is )?not authorized to perform|\((?:AccessDenied\w*|UnauthorizedOperation|403)\) when"
                      r" calling|^(?:npm ERR! )?AccessDenied(?:Exception)?:|\bACCESS_DENIED\b"
                      r"|authorization failed for (?:primary|secondary) source"
                      r"|does not allow AWS CodeBuild|Failed to get access token from arn:"
                      r"|Error Code: AccessDenied\w*[;)]|api error AccessDenied\w*:|\bDENIED: User: arn:"
                      r"|[Aa]ccess denied to connection arn:|ECS was unable to assume the role 'arn:"
                      r"|provided role does not have (?:sufficient )?permissions"),
    ("unauthorized", r"no basic auth credentials|authorization token has expired|\b401 Unauthorized"
                     r"|\bE401\b|HTTP error 401\b|\b401 Error, Credentials not correct"
                     r"|returned error: 401|\b401 \(Unauthorized\)|requested access to the resource is denied"
                     r"|status code 401 from server|\bUNAUTHORIZED: |HTTP Basic: Access denied"
                     r"|pull access denied"
                     r"|authentication required"
                     r"|must be logged in to the server|could not read (?:Username|Password) for"
                     r"|Unable to locate credentials|Unable to get IAM security credentials"
                     r"|Unable to load (?:AWS )?credentials from any|no valid providers in chain"
                     r"|no EC2 IMDS role found|[Cc]ould not load credentials from any providers"
                     r"|[Aa]uthorization [Tt]oken is invalid"
                     r"|security token included in the request is (?:invalid|expired)"
                     r"|\((?:ExpiredToken\w*|InvalidClientTokenId"
                     r"|UnrecognizedClientException)\)|Authentication failed for|Permission denied \(publickey"),
    ("certificate", r"x509:|CERTIFICATE_VERIFY_FAILED|SSL certificate problem|unable to get local issuer"
                    r"|invalid peer certificate|cannot verify \S+'s certificate"
                    r"|self[- ]signed certificate|SELF_SIGNED_CERT|UNABLE_TO_(?:VERIFY|GET_ISSUER)|certificate verify"
                    r"|[Cc]ertificate verification failed|PKIX path building failed|SSL validation failed"
                    r"|certificate is (?:not|NOT) trusted|tls: failed to verify|SSLHandshakeException"),
    ("proxy", r"Failed to connect to proxy|proxyconnect tcp|from proxy after CONNECT|ProxyError"
              r"|407 Proxy Authentication|Could not resolve proxy|https?://[^\s\"]+\": Forbidden$"),
    ("name-not-found", r"no such host|No such host is known|Could(?: not|n't) resolve (?:host|proxy|['‘\"])"
                       r"|Resolving timed out"
                       r"|Temporary failure (?:in name resolution|resolving)"
                       r"|Name or service not known|nodename nor servname|\bENOTFOUND\b|\bEAI_AGAIN\b"
                       r"|unable to resolve host|bad address|UnknownHostException|Unknown host|server misbehaving"
                       r"|Unable to find the server at \S"
                       r"|\bNXDOMAIN\b|DNS lookup (?:error|failed)|DNS: transient error"
                       r"|Failed to resolve '[\w.-]+'(?! from)"
                       r"|Inaccessible host: `"
                       r"|remote name could not be resolved|: ?nxdomain\b|Resource temporarily unavailable \("
                       r"|Name does not resolve|No address associated with hostname"
                       r"|lookup \S+(?: on \S+)?: .*(?:timeout|refused)|Could not lookup"),
    ("refused", r"Can't connect to MySQL server on '[^']+' \(111\)"
                r"|[Cc]onnection refused|:econnrefused\b|\bECONNREFUSED\b|actively refused"),
    ("timeout", r"Can't connect to MySQL server on '[^']+' \(110\)"
                r"|Could not connect to \S+ \([\d.]+\), connection timed out"),  # apt: then what IPv6 came to
    ("unreachable", r"[Nn]etwork is unreachable|[Nn]o route to host|\bENETUNREACH\b|\bEHOSTUNREACH\b"),
    ("no-connection", r"Can't reach database server at|Could not connect to the endpoint URL"
                      r"|Couldn't connect to server|Could not reach host|Unable to connect to \S{1,253}:https?:"
                      r"|[Tt]emporary error \(try again later\)|network error \(check Internet connection"
                      r"|network request to \S+ failed, reason: *$|could not connect to server"
                            r"|Cannot find a valid baseurl for repo|EndpointConnectionError"
                      r"|Unable to load the service index"
                      r"|CONNECTION FAILED for url|unable to access index for repository|cannot open URL '"
                      r"|Got socket error trying to find package|Unable to (?:connect to|resolve package) source '"
                      r"|Unable to connect to the remote server|[Cc]ouldn't connect to 'https?:"),
    ("timeout", r"i/o timeout|[Tt]imed[ -]?out|\bE(?:SOCKET)?TIMEDOUT\b|Client\.Timeout|Timeout was reached"
                r"|deadline exceeded|request canceled while waiting|timeout on endpoint URL|TLS handshake timeout"
                r"|deadline has elapsed|request context canceled|failed to validate logger args|EIDLETIMEOUT"
                r"|Idle timeout reached|failed to connect to \S+ \(port \d+\) from \S+ \(port \d+\) after \d+ms"
                r"|\bERR_SOCKET_TIMEOUT\b|\bSocket timeout\b"
                r"|:e?timed?out\b|execution expired|[Cc]onnection timeout|OpenTimeout|: [Tt]imeout\b|ConnectTimeout"),
    ("forbidden", r"403[ :,(]+Forbidden|HTTP 403\b|HTTPS? [Ee]rror 403|status(?: code)?:? 403|returned error: 403"
                  r"|ERROR 403|error: 403\b|<Code>AccessDenied|\bE403\b|403 \(Forbidden\)|[Ss]tatus code: 403"
                  r"|403 for URL|HTTP response code: 403|http resp 403\b|status code 403 from server"),
    ("reset", r"connection reset|\bECONNRESET\b|Connection reset|RemoteDisconnected|unexpected EOF|EOF occurred"
              r"|Connection aborted|(?:^|: )EOF$|Connection was closed before we received a valid response"
              r"|\bERR_SOCKET_CLOSED\b|socket hang up"),
    ("no-connection", r"\bRequestError: (?:send request failed|\.{3})?$"),
)  # fmt: skip
STEMS: Final = (
    "timeout", "timed", "deadline", "canceled", "expired", "resol", "no such host", "not known", "enotfound",
    "eai_again", "bad address", "unknown host", "unknownhost", "misbehaving", "nxdomain", "dns", "nodename", "lookup",
    "refused", "unreachable", "no route", "enet", "ehost", "connect", "reach host", "temporary error", "baseurl", "403",
    "reach data", "find the server", "forbidden", "assume the role",
    "denied", "authorized", "unauthorized", "401", "credential", "authentication", "token", "allow aws", "publickey",
    "authorization",
    "x509", "certificate", "tls", "ssl", "self_signed", "unable_to", "pkix", "proxy", "toomany", "429", "rate limit",
    "overlapping", "conflicting", "insufficient", "free addresses", "vpc_client", "ec2 error", "space", "enospc",
    "quota", "docker daemon", "docker.sock", "pull customer", "unable_to_pull", "reset", "eof", "aborted",
    "disconnected", "address associated", "issuer", "does not resolve", "client", "yaml_file", "parameter",
    "not found for", "resourcenotfound", "could not read", "network request", "logger args", "logged in",
    "such host", "could not be", "valid providers", "imds role",
    "temporarily", "hang up", "name unknown", "name_unknown", "repositorynotfound", "repositorydoesnot",
    "fatal: repository", "throttling", "slowdown", "requestlimit", "inaccessible", "requesterror", "kms.",
    "was closed", "socket_closed", "service index", "index for repository", "cannot open", "socket error",
    "package source", "permissions",
)  # fmt: skip
"""In small letters, what every message of the table above has one of: most lines need no closer look."""


def stems_of(pattern: str) -> frozenset[str]:
    """The stems that an expression spells out."""
    spelled = re.sub(r"\[(\w)\1\]", r"\1", pattern.lower()).replace("\\b", "").replace("\\.", ".")
    return frozenset(stem for stem in STEMS if stem in spelled)


KIND: Final = tuple((kind, stems_of(pattern), re.compile(pattern)) for kind, pattern in _KINDS)
_NO_ERROR: Final = re.compile(
    r"^\s*(?:✓|✔|√|ok\b|PASS\b|--- PASS|=== RUN|\[INFO\] (?:Running|Tests run) |adding: |inflating: )"
    r"|^\s*(?:should|returns?|throws?|handles?|retries) .*\(\d+ ?m?s\)$"
    r"|(?:\.\.\.|::\S{1,99}) (?:ok|PASSED)\b|\b0 timed out"
)
"""Lines of test runners and of archivers: the error that they name is a test's or a file's name."""
WITHOUT_HOST: Final[frozenset[Kind]] = frozenset({
    "configuration", "no-repository",
    "rate-limited", "network-interface", "no-internet", "image-pull", "no-addresses", "no-space", "docker-daemon",
    "access-denied", "unauthorized", "dns-conflict", "dns-attributes", "forbidden",
})  # fmt: skip
"""Kinds that say something even where neither host nor address is known."""
LAYERS: Final = re.compile(r"error pulling image configuration|failed to copy: httpReadSeeker"
                           r"|error parsing HTTP 403 response body")  # fmt: skip
LOGGER: Final = re.compile(r"failed to (?:validate logger args|create Cloudwatch log stream)")
LOGIN: Final = re.compile(r"\bGetAuthorizationToken\b")
SECRETS: Final = re.compile(r"unable to (?:retrieve secrets?|get registry auth) from (?P<service>ssm|asm)")
ECR_LOGIN: Final = re.compile(r"unable to retrieve ecr registry auth")
S3_SERVICE: Final = re.compile(r"\(Service: (?:Amazon )?S3[;,]")
WORDED: Final = (LAYERS, LOGGER, LOGIN, SECRETS, ECR_LOGIN, S3_SERVICE)
"""Messages whose wording tells what was contacted where no host does: layers of an image, logs, a login at ECR, a
task's secrets, S3 as the AWS SDK for Java names it."""
OF_A_PROXY: Final = re.compile(r"from proxy after CONNECT|407 Proxy Authentication|\": Forbidden$")
"""What a proxy answered: the client asked it, and went no way of its own to the host."""
OF_A_TASK: Final = re.compile(r"ResourceInitializationError|CannotPullContainerError|CannotStartContainerError")
"""What Amazon ECS says of a stopped task ("Amazon ECS stopped tasks error messages")."""
HOST_BELOW: Final = re.compile(r"^hostname: '(?P<host>[\w.-]+)',?$")
"""Of the properties that the AWS SDK for JavaScript prints below an error, the one that names the host."""
PUSHES: Final = re.compile(r"^The push refers to repository \[([^\]]+)\]")
_IMAGE_PULL: Final = re.compile(r"BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE|[Uu]nable to pull customer's container image")

_HOST: Final = r"(?:[A-Za-z0-9](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?\.){1,20}[A-Za-z][A-Za-z0-9-]{0,22}[A-Za-z]"
_IP: Final = r"(?:\d{1,3}\.){3}\d{1,3}|\[[0-9a-f:.]{2,45}\]"
_NAMED: Final = tuple(re.compile(pattern) for pattern in (
    rf"lookup (?P<host>{_HOST})\.?(?: on (?P<resolver>{_IP}):53)?",
    rf"(?:[Ff]ailed to connect to|[Cc]ould not connect to|[Uu]nable to connect to|[Cc]onnect to host|Connect to"
    rf"|Cannot initiate the connection to|Failed to open TCP connection to|Connecting to|Connection to"
    rf"|Operation timed out to|[Cc]ould not reach host)"
    rf" ['\"]?(?P<host>{_HOST})['\"]?(?:(?::| port )(?P<port>\d+|https?\b))?",
    rf"(?:Could(?: not|n't) resolve (?:host(?:name)?:?|proxy:)?|Could not resolve|Temporary failure resolving"
    rf"|Failed to resolve|unable to resolve host address|bad address|ENOTFOUND|EAI_AGAIN|Unknown host"
    rf"|UnknownHostException:|Could not lookup) *[‘'\"]?(?P<host>{_HOST})",
    rf"host=['\"](?P<host>{_HOST})['\"], port=(?P<port>\d+)",
    rf"conflicting DNS domain for (?P<host>{_HOST})",
    rf"to_address, \{{(?:~c)?[\"'](?P<host>{_HOST})[\"'], (?P<port>\d+)",
    rf"could not be resolved: '(?P<host>{_HOST})'",
    rf"Unable to find the server at (?P<host>{_HOST})",
    rf"getaddrinfo for (?P<host>{_HOST}) failed",
    rf"[Ff]ailed host lookup: '(?P<host>{_HOST})'",
    rf"failed to connect to (?P<host>{_HOST})/{_IP} \(port (?P<port>\d+)\)",
    rf"Inaccessible host: `(?P<host>{_HOST})'",
    rf"cannot verify (?P<host>{_HOST})'s certificate",
    rf"connection to server at \"(?P<host>{_HOST})\"(?: \([^)]*\))?, port (?P<port>\d+)",
    rf"Can't connect to MySQL server on '(?P<host>{_HOST})(?::(?P<port>\d+))?'",
))  # fmt: skip
_UNKNOWN_NAME: Final = re.compile(rf"(?P<host>{_HOST}): (?:Name or service not known|nodename nor servname"
                                  r"|Temporary failure|Name does not resolve)")  # fmt: skip
_URL: Final = re.compile(rf"(?P<scheme>https?|ssh|git)://(?:[^\s@/\"'<>]+@)?(?P<host>{_HOST}|{_IP})(?::(?P<port>\d+))?"
                         r"(?P<path>/[^\s\"'<>]*)?")  # fmt: skip
_HOST_PORT: Final = re.compile(rf"(?<![\w.@/-])(?P<host>{_HOST})(?:/(?:{_IP}))?:(?P<port>\d{{2,5}})(?!\d)")
_REFERENCE: Final = re.compile(rf"(?<![\w.@/-])(?P<host>{_HOST})(?P<path>/[\w./-]+)(?=[:@\s\"']|$)")
_ADDRESS: Final = re.compile(rf"(?:dial tcp|TIMEDOUT|REFUSED|UNREACH|\[?{_HOST}/|\(|\||IP: )[ ]?(?P<ip>{_IP})"
                             r"(?:[:|)\] ]+(?P<port>\d{2,5})?)?")  # fmt: skip
_IP6: Final = r"(?:[0-9a-f]{1,4}:){1,7}:?(?:[0-9a-f]{1,4}:){0,6}[0-9a-f]{1,4}"
_TO_ADDRESS: Final = re.compile(rf"(?:remote host|connect to(?: host)?|dial tcp|TIMEDOUT|REFUSED)"
                                rf" \(?(?P<ip>{_IP}|{_IP6})\)?(?:(?::| port )(?P<port>\d+))?")  # fmt: skip
_EXPLAINS: Final = re.compile(
    r"docs\.(?:docker|aws\.amazon|npmjs|github)\.com|www\.docker\.com|pip\.pypa\.io|help\.github\.com"
)
"""Hosts of pages that a message points its reader to."""
_SCHEMES: Final = {"http": 80, "https": 443, "ssh": 22, "git": 9418}
_FILES: Final = re.compile(r"\.(?:js|ts|go|py|rb|sh|java|json|ya?ml|xml|txt|lock|tar|gz|tgz|zip|jar|pom|rpm|deb|md|sock"
                           r"|so|toml|cfg|conf|ini|local|js:\d+|whl)$")  # fmt: skip

_DENIED: Final = re.compile(
    r"(?:User: (?P<principal>arn:\S+) )?(?:is )?not authorized to perform:? (?P<action>[\w-]+:\w+)"
    r"(?: on (?:(?:the )?resource:? (?P<resource>\S+)|(?P<role>arn:\S+)))?"
)
OF_A_PIPELINE: Final = re.compile(r"provided role does not have (?:sufficient )?permissions"
                                  r"(?: to (?:access|use) (?P<service>[\w ]{2,40}))?")  # fmt: skip
"""What CodePipeline says of a role that it acts in ("Troubleshooting CodePipeline"; the messages of its actions)."""
UNASSUMED: Final = re.compile(r"ECS was unable to assume the role '(?P<role>arn:[^']+)'")
"""What Amazon ECS says of a role that it could not take for a task ("Amazon ECS stopped tasks error messages")."""
_WHOSE_POLICY: Final = re.compile(
    r"(?P<how>because no|explicit deny in an?) (?P<policy>identity-based|resource-based|service control"
    r"|resource control|VPC endpoint|permissions? boundary|permissions boundaries|session) ?polic|"
    r"(?P<how2>because no|explicit deny in an?) (?P<policy2>permissions boundary|permissions boundaries)"
)
_CALLING: Final = re.compile(r"(?:when calling the |operation error S3: )(?P<operation>\w+)(?: operation|,)")
_S3_URL: Final = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]+)(?P<key>/\S*)?")


class Place(NamedTuple):
    """Whom a line says was contacted; empty strings where it does not."""

    host: str = ""
    port: int = 443
    address: str = ""
    resolver: str = ""
    path: str = ""


class Denied(NamedTuple):
    """What an access-denied message says. ``policy`` is the message's own word for the policy's type, ``explicit``
    whether a statement denies; ``operation`` the API call that botocore names in place of an action."""

    principal: str = ""
    action: str = ""
    resource: str = ""
    policy: str = ""
    explicit: bool = False
    operation: str = ""
    bucket: str = ""


def kind_of(line: str) -> Kind | None:
    """The kind of error that a line tells of; None if it tells of none.

    >>> kind_of("curl: (6) Could not resolve host: github.com")
    'name-not-found'
    """
    small = line.lower()
    there = {stem for stem in STEMS if stem in small}
    if not there or _NO_ERROR.search(line):
        return None
    if _IMAGE_PULL.search(line):
        return "image-pull"
    return next((kind for kind, stems, pattern in KIND if not stems.isdisjoint(there) and pattern.search(line)), None)


def place_of(line: str) -> Place:
    """Host, port and address that an error line names.

    >>> place_of('Get "https://proxy.golang.org/x": dial tcp 142.250.1.2:443: i/o timeout').address
    '142.250.1.2'
    """
    address, port = _address(line)
    for pattern in _NAMED:
        found = pattern.search(line)
        if found and (found["host"].endswith(".sh") or not _FILES.search(found["host"])):  # get.helm.sh is no file
            groups = found.groupdict()
            named = groups.get("port") or ""
            usual = 80 if named == "http" else 3306 if "MySQL server on" in line else 0
            number = digits.port(named, usual or port or _port_of(line, found["host"]))
            resolver = (groups.get("resolver") or "").strip("[]")
            return Place(found["host"].lower(), number, address, resolver, _path_of(line, found["host"]))
    url = url_of(line)
    if url.host:
        return url._replace(address=address)
    for pattern in (_UNKNOWN_NAME, _HOST_PORT, _REFERENCE):
        for found in pattern.finditer(line):
            if not _FILES.search(found["host"]):
                groups = found.groupdict()
                number = digits.port(groups.get("port"), port or 443)
                return Place(found["host"].lower(), number, address, "", groups.get("path") or "")
    return Place("", port or 443, address)


def tool_of(line: str) -> str:
    """The command whose message a line is, where the tool's own words tell it.

    >>> tool_of("WARNING: Retrying (Retry(total=4)) after connection broken by 'X': /simple/requests/")
    'pip install requests'
    """
    found = re.search(r"Retrying \(Retry\(.*: /simple/([\w.-]+)/", line)
    return f"pip install {found[1]}" if found else ""


def url_of(line: str) -> Place:
    """The last URL of a line: the one that its error is about.

    >>> url_of("fatal: unable to access 'https://example.com/x.git/': timed out")[:2]
    ('example.com', 443)
    """
    for found in reversed(list(_URL.finditer(line))):
        if _EXPLAINS.fullmatch(found["host"].lower()):
            continue
        port = digits.port(found["port"], _SCHEMES[found["scheme"]])
        if re.fullmatch(_IP, found["host"]):
            return Place("", port, found["host"].strip("[]"))
        return Place(found["host"].lower(), port, path=found["path"] or "")
    return Place()


def _port_of(line: str, host: str) -> int:
    for found in _URL.finditer(line):
        if found["host"].lower() == host.lower():
            return digits.port(found["port"], _SCHEMES[found["scheme"]])
    return 443


def _path_of(line: str, host: str) -> str:
    return next((found["path"] or "" for found in _URL.finditer(line) if found["host"].lower() == host.lower()), "")


def _address(line: str) -> tuple[str, int]:
    """The peer's address: of a Go message the last one, past the resolver's own."""
    found = None
    for pattern in (_TO_ADDRESS, _ADDRESS):
        for one in pattern.finditer(line):
            if one["port"] != "53":
                found = one
        if found:
            return found["ip"].strip("[]"), digits.port(found["port"], 0)
    return "", 0


def denied_of(line: str) -> Denied:
    """What an access-denied message names.

    >>> denied_of("User: arn:aws:iam::1:user/a is not authorized to perform: ecr:PutImage on resource: x").action
    'ecr:PutImage'
    """
    found, whose = _DENIED.search(line), _WHOSE_POLICY.search(line)
    calling, bucket = _CALLING.search(line), _S3_URL.search(line)
    unassumed = UNASSUMED.search(line)
    if unassumed:
        return Denied("ecs-tasks.amazonaws.com", "sts:AssumeRole", unassumed["role"])
    held = found.groupdict() if found else {}
    word = (whose["policy"] or whose["policy2"] or "") if whose else ""
    how = (whose["how"] or whose["how2"] or "") if whose else ""
    return Denied(
        (held.get("principal") or "").rstrip(".,"), held.get("action") or "",
        (held.get("resource") or held.get("role") or "").strip(".,;\"'"),
        word.removesuffix("s") if word.startswith("perm") else word,
        how.startswith("explicit"), calling["operation"] if calling else "",
        f"{bucket['bucket']}{bucket['key'] or ''}" if bucket else "",
    )  # fmt: skip
