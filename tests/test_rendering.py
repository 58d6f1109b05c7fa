"""rendering: what the text says, and that pictures are pictures of the session."""

from __future__ import annotations

import dataclasses
import subprocess
import sys

import gymnasium
import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.text import Text

from recgym import rendering
from recgym.rendering import charts, colours, story
from recgym.rendering.picture import HEIGHT, WIDTH
from recgym.rendering.text import bar
from recgym.scenarios import ecommerce_words as words
from recgym.scenarios.ecommerce import Ecommerce

ENV_ID = "RecGym-Ecommerce-v0"


WEIGHTS = {"click": 0.05, "cart": 0.15, "purchase": 0.7, "satisfaction": 0.2, "diversity": 0.0, "potential": 0.0}


@pytest.fixture(scope="module")
def env():
    env = gymnasium.make(ENV_ID, render_mode="ansi", slate_size=5, reward=WEIGHTS).unwrapped
    env.reset(seed=3)
    return env


@pytest.fixture(scope="module")
def page():
    """A page with everything on it, on items 0 to 3 of the built-in shop and an empty slot."""
    return {
        "slate": np.array([0, 1, 2, 3, -1]),
        "clicked": np.array([True, True, True, False, False]),
        "disappointed": np.array([False, True, False, False, False]),
        "carted": np.array([True, False, True, False, False]),
        "purchased": np.array([True, False, False, False, False]),
        "rating": np.array([4.0, 0, 0, 0, 0]),
        "left": np.True_,
        "reward_terms": {"click": 3.0, "cart": 2.0, "purchase": 0.5, "satisfaction": -0.1},
        "truth": {"trust": 0.4, "readiness": 0.2},
        "reward": 0.78,
    }


def test_there_are_stars_to_show_in_every_domain():
    """Also where a domain of one's own says nothing of them, unless it asks for the column."""
    assert dataclasses.replace(Ecommerce.DOMAIN, defaults={}).defaults == {"rating": 3.6, "num_ratings": 0.0}
    strict = dataclasses.replace(Ecommerce.DOMAIN, required=("rating",), defaults={"num_ratings": 7.0})
    assert strict.defaults == {"num_ratings": 7.0}


def test_a_reward_of_many_terms_is_drawn_whole():
    env = gymnasium.make("RecGym-Health-v0", render_mode="rgb_array").unwrapped
    terms = [name for name, weight in env.simulator.reward.weights.items() if weight]
    figure, axes = pyplot.subplots()
    page = {"reward": 1.0, "left": np.False_}
    charts.reward(axes, terms, [dict.fromkeys(terms, 1.0)], [page])
    assert len(terms) > 6 and {*terms} <= {text.get_text() for text in figure.findobj(Text)}
    pyplot.close(figure)


def test_cards_tell_the_deepest_deed_of_every_slot(env, page):
    cards = story.cards(env.sessions.setting, page)
    assert [card and card.deed for card in cards] == [3, 1, 2, 0, None]
    assert story.deeds(env.sessions.setting) == ("skipped", "clicked", "carted", "purchased")
    assert [card.disappointed for card in cards[:4]] == [False, True, False, False]
    assert [card.stars for card in cards[:4]] == [4, 0, 0, 0]
    first = cards[0]  # the first row of the catalogue's file
    assert (first.title, first.num_ratings) == ("Torquen Plus Beaded Seat Cover Single, Carbon Look", 144)
    assert (first.facts.main, first.facts.badge, first.facts.small) == ("27.99", "−22%", "was 35.99")
    assert cards[1].facts.badge == cards[1].facts.small == ""


def test_ansi_before_the_first_page_says_who_the_user_is(env):
    text = rendering.ansi(env.sessions.setting, env.state, [])
    assert "I love knitwear. I love wall prints. I am in my twenties." in text
    assert "A Tuesday morning in spring, on a laptop, during the garden week." in text
    assert "best knitwear reviews" in text and "No page shown yet" in text
    assert "Hidden truth" in text and f"trust      {bar(float(env.state['trust'][0]))}" in text


def test_only_what_the_profile_embeds_is_said(env):
    names = env.simulator.catalog.category_names
    third = words.SENTENCES.interest_statement(names[env.state["favourites"][0, 2]])
    assert len(story.says(env.sessions.setting, env.state)) == 4
    assert third not in story.says(env.sessions.setting, env.state)


def test_ansi_of_a_page(env, page):
    text = rendering.ansi(env.sessions.setting, env.state, [{**page, "reward": 1.0}, page])
    lines = text.splitlines()
    assert max(map(len, lines)) <= 110 and text.endswith("\n") and "\x1b" not in text
    [bought] = [line for line in lines if "$ purchased, 4★" in line]
    assert "Torquen Plus Beaded Seat Cover" in bought and "27.99 −22%  was 35.99" in bought
    assert "✓ clicked, disappointed" in text and "+ carted" in text and " 5  (empty)" in text
    # 3 x .05 + 2 x .15 + .5 x .7 - .1 x .2
    expected = {"click": 0.15, "cart": 0.3, "purchase": 0.35, "satisfaction": -0.02}
    assert story.weighted_terms(env.sessions.setting, page) == pytest.approx(expected)
    assert "satisfaction -0.020" in text and "return +1.78" in text and "then they left" in text


