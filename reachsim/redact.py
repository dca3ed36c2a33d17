"""Leaving secrets out of AWS's answers before they reach the disk: keys and names stay, values become "".

What goes: plain-text environment variables of builds, functions, containers and pipeline actions; default values of
pipelines' variables; parameters of actions;
credentials of sources and webhooks; pre-shared keys of VPN connections and BGP keys of virtual interfaces; user data;
user names and passwords inside URLs; values of ``env: variables:`` in a buildspec that is part of a project; values of
tags whose key is on the deny list; e-mail addresses of accounts; and, wherever they stand in a text (a command of a
buildspec, a description), keys and tokens whose form tells what they are: access keys of AWS, tokens of GitHub, GitLab,
Slack, npm, PyPI, Docker Hub and Stripe, private keys in PEM form, what is assigned to a variable that is called like a
secret, and what commands are given as a password (``--password x``, ``docker login -p x``, ``curl -u a:x``,
``Authorization: Bearer x``). Variables that only *name* a parameter or a secret are kept, as they say what a build
contacts.

**Not** looked at: other secrets in descriptions, commands, tags and names. **Source:** CodeBuild, Lambda, ECS,
CodePipeline and EC2 API references; the vendors' documentation of their tokens' prefixes.
"""

from __future__ import annotations

import fnmatch
import re
import warnings
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

DENIED_TAGS: Final = ("*secret*", "*passw*", "*token*", "*credential*", "*api*key*", "*private*key*", "*access*key*")
"""Patterns of tag keys whose values are left out in any case; ``--redact`` adds to them."""

_ALWAYS: Final = frozenset(
    {
        "authkey", "authorizationtoken", "bgpauthkey", "clientsecret", "customergatewayconfiguration",
        "customerrouterconfig", "kubeconfig", "masteruserpassword", "oauthtoken", "parameteroverrides", "password",
        "presharedkey", "privatekey", "secret", "secretaccesskey", "secrettoken", "sessiontoken", "userdata",
        "userparameters",
    }
)  # fmt: skip
"""Keys, in lower case, whose text is a secret wherever it stands."""
_NAMED_ELSEWHERE: Final = frozenset({"PARAMETER_STORE", "SECRETS_MANAGER"})
_URL_USER = re.compile(
    r"((?:https?|ftp|git)://)[^/@\s\"']+@|((?<![a-z+])[a-z+]+://)[^/@:\s\"']*:[^/@\s\"']*@", re.IGNORECASE
)

_TOKEN: Final = re.compile(
    r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bgh[pousr]_[A-Za-z0-9]{30,}|\bgithub_pat_\w{22,}|\bglpat-[\w-]{20,}|"
    r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}|\bnpm_[A-Za-z0-9]{36}|\bpypi-AgE[\w-]{20,}|\bdckr_pat_[\w-]{20,}|"
    r"\b[rs]k_live_[A-Za-z0-9]{16,}|-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)",
    re.DOTALL,
)
_ASSIGNED: Final = re.compile(
    r"((?<![\w$])(?=\w*(?:secret|passw|token|credential|api_?key|private_?key|access_?key))\w++\s*=\s*)"
    r"(?:\"[^\"$\n]+\"|'[^'\n]+'|[^\s\"'$;&|()]+)(?=\s|$|[;&|)\"'])",
    re.IGNORECASE,
)
_OPTION: Final = re.compile(
    r"((?<![\w-])--(?:password|passwd|passphrase|api-?key|(?:access|auth)-?token|client-secret)[ \t]+"
    r"|\blogin\b[^\n;&|]{0,200}?[ \t]-p[ \t]*|\bauthorization:[ \t]*(?:basic|bearer|token)[ \t]+"
    r"|(?<![\w-])(?:-u|--user)[ \t]*[\"']?(?!\d+:\d+\b)[^\s:$\"']+:)"
    r"(?:\"[^\"$\n]+\"|'[^'\n]+'|(?![-\"'$`<&|;])[^\s\"'$;&|()]+)(?=\s|$|[;&|)\"'])",
    re.IGNORECASE,
)
"""What commands are given as a password: options of many tools, ``docker login -p``, headers, ``curl -u user:…``."""
_SHORTEST: Final = 12
"""Characters that a text has at least which is searched for tokens."""

Redactor = Callable[[Any], Any]


