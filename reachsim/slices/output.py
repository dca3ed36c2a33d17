"""A matrix to a file, part by part, so that a run that was cut off goes on where it stopped.

Parts lie in a folder beside the output until all are there. The folder knows what it belongs to (the snapshot's bytes
and the question); parts of anything else are thrown away.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from reachsim.errors import QuestionError
from reachsim.files import write_file, writing
from reachsim.slices.tiles import Part, Tile, Tiles
from reachsim.snapshot import Snapshot

Counts = Counter[tuple[str, str]]
Runner = Callable[[Tiles, list[Tile]], Iterable[tuple[Tile, Part]]]
"""Makes the parts of tiles, in any order."""


def one_by_one(tiles: Tiles, plan: list[Tile]) -> Iterator[tuple[Tile, Part]]:
    """The parts, made here."""
    for tile in plan:
        yield tile, tiles.make(tile)


def count(tiles: Tiles, run: Runner, done: Callable[[int], None]) -> Counts:
    """The counts of the whole matrix. ``done`` is told of every tile how many ends it had."""
    total: Counts = Counter()
    for tile, part in run(tiles, tiles.plan):
        total.update(part.counts)
        done(len(tile.ends))
    return total


def write(tiles: Tiles, run: Runner, out: Path, mark: str, done: Callable[[int], None], *, overwrite: bool) -> Counts:
    """Write the matrix to a file; returns its counts.

    Args:
        mark: what the parts belong to (see `mark_of`).
        done: is told of every tile how many ends it had, of those that were there already too.

    Raises QuestionError if the file exists and may not be replaced, or cannot be written; whole parts are kept then.
    """
    if out.exists() and not overwrite:
        raise QuestionError(f"{out} exists already; --overwrite replaces it", "TARGET_EXISTS")
    if out.is_dir():
        raise QuestionError(f"{out} is a folder, not a file", "TARGET_EXISTS")
    folder = out.with_name(f".{out.name}.parts")
    try:
        with writing(out):
            _prepare(folder, mark)
        total = _whole(tiles, run, out, folder, done)
    finally:
        if folder.is_dir() and not any(folder.glob("*.part")):
            _remove(folder)
    return total


def _whole(tiles: Tiles, run: Runner, out: Path, folder: Path, done: Callable[[int], None]) -> Counts:
    """Make the parts that are missing, and the file of all parts."""
    total: Counts = Counter()
    missing = []
    for tile in tiles.plan:
        counts = _counts_of(folder, tile)
        if counts is None:
            missing.append(tile)
        else:
            total.update(counts)
            done(len(tile.ends))
    for tile, part in run(tiles, missing):
        write_file(_part(folder, tile), part.data)
        counted = [[*key, pairs] for key, pairs in sorted(part.counts.items())]
        write_file(_part(folder, tile).with_suffix(".json"), json.dumps(counted).encode())
        total.update(part.counts)
        done(len(tile.ends))
    whole = folder / "whole"
    with writing(out):
        try:
            _join(tiles, [_part(folder, tile) for tile in tiles.plan], whole)
            whole.replace(out)
        finally:
            whole.unlink(missing_ok=True)
        _remove_parts(folder)
    return total


def mark_of(snapshot: Snapshot, *question: object) -> str:
    """A digest of a snapshot and what is asked of it."""
    digest = hashlib.sha256(json.dumps([str(one) for one in question]).encode())
    for path in snapshot.paths:
        digest.update(path.encode() + b"\0" + hashlib.sha256(snapshot.read(path)).digest())
    return digest.hexdigest()


def _prepare(folder: Path, mark: str) -> None:
    place = folder / "belongs-to"
    if folder.is_dir() and place.is_file() and place.read_text(encoding="utf-8") != mark:
        _remove(folder)
    write_file(place, mark.encode())


def _remove(folder: Path) -> None:
    _remove_parts(folder)
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()


def _remove_parts(folder: Path) -> None:
    for path in folder.glob("*.part"):
        path.unlink()


def _part(folder: Path, tile: Tile) -> Path:
    return folder / f"{tile.number:06d}.part"


def _counts_of(folder: Path, tile: Tile) -> Counts | None:
    """The counts of a part that is there already: its counts are written after it."""
    part = _part(folder, tile)
    place = part.with_suffix(".json")
    if not place.is_file() or not part.is_file():
        return None
    counted = json.loads(place.read_text(encoding="utf-8"))
    return Counter({(kind, outcome): pairs for kind, outcome, pairs in counted})


def _join(tiles: Tiles, parts: list[Path], whole: Path) -> None:
    if tiles.form == "parquet":
        _join_parquet(parts, whole)
        return
    with whole.open("wb") as file:
        for part in parts:
            with part.open("rb") as opened:
                shutil.copyfileobj(opened, file)


def _join_parquet(parts: list[Path], whole: Path) -> None:
    import pyarrow.parquet as pq

    writer: Any = None
    try:
        for part in parts:
            table = pq.read_table(part)
            writer = writer or pq.ParquetWriter(whole, table.schema, compression="zstd", use_dictionary=True)
            writer.write_table(table)
    finally:
        if writer is not None:
            writer.close()
