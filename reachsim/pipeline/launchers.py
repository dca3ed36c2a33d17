"""Programs that contact somebody of their own, or wait, and then run the command behind them.

``PROGRAM SUBCOMMAND … -- COMMAND``; for some the command follows the options, or is handed in as texts.
**Source:** the column-like table below: each program's own documentation of the subcommand.
"""

from __future__ import annotations

import re
from typing import Final

from reachsim import services
from reachsim.pipeline import knowledge, urls
from reachsim.pipeline.call import Call, Outcome, arguments, quoted
from reachsim.pipeline.records import Destination, Found, Script

_BEHIND: Final = {
    "doppler": "run", "infisical": "run", "op": "run", "chamber": "exec", "aws-vault": "exec", "berglas": "exec",
    "teller": "run", "wait-for-it": "", "wait-for-it.sh": "", "fnm": "exec", "volta": "run", "envconsul": "",
}  # fmt: skip
"""Programs whose command stands behind ``--``, by the subcommand that runs one ("": without any)."""
_SERVICES: Final = {"chamber": "ssm", "aws-vault": "sts"}
_VALUED: Final = ["command", "w", "wait", "timeout", "template", "stdout", "stderr", "wait-http-header", "config", "c"]


def launched(call: Call) -> Outcome | None:
    """What such a program contacts, and what it runs; None for any other program, and where it runs nothing."""
    if call.program == "start-server-and-test":
        return _tested(call)
    if call.program == "script":
        text = arguments(call.words, ["c", "command"]).last("c", "command")
        return Outcome((Script(text),), None) if text else None
    if call.program == "sops":
        run = call.words[:1] in (("exec-env",), ("exec-file",)) and len(call.words) > 2
        return Outcome((Script(call.words[2]),), None) if run else None
    if call.program == "dockerize":
        waited = arguments(call.words, _VALUED, stop=True)
        found = [one for place in waited.all("wait") for one in urls.destination(place)]
        return Outcome((*found, *_script(waited.rest)), None)
    subcommand = _BEHIND.get(call.program)
    if subcommand is None or (subcommand and call.words[:1] != (subcommand,)):
        return None
    text = arguments(call.words, ["command"]).last("command")
    behind = call.words[call.words.index("--") + 1 :] if "--" in call.words else ()
    if not behind and not text:
        return None
    own: list[Found] = []
    if knowledge.knows_tool(call.program) and call.program not in ("fnm", "volta"):
        own += knowledge.tool(call.program, " ".join(call.words), call.variables)
    suffix = _SERVICES.get(call.program)
    if suffix:
        own.append(Destination(services.host(suffix, call.region, ""), 443, "aws", service=suffix))
    return Outcome((*own, *((Script(text),) if text else _script(list(behind)))), None)


def _script(words: list[str]) -> tuple[Script, ...]:
    return (Script(" ".join(map(quoted, words))),) if words else ()


def _tested(call: Call) -> Outcome:
    """``start-server-and-test [START URL]… TEST``: each is a script of the project's, or a command."""
    found = []
    for word in call.words:
        if re.match(r"https?[:-]|tcp:|\d+$|localhost|-", word) or "|" in word:
            continue
        scripts = (call.json("package.json") or {}).get("scripts")
        is_script = isinstance(scripts, dict) and word in scripts
        found.append(Script(f"npm run {quoted(word)}" if is_script else word))
    return Outcome(tuple(found), None)
