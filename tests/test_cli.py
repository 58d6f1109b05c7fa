"""The recgym command: what it prints, what it refuses, and its exit codes."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from pathlib import Path

import gymnasium
import numpy as np
import pytest

from recgym import growth, registration, speed, testing
from recgym.candidates import Retrieval
from recgym.catalog import Catalog
from recgym.cli import main
from recgym.cli.play import InputProblem, help_text, parse
from recgym.cli.realism import random_sessions, statistics
from recgym.encoders import EmbeddingTable
from recgym.registration import ENVIRONMENTS
from recgym.scenarios.builtin import DOMAINS
from recgym.scenarios.ecommerce_words import SENTENCES

ENV_ID = "RecGym-Ecommerce-v0"


@pytest.fixture
def recgym_command(capsys, monkeypatch):
    """Run a command with lines typed on stdin: exit code, stdout, stderr."""

    def run(*arguments: str, typed: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        code = main(arguments)
        return code, *capsys.readouterr()

    return run


# Requests that make no sense.


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["shwo", ENV_ID], "Did you mean 'show'?"),
        (["show", "recgym-ecomerce-v0"], "Did you mean 'RecGym-Ecommerce-v0'?"),
        (["show", "news"], "Did you mean 'RecGym-News-v0'?"),
        (["play", "CartPole-v1"], "no environment 'CartPole-v1'"),
        (["check", "no_such_module:X-v0"], "cannot import 'no_such_module'"),
        (["check", "recgym:X-v0"], "no environment 'X-v0'"),
        (["show", ENV_ID, "--seed", "-1"], "expected a whole number of at least 0"),
        (["speed", "--seconds", "nan"], "expected seconds between 0 and 3600"),
        (["embed"], "-o/--out"),
        ([], "what an environment models"),  # all commands, with what they do
    ],
)
def test_wrong_requests_end_with_2_and_say_what_is_wrong(recgym_command, arguments, message):
    code, out, err = recgym_command(*arguments)
    assert code == 2 and message in err and not out


def test_help_lists_the_commands_but_not_the_hidden_one(recgym_command):
    code, out, _ = recgym_command("--help")
    listed = re.findall(r"^    (\w+)  ", out, re.MULTILINE)
    assert code == 0 and listed == ["list", "show", "play", "check", "embed", "build", "speed"]


def test_runs_as_a_module_and_bears_a_reader_that_stops():
    program = [sys.executable, "-m", "recgym.cli", "show", ENV_ID]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        process.stdout.readline()
        process.stdout.close()
        assert "Traceback" not in process.stderr.read()


# list and show


def test_list_names_every_id_with_its_spaces(recgym_command):
    code, out, _ = recgym_command("list")
    env = gymnasium.make(ENV_ID, action="proto")
    assert code == 0 and out.startswith(f"{ENV_ID}  ")
    assert re.search(rf"action=proto +{re.escape(str(env.action_space))}\n", out)
    assert str(env.observation_space) in out


def test_show_gives_facts_and_a_session_of_that_seed(recgym_command):
    code, out, _ = recgym_command("show", ENV_ID, "--seed", "3")
    assert code == 0
    assert "3,840 in 96 categories of 16 departments" in out and "embedding_dim = 32" in out
    assert re.search(r"text embeddings +384 dimensions, mean cosine of two items 0\.\d{3}, effective rank \d+", out)
    assert "I love knitwear. I love wall prints." in out and "Hidden truth" in out
    assert recgym_command("show", ENV_ID, "--seed", "3")[1] == out
    assert recgym_command("show", ENV_ID, "--seed", "4")[1] != out


def test_what_somebody_has_registered_is_shown_and_checked(recgym_command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    Path("some_shop.py").write_text(
        'import recgym\nrecgym.register("SomeShop-v0", "ecommerce", slate_size=2, session_length=4)\n'
    )
    try:
        code, out, _ = recgym_command("show", "some_shop:SomeShop-v0")
        assert code == 0 and out.startswith("SomeShop-v0 (RecGym-Ecommerce-v0: a shop and its customers)\n")
        assert "slate_size = 2 " in out and "MultiDiscrete([20 20])" in out
        assert recgym_command("check", "some_shop:SomeShop-v0")[0] == 0
        assert gymnasium.make("SomeShop-v0", slate_size=4).action_space.shape == (4,)
    finally:
        gymnasium.registry.pop("SomeShop-v0", None)
        sys.modules.pop("some_shop", None)


def test_show_realism_puts_real_ranges_beside(recgym_command, monkeypatch):
    monkeypatch.setattr("recgym.cli.realism.report.__defaults__", (0, 20))
    code, out, _ = recgym_command("show", ENV_ID, "--realism")
    assert code == 0 and re.search(r"Gini of clicks per item +0\.\d\d, top fifth takes [01]\.\d\d +\.55 to \.90", out)


def test_random_sessions_are_the_sessions_of_single_environments():
    log = random_sessions(ENV_ID, 3, seed=5, session_length=6)
    rng_space = gymnasium.make_vec(ENV_ID, num_envs=3).action_space
    rng_space.seed(5)
    actions = [rng_space.sample() for _ in range(6)]
    for lane, session in enumerate(log):
        env = gymnasium.make(ENV_ID, session_length=6)
        env.reset(seed=5 + lane)
        for position in range(len(session.slates)):
            _, _, terminated, truncated, info = env.step(actions[position][lane])
            np.testing.assert_array_equal(info["slate"], session.slates[position])
            np.testing.assert_array_equal(info["clicked"], session.clicked[position])
        assert terminated or truncated


def test_statistics_of_a_log_made_by_hand():
    [session] = random_sessions(ENV_ID, 1, session_length=4)
    setting = gymnasium.make(ENV_ID).unwrapped.sessions.setting
    slates = np.arange(20).reshape(4, 5)
    nothing = np.zeros((4, 5), dtype=bool)
    first = nothing.copy()
    first[:, 0] = True  # items 0, 5, 10, 15
    bought = nothing.copy()
    bought[0, 0] = True
    log = [session._replace(slates=slates, clicked=first, saved=bought, committed=bought, rating=bought * 4.0,
                            seconds=np.array([[30.0], [10.0], [20.0], [40.0]]) * first,
                            left=np.array([True, False, True, True]))]  # fmt: skip
    found = {row.name: row.here for row in statistics(log, setting)}
    assert found["sessions, pages, clicks"] == "1, 4, 4"
    assert found["pages per visit"] == "p50 1, p90 1.8, 0.67 of one page"
    assert found["the same by slot"] == "1.000 .000 .000 .000 .000"
    assert found["carted per click"] == "0.250" and found["purchased per click"] == "0.2500"
    assert found["seconds per click, p10, p50, p90, p99"] == "13, 25, 37, 40"  # of 10, 20, 30 and 40
    assert found["stars 1 to 5"] == ".000 .000 .000 1.000 .000"
    assert float(found["text probe (AUC per user)"]) > 0.9  # one category's first products are alike


# play


def test_parse_numbers_sources_and_open_places():
    assert parse("3 7 1 12 5", 4, 5) == [2, 6, 0, 11, 4]
    assert parse("3, rated", 4, 5) == [2, 4, 5, 6, 7]
    assert parse("rated", 4, 5) == [4, 5, 6, 7, 7]
    assert parse("20", 4, 3) == [19, 19, 19]
    assert [parse(source, 2, 2) for source in Retrieval.SOURCES] == [[0, 1], [2, 3], [4, 5], [6, 7], [8, 9]]


def test_parse_takes_as_many_items_of_a_source_as_there_are_places():
    assert parse("rated", 4, 3) == [4, 5, 6]
    assert parse("popular", 4, 1) == [8]
    assert parse("8 rated", 4, 3) == [7, 4, 5]
    assert parse("new explore", 4, 6) == [12, 13, 14, 15, 16, 17]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "type the numbers"),
        ("0", "'0' is neither an item"),
        ("21", "1 to 20"),
        ("ratd", "a source .similar, rated, popular, new, explore"),
        ("1.5", "neither"),
        ("4 4", "item 4 is named twice"),
        ("8 rated", "item 8 is named twice"),
        ("1 2 3 4 5 6", "5 places, and these are 6"),
        ("1 2 3 4 5 rated", "5 places, and none is left for 'rated'"),
    ],
)
def test_parse_says_what_cannot_be_shown(line, message):
    with pytest.raises(InputProblem, match=message):
        parse(line, 4, 5)


@pytest.mark.parametrize(("per_source", "slate_size"), [(1, 1), (1, 5), (4, 3), (4, 5), (7, 10)])
def test_the_help_of_play_shows_a_page_that_can_be_typed(per_source, slate_size):
    text = help_text(per_source, slate_size)
    example = re.search(r"the first one on top: ([\d ]+)\n", text)[1]
    assert len(example.split()) == slate_size
    assert parse(example, per_source, slate_size) == [int(number) - 1 for number in example.split()]
    source = re.search(r"^  (\w+) +the items of a source", text, re.MULTILINE)[1]
    assert len(parse(source, per_source, slate_size)) == slate_size


def test_play_shows_what_was_typed_and_compares(recgym_command):
    env = gymnasium.make(ENV_ID)
    simulator = env.unwrapped.simulator
    places = [(2 + 7 * slot) % simulator.num_candidates for slot in range(simulator.slate_size)]
    typed = " ".join(str(place + 1) for place in places)
    code, out, _ = recgym_command("play", ENV_ID, "--seed", "3", typed=f"?\n99\n{typed}\nhint\nQ\n")
    assert code == 0
    env.reset(seed=3)
    _, reward, *_, info = env.step(np.array(places))
    titles = simulator.catalog.titles
    shown = re.search(r"> ( 1 .*?)^reward ([+-][\d.]+)", out, re.DOTALL | re.MULTILINE)
    lines = shown[1].splitlines()
    assert [titles[row][:30] in line for row, line in zip(info["slate"], lines, strict=True)] == [True] * len(places)
    assert float(shown[2]) == pytest.approx(reward, abs=0.0006)
    assert "'99' is neither" in out and out.count("Type the numbers") == 2 and "most likely to be clicked" in out
    assert f"Your return: {reward:+.2f} in 1 page." in out and "the same 1 page:" in out


def test_play_ends_politely_with_its_input(recgym_command):
    code, out, _ = recgym_command("play", ENV_ID)
    assert code == 0 and "The input has ended.\nNo page was shown." in out


def test_play_to_the_end_of_the_session(recgym_command):
    code, out, _ = recgym_command("play", ENV_ID, "--seed", "1", typed="popular\n" * 70)
    assert code == 0 and ("its last page was shown" in out or "will not come back" in out)
    assert "the whole session:" in out and "The input has ended" not in out


# check


def test_check_prints_a_line_per_check_and_fails_with_1(recgym_command, monkeypatch):
    def fine(env_id: str) -> None:
        """Everything is fine."""
        assert env_id == ENV_ID

    def broken(env_id: str) -> None:
        """Nothing works."""
        raise AssertionError("two is not three")

    def crashes(env_id: str) -> None:
        """It even crashes."""
        raise KeyError("gone")

    monkeypatch.setattr(testing, "CHECKS", (fine,))
    assert recgym_command("check", f"recgym:{ENV_ID}")[0] == 0
    monkeypatch.setattr(testing, "CHECKS", (broken, fine, crashes))
    code, out, _ = recgym_command("check", ENV_ID)
    assert code == 1
    assert out == (
        "FAILED  Nothing works.\n        two is not three\nok      Everything is fine.\n"
        f"FAILED  It even crashes.\n        KeyError: 'gone'\n{ENV_ID}: 1 of 3 checks passed\n"
    )


# embed


@pytest.fixture(scope="module")
def small_shop(tmp_path_factory) -> tuple[Path, Path]:
    """A small catalogue's file and a table of test-double embeddings of its texts."""
    folder = tmp_path_factory.mktemp("shop")
    testing.small_catalog().save(folder / "catalog.csv")
    texts = SENTENCES.all_texts(Catalog.load(folder / "catalog.csv"))
    EmbeddingTable.build(texts, testing.HashingEncoder()).save(folder / "double.npz")
    return folder / "catalog.csv", folder / "double.npz"


