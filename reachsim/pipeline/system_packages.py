"""apt, apk, yum, dnf, microdnf and zypper: the mirrors of the machine's distribution, and those that commands add.

**Source:** the repositories that each distribution's official image is made with (``indexes.csv``); sources.list(5),
apk-repositories(5), yum.conf(5); facts P85, P97.
"""

from __future__ import annotations

import fnmatch
import re
from typing import Final

from msgspec.structs import replace

from reachsim.pipeline import knowledge, urls
from reachsim.pipeline.call import Call, Outcome, arguments
from reachsim.pipeline.git_urls import git_found
from reachsim.pipeline.records import Confidence, Destination, Found, Gap, weaker
from reachsim.pipeline.variables import expand, is_known, nothing_known, shown

_INDEXES: Final = {
    "debian": ("debian", "debian-security"),
    "ubuntu": ("ubuntu",),
    "alpine": ("alpine",),
    "amazonlinux": ("amazonlinux",),
    "amazonlinux-2": ("amazonlinux-2",),
    "fedora": ("fedora",),
    "centos": ("centos",),
    "centos-stream": ("centos-stream",),
    "rocky": ("rocky",),
    "alma": ("alma",),
    "oracle": ("oracle",),
    "ubi": ("ubi",),
    "wolfi": ("wolfi",),
    "arch": ("arch",),
    "azurelinux": ("azurelinux",),
}
_FAMILIES: Final = {"apt": ("debian", "ubuntu"), "apk": ("alpine", "wolfi"),
                    "yum": ("amazonlinux", "amazonlinux-2", "fedora", "centos", "centos-stream", "rocky", "alma",
                            "oracle", "ubi", "azurelinux")}  # fmt: skip
# Distributions that a family means where the image does not tell.
_GUESSES: Final = {"apt": ("debian", "ubuntu"), "apk": ("alpine",), "yum": ("amazonlinux",)}
_CURATED: Final = {"apt": "ubuntu", "yum": "amazonlinux"}  # CodeBuild's images with apt are Ubuntu
_LISTS: Final = {"apt": "/etc/apt/sources.list", "apk": "/etc/apk/repositories", "yum": "/etc/yum.repos.d/",
                 "zypper": "/etc/zypp/repos.d/"}  # fmt: skip
_FOLDERS: Final = {"apt": "/etc/apt/sources.list.d", "yum": "/etc/yum.repos.d", "zypper": "/etc/zypp/repos.d"}
_ENDINGS: Final = (".list", ".sources", ".repo")
_OLD_UBUNTU: Final = (
    r"trusty|xenial|bionic|focal|\bubuntu:?(?:1[2-9]|20\.04)|aws/codebuild/(?:ubuntu/)?standard:[1-5]\."
)
"""Up to Ubuntu 20.04 add-apt-repository asks other hosts."""
_OF_ONE_MIRROR: Final = r"(?:bookworm|trixie|forky|sid|testing|unstable)|\bdebian:(?:1[2-9]|[2-9]\d)\b"
_OF_TWO_MIRRORS: Final = r"wheezy|jessie|stretch|\bdebian:[7-9]\b"
"""Images of Debian that were made for the last time while security updates had a mirror of their own."""
_MAIN: Final = {
    "apt": (
        "/etc/apt/sources.list",
        "/etc/apt/sources.list.d/debian.sources",
        "/etc/apt/sources.list.d/ubuntu.sources",
    ),
    "apk": ("/etc/apk/repositories",),
    "yum": (),
    "zypper": (),
}


