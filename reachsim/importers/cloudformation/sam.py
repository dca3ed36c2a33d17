"""SAM templates as the CloudFormation templates that they stand for, by AWS's own translator (extra ``cfn``).

The code that a template names by a local path is of no account here: a stand-in in S3 takes its place, as
``sam package`` would put one. A nested application is a nested stack: a file beside the template, or known to AWS only.
Nothing is asked of AWS.

**Source:** AWS SAM Developer Guide, "AWS SAM resources and properties"; aws-sam-translator.
"""

from __future__ import annotations

import copy
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from reachsim.errors import Fault, SnapshotError, UnsupportedError
from reachsim.importers.dump import shown

Values = dict[str, Any]
logging.getLogger("samtranslator").addHandler(logging.NullHandler())  # it logs of metrics that nobody collects
_KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "Function": ("CodeUri", "ImageUri"), "LayerVersion": ("ContentUri",), "Api": ("DefinitionUri",),
    "HttpApi": ("DefinitionUri",), "StateMachine": ("DefinitionUri",), "GraphQLApi": ("SchemaUri",),
}  # fmt: skip
"""Kinds below ``AWS::Serverless::``, and the properties that name files."""
_STAND_IN: Final = "s3://packaged/artifact"
_IMAGE: Final = "packaged:latest"


def translated(sections: Values, file: str, region: str, given: Mapping[str, Any]) -> Values:
    """The template's sections as the translator leaves them; ``given`` are the values of parameters.

    Raises UnsupportedError without the translator, SnapshotError for what is no SAM template.
    """
    try:
        from samtranslator.model.exceptions import InvalidDocumentException
        from samtranslator.translator.managed_policy_translator import ManagedPolicyLoader
        from samtranslator.translator.transform import transform
    except ImportError as error:
        raise UnsupportedError(
            f"{file} uses the transform AWS::Serverless-2016-10-31: pip install 'reachsim[cfn]' brings its translator"
        ) from error

    class NoCalls(ManagedPolicyLoader):  # type: ignore[misc,unused-ignore]
        """Managed policies by name without asking IAM."""

        def __init__(self) -> None:
            self._policy_map: dict[str, str] = {}

        def load(self) -> dict[str, str]:
            return self._policy_map

    packaged = _packaged(sections)
    expected = "a template that SAM translates"
    with _region(region):
        try:
            found: Values = transform(packaged, _values(sections, given), NoCalls(), passthrough_metadata=True)
        except InvalidDocumentException as error:
            told = "; ".join(str(cause.message) for cause in error.causes) or str(error)
            raise SnapshotError(Fault(file, "", expected, shown(told))) from error
        except Exception as error:  # the translator checks little of what it takes
            raise SnapshotError(Fault(file, "", expected, f"{type(error).__name__}: {shown(str(error))}")) from error
    return found


@contextmanager
def _region(region: str) -> Iterator[None]:
    """The translator asks boto3's session for the Region."""
    told = os.environ.get("AWS_DEFAULT_REGION")
    os.environ["AWS_DEFAULT_REGION"] = region
    try:
        yield
    finally:
        os.environ.pop("AWS_DEFAULT_REGION")
        if told is not None:
            os.environ["AWS_DEFAULT_REGION"] = told


def _values(sections: Values, given: Mapping[str, Any]) -> Values:
    """Values of parameters; those without any stand for themselves, and are asked for once the template is read."""
    declared = sections.get("Parameters")
    names = declared if isinstance(declared, dict) else {}
    open_ = {name: name for name, held in names.items() if isinstance(held, dict) and "Default" not in held}
    told = {name: one for name, one in given.items() if one is not None}
    return open_ | told


def _packaged(sections: Values) -> Values:
    """The template as ``sam package`` would leave it, its nested applications as nested stacks."""
    made = copy.deepcopy(sections)
    globals_ = made.get("Globals")
    for kind, held in globals_.items() if isinstance(globals_, dict) else ():
        _upload(held, _KINDS.get(kind, ()))
    for one in (made.get("Resources") or {}).values():
        kind = str(one.get("Type", "")) if isinstance(one, dict) else ""
        if not kind.startswith("AWS::Serverless::"):
            continue
        properties = one.setdefault("Properties", {})
        kind = kind.removeprefix("AWS::Serverless::")
        if kind == "Application" and isinstance(properties, dict):
            _nest(one, properties)
        elif isinstance(properties, dict):
            _upload(properties, _KINDS.get(kind, ()))
            if kind == "Function":
                _code(properties, globals_)
    return made


def _upload(properties: Any, names: tuple[str, ...]) -> None:
    for name in names if isinstance(properties, dict) else ():
        held = properties.get(name)
        if name == "ImageUri" or held is None:
            continue
        if not isinstance(held, dict) or not {"Bucket", "Key"} <= set(held):
            properties[name] = _STAND_IN


def _code(properties: Values, globals_: Any) -> None:
    """A function's code, which building and packaging fill in where the template names none."""
    common = globals_.get("Function") if isinstance(globals_, dict) else None
    both = {**(common if isinstance(common, dict) else {}), **properties}
    if both.get("PackageType") == "Image":
        properties["ImageUri"] = both.get("ImageUri") or _IMAGE
    elif properties.get("InlineCode") is not None:
        properties.pop("CodeUri", None)
    elif both.get("CodeUri") is None:
        properties["CodeUri"] = _STAND_IN


def _nest(one: Values, properties: Values) -> None:
    location = properties.get("Location")
    if isinstance(location, dict) and "ApplicationId" in location:
        location = location["ApplicationId"]
    one["Type"] = "AWS::CloudFormation::Stack"
    one["Properties"] = {"TemplateURL": location, "Parameters": properties.get("Parameters") or {}}
