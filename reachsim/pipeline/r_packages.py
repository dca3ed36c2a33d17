"""R: what ``install.packages`` and its like ask, and renv's lock files.

The mirror of CRAN is the one that a call names, else the one of R's profile or of the image. **Source:** R
documentation, "install.packages" (``repos``), "Startup" (Rprofile.site); littler, install2.r; renv documentation,
"Lockfiles"; rocker-org/rocker-versioned2, dockerfiles (``CRAN``).
"""

from __future__ import annotations

import re
from typing import Final

from reachsim.pipeline import inline, knowledge, urls
from reachsim.pipeline.call import Call, Outcome, arguments
from reachsim.pipeline.records import Confidence, Destination, Found, Gap

_INSTALLS: Final = re.compile(
    r"\b(?:install\.packages|update\.packages|available\.packages|download\.packages|install_github|install_version"
    r"|install_cran|install_deps|install_local|install_dev_deps|local_install\w{0,12}|local_install_deps|pkg_install"
    r"|BiocManager::install|renv::install|renv::hydrate|packrat::restore|pak::pak|p_load)\("
)
_LOCAL: Final = re.compile(r"install\.packages\([^)]{0,300}repos\s{0,3}=\s{0,3}NULL")
_URL: Final = re.compile(r"[\"'](https?://[^\s\"']{1,300})[\"']")
_REPOS: Final = re.compile(r"\brepos?(?:itories)?\b[^\n]{0,80}?[\"'](https?://[^\s\"']{1,300})[\"']")
_PROFILES: Final = ("/usr/local/lib/R/etc/Rprofile.site", "/usr/lib/R/etc/Rprofile.site", "/etc/R/Rprofile.site",
                    "/opt/R/etc/Rprofile.site", "/root/.Rprofile", ".Rprofile")  # fmt: skip


def r(call: Call) -> Outcome:
    """R and Rscript: the texts behind ``-e``, or the file."""
    given = arguments(call.words, ["e", "f", "file", "default-packages"])
    if given.has("version", "help", "h") or given.rest[:1] == ["CMD"]:
        return Outcome((), None)
    texts = given.all("e")
    name = given.last("f", "file") or (given.rest[0] if given.rest and call.program == "Rscript" else None)
    if texts:
        return Outcome(tuple(program(call, "; ".join(texts), whole=True)), None)
    if name is None:
        return Outcome(tuple(program(call, call.stdin, whole=True)) if call.stdin else (), None)
    gap = Gap(call.command.text, f"a {call.program} program; of it only what it writes out is read")
    text = call.read(name)
    return Outcome((*(program(call, text, whole=False) if text else ()), gap), None)


def program(call: Call, text: str, *, whole: bool) -> list[Found]:
    """What an R program asks."""
    text = re.sub(r"(?m)^[ \t]*#.*$", "", text[: inline.LONGEST])
    found = inline.fetched(call, "r", text, whole=whole)
    sure: Confidence = "certain" if whole else "likely"
    if _INSTALLS.search(text) and not _LOCAL.search(text):
        found += _mirror(call, text, sure)
    if "renv::restore(" in text or "renv::load(" in text:
        found += _locked(call, sure)
    return list(dict.fromkeys(found))


def littler(call: Call) -> Outcome:
    """littler's install.r, install2.r, installGithub.r and installBioc.r."""
    given = arguments(call.words, ["l", "libloc", "d", "deps", "n", "ncpus", "r", "repos", "m", "method"])
    words = [one for one in given.rest if not re.search(r"^[./]|\.tar\.gz$|\.tgz$|\.zip$", one)]
    if not words or given.has("h", "help", "x", "usage"):
        return Outcome((), None)
    call_of = {"installGithub.r": "install_github(", "installBioc.r": "BiocManager::install("}
    repos = given.all("r", "repos")
    named = ", ".join(f"'{one}'" for one in repos if one != "getOption")
    found = program(call, f"install.packages(repos=c({named})); {call_of.get(call.program, '')}", whole=True)
    if named and "getOption" in repos:
        found += _mirror(call, "", "certain")
    return Outcome(tuple(dict.fromkeys(found)), None)


def _mirror(call: Call, text: str, sure: Confidence) -> list[Found]:
    """The mirrors that the text names; else those of the profile, and of the image."""
    named = _URL.findall(text) if re.search(r"\brepos(?:itories)?\b", text) else []
    if not named:
        profile = "\n".join(call.read(one) or "" for one in _PROFILES)
        named = _REPOS.findall(re.sub(r"(?m)^[ \t]*#.*$", "", profile))
    variable = call.env("CRAN", "RENV_CONFIG_REPOS_OVERRIDE")
    if not named and variable and "://" in variable:
        named = [variable]
    if named:
        return [one for url in dict.fromkeys(named) for one in urls.destination(url, "package", sure)]
    brought = [one for one, _ in knowledge.brought(call.machine.image, "r")] if call.machine.image else []
    return list(brought) or list(knowledge.index("cran", "likely"))


def _locked(call: Call, sure: Confidence) -> list[Found]:
    """``renv::restore()``: the repositories of renv.lock, and GitHub where packages come from there."""
    lock = call.json("renv.lock")
    if lock is None:
        return [Gap(call.command.text, "renv.lock is not in the context")]
    packages = lock.get("Packages")
    listed = [one for one in packages.values() if isinstance(one, dict)] if isinstance(packages, dict) else []
    if not listed:
        return []
    about = lock.get("R")
    repositories = about.get("Repositories") if isinstance(about, dict) else None
    named = [one.get("URL") for one in repositories if isinstance(one, dict)] if isinstance(repositories, list) else []
    override = call.env("RENV_CONFIG_REPOS_OVERRIDE")
    found: list[Found] = []
    for url in [override] if override else named:
        found += urls.destination(str(url), "package", sure)
    sources = {str(one.get("Source")) for one in listed}
    if "GitHub" in sources:
        found += [Destination("api.github.com", 443, "package", sure),
                  Destination("codeload.github.com", 443, "package", "likely")]  # fmt: skip
    if "Bioconductor" in sources:
        found.append(Destination("bioconductor.org", 443, "package", sure))
    return found