def redactor(patterns: Sequence[str] = ()) -> Redactor:
    """A function that returns an answer (or one record of it) without secrets.

    Args:
        patterns: Further patterns of tag keys (``*`` and ``?``), not minding case.

    >>> clean = redactor(["cost*"])
    >>> clean({"Tags": [{"Key": "CostCentre", "Value": "4711"}, {"Key": "Name", "Value": "a"}], "UserData": "x"})
    {'Tags': [{'Key': 'CostCentre', 'Value': ''}, {'Key': 'Name', 'Value': 'a'}], 'UserData': ''}
    """
    denied = re.compile("|".join(fnmatch.translate(one.lower()) for one in (*DENIED_TAGS, *patterns)))

    def clean(value: Any) -> Any:
        match value:
            case dict():
                return _record({key: _member(key, one) for key, one in value.items()})
            case list():
                return [clean(one) for one in value]
            case str():
                return _text(value)
        return value

    def _member(key: str, value: Any) -> Any:
        lower = key.lower()
        match value:
            case str() if lower in _ALWAYS or lower.endswith("email"):
                return ""
            case str() if lower == "buildspec":
                return clean(no_variables(value))
            case str() if lower == "defaultvalue":
                return ""
            case str() if lower == "environmentvariables":
                return _json_variables(value)
            case dict() if lower == "variables":
                return dict.fromkeys(value, "")
            case dict() if lower == "tags":
                return {tag: "" if denied.match(tag.lower()) else clean(one) for tag, one in value.items()}
            case dict() if lower == "auth" and isinstance(value.get("resource"), str):
                return clean(value | {"resource": ""})
            case list() if lower in ("environmentvariables", "environment"):
                return [_variable(clean(one)) for one in value]
        return clean(value)

    def _record(record: dict[str, Any]) -> dict[str, Any]:
        for key_name, value_name in (("Key", "Value"), ("key", "value")):
            key = record.get(key_name)
            if isinstance(key, str) and isinstance(record.get(value_name), str) and denied.match(key.lower()):
                return record | {value_name: ""}
        return record

    return clean


def _text(value: str) -> str:
    if len(value) < _SHORTEST:
        return value
    value = _TOKEN.sub("", value)
    if "=" in value:
        value = _ASSIGNED.sub(r"\1", value)
    if "-" in value or ":" in value:
        value = _OPTION.sub(r"\1REDACTED", value)  # a word, so that the command's other words keep their meaning
    return _URL_USER.sub(r"\1\2", value) if "://" in value else value


def _variable(variable: Any) -> Any:
    if not isinstance(variable, dict) or "value" not in variable:
        return variable
    kind = variable.get("type")
    return variable if isinstance(kind, str) and kind in _NAMED_ELSEWHERE else variable | {"value": ""}


def _json_variables(text: str) -> str:
    """Variables of a CodeBuild action in a pipeline: a JSON list inside a string."""
    try:
        variables = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return ""
    return msgspec.json.encode([_variable(one) for one in variables]).decode() if isinstance(variables, list) else ""


def no_variables(buildspec: str) -> str:
    """The text of a buildspec with the values of ``env: variables:`` emptied; a file's path stays as it is.

    Lines keep their numbers as far as a value takes one line. What cannot be read as YAML is left out altogether, since
    then nobody can say which part of it is a secret.

    >>> print(no_variables("version: 0.2\\nenv:\\n  variables:\\n    PASSWORD: planted # mine\\nphases: {}\\n"), end="")
    version: 0.2
    env:
      variables:
        PASSWORD: ''
    phases: {}
    """
    if "variables" not in buildspec:
        return buildspec
    from io import StringIO

    from ruamel.yaml import YAML
    from ruamel.yaml.comments import CommentedMap
    from ruamel.yaml.error import YAMLError

    yaml = YAML(typ="rt")
    yaml.width = 1 << 20
    yaml.preserve_quotes = True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an anchor given twice: it would show the lines, values and all
            document = yaml.load(buildspec)
    except (YAMLError, RecursionError, ValueError):
        return ""
    env = document.get("env") if isinstance(document, dict) else None
    variables = env.get("variables") if isinstance(env, dict) else None
    if not variables:
        return buildspec
    if not isinstance(variables, CommentedMap):
        return ""
    for name in variables:
        variables[name] = ""
    variables.ca.items.clear()  # a comment behind a value may repeat it
    out = StringIO()
    yaml.dump(document, out)
    return out.getvalue()
