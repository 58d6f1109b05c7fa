"""Builds a folder out of core: a million items pass through some thousand at a time, and a killed build goes on.

The manifest is the only memory of what is done. A stage, or a chunk of embeddings, writes its files first and the
manifest after them, so whatever was under way when a build died is simply done again, with the same result.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import chain, islice
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from recgym.catalog import Catalog, CatalogError
from recgym.catalog.inverted import write_neighbours
from recgym.catalog.rows import create_rows, read_rows, resize_rows, row_blocks, write_rows
from recgym.catalog.stored import (
    FORMAT,
    MANIFEST,
    Manifest,
    column_files,
    read_manifest,
    store_columns,
    stored_fields,
    write_manifest,
)
from recgym.catalog.tables import Ranges
from recgym.embedded import ITEMS, NUM_NEIGHBOURS, Embedded
from recgym.encoders import Encoder
from recgym.encoders.protocol import checked_embeddings, unit_rows
from recgym.whitening import WhiteningMethod, fit_whitening, moments

STAGES = ("columns", "embeddings", "vectors", "neighbours")
RAW, VECTORS, NEIGHBOURS, OTHERS = "raw.npy", "vectors.npy", "neighbours.npy", "others.npz"
LEAST_ITEMS = 5  # what environments draw from so many sources has to differ
CHUNK = 4096  # texts embedded between two entries in the manifest

Report = Callable[[str, int, int], None]  # stage, done, of how many
Groups = Mapping[str, Sequence[str]]


def build_folder(
    source: Path,
    folder: Path,
    encoder: Encoder,
    texts_of: Callable[[Catalog], Groups],
    *,
    required: Sequence[str] = (),
    ranges: Ranges = MappingProxyType({}),
    embedding_dim: int = 32,
    whiten: WhiteningMethod = "center",
    encoder_name: str | None = None,
    report: Report = lambda stage, done, total: None,
) -> Manifest:
    """Build a folder from a catalogue file, or go on with one; other settings or sentences redo only what they change.

    Args:
        source: A .csv, .csv.gz or .parquet file, as `Catalog.load` takes it.
        folder: Made if it is not there; otherwise empty, or of an earlier build of the same file and encoder.
        encoder: Embeds the texts.
        texts_of: All texts of a scenario by group, the items' first.
        required: Attributes that must be there.
        ranges: Least and greatest value of attributes.
        embedding_dim: Dimensions kept by the projection, at most the encoder's.
        whiten: How embeddings are whitened; see `fit_whitening`.
        encoder_name: By which the encoder can be had again.
        report: Called with each stage's progress.

    Returns:
        The manifest: counts, fingerprints, settings, the measured recall of the neighbours.

    Raises:
        CatalogError: The file cannot be used, or the folder is of something else.
        ValueError: Settings that the encoder cannot give, or an encoder that breaks its protocol.
    """
    _check_settings(embedding_dim, whiten, encoder)
    manifest = _begun(source, folder, encoder, encoder_name)
    settings = {"embedding_dim": embedding_dim, "whiten": whiten}
    if manifest["settings"] != settings:
        _change(folder, manifest, "embeddings", settings=settings)
    if "columns" not in manifest["finished"]:
        _read(source, folder, manifest, required, ranges, report)
    # The columns may be of a build for another domain, which looked at others.
    catalog = Catalog.load(Catalog(**stored_fields(folder, manifest["catalog"])), required=required, ranges=ranges)
    groups = texts_of(catalog)
    if manifest.get("sentences") != (sentences := _digest_of_sentences(groups)):
        embedded = min(manifest["embedded"], catalog.num_items)  # the items stay as they are
        _change(folder, manifest, "columns", sentences=sentences, embedded=embedded)
    if "embeddings" not in manifest["finished"]:
        _embed(folder, manifest, groups, encoder, report)
    if "vectors" not in manifest["finished"]:
        _project(folder, manifest, groups, report)
    if "neighbours" not in manifest["finished"]:
        _find_neighbours(folder, manifest, report)
    if "files" not in manifest:
        names = [*column_files(manifest["catalog"]), RAW, VECTORS, NEIGHBOURS, OTHERS]
        manifest["files"] = {name: (folder / name).stat().st_size for name in names}
        write_manifest(folder, manifest)
    return manifest


def _check_settings(embedding_dim: int, whiten: str, encoder: Encoder) -> None:
    if whiten not in get_args(WhiteningMethod):
        raise ValueError(f"whiten: expected one of {', '.join(get_args(WhiteningMethod))}, got {whiten!r}")
    if not 1 <= embedding_dim <= encoder.embedding_dim:
        raise ValueError(
            f"embedding_dim: expected 1 to {encoder.embedding_dim}, the encoder's own size, got {embedding_dim}"
        )


def _begun(source: Path, folder: Path, encoder: Encoder, encoder_name: str | None) -> Manifest:
    """The manifest of an earlier build of the same things, or a new one."""
    if not source.is_file():
        raise FileNotFoundError(f"no catalogue at {source}: expected a .csv, .csv.gz or .parquet file")
    made_of = {"source": _digest(source), "encoder": encoder.fingerprint, "encoder_dim": encoder.embedding_dim}
    folder.mkdir(exist_ok=True)
    if not (folder / MANIFEST).exists():
        if any(path.name != f".{MANIFEST}.tmp" for path in folder.iterdir()):
            raise CatalogError(folder, [
                "expected a new or empty folder, or one of `recgym build`, but it holds other files; choose another"
            ])  # fmt: skip
        return _new_manifest(folder, made_of, encoder_name)
    manifest = read_manifest(folder)
    if not manifest["finished"]:  # a file that could not be used, and may have been mended since
        return _new_manifest(folder, made_of, encoder_name)
    problems = [f"it was built with {name} {manifest[name]!r}, and this is {now!r}; choose another folder, or remove it"
                for name, now in made_of.items() if manifest[name] != now]  # fmt: skip
    if problems:
        raise CatalogError(folder, problems)
    return manifest


def _new_manifest(folder: Path, made_of: Manifest, encoder_name: str | None) -> Manifest:
    manifest = {"format": FORMAT, **made_of, "encoder_name": encoder_name, "embedded": 0, "finished": [],
                "sentences": None, "settings": None}  # fmt: skip
    write_manifest(folder, manifest)
    return manifest


def _digest_of_sentences(groups: Groups) -> str:
    """Of all texts but the items'."""
    rest = [[name, *texts] for name, texts in groups.items() if name != ITEMS]
    return sha256(json.dumps(rest).encode()).hexdigest()


