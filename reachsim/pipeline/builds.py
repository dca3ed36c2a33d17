"""Walks the build of an image: what its stages pull, what its instructions fetch and run.

**Source:** Docker, "Dockerfile reference"; BuildKit builds only the stages that the target needs, the older builder all
stages up to it; facts P72, P73 (and SC19: the frontend image comes first).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from typing import Final, Protocol

from msgspec import Struct
from msgspec.structs import replace

from reachsim.pipeline import dockerfile, image, knowledge, urls
from reachsim.pipeline.context import Machine
from reachsim.pipeline.dockerfile import Dockerfile, Heredoc, Instruction, Stage
from reachsim.pipeline.records import Confidence, Found, Gap, ImageBuild, weaker
from reachsim.pipeline.shell import Command, Scope, absolute
from reachsim.pipeline.variables import expand, is_known, nothing_known, shown, unknown, unknown_names


class Host(Protocol):
    """What the walk of a build needs of the walk that it is part of."""

    def add(self, found: Found, file: str, line: int, text: str, confidence: Confidence) -> None: ...

    def run(self, text: str, scope: Scope, confidence: Confidence, line: int, file: str) -> object: ...

    def powershell(self, text: str, scope: Scope, confidence: Confidence, line: int, file: str, shell: str) -> None: ...

    def windows(self, text: str, scope: Scope, confidence: Confidence, line: int, file: str) -> None: ...


class Built(Struct, frozen=True):
    """A stage after its walk: what a later stage, or a later build of the same build, that builds on it takes over."""

    machine: Machine
    env: dict[str, str]
    arguments: dict[str, str]
    directory: str
    triggers: tuple[Instruction, ...]
    shell: str


_PLATFORM: Final = {"TARGETPLATFORM": "linux/amd64", "BUILDPLATFORM": "linux/amd64", "TARGETOS": "linux",
                    "BUILDOS": "linux", "TARGETARCH": "amd64", "BUILDARCH": "amd64", "TARGETVARIANT": ""}  # fmt: skip


def walk(host: Host, build: ImageBuild, command: Command) -> None:
    """Walk one image build; everything found goes to ``host``."""
    outer = command.scope.machine
    text = build.text if build.text is not None else outer.read(build.dockerfile)
    name = outer.context_path(build.dockerfile) or build.dockerfile
    sure = command.confidence
    if text is None:
        why = f"{name} is not in the context, or no text file: which images it is built from is not known"
        gap = Gap(command.text, why)
        host.add(gap, command.file, command.line, command.text, sure)
        return
    if len(text) > dockerfile.MAX_DOCKERFILE:
        host.add(Gap(name, "a Dockerfile of more than 1 MiB"), command.file, command.line, command.text, sure)
        return
    shift = 0
    if build.text is not None:
        name, line = build.place or (command.file, command.line)
        shift = line - 1
    file = dockerfile.parse(text)
    _Walk(host, build, command, file, name, shift).run()


def fresh(outer: Machine, name: str) -> Machine:
    """The file system of a new container of an image: nothing of the build's own, all of its context at hand."""
    machine = Machine(outer.context)
    machine.own = outer.own
    machine.image = shown(name)
    machine.architectures = outer.architectures
    reference = image.parse(name)
    machine.distribution = knowledge.distribution(reference.host, reference.path, reference.tag)
    return machine


def _parts(name: str) -> tuple[str, str, str]:
    reference = image.parse(name)
    return reference.host, reference.path, reference.tag


def built_here(outer: Machine, name: str) -> Built | None:
    """What is known of an image that this build has made itself."""
    return outer.images.get(str(image.parse(name)))