def test_what_a_domain_alone_hides_is_told_where_it_is_one_number():
    env = gymnasium.make("RecGym-Health-v0").unwrapped
    env.reset(seed=0)
    own = story.own_truth(env.sessions.setting, env.state)
    assert own == [("dose", 0.0), ("fitness", float(env.state["fitness"][0]))]
    text = rendering.ansi(env.sessions.setting, env.state, [])
    assert f"\nalso       dose 0.00, fitness {own[1][1]:.2f}\n" in text
    social = gymnasium.make("RecGym-Social-v0").unwrapped
    social.reset(seed=0)
    assert "ads tolerance" in dict(story.own_truth(social.sessions.setting, social.state))
    education = gymnasium.make("RecGym-Education-v0").unwrapped
    education.reset(seed=0)
    assert story.own_truth(education.sessions.setting, education.state) == []  # a number for every skill


def test_weighted_terms_add_up_to_the_reward():
    env = gymnasium.make(ENV_ID, reward={"diversity": 0.5, "potential": 1.0}).unwrapped
    env.reset(seed=0)
    for _ in range(20):
        _, reward, terminated, _, info = env.step(np.arange(env.simulator.slate_size))
        assert sum(story.weighted_terms(env.sessions.setting, info).values()) == pytest.approx(reward)
        if terminated:
            break


def test_standing_tells_how_a_visit_ended(env):
    state = type(env.state)(env.state)
    assert story.standing(state) == "Visit 1, page 1."
    state["left"], state["days_away"] = np.array([True]), np.array([1.0])
    assert "came back after 1 day." in story.standing(state)
    state["churned"] = np.array([True])
    assert "will not come back" in story.standing(state)


def test_stars_and_bars():
    assert [story.stars_of(x) for x in (0.2, 2.5, 3.49, 4.5, 5.0)] == ["☆☆☆☆☆", "★★★☆☆", "★★★☆☆", "★★★★★", "★★★★★"]
    assert bar(0.25) == "█" * 5 + "░" * 15 + " 0.25"
    assert bar(1.7, 3.4) == "█" * 20 + " 3.40"


def test_satiation_lists_the_worst_first(env):
    state = type(env.state)(env.state)
    levels = np.zeros_like(state["satiation"])
    levels[0, [7, 3, 5]] = (0.5, 1.5, 0.01)
    state["satiation"] = levels
    names = env.simulator.catalog.category_names
    assert story.satiation(env.sessions.setting, state, 3) == [(names[3], 1.5), (names[7], 0.5)]


@pytest.mark.parametrize(
    "settings",
    [{}, {"action": "sequential"}, {"action": "item", "fill": "none"}, {"slate_size": 8}, {"slate_size": 1}],
)
def test_frames_keep_their_size_and_change_with_the_page(settings):
    env = gymnasium.make(ENV_ID, render_mode="rgb_array", **settings)
    env.reset(seed=1)
    env.action_space.seed(1)
    frames = [env.render()]
    for _ in range(10 if settings.get("action") == "sequential" else 2):
        env.step(env.action_space.sample())
        frames.append(env.render())
    assert {(frame.shape, frame.dtype) for frame in frames} == {((HEIGHT, WIDTH, 3), np.dtype(np.uint8))}
    assert HEIGHT % 2 == WIDTH % 2 == 0
    assert (frames[0] != frames[-1]).any(axis=2).mean() > 0.01
    np.testing.assert_array_equal(env.render(), frames[-1])


def test_a_deed_is_seen_in_its_colour(env, page):
    def share_of(colour: str, frame: np.ndarray) -> float:
        wanted = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
        return float((frame[146:410] == wanted).all(axis=2).mean())

    skipped = {**page, **{name: np.zeros(5, dtype=bool) for name in ("clicked", "disappointed", "carted", "purchased")}}
    with_deeds, without = (rendering.rgb_array(env.sessions.setting, env.state, [p]) for p in (page, skipped))
    for colour in (*colours.DEEDS[2:], colours.DISAPPOINTED):
        assert share_of(colour, with_deeds) > 0.01 and share_of(colour, without) == 0


def test_long_sessions_and_titles_with_dollars_are_drawn(env, page):
    catalog = env.simulator.catalog
    trace = [page] * 250
    frame = rendering.rgb_array(env.sessions.setting, env.state, trace)
    assert frame.shape == (HEIGHT, WIDTH, 3)
    # A title that would be a broken formula.
    titled = dataclasses.replace(catalog, titles=("$\\frac{ $ off",) + catalog.titles[1:])
    simulator = dataclasses.replace(env.simulator, catalog=titled)
    setting = dataclasses.replace(env.sessions.setting, simulator=simulator)
    other = rendering.rgb_array(setting, env.state, trace)
    assert (frame[146:410] != other[146:410]).any()


def test_record_video_writes_a_film(tmp_path):
    pytest.importorskip("moviepy", reason='RecordVideo needs moviepy: pip install -e ".[render]"')
    env = gymnasium.make(ENV_ID, render_mode="rgb_array", session_length=3)
    env = gymnasium.wrappers.RecordVideo(env, str(tmp_path), disable_logger=True)
    env.reset(seed=0)
    over = False
    while not over:
        *_, terminated, truncated, _ = env.step(np.arange(env.unwrapped.simulator.slate_size))
        over = terminated or truncated
    env.close()
    [film] = tmp_path.glob("*.mp4")
    assert film.stat().st_size > 10_000


def test_pyplot_is_left_alone_and_a_missing_matplotlib_is_named():
    program = (
        "import gymnasium, recgym, sys\n"
        "env = gymnasium.make('RecGym-Ecommerce-v0', render_mode='rgb_array'); env.reset(seed=0)\n"
        "assert 'matplotlib' not in sys.modules\n"
        "env.render()\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
        "for name in [n for n in sys.modules if n.startswith('matplotlib')]: del sys.modules[name]\n"
        "sys.modules['matplotlib'] = None\n"
        "try: env.render()\n"
        "except ImportError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert 'pip install -e ".[render]"' in done.stdout
