"""What a build contacts: its buildspec walked phase by phase, with all that its commands run and build.

Listed is what the build's own files cause; with a project also what CodeBuild itself contacts. Link-local addresses
(container credentials) and the machine itself are left out, for nothing can stop or see that traffic. A batch is walked
as the plain build, then member by member where buildspec or variables differ.

**Source:** DESIGN, "contacts"; CodeBuild User Guide, "Build specification reference" (order of phases; from version 0.2
on all commands share one shell).
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

import msgspec

from reachsim import services
from reachsim.errors import QuestionError
from reachsim.pipeline import alternatives, builds, credentials, knowledge, programs, steering, urls
from reachsim.pipeline import buildspec as specs
from reachsim.pipeline import project as projects
from reachsim.pipeline.call import Outcome
from reachsim.pipeline.context import Folder, Machine, open_context
from reachsim.pipeline.ledger import Ledger
from reachsim.pipeline.own import Own
from reachsim.pipeline.records import (
    BATCH_ELSEWHERE,
    Choice,
    Confidence,
    Contact,
    Contacts,
    ContainerRun,
    Destination,
    Found,
    Gap,
    ImageBuild,
    Kind,
    Script,  # fmt: skip
    Step,
    Unresolved,
    weaker,
)
from reachsim.pipeline.shell import Command, Result, Scope, Shell, set_arguments
from reachsim.pipeline.variables import (
    ACCOUNT_NAMES,
    ROOT,
    codebuild_variables,
    expand,
    is_known,
    nothing_known,
    replaced,
    shown,
    starred,
    unknown,
    unknown_names,  # fmt: skip
)

if TYPE_CHECKING:
    from reachsim.pipeline.powershell_values import Session

MAX_COMMANDS: Final = 20_000
MAX_SCRIPTS: Final = 2_000
"""Commands and called scripts that are walked at most: scripts that call each other can multiply without end."""
_PLACEHOLDER: Final = re.compile(r"<([\w -]+)>")
"""What stands for a part that the reader is to fill in: ``<ACCOUNT>.dkr.ecr…``."""
_NO_HOST: Final = re.compile(r"[\s\"'`<>|\\^,;()$]")


def contacts_of(
    buildspec: bytes,
    context: Mapping[str, bytes] | str | os.PathLike[str] | None = None,
    project: projects.Owned | None = None,
    name: str = "buildspec.yml",
    own: Own | None = None,
) -> Contacts:
    """Every network destination of a build, and what the files do not tell.

    Args:
        buildspec: the buildspec's bytes.
        context: the source's files, relative POSIX path to bytes, or their directory; None if there are none.
        project: the CodeBuild project (`reachsim.pipeline.project.find`): Region, account, image and variables.
        name: the buildspec's path within the context, for the rows.
        own: tools, mirrors and variables of the user's, on top of the package's tables
            (`reachsim.pipeline.own.own_knowledge`).

    Raises QuestionError if the buildspec is none.

    >>> found = contacts_of(b"version: 0.2\\nphases: {build: {commands: [aws sts get-caller-identity]}}")
    >>> [(one.host, one.line, one.phase, one.confidence) for one in found.contacts]
    [('sts.{region}.amazonaws.com', 2, 'build', 'certain')]
    """
    files = open_context(context) if isinstance(context, (str, os.PathLike)) else context if context is not None else {}
    spec = specs.parse(buildspec, name)
    walk = Walk(files, project, own or Own())
    walk.build(spec, name, {}, "certain")
    for member in spec.batch:
        if member.elsewhere:
            walk.note(Gap(member.elsewhere, BATCH_ELSEWHERE), 1, name)
        if not member.buildspec and not member.variables:
            continue
        other, place = spec, name
        if member.buildspec and member.buildspec != name:
            place = posixpath.normpath(member.buildspec)
            try:
                other = specs.parse(files[place], place)
            except KeyError:
                walk.note(Gap(member.buildspec, "the buildspec of a batch member is not in the context"), 1, name)
                continue
            except QuestionError as error:
                walk.note(Gap(member.buildspec, str(error)), 1, name)
                continue
        walk.build(other, place, dict(member.variables), "certain" if other is not spec else "possible")
    return walk.ledger.contacts()


class Walk:
    """One walk through a build. It collects; nothing else about it changes."""

    def __init__(self, context: Mapping[str, bytes], owned: projects.Owned | None, own: Own) -> None:
        self.context = context
        self.own = own
        self.owned = owned
        self.region = owned.region if owned else unknown("region")
        self.account = owned.account if owned else unknown("account")
        self.phase = ""
        self.ledger = Ledger()
        self.shell = Shell(self.perform, self.note, self.ledger)
        self.running: list[str] = []
        self.within = 0  # builds and containers of the Docker daemon around what is walked
        self.without = 0  # image builds by programs that need no daemon
        self.token = False  # whether the last token of ECR was asked for with others' credentials
        self.logins: dict[str, bool] = {}  # and what the Docker daemon has been logged in with, by registry
        self.commands, self.scripts = MAX_COMMANDS, MAX_SCRIPTS

    # --- the buildspec ------------------------------------------------------------------------------------------------

    def build(self, spec: specs.Buildspec, name: str, overrides: dict[str, str], sure: Confidence) -> None:
        """Walk one buildspec from the environment to post_build."""
        scope = self._scope(spec, overrides)
        self.phase = "environment"
        if self.owned is not None and not overrides:
            self._of_project(self.owned, spec, name)
            self.phase = "environment"
        for entry in spec.parameters:
            one = projects.parameter(self.region, self.account, entry.value)
            self.add(one, name, entry.line, f"parameter-store: {entry.name}: {entry.value}", sure)
        for entry in spec.secrets:
            one = projects.secret(self.region, self.account, entry.value)
            self.add(one, name, entry.line, f"secrets-manager: {entry.name}: {entry.value}", sure)
        self._proxies(spec, name, sure)
        for entry in spec.refused:
            why = (
                f"expected a table with commands, found {entry.value}: CodeBuild refuses it, and nothing in it is read"
            )
            self.note(Gap(f"phases: {entry.name}", why), entry.line, name)
        for entry in spec.unheard:
            self.note(Gap(entry.name, entry.value), entry.line, name)
        session: Session = {}
        runner = self._runner(spec)
        for phase in spec.phases:
            self.phase = phase.name
            for entry in phase.runtimes:
                scope.machine.settings[f"runtime.{entry.name}"] = f"{entry.name}:{entry.value}"
                self._runtime(entry, name, sure)
            for text, line in (*phase.commands, *phase.last):
                inner = scope if spec.version != "0.1" else scope.copy()
                inner.ended = inner.doubted = False
                if runner.startswith(("powershell", "pwsh")):
                    self.powershell(text, inner, sure, line, name, runner, session)
                    continue
                if runner.startswith("cmd"):
                    self.windows(text, inner, sure, line, name)
                    continue
                self.shell.run(text, inner, sure, line, name)

    def _runner(self, spec: specs.Buildspec) -> str:
        """The shell that runs the commands: the buildspec's, else PowerShell on Windows and sh elsewhere (CodeBuild
        User Guide, "Shells and commands in build environments"). Without a project the commands' own form tells.
        """
        on_windows = self.owned is not None and self.owned.project.environment.type.startswith("WINDOWS_")
        if spec.shell or self.owned is not None:
            return spec.shell or ("powershell" if on_windows else "")
        written = [text for phase in spec.phases for text, _ in (*phase.commands, *phase.last)]
        if any("$env:" in text or "\\" in text or "-" in text for text in written):
            from reachsim.pipeline import powershell

            on_windows = any(map(powershell.looks_so, written))
        return "powershell" if on_windows else ""

    def _scope(self, spec: specs.Buildspec, overrides: dict[str, str]) -> Scope:
        owned = self.owned
        machine = Machine.of_build(self.context)
        machine.own = self.own
        machine.image = owned.project.environment.image if owned else ""
        machine.curated = not machine.image or machine.image.startswith("aws/codebuild/")
        machine.assumed = not machine.image and not any(phase.runtimes for phase in spec.phases)
        machine.distribution = knowledge.curated_distribution(machine.image) if machine.image else None
        if machine.image and not machine.curated:
            from reachsim.pipeline.image import parse

            reference = parse(machine.image)
            machine.distribution = knowledge.distribution(reference.host, reference.path, reference.tag)
        machine.cached = spec.cache_paths
        if owned and owned.project.environment.type.startswith("ARM_"):
            machine.architectures = ("arm64",)
        variables = codebuild_variables(owned.region if owned else None, owned.account if owned else None,
                                        owned.project.name if owned else None)  # fmt: skip
        if owned and owned.project.source.location and owned.project.source.type != "CODEPIPELINE":
            variables["CODEBUILD_SOURCE_REPO_URL"] = owned.project.source.location
        for entry in spec.variables:
            variables[entry.name] = _given(entry, variables)
        for entry in (*spec.parameters, *spec.secrets):
            variables[entry.name] = unknown(entry.name)
        if owned:
            variables |= projects.variables(owned)  # the project's come before the buildspec's
        return Scope(machine, variables | self.own.variables | overrides, ROOT)

    def _of_project(self, owned: projects.Owned, spec: specs.Buildspec, name: str) -> None:
        for row in (*projects.rows(owned), *projects.submodules(owned, self.context)):
            if row.step == "artifacts" and spec.artifacts is None:
                continue
            self.phase = row.step
            self.add(_at_step(row.found, row.step), owned.file, 1, row.text, "certain")
        self.phase = "reports"
        for entry in spec.reports:
            one = projects.reports(owned, self.region, self.account, entry.name)
            self.add(one, name, entry.line, f"reports: {entry.name}", "certain")

    def _proxies(self, spec: specs.Buildspec, name: str, sure: Confidence) -> None:
        for entry in spec.variables:
            for one in urls.proxy(entry.name, entry.value):
                self.add(one, name, entry.line, f"{entry.name}: {entry.value}", sure)

    def _runtime(self, entry: specs.Entry, name: str, sure: Confidence) -> None:
        """A runtime that an image brings is only switched to. Images list runtimes by ``X`` or ``X.Y``; what is asked
        for down to the patch level is fetched unless the image happens to have it (fact P69).
        """
        index = _RUNTIMES.get(entry.name)
        if index is None or not re.fullmatch(r"\d+\.\d+\.\d+", entry.value):
            return
        for one in knowledge.index(index, "possible"):
            self.add(one, name, entry.line, f"runtime-versions: {entry.name}: {entry.value}", sure)

    # --- commands -----------------------------------------------------------------------------------------------------

    def perform(self, command: Command) -> Result:
        """What the shell's walk calls for every simple command."""
        self.commands -= 1
        if self.commands < 0 or self.scripts < 0:
            self.note(
                Gap("…", f"more than {MAX_COMMANDS} commands or {MAX_SCRIPTS} scripts; the rest is not read"),
                1,
                command.file,
            )
            command.scope.ended = True
            return Result(None, None)
        chosen = [] if programs.is_builtin(command) else alternatives.choices([*command.words, command.stdin or ""])
        if chosen:
            return self._each(command, [_filled(command, one) for one in chosen])
        forked = self._forked(command) if command.scope.machine.forks else []
        return self._forks(command, self._read(command), forked)

    def _read(self, command: Command) -> Outcome:
        return programs.read(command, tuple(self.running))

    def _forked(self, command: Command) -> list[tuple[Outcome, Confidence]]:
        """What a command contacts after each branch that may have steered it elsewhere, and how sure what it contacts
        otherwise is.
        """
        if programs.is_builtin(command):
            return []
        read = [
            (steering.as_if(command.scope, one, lambda: self._read(command)), one.otherwise)
            for one in command.scope.machine.forks
        ]
        return [(outcome, otherwise) for outcome, otherwise in read if outcome is not None]

    def _forks(self, command: Command, outcome: Outcome, forked: list[tuple[Outcome, Confidence]]) -> Result:
        """What a command contacts whatever branch has run is as sure as the command."""
        levels: dict[object, Confidence] = {}
        for place in map(_place, outcome.found):
            levels[place] = "certain"
            for one, otherwise in forked:
                if place not in map(_place, one.found):
                    levels[place] = weaker(levels[place], otherwise)
        kept = tuple(found for found in outcome.found if levels[_place(found)] == "certain")
        result = self._taken(command, Outcome(kept, outcome.stdout, outcome.status))
        unsure = [(found, levels[_place(found)]) for found in outcome.found if levels[_place(found)] != "certain"]
        unsure += [(found, "possible") for one, _ in forked for found in one.found if _place(found) not in levels]
        for found, level in unsure:
            twin = msgspec.structs.replace(command, confidence=weaker(command.confidence, level))
            self._taken(twin, Outcome((found,), None, None))
        return result

    def _each(self, command: Command, commands: list[Command]) -> Result:
        """A command of which the branch before it decides some words: only what it contacts whatever they are keeps
        its confidence.
        """
        outcomes = [self._read(one) for one in commands]
        reached = [{_place(found) for found in outcome.found} for outcome in outcomes]
        results = []
        for one, outcome in zip(commands, outcomes, strict=True):
            always = [found for found in outcome.found if all(_place(found) in places for places in reached)]
            others = tuple(found for found in outcome.found if found not in always)
            results.append(
                self._taken(
                    msgspec.structs.replace(one, text=command.text),
                    Outcome(tuple(always), outcome.stdout, outcome.status),
                )
            )
            self._taken(
                msgspec.structs.replace(one, text=command.text, confidence="possible"),
                Outcome(others, outcome.stdout, outcome.status),
            )
        same = len(set(results)) == 1
        return results[0] if same else Result(None, None)

    def _taken(self, command: Command, outcome: Outcome) -> Result:
        """Add what a command contacts, and walk what it runs and builds."""
        stdout = outcome.stdout
        daemon = _asks_docker(command)
        others: bool | None = None
        for one in outcome.found:
            if isinstance(one, Choice):
                self._choice(one, command)
            elif isinstance(one, Script):
                result = self._script(one, command)
                stdout = result.stdout if stdout is None else stdout
            elif isinstance(one, ImageBuild | ContainerRun):
                self.within, self.without = self.within + daemon, self.without + (not daemon)
                tolerant, self.ledger.tolerant = self.ledger.tolerant, 0  # an image that is not built is missed later
                try:
                    if isinstance(one, ImageBuild):
                        builds.walk(self, one, command)
                    else:
                        self._container(one, command)
                finally:
                    self.within, self.without = self.within - daemon, self.without - (not daemon)
                    self.ledger.tolerant = tolerant
            else:
                proxied = _by_proxy(command, one) if not self.within else None
                if others is None and isinstance(one, Destination) and (one.requests or one.step == "login"):
                    others = credentials.of_others(command, contained=self.within + self.without > 0)
                self.add(one, command.file, command.line, command.text, command.confidence, proxied=proxied,
                         daemon=daemon, others=bool(others))  # fmt: skip
        return Result(stdout, outcome.status)

    def _choice(self, choice: Choice, command: Command) -> None:
        def walk(found: tuple[Found, ...]) -> Callable[[], object]:
            return lambda: self._taken(command, Outcome(found))

        rows = [self.ledger.branch(walk(found), alive=alive) for found, alive in choice.arms]
        self.ledger.join(rows, whole=choice.whole)

    def _container(self, run: ContainerRun, command: Command) -> None:
        """A command in a container: what it sees of the build are the folders that are mounted."""
        made = builds.built_here(command.scope.machine, run.image)
        machine = made.machine.copy() if made is not None else builds.fresh(command.scope.machine, run.image)
        for place, source in run.mounts:
            inside = command.scope.machine.context_path(source)
            if inside is not None and not inside.startswith(".."):
                machine.mounts.put(place, "" if inside == "." else inside)
        env, directory = (made.env, made.directory) if made is not None else ({}, "/")
        variables = {"HOME": "/root", **env, **dict(run.variables)}
        scope = Scope(machine, variables, directory if run.directory is None else run.directory)
        for name in ("codebuild:account", "AWS_REGION", "AWS_DEFAULT_REGION"):
            if name in command.scope.variables:
                scope.variables.setdefault(name, command.scope.variables[name])
        if run.confidence != "certain" and not programs.knows(run.words[0]):
            return
        sure = weaker(command.confidence, run.confidence)
        self.perform(
            msgspec.structs.replace(command, words=run.words, assigned={}, stdin=None, scope=scope, confidence=sure)
        )

    def _script(self, script: Script, command: Command) -> Result:
        self.scripts -= 1
        scope = command.scope.copy() if script.own_process else command.scope
        kept = {name: scope.variables.get(name) for name in ("0", "BASH_SOURCE")}
        doubted = scope.doubted
        if script.own_process or script.arguments:
            set_arguments(scope.variables, script.arguments)
        scope.variables |= command.assigned | dict(script.variables)
        if script.directory is not None:
            scope.directory = script.directory
        here = script.file or ""
        path = f"{ROOT}/{here}" if here else ""
        if here:
            scope.variables |= {"BASH_SOURCE": path} | ({"0": path} if script.own_process else {})
        self.running.append(path)
        sure = weaker(command.confidence, script.confidence)
        try:
            result = self.shell.run(script.text, scope, sure, script.line or command.line, here or command.file)
        finally:
            self.running.pop()
        if not script.own_process:
            scope.ended, scope.doubted = False, doubted
            scope.variables |= {name: value for name, value in kept.items() if value is not None}
        return result

    def run(self, text: str, scope: Scope, confidence: Confidence, line: int, file: str) -> Result:
        """Walk a text for `builds`."""
        return self.shell.run(text, scope, confidence, line, file)

    def powershell(
        self,
        text: str,
        scope: Scope,
        confidence: Confidence,
        line: int,
        file: str,
        shell: str,
        session: Session | None = None,
    ) -> None:
        """Walk a PowerShell text, as far as it is read. ``session`` is what goes on from one text to the next."""
        from reachsim.pipeline import windows

        windows.Texts(self, scope, line, file, shell, {} if session is None else session).powershell(text, confidence)

    def windows(self, text: str, scope: Scope, confidence: Confidence, line: int, file: str) -> None:
        """Walk a text that ``cmd`` runs, or whichever shell an image of Windows has been given."""
        from reachsim.pipeline import windows

        windows.Texts(self, scope, line, file, "cmd", {}).batch(text, confidence)

    # --- rows ---------------------------------------------------------------------------------------------------------

    def note(self, gap: Gap, line: int, file: str, *, surely: bool = False) -> None:
        """Keep a gap; ``surely``: a normal run contacts something there."""
        self.ledger.note(gap, line, file, surely=surely)

    def add(
        self,
        found: Found,
        file: str,
        line: int,
        text: str,
        confidence: Confidence,
        *,
        proxied: bool | None = None,
        daemon: bool = True,
        others: bool = False,
    ) -> None:
        """Keep a row; the same row found again is kept once, with the surer word and the requests of both. ``others``:
        its command has other credentials than those of the build's own role.
        """
        if isinstance(found, Gap):
            self.note(found, line, file, surely=found.surely and confidence != "possible")
        if not isinstance(found, Destination):
            return
        for choice in alternatives.choices([found.host]):
            one = msgspec.structs.replace(found, host=alternatives.filled(found.host, choice), confidence="possible")
            self.add(one, file, line, text, confidence, proxied=proxied, daemon=daemon, others=others)
        if alternatives.choices([found.host]):
            return
        found = self.own.mirrored(found)
        if _PLACEHOLDER.search(found.host):
            found = msgspec.structs.replace(found, host=_PLACEHOLDER.sub(lambda one: unknown(one[1]), found.host))
        if _NO_HOST.search(starred(found.host)):
            self.note(Gap(text, "no host name"), line, file)
            return
        if nothing_known(found.host):
            surely = weaker(found.confidence, confidence) != "possible"
            self.note(Gap(text, urls.why_unknown(found.host)), line, file, surely=surely)
            return
        service, kind = _service(found)
        theirs = self._of_others(found, service, others=others, daemon=daemon)
        alone = found.step in ("pull", "push") and not self.within and (self.without > 0 or not daemon)
        spared = self.ledger.tolerant > 0 and found.step in ("pull", "run") and kind != "package"
        row = Contact(shown(found.host), found.port, found.protocol, kind, file, line, self.phase, shown(text),
                      weaker(found.confidence, confidence), found.step, service, () if theirs else found.requests,
                      self.within > 0, proxied, found.requests if theirs else (), alone, spared)  # fmt: skip
        self.ledger.add(row)
        self._partly(found.host, text, file, line)

    def _of_others(self, found: Destination, service: str | None, *, others: bool, daemon: bool) -> bool:
        """Whether the requests are made with others' credentials: the Docker daemon pulls and pushes with what it has
        been logged in with, and what a registry or repository sends a client on to, it has signed itself.
        """
        if service == "s3" and found.kind in ("registry", "package"):
            return False
        if service == "ecr.api" and found.step == "login":
            self.token = others
        elif service == "ecr.dkr" and daemon:
            if found.step != "login":
                return self.logins.get(found.host, False)
            self.logins[found.host] = self.token
        return others

    def _partly(self, host: str, text: str, file: str, line: int) -> None:
        for name in unknown_names(host):
            if name in ("id", "suffix"):
                continue
            why = f"{urls.why_unknown(unknown(name))}: a part of the host is not known"
            if name.upper() in ACCOUNT_NAMES:
                why = f"{name} is not set in these files; by convention it is the build's own account"
            self.note(Gap(text, why, once=True), line, file)


