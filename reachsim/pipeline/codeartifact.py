"""The bucket from which AWS CodeArtifact's repositories hand out what they keep.

**Source:** CodeArtifact User Guide, "Create the Amazon S3 gateway endpoint": the buckets by Region; Python and Swift
packages need none.
"""

from __future__ import annotations

import re
from typing import Final

from reachsim import services
from reachsim.pipeline.records import Confidence, Destination, Request
from reachsim.pipeline.variables import CLOSE, OPEN, starred, unknown

_ACCOUNTS: Final = {
    "us-east-1": "193858265520", "us-east-2": "250872398865", "us-west-2": "787052242323",
    "eu-west-1": "438097961670", "eu-west-2": "247805302724", "eu-west-3": "762466490029",
    "eu-north-1": "611884512288", "eu-south-1": "484130244270", "eu-central-1": "769407342218",
    "ap-northeast-1": "660291247815",
}  # fmt: skip
_HOST: Final = rf".+\.d\.codeartifact\.((?:[\w-]|{OPEN}[^{CLOSE}]*{CLOSE})+)\.amazonaws\.com(?:\.cn)?"


def assets(host: str, confidence: Confidence) -> list[Destination]:
    """Where packages behind a repository's host are fetched from; nothing for any other host.

    >>> [one.host for one in assets("d-111111111111.d.codeartifact.us-east-1.amazonaws.com", "certain")]
    ['assets-193858265520-us-east-1.s3.us-east-1.amazonaws.com']
    """
    match = re.fullmatch(_HOST, host)
    if match is None:
        return []
    region = match[1]
    bucket = f"assets-{_ACCOUNTS.get(region) or unknown('id')}-{region}"
    request = Request("s3:GetObject", starred(f"arn:{services.partition_of(region)}:s3:::{bucket}/*"))
    name = f"{bucket}.{services.host('s3', region, '')}"
    return [Destination(name, 443, "package", confidence, "run", "s3", (request,))]
