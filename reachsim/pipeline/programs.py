"""Which reader knows which program, and the programs that run other programs.

**Source:** the readers' own; sudo(8), env(1), xargs(1), timeout(1), POSIX sh.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Sequence
from importlib import import_module
from itertools import groupby
from typing import TYPE_CHECKING, Final, cast

from msgspec.structs import replace

from reachsim.pipeline import clients, installers, knowledge, urls
from reachsim.pipeline.builtins import BUILTINS, LOCAL
from reachsim.pipeline.call import Call, Outcome, arguments
from reachsim.pipeline.records import Choice, Found, Gap, Script
from reachsim.pipeline.shell import Command
from reachsim.pipeline.variables import ROOT, expand, is_known, shown

if TYPE_CHECKING:
    from reachsim.pipeline import makefile

Reader = Callable[[Call], Outcome]


def by_url(call: Call) -> Outcome:
    """Programs that contact what their arguments name by a URL: ab, hey, wrk, httpie …"""
    return Outcome(tuple(one for word in call.words for one in urls.destination(word)), None)


def by_url_or_name(call: Call) -> Outcome:
    """Installers of plugins: from where the table says, unless a plugin is named by its URL."""
    named = by_url(call)
    return named if named.found else Outcome(tuple(knowledge.tool(call.program, " ".join(call.words), call.variables)))


def mix(call: Call) -> Outcome:
    """mix: Hex, and the archive that ``archive.install`` or ``escript.install`` names by its URL."""
    text = " ".join(call.words[1:] if call.words[:1] == ("do",) else call.words)
    found: list[Found] = []
    for task in re.split(r",\s|\s\+\s", text) if call.words[:1] == ("do",) else [text]:
        if _MIX.match(task.strip()):
            found += knowledge.index("hex")
        for word in task.split() if task.startswith(("archive.install", "escript.install")) else ():
            found += urls.fetched(word) if "://" in word else []
    return Outcome(tuple(dict.fromkeys(found)), None)


_MIX: Final = re.compile(r"deps\.get|local\.hex|local\.rebar|archive\.install hex|hex\.publish|deps\.update")


PROGRAMS: Final[dict[str, str]] = {
    "mix": "programs.mix", "asdf": "version_managers.asdf", "mise": "version_managers.mise",
    "rtx": "version_managers.mise", "deno": "deno.deno", "R": "r_packages.r", "Rscript": "r_packages.r",
    **dict.fromkeys(("install.r", "install2.r", "installGithub.r", "installBioc.r"), "r_packages.littler"),
    **dict.fromkeys(("powershell", "powershell.exe", "@powershell", "PowerShell", "PowerShell.exe", "pwsh", "pwsh.exe"),
                    "powershell.program"),
    "aws": "aws_cli.aws", "sam": "sam.sam", "cdk": "deployers.cdk", "cdk-assets": "deployers.deployer",
    "serverless": "deployers.serverless", "sls": "deployers.serverless", "copilot": "deployers.deployer",
    "eb": "deployers.beanstalk", "ampx": "deployers.deployer",
    "eksctl": "deployers.deployer", "ecs-cli": "deployers.deployer", "amplify": "deployers.deployer",
    "docker": "docker.docker", "podman": "docker.docker", "buildah": "buildah.buildah", "nerdctl": "docker.docker",
    "docker-compose": "compose.docker_compose", "executor": "image_tools.kaniko", "kaniko": "image_tools.kaniko",
    "skopeo": "image_tools.skopeo", "crane": "image_tools.skopeo", "oras": "image_tools.skopeo",
    "gcrane": "image_tools.skopeo", "regctl": "image_tools.skopeo", "finch": "docker.docker",
    "buildx": "docker.buildx_alone", "curl": "download.curl", "wget": "download.wget", "git": "download.git",
    "ssh": "download.ssh", "scp": "download.ssh", "sftp": "download.ssh", "rsync": "download.ssh",
    "ssh-keyscan": "download.keyscan", "aria2c": "download.wget", "pip": "python_packages.pip",
    "pip2": "python_packages.pip", "pip3": "python_packages.pip", "pipx": "python_packages.pip",
    "poetry": "python_packages.poetry", "pipenv": "python_packages.pipenv", "uv": "python_packages.uv",
    "uvx": "python_packages.uv", "pdm": "python_packages.pdm", "hatch": "python_packages.pdm",
    "twine": "python_packages.twine", "pyproject-build": "python_packages.build", "npm": "node_packages.npm",
    "yarn": "node_packages.npm", "yarnpkg": "node_packages.npm", "pnpm": "node_packages.npm",
    "npx": "node_packages.npx", "pnpx": "node_packages.npx", "bunx": "node_packages.npx",
    "corepack": "node_packages.corepack", "bun": "node_packages.npm", "conda": "conda.conda", "mamba": "conda.conda",
    "micromamba": "conda.conda", "cmake": "cmake.cmake", "ab": "programs.by_url", "hey": "programs.by_url",
    "wrk": "programs.by_url", "siege": "programs.by_url", "http": "programs.by_url", "https": "programs.by_url",
    "lighthouse": "programs.by_url", "artillery": "plans.plan", "newman": "plans.plan", "k6": "plans.plan",
    "jmeter": "plans.plan", "locust": "plans.plan",
    **dict.fromkeys(("lwp-download", "lwp-request", "lwp-mirror", "GET", "axel"), "programs.by_url"),
    **dict.fromkeys(("elasticsearch-plugin", "opensearch-plugin", "kibana-plugin"), "programs.by_url_or_name"),
     "svn": "programs.by_url", "hg": "programs.by_url", "cf": "deploy.cloud_foundry",
    "pulumi": "deploy.pulumi", "go": "go_modules.go", "mvn": "java_packages.maven",
    "mvnw": "java_packages.maven", "gradle": "java_packages.gradle", "gradlew": "java_packages.gradle",
    "cargo": "packages.cargo", "gem": "packages.gem", "bundle": "packages.bundle", "bundler": "packages.bundle",
    "composer": "packages.composer", "composer.phar": "packages.composer", "dotnet": "packages.dotnet",
    "nuget": "packages.dotnet", "apt-get": "system_packages.apt", "apt": "system_packages.apt",
    "aptitude": "system_packages.apt", "apk": "system_packages.apk", "yum": "system_packages.yum",
    "dnf": "system_packages.yum", "microdnf": "system_packages.yum", "tdnf": "system_packages.yum",
    "amazon-linux-extras": "system_packages.yum", "yum-config-manager": "system_packages.yum",
    "rpm": "system_packages.rpm", "zypper": "system_packages.zypper", "pacman": "system_packages.pacman",
    "add-apt-repository": "system_packages.add_repository", "apt-add-repository": "system_packages.add_repository",
    **dict.fromkeys(("apt-key", "pacman-key", "gpg"), "system_packages.apt_key"), "sed": "system_packages.sed",
    "terraform": "deploy.terraform", "tofu": "deploy.terraform", "kubectl": "kubernetes.kubectl",
    "oc": "kubernetes.kubectl", "kustomize": "kubernetes.kustomize", "helm": "kubernetes.helm",
    "helm3": "kubernetes.helm",
    "helmfile": "kubernetes.helmfile", "task": "taskfile.task", "go-task": "taskfile.task",
    "trivy": "scanners.trivy", "sonar-scanner": "scanners.sonar",
    "dotnet-sonarscanner": "scanners.sonar_dotnet", "SonarScanner.MSBuild.exe": "scanners.sonar_dotnet",
    "dependency-check": "scanners.dependency_check", "dependency-check.sh": "scanners.dependency_check",
    "dockle": "scanners.dockle", "tflint": "scanners.tflint", "trufflehog": "scanners.trufflehog",
    **dict.fromkeys(("vault", "consul", "nomad"), "addressed.hashicorp"), "argocd": "addressed.argocd",
    **dict.fromkeys(("jf", "jfrog"), "addressed.jfrog"), "ansible-galaxy": "addressed.galaxy",
    "ansible-playbook": "addressed.playbook", "nx": "node_scripts.nx",
    "cosign": "signing.cosign", "notation": "signing.notation", "pixi": "conda.pixi",
    **dict.fromkeys(("buildctl", "buildctl-daemonless.sh"), "image_tools.buildctl"), "pack": "image_tools.pack",
    "packer": "deploy.packer",
    **dict.fromkeys(("zap-baseline.py", "zap-full-scan.py", "zap-api-scan.py"), "scanners.zap"),
    "openssl": "clients.openssl", "wait-on": "programs.by_url", "ping": "clients.ping", "ping6": "clients.ping",
    **dict.fromkeys(("dig", "nslookup", "host", "drill"), "clients.lookup"),
    "nc": "clients.netcat", "ncat": "clients.netcat", "netcat": "clients.netcat",
    "telnet": "clients.netcat", **dict.fromkeys(clients.programs(), "clients.client"),
    "npm-run-all": "node_scripts.run_all", "run-s": "node_scripts.run_all", "run-p": "node_scripts.run_all",
    "concurrently": "node_scripts.concurrently", "turbo": "node_scripts.monorepo", "lerna": "node_scripts.monorepo",
    "playwright": "node_packages.playwright", "skaffold": "kubernetes.in_cluster", "istioctl": "kubernetes.in_cluster",
    "flux": "kubernetes.in_cluster", "kubeseal": "kubernetes.in_cluster", "ko": "builders.ko",
    "nitro-cli": "builders.nitro_cli", "golangci-lint": "builders.linted", "goreleaser": "builders.goreleaser",
    "bazel": "builders.bazel", "bazelisk": "builders.bazel", "conan": "builders.conan",
    **dict.fromkeys(("nix", "nix-build", "nix-shell", "nix-env", "nix-store", "nix-channel"), "builders.nix"),
}  # fmt: skip
"""Module and function of the reader of each program. A module is imported when a build runs a program of its."""


def reader_of(program: str) -> Reader | None:
    """The reader that knows a program, shell's own commands included; None if none does."""
    if program in BUILTINS:
        return BUILTINS[program]
    if program in PROGRAMS:
        return lambda call: _by_name(program, call)
    return None


