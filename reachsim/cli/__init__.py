"""The command line. Each command is a module of its own, imported when it is called, so that ``--help`` is quick."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from importlib import import_module
from typing import NoReturn

import click

from reachsim.cli.ending import ended_like_control_c, told
from reachsim.errors import QuestionError, ReachsimError, SnapshotError, missing_package, not_installed, printable

COMMANDS = {
    "anonymize": "reachsim.cli.anonymize",
    "check": "reachsim.cli.check",
    "contacts": "reachsim.cli.contacts",
    "diagnose": "reachsim.cli.diagnose",
    "diff": "reachsim.cli.diff",
    "explain": "reachsim.cli.explain",
    "fix": "reachsim.cli.fix",
    "export": "reachsim.cli.export",
    "import": "reachsim.cli.importing",
    "names": "reachsim.cli.names",
    "matrix": "reachsim.cli.matrix",
    "permissions": "reachsim.cli.permissions",
    "plot": "reachsim.cli.plot",
    "policy": "reachsim.cli.policy",
    "query": "reachsim.cli.query",
    "report": "reachsim.cli.report",
    "snapshot": "reachsim.cli.snapshot",
    "trace": "reachsim.cli.trace",
    "validate": "reachsim.cli.validate",
    "verify": "reachsim.cli.verify",
    "whatif": "reachsim.cli.whatif",
}
SHORT = {
    "anonymize": "Rename all that tells whose snapshot it is, to share it.",
    "check": "Is the whole pipeline private, and does it work?",
    "contacts": "What a build contacts, read from its own files.",
    "diagnose": "The causes behind the errors of a build log.",
    "diff": "What changed between two snapshots, and what it means.",
    "explain": "What a code means, and what mends it.",
    "fix": "The smallest proven changes that make a pipeline private and working.",
    "export": "Hand the network to other tools: GraphML, DOT, Mermaid, JSON, CSV.",
    "import": "Turn what you already have into a snapshot.",
    "names": "What the names of AWS services lead to from one source.",
    "matrix": "All pairs at one port: who reaches whom.",
    "permissions": "The IAM policy that a capture needs.",
    "plot": "Draw the routes that are open and blocked.",
    "policy": "Judge and check IAM policies by themselves.",
    "query": "Answer many questions: JSON lines in, JSON lines out.",
    "report": "The verdict as one HTML file for those who were not there.",
    "snapshot": "Capture an account from AWS, by read-only calls.",
    "trace": "Follow one question hop by hop, there and back.",
    "validate": "Check a snapshot's files against AWS's models and its sums.",
    "verify": "Compare the verdicts with flow logs or the results of AWS's analyzers.",
    "whatif": "What an edit or a deletion would change.",
}


class Commands(click.Group):
    """A group whose commands are imported only when they are needed."""

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; every error of ours is one line on standard error and exit code 2.

        Exit codes 0, 1 and 3 are answers (DESIGN), so whatever ends a command before its answer gets another one:
        Ctrl-C, SIGTERM and a reader that left get what shells give for these, our own mistakes 2.
        """
        try:
            with ended_like_control_c():
                return super().invoke(ctx)
        except ReachsimError as error:
            faults = error.faults if isinstance(error, SnapshotError) else (error,)
            for fault in faults:
                click.echo(f"reachsim: error: {fault}{_meant(ctx, error)}", err=True)
            ctx.exit(2)
        except KeyboardInterrupt as error:
            why, code = told(error)
            click.echo(f"reachsim: {why}", err=True)
            ctx.exit(code)
        except BrokenPipeError:
            _leave(ctx, 141)
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            click.echo(f"reachsim: error: {printable(f'{where}{error.strerror or error}')}", err=True)
            _leave(ctx, 2)
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except Exception as error:
            if (package := missing_package(error)) is not None:
                click.echo(f"reachsim: error: {not_installed(package)}", err=True)
                ctx.exit(2)
            import traceback

            click.echo(f"{traceback.format_exc()}reachsim: error: this is a fault of reachsim itself", err=True)
            ctx.exit(2)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from difflib import get_close_matches  # only on the way to an error message

            near = get_close_matches(args[0], COMMANDS, 1, 0.75)
            if not near:
                raise
            raise click.UsageError(f"{error.message} Did you mean {near[0]!r}?", ctx) from None

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(COMMANDS[cmd_name]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, SHORT[name]) for name in sorted(SHORT)])


def _meant(ctx: click.Context, error: ReachsimError) -> str:
    """What the asker may have meant with a selector that names nothing in the snapshot which was opened."""
    near = ctx.obj.like(error.selector) if ctx.obj and isinstance(error, QuestionError) and error.selector else []
    return printable(f"; did you mean {' or '.join(near)}?") if near else ""


def _leave(ctx: click.Context, code: int) -> NoReturn:
    """Exit without a second complaint when Python flushes a standard output that takes no more."""
    with suppress(OSError, ValueError):
        stdout = sys.stdout.fileno()
        os.dup2(os.open(os.devnull, os.O_WRONLY), stdout)
    ctx.exit(code)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="reachsim", message="%(prog)s %(version)s")
def group() -> None:
    """Is a CodeCommit → CodeBuild → ECR pipeline private, and does it still work?

    Answered offline, from a snapshot of the account's configuration. Try: reachsim check snapshots/private-pipeline
    """


def main() -> None:
    """The command line. Its output is UTF-8, except on a terminal that takes something else. A standard stream that is
    closed is like the null device.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError, OSError):
            stream.reconfigure(encoding=None if stream.isatty() else "utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    group(standalone_mode=True)
