"""The AWS CLI command that fills a file of a snapshot, told from the file's place in it.

**Source:** DESIGN, "Snapshot format"; the options are those of `reachsim.calls`.
"""

from __future__ import annotations

import re
import shlex

from reachsim.calls import CALLS

_PLACE = re.compile(
    r"\d{12}/(?P<region>[a-z0-9-]+)/(?P<service>[a-z0-9-]+)/(?P<operation>[a-z0-9-]+)(/(?P<name>.+))?\.json"
)


def command_for(file: str) -> str | None:
    """The command whose output belongs into a file, or None if it isn't a call's file.

    >>> command_for("111111111111/eu-west-1/ec2/describe-vpc-attribute/vpc-0a.enableDnsSupport.json")
    'aws ec2 describe-vpc-attribute --attribute enableDnsSupport --vpc-id vpc-0a --region eu-west-1'
    >>> command_for("111111111111/global/route53/list-hosted-zones.json")
    'aws route53 list-hosted-zones'
    """
    place = _PLACE.fullmatch(file)
    if place is None:
        return None
    name = (place["name"] or "").replace("%2F", "/")
    words = ["aws", place["service"], place["operation"]]
    for call in CALLS:
        if (call.service, call.operation) == (place["service"], place["operation"]) and name.endswith(call.suffix):
            thing = shlex.quote(name.removesuffix(call.suffix)) if name else "NAME"
            region, account = place["region"], file[:12]
            words.append(call.args.format(name=thing, names="NAME…", account=account, region=region))
            break
    else:
        if name:
            words.append(shlex.quote(name))
    if place["region"] != "global":
        words += ["--region", place["region"]]
    return " ".join(word for word in words if word)