def _by_name(program: str, call: Call) -> Outcome:
    module, function = PROGRAMS[program].split(".")
    return cast(Reader, getattr(import_module(f"reachsim.pipeline.{module}"), function))(call)


_UV_RUN: Final = ["project", "directory", "with", "with-editable", "with-requirements", "w", "python", "p", "extra",
                  "group", "no-group", "only-group", "no-extra", "env-file", "package", "index", "default-index",
                  "cache-dir", "index-url", "i", "extra-index-url", "find-links", "f", "config-file", "link-mode",
                  "color", "C", "config-setting", "resolution", "prerelease", "exclude-newer", "python-platform",
                  "refresh-package", "upgrade-package", "P", "reinstall-package", "no-build-package",
                  "no-binary-package"]  # fmt: skip
_PYTHON: Final = r"python[\d.]*|py|pypy3?"
SHELLS: Final = ("sh", "bash", "zsh", "dash", "ash", "ksh", "busybox")
_WRAPPERS: Final[dict[str, list[str]]] = {
    "sudo": ["u", "g", "user", "group", "h", "p", "C", "r", "t"], "doas": ["u"], "nohup": [], "time": ["f", "o"],
    "nice": ["n"], "ionice": ["c", "n"], "stdbuf": ["i", "o", "e"], "command": [], "exec": ["a"], "builtin": [],
    "setsid": [], "unbuffer": [], "chronic": [], "env": ["u", "C"], "timeout": ["s", "k", "signal", "kill-after"],
    "gosu": [], "su-exec": [], "dumb-init": [], "tini": [], "flock": ["w", "E"], "caffeinate": [], "travis_retry": [],
    "retry": ["t", "s", "d", "n", "r", "attempts", "delay", "times"], "xvfb-run": ["s", "n", "e"], "dotenv": ["f", "e"],
    "cross-env": [], "firejail": [], "coproc": [], "entr": [], "strace": ["e", "o"],
}  # fmt: skip


