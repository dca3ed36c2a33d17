"""What a cloud assembly of the CDK (``cdk.out``) tells of its stacks: their templates, accounts and Regions.

**Source:** AWS CDK Developer Guide, "Configure and perform CDK stack synthesis", "Environments"; the schema of
``@aws-cdk/cloud-assembly-schema`` (``manifest.json``).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from reachsim.importers.places import is_account, is_region

MANIFEST: Final = "manifest.json"
_MAX_MANIFEST: Final = 16 << 20
_STACK: Final = "aws:cloudformation:stack"
_ENVIRONMENT: Final = "aws://"


class _Properties(msgspec.Struct, rename="camel"):
    template_file: str = ""


class _Artifact(msgspec.Struct):
    type: str = ""
    environment: str = ""
    properties: _Properties | None = None


class _Manifest(msgspec.Struct):
    artifacts: dict[str, _Artifact] = {}


@dataclass(frozen=True, slots=True)
class AssembledStack:
    """A stack of an assembly; ``account`` and ``region`` are "" where it can be deployed anywhere."""

    template: str
    account: str = ""
    region: str = ""


def stacks_of(folder: Path) -> list[AssembledStack]:
    """The stacks that a folder's ``manifest.json`` lists, none where it is no cloud assembly."""
    manifest = folder / MANIFEST
    try:
        if manifest.stat().st_size > _MAX_MANIFEST:
            return []
        held = msgspec.json.decode(manifest.read_bytes(), type=_Manifest)
    except (OSError, msgspec.MsgspecError, UnicodeError, RecursionError):
        return []
    return [
        AssembledStack(one.properties.template_file, *_environment(one.environment))
        for one in held.artifacts.values()
        if one.type == _STACK and one.properties is not None and one.properties.template_file
    ]


def stack_of(source: Path) -> AssembledStack:
    """What the assembly that a template lies in tells of its stack."""
    found = (one for one in stacks_of(source.parent) if one.template == source.name)
    return next(found, AssembledStack(source.name))


def _environment(text: str) -> tuple[str, str]:
    account, _, region = text.removeprefix(_ENVIRONMENT).partition("/")
    return account if is_account(account) else "", region if is_region(region) else ""
