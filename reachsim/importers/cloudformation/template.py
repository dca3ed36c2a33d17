"""A template read from YAML or JSON, with the line of every resource: short forms (``!Ref``) become long ones.

Scalars are read as CloudFormation reads them: dates and numbers with leading zeros stay texts. Loops
(``Fn::ForEach``) are unrolled here; SAM is translated in `reachsim.importers.cloudformation.sam`.

**Source:** AWS CloudFormation User Guide, "Template anatomy", "Intrinsic function reference", "Fn::ForEach".
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from reachsim.errors import Fault, QuestionError, SnapshotError, UnsupportedError
from reachsim.importers.cloudformation.assembly import MANIFEST, stacks_of
from reachsim.importers.dump import shown
from reachsim.inputs import read_input
from reachsim.nesting import nests_too_deeply

MAX_TEMPLATE: Final = 4 << 20
"""Bytes; CloudFormation itself takes 1 MB."""
MAX_NODES: Final = 500_000
_SHORT: Final = re.compile(r"!(?!!)([A-Za-z0-9:]+)")
_INTEGER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_IN_AWS_ONLY: Final = ("{file} uses {told}, which runs in AWS only: give the template that aws cloudformation "
                       "get-template --template-stage Processed prints")  # fmt: skip
_SAM: Final = "AWS::Serverless-2016-10-31"
_ADDING: Final = {
    "AWS::CodeDeployBlueGreen": "what a blue/green deployment replaces while it runs",
    "AWS::CodeStar": "the permissions boundary that CodeStar adds to roles",
    "AWS::SecretsManager-2020-07-23": "the stack that rotates secrets",
    "AWS::SecretsManager-2024-09-16": "the stack that rotates secrets",
}
"""AWS's own transforms that leave what the template declares as it is, and what they add."""

Values = dict[str, Any]


@dataclass(slots=True)
class Template:
    """A template's sections, and the line of each resource by its logical id."""

    file: str
    folder: Path
    sections: Values
    lines: dict[str, int] = field(default_factory=dict)
    unsupported: list[tuple[str, str]] = field(default_factory=list)
    """Transforms of which something is left out, and what."""

    def section(self, name: str) -> Values:
        held = self.sections.get(name)
        return held if isinstance(held, dict) else {}

    def place(self, logical_id: str) -> str:
        """Where a resource is declared; one that SAM makes is declared with the resource that its id begins with."""
        line = self.lines.get(logical_id)
        if line is None:
            beginnings = [one for one in self.lines if logical_id.startswith(one)]
            line = self.lines[max(beginnings, key=len)] if beginnings else None
        return f"{self.file}:{line}" if line else self.file


class Resolved(str):
    """What the Parameter Store holds under the key that a parameter is given, as describe-stacks tells it."""


def is_stored(declared: Any) -> bool:
    """Whether a parameter's value is a key of the Parameter Store, whose value counts.

    **Source:** AWS CloudFormation User Guide, "Specify existing resources at runtime with CloudFormation-supplied
    parameter types".
    """
    return isinstance(declared, dict) and str(declared.get("Type", "")).startswith("AWS::SSM::Parameter::Value")


