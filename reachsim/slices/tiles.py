"""The matrix tile by tile: some ends' answers at a time, as bytes of a part of the output and as counts.

Tiles do not depend on each other, on what was done before or on who does them: the same plan makes the same bytes.
"""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from typing import Any, Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from reachsim.errors import UnsupportedError
from reachsim.forwarding import Ground
from reachsim.intervals import IntervalSet
from reachsim.slices.matrix import ANSWERS, KINDS, OUTCOMES, Answers, Matrix, outcome_of

Form = Literal["parquet", "jsonl", ""]
ROW_BYTES: Final = 64
"""What one row of the output takes while its tile is made, at most."""
MOST_ENDS: Final = 1024
"""In one tile: progress is told of tiles, and workers get one at a time."""
COLUMNS: Final = ("source", "destination", "kind", "outcome", "every", "some", "route")

Small = npt.NDArray[np.int32]


class Tile(NamedTuple):
    """Ends whose rows are made together."""

    number: int
    ends: tuple[int, ...]


class Part(NamedTuple):
    """What a tile yields: (kind of target, outcome) → pairs, and a part of the output in its form."""

    counts: Mapping[tuple[str, str], int]
    data: bytes


class Tiles:
    """The tiles of a matrix.

    Args:
        memory: bytes that the rows of one tile may take; at least one end's are made at once.
        form: of the output; empty for counts only.
        blocked: whether blocked pairs are among the rows.
        kinds: of targets, some of `reachsim.slices.matrix.KINDS`.
    """

    def __init__(
        self, ground: Ground, protocol: int, port: int, *, memory: int, form: Form = "", blocked: bool = False,
        pins: Mapping[str, IntervalSet] | None = None, kinds: Collection[str] = KINDS,
    ) -> None:  # fmt: skip
        if form == "parquet":
            need_arrow()
        self.matrix = Matrix(ground, protocol, port, pins, kinds)
        self.form, self.blocked, self.kinds = form, blocked, kinds
        row = (len(self.matrix.names) + len(self.matrix.columns)) * (ROW_BYTES if form else 1)
        self._most = max(1, memory // row)

    @cached_property
    def plan(self) -> list[Tile]:
        tiles: list[Tile] = []
        waiting: list[int] = []
        size = 0
        for end in self.matrix.sources:
            rows = len(self.matrix.members[end]) if self.form else 1  # counts are those of one, times the members
            if waiting and (size + rows > self._most or len(waiting) == MOST_ENDS):
                tiles.append(Tile(len(tiles), tuple(waiting)))
                waiting, size = [], 0
            waiting.append(end)
            size += rows
        return [*tiles, Tile(len(tiles), tuple(waiting))] if waiting else tiles

    def make(self, tile: Tile) -> Part:
        """The part of a tile."""
        if not self.form and not self.matrix.columns:
            return Part(self._by_kind(self.matrix.counts(tile.ends), np.zeros((0, len(OUTCOMES)), np.int64)), b"")
        inner = np.zeros(len(OUTCOMES), np.int64)
        outer = np.zeros((len(self.matrix.columns), len(OUTCOMES)), np.int64)
        chunks: list[Any] = []
        for end, answers in self.matrix.answers(tile.ends):
            if "interface" in self.kinds:
                inner += self._counted(end, answers)
            if self.matrix.columns:
                outcomes = outcome_of(answers.every[self.matrix.ends :], answers.some[self.matrix.ends :])
                outer[np.arange(len(outcomes)), outcomes] += len(self.matrix.members[end])
            if self.form:
                chunks.append(self._rows(end, answers))
        counts = self._by_kind(inner, outer)
        if self.form == "jsonl":
            return Part(counts, "".join(self._lines(chunks)).encode())
        return Part(counts, self._parquet(chunks) if self.form else b"")

    def _counted(self, end: int, answers: Answers) -> npt.NDArray[np.int64]:
        """Pairs of an end's interfaces with all others, by outcome."""
        ends, mine = self.matrix.ends, len(self.matrix.members[end])
        open_ = np.flatnonzero(answers.some[:ends].astype(np.bool_))
        outcomes = outcome_of(answers.every[open_], answers.some[open_])
        found = np.bincount(outcomes, self.matrix.tally.sizes[open_], len(OUTCOMES)).astype(np.int64)
        found[0] = len(self.matrix.names) - found.sum()
        found[outcome_of(answers.every[end], answers.some[end])] -= 1  # none asks itself
        return found * mine

    def _by_kind(self, inner: npt.NDArray[np.int64], outer: npt.NDArray[np.int64]) -> Counter[tuple[str, str]]:
        counts: Counter[tuple[str, str]] = Counter()
        if "interface" in self.kinds:
            counts.update({("interface", outcome): int(pairs) for outcome, pairs in zip(OUTCOMES, inner, strict=True)})
        for column, found in zip(self.matrix.columns, outer, strict=True):
            for outcome, pairs in zip(OUTCOMES, found, strict=True):
                counts[kind_of(column), outcome] += int(pairs)
        return counts

    def _rows(self, end: int, answers: Answers) -> tuple[list[int], Small, Small]:
        """(the end's interfaces, the targets to write, and of each target: outcome, every, some, route, missing)."""
        matrix, outcomes = self.matrix, answers.outcomes
        place = np.concatenate([matrix.end_of, np.arange(matrix.ends, matrix.ends + len(matrix.columns))])
        wanted = (outcomes[place] != 0) | self.blocked
        if "interface" not in self.kinds:
            wanted[: len(matrix.names)] = False
        written = np.nonzero(wanted)[0]
        values = np.stack([outcomes, answers.every, answers.some, answers.route, answers.missing])[:, place[written]]
        return list(matrix.members[end]), written.astype(np.int32), values.astype(np.int32)

    # --- JSON lines -------------------------------------------------------------------------------------------------

    def _lines(self, chunks: list[tuple[list[int], Small, Small]]) -> Iterator[str]:
        names = self._target_texts
        for members, targets, values in chunks:
            tails = [(target, names[target] + self._tail(tuple(one))) for target, one in
                     zip(targets.tolist(), values.T.tolist(), strict=True)]  # fmt: skip
            for member in members:
                head = f'{{"source": {json.dumps(self.matrix.names[member])}, "destination": '
                yield from (head + tail for target, tail in tails if target != member)

    def _tail(self, values: tuple[int, ...]) -> str:
        if values not in self._tails:
            outcome, every, some, route, missing = values
            rest = {"outcome": OUTCOMES[outcome], "every": ANSWERS[every], "some": ANSWERS[some],
                    "route": self.matrix.routes[route], "missing": list(self.matrix.missing[missing])}  # fmt: skip
            self._tails[values] = ", " + json.dumps(rest)[1:] + "\n"
        return self._tails[values]

    @cached_property
    def _tails(self) -> dict[tuple[int, ...], str]:
        return {}

    @cached_property
    def _target_texts(self) -> list[str]:
        return [f'{json.dumps(name)}, "kind": "{kind_of(name)}"' for name in self._target_names]

    @cached_property
    def _target_names(self) -> list[str]:
        return [*self.matrix.names, *self.matrix.columns]

    # --- Parquet ----------------------------------------------------------------------------------------------------

    def _parquet(self, chunks: list[tuple[list[int], Small, Small]]) -> bytes:
        import pyarrow as pa
        import pyarrow.parquet as pq

        sources, targets, values = self._joined(chunks)
        names, place = np.unique(sources, return_inverse=True)
        seen, target_place = np.unique(targets, return_inverse=True)
        of_kind = np.array([KINDS.index(kind_of(self._target_names[one])) for one in seen], np.int8)

        def words(numbers: npt.NDArray[Any], texts: list[str] | tuple[str, ...]) -> Any:
            return pa.DictionaryArray.from_arrays(pa.array(numbers.astype(np.int32)), pa.array(texts, pa.string()))

        missing = [list(self.matrix.missing[number]) for number in values[4]] if values[4].any() else None
        none = pa.array([[]], pa.list_(pa.string())).take(pa.array(np.zeros(len(sources), np.int32)))
        columns = [
            words(place, [self.matrix.names[one] for one in names]),
            words(target_place, [self._target_names[one] for one in seen]),
            words(of_kind[target_place] if len(seen) else target_place, KINDS),
            words(values[0], OUTCOMES), words(values[1], ANSWERS), words(values[2], ANSWERS),
            words(values[3], self.matrix.routes),
            none if missing is None else pa.array(missing, pa.list_(pa.string())),
        ]  # fmt: skip
        plain = [column.cast(pa.string()) for column in columns[:-1]]
        table = pa.table([*plain, columns[-1]], names=[*COLUMNS, "missing"])
        file = io.BytesIO()
        pq.write_table(table, file, compression="zstd", use_dictionary=list(COLUMNS))
        return file.getvalue()

    @staticmethod
    def _joined(chunks: list[tuple[list[int], Small, Small]]) -> tuple[Small, Small, Small]:
        sources, targets, values = [], [], []
        for members, written, each in chunks:
            for member in members:
                kept = written != member
                targets.append(written[kept])
                values.append(each[:, kept])
                sources.append(np.full(len(targets[-1]), member, np.int32))
        nothing = np.zeros(0, np.int32)
        return (
            np.concatenate([nothing, *sources]), np.concatenate([nothing, *targets]),
            np.concatenate([np.zeros((5, 0), np.int32), *values], axis=1),
        )  # fmt: skip


def kind_of(target: str) -> str:
    """What a target is, by its name."""
    return "internet" if target == "internet" else "endpoint" if target.startswith("vpce-") else "interface"


def need_arrow() -> None:
    """Raises UnsupportedError without pyarrow."""
    try:
        import pyarrow  # noqa: F401
    except ImportError as error:
        raise UnsupportedError(
            "Parquet needs pyarrow: pip install 'reachsim[tables]', or write out.jsonl instead"
        ) from error
