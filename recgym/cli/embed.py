"""recgym embed: all texts of a catalogue, embedded once into a table that needs no language model afterwards."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recgym.catalog import CatalogError
from recgym.cli.progress import bar
from recgym.encoders import EmbeddingTable, Encoder, TableError, UnknownTextError, WeightsError, as_encoder
from recgym.registration import ENV_IDS
from recgym.sessions import settings_class

MODEL = "all-MiniLM-L6-v2"


class WithProgress:
    """An encoder that shows on stderr how far it is."""

    BATCH = 256

    def __init__(self, encoder: Encoder) -> None:
        self.encoder = encoder
        self.embedding_dim = encoder.embedding_dim
        self.fingerprint = encoder.fingerprint

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """What the encoder gives, a batch at a time."""
        parts = []
        for start in range(0, len(texts), self.BATCH):
            parts.append(self.encoder.encode(texts[start : start + self.BATCH]))
            bar(min(start + self.BATCH, len(texts)), len(texts), "texts")
        return np.concatenate(parts)


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    parser = commands.add_parser("embed", help="embed a catalogue's texts into a table")
    parser.add_argument("catalog", nargs="?", type=Path, metavar="CATALOG",
                        help=".csv, .csv.gz or .parquet file (default: the domain's built-in catalogue)")  # fmt: skip
    parser.add_argument("--domain", choices=ENV_IDS, default="ecommerce",
                        help="whose users' sentences are embedded with it (default %(default)s)")  # fmt: skip
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="TABLE.npz", help="the file to write")
    parser.add_argument("--encoder", default=MODEL, metavar="NAME",
                        help=f"model name, folder, or another .npz table (default {MODEL})")  # fmt: skip
    parser.set_defaults(run=embed)


def embed(options: argparse.Namespace) -> int:
    """Write the table; a file or encoder that cannot be used is said in one message."""
    if options.out.suffix != ".npz" or not options.out.parent.is_dir():
        print(f"recgym embed: --out is a .npz file in a folder that exists, got {options.out}", file=sys.stderr)
        return 2
    try:
        catalog = settings_class(options.domain)(catalog=options.catalog).load_catalog()
        words = importlib.import_module(f"recgym.scenarios.{options.domain}_words")
        table = EmbeddingTable.build(words.SENTENCES.all_texts(catalog), WithProgress(as_encoder(options.encoder)))
        table.save(options.out)
    except (CatalogError, TableError, WeightsError, UnknownTextError, ImportError, OSError) as error:
        print(f"recgym embed: {error}", file=sys.stderr)
        return 2
    print(f"{options.out}: {len(table):,} texts, {table.embedding_dim} dimensions, {table.model_fingerprint}")
    given = f'catalog="{options.catalog}", ' if options.catalog else ""
    print(f'Use it: gymnasium.make("recgym:{ENV_IDS[options.domain]}", {given}encoder="{options.out}")')
    return 0
