"""Optional dependencies: how to get them, the same words in every message."""

from __future__ import annotations


def install(extra: str) -> str:
    """The command that installs an extra of `pyproject.toml`; PyPI's `recgym` is another project's."""
    return f'pip install -e ".[{extra}]" in RecGym\'s folder'
