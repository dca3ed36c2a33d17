"""Requests that prove what a changed policy allows: about resources and by callers of the snapshots, if that can be.

A question about all requests is answered by some request, and a reader knows the own repositories better than an ARN
that is made up. So the question is put about the snapshots' own resources first; where none of them proves it, the
request is one about a made-up resource and is told as an example.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Final, NamedTuple

from reachsim import policy, services
from reachsim.model import records as aws
from reachsim.model.network import Network
from reachsim.policy.judge import View
from reachsim.policy.public import turns_away
from reachsim.policy.statements import Document
from reachsim.policy.symbolic import Difference, allows_more
from reachsim.policy.symbolic_cells import CallerClass, Zone
from reachsim.policy_layers import iam_details, rcps_deny
from reachsim.policy_layers.resources import access_blocks

MOST_RESOURCES: Final = 60
"""Resources of a service that are tried as proofs."""
_WIDEST_FIRST: Final[tuple[CallerClass, ...]] = (
    "another account", "anonymous", "own organization", "own account", "AWS service",
)  # fmt: skip


class Proof(NamedTuple):
    """Whether one policy allows more than another (None: not decided), and a request for it; which of its resource and
    caller are examples, made up.
    """

    more: bool | None
    witness: policy.Request | None
    notes: tuple[str, ...]
    example_resource: bool = False
    example_caller: bool = False


class Real:
    """The resources and callers of some snapshots, the first one's first."""

    def __init__(self, networks: Sequence[Network]) -> None:
        self._networks = networks

    def is_builds(self, role: str) -> bool:
        """Whether builds run with a role."""
        return any(one.service_role == role for network in self._networks for one in network.projects.values())

    def is_foreign(self, asked: policy.Request) -> bool:
        """Whether a request is by somebody of no account of the snapshots, other than an AWS service."""
        known = {account for network in self._networks for account in network.snapshot.accounts()}
        return asked.principal.kind != "service" and asked.principal.account not in known

    def is_kept_out(self, asked: policy.Request, zone: Zone) -> bool:
        """Whether a request is by somebody of the own organization, or one that RCPs deny in the newer snapshot."""
        organization = asked.context.get("aws:PrincipalOrgID")
        return (organization is not None and organization == zone.organization) or rcps_deny(self._networks[0], asked)

    def is_shut(self, place: int, owner: str, bucket: str, held: Sequence[Document], asked: policy.Request) -> bool:
        """Whether S3 Block Public Access keeps out a request that a bucket's public policy would let in (fact 17)."""
        blocks, _ = access_blocks(self._networks[place], owner, bucket)
        shut = any(one.restrict_public_buckets for one in blocks)
        return shut and any(turns_away(document, asked) for document in held)

    def proof(
        self, newer: Sequence[Document], older: Sequence[Document], zone: Zone, view: View, own: Sequence[str] = (),
        service: str | None = None,
    ) -> Proof:  # fmt: skip
        """Whether the newer documents allow more than the older ones.

        Args:
            newer, older: The documents that count together.
            zone: Whose account it is.
            view: What the documents are.
            own: The resource that they belong to, where they are one's: no other is then asked about.
            service: The prefix of the only actions that count, if one.
        """

        def ask(resources: Sequence[str]) -> Difference:
            callers = () if view.kind == "identity" else _WIDEST_FIRST
            return allows_more(
                newer, older, zone, kind=view.kind, gateway=view.gateway, resources=resources, callers=callers,
                services=(service,) if service else (),
            )  # fmt: skip

        whole = ask(own)
        if whole.witness is None:
            return Proof(whole.more, None, whole.notes)
        known = whole if own else self._about_known(ask, whole, service)
        request = (known or whole).witness or whole.witness
        caller = self._caller(newer, older, view, request)
        resource = not own and known is None and not request.wildcard_only_action and not _named(newer, request)
        return Proof(whole.more, caller or request, whole.notes, resource, caller is None and _made_up(newer, request))

    def _about_known(
        self, ask: Callable[[Sequence[str]], Difference], whole: Difference, only: str | None
    ) -> Difference | None:
        """The same about the snapshots' resources, those of the made-up one's service first, and objects of theirs."""
        if not whole.more or whole.witness is None:
            return None
        whole_service = whole.witness.service
        order = sorted(self._resources, key=lambda one: (one.rstrip("/") != whole_service, not one.endswith("/")))
        for service in order:
            found = ask(self._resources[service]) if only in (None, service.rstrip("/")) else None
            if found is not None and found.more and not found.notes:
                return found
        return None

    def _caller(
        self, newer: Sequence[Document], older: Sequence[Document], view: View, request: policy.Request
    ) -> policy.Request | None:
        """The request by a role or user of the snapshots, if it proves the same."""
        if request.principal.kind not in ("role", "session", "user"):
            return None
        for arn in self._callers:
            if arn.split(":")[4] != request.principal.account:
                continue
            context = {**request.context, "aws:PrincipalArn": arn}
            other = policy.Request(
                policy.Principal.parse(arn), request.action, request.resource_arn, request.resource_account, context,
                request.wildcard_only_action,
            )  # fmt: skip
            if _allowed(newer, view, other) and not _allowed(older, view, other):
                return other
        return None

    @cached_property
    def _callers(self) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for network in self._networks:
            for account in dict.fromkeys(account for account, _ in network.homes):
                details, _ = iam_details(network, account)
                if details is not None:
                    found |= dict.fromkeys(one.arn for one in details.role_detail_list)
                    found |= dict.fromkeys(one.arn for one in details.user_detail_list)
        return tuple(found)

    @cached_property
    def _resources(self) -> dict[str, tuple[str, ...]]:
        """Service prefix → ARNs; ``s3/`` stands for objects."""
        found: dict[str, dict[str, None]] = {}
        for arn in (arn for network in self._networks for arn in _arns(network)):
            found.setdefault(arn.split(":")[2] + ("/" if arn.endswith("/?*") else ""), {})[arn] = None
        return {service: tuple(some)[:MOST_RESOURCES] for service, some in found.items()}

    def service(self, endpoint: str) -> str | None:
        """The prefix of the actions that pass an endpoint, if its service is known."""
        for network in self._networks:
            if endpoint in network.vpc_endpoints:
                known = services.suffix_of_service_name(network.vpc_endpoints[endpoint].service_name)
                service = services.service(known[0]) if known is not None else None
                return service.iam_prefix if service is not None else None
        return None

    @staticmethod
    def own(file: str) -> tuple[str, ...]:
        """The ARNs of the resource whose policy a file holds; none where that is not told by the file's name."""
        account, region, service, operation, *name = file.removesuffix(".json").split("/")
        if not name:
            return ()
        what = name[0].replace("%2F", "/")
        if (service, operation) == ("ecr", "get-repository-policy"):
            return (f"arn:{services.partition_of(region)}:ecr:{region}:{account}:repository/{what}",)
        if (service, operation) == ("s3api", "get-bucket-policy"):
            return f"arn:aws:s3:::{what}", f"arn:aws:s3:::{what}/*"
        return ()


