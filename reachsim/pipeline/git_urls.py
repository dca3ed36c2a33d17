"""What a Git URL stands for: the host behind it, and the permission that CodeCommit asks for.

**Source:** git-config(1), ``url.<base>.insteadOf``; git-remote-codecommit; facts of `reachsim.pipeline.urls`.
"""

from __future__ import annotations

import re

from reachsim import services
from reachsim.pipeline import urls
from reachsim.pipeline.call import Call
from reachsim.pipeline.records import Confidence, Destination, Found, Gap, Request
from reachsim.pipeline.variables import is_known, nothing_known, shown, starred


def rewritten(call: Call, text: str) -> str:
    """A URL after git's ``insteadOf`` and nothing else."""
    for name, value in call.machine.settings.items():
        if name.startswith("git.insteadof ") and text.startswith(name.removeprefix("git.insteadof ")):
            return value + text[len(name.removeprefix("git.insteadof ")) :]
    return text


def git_found(call: Call, text: str, action: str = "GitPull", confidence: Confidence = "certain") -> list[Found]:
    """What a Git URL stands for, CodeCommit's ``codecommit::R://NAME`` among them."""
    match = re.fullmatch(r"codecommit(?:::(?P<region>[^:]+))?://(?:[^@/]+@)?(?P<name>\S+)", text)
    if match:
        region = match["region"] or call.region
        host = services.host("git-codecommit", region, "")
        arn = starred(f"arn:{services.partition_of(region)}:codecommit:{region}:*:{match['name']}")
        return [Destination(host, 443, "git", confidence, "run", "git-codecommit",
                            (Request(f"codecommit:{action}", arn),))]  # fmt: skip
    found = urls.git_destination(rewritten(call, text), confidence, action)
    if any(isinstance(one, Destination) and one.port != 22 for one in found):
        found += urls.proxy("https_proxy", call.setting("git.proxy") or "")
    if not found and not is_known(text) and nothing_known(text):
        return [Gap(shown(text), urls.why_unknown(text))]
    return found