def is_builtin(command: Command) -> bool:
    """Whether it is one of the shell's own commands, which pass on values that are not known."""
    return posixpath.basename(command.words[0]) in BUILTINS


def knows(program: str) -> bool:
    """Whether a reader knows the program, or the shell does."""
    name = posixpath.basename(program)
    return (
        re.fullmatch(_PYTHON, name) is not None
        or name in PROGRAMS
        or name in BUILTINS
        or name in SHELLS
        or knowledge.knows_tool(name)
    )


def read(command: Command, running: tuple[str, ...]) -> Outcome:
    """What a command contacts or runs. ``running`` are the scripts that are being walked, outermost first."""
    words = list(command.words)
    extra: dict[str, str] = {}
    for _ in range(12):
        stripped = _unwrapped(words, extra)
        if stripped is None:
            break
        words = stripped
        if not words:
            return Outcome((), None)
    program = posixpath.basename(words[0])
    call = Call(command, words, extra)
    if program in ("command", "type") or (command.words[0] == "command" and command.words[1:2] in (("-v",), ("-V",))):
        return Outcome((), None, None)
    own = call.machine.own.reached(program, " ".join(call.words))
    if own is not None:
        return Outcome(tuple(own), None)
    if program == "xargs":
        return _xargs(call)
    if program == "dotnet" and re.fullmatch(r"sonarscanner|.*SonarScanner\.MSBuild\.dll", (*call.words, "")[0]):
        return _by_name("dotnet-sonarscanner", Call(command, ["dotnet-sonarscanner", *call.words[1:]], extra))
    if program == "parallel" and ":::" in call.words:
        at = call.words.index(":::")
        values = "\n".join(call.words[at + 1 :])
        words = [re.sub(r"^\{\}$", "{}", word) for word in call.words[:at]]
        return _xargs(
            Call(replace(command, stdin=values), ["parallel", *(() if "{}" in words else ("-n", "1")), *words])
        )
    if program == "find":
        return _find(call, running)
    if program == "eval" and _sets_up_the_shell(call):
        return Outcome((), "")
    if program == "eval":
        return Outcome((Script(" ".join(call.words), own_process=False),), None)
    if program in ("source", "."):
        return _sourced(call, running)
    if program in SHELLS:
        return _shell(call, running)
    if program == "make" or program == "gmake":
        return _make(call)
    if re.fullmatch(_PYTHON, program):
        return _python(call, running)
    if program == "bundle" and call.words[:1] == ("exec",):
        return read(replace(command, words=call.words[1:] or ("true",), assigned=command.assigned | extra), running)
    if program in ("poetry", "pipenv", "uv", "dotenv") and call.words[:1] == ("run",):
        first = _by_name("uv", call) if program == "uv" else Outcome()
        rest = arguments(call.words[1:], _UV_RUN if program == "uv" else ["C", "directory", "P"], stop=True).rest
        inner = read(replace(command, words=tuple(rest) or ("true",)), running)
        return Outcome((*first.found, *inner.found), inner.stdout, inner.status)
    if program in ("conda", "mamba", "micromamba") and call.words[:1] == ("run",):
        inside = arguments(call.words[1:], ["n", "name", "p", "prefix", "cwd"], stop=True).rest
        return read(replace(command, words=tuple(inside) or ("true",)), running)
    reader = reader_of(program) or reader_of(re.sub(r"^(pip|npm)[\d.]+$", r"\1", program))
    if reader is not None and not _shadowed(call, words[0]):
        return reader(call)
    return _other(call, words[0], program, running)