def apt(call: Call) -> Outcome:
    """apt-get, apt and aptitude: update and whatever installs."""
    given = arguments(call.words, ["o", "option", "t", "target-release", "c"])
    plain = given.rest
    if not plain or plain[0] not in (
        "update",
        "install",
        "upgrade",
        "dist-upgrade",
        "full-upgrade",
        "build-dep",
        "source",
        "download",
        "satisfy",
        "reinstall",
    ):
        return Outcome((), None)
    if given.has("no-download") or given.has("simulate", "dry-run", "s"):
        return Outcome((), "")
    local = [one for one in plain[1:] if one.startswith(("./", "/", "../")) or one.endswith(".deb")]
    if plain[0] == "install" and local and len(local) == len(plain) - 1:
        return Outcome(tuple(repositories(call, "apt", "likely")), "")
    if plain[0] == "install" and len(plain) == 1 and not given.has("f", "fix-broken"):
        return Outcome((), "")
    proxy = [word.split("=", 1)[1] for word in given.all("o", "option") if "Proxy=" in word]
    found = [one for url in proxy for one in urls.destination(url, "package")]
    return Outcome((*found, *repositories(call, "apt", "certain")), "")


def unminimize(call: Call) -> Outcome:
    """unminimize, which installs anew what a minimal image of Ubuntu leaves out (Ubuntu: /usr/sbin/unminimize)."""
    return Outcome(tuple(repositories(call, "apt", "certain")), None)


_APPLETS: Final = frozenset(["add", "update", "upgrade", "fetch", "cache", "del", "info", "search", "fix", "version"])


def apk(call: Call) -> Outcome:
    """apk: whatever fetches. The first word that names an applet is it, even behind an option that takes a value: the
    packages of ``apk --virtual add git`` are added under the name "add" (apk-tools: apk.c, deduce_applet).
    """
    applet = next((word for word in call.words if word in _APPLETS), "")
    others = list(call.words)
    bare = others.index(applet) if applet else 0
    if applet and (not bare or others[bare - 1] not in ("-t", "--virtual")):
        del others[bare]
    given = arguments(others, ["X", "repository", "t", "virtual", "p", "root", "keys-dir", "repositories-file", "arch"])
    if applet not in ("add", "update", "upgrade", "fetch", "cache") or given.has("no-network"):
        return Outcome((), None)
    if applet == "add" and not given.rest:
        return Outcome((), "")
    found: list[Found] = list(repositories(call, "apk", "certain"))
    for url in given.all("X", "repository"):
        mine = urls.destination(url, "package")
        alpine = any(isinstance(one, Destination) and one.host in knowledge.index_hosts("alpine") for one in mine)
        found += knowledge.index("alpine") if alpine else mine
    return Outcome(tuple(dict.fromkeys(found)), "")


def yum(call: Call) -> Outcome:
    """yum, dnf, microdnf, and amazon-linux-extras."""
    given = arguments(
        call.words, ["c", "enablerepo", "disablerepo", "installroot", "releasever", "x", "exclude", "setopt"]
    )
    plain = given.rest
    if call.program == "amazon-linux-extras":
        asked = repositories(call, "yum", "certain") if plain[:1] == ["install"] else []
        if plain[:1] == ["install"] and "epel" in plain:
            add(call, "yum", "epel")  # the topic holds epel-release: what comes behind it asks EPEL too
        return Outcome(tuple(asked), "")
    if call.program == "yum-config-manager" or plain[:1] == ["config-manager"]:
        added = given.last("add-repo") or next((one for one in plain if "://" in one), None)
        named = given.last("from-repofile") or added  # dnf 5: config-manager addrepo --from-repofile=URL
        if named and (given.has("add-repo", "from-repofile")):
            add(call, "yum", named)
            return Outcome(tuple(urls.destination(named)), "")
        return Outcome((), "")
    if plain[:2] == ["copr", "enable"]:
        host = Destination("copr.fedorainfracloud.org", 443, "package")
        add(call, "yum", "https://download.copr.fedorainfracloud.org/")
        return Outcome((host,), "")
    if not plain or plain[0] not in (
        "install",
        "update",
        "upgrade",
        "localinstall",
        "groupinstall",
        "group",
        "makecache",
        "check-update",
        "reinstall",
        "module",
        "swap",
        "builddep",
        "distro-sync",
        "download",
        "update-minimal",
        "localupdate",
    ):
        return Outcome((), None)
    if given.has("C", "cacheonly"):
        return Outcome((), "")
    found: list[Found] = [one for word in plain for one in urls.destination(word, "package")]
    words = " ".join(plain)
    found += repositories(call, "yum", "certain")
    if "corretto" in words or "Corretto" in " ".join(given.all("enablerepo")):
        found += knowledge.index("corretto-yum", "likely")
    if "epel-release" in words:
        add(call, "yum", "epel")
    if call.program == "yum" and "check-update" in plain:
        return Outcome(tuple(dict.fromkeys(found)), "", None)
    return Outcome(tuple(dict.fromkeys(found)), "")


