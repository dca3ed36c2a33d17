"""Walks a shell text in the order in which a normal run executes it, without running anything.

Every simple command is handed to a function that knows the programs; it answers with what is known of the command's
output and success. The walk itself knows the language: variables, ``&&`` and ``||``, pipes, subshells, functions,
loops, conditionals, here-documents, command substitution. What only some runs execute (the right side of ``||``, a
branch whose condition the files do not decide) is handed on as ``possible``.

A normal run is one in which commands succeed. Not modelled: arithmetic, aliases.
**Source:** POSIX Shell Command Language; Bash Reference Manual; the grammar is tree-sitter-bash's.
"""

from __future__ import annotations

from reachsim.pipeline.shell import arrays
from reachsim.pipeline.shell.judge import judge
from reachsim.pipeline.shell.reading import reading
from reachsim.pipeline.shell.scope import (
    NEVER,
    Command,
    Result,
    Scope,
    absolute,
    arguments_of,
    named,
    set_arguments,
    write,
)
from reachsim.pipeline.shell.walk import Shell

__all__ = ["NEVER", "Command", "Result", "Scope", "Shell", "absolute", "arguments_of", "arrays", "judge", "named",
           "reading", "set_arguments", "write"]  # fmt: skip