class _Walk:
    def __init__(
        self, host: Host, build: ImageBuild, command: Command, file: Dockerfile, name: str, shift: int
    ) -> None:
        self.host, self.build, self.command, self.file, self.name, self.shift = host, build, command, file, name, shift
        self.outer = command.scope.machine
        self.given = dict(build.arguments)
        machine = f"linux/{self.outer.architectures[0]}"
        self.platforms = {"BUILDPLATFORM": (machine,), "TARGETPLATFORM": build.platforms or (machine,)}
        self.globals = self._globals()
        self.contexts = dict(build.contexts)
        self.built: dict[int, Built] = {}
        self.fits: dict[str, list[int]] = {}
        self.pulled: dict[str, Confidence] = {}

    def run(self) -> None:
        file, sure = self.file, self.command.confidence
        for line, text in file.unreadable:
            if re.search(r"\w", text):
                self.add(Gap(text[:120], "not readable as a Dockerfile"), line, text[:120], sure)
        if not file.stages:
            self.add(Gap(self.name, "no FROM in it"), 1, self.name, sure)
            return
        if file.syntax is not None and self.build.buildkit is not False:
            reference, line = file.syntax
            self.pull(self.given.get("BUILDKIT_SYNTAX", reference), line, f"# syntax={reference}", sure)
        for name, value in self.given.items():  # these arguments need no ARG (Dockerfile reference, "Predefined ARGs")
            for one in urls.proxy(name, value):
                self.host.add(one, self.command.file, self.command.line, self.command.text, sure)
        bases = [expand(stage.base, self.globals).strip("\"'") for stage in file.stages]
        sources = [[expand(one, self.globals) for one in dockerfile.sources_of(stage)] for stage in file.stages]
        needed = dockerfile.needed(file, self.build.target, bases, sources)
        self.fits = {base: dockerfile.fitting(file, base) for base in set(bases)}
        perhaps = dockerfile.perhaps(file, needed, bases, sources, {one: fit for one, fit in self.fits.items() if fit})
        for number, stage in enumerate(file.stages):
            level = self._level(number, needed)
            if number in perhaps and level is None:
                level = "possible"
            if level is not None:
                self._stage(number, stage, bases[number], level)
        made = self.built[dockerfile.aim(file, self.build.target)]
        for name in self.build.tags:
            self.outer.images[str(image.parse(name))] = replace(made, arguments={})

    def _level(self, number: int, needed: set[int]) -> Confidence | None:
        if number in needed:
            return self.command.confidence
        last = max(needed, default=0)
        if self.build.buildkit is True or number > last:
            return None
        return "possible" if self.build.buildkit is None else self.command.confidence

    def _globals(self) -> dict[str, str]:
        found = dict(_PLATFORM)
        for side in ("BUILD", "TARGET"):
            found[f"{side}PLATFORM"] = platform = self.platforms[f"{side}PLATFORM"][0]
            found[f"{side}ARCH"] = _architecture(platform)
        for one in self.file.arguments:
            for pair in one.words if one.name == "ARG" else ():
                name, equals, value = pair.partition("=")
                if name in self.given:
                    found[name] = self.given[name]
                elif equals:
                    found[name] = expand(value, found)
        return found | {name: value for name, value in self.given.items() if name in _PLATFORM}

    def add(self, found: Found, line: int, text: str, sure: Confidence) -> None:
        self.host.add(found, self.name, line + self.shift, text, sure)

    def pull(self, reference: str, line: int, text: str, sure: Confidence) -> None:
        """Pull an image once per build, as surely as the surest of the instructions that name it."""
        if reference in self.pulled and weaker(self.pulled[reference], sure) == sure:
            return
        self.pulled[reference] = sure
        for one in image.pulls(reference):
            self.add(one, line, text, sure)

    # --- stages -----------------------------------------------------------------------------------------------------

    def _stage(self, number: int, stage: Stage, base: str, sure: Confidence) -> None:
        earlier = dockerfile.stage_number(self.file, base, number) if not base.isdigit() else None
        old = self.built.get(earlier) if earlier is not None else built_here(self.outer, base)
        if old is None:
            self._from(stage, base, number, sure)
            directory, variables = knowledge.starts_in(*_parts(base))
            old = Built(fresh(self.outer, base), variables, {}, directory, (), _shell_of(base))
            old.machine.architectures = self._architectures(stage)
            old.machine.folders.add(directory)
        machine, env = old.machine.copy(), dict(old.env)
        arguments = {} if self.build.buildkit is False else old.arguments
        scope = Scope(machine, {"HOME": "/root", **arguments, **env}, old.directory)
        account = self.command.scope.variables.get("codebuild:account")
        if account:
            scope.variables["codebuild:account"] = account
        state = _State(scope, env, dict(arguments), [], old.shell)
        for one in old.triggers:
            self._instruction(one, state, sure, number)
        for one in stage.instructions:
            self._instruction(one, state, sure, number)
        self.built[number] = Built(
            machine, state.env, state.arguments, scope.directory, tuple(state.triggers), state.shell
        )

    def _architectures(self, stage: Stage) -> tuple[str, ...]:
        """What a stage runs on: the platforms that the image is built for, unless its FROM names another."""
        name = re.sub(r"^\$\{?(\w+)\}?$", r"\1", stage.platform) or "TARGETPLATFORM"
        platforms = self.platforms.get(name) or (expand(stage.platform, self.globals),)
        return tuple(dict.fromkeys(_architecture(one) for one in platforms))

    def _from(self, stage: Stage, base: str, number: int, sure: Confidence) -> None:
        if base.lower() == "scratch" or not base:
            return
        if base in self.contexts:
            self._context(base, stage.line, stage.whole, sure)
            return
        if f"image {image.parse(base)}" in self.outer.settings:
            return  # made earlier in this build
        named = ", ".join(unknown_names(base))
        if self.fits[base] and self.fits[base][0] < number:
            gap = Gap(stage.whole, f"which stage that is: {named} is not known")
            self.add(gap, stage.line, stage.whole, sure)
            return
        if nothing_known(base):
            gap = Gap(stage.whole, f"which image that is: {named} has no default and no --build-arg")
            self.add(gap, stage.line, stage.whole, sure)
            return
        self.pull(base, stage.line, stage.whole, sure)
        if "onbuild" in base:
            self.add(Gap(stage.whole, "the base image's ONBUILD instructions run too"), stage.line, stage.whole, sure)

    def _context(self, name: str, line: int, text: str, sure: Confidence) -> None:
        """A name that ``--build-context`` defines: another image, a URL, a folder."""
        value = self.contexts[name]
        if value.startswith("docker-image://"):
            self.pull(value.removeprefix("docker-image://"), line, text, sure)
        elif "://" in value:
            for one in urls.destination(value):
                self.add(one, line, text, sure)

    def _other_image(self, name: str, number: int, line: int, text: str, sure: Confidence) -> None:
        """``COPY --from=`` and ``--mount=from=``: a stage, a named context, or an image to be pulled."""
        if name.isdigit() or dockerfile.stage_number(self.file, name, number) is not None or name == "scratch":
            return
        if name in self.contexts:
            self._context(name, line, text, sure)
        elif f"image {image.parse(name)}" not in self.outer.settings:
            self.pull(name, line, text, sure)

    # --- instructions -------------------------------------------------------------------------------------------------

    def _instruction(self, one: Instruction, state: _State, sure: Confidence, number: int) -> None:
        visit: Callable[[Instruction, _State, Confidence, int], None] | None = getattr(
            self, f"_{one.name.lower()}", None
        )
        if visit is not None:
            visit(one, state, sure, number)

    def _arg(self, one: Instruction, state: _State, sure: Confidence, number: int) -> None:  # noqa: ARG002
        for pair in one.words:
            name, equals, value = pair.partition("=")
            if name in self.given:
                state.scope.variables[name] = self.given[name]
            elif equals:
                state.scope.variables[name] = expand(value, state.scope.variables)
            elif name in self.globals:
                state.scope.variables[name] = self.globals[name]
            else:
                state.scope.variables.setdefault(name, unknown(name))
            state.arguments[name] = state.scope.variables[name]

    def _env(self, one: Instruction, state: _State, sure: Confidence, number: int) -> None:  # noqa: ARG002
        for pair in one.words:
            name, _, value = pair.partition("=")
            state.env[name] = state.scope.variables[name] = expand(value, state.scope.variables)
            for found in urls.proxy(name, state.env[name]):
                self.add(found, one.line, one.whole, sure)

    def _workdir(self, one: Instruction, state: _State, sure: Confidence, number: int) -> None:  # noqa: ARG002
        place = expand(" ".join(one.words).strip("\"'"), state.scope.variables)
        state.scope.directory = absolute(_path(place), state.scope.directory)
        state.scope.machine.folders.add(state.scope.directory)

    def _shell(self, one: Instruction, state: _State, sure: Confidence, number: int) -> None:  # noqa: ARG002
        state.shell = re.split(r"[\\/]", one.words[0])[-1].lower() if one.words else "sh"

    def _onbuild(self, one: Instruction, state: _State, sure: Confidence, number: int) -> None:  # noqa: ARG002
        if one.inner is not None:
            state.triggers.append(one.inner)

    def _run(self, one: Instruction, state: _State, sure: Confidence, number: int) -> None:
        for mount in one.mounts():
            source = expand(mount.get("from", ""), state.scope.variables)
            if source:
                self._other_image(source, number, one.line, one.whole, sure)
            elif mount.get("type", "bind") == "bind":
                target = mount.get("target") or mount.get("dst") or mount.get("destination") or "."
                self._mount(
                    mount.get("source") or mount.get("src") or ".", absolute(target, state.scope.directory), state
                )
            elif mount.get("type") == "secret":
                self._secret(mount, state)
        if one.flag("network") == "none":
            return
        if state.shell.startswith(("powershell", "pwsh")):
            text = one.text.replace("\\\n", " ")
            self.host.powershell(text, state.scope.copy(), sure, one.line + self.shift, self.name, state.shell)
            return
        if state.shell.startswith("cmd"):
            text = " ".join(map(_quoted, one.words)) if one.is_list else one.text.replace("\\\n", " ")
            self.host.windows(text, state.scope.copy(), sure, one.line + self.shift, self.name)
            return
        text, line = _script(one)
        if one.is_list:
            text, line = " ".join(map(_quoted, one.words)), one.body_line
        language = re.match(r"#!.*?(python|node|ruby|perl|php)", text)
        if language:
            text = f"{language[1]} <<'END-OF-PROGRAM'\n{text}\nEND-OF-PROGRAM"
            line -= 1
        self.host.run(text, state.scope.copy(), sure, line + self.shift, self.name)

    def _secret(self, mount: dict[str, str], state: _State) -> None:
        """A secret is a file of its own name that is there for one command; its content often stands in no file."""
        name = mount.get("id", "")
        target = mount.get("target") or mount.get("dst") or mount.get("destination") or f"/run/secrets/{name}"
        given = self.build.secrets
        if given is not None and not any(one == name for one, _ in given):
            return  # not handed in: the command runs without it
        path = next((path for one, path in given or () if one == name and path), "")
        written = state.scope.machine.written
        written[absolute(target, state.scope.directory)] = self.outer.read(path) if path else None

    def _copy(self, one: Instruction, state: _State, sure: Confidence, number: int) -> None:
        source = one.flag("from")
        if source:
            self._other_image(expand(source, state.scope.variables), number, one.line, one.whole, sure)
            return
        words = [expand(word.strip("\"'"), state.scope.variables) for word in one.words]
        if len(words) < 2:
            return
        *names, target = words
        target = _path(target)
        for heredoc in one.heredocs:
            place = self._place(target, heredoc.name, state, several=len(one.heredocs) > 1)
            state.scope.machine.written[place] = (
                heredoc.text if heredoc.quoted else expand(heredoc.text, state.scope.variables)
            )
        for name in names:
            if not name.startswith("<<"):
                self._copied(name, target, state, several=len(names) > 1)

    def _add(self, one: Instruction, state: _State, sure: Confidence, number: int) -> None:
        """ADD: URLs and Git repositories are fetched, the rest is copied."""
        words = [expand(word.strip("\"'"), state.scope.variables) for word in one.words]
        for word in words[:-1]:
            found: list[Found] = []
            if re.match(r"git@|(https?|ssh|git)://\S+\.git(#|$|\?)", word):
                found = urls.git_destination(re.sub(r"#.*$", "", word))
            elif re.match(r"https?://", word):
                found = urls.fetched(word)
            elif not is_known(word) and nothing_known(word.split("/")[0]) and "/" in word:
                found = [Gap(one.whole, urls.why_unknown(word))]
            for each in found:
                self.add(each, one.line, one.whole, sure)
        self._copy(one, state, sure, number)

    # --- files --------------------------------------------------------------------------------------------------------

    def _place(self, target: str, name: str, state: _State, *, several: bool) -> str:
        """Where a file lands: in the target if that is a folder, which it may be without a slash at its end."""
        place = absolute(target, state.scope.directory)
        inside = several or target.endswith(("/", ".")) or state.scope.machine.is_folder(place)
        return posixpath.join(place, posixpath.basename(name)) if inside else place

    def _copied(self, name: str, target: str, state: _State, *, several: bool) -> None:
        """What COPY puts into the image: files, the contents of folders, matches of a pattern."""
        if not self.build.directory:
            return
        whole = posixpath.normpath(posixpath.join(self.build.directory, name.lstrip("/")))
        source = self.outer.context_path(whole)
        if source is None or source.startswith(".."):
            return
        if any(one in name for one in "*?["):
            matches = self.outer.glob(posixpath.join(self.build.directory, name.lstrip("/")))
            for found in matches:
                inside = self.outer.context_path(found) or found
                place = self._place(target, found, state, several=several or len(matches) > 1)
                state.scope.machine.mounts.put(place, inside)
            return
        is_file = source in self.outer.context
        made = any(one == whole or one.startswith(whole + "/") for one in self.outer.written)
        there = is_file or made or self.outer.has_folder(whole)
        if several and not there:
            return  # it isn't among these files; what stands beside it is copied all the same
        place = (
            self._place(target, name, state, several=several) if is_file else absolute(target, state.scope.directory)
        )
        self._mount(name, place, state, there=there)

    def _mount(self, name: str, place: str, state: _State, *, there: bool = True) -> None:
        """What lies in the image from now on; what is not ``there`` among these files hides nothing."""
        whole = posixpath.normpath(posixpath.join(self.build.directory, name.lstrip("/")))
        source = self.outer.context_path(whole) if self.build.directory else None
        if source is None:
            return
        machine = state.scope.machine
        machine.mounts.put(place, "" if source == "." else source, below=not there)
        for path, text in self.outer.written.items():
            if path == whole or path.startswith(whole.rstrip("/") + "/"):
                machine.written[posixpath.normpath(place + path[len(whole) :])] = text


