"""Other names for accounts, resources, people's words and public addresses: the same text always gets the same other
text.

What a verdict rests on is kept, so that it comes out the same up to renaming:

- Words (runs of letters and digits) change letter by letter, each depending on those before it. So what begins alike
  still begins alike, and ``app-*`` in a policy still matches ``app-artifacts`` and nothing else.
- Public addresses change bit by bit in the same manner behind the first 8 bits (16 where a block of special use lies in
  the same /8), so every block still holds what it held (Xu et al., "Prefix-preserving IP address anonymization", 2002).
  Private and other special addresses stay.
- Resource ids keep their prefix and length, account ids their twelve digits.
- AWS's own words stay: Regions, zones, service names, host names of AWS, ARN prefixes, AWS-managed policies; and the
  names of registries and repository hosts that everybody knows.

Numbers are words too, unless they may be ports: behind a colon (``host:8443``), and where `Aliases.setting` is asked.

**Not** kept: what a ``?``, or a ``*`` before other letters, matches inside a word (``h?me``, ``*prod``); what a ``*``
right behind a word that stays matches of the same word (``log*`` and ``logger``; ``log-*`` is kept); that a tag is more
or less than a number. Words shorter than three letters can be guessed.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from functools import lru_cache
from typing import Final

from reachsim.collect.shapes import service_names
from reachsim.services import SERVICES

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_REGION: Final = (
    r"(?:us|eu|ap|sa|ca|me|af|il|mx|cn|eusc-de|eu-isoe|us-gov|us-iso[bf]?)-"
    r"(?:central|(?:north|south)(?:east|west)?|east|west)-\d{1,2}"
)
_HEX: Final = r"(?:[0-9a-f]{17}|[0-9a-f]{8})(?![0-9a-zA-Z])"
_ID_LIST: Final = """
    acl aclassoc ami attachment cagw cgw core-network cr cvpn-endpoint dopt dxcon dxvif eice eigw eipalloc eipassoc
    ela-attach eni eni-attach fl fs fsmt global-network h i igw ipam ipam-pool ipam-scope key lgw lgw-rtb lgw-vif
    lgw-vif-grp listener lt nat nia nip nis pcx pl r rcfg rgw rni rp rpassoc rpra rslvr(?:-[a-z]+)* rtb rtbassoc sg sgr
    sn snap snra snsa snva subnet subnet-cidr-assoc svc tg tgw tgw-attach tgw-connect-peer tgw-mcast-domain tgw-rtb vgw
    vol vpc vpc-cidr-assoc vpcbpa-exclude vpce vpce-svc vpcec vpn