def rpm(call: Call) -> Outcome:
    """rpm -i URL, rpm --import URL, dpkg: only what is named by a URL; EPEL's own package adds its repository."""
    if call.program == "rpm" and any("epel-release" in word for word in call.words):
        add(call, "yum", "epel")
    return Outcome(tuple(one for word in call.words for one in urls.destination(word, "package")), "")


def zypper(call: Call) -> Outcome:
    plain = [word for word in call.words if not word.startswith("-")]
    if plain[:1] in (["addrepo"], ["ar"]):
        for word in plain:
            if "://" in word:
                add(call, "zypper", word)
        return Outcome((), "")
    ask = plain[:1] in (["install"], ["in"], ["refresh"], ["ref"], ["update"], ["up"], ["dup"])
    if not ask:
        return Outcome((), "")
    found: list[Found] = [one for word in plain for one in urls.destination(word, "package")]
    found += _files(call, "zypper")[0]
    for url in (call.setting("zypper.added") or "").split():
        found += urls.destination(url, "package")
    suse = call.machine.image.startswith(("registry.suse.com/", "suse/"))
    for one in knowledge.index("sle-bci" if suse else "opensuse"):
        found += _replaced(call, one)
    return Outcome(tuple(dict.fromkeys(found)), "")


def pacman(call: Call) -> Outcome:
    ask = any(re.match(r"-\w*S", word) for word in call.words)
    return Outcome(tuple(knowledge.index("arch")) if ask else (), "")


MAX_SOURCES: Final = 100


def makepkg(call: Call) -> Outcome:
    """makepkg: the sources of the PKGBUILD; with ``-s`` its dependencies by pacman.

    **Source:** PKGBUILD(5), "source"; makepkg(8), ``--syncdeps``, ``--printsrcinfo``.
    """
    given = arguments(call.words, ["p", "key", "config"])
    if given.has("printsrcinfo", "version", "V", "packagelist", "help", "h", "repackage", "R", "noextract"):
        return Outcome((), None)
    text = re.sub(r"(?m)^[ \t]*#.*$", "", call.read(given.last("p") or "PKGBUILD") or "")
    if not text:
        return Outcome((Gap(call.command.text, "which sources it fetches: no PKGBUILD is in the context"),), None)
    values = dict(re.findall(r"(?m)^(\w{1,60})=[\"']?([^\s\"'()]{1,300})[\"']?[ \t]*$", text))
    found: list[Found] = []
    for listed in re.findall(r"(?m)^source(?:_\w{1,30})?\+?=\(([^()]{0,20000})\)", text):
        for word in listed.replace('"', " ").replace("'", " ").split()[:MAX_SOURCES]:
            url = expand(word.rpartition("::")[2], call.variables | values)
            if "://" in url:
                found += git_found(call, url.removeprefix("git+")) if url.startswith("git") else urls.fetched(url)
    if given.has("s", "syncdeps"):
        found += knowledge.index("arch")
    return Outcome(tuple(dict.fromkeys(found)), None)


