"""Whose credentials a command asks AWS with: those of the build's own role, or others that the build's files set.

CodeBuild hands a build its role's credentials as those of a container, which the AWS CLI and the SDKs take last:
options, variables and files come before them. Steps of a Dockerfile, and containers, have them only if handed on.

**Source:** AWS CLI User Guide, "Configuration and credential file settings in the AWS CLI" (precedence), "Environment
variables"; AWS SDKs and Tools Reference Guide, "Container credential provider"; botocore, credentials.py.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from reachsim.pipeline.context import Machine
    from reachsim.pipeline.shell import Command

SOURCE: Final = "aws.credentials"
"""The setting that tells where the build has last had credentials from: ``own``, or ``others``."""
DEFAULT: Final = "aws.default credentials"
"""The setting that tells that ``aws configure set`` has given the default profile keys, or a role."""
OWN_ADDRESS: Final = "169.254.170.2"
"""Where a build fetches its role's credentials, at the path that AWS_CONTAINER_CREDENTIALS_RELATIVE_URI tells."""
_FILES: Final = ("/root/.aws/credentials", "/root/.aws/config")
_HANDED_ON: Final = ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI")
_KEYS: Final = r"(?m)^[ \t]*+(?:aws_access_key_id|role_arn|credential_process|sso_\w++)[ \t]*+="


def of_others(command: Command, *, contained: bool) -> bool:
    """Whether a command asks AWS with other credentials than those of the build's own role, as far as is known;
    ``contained``: it runs in a container, or for a step of a Dockerfile.
    """
    variables = command.scope.variables | command.assigned
    machine = command.scope.machine
    named = any(re.match(r"--(?:aws-)?profile(?:=|$)", word) for word in command.words)
    profile = variables.get("AWS_PROFILE") or variables.get("AWS_DEFAULT_PROFILE") or "default"
    if named or profile != "default":
        return True
    if variables.get("AWS_ACCESS_KEY_ID"):
        return machine.settings.get(SOURCE) != "own"
    if variables.get("AWS_WEB_IDENTITY_TOKEN_FILE") and variables.get("AWS_ROLE_ARN"):
        return True
    if machine.settings.get(DEFAULT):
        return machine.settings[DEFAULT] != "own"
    return _in_files(machine) or (contained and not any(variables.get(name) for name in _HANDED_ON))


def _in_files(machine: Machine) -> bool:
    """Whether a file that the build has written gives the default profile credentials."""
    for path in _FILES:
        text = machine.read(path) if path in machine.written else None
        if text is not None:
            section = re.search(r"(?m)^[ \t]*+\[default\][^\[]*+", text)
            if section is not None and re.search(_KEYS, section[0]):
                return True
    return False