"""
"""What AWS's resource ids begin with; anything else before such digits is somebody's name (``acme-1a2b3c4d``)."""
_REGISTRIES: Final = "|".join(
    re.escape(host)
    for host in (
        "auth.docker.io", "bitbucket.org", "docker.io", "gcr.io", "ghcr.io", "github.com", "gitlab.com",
        "index.docker.io", "mcr.microsoft.com", "production.cloudflare.docker.com", "public.ecr.aws", "quay.io",
        "registry-1.docker.io", "registry.gitlab.com", "registry.k8s.io",
    )
)  # fmt: skip
"""Hosts that everybody knows: they say nothing of anybody, and builds are judged by some of them."""
_TOKENS: Final = re.compile(
    "|".join(
        f"(?P<{name}>{pattern})"
        for name, pattern in (
            ("variable", r"\$\{[^}]*\}"),
            (
                "version",
                r"(?<![\w.-])(?:2012-10-17|2008-10-17)(?![\w.-])|(?<![^\W_])v\d{1,4}(?![^\W_])|\A-1\Z|\bRoute 53\b",
            ),
            ("time", r"\b\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?"),
            ("managed", r"arn:aws[a-z-]*:iam::aws:[A-Za-z0-9/_.+=,@-]+"),
            ("arn", r"arn:(?:aws[a-z*?-]*|\*):[a-z0-9*?-]*:[a-z0-9*?-]*:(?:\d{12}|\*|aws|aws-managed)?:"),
            ("layers", r"prod-[a-z0-9*-]+-starport-layer-bucket"),
            ("group", r"(?<![\w/])/aws/[a-z0-9-]+/"),
            ("role", r"AWSServiceRoleFor[A-Za-z0-9]+|aws-service-role|service-role"),
            ("key", r"(?<![\w-])alias/aws/[a-z0-9-]+"),
            ("image", r"aws/codebuild/[A-Za-z0-9:._/-]+"),
            ("balancer", r"\b(?:ELB |(?:loadbalancer|listener|listener-rule)/)(?:app|net|gwy)/"),
            ("organization", r"(?<![\w-])(?:o|ou|p|r)-(?=[0-9A-Za-z])"),
            ("variables", r"\b(?:HOME|EXTERNAL)_NET\b"),
            ("session", r"\bAWSCodeBuild(?![A-Za-z0-9])"),
            ("capacity", r"\bFARGATE(?:_SPOT)?\b"),
            ("registry", rf"(?<![\w-])(?:[\w*-]+\.)*(?:{_REGISTRIES})(?![\w-]|\.\w)"),
            ("mac", r"\b[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2}){5}\b"),
            ("uuid", r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b"),
            ("service", r"\b(?:com|cn\.com|eu)\.amazonaws\.[a-z0-9-]+(?:\.(?!vpce-svc-)[a-z0-9-]+)*"),
            (
                "host",
                r"(?<![A-Za-z0-9-])(?:[A-Za-z0-9_*-]+\.)+(?:amazonaws\.com(?:\.cn)?|amazonaws\.eu|api\.aws|on\.aws)\b",
            ),
            ("endpoint", r"\bvpce-[0-9a-f]{17}-[0-9a-z]{8}(?![0-9a-z])"),
            ("id", rf"(?<![\w-])(?:{'|'.join(_ID_LIST.split())})-" + _HEX),
            ("planned", rf"(?<![\w-])(?:{'|'.join(_ID_LIST.split())})-(?=[0-9A-Za-z])"),
            ("dashed", r"\b(?:ec2|ip)-\d{1,3}(?:-\d{1,3}){3}\b"),
            ("ipv4", r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?:/\d{1,2})?(?![\d.])"),
            (
                "ipv6",
                r"(?<![\w:])(?:[0-9a-fA-F]{1,4}:|:(?=:))(?:[0-9a-fA-F]{0,4}:){1,6}[0-9a-fA-F]{0,4}(?:/\d{1,3})?(?![\w:])",
            ),
            ("account", r"(?<![0-9A-Za-z])\d{12}(?![0-9A-Za-z])"),
            ("region", rf"\b{_REGION}[a-z]?(?![A-Za-z0-9])"),
            ("zone", r"\b(?:us|eu|ap|sa|ca|me|af|il|mx|cn)[a-z]{1,3}\d-az\d\b"),
            ("principal", r"\b(?:AROA|AIDA|AGPA|AIPA|ANPA|ANVA|ASCA|AKIA|ASIA)[A-Z0-9]{12,}\b"),
            ("word", r"[^\W_]+"),
        )
    )
)
_LONE: Final = r"(?<![\w./-])\d{1,5}(?![\w./-])"
_LONG: Final = r"(?<![\w:.])(?=[0-9a-fA-F:]*::|(?:[0-9a-fA-F]{1,4}:){7})[0-9a-fA-F:]+(?:/\d{1,3})?(?![\w:])"
_SETTING: Final = re.compile(f"(?P<address>{_LONG})|(?P<number>{_LONE})|(?:(?!{_LONG}|{_LONE}).)+", re.DOTALL)
"""An IPv6 address, a number that stands by itself, or what lies between such."""
_QUOTED: Final = re.compile(r"'[^']*'")
"""The text that stands in for the value of a policy variable."""
_OF_POLICIES: Final = re.compile(r"\$\{(?:[*?$]\}|[^}]*:)")
"""How a variable of a policy begins."""
_STAY: Final = frozenset(
    (
        "balancer", "capacity", "image", "key", "layers", "managed", "organization", "planned", "region", "role",
        "session", "time", "variables", "version", "zone",
    )
)  # fmt: skip
_WORD_LIST: Final = """
    accesspoint alias allow amazon amazonaws amazonprovideddns any assumed attached aws buildspec certificate
    clientvpn cluster com compute config control default deny disabled dns dockerfile ec2 elb enabled enablednshostnames
    enablednssupport endpoint false federated firewall for fullawsaccess function gateway git global group heads
    hostedzone http https image instance interface internal internet io key lambda latest list listener loadbalancer
    local log logs main mfa name nat net network none oidc org owner parameter policy prefix private profile project
    provider public query rcpfullawsaccess refs registry repos repository resolver resource role root route rule
    rulegroup s3 saml scope secret security server service shared ssh standard stateful stateless stream sts subnet
    system tag tags targetgroup true user v1 v2 v3 vpc vpce yaml yml