def read_template(source: Path, region: str, given: Mapping[str, Any]) -> Template:
    """Read a template; ``given`` are the values of its parameters.

    Raises SnapshotError for what is none, UnsupportedError for a transform without its extra, QuestionError for a loop
    over a parameter that has no value.
    """
    name = shown(str(source))
    text = read_text(source, name)
    value, lines = load_yaml(text, name, template=True)
    if isinstance(value, dict) and "TemplateBody" in value:  # as aws cloudformation get-template prints it
        body = value["TemplateBody"]
        value, lines = load_yaml(body, name, template=True) if isinstance(body, str) else (body, {})
    if not isinstance(value, dict) or not isinstance(value.get("Resources"), dict) or not value["Resources"]:
        held = value.get("Resources") if isinstance(value, dict) else None
        beside = _listed(source.parent) if source.name == MANIFEST else ""
        found = "Resources that hold nothing" if held in ({}, []) else beside or _instead(value)
        raise SnapshotError(Fault(name, "/Resources", "a CloudFormation template with Resources", found))
    template = Template(name, source.resolve().parent, value, lines)
    _refuse_includes(template)
    loops = _Loops(template, given, region)
    template.sections = template.sections | {
        name: loops.unrolled(template.section(name), {})
        for name in ("Conditions", "Resources", "Outputs") if template.section(name)
    }  # fmt: skip
    _transform(template, region, given)
    for logical_id, one in template.section("Resources").items():
        if not isinstance(one, dict) or not isinstance(one.get("Type"), str):
            raise SnapshotError(Fault(name, f"/Resources/{logical_id}", "an object with a Type", _found(one)))
        if not isinstance(one.get("Properties") or {}, dict):
            found = _found(one["Properties"])
            raise SnapshotError(Fault(name, f"/Resources/{logical_id}/Properties", "an object", found))
        needs = one.get("DependsOn") or []
        for needed in needs if isinstance(needs, list) else [needs]:
            if isinstance(needed, str) and needed not in template.section("Resources"):
                raise SnapshotError(Fault(name, f"/Resources/{logical_id}/DependsOn", "a resource", repr(needed)))
    return template


def read_text(source: Path, name: str) -> str:
    try:
        if source.is_dir():
            raise SnapshotError(Fault(name, "", "a template", _listed(source) or "a folder"))
        size = source.stat().st_size
        if size > MAX_TEMPLATE:
            raise SnapshotError(Fault(name, "", f"at most {MAX_TEMPLATE} bytes (CloudFormation takes 1 MB)", f"{size}"))
        data = read_input(source, MAX_TEMPLATE, name)
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):  # as PowerShell's > writes it
            return data.decode("utf-16")
        if data.startswith((b"PK\x03\x04", b"\x1f\x8b")):
            raise SnapshotError(Fault(name, "", "a template, YAML or JSON", "an archive: name the template within it"))
        return data.decode("utf-8-sig")
    except OSError as error:
        raise SnapshotError(Fault(name, "", "a readable file", error.strerror or str(error))) from error
    except UnicodeDecodeError as error:
        raise SnapshotError(Fault(name, "", "YAML or JSON in UTF-8", "other bytes")) from error


def _listed(folder: Path) -> str:
    """What a cloud assembly holds, in words; "" for another folder."""
    templates = [one.template for one in stacks_of(folder)]
    return f"a cloud assembly of the CDK: name one of its templates, {', '.join(templates)}" if templates else ""


def _lines(mapping: Any) -> Iterator[tuple[str, int]]:
    """The line of each key, and of each below ``Fn::ForEach``."""
    for key, held in mapping.value:
        if str(key.value).startswith("Fn::ForEach::") and held.id == "sequence" and len(held.value) > 2:
            yield from _lines(held.value[2]) if held.value[2].id == "mapping" else ()
        else:
            yield str(key.value), key.start_mark.line + 1


_OTHERS: Final[Mapping[str, str]] = {
    "planned_values": "a Terraform plan: reachsim import terraform takes it",
    "terraform_version": "a Terraform file: reachsim import terraform takes what terraform show -json prints",
    "ChangeSetId": "a change set: give the template that aws cloudformation get-template --change-set-name prints",
    "provider": "a configuration of another tool: give the template that it makes (of serverless package, say)",
}
"""What other documents hold, and what to do with them."""


def _found(value: Any) -> str:
    if isinstance(value, dict):
        return "an object with " + (", ".join(sorted(map(str, value))[:5]) or "nothing in it")
    if value is None:
        return "nothing"
    return "a text" if isinstance(value, str) else f"a {type(value).__name__}"


def _instead(value: Any) -> str:
    """What a document is that is no template, and what to do with it, as far as its keys tell."""
    held = value if isinstance(value, dict) else {}
    return next((told for key, told in _OTHERS.items() if key in held), "") or _found(value)


