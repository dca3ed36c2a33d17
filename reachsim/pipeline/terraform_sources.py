"""Where Terraform finds providers that are none of the public registry's, and keeps a state that is in no bucket.

**Source:** Terraform, "Provider Requirements" (source addresses), "Provider Registry Protocol", "CLI Configuration
File" (``provider_installation``), "HCP Terraform", "Backend Configuration" (remote, http, gcs, azurerm, consul).
"""

from __future__ import annotations

import re
from typing import Final

from reachsim.pipeline import urls
from reachsim.pipeline.call import Call
from reachsim.pipeline.records import Confidence, Destination, Found, Gap
from reachsim.pipeline.variables import shown

_PUBLIC: Final = ("registry.terraform.io", "registry.opentofu.org")
_DECLARED: Final = re.compile(
    r"(?<![\w.-])([\w-]+)\s*=\s*\{[^{}]{0,1000}?\bsource\s*=\s*\"((?:[\w.-]+/)?[\w-]+/[\w-]+)\""
)
_USED: Final = re.compile(r'(?m)^[ \t]*(?:resource|data|ephemeral)[ \t]+"([a-z0-9-]+)|^[ \t]*provider[ \t]+"([\w-]+)"')
_MIRROR: Final = re.compile(r"\bnetwork_mirror\s*\{([^{}]{0,2000})\}")
_DIRECT: Final = re.compile(r"\bdirect\s*\{([^{}]{0,2000})\}")
_STATE: Final = re.compile(r'\b(?:(cloud)|backend\s+"(remote|http|gcs|azurerm|consul)")\s*\{')
MAX_BACKEND: Final = 3000
"""Characters of a block that are looked at."""


def registries(text: str) -> tuple[list[str], bool]:
    """(the registries of their own that providers come from, whether some come from the public one).

    >>> registries('required_providers { x = { source = "registry.example.com/a/x" } }')
    (['registry.example.com'], False)
    >>> registries('resource "aws_s3_bucket" "b" {}')
    ([], True)
    """
    declared = dict(_DECLARED.findall(text))
    hosts = {name: one.split("/")[0] for name, one in declared.items() if one.count("/") == 2}
    own = {name: host for name, host in hosts.items() if host not in _PUBLIC}
    used = {(match[1] or match[2]) for match in _USED.finditer(text)} - {"terraform"}
    return list(dict.fromkeys(own.values())), not own or not (set(declared) | used) <= set(own)


def mirrors(call: Call) -> tuple[list[Found], bool]:
    """(the mirrors of providers that the CLI's configuration names, whether it asks registries beside them)."""
    named = call.env("TF_CLI_CONFIG_FILE", "TERRAFORM_CONFIG")
    text = call.first(*([named] if named else ["/root/.terraformrc", "/root/.tofurc"]))
    if text is None:
        gap = Gap(call.command.text, f"what {shown(named or '')} tells Terraform; it is not in these files")
        return ([gap] if named else []), True
    text = re.sub(r"(?m)^[ \t]*(?:#|//).*$", "", text)
    asked = [url for block in _MIRROR.findall(text) for url in re.findall(r'\burl\s*=\s*"([^"]+)"', block)]
    local = "filesystem_mirror" in text
    beside = "provider_installation" not in text or any(
        '"*/*"' not in one or "include" in one for one in _DIRECT.findall(text)
    )
    sure: Confidence = "likely" if local or beside else "certain"
    return [one for url in asked for one in urls.destination(url, "package", sure)], beside


def runs_elsewhere(text: str) -> bool:
    """Whether HCP Terraform or its like may make plans in the build's place (execution mode "remote", the default)."""
    match = _STATE.search(text)
    return match is not None and (match[1] or match[2]) in ("cloud", "remote")


def state(text: str, options: list[str]) -> list[Found]:
    """What keeps the state of a configuration, a bucket of S3 aside."""
    match = _STATE.search(text)
    if match is None:
        return []
    end = text.find("\n}", match.end())
    body = text[match.end() : min(end if end >= 0 else len(text), match.end() + MAX_BACKEND)]
    given = dict(one.split("=", 1) for one in options if "=" in one)
    values = dict(re.findall(r'(?<![\w.])(\w+)\s*=\s*"([^"\n]*)"', body)) | {
        key: one.strip("\"'") for key, one in given.items()
    }
    kind = match[1] or match[2]
    if kind in ("cloud", "remote"):
        return urls.destination(f"https://{values.get('hostname') or 'app.terraform.io'}", "download")
    if kind == "http":
        return urls.destination(values.get("address") or "", "download")
    if kind == "gcs":
        return [Destination("storage.googleapis.com", 443, "download")]
    if kind == "consul":
        address = values.get("address") or ""
        return urls.destination(
            address if "://" in address else f"{values.get('scheme') or 'http'}://{address}", "download"
        )
    account = values.get("storage_account_name")
    return [Destination(f"{account}.blob.core.windows.net", 443, "download")] if account else []
