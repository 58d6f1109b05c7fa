# %% [markdown]
# # Lab 2: exploration
#
# **Aim.** After this lab you can say why a recommender has to try things, write two bandit algorithms on embedded
# context, and read a regret curve. 45 minutes.
#
# A recommender sees payoffs only of what it shows. Who always shows what looks best never learns that something else is
# better. A *contextual bandit* takes each page by itself: context in, one item out, payoff back. What the page does to
# later pages comes in lab 3.

# %%
import gymnasium
import matplotlib.pyplot as plt
import numpy as np

import recgym  # registers the environments
from checks import lab2

NUM_USERS, NUM_PAGES = 16, 400

# %% [markdown]
# The context of a candidate is its features (similarities in the language model's space to what was liked, shown and
# searched for, and its visible traits) times "is the user searching?". The payoff is 1 if the item is clicked and
# pleases. The simulator knows the true chance of that, so we can compute what no real service can: the regret.

# %%
envs = gymnasium.make_vec(
    "RecGym-Ecommerce-v0", num_envs=NUM_USERS, action="item", fill="none", autoreset_mode="SameStep"
)


def contexts(envs):
    """(num_envs, num_candidates, dim)."""
    features = envs.state["candidate_features"].astype(float)
    features = np.concatenate((features, np.ones((*features.shape[:2], 1))), axis=2)
    searching = (envs.state["query"] >= 0)[:, None, None]
    return np.concatenate((features * searching, features * ~searching), axis=2)


def true_payoffs(envs):
    """(num_envs, num_candidates) the chance that a candidate is clicked and pleases."""
    funnel = envs.simulator.response.funnel(envs.state, envs.state["candidates"])
    return funnel.stays


envs.reset(seed=0)
print("contexts:", contexts(envs).shape, " best chance:", true_payoffs(envs).max(axis=1)[:3].round(2))

# %% [markdown]
# ## Exercise 1: regret
# $R_T = \sum_{t \le T} \big(\max_a \mu_t(a) - \mu_t(a_t)\big)$, with the mean payoffs $\mu_t$.

# %%
def regret(means, chosen):
    """(num_steps,) what was missed up to each step; means (num_steps, num_items), chosen (num_steps,) columns."""
    # BEGIN SOLUTION
    missed = means.max(axis=1) - means[np.arange(len(chosen)), chosen]
    return np.cumsum(missed)
    # END SOLUTION


# %%
lab2.check_regret(regret)

# %% [markdown]
# ## Exercise 2: ε-greedy
# With chance ε any item, evenly; otherwise the one of the highest score.

# %%
def choose(scores, epsilon, rng):
    """(num_envs,) columns of `scores` (num_envs, num_items)."""
    # BEGIN SOLUTION
    anything = rng.integers(scores.shape[1], size=len(scores))
    return np.where(rng.random(len(scores)) < epsilon, anything, scores.argmax(axis=1))
    # END SOLUTION


# %%
lab2.check_epsilon(choose)

# %% [markdown]
# ## Exercise 3: learning from payoffs
# The payoff is taken to be linear in the context, $E[r \mid x] = \theta^\top x$. Ridge regression needs two sums only:
# $A = \lambda I + \sum x x^\top$ and $b = \sum r x$; then $\hat\theta = A^{-1} b$.

# %%
def update(gram, moment, rows, payoffs):
    """A and b after observing rows (num_rows, dim) with payoffs (num_rows,)."""
    # BEGIN SOLUTION
    return gram + rows.T @ rows, moment + payoffs @ rows
    # END SOLUTION


# %%
lab2.check_update(update)

# %% [markdown]
# ## Exercise 4: LinUCB
# Optimism: score an item by the mean plus a width that is large where little is known (Li et al., WWW 2010, algorithm
# 1), $\hat\theta^\top x + \alpha \sqrt{x^\top A^{-1} x}$.

# %%
def ucb(rows, gram, moment, alpha):
    """(num_envs, num_items) optimistic scores of rows (num_envs, num_items, dim)."""
    # BEGIN SOLUTION
    inverse = np.linalg.inv(gram)
    width = np.sqrt(np.einsum("nmi,ij,nmj->nm", rows, inverse, rows))
    return rows @ (inverse @ moment) + alpha * width
    # END SOLUTION


# %%
lab2.check_ucb(ucb)

# %% [markdown]
# ## Race
# All begin with nothing and meet the same first users.

# %%
def race(score, epsilon):
    """(NUM_PAGES,) regret by page of one way to explore, mean over the users."""
    rng = np.random.default_rng(0)
    envs.reset(seed=0)
    gram, moment = np.eye(contexts(envs).shape[2]), np.zeros(contexts(envs).shape[2])
    curves = np.zeros((NUM_PAGES, NUM_USERS))
    for page in range(NUM_PAGES):
        rows, means = contexts(envs), true_payoffs(envs)
        action = choose(score(rows, gram, moment), epsilon, rng)
        info = envs.step(action)[-1]
        known = info.get("_slate", np.zeros(NUM_USERS, dtype=bool))  # sessions that ended tell theirs elsewhere
        if known.any():
            liked = info["clicked"][:, 0] & ~info["disappointed"][:, 0]
            gram, moment = update(gram, moment, rows[np.arange(NUM_USERS), action][known], liked[known].astype(float))
        curves[page] = means.max(axis=1) - means[np.arange(NUM_USERS), action]
    return np.cumsum(curves.mean(axis=1))


def greedy(rows, gram, moment):
    return rows @ np.linalg.solve(gram, moment)


curves = {
    "random": race(greedy, 1.0),
    "greedy": race(greedy, 0.0),
    "ε-greedy, ε = 0.1": race(greedy, 0.1),
    "LinUCB, α = 0.5": race(lambda *known: ucb(*known, 0.5), 0.0),
    "LinUCB, α = 5": race(lambda *known: ucb(*known, 5.0), 0.0),
}
for name, curve in curves.items():
    plt.plot(curve, label=name)
    print(f"{name:18} regret after {NUM_PAGES} pages: {curve[-1]:.1f}")
plt.xlabel("pages per user")
plt.ylabel("regret")
plt.legend()
plt.show()

# %% [markdown]
# **Discuss.** Why does a line bend? What does too much optimism cost? Greedy does not do badly here: what in this
# problem explores by itself? Which of these policies would you dare to run on customers?
#
# Sources: Auer, Cesa-Bianchi & Fischer, *Finite-time analysis of the multiarmed bandit problem*, 2002; Li et al., *A
# contextual-bandit approach to personalized news article recommendation*, WWW 2010.
