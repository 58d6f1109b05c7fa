"""Files written whole: permissions as by `open`, the old content until the new one is there, nothing left behind."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from recgym.writing import replacing


def permissions(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(params=[0o022, 0o077])
def umask(request):
    before = os.umask(request.param)
    yield
    os.umask(before)


def test_a_new_file_has_the_permissions_that_open_gives(tmp_path, umask):
    (tmp_path / "opened").write_text("as ever")
    with replacing(tmp_path / "replaced") as temporary:
        temporary.write_text("whole")
    assert (tmp_path / "replaced").read_text() == "whole"
    assert permissions(tmp_path / "replaced") == permissions(tmp_path / "opened")


def test_an_old_file_keeps_its_permissions(tmp_path):
    path = tmp_path / "shared"
    path.write_text("old")
    path.chmod(0o664)
    with replacing(path) as temporary:
        temporary.write_text("new")
    assert path.read_text() == "new" and permissions(path) == 0o664


def test_readers_see_the_old_content_until_the_new_one_is_whole(tmp_path):
    path = tmp_path / "read"
    path.write_text("old")
    with replacing(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new" and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
@pytest.mark.parametrize("begun", [True, False])
def test_a_failure_leaves_the_old_content_and_nothing_else(tmp_path, error, begun):
    path = tmp_path / "kept"
    path.write_text("old")
    with pytest.raises(error), replacing(path) as temporary:
        if begun:
            temporary.write_text("hal")
        raise error
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_a_failure_at_the_last_moment_leaves_the_old_content_too(tmp_path, monkeypatch):
    path = tmp_path / "kept"
    path.write_text("old")

    def full(file: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="disk full"), replacing(path) as temporary:
        temporary.write_text("new")
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_two_may_write_at_once_and_the_last_to_end_wins(tmp_path):
    path = tmp_path / "both"
    with replacing(path) as first:
        first.write_text("first")
        with replacing(path) as second:
            second.write_text("second")
        assert path.read_text() == "second"
    assert path.read_text() == "first" and list(tmp_path.iterdir()) == [path]