def _arns(network: Network) -> Iterator[str]:
    for account, region in network.homes:
        start, home = f"arn:{services.partition_of(region)}", (account, region)
        path = network.path(home, "ecr", "describe-repositories")
        for one in network.read_collection(path, "repositories", aws.Repository):
            yield f"{start}:ecr:{region}:{account}:repository/{one.repository_name}"
        for bucket in network.read_collection(
            network.path((account, "global"), "s3api", "list-buckets"), "Buckets", aws.Bucket
        ):
            yield f"{start}:s3:::{bucket.name}"
            yield f"{start}:s3:::{bucket.name}/?*"
    for ((account, region), name), project in network.projects.items():
        start = f"arn:{services.partition_of(region)}"
        yield f"{start}:codebuild:{region}:{account}:project/{name}"
        for source in (project.source, *project.secondary_sources):
            if source.type == "CODECOMMIT" and source.location:
                yield f"{start}:codecommit:{region}:{account}:{source.location.rsplit('/', 1)[-1]}"
    yield from (one.function_arn for one in network.functions.values() if one.function_arn)


def _allowed(documents: Iterable[Document], view: View, request: policy.Request) -> bool:
    effects = {policy.judge(one, request, view.kind, gateway=view.gateway).effect for one in documents}
    return "allow" in effects and not effects & {"deny", "unknown"}


def _named(documents: Iterable[Document], request: policy.Request) -> bool:
    """Whether a statement names the very resource."""
    return any(
        pattern.template.text == request.resource_arn for one in documents for statement in one.statements
        for element in statement.resources for pattern in element.patterns
    )  # fmt: skip


def _made_up(documents: Iterable[Document], request: policy.Request) -> bool:
    """Whether no statement names the very caller."""
    if request.principal.kind not in ("role", "session", "user"):
        return False
    arn = str(request.context.get("aws:PrincipalArn", request.principal.text))
    statements = [statement for one in documents for statement in one.statements]
    named = {name for one in statements for element in one.principals for name in element.names}
    return arn not in named and not any(arn in str(each) for one in statements for each in one.conditions)
