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
    bucket = f"assets-{services.CODEARTIFACT_ACCOUNTS.get(region) or unknown('id')}-{region}"
    request = Request("s3:GetObject", starred(f"arn:{services.partition_of(region)}:s3:::{bucket}/*"))
    name = f"{bucket}.{services.host('s3', region, '')}"
    return [Destination(name, 443, "package", confidence, "run", "s3", (request,))]
