# %% [markdown]
# # Lab 7: honest comparison
#
# **Aim.** After this lab you can say whether a difference between two learners is real, with scores, intervals over
# seeds and a bootstrap; and you can design an environment and defend that there is something to learn in it. 60
# minutes.
#
# A colleague has improved PPO. The new one is called PPO+, and it comes with a table of results. Is it better?

# %%
import dataclasses
import importlib
import sys
from pathlib import Path

import gymnasium
import matplotlib.pyplot as plt
import numpy as np
from scipy import stats

import recgym
from baselines import statistics
from baselines.algorithms import TUNED
from baselines.compare import compare_tables, sentence
from baselines.heuristics import RandomRecommender
from baselines.intervals import paired_p_value
from baselines.oracles import MYOPIC, PrivilegedRecommender, expected_effects, reference
from baselines.recommender import EVALUATION_SEED, SEED_STRIDE, evaluate, make_lanes
from baselines.sb3 import TrainedRecommender, make_model
from baselines.search import cross_entropy
from checks import lab7
from recgym.testing import HashingEncoder

ENV_ID, NUM_USERS, NUM_SEEDS, STEPS = "RecGym-Ecommerce-v0", 200, 10, 4096
lanes = make_lanes(ENV_ID, NUM_USERS, action="item")
floor = evaluate(RandomRecommender(), lanes, EVALUATION_SEED).returns
top = evaluate(reference(ENV_ID, "item"), lanes, EVALUATION_SEED).returns
print(f"random {floor.mean():.2f}, far-sighted reference {top.mean():.2f}")

# %% [markdown]
# Both are evaluated on the same 200 *held-out* users, whose sessions have seeds from a million on; trainings use
# smaller ones. What is measured on the users an agent was trained with tells how well it remembers.
#
# ## Exercise 1: a score
# Returns of different environments cannot be averaged. Scores can:
# $(\bar J - \bar J_\text{random}) / (\bar J_\text{reference} - \bar J_\text{random})$ is 0 for random pages and 1 for
# the reference.

# %%
def score(returns, floor, top):
    """A number, from returns (num_users,) of three policies."""
    # BEGIN SOLUTION
    return (returns.mean() - floor.mean()) / (top.mean() - floor.mean())
    # END SOLUTION


# %%
lab7.check_score(score)


# %%
def train(seed):
    """(NUM_USERS,) returns of the held-out users after a training of this seed."""
    settings = {**TUNED["PPO"], "n_steps": 64}
    model = make_model("PPO", ENV_ID, seed=seed * SEED_STRIDE, settings=settings, action="item").learn(STEPS)
    return evaluate(TrainedRecommender(model, "PPO"), lanes, EVALUATION_SEED).returns


FIRST_SEED = {"PPO": 0, "PPO+": 100}
runs = {name: np.stack([train(first + k) for k in range(NUM_SEEDS)]) for name, first in FIRST_SEED.items()}
for name, returns in runs.items():
    print(f"{name:5}", " ".join(f"{score(run, floor, top):.2f}" for run in returns))

# %% [markdown]
# ## Five groups, two seeds each
# Five groups compare the two, each with two seeds of its own, and test the difference on the 2 × 200 users they have: a
# paired t-test over users.

# %%
for group in range(NUM_SEEDS // 2):
    one, two = (runs[name][2 * group : 2 * group + 2].ravel() for name in ("PPO", "PPO+"))
    gain = two.mean() - one.mean()
    winner = "PPO+" if gain > 0 else "PPO"
    print(f"group {group + 1}: {winner} is better by {abs(gain):.2f}, p = {paired_p_value(one, two):.2g}")

# %% [markdown]
# Some publish one result, some the opposite, and most have a very small p. Nobody has cheated. What is wrong?
#
# ## Exercise 2: the unit is the run
# 200 users tell how good *this trained network* is. A claim about an *algorithm* is one about trainings, and two
# trainings are two observations, whatever the number of users. So average each run over its users first. Then, for $n$
# runs each with means $\bar a, \bar b$ and variances $s_a^2, s_b^2$ (divide by $n - 1$), the difference and half of its
# 95 % interval are $\bar b - \bar a \;\pm\; t_{.975,\, 2n - 2} \sqrt{(s_a^2 + s_b^2) / n}$.
# (`stats.t.ppf(0.975, 2 * n - 2)`; with two runs that is 4.3, not 1.96.)

# %%
def difference(ours, theirs):
    """(theirs - ours, half width) over runs, from returns (num_runs, num_users) of each."""
    # BEGIN SOLUTION
    a, b = ours.mean(axis=1), theirs.mean(axis=1)
    count = len(a)
    error = np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / count)
    return b.mean() - a.mean(), stats.t.ppf(0.975, 2 * count - 2) * error
    # END SOLUTION


