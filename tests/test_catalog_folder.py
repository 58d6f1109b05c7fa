"""Folders of `recgym build`: the same catalogue, the same session, whatever happens on the way."""

from __future__ import annotations

import copy
import gzip
import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import gymnasium
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import recgym  # noqa: F401  registers the environments
from recgym.candidates import Retrieval
from recgym.catalog import Catalog, CatalogError, inverted, nearest_neighbours, reading
from recgym.catalog.texts import Texts, TextWriter, picker, write_texts
from recgym.cli import main
from recgym.embedded import Embedded
from recgym.encoders import EmbeddingTable
from recgym.encoders.protocol import unit_rows
from recgym.folder import build_folder, open_embedded
from recgym.folder.build import LEAST_ITEMS
from recgym.registration import DOMAINS
from recgym.scenarios import builtin, ecommerce, ecommerce_words
from recgym.scenarios.ecommerce_words import SENTENCES
from recgym.testing import HashingEncoder, small_catalog
from tests.test_catalog import assert_same

ID = "RecGym-Ecommerce-v0"
DATA = Path(ecommerce.__file__).parent.parent / "data" / "ecommerce"
ENCODER = HashingEncoder(24)


def build(source: Path, folder: Path, **settings) -> dict:
    settings = {"encoder": ENCODER, "embedding_dim": 8, "required": ("price",), **settings}
    return build_folder(source, folder, texts_of=ecommerce_words.SENTENCES.texts_of, **settings)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture
def source(tmp_path) -> Path:
    path = tmp_path / "shop.csv"
    small_catalog(num_items=60).save(path)
    return path


@given(st.lists(st.text(st.characters(blacklist_categories=["Cs"])), max_size=8), st.integers(1, 9))
def test_texts_come_back_as_they_went(tmp_path_factory, cells, piece):
    stem = tmp_path_factory.mktemp("texts") / "column"
    writer = TextWriter(stem)
    for start in range(0, len(cells), piece):
        writer.extend(cells[start : start + piece])
    writer.close()
    texts = Texts(stem)
    assert texts == tuple(cells) == tuple(texts) and len(texts) == len(cells)
    assert [texts[i] for i in range(-len(cells), len(cells))] == cells + cells
    assert texts[1:3] == cells[1:3] and texts[::-2] == cells[::-2]
    assert pickle.loads(pickle.dumps(texts)) == texts == copy.deepcopy(texts)
    rows = np.arange(len(cells) * 2).reshape(2, -1) % max(len(cells), 1) - 1
    for pick in (picker(texts), picker(tuple(cells))):
        assert pick(rows).dtype == object
        assert pick(rows).tolist() == [[cells[i] if i >= 0 else "" for i in row] for row in rows]


def test_texts_know_their_ends(tmp_path):
    texts = write_texts(tmp_path / "column", iter(["a", "b"]))
    with pytest.raises(IndexError):
        texts[2]
    assert texts != ("a", "c") and texts != ("a",)


def test_a_folder_is_the_catalogue_of_its_file(tmp_path, source):
    build(source, tmp_path / "shop")
    opened = Catalog.load(tmp_path / "shop")
    assert_same(Catalog.load(source), opened)
    assert isinstance(opened.titles, Texts) and not opened.attributes["price"].flags.writeable
    manifest = json.loads((tmp_path / "shop" / "manifest.json").read_text())
    assert manifest["catalog"]["fingerprint"] == opened.fingerprint
    assert manifest["catalog"]["num_items"] == 60 and manifest["encoder"] == ENCODER.fingerprint


@pytest.mark.parametrize("name", ["shop.csv.gz", "shop.parquet"])
def test_every_kind_of_file_gives_the_same_folder(tmp_path, source, name):
    path = tmp_path / name
    if name.endswith(".gz"):
        path.write_bytes(gzip.compress(source.read_bytes()))
    else:
        csv, parquet = pytest.importorskip("pyarrow.csv"), pytest.importorskip("pyarrow.parquet")
        parquet.write_table(csv.read_csv(source), path)
    build(source, tmp_path / "one")
    build(path, tmp_path / "two")
    assert_same(Catalog.load(tmp_path / "one"), Catalog.load(tmp_path / "two"))