def add_repository(call: Call) -> Outcome:
    """add-apt-repository: a Launchpad archive (``ppa:…``) or a line for sources.list; it fetches the lists at once."""
    found: list[Found] = []
    for word in call.words:
        if word.startswith("ppa:"):
            name = "launchpad-old" if re.search(_OLD_UBUNTU, call.machine.image) else "launchpad"
            found += knowledge.index(name)
            add(call, "apt", name)
        for url in urls.all_in(word):
            add(call, "apt", url)
    update = [] if "-n" in call.words or "--no-update" in call.words else repositories(call, "apt", "likely")
    return Outcome(tuple(dict.fromkeys([*found, *update])), "")


def rosdep(call: Call) -> Outcome:
    """rosdep: its lists of packages are on GitHub, and what it installs comes from the distribution.

    **Source:** ROS documentation, "rosdep" (sources.list.d/20-default.list).
    """
    word = next((one for one in call.words if not one.startswith("-")), "")
    if word in ("init", "update"):
        return Outcome((Destination("raw.githubusercontent.com", 443, "download"),), None)
    return Outcome(tuple(repositories(call, "apt", "likely")) if word == "install" else (), None)


def apt_key(call: Call) -> Outcome:
    """apt-key and gpg: keys from a key server."""
    found: list[Found] = []
    words = list(call.words)
    for number, word in enumerate(words):
        server = word.split("=", 1)[1] if word.startswith("--keyserver=") else None
        if word == "--keyserver" and number + 1 < len(words):
            server = words[number + 1]
        if server:
            found += urls.destination(server if "://" in server else f"hkp://{server}")
        if word in ("--recv-keys", "--recv-key", "--receive-keys", "--recv", "--refresh-keys") and not _server(words):
            found += urls.destination("hkps://keyserver.ubuntu.com", "download", "likely")
            found += urls.destination("hkps://keys.openpgp.org", "download", "possible")
        if word in ("--fetch-keys", "--import") or "://" in word:
            found += urls.destination(word)
    return Outcome(tuple(dict.fromkeys(found)), "" if call.program == "apt-key" else None)


def _server(words: list[str]) -> bool:
    """Whether a key server is named; gpg's own defaults are those of its version (GnuPG: dirmngr, keyserver)."""
    return any(word.startswith("--keyserver") for word in words)


def add(call: Call, family: str, url: str) -> None:
    """Add a repository, a URL or a package index's id, to those of apt, apk, yum or zypper."""
    old = call.setting(f"{family}.added") or ""
    call.configure(f"{family}.added", f"{old} {url}".strip())


def repositories(call: Call, family: str, sure: Confidence) -> list[Found]:
    """The machine's own repositories unless they were written over, and all that were added."""
    found, replaced = _files(call, family)
    if not replaced:
        found = [*_own(call, family, sure), *found]
    for url in (call.setting(f"{family}.added") or "").split():
        kept = _kept(call, url, sure) if family == "yum" and url in knowledge.indexes() else None
        if kept is not None:
            found += kept
        else:
            found += knowledge.index(url) if url in knowledge.indexes() else urls.destination(url, "package", sure)
    return list(dict.fromkeys([*_proxies(call, family, sure), *found]))


_PROXIES: Final = {
    "apt": (
        ("/etc/apt/apt.conf",),
        "/etc/apt/apt.conf.d",
        re.compile(r'(?i)\bproxy[ \t]{1,9}"(https?://[^"\s]{1,300})"'),
    ),
    "yum": (("/etc/yum.conf", "/etc/dnf/dnf.conf"), "", re.compile(r"(?m)^proxy[ \t]{0,9}=[ \t]{0,9}(\S{1,300})")),
}
"""By family, the files of settings, their folder, and how one of them names a proxy (apt.conf(5), dnf.conf(5))."""