def _digest(path: Path) -> str:
    digest = sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _change(folder: Path, manifest: Manifest, kept: str, **changes: Any) -> None:
    """Change what the stages after `kept` go by: they are to be done again."""
    stages = STAGES[: STAGES.index(kept) + 1]
    manifest |= {**changes, "finished": [stage for stage in manifest["finished"] if stage in stages]}
    manifest.pop("files", None)
    write_manifest(folder, manifest)


def _finish(folder: Path, manifest: Manifest, stage: str) -> None:
    manifest["finished"] = [*manifest["finished"], stage]
    write_manifest(folder, manifest)


def _read(
    source: Path, folder: Path, manifest: Manifest, required: Sequence[str], ranges: Ranges, report: Report
) -> None:
    """The file's columns."""
    report("columns", 0, 1)
    manifest["catalog"] = facts = store_columns(source, folder, required, ranges)
    stored = Catalog(**stored_fields(folder, facts))
    if stored.num_items < LEAST_ITEMS:
        raise CatalogError(source, [f"expected at least {LEAST_ITEMS} items, a candidate from each source, got "
                                    f"{stored.num_items}; add items"])  # fmt: skip
    facts["fingerprint"] = stored.fingerprint
    _finish(folder, manifest, "columns")
    report("columns", 1, 1)


def _embed(folder: Path, manifest: Manifest, groups: Groups, encoder: Encoder, report: Report) -> None:
    """The encoder's vectors of all texts, group after group, as float16: what `EmbeddingTable` keeps too."""
    raw, total = folder / RAW, sum(map(len, groups.values()))
    done = manifest["embedded"]
    if done == 0:
        create_rows(raw, (total, encoder.embedding_dim), np.float16)
    else:
        resize_rows(raw, done, total)
    texts = islice(chain.from_iterable(groups.values()), done, None)
    report("embeddings", done, total)
    while chunk := list(islice(texts, CHUNK)):
        vectors = checked_embeddings(encoder.encode(chunk), len(chunk), encoder)
        write_rows(raw, done, vectors.astype(np.float16))
        manifest["embedded"] = done = done + len(chunk)
        write_manifest(folder, manifest)
        report("embeddings", done, total)
    _finish(folder, manifest, "embeddings")


def _project(folder: Path, manifest: Manifest, groups: Groups, report: Report) -> None:
    """Fit the projection to the items and apply it to all texts."""
    num_items, settings = len(groups[ITEMS]), manifest["settings"]
    whiten, embedding_dim = settings["whiten"], settings["embedding_dim"]
    report("vectors", 0, num_items)
    projection = fit_whitening(moments(lambda: _raw_blocks(folder, num_items), whiten), whiten, embedding_dim)
    create_rows(folder / VECTORS, (num_items, embedding_dim), np.float32)
    done = 0
    for block in _raw_blocks(folder, num_items):
        write_rows(folder / VECTORS, done, projection.apply(block))
        done += len(block)
        report("vectors", done, num_items)
    # The other groups are few. The items have files of their own, so their group is left empty here.
    ends = np.cumsum([len(texts) for texts in groups.values()])
    rest = projection.apply(unit_rows(read_rows(folder / RAW, num_items, int(ends[-1]))))
    parts = np.split(rest, ends[:-1] - num_items)
    Embedded(dict(zip(groups, parts, strict=True)), np.zeros((0, 0), dtype=np.int32), projection, whiten).save(
        folder / OTHERS
    )
    _finish(folder, manifest, "vectors")


def _find_neighbours(folder: Path, manifest: Manifest, report: Report) -> None:
    """The items most like each."""
    report("neighbours", 0, 1)
    count = min(NUM_NEIGHBOURS, manifest["catalog"]["num_items"] - 1)
    manifest["recall"] = write_neighbours(folder / VECTORS, folder / NEIGHBOURS, count)
    _finish(folder, manifest, "neighbours")
    report("neighbours", 1, 1)


def _raw_blocks(folder: Path, num_items: int) -> Iterator[NDArray[np.float32]]:
    """The items' embeddings with the length 1 that float16 has taken from them."""
    return (unit_rows(block) for _, block in row_blocks(folder / RAW, num_items))