# %%
lab7.check_difference(difference)

# %%
for count in (2, 4, 6, 8, 10):
    value, half_width = difference(runs["PPO"][:count], runs["PPO+"][:count])
    print(f"{count:2} seeds: {value:+.2f} ±{half_width:.2f}")
    plt.errorbar(count, value, half_width, fmt="o", color="C0", capsize=4)
plt.axhline(0, color="grey", linewidth=0.8)
plt.xlabel("seeds of each")
plt.ylabel("PPO+ minus PPO")
plt.show()

# %% [markdown]
# Now look at how PPO+ is trained above. What *is* new about it? And if an interval of few seeds left out 0: a right
# interval is wrong one time in twenty, and who looks at several, or stops when it pleases, is wrong more often.
#
# ## Exercise 3: the interquartile mean
# One failed or one lucky run moves a mean a lot, and a median uses little of the data. The *interquartile mean* leaves
# out the lowest and the highest quarter of the runs (each `len(runs) // 4`) and averages the rest (Agarwal et al.,
# 2021).

# %%
def iqm(scores):
    """A number, from scores (num_runs,)."""
    # BEGIN SOLUTION
    cut = len(scores) // 4
    return np.sort(scores)[cut : len(scores) - cut].mean()
    # END SOLUTION


# %%
lab7.check_iqm(iqm)

# %% [markdown]
# ## Exercise 4: the bootstrap
# No formula gives the interval of an IQM. The bootstrap asks how the statistic would vary if the runs were drawn again,
# and draws them from those there are: as many as there are, *with replacement*, many times. The middle 95 % of the
# results is the interval (Efron, 1979).

# %%
def bootstrap(scores, statistic, replications, rng):
    """(low, high): the 2.5 % and 97.5 % percentiles of `statistic` over samples of `scores` (num_runs,)."""
    # BEGIN SOLUTION
    samples = scores[rng.integers(len(scores), size=(replications, len(scores)))]
    found = [statistic(sample) for sample in samples]
    return np.percentile(found, 2.5), np.percentile(found, 97.5)
    # END SOLUTION


# %%
lab7.check_bootstrap(bootstrap)

# %% [markdown]
# The library does both, over several environments at once (`baselines/statistics.py`): beside yours, and with the
# chance that a run of PPO+ beats one of PPO.

# %%
scores = {name: np.array([score(run, floor, top) for run in returns]) for name, returns in runs.items()}
for name, values in scores.items():
    low, high = bootstrap(values, iqm, 2000, np.random.default_rng(0))
    library = statistics.interval(statistics.iqm, [values])
    print(f"{name:5} IQM {iqm(values):.2f} ({low:.2f} to {high:.2f}); the library: {library}")
better = statistics.interval(statistics.probability_of_improvement, [scores["PPO+"]], [scores["PPO"]])
print(f"chance that a run of PPO+ beats one of PPO: {better}")

# %% [markdown]
# `python -m baselines compare A.csv B.csv` asks the same of two benchmarks. What it reads are rows of runs:

# %%
def rows(name):
    """A table of results that calls its learner PPO."""
    kept = {"env_id": ENV_ID, "status": "measured", "first_session": EVALUATION_SEED, "sessions": NUM_USERS}
    bounds = {"random": floor, "reference": top}
    found = [kept | {"baseline": bound, "seed": 0, "return": returns.mean()} for bound, returns in bounds.items()]
    for seed, returns in enumerate(runs[name], FIRST_SEED[name]):
        found.append(kept | {"baseline": "PPO", "seed": seed, "return": returns.mean()})
    return found


print(sentence(compare_tables(rows("PPO"), rows("PPO+"))))

# %% [markdown]
# ## Your own environment
# An environment is a claim: here it pays to look ahead. `examples/13_own_domain.py` is a tea house in sixty lines, and
# `docs/howto/domain.md` explains them. Its guests are won by advice and lost by *pushing* (a discount that is shown
# off). Texts are embedded word by word here, because that loads at once; `encoder="all-MiniLM-L6-v2"` would be the
# language model.