def _proxies(call: Call, family: str, sure: Confidence) -> list[Found]:
    """The proxies that files of settings name for a package manager."""
    names, folder, pattern = _PROXIES.get(family, ((), "", None))
    if pattern is None:
        return []
    written = [path for path in call.machine.written if path.startswith(names)]
    paths = dict.fromkeys([*names, *written, *(call.machine.files_in(folder) if folder else ())])
    named = [url for path in paths for url in pattern.findall(call.machine.read(path) or "")]
    return [one for url in named for one in urls.destination(url, "package", sure)]


def _files(call: Call, family: str) -> tuple[list[Found], bool]:
    """What lists that the build writes or copies name, and whether one of them stands in place of the image's own."""
    found: list[Found] = []
    written = {path: text for path, text in call.machine.written.items() if path.startswith(_LISTS[family])}
    names = [
        *_MAIN[family],
        *(one for one in call.machine.files_in(_FOLDERS.get(family, "")) if one.endswith(_ENDINGS)),
    ]
    copied = {name: text for name in names if (text := call.machine.read(name)) is not None and name not in written}
    replaced = False
    for path, text in [*written.items(), *copied.items()]:
        replaced = replaced or (path in _MAIN[family] and call.setting(f"appended {path}") is None)
        if text is None:
            why = f"{shown(path)} is written by the build itself with content that is not known"
            found.append(Gap(shown(path), why, once=True))
        found += _listed(text or "")
    return found, replaced


def _listed(text: str) -> list[Found]:
    found: list[Found] = []
    for line in text.split("\n"):
        if line.lstrip().startswith(("#", "gpgkey", "Signed-By")):
            continue
        for url in urls.all_in(line):
            found += urls.destination(url, "package")
    return found


def _own(call: Call, family: str, sure: Confidence) -> list[Found]:
    """The repositories that the distribution's image is made with, after ``sed`` on them (see `replaced_host`)."""
    machine = call.machine
    known = machine.distribution if machine.distribution in _FAMILIES[family] else None
    found: list[Found] = []
    level: Confidence
    if known is None and machine.curated and family != "apk":
        level, names = "likely" if machine.assumed else sure, list(_INDEXES[_CURATED[family]])
    elif known is None:
        guesses = _GUESSES[family]
        level = sure if family == "apk" else "likely" if len(guesses) == 1 and not machine.image else "possible"
        what = machine.image or "the build image"
        if family != "apk":
            found.append(
                Gap(shown(call.command.text), f"which distribution {shown(what)} is made of is not known", once=True)
            )
        names = [index for one in guesses for index in _INDEXES[one]]
    else:
        level, names = sure, list(_INDEXES[known])
        if known == "debian" and re.search(_OF_ONE_MIRROR, machine.image):
            names = ["debian"]  # from Debian 12 on the images take security updates from the main mirror
    if "ubuntu" in names:
        at = names.index("ubuntu")
        names[at : at + 1] = _of_ubuntu(machine.architectures)
    old = known == "debian" and re.search(_OF_TWO_MIRRORS, machine.image) is not None
    for name in names:
        kept = _kept(call, name, level) if family == "yum" else None
        hosts = [replace(one, confidence=level) if old else one for one in knowledge.index(name, level)]
        found += kept if kept is not None else [new for one in hosts for new in _replaced(call, one)]
    for one, file in knowledge.brought(machine.image, family) if machine.image else ():
        if not any(text == "" and fnmatch.fnmatchcase(file, path) for path, text in machine.written.items()):
            found.append(replace(one, confidence=weaker(one.confidence, level)))
    return found


def _kept(call: Call, name: str, level: Confidence) -> list[Found] | None:
    """What the build's own edits leave of a distribution's lists of repositories; None where it makes none."""
    from reachsim.pipeline import repository_files  # its expressions cost; few builds edit such lists

    machine = call.machine
    tag = machine.image.partition("@")[0].rsplit("/", 1)[-1].partition(":")[2] or "latest"
    left = repository_files.kept(name, tag, call.setting(_EDITS) or "", machine.written)
    if left is None:
        return None
    lists, mirrors = left
    found = [one for url in lists for one in urls.destination(url, "package", level)]
    sure = weaker(level, "likely") if lists else level  # with both, either may answer first
    return [*found, *(one for url in mirrors for one in urls.destination(url, "package", sure))]