_DAEMONS: Final = frozenset({"docker", "docker-compose", "docker-buildx", "buildx", "pack", "sam"})
"""Programs that have the Docker daemon pull, build, run and push."""


def _asks_docker(command: Command) -> bool:
    """Whether a command's program, behind wrappers such as ``sudo``, asks the Docker daemon."""
    return any(posixpath.basename(word) in _DAEMONS for word in command.words[:6])


def _by_proxy(command: Command, found: Found) -> bool | None:
    """Whether a command asks a proxy for a destination, by its environment; the Docker daemon and SSH ask none."""
    values = command.scope.variables | command.assigned
    names = {443: ("https_proxy", "all_proxy"), 80: ("http_proxy", "all_proxy")}
    if not isinstance(found, Destination) or found.kind == "registry" or found.port not in names:
        return None
    if not any(values.get(name) or values.get(name.upper()) for name in names[found.port]):
        return None
    past = values.get("no_proxy", values.get("NO_PROXY", ""))
    if not is_known(past):
        return None
    ends = [one.strip().removeprefix("*").lstrip(".") for one in past.split(",") if one.strip()]
    return "*" not in past.split(",") and not any(found.host == one or found.host.endswith(f".{one}") for one in ends)


def _filled(command: Command, choice: Mapping[str, str]) -> Command:
    """The command with the values of one branch. A word that is a value and nothing else is parted at its blanks, and
    is none where it names the program and is empty: ``$SUDO make``.
    """
    words: list[str] = []
    for word in command.words:
        text = alternatives.filled(word, choice)
        words += text.split() if word in choice and (text.split() or not words) else [text]
    stdin = command.stdin and alternatives.filled(command.stdin, choice)
    return msgspec.structs.replace(command, words=tuple(words), stdin=stdin)


