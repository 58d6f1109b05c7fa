# %% [markdown]
# # Lab 5: slates
#
# **Aim.** After this lab you can measure position bias, explain why the best items are not the best slate, and say what
# a learner loses that forgets the no-click outcome. 60 minutes.

# %%
import itertools

import gymnasium
import matplotlib.pyplot as plt
import numpy as np

import recgym  # registers the environments
from checks import lab5

# %% [markdown]
# ## Exercise 1: position bias
# Users look at the first slot most. If the same items are shown in random order, only the position can explain a
# difference: estimate examination relative to the first slot, $\theta_k / \theta_1$, from clicks and impressions by
# slot (Craswell et al., 2008).

# %%
def examination(clicks, shown):
    """(num_slots,) relative to the first slot, from counts (num_slots,)."""
    # BEGIN SOLUTION
    rates = clicks / shown
    return rates / rates[0]
    # END SOLUTION


# %%
lab5.check_examination(examination)

# %%
envs = gymnasium.make_vec("RecGym-Ecommerce-v0", num_envs=2000, slate_size=5)
envs.reset(seed=0)
envs.action_space.seed(0)
clicks, shown = np.zeros(5), np.zeros(5)
for _ in range(30):
    info = envs.step(envs.action_space.sample())[-1]
    clicks += info["clicked"][info["_slate"]].sum(axis=0)
    shown += info["_slate"].sum()
slots = np.arange(1, 6)
plt.plot(slots, examination(clicks, shown), "o-", label="measured on random slates")
plt.plot(slots, slots**-0.9, "--", label="k^-0.9, the simulator's truth")
plt.xlabel("slot")
plt.legend()
plt.show()
print("measured", examination(clicks, shown).round(2), " truth", (slots**-0.9).round(2))

# %% [markdown]
# ## Exercise 2: choosing one, or nothing
# In RecSim's interest evolution a user clicks at most one item: $P(i \mid A) = w_i / (w_0 + \sum_{j \in A} w_j)$, where
# $w_0$ is the weight of clicking nothing.

# %%
def choice(weights, no_click):
    """(num_items,) chances of a click on each item of a slate with these weights (num_items,)."""
    # BEGIN SOLUTION
    return weights / (no_click + weights.sum())
    # END SOLUTION


# %%
lab5.check_choice(choice)

# %% [markdown]
# ## Exercise 3: the value of a slate
# SlateQ (Ie et al., IJCAI 2019) splits the value of a slate into those of its outcomes,
# $Q(s, A) = \sum_{i \in A} P(i \mid A)\, \bar Q(s, i) + P(\bot \mid A)\, \bar Q(s, \bot)$. Do not forget the last term.

# %%
def slate_value(weights, values, no_click, value_of_nothing):
    """Of a slate with these weights and long-term values of a click (num_items,)."""
    # BEGIN SOLUTION
    chances = choice(weights, no_click)
    return chances @ values + (1 - chances.sum()) * value_of_nothing
    # END SOLUTION


# %%
lab5.check_value(slate_value)

# %% [markdown]
# ## Exercise 4: the best slate
# Return the columns of the best slate of `size` items. Trying all is fine here; for many items the best set is the top
# of $w_i (\bar Q_i - z)$ for the right $z$.

# %%
def best_slate(weights, values, no_click, value_of_nothing, size):
    """(size,) columns of the slate with the highest value."""
    # BEGIN SOLUTION
    slates = itertools.combinations(range(len(weights)), size)
    worth = {
        slate: slate_value(weights[list(slate)], values[list(slate)], no_click, value_of_nothing) for slate in slates
    }
    return np.array(max(worth, key=worth.get))
    # END SOLUTION


# %%
lab5.check_best(best_slate)

# %% [markdown]
# ## What forgetting "no click" costs
# In `RecGym-InterestEvolution-v0` users have a budget of time $T$: good videos refill it. With a value of $\rho$ per
# unit of budget a click is worth $\bar Q_i = 4 + \rho\,(T - 4 + 1.06\, L_i)$ with the quality $L_i$, and no click
# $\bar Q_\bot = \rho\,(T - 0.5)$. ($\rho$ was found by search, for each policy its own.) The simulator's exact slate
# search maximises $\sum_i P(i \mid A)\, v_i$; with $v_i = \bar Q_i - \bar Q_\bot$ that is the value of exercise 3.

# %%
NUM_USERS = 300
envs = gymnasium.make_vec("RecGym-InterestEvolution-v0", num_envs=NUM_USERS)
model = envs.simulator


def returns(rho, with_no_click):
    """Mean return of a session; rho = 0 looks at this click only."""
    envs.reset(seed=0)
    total, going = np.zeros(NUM_USERS), np.ones(NUM_USERS, dtype=bool)
    while going.any():
        topics = envs.state["candidate_features"].argmax(axis=2)
        quality = model.topic_quality[topics]  # what can be known before a click
        budget = envs.state["budget"][:, None]
        value = 4.0 + rho * (budget - 4.0 + 0.9 / 3.4 * 4.0 * quality)
        value -= with_no_click * rho * (budget - 0.5)
        slates = model.choice.best_slate(model.utilities(envs.state), value, 3)
        _, reward, terminated, truncated, _ = envs.step(slates)
        total += reward * going
        going &= ~(terminated | truncated)
    return total.mean()


for name, found in {
    "this click only (myopic)": returns(0.0, True),
    "long term, no click forgotten": returns(0.87, False),
    "long term, no click included": returns(1.39, True),
}.items():
    print(f"{name:32} return {found:6.1f}")

# %% [markdown]
# **Discuss.** Why does the slate that forgets "no click" fill up with videos nobody should watch? When are the best
# items the best slate?
#
# Sources: Craswell et al., *An experimental comparison of click position-bias models*, WSDM 2008; Ie et al., *SlateQ*,
# IJCAI 2019.
