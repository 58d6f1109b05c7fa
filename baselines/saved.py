"""A trained recommender in one file: a zip of what `baselines.registry.save` writes, and of what it was made with."""

from __future__ import annotations

import json
import pickle
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from baselines import registry
from baselines.cells import installed
from baselines.errors import Refused
from baselines.files import read_json, write_json
from baselines.recommender import Recommender, make_lanes
from baselines.task import Task
from recgym.env import RecVectorEnv
from recgym.registration import registered
from recgym.writing import replacing

MANIFEST = "recgym-model.json"
FORMAT = 2  # of the file; rises when older ones cannot be read any more


class BadModel(Refused, ValueError):
    """A file is no saved recommender, or cannot be loaded here; the message says what was expected."""


@dataclass(frozen=True)
class Saved:
    """What a file tells of its recommender."""

    baseline: str
    steps: int
    seed: int
    settings: Mapping[str, Any]
    env_id: str  # this and the next three: the `baselines.registry.world` it was trained in
    view: str
    features: Sequence[str]
    catalog: str | None
    versions: Mapping[str, str]

    def lanes(self, num_envs: int) -> RecVectorEnv:
        """The environment as it was trained in."""
        return make_lanes(self.env_id, num_envs, action=self.view)


def save(path: Path, recommender: Recommender, name: str, task: Task) -> None:
    """Write what the baseline `name` learned on a task, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        registry.save(recommender, folder, name, task)
        write_json(folder / MANIFEST, {"format": FORMAT, "versions": installed()})
        with replacing(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as packed:
            for file in sorted(folder.iterdir()):
                packed.write(file, file.name)


def load(path: Path, num_envs: int) -> tuple[Saved, RecVectorEnv, Recommender]:
    """What a file is, the environment it was trained in, with so many lanes, and the recommender. Nothing is unpickled.

    Raises:
        BadModel: The file is missing, no saved recommender, or of a baseline or an environment that is not known here.
    """
    with _unpacked(path) as folder:
        saved = _about(path, folder)
        env = saved.lanes(num_envs)
        try:
            return saved, env, registry.load(folder, env)
        except (ValueError, LookupError, RuntimeError, OSError, zipfile.BadZipFile, pickle.UnpicklingError) as problem:
            raise BadModel(f"{path}: cannot be loaded: {problem}. Train it again with this version") from problem


@contextmanager
def _unpacked(path: Path) -> Iterator[Path]:
    if not path.is_file():
        raise BadModel(f"{path}: no such file. `python -m baselines train ALGO ID --save {path}` writes it")
    if not zipfile.is_zipfile(path):
        raise BadModel(f"{path}: expected a zip file that `python -m baselines train` wrote")
    with tempfile.TemporaryDirectory() as scratch, zipfile.ZipFile(path) as packed:
        names = packed.namelist()
        if MANIFEST not in names:
            hint = " It looks like Stable-Baselines3's own file." if "policy.pth" in names else ""
            raise BadModel(
                f"{path}: expected a file that `python -m baselines train` wrote, found no {MANIFEST}.{hint}"
            )
        if any(name != Path(name).name for name in names):
            raise BadModel(f"{path}: expected files without folders, found {', '.join(names)}")
        try:
            packed.extractall(scratch)
        except (zipfile.BadZipFile, zlib.error) as problem:
            raise BadModel(f"{path}: damaged: {problem}") from problem
        yield Path(scratch)


def _about(path: Path, folder: Path) -> Saved:
    try:
        manifest = read_json(folder / MANIFEST)
        if manifest["format"] != FORMAT:
            raise BadModel(f"{path}: expected format {FORMAT}, found {manifest['format']}; train it again")
        saved = Saved(**registry.about(folder), versions=manifest["versions"])
    except (json.JSONDecodeError, KeyError, TypeError, FileNotFoundError) as problem:
        raise BadModel(f"{path}: not as `python -m baselines train` wrote it: {problem!r}") from problem
    if saved.env_id not in registered():
        raise BadModel(f"{path}: trained in {saved.env_id!r}, which is not known here. If it is one of yours, name it "
                       f"beside the file: MODULE:{saved.env_id}, for play and latency after --env")  # fmt: skip
    if saved.baseline not in registry.BASELINES:
        raise BadModel(f"{path}: {saved.baseline!r} is not known here; there are {', '.join(registry.BASELINES)}")
    return saved
