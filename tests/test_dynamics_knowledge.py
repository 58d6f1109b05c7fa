"""Knowledge, what a platform traces of it, and what it does to answers: known formulas and long-run frequencies."""

from __future__ import annotations

import dataclasses
import math

import gymnasium
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import recgym  # noqa: F401 - registers the environments
from recgym.courses import DISCRIMINATION, SPAN, Courses
from recgym.dynamics import Knowledge, Tracing
from recgym.response import Funnel, FunnelResponse, ItemResponse, Response
from recgym.scenarios.education import Education, EducationOutcome
from recgym.scenarios.learners import LearnerFeatures
from recgym.scenarios.scenario import build
from recgym.scenarios.skills import builtin_skills
from recgym.state import State
from recgym.testing import random_items
from tests.small_worlds import plain_habits

# Of four skills 1 requires 0, and 3 requires 1 and 2.
REQUIRES = np.zeros((4, 4), dtype=bool)
REQUIRES[1, 0] = REQUIRES[3, 1] = REQUIRES[3, 2] = True


def courses(difficulty=(0.0, -0.3, 0.4, 0.9), teaches=(0.9, 0.7, 0.5, 0.8), practises=(1.0, 0.0, 1.0, 1.0)) -> Courses:
    """A course of each of the four skills."""
    items = random_items(num_items=4, num_categories=4)
    return Courses(
        **{**vars(items), "categories": np.arange(4)}, difficulty=np.array(difficulty), teaches=np.array(teaches),
        practises=np.array(practises), guess=np.array((0.2, 0.5, 0.0, 0.1)), levels=np.array((1.0, 2.0, 2.0, 3.0)),
        requires=REQUIRES,
    )  # fmt: skip


def learners(num_envs: int, learned=(1.0, 0.0, 0.0, 0.0), recall=(1.0,) * 4, half_life=10.0, days=0.0) -> State:
    state = State(step=np.zeros(num_envs, dtype=np.int64), stages=np.zeros(num_envs, dtype=np.int64))
    state["favourites"] = np.tile([3, 1], (num_envs, 1))
    state["learned"] = np.tile(np.float32(learned), (num_envs, 1))
    state["recall"] = np.tile(np.float32(recall), (num_envs, 1))
    state["half_life"] = np.full((num_envs, 4), half_life, dtype=np.float32)
    state["days_away"] = np.full(num_envs, days)
    state["price_sensitivity"] = np.ones(num_envs)
    return state


def tried(slates: np.ndarray, solved: bool) -> Response:
    """Everything that is shown is clicked, and all of it solved or nothing."""
    nothing = np.zeros(slates.shape)
    clicked = slates >= 0
    return Response(clicked, clicked & solved, ~clicked & False, ~clicked & False, *[nothing] * 4, None)


def knowledge(items: Courses, **settings: float) -> Knowledge:
    return Knowledge(items, np.array([2.0]), "stages", **settings)


def learn(part: Knowledge, state: State, item: int, solved: bool, u: float = 0.999) -> State:
    """After a page with one item; at such a `u` nothing new is learned."""
    slates = np.full((state.num_envs, 1), item)
    after = State(state)
    part.step(state, after, slates, tried(slates, solved), np.full((state.num_envs, part.num_uniforms), u))
    return after


def test_what_courses_say_of_the_graph():
    items = courses()
    assert items.before.tolist() == [[-1, -1], [0, -1], [-1, -1], [1, 2]]
    assert items.leads[3].tolist() == [0.5, 0.5, 0.5, 1.0] and items.leads[1].tolist() == [1.0, 1.0, 0.0, 0.0]


def test_the_built_in_skills_by_the_names_of_a_catalogue():
    skills = builtin_skills()
    names = ["Fractions", "Knitting", "Whole Numbers"]
    assert skills.among(names).tolist() == [[False, False, True], [False] * 3, [False] * 3]
    assert np.array_equal(skills.among(skills.names), skills.requires)


