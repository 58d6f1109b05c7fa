"""Files written whole: neither a reader nor a run that is killed ever leaves half of one."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

MEASUREMENTS = Path("docs") / "measurements"  # where commands write what they measured, seen from the working folder


def write_whole(path: Path, text: str) -> None:
    """Write or replace a text file in one step; its folder is made where it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    """The same for JSON, with line breaks that read well in a diff."""
    write_whole(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def read_json(path: Path) -> Any:
    """What a JSON file holds, or None if there is none."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
