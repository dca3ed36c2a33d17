"""The notebooks run from a clean kernel, say what their saved outputs say, and stay small.

``REACHSIM_UPDATE_GOLDEN=1`` saves what they give now; the diff is to be read, and the pictures to be looked at.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
NAMES = [
    "01-is-my-pipeline-private", "02-why-is-it-blocked", "03-diff-two-snapshots", "04-what-if-and-fix",
    "05-policies-and-data-perimeter", "06-ja-private-pipeline",
]  # fmt: skip


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


def outputs(notebook: Any) -> list[list[tuple[Any, ...]]]:
    """What each cell gave; of pictures only that there is one, as their bytes vary with the fonts of a machine.

    A kernel may send what a cell prints in several parts; they are put together.
    """
    found = []
    for cell in notebook.cells:
        mine: list[tuple[Any, ...]] = []
        for output in cell.get("outputs", []):
            if output.output_type == "stream":
                before = mine.pop()[1] if mine and mine[-1][0] == output.name else ""
                mine.append((output.name, before + output.text))
            elif "image/png" in output.data:
                mine.append(("a picture",))
            else:
                mine.append(("data", dict(output.data)))
        found.append(mine)
    return found


def test_none_is_missing() -> None:
    assert [path.stem for path in NOTEBOOKS] == NAMES


@pytest.mark.filterwarnings("ignore")  # those of the kernel's own machinery
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs_and_gives_what_is_saved(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(FOLDER.parent), os.environ.get("PYTHONPATH", "")]))
    saved = read(path)
    nbformat.validate(saved)
    fresh = read(path)
    started = time.monotonic()
    NotebookClient(
        fresh, timeout=110, kernel_name="python3", record_timing=False, resources={"metadata": {"path": str(FOLDER)}}
    ).execute()
    assert time.monotonic() - started < 120
    if os.environ.get("REACHSIM_UPDATE_GOLDEN"):
        fresh.metadata = saved.metadata
        nbformat.write(fresh, path)
        return
    assert outputs(fresh) == outputs(saved)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_what_is_saved_is_whole_and_small(path: Path) -> None:
    assert path.stat().st_size < 1_000_000
    notebook = read(path)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert not any(output.output_type == "error" for cell in code for output in cell.outputs)
    assert notebook.cells[0].cell_type == "markdown"
    text = path.read_text("utf-8")
    assert str(Path.home()) not in text
    assert "/tmp/" not in text