class _State:
    """What one stage's instructions change."""

    def __init__(
        self, scope: Scope, env: dict[str, str], arguments: dict[str, str], triggers: list[Instruction], shell: str
    ) -> None:
        self.scope, self.env, self.arguments, self.triggers = scope, env, arguments, triggers
        self.shell = shell


_WINDOWS: Final = (
    r"(?:mcr\.microsoft\.com/)?(?:windows/|microsoft/(?:windows|nanoserver|iis|aspnet|dotnet-framework))"
    r"|mcr\.microsoft\.com/dotnet/framework/|.*(?:nanoserver|windowsservercore)"
)


def _shell_of(base: str) -> str:
    """The shell of an image's RUN instructions until SHELL names one: ``cmd`` on Windows, PowerShell in its images."""
    if not any(one in base for one in ("windows", "microsoft", "nanoserver")) or not re.match(_WINDOWS, base):
        return "sh"
    return "pwsh" if base.startswith("mcr.microsoft.com/powershell") else "cmd"


def _path(text: str) -> str:
    """A path of a Dockerfile, where one of Windows loses its drive."""
    return re.sub(r"\\+", "/", text[2:]) or "/" if re.match(r"[A-Za-z]:(?:[\\/]|$)", text) else text


def _script(one: Instruction) -> tuple[str, int]:
    """The shell text of a RUN and the line on which it begins."""
    if not one.heredocs:
        return one.text, one.body_line
    bodies: tuple[Heredoc, ...] = one.heredocs
    if len(one.words) == 1 and one.words[0].startswith("<<"):
        return bodies[0].text, bodies[0].line
    parts = [re.sub(r"^\s*(<<-?\S+)[ \t]+(\S.*)", r"\2 \1", one.text.strip("\n"), count=1)]  # <<EOF python3
    for body in bodies:
        parts.append(body.text.removesuffix("\n"))
        parts.append(body.name)
    return "\n".join(parts) + "\n", one.body_line


def _architecture(platform: str) -> str:
    """Docker's name of a platform's processor.

    >>> _architecture("linux/arm64/v8"), _architecture("linux/amd64")
    ('arm64', 'amd64')
    """
    name = platform.partition("/")[2].partition("/")[0]
    return {"aarch64": "arm64", "x86_64": "amd64"}.get(name, name) or "amd64"


def _quoted(word: str) -> str:
    return "'" + word.replace("'", "'\\''") + "'"
