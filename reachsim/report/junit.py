"""A check, or a comparison's gate, as JUnit's XML: steps and findings as test cases, for the test view of a CI system.

A step that fails or a finding of severity high or medium is a failure, a step that is unknown an error, what is
accepted or not reached is skipped; findings of lower severity pass and are told in ``system-out``. Of a comparison
those fail that its gate fails for.

**Source:** the schema of Jenkins' xUnit plugin, ``junit-10.xsd``; GitLab, "Unit test reports".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from xml.etree import ElementTree as Xml

from reachsim.diff.records import EXPOSURES
from reachsim.model.network import Network
from reachsim.report.gate import Gate, Judged
from reachsim.report.places import Places
from reachsim.verdict import Finding, PipelineStep

_NO_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FAILS: Final = ("high", "medium")
NEWLY: Final = "nothing newly leaves, and nothing is newly exposed"


def render_junit(check: Judged, network: Network, code: Mapping[str, str] | None = None) -> str:
    """The check as one ``testsuites`` document; arguments as for `reachsim.report.sarif.render_sarif`."""
    comparison = isinstance(check, Gate)
    root = Xml.Element("testsuites", name="reachsim diff" if comparison else "reachsim check")
    overall = _suite(root, "overall")
    case = _case(overall, "reachsim.overall", NEWLY if comparison else "private and working")
    if check.overall == "undecided":
        _say(case, "error", "undecided", "\n".join(f"missing: {one}" for one in check.missing))
    elif check.overall not in ("private-and-working", "pass"):
        _say(case, "failure", check.overall, check.overall)
    steps = _suite(root, "steps")
    for step in check.steps:
        _step(_case(steps, f"reachsim.steps.{step.project}", step.step), step)
    findings = _suite(root, "findings")
    places = Places(network, code)
    accepted = {(one.id, one.component): one.reason for one in check.accepted}
    for finding in check.findings:
        place = places.of(finding)[0]
        made = _case(findings, f"reachsim.findings.{finding.id}", finding.component)
        made.set("file", _clean(place.uri))
        made.set("line", str(place.line))
        fails = finding.id in EXPOSURES if comparison else finding.severity in _FAILS
        _finding(made, finding, accepted.get((finding.id, finding.component)), fails=fails)
    for suite in (root, *root):
        for name, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            suite.set(name, str(sum(1 for _ in suite.iter(tag))))
    Xml.indent(root)
    return Xml.tostring(root, encoding="unicode", xml_declaration=False).join(
        ('<?xml version="1.0" encoding="UTF-8"?>\n', "\n")
    )


def _suite(root: Xml.Element, name: str) -> Xml.Element:
    return Xml.SubElement(root, "testsuite", name=name)


def _case(suite: Xml.Element, group: str, name: str) -> Xml.Element:
    return Xml.SubElement(suite, "testcase", classname=_clean(group), name=_clean(name))


def _say(case: Xml.Element, tag: str, message: str, text: str = "") -> None:
    made = Xml.SubElement(case, tag, message=_clean(message))
    made.text = _clean(text) or None


def _step(case: Xml.Element, step: PipelineStep) -> None:
    lines = "\n".join(f"{one.code} {one.component}: {one.detail}" for one in step.blocked_by)
    if step.outcome in ("blocked", "intermittent"):
        _say(case, "failure", f"{step.step} is {step.outcome}", lines)
    elif step.outcome == "unknown":
        _say(case, "error", f"{step.step} is unknown", lines)
    elif step.not_reached:
        _say(case, "skipped", "an earlier step fails")


def _finding(case: Xml.Element, finding: Finding, accepted: str | None, *, fails: bool) -> None:
    text = "\n".join([*finding.evidence, *([f"to mend: {finding.remedy}"] if finding.remedy else [])])
    if accepted is not None:
        _say(case, "skipped", f"accepted: {accepted}")
    elif fails:
        _say(case, "failure", f"{finding.severity}: {finding.title}", text)
    else:
        made = Xml.SubElement(case, "system-out")
        made.text = _clean(f"{finding.severity}: {finding.title}\n{text}")


def _clean(text: str) -> str:
    """Text without what XML 1.0 cannot hold."""
    return _NO_XML.sub("\ufffd", text)
