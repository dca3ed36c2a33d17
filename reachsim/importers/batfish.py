"""Batfish's folder layout of ``aws … describe-*`` answers, turned into a snapshot.

SOURCE/aws_configs/Vpcs.json, SOURCE/aws_configs/us-west-2/Vpcs.json or
SOURCE/aws_configs/accounts/ID/us-west-2/Vpcs.json becomes OUT/ID/us-west-2/ec2/describe-vpcs.json. Answers are kept
as found, keys that we don't know included, but:

- Batfish's own kinds, which put the answers of one call per resource into one list, are taken apart again.
- Pre-shared keys of VPN connections are emptied (`reachsim.importers.parts`).
- What transit gateways imply is added (`reachsim.importers.transit`), and marked ``derived`` in the manifest.

Accounts and Regions: `reachsim.importers.placing`. Such a dump **cannot** hold DNS attributes, Block Public Access,
hosted zones and resolver rules: the manifest says that AWS's defaults are assumed for what is missing of these.

**Source:** the public project batfish/batfish, ``representation/aws`` and its test networks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from reachsim.errors import Fault, SnapshotError
from reachsim.files import write_tree
from reachsim.importers import transit
from reachsim.importers.dump import find_files, keep_apart, shown
from reachsim.importers.keys import WRAPPED
from reachsim.importers.parts import Part, name_of, read_parts
from reachsim.importers.placing import place
from reachsim.importers.tree import Answers, Document, ImportReport, Place, merge, path_of, snapshot_files


def import_batfish(source: Path, out: Path, *, overwrite: bool = False) -> ImportReport:
    """Write a snapshot from a dump in Batfish's layout.

    Args:
        source: The folder that holds ``aws_configs/``, or that folder itself.
        out: The snapshot's folder, to be made.
        overwrite: Replace ``out`` if it exists.

    Returns:
        What was written, what was left out and why, and what a person should know.

    Raises:
        SnapshotError: The source cannot be read; nothing was written.
        QuestionError: ``out`` exists already, holds the source, or cannot be written.
    """
    found, unused = find_files(source)
    keep_apart(source, out)
    parts, unknown, read = read_parts(found)
    if not parts:
        raise SnapshotError(Fault(shown(str(source)), "", "answers such as Vpcs.json", f"{len(found)} other files"))
    placed, homeless, told = place(parts)
    answers, merged = _collect(placed)
    derived, implied = _complete(answers)
    files = snapshot_files(answers, imported_from="batfish", derived=derived)
    write_tree(out, files, overwrite=overwrite)
    return ImportReport(
        out=out,
        accounts=tuple(sorted({account for account, _ in answers})),
        regions=tuple(sorted({region for _, region in answers})),
        files=tuple(files),
        derived=tuple(sorted(derived)),
        ignored=(*unused, *unknown, *homeless),
        warnings=(*read, *told, *merged, *implied),
    )


def _collect(placed: Iterable[tuple[Place, Part]]) -> tuple[Answers, list[str]]:
    """Put the parts together by place and call; the same answer in several files is one answer in several pieces."""
    answers: Answers = {}
    origin: dict[tuple[Place, str], str] = {}
    warnings: list[str] = []
    for where, part in placed:
        answers.setdefault(where, {})
        first = origin.setdefault((where, part.call), part.file.name)
        if first != part.file.name:
            warnings.append(f"{first} and {part.file.name} both answer {part.call}: their records were put together")
        for call, document in _unwrapped(part):
            merge(answers[where].setdefault(call, {}), document)
    return answers, warnings


def _unwrapped(part: Part) -> Iterator[tuple[str, Document]]:
    """A part as it is or, of Batfish's own kinds, one answer per resource."""
    own = [key for key in part.document if key in WRAPPED]
    if not own:
        yield part.call, part.document
    for key in own:
        wrapped = WRAPPED[key]
        for record in part.document[key]:
            answer = {name: value for name, value in record.items() if name != wrapped.name}
            if wrapped.flat and wrapped.content not in record:
                answer = {wrapped.content: [record]}
            yield f"{part.call}/{name_of(record[wrapped.name])}", answer


def _complete(answers: Answers) -> tuple[set[str], list[str]]:
    """Add what transit gateways imply, place by place: the paths of derived files, and warnings."""
    vpcs = {
        vpc["VpcId"]: vpc
        for documents in answers.values()
        for vpc in documents.get("ec2/describe-vpcs", {}).get("Vpcs", [])
        if isinstance(vpc.get("VpcId"), str)
    }
    derived: set[str] = set()
    warnings: list[str] = []
    for where, documents in sorted(answers.items()):
        calls, more = transit.complete(documents, vpcs)
        derived |= {path_of(where, call) for call in calls}
        warnings += more
    return derived, warnings