# %%
EXAMPLES = Path(recgym.__file__).resolve().parents[1] / "examples"
sys.path.insert(0, str(EXAMPLES))
tea = importlib.import_module("13_own_domain")
print("attracts", tea.HABITS.attracts, "\npleases ", tea.HABITS.stays)

# %% [markdown]
# ## Exercise 5: habits of your own
# Where what is best now is best for later too, there is nothing to plan. Greed needs a temptation: something that draws
# clicks (`attracts`, weights while browsing, wanting, and buying) and does not please (`stays`; below 0 it disappoints,
# and trust is lost). Return habits that differ from the tea house's.
# `dataclasses.replace(tea.HABITS, attracts=..., stays=...)` keeps the rest.

# %%
def habits():
    """`recgym.response.Habits` of your guests."""
    # BEGIN SOLUTION
    attracts = {**tea.HABITS.attracts, "push": (3.0, 2.0, 1.0)}
    stays = {**tea.HABITS.stays, "push": -6.0}
    return dataclasses.replace(tea.HABITS, attracts=attracts, stays=stays)
    # END SOLUTION


# %%
lab7.check_habits(habits)


# %%
@dataclasses.dataclass(frozen=True)
class MyTeaHouse(tea.TeaHouse):
    DOMAIN = dataclasses.replace(tea.TeaHouse.DOMAIN, parameters=habits())


gymnasium.registry.pop("MyTeaHouse-v0", None)  # so that this cell can run again
recgym.register("MyTeaHouse-v0", f"{__name__}:MyTeaHouse")
MADE = {"catalog": EXAMPLES / "tea_shop.csv", "encoder": HashingEncoder(64), "action": "slate"}
house = make_lanes("MyTeaHouse-v0", 400, **MADE)
house.reset(seed=0)
prices = [name for name in expected_effects(house.simulator, house.state) if name != "reward"]
print("priced by the reference:", ", ".join(prices))

# %% [markdown]
# Three policies make the bounds: random pages, a myopic one that knows the guest's mind and takes the best of this
# page, and a far-sighted reference, which also prices what a page does to the guest. Its prices are found by search, on
# guests who do not take part in the test.

# %%
found = cross_entropy(
    lambda x: PrivilegedRecommender(dict(zip(prices, x, strict=True)), "reference"),
    make_lanes("MyTeaHouse-v0", 150, **MADE), np.zeros(len(prices)), np.full(len(prices), 0.7),
    generations=6, population=12, seed=0,
)  # fmt: skip
far_sighted = PrivilegedRecommender(dict(zip(prices, found, strict=True)), "reference")
random, near, far = (
    evaluate(policy, house, EVALUATION_SEED).returns for policy in (RandomRecommender(), MYOPIC, far_sighted)
)
print(f"random {random.mean():.2f}, myopic {near.mean():.2f}, far-sighted {far.mean():.2f}")

# %% [markdown]
# ## Exercise 6: defend it
# The gap is $(\bar J_\text{far} - \bar J_\text{near}) / \bar J_\text{far}$. Its p-value is that of a *paired* t-test,
# because both policies met the same guests: with differences $d$, $t = \bar d \,\big/\, (s_d / \sqrt{n})$, and the
# p-value is two-sided (`2 * stats.t.sf(abs(t), n - 1)`, or `stats.ttest_rel`).

# %%
def defend(near, far):
    """(gap, p_value) from returns (num_users,) of the same users."""
    # BEGIN SOLUTION
    gap = (far.mean() - near.mean()) / far.mean()
    return gap, stats.ttest_rel(far, near).pvalue
    # END SOLUTION


# %%
lab7.check_defence(defend)

# %% [markdown]
# And now the claim itself. If it does not hold, go back to your habits.

# %%
print("gap {:.0%}, p = {:.2g}".format(*defend(near, far)))
lab7.check_bounds(random, near, far)

# %% [markdown]
# **Discuss.** Here the p-value over users is right, and above it was wrong: what is different about the claim? How many
# seeds would you need to see a difference of .05 in the score? You compared ten learners and report the best: what
# should be corrected (Bonferroni), and what does `compare` do? Somebody doubts that your reference is optimal: does
# that make your gap too large or too small?
#
# Sources: Henderson et al., *Deep reinforcement learning that matters*, AAAI 2018; Colas, Sigaud & Oudeyer, *How many
# random seeds?*, arXiv:1806.08295, 2018; Agarwal et al., *Deep reinforcement learning at the edge of the statistical
# precipice*, NeurIPS 2021; Efron, *Bootstrap methods: another look at the jackknife*, 1979.
