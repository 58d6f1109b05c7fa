"""What the builders of the built-in catalogues share.

A catalogue is built from words written by hand: one TOML file a section in the folder `vocabulary`, and, for all
sections, `shared.toml` beside it. Sections hold categories, categories hold templates of titles and sentences, and the
words that fill them:

    name = "World"                     # a section: the catalogue's department
    code = "WOR"                       # begins the ids of its items

    [[categories]]
    name = "Elections"
    titles = ["{place} votes as {issue} divides the country"]
    sentences = ["Polls close in {place} at nine."]     # {place} is the title's
    slots = { place = "Lisbon; Quito", issue = "rent; the harbour" }

Every category holds the same populations of items, its archetypes. `bait_titles` are the titles of the archetype
"bait", `bait_sentences` its sentences, `bait_wraps` what its titles are wrapped in ("{title}: you will not believe it")
and `bait_remarks` a last sentence only they have. What a category does not say, its section or `shared.toml` says.

Only `random.Random` draws, because NumPy does not promise the same stream in its next version: the same seed gives the
same bytes.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import tomllib
from collections import ChainMap
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

from recgym.writing import replacing

Table = Mapping[str, Any]
Row = dict[str, Any]
SLOT = re.compile(r"{(\w+)}")
MAX_TRIES = 1_000  # to find a title that is new


def read_sections(folder: Path) -> list[dict[str, Any]]:
    """The tables of a vocabulary's files, by name."""
    return sorted((tomllib.loads(path.read_text("utf-8")) for path in folder.glob("*.toml")), key=lambda t: t["name"])


def csv_bytes(rows: Sequence[Table], columns: Sequence[str]) -> bytes:
    """The gzipped CSV file; no time stamp, so that the same rows give the same bytes."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return gzip.compress(text.getvalue().encode("utf-8"), compresslevel=9, mtime=0)


def write(path: Path, content: bytes) -> None:
    """Write a catalogue's file and say how large it is."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)
    print(f"wrote {path.name}: {len(content) / 1e6:.2f} MB")


def capitalised(text: str) -> str:
    """The text with its first letter as a capital, and the others as they are."""
    return text[0].upper() + text[1:]


class Deck:
    """Deals its entries in random order, all of them before one comes again, and none twice in a row."""

    def __init__(self, entries: Sequence[str], rng: Random) -> None:
        self._entries = list(entries)
        self._left: list[str] = []
        self._last: str | None = None
        self._rng = rng

    def deal(self) -> str:
        """The next entry."""
        if not self._left:
            self._left = self._rng.sample(self._entries, len(self._entries))
            if self._left[-1] == self._last:
                self._left.reverse()
        self._last = self._left.pop()
        return self._last


def fill(template: str, slots: Mapping[str, Deck], chosen: dict[str, str]) -> str:
    """Put words into the slots of a template; `chosen` holds what earlier templates chose, and is added to.

    >>> chosen = {"place": "Oslo"}
    >>> fill("{place} opens a {thing}", {"thing": Deck(["opera house"], Random(1))}, chosen)
    'Oslo opens an opera house'
    """
    for slot in SLOT.findall(template):
        if slot not in chosen:
            chosen[slot] = slots[slot].deal()
    return capitalised(with_articles(SLOT.sub(lambda match: chosen[match[1]], template)))


def with_articles(text: str) -> str:
    """Put "an" for "a" before a vowel: "a one-act opera", but "an opera"."""
    return re.sub(r"\b([Aa]) (?=[aeioAEIO])(?!one|once|eu|Eu|One)", r"\1n ", text)


