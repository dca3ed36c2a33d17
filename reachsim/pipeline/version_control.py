"""Version control beside Git: cvs, Bazaar and Breezy, Fossil, Darcs, Perforce.

**Source:** CVS manual, "Remote repositories" (``:pserver:``, port 2401; ``:ext:`` by SSH); Bazaar documentation,
"Publishing a branch" (``lp:`` stands for Launchpad); Fossil and Darcs documentation: clone; P4 command reference,
"P4PORT".
"""

from __future__ import annotations

import re
from typing import Final

from reachsim import digits
from reachsim.pipeline import urls
from reachsim.pipeline.call import Call, Outcome, arguments
from reachsim.pipeline.records import Destination, Found, Gap

_ROOT: Final = (
    r"(?::(?P<way>\w{1,20})(?:;[^:]{0,200})?:)?(?:[^@/]{0,200}@)?(?P<host>[^:/@]{1,253}):(?P<port>\d{1,5})?.{0,1000}"
)


def cvs(call: Call) -> Outcome:
    """cvs: the repository of ``-d``, else of CVSROOT, which a working copy keeps in CVS/Root."""
    given = arguments(call.words, ["d", "z", "e", "T"], stop=True)
    root = given.last("d") or call.env("CVSROOT") or (call.read("CVS/Root") or "").strip()
    if given.has("v", "version", "help") or not call.words:
        return Outcome((), None)
    match = re.fullmatch(_ROOT, root)
    if not root or (match is None and not root.startswith("/")):
        return Outcome((Gap(call.command.text, "which repository that is: CVSROOT is not set in these files"),))
    if match is None or match["way"] in ("local", "fork"):
        return Outcome((), None)
    by_ssh = match["way"] in (None, "ext", "extssh", "server")
    return Outcome((Destination(match["host"], 22 if by_ssh else digits.port(match["port"], 2401), "git"),), None)


def by_branch(call: Call) -> Outcome:
    """bzr, brz, fossil and darcs: the branches and repositories that are named by URL; ``lp:`` is Launchpad."""
    found: list[Found] = []
    for word in call.words:
        if word.startswith("lp:"):
            hosts = ("xmlrpc.launchpad.net", "bazaar.launchpad.net")
            found += [Destination(host, 443, "git", "likely") for host in hosts]
        elif re.match(r"(?:bzr\+|sftp|ssh)\w*://", word):
            found += urls.git_destination(re.sub(r"^(?:bzr\+ssh|sftp)://", "ssh://", word))
        else:
            found += urls.destination(word, "git")
    asks = call.words[:1] in (("pull",), ("update",), ("push",), ("up",), ("sync",), ("send",))
    if asks and not found:
        found.append(Gap(call.command.text, "which server that is: the working copy's settings name it"))
    return Outcome(tuple(dict.fromkeys(found)), None)


def perforce(call: Call) -> Outcome:
    """p4: the server of ``-p`` or P4PORT."""
    given = arguments(call.words, ["p", "u", "P", "c", "C", "H", "d", "x", "Q", "r"], stop=True)
    server = given.last("p") or call.env("P4PORT") or ""
    if given.has("V", "h") or given.rest[:1] in (["set"], ["help"]):
        return Outcome((), None)
    match = re.fullmatch(r"(?:(?:tcp|ssl)[46]*:)?(?:([\w.-]{1,253}):)?(\d{1,5})", server)
    if match is None:
        return Outcome((Gap(call.command.text, "which server that is: P4PORT is not set in these files"),))
    if match[1] is None or urls.is_here(match[1]):
        return Outcome((), None)
    return Outcome((Destination(match[1], digits.port(match[2], 1666), "git"),), None)