@pytest.mark.parametrize("item", range(4))
@pytest.mark.parametrize("known", [0.0, 0.4, 1.0])
def test_answers_follow_the_three_parameter_model(item, known):
    items = courses()
    state = learners(1, learned=[known] * 4)
    for name, value in {"interest": np.zeros((1, 4), np.float32), "taste": np.zeros((1, 3)), "trust": np.full(1, 0.5),
                        "need": np.full(1, -1), "readiness": np.zeros(1), "satiation": np.zeros((1, 4), np.float32),
                        "reference_price": np.zeros(1), "interest_item": np.zeros(1, np.int64)}.items():  # fmt: skip
        state[name] = value
    items = dataclasses.replace(items, visible=np.zeros((4, 1)), visible_names=("pull",), hidden=np.zeros((4, 1)),
                                hidden_names=("quality",), taste=np.zeros((4, 3)))  # fmt: skip
    habits = dataclasses.replace(plain_habits(), stays={})
    funnel = FunnelResponse(items, 1, habits, fit=ItemResponse(items)).funnel(state, np.array([[item]]))
    ability, c = SPAN * (np.float32(known) - 0.5), items.guess[item]
    p = 1 / (1 + math.exp(-DISCRIMINATION * (ability - items.difficulty[item])))
    assert funnel.stay[0, 0] == pytest.approx(c + (1 - c) * p, rel=1e-9)


def test_too_hard_is_feared_by_some_and_too_easy_bores_all():
    items = courses(difficulty=(0.0,) * 4)
    response = ItemResponse(items)
    state = learners(2, learned=(0.5, 0.0, 1.0, 1.0))
    state["price_sensitivity"] = np.array([1.0, 0.5])
    click = response.of(state, np.tile([0, 1, 2], (2, 1))).click
    assert click[:, 0].tolist() == [0.0, 0.0]
    assert click[:, 1] == pytest.approx([-1.5 * response.fear, -0.75 * response.fear])
    assert click[:, 2] == pytest.approx([-0.5 * response.boredom] * 2)


def test_forgetting_is_half_life_regression():
    part = knowledge(courses())
    state = learners(1, learned=(1.0, 0.5, 0.0, 0.0), half_life=10.0, days=5.0)
    slates = np.full((1, 1), -1)
    after = State(state)
    part.step(state, after, slates, tried(slates, False), np.zeros((1, 16)))
    assert after["recall"][0] == pytest.approx([2**-0.5, 2**-0.5, 1.0, 1.0])  # what is not learned cannot be forgotten
    assert np.array_equal(after["learned"], state["learned"])


def test_practice_lasts_when_it_is_spaced():
    part = knowledge(courses(), growth=3.0)
    fresh = learn(part, learners(1, learned=(1.0, 1.0, 0.0, 0.0)), item=0, solved=True)
    assert fresh["half_life"][0, 0] == 10.0
    faded = learners(1, learned=(1.0, 1.0, 0.0, 0.0), recall=(0.5, 0.5, 1.0, 1.0))
    practised, read, failed = learn(part, faded, 0, True), learn(part, faded, 1, True), learn(part, faded, 0, False)
    assert practised["half_life"][0, 0] == pytest.approx(10 * (1 + 3 * 0.5))
    assert practised["recall"][0, 0] == pytest.approx(0.5 + 0.9 * 0.5)
    assert read["half_life"][0, 1] == 10.0 and read["recall"][0, 1] == pytest.approx(0.5 + 0.7 * 0.5)
    assert failed["half_life"][0, 0] == 10.0 and failed["recall"][0, 0] == 0.5


def test_the_zone_and_what_is_required_decide_what_is_learned():
    """At the edge of the documented chance: just below it a step is learned, just above it none."""
    part = knowledge(courses(), width=0.8, stretch=0.4, alone=0.2, failed=0.25, steps=4)
    state = learners(1, learned=(0.75, 0.25, 0.0, 0.0), recall=(0.8, 1.0, 1.0, 1.0))
    above = -0.3 - SPAN * (0.25 - 0.5)
    chance = 0.7 * math.exp(-((above - 0.4) ** 2) / (2 * 0.64)) * (0.2 + 0.8 * 0.75)
    for solved, likely in ((True, chance), (False, 0.25 * chance)):
        assert learn(part, state, 1, solved, u=likely - 1e-6)["learned"][0, 1] == 0.5
        assert learn(part, state, 1, solved, u=likely + 1e-6)["learned"][0, 1] == 0.25


