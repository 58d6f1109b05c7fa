"""The documentation's site: it builds, and a broken link or reference fails."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sphinx.cmd.build import build_main

DOCS = Path(__file__).resolve().parent.parent / "docs"
STRICT = ["-W", "--keep-going", "-q", "-b", "html"]


@pytest.mark.slow
def test_the_site_builds_without_a_warning(tmp_path, capfd):
    assert build_main([*STRICT, str(DOCS), str(tmp_path)]) == 0, capfd.readouterr().err
    for page in ("index", "quickstart.zh", "environments/news", "api", "howto/domain"):
        assert (tmp_path / f"{page}.html").stat().st_size > 1000
    assert "RecVectorEnv" in (tmp_path / "api.html").read_text()


def test_a_broken_link_fails(tmp_path):
    source = tmp_path / "docs"
    source.mkdir()
    shutil.copy(DOCS / "conf.py", source)
    (source / "index.md").write_text("# Site\n\n[nowhere](missing.md)\n")
    assert build_main([*STRICT, str(source), str(tmp_path / "built")]) != 0