def _place(found: Found) -> object:
    """What makes two findings of one command the same contact."""
    if isinstance(found, ImageBuild):
        return msgspec.structs.replace(found, tags=())
    return (found.host, found.port) if isinstance(found, Destination) else found


def _given(entry: specs.Entry, variables: Mapping[str, str]) -> str:
    """The value of a variable of ``env``. CodeBuild documents no expansion of references in it, but where a build that
    works writes ``${AWS_REGION}`` there, it can mean nothing else.
    """
    return expand(entry.value, {name: one for name, one in variables.items() if name != entry.name})


_RUNTIMES: Final = {"golang": "go-downloads", "nodejs": "node-releases", "python": "python-releases",
                    "ruby": "ruby-releases", "php": "php-releases"}  # fmt: skip


def _at_step(found: Found, step: Step) -> Found:
    if isinstance(found, Destination) and found.step != step:
        return Destination(found.host, found.port, found.kind, found.confidence, step, found.service, found.requests)
    return found


def _service(found: Destination) -> tuple[str | None, Kind]:
    """The AWS service whose host it is, and the kind of contact, by the host's form where the reader left them open."""
    if found.service is not None:
        kind: Kind = "git" if found.service == "git-codecommit" else found.kind
        return found.service, kind
    plain = found.host.replace(unknown("region"), "us-east-1")
    if not is_known(plain):
        plain = re.sub("\ue000account(~[^\ue000\ue001]*)?\ue001", "123456789012", plain)
    suffix, _, _ = services.service_of_host(replaced(plain, "x"))
    return suffix, "git" if suffix == "git-codecommit" else found.kind


__all__ = ["Contact", "Contacts", "Folder", "Unresolved", "contacts_of"]
