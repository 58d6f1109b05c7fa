# %% [markdown]
# # Lab 1: a recommender is an environment
#
# **Aim.** After this lab you can step through a session by hand, say what an agent sees and what it does not, and test
# what a language-model embedding of a history holds. 45 minutes.
#
# A recommender meets a user again and again: it sees something of them, shows a *slate* of items, and the user
# responds. That is the loop of reinforcement learning. The state of the user is hidden in part (a *partially
# observable* Markov decision process), the action is the slate, the reward what the page was worth.

# %%
import gymnasium
import matplotlib.pyplot as plt
import numpy as np

import recgym  # registers the environments
from checks import lab1

env = gymnasium.make("RecGym-News-v0", render_mode="ansi")
observation, info = env.reset(seed=4)
print(env.render())
print("observation:", observation.shape, " action:", env.action_space)

# %% [markdown]
# The user says something about themselves, and every visit finds them in one of 120 circumstances, such as a weekday
# morning on a phone during the holidays. Of 20 candidates the agent shows 3: an action is three positions, 0 to 19, in
# the list of candidates. Four of these are similar to the article last read, four the best rated of the section of
# interest, four the most read, four the latest, and four anything, in this order. A session ends when the reader is
# lost, or after 60 pages. Walk through one with slates of your own: change the numbers.

# %%
rewards = []
over = False
while not over:
    observation, reward, terminated, truncated, info = env.step([0, 4, 8])
    rewards.append(float(reward))
    over = terminated or truncated
print(f"{len(rewards)} pages; the reader", "is lost" if terminated else "would come back")
print("first rewards:", np.round(rewards[:6], 2))

# %% [markdown]
# ## Exercise 1: the return
# An agent is judged by the *return* of a session, $G = \sum_t r_t$ (here without discounting, because sessions end).

# %%
session_return = None
# BEGIN SOLUTION
session_return = sum(rewards)
# END SOLUTION

# %%
lab1.check_return(session_return, rewards)

# %% [markdown]
# ## Exercise 2: what the reward is made of
# A reward is a weighted sum of named terms, $r = \sum_k w_k x_k$. `info["reward_terms"]` holds the terms of the last
# page, `env.unwrapped.simulator.reward.weights` the weights. Rebuild the reward.

# %%
print({name: round(float(value), 2) for name, value in info["reward_terms"].items()})
print(env.unwrapped.simulator.reward.weights)


# %%
def rebuild(terms, weights):
    """The reward of a page from its terms (name -> number) and the weights (name -> number)."""
    # BEGIN SOLUTION
    return sum(weights[name] * value for name, value in terms.items())
    # END SOLUTION


# %%
lab1.check_reward(rebuild)

# %% [markdown]
# ## Exercise 3: neighbours in the language model's space
# All texts are embedded by all-MiniLM-L6-v2 beforehand. Two texts are alike if the *cosine* of their vectors is high,
# $\cos(a, b) = a \cdot b / (\lVert a \rVert \lVert b \rVert)$. Return the rows of the `count` nearest other items.

# %%
def nearest(vectors, row, count):
    """(count,) rows of the items of the highest cosine to `vectors[row]`, the nearest first, without the row itself."""
    # BEGIN SOLUTION
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    order = np.argsort(-(unit @ unit[row]))
    return order[order != row][:count]
    # END SOLUTION


# %%
lab1.check_nearest(nearest)

# %%
simulator = env.unwrapped.simulator
vectors, titles = simulator.items.embeddings, simulator.catalog.titles
for row in (10, 300):
    print(titles[row], "→", [titles[other] for other in nearest(vectors, row, 3)])

# %% [markdown]
# The space in two dimensions (principal axes): sections of the newspaper lie together, though nobody told the language
# model about sections.

# %%
centred = vectors - vectors.mean(axis=0)
axes = np.linalg.svd(centred, full_matrices=False)[2][:2]
flat = centred @ axes.T
names = simulator.catalog.department_names
plt.figure(figsize=(7, 5))
for department in range(len(names)):
    points = flat[simulator.catalog.departments == department]
    plt.scatter(*points.T, s=8, label=names[department])
plt.legend(fontsize=7, markerscale=2)
plt.title("Articles in the language model's space, first two principal axes")
plt.show()

# %% [markdown]
# ## Exercise 4: a history as one vector
# The history $X$ of a user is a mean of the vectors of what they liked, weighted by recency:
# $x_t = \sum_j \gamma^{t-j} e_j / \sum_j \gamma^{t-j}$. A mean of item vectors predicts what is picked next better than
# one vector of the joined text, and no text is cut.

# %%
def pool(liked, decay):
    """(dim,) the recency-weighted mean of `liked` (num_items, dim), the latest item last and of weight 1."""
    # BEGIN SOLUTION
    weights = decay ** np.arange(len(liked) - 1, -1, -1.0)
    return weights @ liked / weights.sum()
    # END SOLUTION


# %%
lab1.check_pool(pool)

# %% [markdown]
# ## Exercise 5: what does it hold? A probe
# A *probe* is a linear model that predicts something hidden from the observation. If it succeeds, an agent can learn it
# too. We predict two things no agent sees from the observations of random pages: the reader's trust, and their interest
# along the first axis of the picture above. Ridge regression minimises
# $\lVert Xw - y \rVert^2 + \lambda \lVert w \rVert^2$.

# %%
def fit_ridge(x, y, ridge):
    """(num_features,) the weights of ridge regression of y (num_rows,) on x (num_rows, num_features)."""
    # BEGIN SOLUTION
    return np.linalg.solve(x.T @ x + ridge * np.eye(x.shape[1]), x.T @ y)
    # END SOLUTION


# %%
lab1.check_probe(fit_ridge)

# %%
envs = gymnasium.make_vec("RecGym-News-v0", num_envs=400)
seen, hidden = [], {"trust": [], "interest": []}
observations, _ = envs.reset(seed=0)
envs.action_space.seed(0)
for page in range(25):
    observations, _, _, _, info = envs.step(envs.action_space.sample())
    if page >= 5:
        seen.append(observations.copy())
        hidden["trust"].append(envs.state["trust"].copy())
        hidden["interest"].append(envs.state["interest"] @ axes[0])
x = np.concatenate(seen).astype(float)
x = np.concatenate((x - x.mean(axis=0), np.ones((len(x), 1))), axis=1)
train = np.tile(np.arange(400) < 300, len(seen))  # other users to test than to fit
parts = {"everything": slice(None), "ten counters": [*range(10), -1], "embeddings": [*range(-161, -1), -1]}
for name, values in hidden.items():
    y = np.concatenate(values)
    for part, columns in parts.items():
        weights = fit_ridge(x[train][:, columns], y[train], 10.0)
        error = ((x[~train][:, columns] @ weights - y[~train]) ** 2).mean()
        print(f"{part:13} explains {1 - error / y[~train].var():6.1%} of the variance of {name}")

# %% [markdown]
# **Discuss.** Which part tells of trust, and why? What could no observation tell? Where would an agent need memory?
#
# Sources: Kaelbling, Littman & Cassandra, *Planning and acting in partially observable stochastic domains*, 1998; Alain
# & Bengio, *Understanding intermediate layers using linear classifier probes*, 2016.