def test_small_pieces_give_the_same_checks_and_columns(tmp_path, source, monkeypatch):
    """What stands in different pieces of a file is found as in one."""
    bad = tmp_path / "bad.csv"
    bad.write_text("item_id,title,category,department,price,list_price\n"
                   "a,A,Kettles,Kitchen,1,1\nb,B,Dolls,Toys,2,1\n"
                   "c,,Kettles,Kitchen,x,9\na,D,Kettles,Toys,4,4\n")  # fmt: skip
    messages = []
    for rows in (1000, 1):
        monkeypatch.setattr(reading, "ROWS", rows)
        with pytest.raises(CatalogError) as error:
            Catalog.load(bad, required=("price",))  # as a shop does
        messages.append(str(error.value))
        with pytest.raises(CatalogError) as streamed:
            build(bad, tmp_path / f"bad{rows}")
        assert str(streamed.value).replace(f"bad{rows}", "bad") == messages[-1]
        assert [path.name for path in (tmp_path / f"bad{rows}").iterdir()] == ["manifest.json"]
    assert messages[0] == messages[1] and "'a' in rows 1, 4" in messages[0] and "4 problems" in messages[0]
    build(source, tmp_path / "in_pieces")
    monkeypatch.setattr(reading, "ROWS", 1000)
    build(source, tmp_path / "at_once")
    assert contents(tmp_path / "in_pieces") == contents(tmp_path / "at_once")


def test_what_a_domain_finds_out_of_range_is_told_before_anything_is_embedded(tmp_path, source):
    highest = Catalog.load(source).attributes["price"].max()
    with pytest.raises(CatalogError, match="'price'"):
        build(source, tmp_path / "shop", ranges={"price": (0, highest / 2)})
    assert build(source, tmp_path / "shop", ranges={"price": (0, highest)})["finished"]


def test_ragged_rows_of_later_pieces_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "ROWS", 2)
    (tmp_path / "shop.csv").write_text("item_id,title,category\n1,A,K\n2,B,K\n3,C,K\n4,D\n5,E,K\n6\n")
    with pytest.raises(CatalogError, match="row 4 has 2, row 6 has 1"):
        Catalog.load(tmp_path / "shop.csv")


@pytest.mark.parametrize("env_id", DOMAINS)
def test_a_built_in_catalogue_in_a_folder_steps_bit_for_bit_alike(env_id, tmp_path, capsys):
    domain, folder = DOMAINS[env_id], tmp_path / "items"
    source, table = (DATA.parent / domain / name for name in ("catalog.csv.gz", "embeddings.npz"))
    assert main(["build", str(source), str(folder), "--domain", domain, "--encoder", str(table)]) == 0
    catalog, out = builtin.builtin_catalog(domain), capsys.readouterr().out
    assert f"{catalog.num_items:,} items, {catalog.num_categories} categories" in out
    assert f'gymnasium.make("recgym:{env_id}", catalog="{folder}")' in out
    shipped, built = gymnasium.make_vec(env_id, num_envs=5), gymnasium.make_vec(env_id, num_envs=5, catalog=str(folder))
    assert np.array_equal(shipped.reset(seed=3)[0], built.reset(seed=3)[0])
    shipped.action_space.seed(3)
    for _ in range(60):
        actions = shipped.action_space.sample()
        one, two = shipped.step(actions), built.step(actions)
        for a, b in zip(one[:4], two[:4], strict=True):
            assert np.array_equal(a, b)
        assert one[4]["item_ids"].tolist() == two[4]["item_ids"].tolist()
    assert built.unwrapped.sessions.setting.encoder.fingerprint == builtin.builtin_table(domain).fingerprint