_HOOKS: Final = ("conda", "mamba", "micromamba", "pyenv", "rbenv", "nodenv", "goenv", "direnv", "brew", "dircolors",
                 "ssh-agent", "opam", "fnm", "starship", "mise", "rtx", "asdf", "gpg-agent", "docker-machine",
                 "minikube", "poetry", "lesspipe", "thefuck", "jenv", "phpenv", "luaenv", "sdk")  # fmt: skip


def _sets_up_the_shell(call: Call) -> bool:
    """``eval "$(ssh-agent -s)"``, ``eval "$(conda shell.bash hook)"``: they print variables and functions only."""
    made = re.fullmatch("\ue000!([^\ue000\ue001]+)\ue001", " ".join(call.words).strip())
    return made is not None and made[1] in _HOOKS


def _shadowed(call: Call, name: str) -> bool:
    """A file of the context that happens to bear a known program's name (``./terraform``), wrappers aside."""
    unread = call.machine.written.get(call.path(name), "") is None  # downloaded, under the name of what it is
    return "/" in name and call.exists(name) and not unread and posixpath.basename(name) not in ("mvnw", "gradlew")


def _unwrapped(words: list[str], extra: dict[str, str]) -> list[str] | None:
    """The words behind a wrapper such as ``sudo``; None if the first word is none."""
    program = posixpath.basename(words[0])
    if re.fullmatch(r"[A-Za-z_]\w*=.*", words[0], re.DOTALL):
        name, _, value = words[0].partition("=")
        extra[name] = value
        return words[1:]
    if program not in _WRAPPERS or (program == "command" and words[1:2] in (["-v"], ["-V"])):
        if program in ("su", "runuser"):
            given = arguments(words[1:], ["c", "command", "s", "shell"])
            text = given.last("c", "command")
            return ["sh", "-c", text] if text else None
        return None
    given = arguments(words[1:], _WRAPPERS[program], stop=True)
    rest = list(given.rest)
    if program in ("timeout", "gosu", "su-exec", "flock") and len(rest) > 1:
        rest = rest[1:]
    if program == "retry" and rest and rest[0].isdigit():
        rest = rest[1:]
    while rest and program in ("env", "sudo", "cross-env") and re.match(r"[A-Za-z_]\w*=", rest[0]):
        name, _, value = rest.pop(0).partition("=")
        extra[name] = value
    return rest


