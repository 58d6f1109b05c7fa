# %% [markdown]
# # Lab 6: the myopic trap
#
# **Aim.** After this lab you can explain how a recommender that takes the best of every page ruins its users, price the
# future, learn a far-sighted policy, and measure a filter bubble. 60 minutes.

# %%
import matplotlib.pyplot as plt
import numpy as np

from baselines.algorithms import TUNED
from baselines.oracles import MYOPIC, PrivilegedRecommender, expected_effects, reference
from baselines.recommender import EVALUATION_SEED, evaluate, make_lanes
from baselines.sb3 import TrainedRecommender, make_model
from checks import lab6

ENV_ID, NUM_USERS = "RecGym-News-v0", 300
lanes = make_lanes(ENV_ID, NUM_USERS, action="proto")
myopic = evaluate(MYOPIC, lanes, EVALUATION_SEED)
far = evaluate(reference(ENV_ID, "proto"), lanes, EVALUATION_SEED)
for name, sessions in {"myopic": myopic, "far-sighted": far}.items():
    print(f"{name:12} return {sessions.mean:5.2f} in {sessions.lengths.mean():.0f} pages")

# %% [markdown]
# Both policies know the reader's mind and the response model. The first takes the best of this page, and loses.
#
# ## Exercise 1: the gap
# $(\bar J_\text{far} - \bar J_\text{near}) / \bar J_\text{far}$, from returns of the same sessions.

# %%
def gap(far, near):
    """A share, from returns (num_sessions,) of both policies."""
    # BEGIN SOLUTION
    return (far.mean() - near.mean()) / far.mean()
    # END SOLUTION


# %%
lab6.check_gap(gap)

# %% [markdown]
# ## Exercise 2: trust
# Loud headlines are clicked, disappoint, and cost trust:
# $T' = T + .02\,(.6 - T) + .042 \cdot \text{pleased} - .22 \cdot \text{disappointed}$, cut to $[0, 1]$. Trust moves
# clicks, subscriptions, and whether readers come back.

# %%
def trust_after(trust, pleased, disappointed):
    """(num_users,) from trust and how many of this page's clicks pleased and disappointed, each (num_users,)."""
    # BEGIN SOLUTION
    moved = trust + 0.02 * (0.6 - trust) + 0.042 * pleased - 0.22 * disappointed
    return np.clip(moved, 0, 1)
    # END SOLUTION


# %%
lab6.check_trust(trust_after)

# %%
def trust_curve(policy, pages=30):
    """Mean trust of those who are still there, page by page."""
    envs = make_lanes(ENV_ID, NUM_USERS, action="proto")
    observations, _ = envs.reset(seed=EVALUATION_SEED)
    there, curve = np.ones(NUM_USERS, dtype=bool), []
    for _ in range(pages):
        curve.append(envs.state["trust"][there].mean())
        observations, _, terminated, truncated, _ = envs.step(policy.act(envs, observations))
        there &= ~(terminated | truncated)
    return curve


plt.plot(trust_curve(MYOPIC), label="myopic")
plt.plot(trust_curve(reference(ENV_ID, "proto")), label="far-sighted")
plt.xlabel("page")
plt.ylabel("mean trust of those still there")
plt.legend()
plt.show()

# %% [markdown]
# ## Exercise 3: a price for the future
# A far-sighted score adds to the expected reward of an item what it does to the user, at a price per unit:
# $\text{reward}_i + \sum_e p_e\, \text{effect}_{e,i}$. `expected_effects` gives the effects of all candidates.

# %%
def scores(effects, prices):
    """(num_users, num_candidates); effects name -> array of that shape, one of them "reward", prices name -> number."""
    # BEGIN SOLUTION
    return effects["reward"] + sum(price * effects[name] for name, price in prices.items())
    # END SOLUTION


# %%
lab6.check_prices(scores)

# %%
lanes.reset(seed=0)
print("effects:", ", ".join(expected_effects(lanes.simulator, lanes.state)))
prices = np.array([0.0, 0.5, 1.0, 2.0, 4.0, 8.0])
found = [evaluate(PrivilegedRecommender({"trust": price}, "priced"), lanes, EVALUATION_SEED).mean for price in prices]
plt.plot(prices, found, "o-")
plt.xlabel("price of trust")
plt.ylabel("mean return")
plt.show()
print({float(price): round(value, 2) for price, value in zip(prices, found, strict=True)})

# %% [markdown]
# ## Learn it
# A learner sees no trust and knows no prices: it has to find out from rewards. PPO gets 60,000 pages of other readers.

# %%
model = make_model("PPO", ENV_ID, settings=TUNED["PPO"], action="proto").learn(60_000)
ppo = TrainedRecommender(model, "PPO")
learned = evaluate(ppo, lanes, EVALUATION_SEED)
print(f"PPO {learned.mean:.2f}, beside {myopic.mean:.2f} and {far.mean:.2f} of those who know everything")

# %% [markdown]
# ## Exercise 4: the filter bubble
# Variety of what is read: the entropy of its topics, $-\sum_c p_c \ln p_c$.

# %%
def entropy(counts):
    """Of topics read so often (num_topics,)."""
    # BEGIN SOLUTION
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log(shares)).sum())
    # END SOLUTION


# %%
lab6.check_entropy(entropy)

# %%
def bubble(policy, pages=40):
    """Mean entropy of topics read by a user, and mean absolute leaning at the end."""
    envs = make_lanes(ENV_ID, NUM_USERS, action="proto")
    observations, _ = envs.reset(seed=EVALUATION_SEED)
    items, counts = envs.simulator.items, np.zeros((NUM_USERS, envs.simulator.items.num_categories))
    there, leaning = np.ones(NUM_USERS, dtype=bool), np.zeros(NUM_USERS)
    for _ in range(pages):
        observations, _, terminated, truncated, info = envs.step(policy.act(envs, observations))
        read = info["clicked"] & there[:, None]
        users, slots = np.nonzero(read)
        np.add.at(counts, (users, items.categories[info["slate"][users, slots]]), 1)
        leaning = np.where(there, info["outcome"]["leaning"], leaning)
        there &= ~(terminated | truncated)
    return np.mean([entropy(row) for row in counts if row.sum()]), leaning.mean()


for name, policy in {"myopic": MYOPIC, "far-sighted": reference(ENV_ID, "proto"), "PPO": ppo}.items():
    variety, leaning = bubble(policy)
    print(f"{name:12} entropy of topics {variety:.2f}, leaning {leaning:.2f}")

# %% [markdown]
# **Discuss.** Part of the difference in variety is that sessions differ in length: how would you correct for it? What
# would you pay to keep readers balanced, and who decides?
#
# Sources: Mladenov et al., IJCAI 2019; Dean & Morgenstern, *Preference dynamics under personalized recommendations*, EC
# 2022.
