"""recgym build: a large shop in a folder, from which environments start in a second or two."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import get_args

from recgym.cli.embed import MODEL
from recgym.cli.progress import bar
from recgym.encoders import CacheError, SentenceTransformerEncoder, UnknownTextError, as_encoder
from recgym.folder import build_folder
from recgym.registration import ENV_IDS
from recgym.scenarios.scenario import Settings
from recgym.sessions import settings_class
from recgym.whitening import WhiteningMethod

SAID = {"embeddings": "texts embedded", "vectors": "items projected"}  # stages that can say how far they are


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    parser = commands.add_parser("build", help="build a folder from a catalogue of any size; run it again to go on")
    parser.add_argument("catalog", type=Path, metavar="CATALOG", help=".csv, .csv.gz or .parquet file")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="a new folder, or one whose build was interrupted")
    parser.add_argument("--domain", choices=ENV_IDS, default="ecommerce",
                        help="whose items they are, and whose users' sentences are embedded with them "
                             "(default %(default)s)")  # fmt: skip
    parser.add_argument("--encoder", default=MODEL, metavar="NAME",
                        help=f"model name, folder, or .npz table (default {MODEL})")  # fmt: skip
    parser.add_argument("--embedding-dim", type=int, default=Settings.embedding_dim, metavar="N",
                        help="dimensions kept of the encoder's (default %(default)s)")  # fmt: skip
    parser.add_argument("--whiten", default=Settings.whiten, choices=get_args(WhiteningMethod),
                        help="how embeddings are whitened (default %(default)s)")  # fmt: skip
    parser.set_defaults(run=build)


def build(options: argparse.Namespace) -> int:
    """Build the folder; what cannot be used is said in one message."""
    domain = settings_class(options.domain).DOMAIN
    try:
        encoder = as_encoder(options.encoder)
        if isinstance(encoder, SentenceTransformerEncoder):
            encoder.progress = False  # the bar here covers all texts
        manifest = build_folder(
            options.catalog, options.folder, encoder, domain.texts_of, required=domain.required, ranges=domain.ranges,
            embedding_dim=options.embedding_dim, whiten=options.whiten, encoder_name=options.encoder, report=_report,
        )  # fmt: skip
    except (UnknownTextError, CacheError, ImportError, OSError, ValueError) as error:
        print(f"recgym build: {error}", file=sys.stderr)
        return 2
    facts, settings = manifest["catalog"], manifest["settings"]
    size = sum(manifest["files"].values()) / 2**20
    counts = f"{facts['num_items']:,} items, {len(facts['category_names']):,} categories"
    print(f"{options.folder}: {counts}, {size:,.0f} MB")
    print(f"recall of the neighbours against all pairs: {manifest['recall']:.3f}")
    given = "".join(f", {name}={settings[name]!r}" for name in settings if settings[name] != getattr(Settings, name))
    print(f'Use it: gymnasium.make("recgym:{ENV_IDS[options.domain]}", catalog="{options.folder}"{given})')
    return 0


def _report(stage: str, done: int, total: int) -> None:
    if stage in SAID:
        bar(done, total, SAID[stage])
    elif not done:
        said = {"columns": "reading and checking", "neighbours": "finding similar items"}
        print(said[stage], file=sys.stderr, flush=True)