"""
_LABEL_LIST: Final = """
    * amazonaws api aws cn com compute compute-1 dualstack elb eu internal on s3-accelerate s3-website vpce
"""
_WORDS: Final = frozenset(_WORD_LIST.split())
"""Words, in lower case, that stay: AWS's own, and ones that say nothing of anybody."""
_LABELS: Final = frozenset(_LABEL_LIST.split())
_SPECIAL: Final = tuple(
    ipaddress.ip_network(block)
    for block in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/3",
    )
)  # fmt: skip
_GLOBAL_V6: Final = ipaddress.IPv6Network("2000::/3")


class Aliases:
    """One way of renaming. The same ``key`` gives the same names; without it nobody gets the old ones back.

    >>> names = Aliases(b"key")
    >>> names.text("vpc-0123456789abcdef0 in ap-northeast-1, 10.0.0.0/16")
    'vpc-b42f731c3ad2e793a ew ap-northeast-1, 10.0.0.0/16'
    >>> names.text("app-artifacts").startswith(names.text("app-"))
    True
    """

    def __init__(self, key: bytes) -> None:
        self._key = hashlib.sha256(key).digest()
        self.text = lru_cache(maxsize=1 << 16)(self._text)
        self.word = lru_cache(maxsize=1 << 16)(self._word)
        self.address = lru_cache(maxsize=1 << 16)(self._address)

    def _text(self, text: str) -> str:
        return _TOKENS.sub(self._token, text)

    def setting(self, text: str) -> str:
        """Another text for what may be, or hold, ports and other settings of AWS's: numbers of up to five digits stay.

        >>> Aliases(b"key").setting("8000:8010"), Aliases(b"key").setting("true")
        ('8000:8010', 'true')
        """
        return _SETTING.sub(lambda found: found[0] if found["number"] else self.text(found[0]), text)

    def account(self, account: str) -> str:
        """Twelve other digits, the first of them no zero."""
        return str(10**11 + self._number("account", account) % (9 * 10**11))

    def tag_key(self, key: str) -> str:
        """The key of a tag; ``Name`` and AWS's own stay."""
        return key if key == "Name" or key.startswith("aws:") else self.text(key)

    def condition_key(self, key: str) -> str:
        """A condition key of a policy: a tag's own key, and the host of an identity provider, are somebody's."""
        provider, colon, claim = key.rpartition(":")
        if "." in provider:
            return self.text(provider) + colon + claim
        name, slash, tag = key.partition("/")
        return name + slash + self.tag_key(tag) if slash else key

    def _token(self, match: re.Match[str]) -> str:
        found = match[0]
        match match.lastgroup:
            case "variable":
                if not _OF_POLICIES.match(found):  # a shell's or a template's: its name is somebody's
                    return "${" + self.text(found[2:-1]) + "}"
                key, comma, default = found[2:-1].partition(",")
                return (
                    "${" + self.condition_key(key) + comma + _QUOTED.sub(lambda one: self.text(one[0]), default) + "}"
                )
            case "group":
                return f"/aws/{self._label(found.split('/')[2])}/"
            case "service":
                head, dot, rest = found.partition(".amazonaws.")
                return found if self._stays(rest.split(".")[0]) else head + dot + self.text(rest)
            case kind if kind in _STAY:
                return found
            case "arn":
                head, account, _ = found.rsplit(":", 2)
                return f"{head}:{self.account(account) if account.isdigit() else account}:"
            case "host":
                return ".".join(map(self._label, found.split(".")))
            case "registry":
                known = re.search(rf"(?:{_REGISTRIES})$", found)
                return self.text(found[: known.start()]) + known[0] if known else found
            case "account":
                return self.account(found)
            case "endpoint":
                vpce, _, suffix = found.rpartition("-")
                return f"{self._id(vpce)}-{self._hex('suffix', suffix, len(suffix))}"
            case "id":
                return self._id(found)
            case "uuid":
                digits = self._hex("uuid", found, 32)
                return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
            case "mac":
                digits = self._hex("mac", found, 10)
                return ":".join(("06", *(digits[at : at + 2] for at in range(0, 10, 2))))
            case "dashed":
                name, _, number = found.partition("-")
                return f"{name}-{self._block(number.replace('-', '.')).replace('.', '-')}"
            case "ipv4" | "ipv6":
                return self._block(found)
            case "principal":
                return found[:4] + self._hex("principal", found, len(found) - 4).upper()
        if found.isdigit() and len(found) < 6 and match.string[: match.start()].endswith(":"):
            return found
        return found if found.lower() in _WORDS else self.word(found)

    def _label(self, label: str) -> str:
        return label if self._stays(label) else self.text(label)

    def _stays(self, label: str) -> bool:
        """Whether a label of a name of AWS's is AWS's own."""
        known = label in _LABELS or re.fullmatch(_REGION, label) is not None
        return known or _is_service(label.removesuffix("-fips"))

    def _id(self, text: str) -> str:
        kind, _, digits = text.rpartition("-")
        return f"{kind}-{self._hex(kind, digits, len(digits))}"

    def _word(self, word: str) -> str:
        turned = "".join(
            _turned(character, self._number("word", word[:at].lower())) for at, character in enumerate(word)
        )
        return turned if turned.lower() not in _WORDS else self._word(turned)  # a word that stays means something

    def _block(self, text: str) -> str:
        """An address or block in text; what is neither stays."""
        address, slash, length = text.partition("/")
        try:
            block = ipaddress.ip_interface(text)
        except ValueError:
            return text
        other = self.address(block.ip)
        if slash:
            size = block.ip.max_prefixlen - block.network.prefixlen
            other = type(other)(int(other) >> size << size | int(block.ip) & ((1 << size) - 1))
        return f"{other}/{length}" if slash else (address if other == block.ip else str(other))

    def _address(self, address: Address) -> Address:
        kept = _kept_bits(address)
        width = address.max_prefixlen
        number = int(address)
        for bit in range(kept, width):
            below = width - bit - 1
            number ^= (self._number(f"bit{bit}", hex(int(address) >> below + 1)) & 1) << below
        return type(address)(number)

    def _number(self, kind: str, text: str) -> int:
        digest = hashlib.blake2b(f"{kind}\0{text}".encode(errors="surrogatepass"), key=self._key[:32], digest_size=16)
        return int.from_bytes(digest.digest())

    def _hex(self, kind: str, text: str, length: int) -> str:
        digest = hashlib.blake2b(f"{kind}\0{text}".encode(), key=self._key[:32], digest_size=32)
        return digest.hexdigest()[:length]


def _kept_bits(address: Address) -> int:
    """How many leading bits of an address stay."""
    if isinstance(address, ipaddress.IPv6Address):
        if address not in _GLOBAL_V6:
            return 128
        return 32 if address in ipaddress.IPv6Network("2001::/16") else 16
    for kept in (8, 16):
        around = ipaddress.ip_network((int(address) >> 32 - kept << 32 - kept, kept))
        if not any(around.overlaps(block) for block in _SPECIAL):
            return kept
    return 32


def _turned(character: str, number: int) -> str:
    """Another character of the same kind."""
    if "a" <= character <= "z":
        return chr(97 + (ord(character) - 97 + number) % 26)
    if "A" <= character <= "Z":
        return chr(65 + (ord(character) - 65 + number) % 26)
    if character.isascii():
        return chr(48 + (ord(character) - 48 + number) % 10)
    return chr(0x4E00 + (ord(character) + number) % 20_000)


@lru_cache(maxsize=4096)
def _is_service(label: str) -> bool:
    """Whether a label of a host of AWS's is a service's and no customer's."""
    hosts = (text for one in SERVICES.values() for text in (one.suffix, one.host))
    return label in service_names() or any(label in host.split(".") for host in hosts)
