"""cosign and notation: signatures of images, the keys that make them, and Sigstore's public services.

**Source:** Sigstore documentation, "Signing with self-managed keys", "Key management system support" (``awskms://``),
cosign's options ``--rekor-url`` and ``--fulcio-url``; AWS Signer Developer Guide, "Sign container images".
"""

from __future__ import annotations

import re
from typing import Final

from reachsim import services
from reachsim.pipeline import image, urls
from reachsim.pipeline.call import Arguments, Call, Outcome, arguments
from reachsim.pipeline.docker import pushed
from reachsim.pipeline.records import Confidence, Destination, Found, Request
from reachsim.pipeline.variables import starred

_COSIGN: Final = ["key", "a", "annotations", "cert", "certificate", "certificate-identity", "certificate-oidc-issuer",
                  "certificate-identity-regexp", "certificate-oidc-issuer-regexp", "certificate-chain", "rekor-url",
                  "fulcio-url", "oidc-issuer", "identity-token", "type", "predicate", "output-file", "o", "output",
                  "output-signature", "output-certificate", "kms", "u", "username", "p", "password", "attachment",
                  "sbom", "signature", "payload", "bundle", "policy", "timeout", "t", "k8s-keychain"]  # fmt: skip
_READS: Final = ("verify", "verify-attestation", "download", "tree", "triangulate", "save")
_WRITES: Final = ("sign", "attest", "attach", "copy", "load", "clean", "upload")


def cosign(call: Call) -> Outcome:
    """cosign: the image's registry, the key, and Fulcio and Rekor unless they are turned off."""
    given = arguments(call.words, _COSIGN)
    word, rest = (given.rest[0], list(given.rest[1:])) if given.rest else ("", [])
    if word == "login":
        return Outcome(tuple(image.logs_in(rest[0] if rest else "")), "")
    if word in ("initialize", "init"):
        return Outcome((Destination("tuf-repo-cdn.sigstore.dev", 443, "download", "likely"),), "")
    if word in ("attach", "download", "upload") and rest:
        rest = rest[1:]
    key = given.last("key", "kms") or ""
    found: list[Found] = _key(call, key, "kms:Verify" if word.startswith("verify") else "kms:Sign")
    for one in given.all("key", "cert", "certificate", "certificate-chain", "signature", "bundle"):
        found += urls.destination(one) if "://" in one else []  # a file by its URL
    found += [fetched for one in rest if word.endswith("-blob") for fetched in urls.destination(one)]
    found += _sigstore(given, word, key)
    for one in rest if word in (*_READS, *_WRITES) else ():
        found += image.pulls(one, "likely")
    if word in _WRITES and rest:
        found += pushed(call, rest[-1])
    return Outcome(tuple(dict.fromkeys(found)), None)


def _sigstore(given: Arguments, word: str, key: str) -> list[Found]:
    makes = word in ("sign", "sign-blob", "attest", "attest-blob")
    if not makes and not word.startswith("verify"):
        return []
    found: list[Found] = []
    if makes and not key and not given.has("sk"):
        found += urls.destination(given.last("fulcio-url") or "https://fulcio.sigstore.dev")
    if not key:
        found.append(Destination("tuf-repo-cdn.sigstore.dev", 443, "download", "likely"))
    offline = given.last("tlog-upload") == "false" or given.has("insecure-ignore-tlog", "offline")
    if not offline:
        sure: Confidence = "certain" if makes and not key else "likely"
        found += urls.destination(given.last("rekor-url") or "https://rekor.sigstore.dev", "download", sure)
    return found


def _key(call: Call, key: str, action: str) -> list[Found]:
    """``awskms://[ENDPOINT]/ID``, where an ARN names its Region."""
    if not key.startswith("awskms://"):
        return []
    endpoint, _, name = key.removeprefix("awskms://").partition("/")
    arn = re.match(r"arn:[\w-]+:kms:([\w-]+):", name)
    region = arn[1] if arn else call.region
    host = endpoint.partition(":")[0] or services.host("kms", region, "")
    resource = name if arn else starred(f"arn:{services.partition_of(region)}:kms:{region}:*:key/*")
    asked = tuple(Request(one, resource) for one in ("kms:GetPublicKey", "kms:DescribeKey", action))
    return [Destination(host, 443, "aws", "certain", "run", None if endpoint else "kms", asked)]


def notation(call: Call) -> Outcome:
    """notation: the image's registry, and AWS Signer where its plugin signs."""
    given = arguments(call.words, ["key", "k", "plugin", "id", "signature-format", "u", "username", "p", "password",
                                   "e", "expiry", "m", "user-metadata", "plugin-config"])  # fmt: skip
    word, rest = (given.rest[0], list(given.rest[1:])) if given.rest else ("", [])
    if word == "login":
        return Outcome(tuple(image.logs_in(rest[0] if rest else "")), "")
    if word not in ("sign", "verify", "list", "ls", "inspect"):
        return Outcome((), None)
    found: list[Found] = [found for one in rest[:1] for found in image.pulls(one, "likely")]
    if word == "sign" and rest:
        found += pushed(call, rest[0])
    profile = re.match(r"arn:[\w-]+:signer:([\w-]+):", given.last("id") or "")
    if "signer" in (given.last("plugin") or "") or profile:
        region = profile[1] if profile else call.region
        resource = starred(
            given.last("id") or f"arn:{services.partition_of(region)}:signer:{region}:*:/signing-profiles/*"
        )
        asked = (Request("signer:SignPayload", resource),)
        found.append(Destination(services.host("signer", region, ""), 443, "aws", "certain", "run", "signer", asked))
    return Outcome(tuple(dict.fromkeys(found)), None)