def _xargs(call: Call) -> Outcome:
    given = arguments(
        call.words, ["n", "I", "L", "P", "d", "E", "s", "a", "i", "max-args", "replace", "delimiter"], stop=True
    )
    if not given.rest:
        known = call.stdin is not None and is_known(call.stdin)
        return Outcome((), " ".join((call.stdin or "").split()) + "\n" if known else call.stdin)
    items = (
        call.stdin.split() if call.stdin is not None and is_known(call.stdin) else [call.stdin or "\ue000xargs\ue001"]
    )
    mark = given.last("I", "replace", "i") or ("{}" if call.program == "parallel" and "{}" in given.rest else None)
    found: list[Found] = []
    rounds = [[one] for one in items[:100]] if mark or given.has("n", "L", "max-args") else [items]
    for values in rounds:
        words = [word.replace(mark, values[0]) for word in given.rest] if mark else [*given.rest, *values]
        found += read(replace(call.command, words=tuple(words), stdin=None), ()).found
    return Outcome(tuple(dict.fromkeys(found)), None)


def _find(call: Call, running: tuple[str, ...]) -> Outcome:
    """``find … -exec COMMAND ;``: the command runs, for files that are not told."""
    found: list[Found] = []
    words = list(call.words)
    while any(word in _EXECUTES for word in words):
        start = next(number for number, word in enumerate(words) if word in _EXECUTES) + 1
        end = next((number for number in range(start, len(words)) if words[number] in (";", "+")), len(words))
        inner = tuple("\ue000file\ue001" if word == "{}" else word for word in words[start:end])
        words = words[end + 1 :]
        if inner:
            found += read(replace(call.command, words=inner, stdin=None), running).found
    return Outcome(tuple(dict.fromkeys(found)), None)


_EXECUTES: Final = ("-exec", "-execdir", "-ok", "-okdir")


# --- scripts --------------------------------------------------------------------------------------------------------


def _shell(call: Call, running: tuple[str, ...]) -> Outcome:
    """``sh -c TEXT``, ``sh FILE``, ``… | sh``."""
    words = list(call.words)
    if call.program == "busybox":
        words = words[1:] if words[:1] in (["sh"], ["ash"]) else words
    options: list[str] = []
    while words and words[0].startswith(("-", "+")) and words[0] not in ("-", "--"):
        option = words.pop(0)
        options.append(option)
        if option.lstrip("-+").startswith("o") and len(option) == 2 and words:
            words.pop(0)
        if re.fullmatch(r"-\w*c", option):
            if not words:
                return Outcome()
            text, *rest = words
            well_known = installers.runs(call, text)
            if well_known is not None:
                return well_known
            if re.fullmatch("\ue000![^\ue000\ue001]+\ue001", text):
                return Outcome((Gap(call.command.text, _MADE),))
            return Outcome((Script(text, arguments=tuple(rest[1:]), variables=_extra(call)),), None)
    words = [word for word in words if word not in ("-", "--")]
    if words[:1] in (["/dev/stdin"], ["/proc/self/fd/0"]):
        words, options = words[1:], [*options, "-s"]
    from_stdin = not words or any(re.fullmatch(r"-\w*s", option) for option in options)
    if from_stdin:
        if call.stdin is None:
            return Outcome((), None)
        well_known = installers.runs(call, call.stdin)
        if well_known is not None:
            return well_known
        if not is_known(call.stdin) and re.search("\ue000!", call.stdin):
            return Outcome((Gap(call.command.text, _MADE),))
        return Outcome((Script(call.stdin, arguments=tuple(words), variables=_extra(call)),), None)
    return _file(call, words[0], words[1:], running, own_process=True)


