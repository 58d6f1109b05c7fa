"""Opens a folder of `recgym build`: everything large is mapped and read as it is needed."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from recgym.catalog.stored import whole_manifest
from recgym.catalog.texts import mapped
from recgym.embedded import ITEMS, Embedded
from recgym.encoders import Encoder, as_encoder
from recgym.folder.build import NEIGHBOURS, OTHERS, VECTORS


def is_folder(catalog: Any) -> bool:
    """Whether a catalogue is given as a folder."""
    return isinstance(catalog, str | os.PathLike) and Path(catalog).is_dir()


def open_embedded(folder: str | os.PathLike[str], whiten: str, embedding_dim: int) -> Embedded:
    """The vectors of a folder, mapped.

    Raises:
        CatalogError: The folder is not finished, damaged, or of something else.
        ValueError: It was built with other settings.
    """
    folder = Path(folder)
    built, asked = whole_manifest(folder)["settings"], {"embedding_dim": embedding_dim, "whiten": whiten}
    if built != asked:
        was, now = (f"embedding_dim={s['embedding_dim']}, whiten={s['whiten']!r}" for s in (built, asked))
        raise ValueError(
            f"catalog: {folder} was built with {was}, but the settings are {now}; pass {was}, or run `recgym build` "
            f"with --embedding-dim {embedding_dim} --whiten {whiten} (texts are not embedded again)"
        )
    others = Embedded.load(folder / OTHERS, f"remove {folder} and run `recgym build` again")
    groups = {**others.groups, ITEMS: mapped(folder / VECTORS)}
    return replace(others, groups=groups, neighbours=mapped(folder / NEIGHBOURS))


def stored_encoder(folder: str | os.PathLike[str], given: Encoder | str | None = None) -> Encoder:
    """The encoder that embedded a folder's texts: the given one, or else the one that the folder names.

    Raises:
        ValueError: The given one is another, or none is given and the folder does not name one.
    """
    manifest = whole_manifest(Path(folder))
    name = manifest["encoder_name"]
    if given is None and name is None:
        raise ValueError(f"encoder: {folder} was built with the object {manifest['encoder']!r}; pass it as encoder=")
    encoder = as_encoder(name if given is None else given)
    if encoder.fingerprint != manifest["encoder"]:
        raise ValueError(
            f"encoder: {folder} was built with {manifest['encoder']!r}, but this encoder is {encoder.fingerprint!r}; "
            "leave encoder out, or build a folder with it"
        )
    return encoder