def build_rows(
    folder: Path,
    seed: int,
    archetypes: Mapping[str, int],
    numbers: Callable[[Table, str, Random], Row],
    top_popularity: int,
    sections: Sequence[Table] | None = None,
) -> list[Row]:
    """Draw a whole catalogue, in the order of section and category.

    Args:
        folder: Where `vocabulary` and `shared.toml` are.
        seed: The same seed, the same rows.
        archetypes: How many items of each archetype a category holds.
        numbers: (category, archetype, rng) -> the numeric columns of one item, which its templates may name, with two
            that the file leaves out: `quality`, the opinion about it (1..5), and `appeal`, the logarithm of how much
            more it is sought than others.
        top_popularity: How often the most popular item was chosen.
        sections: What to draw from, if not simply what `read_sections` reads.
    """
    rng = Random(seed)
    shared = tomllib.loads((folder / "shared.toml").read_text("utf-8"))
    shared_slots = _decks(shared.get("slots", {}), rng)
    rows: list[Row] = []
    titles: set[str] = set()
    for section in sections if sections is not None else read_sections(folder / "vocabulary"):
        section_slots = shared_slots | _decks(section.get("slots", {}), rng)
        number = 0
        for category in section["categories"]:
            words = ChainMap(category, section, shared)
            slots = section_slots | _decks(category.get("slots", {}), rng)
            templates: dict[str, Deck] = {}
            drawn = [name for name, count in archetypes.items() for _ in range(count)]
            rng.shuffle(drawn)
            sought = rng.gauss(0, 0.4)  # some categories are busier than others
            for archetype in drawn:
                number += 1
                columns = numbers(words, archetype, rng)
                columns["appeal"] += sought
                title, description = _words(words, archetype, columns, templates, slots, titles, rng)
                end = "" if title[-1] in ".!?" else "."
                rows.append({
                    "item_id": f"{section['code']}-{number:04d}",
                    "title": title,
                    "department": section["name"],
                    "category": category["name"],
                    "text": f"{title}{end} {section['name']} > {category['name']}. {description}",
                    "archetype": archetype,
                    **columns,
                })  # fmt: skip
    _add_responses(rows, top_popularity, rng)
    return rows


def to_bytes(rows: Sequence[Row]) -> bytes:
    """The catalogue's file: what the rows hold, but not how they were made."""
    return csv_bytes(rows, [name for name in rows[0] if name not in ("archetype", "quality", "appeal")])


def zipf_counts(scores: Sequence[float], top: int, exponent: float = 1.05, offset: float = 2.0) -> list[int]:
    """Counts that fall with the rank of the scores as in real logs (Zipf and Mandelbrot); at least 1."""
    counts = [0] * len(scores)
    for rank, i in enumerate(sorted(range(len(scores)), key=lambda i: -scores[i])):
        counts[i] = max(1, round(top * ((1 + offset) / (1 + offset + rank)) ** exponent))
    return counts


def clipped(value: float, low: float, high: float, digits: int = 2) -> float:
    """A number inside a range, rounded."""
    return round(min(max(value, low), high), digits)


def _decks(slots: Mapping[str, str], rng: Random) -> dict[str, Deck]:
    return {name: Deck(entries.split("; "), rng) for name, entries in slots.items()}


def _words(
    words: Table,
    archetype: str,
    columns: Row,
    templates: dict[str, Deck],
    slots: Mapping[str, Deck],
    titles: set[str],
    rng: Random,
) -> tuple[str, str]:
    """Title and description of one item; the title is new and added to `titles`."""

    def deal(kind: str) -> str:
        key = f"{archetype}_{kind}" if f"{archetype}_{kind}" in words else kind
        if key not in templates:
            templates[key] = Deck(words[key], rng)
        return templates[key].deal()

    for _ in range(MAX_TRIES):
        chosen = {name: str(value) for name, value in columns.items()}
        title = fill(deal("titles"), slots, chosen)
        if f"{archetype}_wraps" in words:
            title = fill(deal("wraps"), slots, chosen | {"title": title})
        if title not in titles:
            break
    else:
        raise ValueError(f"{words['name']}: too few titles for its items; add templates or words")
    titles.add(title)
    kinds = ["sentences", "sentences"] + ["remarks"] * (f"{archetype}_remarks" in words)
    return title, " ".join(fill(deal(kind), slots, chosen) for kind in kinds)


def _add_responses(rows: Sequence[Row], top_popularity: int, rng: Random) -> None:
    """Add what people did: how often an item was chosen, how many rated it, and the mean of their 1 to 5 stars."""
    scores = [row["appeal"] + 0.35 * (row["quality"] - 3.5) + rng.gauss(0, 0.8) for row in rows]
    for row, popularity in zip(rows, zipf_counts(scores, top_popularity), strict=True):
        row["popularity"] = popularity
        row["num_ratings"] = max(1, round(popularity * rng.uniform(0.02, 0.08)))
        row["rating"] = clipped(row["quality"] + rng.gauss(0, 0.9) / row["num_ratings"] ** 0.5, 1, 5)