_JSON_WORDS: Final = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_YAML_WORDS: Final = {
    **_JSON_WORDS,
    **dict.fromkeys(("yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("no", "No", "NO", "off", "Off", "OFF"), False),
}
"""What CloudFormation takes for a boolean where a template has it without quotes, as YAML 1.1 does (aws/aws-cli#5257,
ASFHyP3/hyp3#2061): ``!Equals [!Ref Open, yes]`` compares with ``true``."""


@dataclass(slots=True)
class _Reading:
    """One file that is read: how many values may still come, and which words are booleans."""

    name: str
    words: Mapping[str, bool]
    left: int = MAX_NODES


def load_yaml(text: str, name: str, *, template: bool = False) -> tuple[Any, dict[str, int]]:
    """(plain values with long-form functions, the line of every key below ``Resources``)."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    if nests_too_deeply(text):
        raise SnapshotError(Fault(name, "", "YAML or JSON", "too deep a nesting"))
    reader = YAML(typ="safe", pure=True)
    reader.allow_duplicate_keys = True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an anchor given twice: the later one counts, as YAML says
            node = reader.compose(text)
        lines: dict[str, int] = {}
        if node is not None and getattr(node, "id", "") == "mapping":
            for key, held in node.value:
                if key.value == "Resources" and held.id == "mapping":
                    lines = dict(_lines(held))
        reading = _Reading(name, _YAML_WORDS if template else _JSON_WORDS)
        return (None if node is None else _plain(node, reading)), lines
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        where = f"line {mark.line + 1}: " if mark is not None else ""
        why = getattr(error, "problem", None) or str(error).strip().split("\n")[0]
        raise SnapshotError(Fault(name, "", "complete YAML or JSON", where + shown(str(why)))) from None
    except RecursionError:
        raise SnapshotError(Fault(name, "", "YAML or JSON", "too deep a nesting")) from None
    except (ValueError, TypeError, AttributeError, IndexError) as error:
        raise SnapshotError(Fault(name, "", "YAML or JSON", shown(str(error)))) from None


def _plain(node: Any, reading: _Reading) -> Any:
    reading.left -= 1
    if reading.left < 0:
        raise SnapshotError(Fault(reading.name, "", f"at most {MAX_NODES} values", "more (aliases repeat them)"))
    match node.id:
        case "mapping":
            value: Any = _mapping(node, reading)
        case "sequence":
            value = [_plain(held, reading) for held in node.value]
        case _:
            value = _scalar(node, reading.words)
    short = _SHORT.fullmatch(str(node.tag or ""))
    if short is None:
        return value
    word = short[1]
    if word == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {word if word in ("Ref", "Condition") else f"Fn::{word}": value}


def _mapping(node: Any, reading: _Reading) -> Values:
    """A mapping, with what it merges (``<<``): CloudFormation takes none, but the AWS CLI writes them out first."""
    own: Values = {}
    merged: Values = {}
    for key, held in node.value:
        if key.id != "scalar":
            found = f"line {key.start_mark.line + 1}: a mapping or list as a key"
            raise SnapshotError(Fault(reading.name, "", "keys that are texts", found))
        value = _plain(held, reading)
        if str(key.tag).endswith(":merge"):
            for one in value if isinstance(value, list) else [value]:
                merged = (one if isinstance(one, dict) else {}) | merged
        else:
            named = _scalar(key, reading.words)
            own[("false", "true")[named] if isinstance(named, bool) else str(key.value)] = value
    return merged | own


def _scalar(node: Any, words: Mapping[str, bool]) -> Any:
    text = str(node.value)
    if getattr(node, "style", None) is not None or str(node.tag or "").startswith("!"):
        return text
    if text in ("", "~", "null", "Null", "NULL"):
        return None
    if text in words:
        return words[text]
    return int(text) if _INTEGER.fullmatch(text) else text


# --- loops and transforms ---------------------------------------------------------------------------------------------


def _transform(template: Template, region: str, given: Mapping[str, Any]) -> None:
    held = template.sections.get("Transform") or []
    listed = held if isinstance(held, list) else [held]
    wanted = [str(one.get("Name", "")) if isinstance(one, dict) else str(one) for one in listed]
    others = [one for one in wanted if one not in ("AWS::LanguageExtensions", _SAM, *_ADDING)]
    if others:
        raise UnsupportedError(_IN_AWS_ONLY.format(file=template.file, told=f"the transform {', '.join(others)}"))
    template.unsupported += [(f"Transform {one}", f"left out: {_ADDING[one]}") for one in wanted if one in _ADDING]
    if _SAM in wanted:
        from reachsim.importers.cloudformation.sam import translated

        template.sections = translated(template.sections, template.file, region, given)


def _refuse_includes(template: Template) -> None:
    """Raise UnsupportedError for what AWS puts beside other keys: which it adds there is not to be seen. One that
    stands alone is a value, which is unknown.
    """
    places = [template.sections, *(template.section(name) for name in template.sections)]
    beside = [held for held in _objects(template.section("Resources")) if len(held) > 1]
    for held in (*places, *beside):
        if "Fn::Transform" in held:
            found = held["Fn::Transform"]
            told = found.get("Name", "") if isinstance(found, dict) else ""
            raise UnsupportedError(_IN_AWS_ONLY.format(file=template.file, told=f"Fn::Transform {told}".strip()))


def _objects(value: Any) -> Iterator[Values]:
    """Every object in a value, however deep."""
    if isinstance(value, dict):
        yield value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _objects(one)


class _Loops:
    """``Fn::ForEach`` unrolled, its identifiers put in."""

    def __init__(self, template: Template, given: Mapping[str, Any], region: str) -> None:
        self.template = template
        self.given = given
        self.region = region

    def unrolled(self, value: Any, names: Mapping[str, str]) -> Any:
        if isinstance(value, dict):
            made: Values = {}
            for key, held in value.items():
                if key.startswith("Fn::ForEach::") and isinstance(held, list) and len(held) == 3:
                    for one, inner in self._turns(held, names):
                        made |= inner if isinstance(inner, dict) else {one: inner}
                else:
                    own = _named(key, names)
                    if own != key and key in self.template.lines:
                        self.template.lines.setdefault(own, self.template.lines[key])
                    made[own] = self.unrolled(held, names)
            if len(made) == 1 and isinstance(made.get("Ref"), str) and made["Ref"] in names:
                return names[made["Ref"]]
            return made
        if isinstance(value, list):
            return [self.unrolled(one, names) for one in value]
        return _named(value, names) if isinstance(value, str) else value

    def _turns(self, held: list[Any], names: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
        identifier, collection, body = held
        collection = self._parameter(collection)
        if not isinstance(collection, list):
            raise SnapshotError(Fault(self.template.file, "", "a list that Fn::ForEach runs over", _found(collection)))
        for one in collection:
            turn = self._parameter(one)
            for text in turn if isinstance(turn, list) else [turn]:
                if not isinstance(text, str | int):
                    raise SnapshotError(Fault(self.template.file, "", "texts that Fn::ForEach runs over", _found(text)))
                yield str(text), self.unrolled(body, {**names, str(identifier): str(text)})

    def _parameter(self, node: Any) -> Any:
        """The value of a parameter that is referred to: a list where it is of a list's type; what a mapping holds."""
        found = node.get("Fn::FindInMap") if isinstance(node, dict) else None
        if isinstance(found, list) and len(found) >= 3:
            name, *keys = (str(self._parameter(one)) for one in found[:3])
            held: Any = self.template.section("Mappings").get(name)
            for key in keys:
                held = held.get(key) if isinstance(held, dict) else None
            return held
        if isinstance(node, dict) and node.get("Ref") == "AWS::Region":
            return self.region
        if not isinstance(node, dict) or not isinstance(node.get("Ref"), str):
            return node
        name = node["Ref"]
        declared = self.template.section("Parameters").get(name)
        default = declared.get("Default") if isinstance(declared, dict) else None
        value = self.given.get(name, default)
        if is_stored(declared) and not isinstance(value, Resolved):
            value = None
        if declared is not None and not isinstance(value, str | int | list):
            told = f"{self.template.file}: Fn::ForEach needs parameter {name}, which has no value (--parameters FILE)"
            raise QuestionError(told, "MISSING_PARAMETERS")
        return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


def _named(text: str, names: Mapping[str, str]) -> str:
    for name, one in names.items():
        text = text.replace(f"${{{name}}}", one).replace(f"&{{{name}}}", re.sub("[^0-9A-Za-z]", "", one))
    return text
