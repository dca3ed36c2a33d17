"""What a build may be refused that its configuration does not tell it asks for: said, as no fault is known by it.

Without the files of a build nobody knows which repository it pulls from and pushes to, and the policies of repositories
are not judged. Those that would refuse the build are named.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import unquote

from reachsim import services
from reachsim.check.code import contacts_of_project
from reachsim.config import Config
from reachsim.errors import ReachsimError
from reachsim.forwarding import Ground
from reachsim.selectors import parse_selector
from reachsim.simulate import simulate
from reachsim.workloads import find_project


def unjudged(ground: Ground, config: Config, sources: Sequence[str]) -> tuple[str, ...]:
    """In words, which repositories' policies refuse a build whose files are not at hand."""
    found: list[str] = []
    for source in (one for one in sources if parse_selector(one).kind == "codebuild"):
        name = parse_selector(source).value
        folders = {project: config.folder / place for project, place in config.code.items()}
        if contacts_of_project(ground.network, name, folders, config) is None:
            found += _refusing(ground, config, source)
    return tuple(found)


def _refusing(ground: Ground, config: Config, source: str) -> Iterator[str]:
    network = ground.network
    known = find_project(network, parse_selector(source).value)
    home = known[0] if known is not None else ("", "")
    folder = network.path(home, "ecr", "get-repository-policy", "")
    for path in (one for one in network.snapshot.paths if one.startswith(folder.removesuffix(".json"))):
        name = unquote(path.rpartition("/")[2].removesuffix(".json"))
        arn = f"arn:{services.partition_of(home[1])}:ecr:{home[1]}:{home[0]}:repository/{name}"
        requests = [{"action": one, "resource": arn} for one in (*services.ECR_DOWNLOAD, *services.ECR_PUSH)]
        try:
            verdict = simulate(ground, source, "ecr.dkr", protocol="tcp", port=443, requests=requests, pins=config.pins)
        except ReachsimError:
            continue
        if verdict.layers.get("resource-policy") == "blocked":
            yield (
                f"the policy of repository {name} refuses {source}; whether the build uses it is not "
                "known without its files (code/ in the snapshot, or [code] in reachsim.toml)"
            )