_MADE: Final = "runs a script that the build downloads or makes; it is not in these files"


def _extra(call: Call) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in call.variables.items() if call.scope.variables.get(name) != value)


def _sourced(call: Call, running: tuple[str, ...]) -> Outcome:
    if not call.words:
        return Outcome()
    name = call.words[0]
    if re.search(
        r"(?:/|^)activate$|nvm\.sh$|/etc/|\.bashrc$|\.profile$|\.bash_profile$|/\.cargo/env$|sdkman-init\.sh$", name
    ):
        return Outcome((), "")
    return _file(call, name, list(call.words[1:]), running, own_process=False)


def _file(call: Call, name: str, rest: list[str], running: tuple[str, ...], *, own_process: bool) -> Outcome:
    """Run a file of the context as a shell script."""
    if not is_known(name):
        return Outcome((Gap(call.command.text, f"which script that is: {shown(name)} is not known"),), None)
    path = call.path(name)
    if path.endswith("/aws/install") and not call.machine.exists(path):
        return Outcome((), None)  # the AWS CLI's bundled installer, unpacked by an earlier command
    if path in running:
        return Outcome((Gap(call.command.text, "a script that calls itself; its first round is read"),), None)
    text = call.machine.read(path)
    place = call.machine.context_path(path) or path
    if text is None:
        return Outcome((Gap(call.command.text, _why_unread(call, path)),), None)
    well_known = installers.runs(call, text)
    if well_known is not None:
        return well_known
    language = _language(name, text)
    if language and own_process:
        return read(replace(call.command, words=(*_INTERPRETERS.get(language, (language,)), name, *rest)), running)
    if language:
        return Outcome((Gap(call.command.text, f"a {language} program; of it only what it writes out is read"),), None)
    return Outcome((Script(text, place, 1, _extra(call), tuple(rest), own_process),))


_INTERPRETERS: Final = {"pwsh": ("pwsh", "-File"), "powershell": ("pwsh", "-File"), "make": ("make", "-f"),
                        "deno": ("deno", "run"), "bun": ("bun", "run")}  # fmt: skip
"""How a program's first line has it run, where it is not by its language's name alone."""


def _why_unread(call: Call, path: str) -> str:
    if path in call.machine.written:
        return _MADE
    name = call.machine.context_path(path)
    leaves = getattr(call.machine.context, "leaves", None)
    if name is not None and (name.startswith("..") or (leaves is not None and leaves(name))):
        return "the file lies outside the context, or a symbolic link leads out of it"
    if name is not None and name in call.machine.context:
        return "not a text file"
    return "the file is not in the context"


def _language(name: str, text: str) -> str | None:
    """The language of a script that is no shell script, by its first line or its ending."""
    first = text.split("\n", 1)[0]
    if first.startswith("#!"):
        match = re.search(r"(python|node|ruby|perl|php|pwsh|deno|bun|Rscript|groovy|make)", first)
        return match[1] if match else None
    ending = posixpath.splitext(name)[1]
    return {".py": "python", ".js": "node", ".mjs": "node", ".cjs": "node", ".ts": "node", ".rb": "ruby", ".pl": "perl",
            ".php": "php", ".ps1": "powershell"}.get(ending)  # fmt: skip