def test_what_is_learned_whole_is_not_learned_again():
    assert learn(knowledge(courses()), learners(1), 0, True, u=0.0)["learned"][0, 0] == 1.0


def test_foreseen_gains_are_the_mean_of_what_happens():
    """40,000 learners of one kind, at a random state: `gains` against the pages themselves."""
    rng = np.random.default_rng(3)
    part, num_envs = knowledge(courses()), 40_000
    state = learners(num_envs, learned=(0.5, 0.0, 0.5, 0.0), recall=(0.7, 0.9, 0.6, 1.0))
    click, stay = np.array([0.8, 0.5, 0.9, 0.7]), np.array([0.6, 0.7, 0.5, 0.3])
    funnel = _funnel(click, stay)
    expected = part.gains(state.take(np.arange(1)), np.arange(4)[None], funnel)
    for item in range(4):
        slates = np.full((num_envs, 1), item)
        clicked = rng.random((num_envs, 1)) < click[item]
        stayed = clicked & (rng.random((num_envs, 1)) < stay[item])
        response = tried(slates, True)._replace(clicked=clicked, stayed=stayed)
        after = State(state)
        part.step(state, after, slates, response, rng.random((num_envs, part.num_uniforms)))
        known = (after["learned"] * after["recall"] - state["learned"] * state["recall"])[:, item].astype(float)
        grown = (after["half_life"] / state["half_life"] - 1)[:, item].astype(float) * state["learned"][0, item]
        assert near(known, expected.known[0, item])
        more = (after["learned"] - state["learned"])[:, item].astype(float)
        assert near(more, expected.learned[0, item])
        assert near(grown, expected.lasting[0, item])


def near(values: np.ndarray, mean: float) -> bool:
    """Their mean is that within four standard errors."""
    return abs(values.mean() - mean) < 4 * values.std() / math.sqrt(len(values)) + 1e-6


def _funnel(click: np.ndarray, stay: np.ndarray) -> Funnel:
    nothing = np.zeros((1, len(click)))
    return Funnel(click[None], stay[None], nothing, nothing, nothing, nothing > 0)


def test_effects_tell_goals_from_their_groundwork():
    """The goals are skills 3 and 1: of the others 0 leads to both, 2 to one, the less the more of a goal is learned."""
    part = knowledge(courses(teaches=(0.9,) * 4, difficulty=(0.0,) * 4))
    funnel = _funnel(np.ones(4), np.ones(4))
    new = part.effects(learners(1, learned=(0.0,) * 4), np.arange(4)[None], funnel)
    assert (new["goal"][0, [1, 3]] > 0).all() and (new["goal"][0, [0, 2]] == 0).all()
    assert (new["groundwork"][0, [1, 3]] == 0).all()
    assert new["groundwork"][0, 0] == pytest.approx(3 * new["groundwork"][0, 2])  # 1/2 + 1 against 1/2
    learned = part.effects(learners(1, learned=(0.0, 1.0, 0.0, 1.0)), np.arange(4)[None], funnel)
    assert (learned["groundwork"] == 0).all()


def test_learners_know_at_first_what_their_level_lets_them_and_never_their_goals():
    part = knowledge(courses())
    u = np.random.default_rng(0).random((500, part.num_uniforms))
    state = learners(500)
    part.reset(state, u)
    learned = state["learned"]
    assert (learned[:, [3, 1]] == 0).all() and np.isin(learned, np.float32([0, 0.25, 0.5, 0.75, 1])).all()
    assert 0.2 < learned[:, 2].mean() < learned[:, 0].mean()  # level 2 and level 1
    assert (state["half_life"] == np.where(state["learned"] > 0, part.old_half_life, part.new_half_life)).all()


