"""What stands in requests for somebody that no configuration names, and how messages name it in plain words."""

from __future__ import annotations

from typing import Final

ECR_ACCOUNT: Final = "ecr"
"""Stands for the account of ECR that signs layer downloads: no customer's (fact 27), so no id that one could be."""
ECR_ORGANIZATION: Final = "o-ecr"
ECR_PATH: Final = f"{ECR_ORGANIZATION}/r-ecr/ou-ecr/"
ECR_SIGNER: Final = f"arn:aws:iam::{ECR_ACCOUNT}:role/ecr"
CODEARTIFACT_ACCOUNT: Final = "codeartifact"
"""Stands for the account of CodeArtifact that signs downloads of assets, which AWS does not tell either."""
CODEARTIFACT_ORGANIZATION: Final = "o-codeartifact"
CODEARTIFACT_PATH: Final = f"{CODEARTIFACT_ORGANIZATION}/r-codeartifact/ou-codeartifact/"
CODEARTIFACT_SIGNER: Final = f"arn:aws:iam::{CODEARTIFACT_ACCOUNT}:role/codeartifact"
OTHER_ACCOUNT: Final = "stranger"
"""Stands for an account that is none of those that a policy names."""
OTHER_ORGANIZATION: Final = "o-other"
BUILD: Final = "00000000-0000-0000-0000-000000000000"
"""Stands for the id of a build, which nobody knows beforehand."""
_PLAIN: Final = {
    ECR_ACCOUNT: "an account of Amazon ECR's own", ECR_ORGANIZATION: "another organization, Amazon ECR's",
    ECR_PATH: "another organization's, Amazon ECR's", ECR_SIGNER: "Amazon ECR's own role",
    CODEARTIFACT_ACCOUNT: "an account of AWS CodeArtifact's own",
    CODEARTIFACT_ORGANIZATION: "another organization, AWS CodeArtifact's",
    CODEARTIFACT_PATH: "another organization's, AWS CodeArtifact's",
    CODEARTIFACT_SIGNER: "AWS CodeArtifact's own role",
    OTHER_ACCOUNT: "another account", OTHER_ORGANIZATION: "another organization or none",
}  # fmt: skip


def plain(text: str) -> str:
    """A value of a request as a message names it.

    >>> plain("o-ecr"), plain("111122223333")
    ("another organization, Amazon ECR's", '111122223333')
    """
    return _PLAIN.get(text) or text.replace(BUILD, "…")