KILLED_LATER = """
import sys, time
from pathlib import Path
from recgym.folder import build, build_folder
from recgym.scenarios import ecommerce, ecommerce_words
from recgym.scenarios.ecommerce_words import SENTENCES
from recgym.testing import HashingEncoder

build.CHUNK = 256
def report(stage, done, total):
    print(stage, done, flush=True)
    time.sleep(0.03)
build_folder(Path(sys.argv[1]), Path(sys.argv[2]), HashingEncoder(24), ecommerce_words.SENTENCES.texts_of,
             required=("price",), embedding_dim=8, report=report)
"""


@pytest.mark.parametrize("until", ["columns 0", "embeddings 0", "embeddings 512", "vectors 0", "neighbours 0"])
def test_a_killed_build_goes_on_to_the_same_folder(tmp_path, source, until):
    command = [sys.executable, "-c", KILLED_LATER, str(source)]
    process = subprocess.Popen([*command, str(tmp_path / "killed")], stdout=subprocess.PIPE, text=True)
    for line in process.stdout:
        if line.strip() == until:
            process.send_signal(signal.SIGKILL)
            break
    process.wait()
    assert process.returncode == -signal.SIGKILL
    with pytest.raises(CatalogError, match="interrupted.*run the same `recgym build` again"):
        Catalog.load(tmp_path / "killed")
    again = subprocess.run([*command, str(tmp_path / "killed")], capture_output=True, text=True, check=True)
    if until == "embeddings 512":
        assert "embeddings 512" in again.stdout and "columns" not in again.stdout
        assert "embeddings 256\n" not in again.stdout, "what was embedded is embedded again"
    build(source, tmp_path / "whole")
    assert contents(tmp_path / "killed") == contents(tmp_path / "whole")


def test_other_settings_embed_nothing_again(tmp_path, source):
    class Once(HashingEncoder):
        def encode(self, texts):
            raise AssertionError("embedded again")

    build(source, tmp_path / "shop")
    build(source, tmp_path / "shop", encoder=Once(24), embedding_dim=24, whiten="pca")
    build(source, tmp_path / "new", embedding_dim=24, whiten="pca")
    assert contents(tmp_path / "shop") == contents(tmp_path / "new")
    with pytest.raises(ValueError, match=r"built with embedding_dim=24, whiten='pca', .* pass embedding_dim=24"):
        gymnasium.make(ID, catalog=str(tmp_path / "shop"))
    gymnasium.make(ID, catalog=str(tmp_path / "shop"), embedding_dim=24, whiten="pca").reset(seed=0)


def test_other_sentences_are_embedded_in_place_of_the_old_ones(tmp_path, source):
    """Those of another domain, or of another version: more of them here, and then fewer."""
    asked = []

    class Listening(HashingEncoder):
        def encode(self, texts):
            asked.extend(texts)
            return super().encode(texts)

    def more(catalog: Catalog) -> dict:
        return {**ecommerce_words.SENTENCES.texts_of(catalog), "moods": ["in a hurry", "with time"]}

    build(source, tmp_path / "shop")
    for texts_of in (more, ecommerce_words.SENTENCES.texts_of):
        build_folder(source, tmp_path / "shop", Listening(24), texts_of, required=("price",), embedding_dim=8)
        build_folder(source, tmp_path / "new", ENCODER, texts_of, required=("price",), embedding_dim=8)
        assert contents(tmp_path / "shop") == contents(tmp_path / "new")
        shutil.rmtree(tmp_path / "new")
    assert "in a hurry" in asked and not set(asked) & set(Catalog.load(source).texts)


def test_a_file_can_be_mended_and_built_into_the_same_folder(tmp_path, source):
    whole = source.read_text()
    source.write_text(whole.replace("item_id", "id", 1))
    with pytest.raises(CatalogError, match="item_id"):
        build(source, tmp_path / "shop")
    source.write_text(whole)
    build(source, tmp_path / "shop")
    assert Catalog.load(tmp_path / "shop").num_items == 60


def test_a_finished_folder_is_left_alone(tmp_path, source):
    build(source, tmp_path / "shop")
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "shop").iterdir()}
    time.sleep(0.01)
    build(source, tmp_path / "shop")
    assert times == {path: path.stat().st_mtime_ns for path in (tmp_path / "shop").iterdir()}


