"""Where the CDK keeps a nested stack's template: beside its parent's, under a name that the TemplateURL does not tell.

The address names the asset by its hash. The resource's metadata (``aws:asset:path``) or, without it, the list of assets
that is written with each stack (``STACK.assets.json``) tell the file.

**Source:** AWS CDK Developer Guide, "Assets" (AWS CloudFormation resource metadata); the schema of
``@aws-cdk/cloud-assembly-schema``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import msgspec

_MAX_LIST: Final = 16 << 20


class _Source(msgspec.Struct):
    path: str | None = None


class _File(msgspec.Struct):
    source: _Source | None = None


class _Assets(msgspec.Struct):
    files: dict[str, _File] = {}


def asset_of(folder: Path, declared: dict[str, Any], ending: str) -> str:
    """The file, below the parent's folder, that a stack's template is in; "" where no list of assets tells.

    Args:
        folder: The folder of the parent's template.
        declared: The nested stack as the template declares it.
        ending: The last part of its TemplateURL.
    """
    held = declared.get("Metadata")
    metadata = held if isinstance(held, dict) else {}
    told = metadata.get("aws:asset:path")
    if isinstance(told, str) and metadata.get("aws:asset:property", "TemplateURL") == "TemplateURL":
        return told
    asset = ending.partition(".")[0]
    for listed in sorted(folder.glob("*.assets.json")) if asset else ():
        file = _read(listed).files.get(asset)
        if file is not None and file.source is not None and file.source.path:
            return file.source.path
    return ""


def _read(listed: Path) -> _Assets:
    """A list of assets; an empty one for a file of another kind that is called so."""
    try:
        if listed.stat().st_size <= _MAX_LIST:
            return msgspec.json.decode(listed.read_bytes(), type=_Assets)
    except (OSError, msgspec.MsgspecError, UnicodeError, RecursionError):
        return _Assets()
    return _Assets()
