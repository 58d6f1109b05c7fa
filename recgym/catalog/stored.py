"""A catalogue in a folder: columns as files that are mapped when it is opened, and a manifest of what is there."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from recgym.catalog.reading import spool_columns
from recgym.catalog.tables import CatalogError, Ranges, catalog_fields, read_only, some
from recgym.catalog.texts import Texts, blob_of, mapped, offsets_of, write_texts
from recgym.writing import replacing

MANIFEST = "manifest.json"
FORMAT = 1
TEXT_FIELDS = ("item_ids", "titles", "texts")
INDEX_FIELDS = ("departments", "categories")
Manifest = dict[str, Any]


def store_columns(source: Path, folder: Path, required: Sequence[str], ranges: Ranges) -> Manifest:
    """Check a catalogue file as `Catalog.load` does and write its columns into `folder`.

    Returns:
        What `stored_fields` has to know beside the files.

    Raises:
        CatalogError, FileNotFoundError, ImportError: As `Catalog.load`; nothing but the manifest is left behind.
    """
    spool = folder / "reading"
    shutil.rmtree(spool, ignore_errors=True)  # of a build that was killed
    spool.mkdir()
    try:
        columns = spool_columns(source, spool)
        fields = catalog_fields(
            columns, source, required, {}, ranges, lambda name, cells: write_texts(folder / name, cells)
        )
    finally:
        shutil.rmtree(spool)
    for name in INDEX_FIELDS:
        np.save(folder / f"{name}.npy", fields[name])
    for number, values in enumerate(fields["attributes"].values()):
        np.save(_attribute(folder, number), values)
    names = {name: list(fields[name]) for name in ("department_names", "category_names")}
    return {"num_items": len(fields["item_ids"]), "attributes": list(fields["attributes"]), **names}


def stored_fields(folder: Path, facts: Manifest) -> dict[str, Any]:
    """The fields of a `Catalog`: nothing but the places of the texts is read before it is needed."""
    return {
        **{name: Texts(folder / name) for name in TEXT_FIELDS},
        **{name: read_only(mapped(folder / f"{name}.npy")) for name in INDEX_FIELDS},
        **{name: tuple(facts[name]) for name in ("department_names", "category_names")},
        "attributes": {name: read_only(mapped(_attribute(folder, number)))
                       for number, name in enumerate(facts["attributes"])},
    }  # fmt: skip


def column_files(facts: Manifest) -> list[str]:
    """The names of the files of `store_columns`."""
    here = Path()
    texts = [path.name for name in TEXT_FIELDS for path in (blob_of(here / name), offsets_of(here / name))]
    attributes = [_attribute(here, number).name for number in range(len(facts["attributes"]))]
    return texts + [f"{name}.npy" for name in INDEX_FIELDS] + attributes


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Replace the manifest in one go."""
    temporary = folder / f".{MANIFEST}.tmp"  # one name, so that a killed process leaves nothing that stays
    with replacing(folder / MANIFEST, temporary):
        temporary.write_text(json.dumps(manifest, indent=1, sort_keys=True), encoding="utf-8")


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a folder of `recgym build`, finished or not.

    Raises:
        CatalogError: The folder has none, or one of another format.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CatalogError(folder, [
            f"expected a folder made by `recgym build`, but it has no {MANIFEST}; "
            "make one: recgym build shop.csv FOLDER"
        ]) from None  # fmt: skip
    except ValueError as error:
        raise CatalogError(folder, [f"{MANIFEST} is damaged ({error}); remove the folder, build it again"]) from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        found = manifest.get("format") if isinstance(manifest, dict) else type(manifest).__name__
        raise CatalogError(folder, [
            f"expected a folder of format {FORMAT}, got {found!r}; build it again with this version of recgym"
        ])  # fmt: skip
    return manifest


def whole_manifest(folder: Path) -> Manifest:
    """The manifest of a finished folder, all files of which are there in their full size.

    Raises:
        CatalogError: As `read_manifest`; the build was not finished; files are missing or cut.
    """
    manifest = read_manifest(folder)
    if "files" not in manifest:
        done = ", ".join(manifest["finished"]) or "nothing"
        raise CatalogError(folder, [
            f"its build was interrupted ({done} finished); run the same `recgym build` again, it goes on where it was"
        ])  # fmt: skip
    sizes = {name: (folder / name).stat().st_size if (folder / name).is_file() else None for name in manifest["files"]}
    wrong = [f"{name} has {'no file' if sizes[name] is None else f'{sizes[name]:,} bytes'} instead of {size:,}"
             for name, size in manifest["files"].items() if sizes[name] != size]  # fmt: skip
    if wrong:
        raise CatalogError(folder, [f"files are missing or cut: {some(wrong)}; copy it again, or remove and build it"])
    return manifest


def _attribute(folder: Path, number: int) -> Path:
    return folder / f"attribute-{number:02}.npy"  # a number, since the name may be anything
