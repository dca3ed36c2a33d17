"""Writers: all or nothing, and never over something that is there unless told to."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from reachsim.errors import QuestionError
from reachsim.files import write_file, write_tree


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_tree_is_written_with_its_parents_and_nothing_else(tmp_path: Path) -> None:
    files = {"snapshot.json": b"{}", "a/b/c.json": "東京".encode()}
    write_tree(tmp_path / "deep" / "out", files, overwrite=False)
    assert tree(tmp_path) == {f"deep/out/{name}": data for name, data in files.items()}


def test_a_tree_without_files_is_an_empty_folder(tmp_path: Path) -> None:
    write_tree(tmp_path / "out", {}, overwrite=False)
    assert [*tmp_path.iterdir()] == [tmp_path / "out"]


@pytest.mark.parametrize("held", [{}, {"old.json": b"1"}])
def test_an_existing_folder_is_refused_and_left_alone(tmp_path: Path, held: dict[str, bytes]) -> None:
    write_tree(tmp_path / "out", held, overwrite=False)
    with pytest.raises(QuestionError, match="exists already; --overwrite") as refused:
        write_tree(tmp_path / "out", {"new.json": b"2"}, overwrite=False)
    assert refused.value.code == "TARGET_EXISTS"
    assert "\n" not in str(refused.value)
    assert tree(tmp_path) == {f"out/{name}": data for name, data in held.items()}


def test_overwriting_replaces_the_whole_folder(tmp_path: Path) -> None:
    write_tree(tmp_path / "out", {"old.json": b"1"}, overwrite=False)
    write_tree(tmp_path / "out", {"new.json": b"2"}, overwrite=True)
    assert tree(tmp_path) == {"out/new.json": b"2"}
    assert [*tmp_path.iterdir()] == [tmp_path / "out"]


def test_a_link_to_a_folder_stays_and_what_it_points_to_is_replaced(tmp_path: Path) -> None:
    write_tree(tmp_path / "real", {"old.json": b"1"}, overwrite=False)
    (tmp_path / "link").symlink_to("real")
    write_tree(tmp_path / "link", {"new.json": b"2"}, overwrite=True)
    assert (tmp_path / "link").is_symlink()
    assert tree(tmp_path / "real") == {"new.json": b"2"}


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_file_is_not_replaced_by_a_folder(tmp_path: Path, overwrite: bool) -> None:
    (tmp_path / "out").write_bytes(b"precious")
    with pytest.raises(QuestionError, match="is a file, not a folder"):
        write_tree(tmp_path / "out", {"a": b""}, overwrite=overwrite)
    assert (tmp_path / "out").read_bytes() == b"precious"


@pytest.mark.parametrize("out", [".", "..", "/"])
def test_the_working_directory_is_never_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, out: str) -> None:
    work = tmp_path / "home" / "work"
    work.mkdir(parents=True)
    monkeypatch.chdir(work)
    with pytest.raises(QuestionError, match="working directory"):
        write_tree(Path(out), {"a": b""}, overwrite=True)
    assert work.is_dir()


def test_a_failure_on_the_way_leaves_the_target_as_it_was(tmp_path: Path) -> None:
    write_tree(tmp_path / "out", {"old.json": b"1"}, overwrite=False)
    with pytest.raises(QuestionError, match="cannot write"):
        write_tree(tmp_path / "out", {"a": b"a file", "a/b": b"that is also a folder"}, overwrite=True)
    assert tree(tmp_path) == {"out/old.json": b"1"}
    assert [*tmp_path.iterdir()] == [tmp_path / "out"]


def test_the_old_folder_comes_back_if_the_new_one_cannot_take_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tree(tmp_path / "out", {"old.json": b"1"}, overwrite=False)
    rename = Path.rename

    def fails_for_new(self: Path, target: Path) -> Path:
        if self.name == "new":
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fails_for_new)
    with pytest.raises(QuestionError, match="No space left on device"):
        write_tree(tmp_path / "out", {"new.json": b"2"}, overwrite=True)
    assert tree(tmp_path) == {"out/old.json": b"1"}


@pytest.mark.parametrize("name", ["../evil", "/evil", "a/../../evil", "", "a\\b", "a\0b"])
def test_paths_that_leave_the_target_are_a_programming_mistake(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="below the target"):
        write_tree(tmp_path / "out", {name: b""}, overwrite=False)
    assert not [*tmp_path.iterdir()]


def test_a_hostile_name_makes_a_message_of_one_line(tmp_path: Path) -> None:
    (tmp_path / "a\nb").mkdir()
    with pytest.raises(QuestionError) as refused:
        write_tree(tmp_path / "a\nb", {}, overwrite=False)
    assert len(str(refused.value).splitlines()) == 1


def test_a_new_folder_has_the_usual_permissions(tmp_path: Path) -> None:
    (tmp_path / "usual").mkdir()
    write_tree(tmp_path / "out", {"a/b": b""}, overwrite=False)
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == stat.S_IMODE((tmp_path / "usual").stat().st_mode)


def test_a_file_is_written_with_its_parents_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "answer.json"
    write_file(path, b"1")
    write_file(path, b"2")
    assert tree(tmp_path) == {"deep/answer.json": b"2"}


def test_an_existing_file_is_refused_when_overwriting_is_off(tmp_path: Path) -> None:
    write_file(tmp_path / "a", b"1", overwrite=False)
    with pytest.raises(QuestionError, match="exists already"):
        write_file(tmp_path / "a", b"2", overwrite=False)
    assert tree(tmp_path) == {"a": b"1"}


@pytest.mark.skipif(os.name == "nt", reason="permissions are POSIX's")
def test_a_replaced_file_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"1")
    path.chmod(0o640)
    write_file(path, b"2")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_file_never_replaces_a_folder_and_failures_leave_nothing(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(QuestionError, match="is a folder"):
        write_file(tmp_path / "out", b"1")
    (tmp_path / "plain").write_bytes(b"")
    with pytest.raises(QuestionError, match="cannot write"):
        write_file(tmp_path / "plain" / "below", b"1")
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(QuestionError, match="cannot write"):
        write_file(tmp_path / "loop" / "below", b"1")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["loop", "out", "plain"]
