"""From a build's log to the rules that caused its errors: each error's host, phase and message, asked of a snapshot.

The log is only read. What it says is kept apart from what the snapshot proves: a cause is ``certain`` only where one of
the two says so outright. **Source:** facts, symptoms.md: what users see, and what the true cause was.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from reachsim.diagnose.judge import Asker, judged, with_hosts
from reachsim.diagnose.log import Log, read_log
from reachsim.diagnose.messages import OF_A_TASK
from reachsim.diagnose.records import Cause, Diagnosed, Diagnosis, LogError
from reachsim.errors import QuestionError
from reachsim.forwarding import Ground
from reachsim.intervals import IntervalSet
from reachsim.workloads import find_project

MOST_ERRORS = 60
"""Different errors of a log that are judged; retries of one error count as one."""


def diagnose(
    ground: Ground, log: bytes, project: str | None = None, source: str | None = None,
    pins: Mapping[str, IntervalSet] | None = None,
) -> Diagnosis:  # fmt: skip
    """Judge every error of a log.

    Args:
        ground: the network to judge.
        log: a build log as text, or what ``aws logs get-log-events`` or ``aws codebuild batch-get-builds`` printed.
        project: the CodeBuild project whose build it is; else the one the log names, else the snapshot's only one. What
            Amazon ECS says of a task is asked from the service that the log names, else from the snapshot's only one.
        source: a selector to ask from in place of the project, such as the client of a failed ``git push``.
        pins: names with the addresses that reachsim.toml gives them.

    Raises QuestionError if the log cannot be read, or nobody says whose it is.
    """
    read = read_log(log)
    asker = Asker(ground, _source(ground, read, log, project, source), pins or {})
    errors = with_hosts(asker, read.errors[: 4 * MOST_ERRORS])
    found = tuple(judged(asker, one) for one in errors[:MOST_ERRORS])
    return Diagnosis(asker.source, read.lines, found, max(len(errors), len(read.errors) - 3 * MOST_ERRORS) - len(found))


def _source(ground: Ground, log: Log, data: bytes, project: str | None, source: str | None) -> str:
    if source is not None:
        return source
    service = _service(ground, log, data) if project is None else None
    if service is not None:
        return service
    known = sorted({name for _, name in ground.network.projects})
    if project is not None:
        if known and find_project(ground.network, project) is None:
            raise QuestionError(
                f"--project {project}: the snapshot has no such project; it has {', '.join(known[:8])}",
                "UNKNOWN_PROJECT",
            )
        return f"codebuild:{project}"
    named = [name for name in log.projects if name in known]
    if named:
        return f"codebuild:{named[0]}"
    if len(known) == 1:
        return f"codebuild:{known[0]}"
    held = f"the snapshot holds {', '.join(known[:8])}" if known else "the snapshot holds no CodeBuild project"
    raise QuestionError(f"whose log is it? The log names no project of the snapshot; {held}. Say --project or --from")


def _service(ground: Ground, log: Log, data: bytes) -> str | None:
    """The ECS service whose task a log is about, if it is about one and tells which."""
    if not any(OF_A_TASK.search(one.text) and one.kind != "image-pull" for one in log.errors):
        return None
    known = {
        f"ecs:{cluster.rsplit('/', 1)[-1]}/{one.service_name}": one.service_name
        for (_, cluster), services in ground.network.ecs_services.items() for one in services
    }  # fmt: skip
    text = data.decode(errors="replace")
    named = [selector for selector, name in known.items() if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text)]
    found = named or list(known)
    return found[0] if len(found) == 1 else None


__all__ = ["Cause", "Diagnosed", "Diagnosis", "LogError", "diagnose", "read_log"]