_EDITS: Final = "edits of yum"


def _of_ubuntu(architectures: tuple[str, ...]) -> list[str]:
    """Ubuntu's mirrors: those of amd64 and i386, and the ports of every other architecture."""
    main = [one for one in architectures if one in ("amd64", "386")]
    return (["ubuntu"] if main else []) + (["ubuntu-ports"] if len(main) < len(architectures) else [])


def _replaced(call: Call, one: Destination) -> list[Found]:
    """A repository's host after the replacements that ``sed -i`` made in the lists."""
    host, port = one.host, one.port
    for key, new in call.machine.settings.items():
        if not key.startswith("replaced "):
            continue
        old = key.removeprefix("replaced ").replace("\\.", ".").replace("\\/", "/")
        plain = re.sub(r"^https?://", "", old).strip("/").split("/")[0]
        if plain != host and not (plain and _as_pattern(plain, host)):
            continue
        target = new.replace("\\/", "/")
        target = target if "://" in target else target.lstrip("/")
        parsed = urls.parse(target if "://" in target else f"http://{target}")
        if nothing_known(target):
            return [Gap(shown(target), urls.why_unknown(target))]
        if parsed is not None:
            changed = "https" in target if "://" in target else False
            host = parsed.host
            port = parsed.port if "://" in target and ":" in target.split("://", 1)[1] else (443 if changed else port)
    return [Destination(host, port, "package", one.confidence)]


def _as_pattern(pattern: str, host: str) -> bool:
    """Whether a host fits the left side of a ``sed``: letters, escaped dots, and few ``.*``."""
    plain = re.fullmatch(r"(?:[\w-]|\\\.|\.\*?)+", pattern) and pattern.count("*") <= 3
    return bool(plain) and re.fullmatch(pattern, host) is not None


def sed(call: Call) -> Outcome:
    """``sed -i s/OLD/NEW/`` on a list of repositories."""
    from reachsim.pipeline import text_tools

    filtered = text_tools.sed(call)
    if filtered is not None:
        return filtered
    given = arguments(call.words, ["e", "expression", "f"])
    expressions, files = text_tools.expressions(call)
    if not given.has("i", "in-place", "ie", "ri", "Ei", "i.bak") and not any(w.startswith("-i") for w in call.words):
        return Outcome((), None)
    if not any(call.path(name).startswith(tuple(_LISTS.values())) for name in files):
        for name in files:
            text = None if given.has("n", "f") else call.read(name)
            changed = None if text is None else text_tools.edited(text, expressions, extended=given.has("E", "r"))
            if is_known(name) and (changed is not None or call.path(name) in call.machine.written):
                call.machine.written[call.path(name)] = changed
        return Outcome((), "")
    if any(call.path(name).startswith(_LISTS["yum"]) for name in files):
        from reachsim.pipeline import repository_files

        kind = "E" if given.has("E", "r", "ri", "Ei") else "B"
        plain = [re.sub(r"\$\{(\w+)\}", r"$\1", one) for one in expressions]  # the shell's reader writes $N as ${N}
        edits = [call.setting(_EDITS) or "", *(kind + one for one in plain)]
        call.configure(_EDITS, repository_files.BETWEEN.join(filter(None, edits)))
    for expression in expressions:
        for match in re.finditer(r"(?:^|;|\s)s(?P<sep>[^\w\s])(?P<old>.*?)(?P=sep)(?P<new>.*?)(?P=sep)", expression):
            call.configure(f"replaced {match['old']}", match["new"])
    return Outcome((), "")