@pytest.mark.parametrize(("damage", "message"), [
    (lambda f: (f / "vectors.npy").write_bytes(b"\x93NUMPY"),
     r"vectors.npy has 6 bytes instead of [\d,]+; copy it again"),
    (lambda f: os.remove(f / "titles.txt"), "titles.txt has no file instead of"),
    (lambda f: (f / "manifest.json").write_text("{"), "manifest.json is damaged .*build it again"),
    (lambda f: (f / "manifest.json").write_text('{"format": 99}'), "folder of format 1, got 99; build it again"),
    (lambda f: os.remove(f / "manifest.json"), "made by `recgym build`, but it has no manifest.json"),
])  # fmt: skip
def test_damaged_folders_are_named_with_the_cure(tmp_path, source, damage, message):
    build(source, tmp_path / "shop")
    damage(tmp_path / "shop")
    with pytest.raises(CatalogError, match=message):
        gymnasium.make(ID, catalog=str(tmp_path / "shop"), embedding_dim=8)


def test_damaged_vectors_of_the_right_length_are_told_with_the_cure(tmp_path, source):
    build(source, tmp_path / "shop")
    others = tmp_path / "shop" / "others.npz"
    content = bytearray(others.read_bytes())
    content[40:100] = bytes(60)
    others.write_bytes(content)
    told = f"others.npz is not a whole file.*remove {tmp_path / 'shop'} and run `recgym build` again"
    with pytest.raises(ValueError, match=told):
        gymnasium.make(ID, catalog=str(tmp_path / "shop"), embedding_dim=8)


def test_what_cannot_be_built(tmp_path, source, capsys):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_bytes(b"")
    with pytest.raises(CatalogError, match="it holds other files; choose another"):
        build(source, tmp_path / "photos")
    build(source, tmp_path / "shop")
    with pytest.raises(CatalogError, match="built with encoder 'hashing-24', and this is 'hashing-25'"):
        build(source, tmp_path / "shop", encoder=HashingEncoder(25))
    source.write_text(source.read_text() + "new,New Thing,Kind 0,Home,New,1,1,.3,4,1,1\n")
    with pytest.raises(CatalogError, match="built with source"):
        build(source, tmp_path / "shop")
    with pytest.raises(ValueError, match="embedding_dim: expected 1 to 24"):
        build(source, tmp_path / "wide", embedding_dim=25)
    with pytest.raises(ValueError, match="whiten: expected one of none, center"):
        build(source, tmp_path / "odd", whiten="bleach")
    assert LEAST_ITEMS == len(Retrieval.SOURCES)
    few = tmp_path / "few.csv"
    few.write_text("".join(source.read_text().splitlines(keepends=True)[:4]))
    with pytest.raises(CatalogError, match="few.csv.*(?s:.*)at least 5 items.*got 3; add items"):
        build(few, tmp_path / "too few", report=lambda stage, done, total: stage == "columns" or pytest.fail(stage))
    nothing, table = str(tmp_path / "none.csv"), str(DATA / "embeddings.npz")
    assert main(["build", nothing, str(tmp_path / "x"), "--encoder", table]) == 2
    assert "no catalogue at" in capsys.readouterr().err


def test_a_folder_knows_its_encoder(tmp_path, source):
    folder = str(tmp_path / "shop")
    build(source, Path(folder))
    env = gymnasium.make(ID, catalog=folder, embedding_dim=8, encoder=ENCODER)
    assert env.unwrapped.sessions.setting.encoder is ENCODER
    with pytest.raises(ValueError, match="built with 'hashing-24', but this encoder is 'hashing-7'"):
        gymnasium.make(ID, catalog=folder, embedding_dim=8, encoder=HashingEncoder(7))
    with pytest.raises(ValueError, match="pass it as encoder="):
        gymnasium.make(ID, catalog=folder, embedding_dim=8).unwrapped.sessions.setting.encoder  # noqa: B018