def _python(call: Call, running: tuple[str, ...]) -> Outcome:
    words = list(call.words)
    while words and words[0].startswith("-") and words[0] not in ("-m", "-c", "-"):
        words.pop(0)
    if words[:1] == ["-m"] and len(words) > 1:
        module, rest = words[1], words[2:]
        if module == "build":
            return _by_name("pyproject-build", Call(call.command, words[1:]))
        if module in ("venv", "virtualenv", "ensurepip", "http.server", "json.tool", "compileall", "zipfile", "site"):
            return Outcome((), None)
        return (
            read(replace(call.command, words=(module, *rest)), running)
            if module in PROGRAMS or module in BUILTINS or module in LOCAL or knowledge.knows_tool(module)
            else Outcome((Gap(call.command.text, f"what the module {shown(module)} contacts is not known"),), None)
        )
    if not words and call.stdin is not None and (well_known := installers.runs(call, call.stdin)) is not None:
        return well_known
    if words[:1] == ["-c"] or not words or (words[0].startswith("-") and words[0] != "-"):
        text = words[1] if len(words) > 1 and words[0] == "-c" else call.stdin or ""
        return _text(call, "python", text)
    name = words[0]
    program = call.stdin if name == "-" else call.read(name)
    well_known = installers.runs(call, program) if program is not None else None
    if well_known is not None:
        return well_known
    if posixpath.basename(name) == "setup.py":
        if any(word in ("install", "develop", "test") for word in words[1:]):
            return Outcome(tuple(knowledge.index("pypi", "likely")), None)
        return Outcome(tuple(_of_file(call, "python", name, program)), None)
    if posixpath.basename(name) in ("get-pip.py", "get_pip.py"):
        return Outcome(tuple(knowledge.index("pypi")), "")
    if name == "-":
        return _text(call, "python", program or "")
    found = _of_file(call, "python", name, program)
    return Outcome((*found, Gap(call.command.text, "a python program; of it only what it writes out is read")), None)


def _text(call: Call, program: str, text: str) -> Outcome:
    """A program that stands in the command: what its calls fetch, and a gap where it may reach for more."""
    from reachsim.pipeline import inline

    language = inline.LANGUAGES.get(program, "")
    found = inline.fetched(call, language, text, whole=True)
    gap = Gap(call.command.text, f"a {program} program; of it only what it writes out is read")
    return Outcome((*found, *((gap,) if inline.leaves_open(call, language, text) else ())), None)


def _of_file(call: Call, program: str, name: str, text: str | None) -> list[Found]:
    """What the calls of a program's file fetch, and what it runs."""
    from reachsim.pipeline import inline

    place = call.machine.context_path(call.path(name)) or call.path(name)
    language = inline.LANGUAGES.get(program, "")
    return inline.fetched(call, language, text, whole=False, file=place) if text else []


def _make(call: Call) -> Outcome:
    from reachsim.pipeline.makefile import recipes

    given = arguments(call.words, ["C", "directory", "f", "file", "makefile", "j", "o", "I", "l"])
    folder = given.last("C", "directory") or "."
    names = given.all("f", "file", "makefile") or ["GNUmakefile", "makefile", "Makefile"]
    place = next((one for name in names if call.read(one := posixpath.join(folder, name)) is not None), "")
    text = call.read(place) if place else None
    if text is None:
        made = call.setting("makefile.generated")
        return Outcome(() if made else (Gap(call.command.text, "there is no makefile in the context"),), None)
    targets = [word for word in given.rest if "=" not in word]
    settings = dict(word.split("=", 1) for word in given.rest if "=" in word)

    def included(word: str) -> list[tuple[str, str]]:
        paths = call.machine.glob(call.path(posixpath.join(folder, word))) if "*" in word else []
        paths = paths or [call.path(posixpath.join(folder, word))]
        return [(path, text) for path in paths if (text := call.machine.read(path)) is not None]

    found, missing, variables = recipes(text, targets, settings, included, call.variables)
    variables = {name: value for name, value in variables.items() if name in settings or name not in call.variables}
    merged = dict(call.variables) | {"MAKE": "make"}
    for name, value in variables.items():
        merged[re.sub(r"[.-]", "_", name)] = re.sub(r"\$[({]([\w.-]+)[)}]", r"${\1}", value)
    for _ in range(4):
        merged |= {name: expand(merged[name], merged) for name in variables if name in merged and "$" in merged[name]}
    values = tuple((name, merged[name]) for name in ("MAKE", *variables) if name in merged)

    def script(one: makefile.Line) -> Script:
        file = call.machine.context_path(one.file or call.path(place)) or place
        return Script(one.text, file, one.line, values, directory=call.path(folder))

    scripts = [one for recipe in found for one in _recipe(recipe.commands, script)]
    gaps = [Gap(call.command.text, f"the makefile has no plain rule for {shown(name)}") for name in missing]
    return Outcome((*scripts, *gaps), None)


