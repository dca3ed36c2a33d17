"""Composer: which repositories it asks, and where the archives lie.

**Source:** Composer, "Repositories"; composer/composer, Installer::doInstall.
"""

from __future__ import annotations

import re
from typing import Any

from reachsim.pipeline import knowledge, shapes, system_packages, urls
from reachsim.pipeline.call import Call, Outcome, arguments
from reachsim.pipeline.git_urls import git_found
from reachsim.pipeline.index_urls import index_at
from reachsim.pipeline.records import Confidence, Destination, Found
from reachsim.pipeline.variables import is_known


def extensions(call: Call) -> Outcome:
    """install-php-extensions: the distribution's packages that extensions need, PECL, and sources that are named.

    **Source:** mlocati/docker-php-extension-installer, README: APT and APK packages, PECL, sources by URL.
    """
    names = [word for word in call.words if not word.startswith("@")]
    if not names:
        return Outcome((), None)
    family = "apk" if call.machine.distribution == "alpine" else "apt"
    found: list[Found] = [*system_packages.repositories(call, family, "likely"),
                          Destination("pecl.php.net", 443, "package", "likely")]  # fmt: skip
    for word in names:
        found += urls.destination(word)
    return Outcome(tuple(dict.fromkeys(found)), None)


def composer(call: Call) -> Outcome:
    given = arguments(
        call.words, ["d", "working-dir", "prefer-install", "repository", "repository-url", "s", "stability"]
    )
    word = given.rest[0] if given.rest else ""
    if word == "config" and len(given.rest) > 2 and given.rest[1].startswith("repo"):
        if re.fullmatch(r"repo(?:s|sitories)?\.packagist(?:\.org)?", given.rest[1]):
            call.configure("composer.packagist", given.rest[-1])  # another mirror, or false
        else:
            old = call.setting("composer.repository") or ""
            call.configure("composer.repository", f"{old} {given.rest[-1]}".strip())
        return Outcome((), "")
    if word not in ("install", "update", "require", "create-project", "global", "i", "u", "self-update", "upgrade"):
        return Outcome((), None)
    if call.env("COMPOSER_DISABLE_NETWORK"):
        return Outcome((), "")
    if word == "self-update":
        return Outcome((Destination("getcomposer.org", 443, "download"),), "")
    if given.last("d", "working-dir"):
        call.scope = call.scope.copy()
        call.scope.directory = call.path(given.last("d", "working-dir") or ".")
    sure: Confidence = "likely" if call.cached(".composer", "vendor") else "certain"
    named = given.all("repository", "repository-url") if word == "create-project" else []
    own: list[Found] = [one for url in named if "://" in url for one in index_at(url, "packagist", sure)]
    if own and not given.has("add-repository"):  # the package comes from there, and what it requires may not
        return Outcome(tuple(dict.fromkeys([*own, *knowledge.index("packagist", "likely")])), "")
    project = call.json("composer.json")
    if project is not None and word in ("install", "update", "i", "u"):
        needs = [name for key in ("require", "require-dev") for name in shapes.table(project, key) if "/" in str(name)]
        if not needs:
            return Outcome((), "")
    return Outcome(tuple(dict.fromkeys(_composer_hosts(call, project or {}, word in ("install", "i"), sure))), "")


def _composer_hosts(call: Call, project: dict[str, Any], by_lock: bool, sure: Confidence) -> list[Found]:
    """What Composer asks. ``by_lock``: for what a lock file names, if there is one: then it fetches the archives alone,
    and asks repositories for nothing (composer/composer: Installer::doInstall).
    """
    found: list[Found] = []
    lock = call.read("composer.lock")
    archives = sure
    if by_lock and lock is not None:
        sure = "likely"
    listed = project.get("repositories") or []
    entries = list(listed.values()) if isinstance(listed, dict) else listed if isinstance(listed, list) else []
    public = not (
        isinstance(listed, dict) and (listed.get("packagist.org") is False or listed.get("packagist") is False)
    )
    for one in entries:
        if isinstance(one, dict) and (one.get("packagist.org") is False or one.get("packagist") is False):
            public = False
        if not isinstance(one, dict) or not isinstance(one.get("url"), str):
            continue
        kind = one.get("type")
        if kind in ("vcs", "git", "github"):
            found += git_found(call, one["url"])
            if kind != "git" and "github.com" in one["url"]:
                found += [Destination("api.github.com", 443, "package", "likely"),
                          Destination("codeload.github.com", 443, "package", "likely")]  # fmt: skip
        elif kind != "path":
            found += index_at(one["url"], "packagist", sure)
    if lock is not None:
        dists = re.findall(r'"dist":\s*\{[^{}]*?"url":\s*"([^"]+)"', lock.replace("\\/", "/"))
        for host in dict.fromkeys(urls.parse(one).host for one in dists if urls.parse(one)):  # type: ignore[union-attr]
            found.append(Destination(host, 443, "package", archives))
    for url in (call.setting("composer.repository") or "").split():
        found += index_at(url, "packagist", sure) if "://" in url or not is_known(url) else []
    mirror = call.setting("composer.packagist")
    if mirror is not None:
        return found + (index_at(mirror, "packagist", sure) if "://" in mirror or not is_known(mirror) else [])
    return found + list(knowledge.index("packagist", sure)) if public else found
