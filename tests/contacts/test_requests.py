"""The IAM requests that a build's commands make with the build's own role."""

from __future__ import annotations

import json

import pytest

from reachsim.pipeline.contacts import contacts_of

BUCKET = "arn:aws:s3:::b"


def requests(*commands: str, files: dict[str, str] | None = None, env: dict[str, object] | None = None) -> list[str]:
    """What a build of these commands asks of IAM, each ``ACTION RESOURCE``."""
    spec = {"version": 0.2, "env": env or {}, "phases": {"build": {"commands": commands}}}
    held = {name: text.encode() for name, text in (files or {}).items()}
    data = json.dumps(spec).encode()
    found = contacts_of(data, {"buildspec.yml": data} | held)
    return sorted({f"{one.action} {one.resource}" for row in found.contacts for one in row.requests})


# AWS CLI Command Reference, "s3 cp", "s3 sync", "s3 mv", "s3 rm" (--acl needs s3:PutObjectAcl); aws/aws-cli,
# customizations/s3/fileformat.py: of a folder every key begins with the prefix and a slash, and a key that ends in a
# slash is followed by the file's name; filegenerator.py: what lies under a prefix is listed first.
@pytest.mark.parametrize(
    ("command", "asked"),
    [
        ("aws s3 sync ./site s3://b/docs", [f"s3:ListBucket {BUCKET}", f"s3:PutObject {BUCKET}/docs/*"]),
        ("aws s3 sync ./site s3://b", [f"s3:ListBucket {BUCKET}", f"s3:PutObject {BUCKET}/*"]),
        ("aws s3 sync s3://b/in/ .", [f"s3:GetObject {BUCKET}/in/*", f"s3:ListBucket {BUCKET}"]),
        ("aws s3 cp a.zip s3://b/in/", [f"s3:PutObject {BUCKET}/in/a.zip"]),
        ("aws s3 cp dist/a.zip s3://b", [f"s3:PutObject {BUCKET}/a.zip"]),
        ("aws s3 cp a.zip s3://b/in/x.zip", [f"s3:PutObject {BUCKET}/in/x.zip"]),
        ("aws s3 cp $FILE s3://b/in/", [f"s3:PutObject {BUCKET}/in/*"]),
        ("aws s3 cp s3://b/in out --recursive", [f"s3:GetObject {BUCKET}/in/*", f"s3:ListBucket {BUCKET}"]),
        ("aws s3 cp s3://b/in out", [f"s3:GetObject {BUCKET}/in"]),
        ("aws s3 rm s3://b/in/x", [f"s3:DeleteObject {BUCKET}/in/x"]),
        ("aws s3 rm s3://b/in --recursive", [f"s3:DeleteObject {BUCKET}/in/*", f"s3:ListBucket {BUCKET}"]),
        ("aws s3 mv s3://b/in/x .", [f"s3:DeleteObject {BUCKET}/in/x", f"s3:GetObject {BUCKET}/in/x"]),
        (
            "aws s3 cp a.zip s3://b/ --acl public-read",
            [f"s3:PutObject {BUCKET}/a.zip", f"s3:PutObjectAcl {BUCKET}/a.zip"],
        ),
        (
            "aws s3 sync s3://b/in s3://c/out --acl public-read",
            [
                f"s3:GetObject {BUCKET}/in/*",
                f"s3:ListBucket {BUCKET}",
                "s3:ListBucket arn:aws:s3:::c",
                "s3:PutObject arn:aws:s3:::c/out/*",
                "s3:PutObjectAcl arn:aws:s3:::c/out/*",
            ],
        ),
    ],
)
def test_objects_of_s3(command: str, asked: list[str]) -> None:
    assert requests(command) == asked


def test_a_package_goes_under_its_prefix() -> None:
    told = requests("aws cloudformation package --template-file t.yml --s3-bucket b --s3-prefix build")
    assert told == [f"s3:PutObject {BUCKET}/build/*"]
