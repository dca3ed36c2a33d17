"""The hosts of a package index that a build names by its URL.

**Source:** `reachsim.pipeline.knowledge` for the public ones, `reachsim.pipeline.codeartifact` for CodeArtifact's.
"""

from __future__ import annotations

import msgspec

from reachsim.pipeline import codeartifact, knowledge, urls
from reachsim.pipeline.records import Confidence, Found, Gap
from reachsim.pipeline.variables import is_known, shown


def index_at(url: str | None, default: str, sure: Confidence) -> list[Found]:
    """The index behind a URL: the public one with all its hosts, or the one host that is named."""
    if url is None:
        return list(knowledge.index(default, sure))
    parsed = urls.parse(url)
    if parsed is None:
        return [Gap(shown(url), urls.why_unknown(url))] if not is_known(url) else []
    if parsed.host in knowledge.index_hosts(default):
        return [msgspec.structs.replace(one, index="") for one in knowledge.index(default, sure)]
    found = urls.destination(url, "package", sure)
    return found if default == "pypi" else [*found, *codeartifact.assets(parsed.host, sure)]