def test_embed_makes_a_table_an_environment_runs_on(recgym_command, small_shop, tmp_path):
    catalog, double = small_shop
    code, out, err = recgym_command("embed", str(catalog), "-o", str(tmp_path / "table.npz"), "--encoder", str(double))
    table = EmbeddingTable.load(tmp_path / "table.npz")
    texts = SENTENCES.all_texts(Catalog.load(catalog))
    assert code == 0 and f"{len(texts):,} of {len(texts):,} texts\n" in err and f"{len(texts):,} texts" in out
    np.testing.assert_allclose(table.encode(texts), EmbeddingTable.load(double).encode(texts), atol=1e-3)
    env = gymnasium.make(ENV_ID, catalog=str(catalog), encoder=str(tmp_path / "table.npz"), embedding_dim=8)
    env.reset(seed=0)
    env.step(env.action_space.sample())


def test_embed_knows_the_sentences_of_every_domain(recgym_command, tmp_path):
    for domain in DOMAINS[1:]:
        shipped = Path(testing.__file__).parents[1] / "data" / domain / "embeddings.npz"
        out = tmp_path / f"{domain}.npz"
        code, said, _ = recgym_command("embed", "--domain", domain, "-o", str(out), "--encoder", str(shipped))
        assert code == 0 and f"{len(EmbeddingTable.load(shipped)):,} texts" in said
        assert f'gymnasium.make("recgym:RecGym-{domain.title()}-v0", encoder="{out}")' in said
        assert len(EmbeddingTable.load(out)) == len(EmbeddingTable.load(shipped))


