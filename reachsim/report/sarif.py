"""A check, or a comparison's gate, as SARIF 2.1.0, for code scanning: one result per finding, at its line.

Accepted findings are results with a suppression. Severity high is ``error``, medium ``warning``, low and info ``note``.

**Source:** OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0"; GitHub, "SARIF support for code
scanning" (``partialFingerprints``, ``security-severity``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from reachsim.codes import CODES
from reachsim.model.network import Network
from reachsim.report.gate import Judged
from reachsim.report.places import Place, Places
from reachsim.verdict import Acceptance, Finding

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS: Final = {"high": "error", "medium": "warning", "low": "note", "info": "note"}
SCORES: Final = {"high": "8.0", "medium": "5.5", "low": "3.0", "info": "0.0"}
"""``security-severity``: what GitHub sorts by."""


def render_sarif(check: Judged, network: Network, code: Mapping[str, str] | None = None) -> str:
    """The check as one SARIF log.

    Args:
        check: What `reachsim.api.Reach.check` found, or `reachsim.report.gate.gate_of` a comparison.
        network: Its snapshot's network: where components are written down.
        code: Folder of a project's own files by project, as ``--code`` gives them.
    """
    places = Places(network, code)
    accepted = {(one.id, one.component): one for one in check.accepted}
    rules = sorted({one.id for one in check.findings})
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": "reachsim",
                "semanticVersion": "0.1.0",
                "rules": [_rule(one, check) for one in rules],
            }
        },
        "columnKind": "utf16CodeUnits",
        "results": [
            _result(one, rules.index(one.id), accepted.get((one.id, one.component)), places) for one in check.findings
        ],
        "invocations": [{"executionSuccessful": True, "exitCode": check.exit_code, **_notifications(check)}],
        "properties": {"overall": check.overall, "missing": list(check.missing)},
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False)


def _rule(code: str, check: Judged) -> dict[str, Any]:
    known = CODES.get(code)
    worst = min((one.severity for one in check.findings if one.id == code), key=list(LEVELS).index)
    made: dict[str, Any] = {"id": code, "name": "".join(part.title() for part in code.split("_"))}
    if known is not None:
        made |= {"shortDescription": {"text": known.text}, "fullDescription": {"text": known.text}}
        made |= {"help": {"text": known.remedy}} if known.remedy else {}
        made |= {"helpUri": known.docs} if known.docs else {}
    return made | {
        "defaultConfiguration": {"level": LEVELS[worst]},
        "properties": {"tags": ["security", "network"], "security-severity": SCORES[worst]},
    }


def _result(finding: Finding, rule: int, accepted: Acceptance | None, places: Places) -> dict[str, Any]:
    lines = [finding.title, *finding.evidence, *([f"To mend: {finding.remedy}"] if finding.remedy else [])]
    told = places.of(finding)
    made: dict[str, Any] = {
        "ruleId": finding.id,
        "ruleIndex": rule,
        "level": LEVELS[finding.severity],
        "message": {"text": "\n".join(lines).replace("](", "] (")},  # a viewer makes a link of [text](target)
        "locations": [_location(told[0], finding.component)],
        "partialFingerprints": {
            "reachsim/v1": hashlib.sha256(
                f"{finding.id}\0{finding.component}".encode("utf-8", "surrogatepass")
            ).hexdigest()[:32]
        },
        "properties": {"severity": finding.severity, "component": finding.component},
    }
    if told[1:]:
        made["relatedLocations"] = [{"id": n, **_physical(place)} for n, place in enumerate(told[1:], start=1)]
    if accepted is not None:
        made["suppressions"] = [{"kind": "external", "status": "accepted", "justification": accepted.reason}]
    return made


def _location(place: Place, component: str) -> dict[str, Any]:
    return {**_physical(place), "logicalLocations": [{"fullyQualifiedName": component, "kind": "resource"}]}


def _physical(place: Place) -> dict[str, Any]:
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(place.uri, safe="/-._~!$&'()*+,;=@")},
            "region": {"startLine": place.line},
        }
    }


def _notifications(check: Judged) -> dict[str, Any]:
    """What was missing: it may hide findings."""
    told = [f"missing: {one}" for one in check.missing]
    return {
        "toolExecutionNotifications": [{"level": "warning", "message": {"text": one}} for one in told]
    } if told else {}  # fmt: skip
