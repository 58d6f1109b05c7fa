"""The documentation's site: it builds, and a broken link or reference fails."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parent.parent / "docs"
STRICT = ["-W", "--keep-going", "-q", "-b", "html"]


def build(source: Path, target: Path) -> subprocess.CompletedProcess[str]:
    """In a process of its own: Sphinx rewrites the signatures of what it documents."""
    command = [sys.executable, "-m", "sphinx", *STRICT, str(source), str(target)]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.mark.slow
def test_the_site_builds_without_a_warning(tmp_path):
    built = build(DOCS, tmp_path)
    assert built.returncode == 0, built.stderr
    for page in ("index", "quickstart.zh", "environments/news", "api", "howto/domain"):
        assert (tmp_path / f"{page}.html").stat().st_size > 1000
    assert "RecVectorEnv" in (tmp_path / "api.html").read_text()


def test_a_broken_link_fails(tmp_path):
    source = tmp_path / "docs"
    source.mkdir()
    shutil.copy(DOCS / "conf.py", source)
    (source / "index.md").write_text("# Site\n\n[nowhere](missing.md)\n")
    built = build(source, tmp_path / "built")
    assert built.returncode != 0 and "missing.md" in built.stderr