def traced(belief: float, items: Courses, item: int, solved: bool, days: float = 0.0) -> float:
    part = Tracing(items, np.full((1, 4), belief), "stages", transit=0.3, half_life=20.0)
    state = learners(1, days=days)
    state["favourites"][:] = [2, 2]
    part.reset(state, np.zeros((1, 0)))
    slates = np.full((1, 1), item)
    after = State(state)
    part.step(state, after, slates, tried(slates, solved), np.zeros((1, 0)))
    return float(after["traced"][0, item])


def test_tracing_is_bayes_rule_and_then_a_chance_to_learn():
    items = courses()
    able, unable = (1 / (1 + math.exp(-DISCRIMINATION * (ability - 0.0))) for ability in (SPAN / 2, -SPAN / 2))
    able, unable = 0.2 + 0.8 * able, 0.2 + 0.8 * unable
    posterior = 0.3 * able / (0.3 * able + 0.7 * unable)
    assert traced(0.3, items, 0, True) == pytest.approx(posterior + (1 - posterior) * 0.3 * 0.9, rel=1e-6)
    posterior = 0.3 * (1 - able) / (0.3 * (1 - able) + 0.7 * (1 - unable))
    expected = posterior + (1 - posterior) * 0.3 * 0.9
    assert traced(0.3, items, 0, False) == pytest.approx(expected, rel=1e-6)
    assert traced(0.3, items, 0, False, days=20.0) == pytest.approx(expected / 2, rel=1e-6)


@given(belief=st.floats(0.001, 0.999), item=st.integers(0, 3))
def test_what_is_solved_speaks_for_knowing(belief, item):
    solved, failed = (traced(belief, courses(), item, did) for did in (True, False))
    assert 0 <= failed < solved <= 1


def test_a_platform_sees_goals_paths_and_its_own_beliefs():
    items = courses()
    state = learners(1)
    state["traced"] = np.float32([[0.9, 0.1, 0.5, 0.2]])
    state["favourites"] = np.array([[3, 1, 0]])  # the profile names the first two
    seen = LearnerFeatures(items).of(state, np.arange(4)[None])[0] / LearnerFeatures.SCALE
    assert seen[:, 0].tolist() == [0, 1, 0, 1]
    assert seen[:, 1] == pytest.approx(np.float32([0.9, 0.1, 0.5, 0.2]))
    # The way to the goals 3 and 1 (0 leads to both), not known, and how well what is required is known.
    assert seen[:, 2] == pytest.approx(np.array([1 * 0.1 * 1, 1 * 0.9 * 0.9, 0.5 * 0.5 * 1, 1 * 0.8 * 0.3]))
    assert seen[:, 3] == pytest.approx(np.full(4, 0.15))


def test_the_platform_is_paid_for_what_is_known_and_its_outcome_counts_skills():
    env = gymnasium.make("RecGym-Education-v0", reward={"knowledge": 1.0, "click": 0.0}).unwrapped
    env.reset(seed=3)
    for _ in range(30):
        _, _, terminated, _, info = env.step(np.array([0, 4, 1]))
        truth = info["truth"]
        known = (truth["learned"] * truth["recall"])[env.state["favourites"][0]]
        assert info["reward_terms"]["knowledge"] == pytest.approx(known.mean(), rel=1e-6)
        if terminated:
            break
    assert info["outcome"].keys() == {"gained", "forgotten", "solved", "amused"}


def test_the_outcome_counts_gains_and_losses_skill_by_skill():
    setting = build(Education())
    items, before, after = setting.simulator.items, learners(1), learners(1)
    catchy = int(np.argmax(items.trait("catchy")))
    exercise = int(np.argmax(items.trait("exercise")))
    before["learned"], before["recall"] = np.float32([[0.5, 1, 0]]), np.float32([[1, 1, 1]])
    after["learned"], after["recall"] = np.float32([[1, 1, 0.5]]), np.float32([[0.75, 0.5, 1]])
    slates = np.array([[catchy, exercise, -1]])
    outcome = EducationOutcome(items).of(before, after, slates, tried(slates, True))
    assert {name: values.tolist() for name, values in outcome.items()} == {
        "gained": [0.75], "forgotten": [0.5], "solved": [1.0], "amused": [1.0]}  # fmt: skip