def test_vectors_in_a_folder_are_those_of_memory(tmp_path, source):
    """Of a table of float16, in which a folder keeps what the encoder gave."""
    build(source, tmp_path / "shop", whiten="relaxed")
    embedded = open_embedded(tmp_path / "shop", "relaxed", 8)
    table = EmbeddingTable.build(SENTENCES.all_texts(Catalog.load(source)), ENCODER)  # float16 as well
    expected = Embedded.build(ecommerce_words.SENTENCES.texts_of(Catalog.load(source)), table, "relaxed", 8)
    assert list(embedded.groups) == list(expected.groups)
    for name, values in expected.groups.items():
        assert embedded.groups[name].shape == values.shape and np.allclose(embedded.groups[name], values, atol=1e-6)
    assert embedded.neighbours.dtype == np.int32 and np.array_equal(embedded.neighbours, expected.neighbours)


def test_large_catalogues_in_memory_are_searched_like_those_in_folders(tmp_path, monkeypatch):
    vectors = np.random.default_rng(3).normal(size=(300, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    np.testing.assert_array_equal(inverted.similar_items(vectors, 5), nearest_neighbours(vectors, 5))
    monkeypatch.setattr(inverted, "EXACT_UP_TO", 100)
    np.save(tmp_path / "vectors.npy", vectors)
    inverted.write_neighbours(tmp_path / "vectors.npy", tmp_path / "found.npy", 5, exact_up_to=100)
    np.testing.assert_array_equal(inverted.similar_items(vectors, 5), np.load(tmp_path / "found.npy"))


def test_the_inverted_file_finds_nearly_all_neighbours(tmp_path):
    """Clusters of thirty: the sixteen nearest are of one's own cluster, nearly always in cells that are looked at."""
    rng = np.random.default_rng(0)
    vectors = unit_rows(np.repeat(rng.normal(size=(100, 12)), 30, axis=0) + 0.1 * rng.normal(size=(3000, 12)))
    np.save(tmp_path / "vectors.npy", vectors)
    measured = inverted.write_neighbours(tmp_path / "vectors.npy", tmp_path / "found.npy", 16, exact_up_to=100)
    found, exact = np.load(tmp_path / "found.npy"), nearest_neighbours(vectors, 16)
    share = np.mean([len(set(a) & set(b)) / 16 for a, b in zip(found.tolist(), exact.tolist(), strict=True)])
    assert share > 0.98 and measured == pytest.approx(share, abs=0.02)
    assert not (found == np.arange(3000)[:, None]).any() and (np.diff(np.sort(found, axis=1), axis=1) > 0).all()
    assert inverted.write_neighbours(tmp_path / "vectors.npy", tmp_path / "exact.npy", 16) == 1.0
    assert np.array_equal(np.load(tmp_path / "exact.npy"), exact)
    assert inverted.recall(tmp_path / "vectors.npy", tmp_path / "exact.npy", 16) == 1.0
    assert not (tmp_path / "vectors.by_cell.npy").exists()


def test_equal_items_are_equally_good_neighbours(tmp_path):
    """Ties go to the lower row, as they do among all pairs."""
    np.save(tmp_path / "vectors.npy", np.repeat(np.eye(4, dtype=np.float32), 10, axis=0))
    assert inverted.write_neighbours(tmp_path / "vectors.npy", tmp_path / "found.npy", 5, exact_up_to=10) == 1.0
    found = np.load(tmp_path / "found.npy")
    assert found[0].tolist() == [1, 2, 3, 4, 5] and found[9].tolist() == [0, 1, 2, 3, 4]
    assert found[25].tolist() == [20, 21, 22, 23, 24]


def test_a_folder_of_another_domain_is_told(tmp_path, source):
    def others(catalog: Catalog) -> dict:
        return {name: texts for name, texts in ecommerce_words.SENTENCES.texts_of(catalog).items() if name != "budget"}

    build_folder(source, tmp_path / "shop", ENCODER, others, required=("price",), embedding_dim=8)
    with pytest.raises(ValueError, match="no embedded budget.*recgym build again"):
        gymnasium.make("RecGym-Ecommerce-v0", catalog=str(tmp_path / "shop"), encoder=ENCODER, embedding_dim=8)