def _recipe(lines: Sequence[makefile.Line], script: Callable[[makefile.Line], Script], depth: int = 0) -> list[Found]:
    """The lines of a recipe, those in branches of one conditional as a choice of them."""
    found: list[Found] = []
    for _, group in groupby(lines, lambda one: one.within[depth].conditional if len(one.within) > depth else 0):
        together = list(group)
        if len(together[0].within) <= depth:
            found += map(script, together)
            continue
        arms: dict[int, list[makefile.Line]] = {}
        for one in together:
            arms.setdefault(one.within[depth].number, []).append(one)
        walked = tuple((tuple(_recipe(arm, script, depth + 1)), True) for arm in arms.values())
        found.append(Choice(walked, len(arms) == together[0].within[depth].of))
    return found


def _other(call: Call, name: str, program: str, running: tuple[str, ...]) -> Outcome:
    """A tool of the table, a script by its path, a program that contacts nobody; else a gap."""
    if not is_known(name) and not (is_known(program) and knowledge.knows_tool(program)):
        return Outcome((Gap(call.command.text, f"which program that is: {shown(name)} is not known"),), None)
    if program in ("dependency-check.sh", "dependency-check") and not call.machine.exists(call.path(name)):
        return _by_name("dependency-check", call)
    if knowledge.knows_tool(program):
        plain = " ".join(call.words)
        return Outcome(tuple(knowledge.tool(program, plain, call.variables)), None)
    if "/" in name or program.endswith(".sh"):
        path = call.path(name)
        if call.machine.exists(path) or path.startswith(ROOT + "/") or path in call.machine.written:
            if program in LOCAL and not call.machine.exists(path):
                return Outcome((), None)
            if "node_modules/" in name and not call.machine.exists(path):
                inner = reader_of(program)
                return inner(call) if inner is not None else Outcome((), None)
            if name.startswith(
                (
                    "./aws/install",
                    "./node_modules/.bin/",
                    "node_modules/.bin/",
                    "./vendor/bin/",
                    "vendor/bin/",
                    "aws/install",
                    "./venv/bin/",
                    "venv/bin/",
                    ".venv/bin/",
                )
            ):
                inner = reader_of(program)
                return inner(call) if inner is not None else Outcome((), None)
            return _file(call, name, list(call.words), running, own_process=True)
    if program in ("node", "ruby", "perl", "php", "julia", "ts-node", "nodejs"):
        return _interpreter(call, program)
    if call.words and all(re.fullmatch(r"-{1,2}(?:v|V|version|h|help)|version|help", word) for word in call.words):
        return Outcome((), None)  # whatever it is, it only tells of itself
    if program.isdecimal() or program in LOCAL or program.startswith(("docker-php-ext-", "x86_64-", "aarch64-")):
        return Outcome((), None)
    return Outcome((Gap(call.command.text, f"what {shown(program)} contacts is not known"),), None)


def _interpreter(call: Call, program: str) -> Outcome:
    flags = [word for word in call.words if word.startswith("-")]
    rest = [word for word in call.words if not word.startswith("-")]
    text = call.read(rest[0]) if rest else call.stdin
    well_known = installers.runs(call, text) if text is not None else None
    if well_known is not None:
        return well_known
    if any(flag in ("-v", "--version", "-V") for flag in flags) or (not rest and not text):
        return Outcome((), None)
    if not rest:
        return _text(call, program, text or "")
    if program == "php" and posixpath.basename(rest[0]) in ("composer.phar", "composer"):
        return _by_name("composer", Call(call.command, rest))
    if any(re.fullmatch(r"-\w*[erE]|-p|--eval|-c", flag) for flag in flags):
        return _text(call, program, " ".join(call.words))
    found = _of_file(call, program, rest[0], text)
    return Outcome(
        (*found, Gap(call.command.text, f"a {program} program; of it only what it writes out is read")), None
    )