def test_embed_says_what_it_cannot_use(recgym_command, small_shop, tmp_path):
    catalog, double = small_shop
    out = str(tmp_path / "table.npz")
    for arguments, message in (
        ([str(tmp_path / "none.csv"), "-o", out], "no catalogue at"),
        ([str(catalog), "-o", str(tmp_path / "table.csv")], "--out is a .npz file"),
        ([str(catalog), "-o", str(tmp_path / "nowhere" / "table.npz")], "in a folder that exists"),
        (["-o", out, "--encoder", str(double)], "texts are not in this table"),
        ([str(catalog), "-o", out, "--encoder", str(tmp_path / "gone.npz")], "gone.npz"),
        (["--domain", "news", str(catalog), "-o", out, "--encoder", str(double)], "expected a column 'age_hours'"),
        (["--domain", "search", str(catalog), "-o", out, "--encoder", str(double)], "expected a column"),
    ):
        code, _, err = recgym_command("embed", *arguments)
        assert code == 2 and message in err and not Path(out).exists()


# speed


def test_speed_command_measures_what_is_asked_for(recgym_command, monkeypatch):
    monkeypatch.setattr(speed, "memory", lambda: 1.0)
    monkeypatch.setattr(speed, "start", lambda: speed.Start(1.0, 1.0))
    monkeypatch.setattr(growth, "growth", lambda env_id, num_envs, seconds: 40 * seconds)
    for option, ids in (("--quick", [ENV_ID]), ("--all", list(ENVIRONMENTS))):
        code, out, err = recgym_command("speed", "--seconds", "0.05", "--markdown", option)
        names = re.findall(r"^\| (RecGym\S+ make.*?) \|", out, re.MULTILINE)
        expected = [f"{env_id.removesuffix('-v0')} {how}" for env_id in ids for how in ("make", "make_vec, 1,024")]
        assert code == 0 and names == expected
        assert f"{len(expected)} of {len(expected)}" in err
    grown = re.findall(r"^(RecGym-\w+) +2\.00  2\.00$", out, re.MULTILINE)
    assert [f"{name}-v0" for name in grown] == list(registration.DOMAINS)
