"""Load tests and tests of APIs: what their plans name.

Of a script for k6 the calls that are handed a URL are read, of Artillery's plan its target, of Postman's collection the
addresses of its requests. Not read: variables of plans, JMeter's and Locust's plans.
**Source:** k6 documentation, "Running k6"; Artillery documentation, "Test script reference"; newman README; Postman
collection format 2.1.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import Final

from reachsim.pipeline import inline, urls
from reachsim.pipeline.call import Call, Outcome
from reachsim.pipeline.records import Found, Gap

MAX_ADDRESSES: Final = 100
"""Addresses of one plan that are looked at."""
_SCRIPT: Final = (".js", ".mjs", ".ts")
_ADDRESS: Final = {
    ".yml": re.compile(r"(?m)^[ \t]*target:[ \t]*[\"']?(https?://[^\s\"'{}#]{1,300})"),
    ".json": re.compile(r"\"(?:raw|target|url|request)\"\s{0,9}:\s{0,9}\"(https?://[^\s\"{}]{1,300})"),
}


def plan(call: Call) -> Outcome:
    """``k6 run FILE``, ``artillery run FILE``, ``newman run FILE``, ``jmeter -t FILE``, ``locust -f FILE``."""
    found: list[Found] = [one for word in call.words for one in urls.destination(word.rpartition("=")[2] or word)]
    names = [word for word in call.words if re.search(r"\.(?:m?js|ts|json|ya?ml|jmx|py)$", word) and "://" not in word]
    for name in names:
        found += _named(call, name)
    absent = [word for word in call.words[1:] if not word.startswith("-") and not call.exists(word)]
    if call.words[:1] in (("run",), ("-n",), ("-f",), ("-t",), ("cloud",)) and absent and not found and not names:
        found.append(Gap(call.command.text, "the plan of the test is not in the context"))
    if (names and not found) or any(name.endswith(_SCRIPT) for name in names):
        found.append(Gap(call.command.text, "of the plan of a test only the addresses that it writes out are read"))
    return Outcome(tuple(dict.fromkeys(found)), None)


def _named(call: Call, name: str) -> list[Found]:
    text = call.read(name)
    if text is None:
        return []
    if name.endswith(_SCRIPT):
        return inline.fetched(call, "node", text, whole=True, file=call.machine.context_path(call.path(name)) or name)
    pattern = _ADDRESS.get("." + name.rpartition(".")[2].replace("yaml", "yml"))
    written = islice(pattern.finditer(text), MAX_ADDRESSES) if pattern else ()
    return [one for match in written for one in urls.destination(match[1])]
