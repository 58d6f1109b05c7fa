"""What learns from logs: a board of checks with a known answer, formulas, and the log itself."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from baselines.factors import AlternatingLeastSquares, BayesianRanking, LeastSquares, Ranked
from baselines.heuristics import heuristic
from baselines.logs import EpsilonMixed, SessionLog, liked_items, record
from baselines.neighbours import ItemNeighbours, LoggedSessions, UserNeighbours
from baselines.recommender import make_lanes
from baselines.sequence import Lstm, make_network, packed, sequences
from baselines.task import Task, Unsuitable
from recgym.testing import HashingEncoder, small_catalog

ENV_ID = "RecGym-Ecommerce-v0"
SMALL = {"catalog": small_catalog(), "encoder": HashingEncoder(), "embedding_dim": 8}
METHODS = (UserNeighbours(), ItemNeighbours(), AlternatingLeastSquares(), BayesianRanking(), Lstm(epochs=60))
NUM_ITEMS = 30


def log_of(sessions: list[list[int]], num_items: int) -> SessionLog:
    """Sessions in which every item that was shown, one a page, was liked."""
    session = np.repeat(np.arange(len(sessions)), [len(items) for items in sessions])
    page = np.concatenate([np.arange(len(items)) for items in sessions])
    slate = np.concatenate(sessions)[:, None]
    yes, ones = np.ones(slate.shape, dtype=bool), np.ones(len(page))
    return SessionLog(num_items, session, page, slate, slate, ones, ones, yes, yes, ~yes, ~yes)


def checkerboard() -> SessionLog:
    """Session i likes all items of its own parity but item i, in an order of its own."""
    rng = np.random.default_rng(0)
    mates = [[j for j in range(i % 2, NUM_ITEMS, 2) if j != i] for i in range(NUM_ITEMS)]
    return log_of([rng.permutation(items).tolist() for items in mates], NUM_ITEMS)


@pytest.fixture(scope="module")
def vectors() -> np.ndarray:
    """Embeddings that tell nothing of parity but through the item itself."""
    return np.eye(NUM_ITEMS, dtype=np.float32)


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_a_checkerboard_is_completed(method, vectors):
    """The one item of its parity that a session has not liked comes before all items of the other parity."""
    recommender = method.recommender(checkerboard(), vectors, seed=0)
    everything = np.tile(np.arange(NUM_ITEMS), (NUM_ITEMS, 1))
    liked = np.array([[j for j in range(i % 2, NUM_ITEMS, 2) if j != i] for i in range(NUM_ITEMS)])
    scores = recommender.scores(liked, everything)
    missing = scores[np.arange(NUM_ITEMS), np.arange(NUM_ITEMS)]
    parity = np.arange(NUM_ITEMS) % 2
    other = np.where(parity[:, None] != parity[None], scores, -np.inf).max(axis=1)
    assert (missing > other).all()


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_who_has_liked_nothing_gets_what_is_popular(method, vectors):
    log = checkerboard()
    log.stayed[log.slate[:, 0] == 4] = False
    recommender = method.recommender(log, vectors, seed=0)
    scores = recommender.scores(np.full((2, 5), -1), np.array([[4, 2, 6], [6, 4, 0]]))
    assert scores.argmin(axis=1).tolist() == [0, 1]
    np.testing.assert_array_equal(scores, 1e-6 * log.popularity()[[[4, 2, 6], [6, 4, 0]]])


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_items_that_nobody_was_shown_are_no_obstacle(method):
    """Neither as candidates nor as what a user liked: they have finite scores, and leave those of the others alone."""
    log, known, stranger = checkerboard(), [1, 3, 5, 7], NUM_ITEMS
    recommender = method.recommender(replace(log, num_items=NUM_ITEMS + 1), np.eye(NUM_ITEMS + 1, dtype=np.float32), 0)
    liked = np.array([[*known, -1], [*known, stranger], [stranger] * 5])
    scores = recommender.scores(liked, np.array([[9, 0, stranger]] * 3))
    assert np.isfinite(scores).all() and (scores[:2, 0] > scores[:2, 1]).all()


def test_a_log_without_likes_teaches_nothing(vectors):
    log = checkerboard()
    log.stayed[:] = False
    with pytest.raises(Unsuitable, match="als: nothing was liked on the 420 pages of the log; record more steps"):
        AlternatingLeastSquares().recommender(log, vectors, 0)


# Formulas


def test_item_similarities_are_cosines():
    log = log_of([[0, 1, 2], [0, 1], [1, 3], [2, 3]], 4)
    model = ItemNeighbours(num_neighbours=4).fit(log, np.zeros((4, 1), dtype=np.float32), 0)
    likes = np.array([[1, 1, 1, 0], [1, 1, 0, 0], [0, 1, 0, 1], [0, 0, 1, 1]])
    norms = np.sqrt(likes.sum(axis=0))
    cosines = likes.T @ likes / np.outer(norms, norms) * (1 - np.eye(4))
    np.testing.assert_allclose(model.similarity.toarray(), cosines, rtol=1e-6)
    scores = model.scores(np.array([[1, -1, 3]]), np.array([[0, 1, 2, 3]]))
    np.testing.assert_allclose(scores[0], cosines[1] + cosines[3], rtol=1e-6)


def test_the_nearest_sessions_vote():
    likes = csr_matrix(np.array([[1, 1, 0, 0], [1, 0, 1, 0], [0, 0, 1, 1], [1, 1, 1, 1]], dtype=np.float32))
    scores = LoggedSessions(likes, 2).scores(np.array([[0, 1]]), np.array([[0, 1, 2, 3]]))
    # Nearness: 2 / sqrt 2, 1 / sqrt 2, 0, 2 / sqrt 4; the first and the last are the nearest.
    np.testing.assert_allclose(scores[0], [math.sqrt(2) + 1, math.sqrt(2) + 1, 1, 1], rtol=1e-6)


def test_a_user_is_folded_into_the_factors_by_least_squares():
    rng = np.random.default_rng(0)
    items = rng.normal(size=(12, 4)).astype(np.float32)
    liked, alpha, regularization = [2, 5, 7], 10.0, 0.3
    wanted = np.zeros(12)
    wanted[liked] = 1.0
    # Hu et al.: confidence 1 + (alpha - 1) of what was liked in implicit's terms, where alpha r is the whole of it.
    confidence = np.where(wanted > 0, alpha, 1.0)
    gram = items.T @ (confidence[:, None] * items) + regularization * np.eye(4)
    user = np.linalg.solve(gram, items.T @ (confidence * wanted))
    scores = LeastSquares(items, alpha, regularization).scores(np.array([[2, -1, 5, 7]]), np.arange(12)[None])
    np.testing.assert_allclose(scores[0], items @ user, rtol=1e-3, atol=1e-5)


def test_a_ranked_user_is_the_mean_of_what_they_liked():
    items = np.array([[1, 0, 0.5], [0, 1, 0.0], [1, 1, -1.0]], dtype=np.float32)
    scores = Ranked(items).scores(np.array([[0, -1, 1]]), np.array([[0, 1, 2]]))
    np.testing.assert_allclose(scores[0], [0.5 + 0.5, 0.5, 1.0 - 1.0], atol=1e-7)


# The LSTM


def test_it_learns_an_order():
    """What follows is one further in a circle, which counting pairs cannot tell from one back."""
    circle = log_of([[(start + step) % 10 for step in range(12)] for start in range(10)] * 3, 10)
    model = Lstm(epochs=60, length=8, negatives=32, learning_rate=0.01).fit(circle, np.eye(10, dtype=np.float32), 0)
    liked = np.array([[(end - 2 + step) % 10 for step in range(3)] for end in range(10)])
    best = model.scores(liked, np.tile(np.arange(10), (10, 1))).argmax(axis=1)
    np.testing.assert_array_equal(best, (np.arange(10) + 1) % 10)


def test_gaps_in_what_was_liked_are_closed_in_order():
    items, counts = packed(np.array([[-1, 7, -1, 3], [-1, -1, -1, -1], [5, 4, 3, 2]]))
    assert items.tolist() == [[7, 3, 0, 0], [0, 0, 0, 0], [5, 4, 3, 2]] and counts.tolist() == [2, 1, 4]


def test_sequences_are_cut_so_that_every_like_but_the_first_is_to_be_predicted_once():
    found = sequences(log_of([[1, 2, 3, 4, 5, 6], [7], [8, 9]], 10), 3)
    assert found.tolist() == [[1, 2, 3], [3, 4, 5], [5, 6, -1], [7, -1, -1], [8, 9, -1]]


def test_shared_candidates_have_the_scores_that_each_has_alone():
    import torch

    network = make_network(np.eye(6, dtype=np.float32), 4)
    states, items = torch.randn(3, 4), torch.tensor([5, 0, 2])
    torch.testing.assert_close(network.values(states, items), network.values(states, items.expand(3, 3)))


# Logs


@pytest.fixture(scope="module")
def recorded() -> SessionLog:
    env = make_lanes(ENV_ID, 8, session_length=7, **SMALL)
    return record(env, EpsilonMixed(heuristic("popular", env), 0.5, seed=1), 600, seed=0)


def test_a_log_holds_whole_sessions_in_order(recorded):
    starts = np.flatnonzero(np.diff(recorded.session, prepend=-1))
    assert (np.diff(recorded.session) >= 0).all() and np.array_equal(
        np.unique(recorded.session), np.arange(len(starts))
    )
    for session in np.split(recorded.page, starts[1:]):
        np.testing.assert_array_equal(session, np.arange(len(session)))
    assert 600 <= len(recorded.page) < 608 and recorded.page.max() == 6
    assert (recorded.slate[..., None] == recorded.candidates[:, None]).any(axis=2).all()
    assert not (recorded.stayed & ~recorded.clicked).any() and recorded.stayed.any()
    assert not (recorded.saved & ~recorded.clicked).any() and not (recorded.committed & ~recorded.saved).any()


def test_a_log_is_what_happened(recorded):
    """The first page of the first sessions, against single environments of the same seeds that show the same slates."""
    for session in range(8):
        env = make_lanes(ENV_ID, 1, session_length=7, **SMALL)
        env.reset(seed=session)
        for row in np.flatnonzero(recorded.session == session):
            np.testing.assert_array_equal(env.state["candidates"][0], recorded.candidates[row])
            positions = (recorded.candidates[row] == recorded.slate[row][:, None]).argmax(axis=1)
            _, reward, *_, info = env.step(positions[None])
            assert reward[0] == recorded.reward[row]
            np.testing.assert_array_equal(info["clicked"][0], recorded.clicked[row])
            np.testing.assert_array_equal(info["carted"][0], recorded.saved[row])


def test_propensities_are_the_shares_of_slates():
    """Of many lanes in the same state: the preferred slate is shown as often as its propensity says."""
    env = make_lanes(ENV_ID, 4000, **SMALL)
    env.reset(seed=[3] * 4000)
    preferred = heuristic("popular", env).act(env, None)
    slates, propensity = EpsilonMixed(heuristic("popular", env), 0.4, seed=0).act(env, None)
    same, num = (slates == preferred).all(axis=1), math.perm(env.simulator.num_candidates, env.simulator.slate_size)
    np.testing.assert_allclose(propensity, np.where(same, 0.6, 0.0) + 0.4 / num)
    assert abs(same.mean() - 0.6) < 4 * math.sqrt(0.24 / 4000)
    assert all(len(set(slate)) == len(slate) for slate in slates[:200].tolist())
    shares = np.bincount(slates[~same].ravel(), minlength=env.simulator.num_candidates) / slates[~same].size
    assert abs(shares - shares.mean()).max() < 0.015


def test_what_was_liked_is_read_from_the_history():
    env = make_lanes(ENV_ID, 30, **SMALL)
    env.reset(seed=0)
    expected, stays = [[] for _ in range(30)], np.ones(30, dtype=bool)
    for _ in range(5):
        *_, terminated, _, info = env.step(heuristic("best rated", env).act(env, None))
        stays &= ~terminated
        pleased = info["clicked"] & ~info["disappointed"] | info["carted"]  # some is put into the cart all the same
        for lane in range(30):
            expected[lane] += info["slate"][lane][pleased[lane]].tolist()
    found = [[item for item in items if item >= 0] for items in liked_items(env.state).tolist()]
    assert any(expected) and stays.sum() > 15
    assert [found[lane] for lane in np.flatnonzero(stays)] == [expected[lane] for lane in np.flatnonzero(stays)]


def test_popularity_is_a_share_drawn_to_the_mean(recorded):
    shown = np.bincount(recorded.slate.ravel(), minlength=recorded.num_items)
    liked = np.bincount(recorded.slate[recorded.stayed], minlength=recorded.num_items)
    mean = recorded.stayed.mean()
    np.testing.assert_allclose(recorded.popularity(5.0), (liked + 5 * mean) / (shown + 5))


def test_a_log_comes_back_from_its_file(recorded, tmp_path):
    recorded.save(tmp_path / "log.npz")
    loaded = SessionLog.load(tmp_path / "log.npz")
    assert loaded.num_items == recorded.num_items
    np.testing.assert_array_equal(loaded.slate, recorded.slate)
    np.testing.assert_array_equal(loaded.propensity, recorded.propensity)


def test_logs_are_recorded_whatever_the_view():
    """Of slates, also for a recommender that is to act in another view."""
    job = Task(ENV_ID, "item", 100, env_settings={**SMALL, "fill": "none"})
    assert ItemNeighbours(epsilon=1.0).train(job).popularity.shape == (job.lanes(1).simulator.items.num_items,)


def test_a_mixture_needs_a_share():
    with pytest.raises(ValueError, match="epsilon: expected 0 to 1, got 1.5"):
        EpsilonMixed(None, 1.5, 0)
