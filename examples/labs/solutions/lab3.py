# %% [markdown]
# # Lab 3: Q-learning and SARSA against the optimum
#
# **Aim.** After this lab you can solve a small decision process exactly, learn it from experience in two ways, and say
# how far from the optimum a learner ends. 60 minutes.

# %%
import gymnasium
import matplotlib.pyplot as plt
import numpy as np

import recgym  # registers the environments
from checks import lab3
from recgym.classics import LongTermSatisfaction
from recgym.classics.long_term_satisfaction import SatisfactionPlanner

# %% [markdown]
# ## A newsstand with five levels of trust
# A reader trusts the newsstand at a level from 0 to 4. *Bait* is read with probability .9, whatever the trust, and
# costs a level of it with probability .5; *solid* news is read with probability .3 + .05 × trust and builds a level
# with probability .5. Reading pays 1. With probability .12 × (1 − trust / 4) the reader never comes back.

# %%
LEVELS, BAIT, SOLID, GONE, DISCOUNT = 5, 0, 1, 5, 0.95
chances, rewards = np.zeros((LEVELS + 1, 2, LEVELS + 1)), np.zeros((LEVELS + 1, 2))  # the last state: gone for good
chances[GONE, :, GONE] = 1.0
for trust in range(LEVELS):
    lost = 0.12 * (1 - trust / 4)
    rewards[trust] = 0.9, 0.3 + 0.05 * trust
    chances[trust, BAIT, max(trust - 1, 0)] += 0.5 * (1 - lost)
    chances[trust, BAIT, trust] += 0.5 * (1 - lost)
    chances[trust, SOLID, min(trust + 1, LEVELS - 1)] += 0.5 * (1 - lost)
    chances[trust, SOLID, trust] += 0.5 * (1 - lost)
    chances[trust, :, GONE] = lost

# %% [markdown]
# ## Exercise 1: a Bellman backup
# $Q(s, a) = r(s, a) + \gamma \sum_{s'} P(s' \mid s, a)\, V(s')$ for all pairs at once. (NumPy's `chances @ values` sums
# over the last axis.)

# %%
def backup(chances, rewards, values, discount):
    """(num_states, num_actions) from chances (num_states, num_actions, num_states) and values (num_states,)."""
    # BEGIN SOLUTION
    return rewards + discount * chances @ values
    # END SOLUTION


# %%
lab3.check_bellman(backup)

# %% [markdown]
# ## Exercise 2: value iteration
# Begin anywhere and repeat $V(s) \leftarrow \max_a Q(s, a)$: the distance to the optimum shrinks by γ every time
# (Bellman, 1957).

# %%
def solve(chances, rewards, discount):
    """(num_states, num_actions) the optimal Q."""
    # BEGIN SOLUTION
    q = np.zeros(rewards.shape)
    for _ in range(500):
        q = backup(chances, rewards, q.max(axis=1), discount)
    return q
    # END SOLUTION


# %%
lab3.check_value_iteration(solve)

# %%
optimal = solve(chances, rewards, DISCOUNT)
print("best at trust 0..4:", [("bait", "solid")[action] for action in optimal[:LEVELS].argmax(axis=1)])
print("values:", optimal.max(axis=1).round(2), "(a greedy newsstand shows bait at every level)")

# %% [markdown]
# ## Exercise 3: Q-learning
# Without knowing the chances: after a step $(s, a, r, s')$ move one value,
# $Q(s, a) \mathrel{+}= \alpha\,[\,r + \gamma \max_{a'} Q(s', a') - Q(s, a)\,]$ (Watkins, 1989). After the end there is
# no next value.

# %%
def q_learning(q, state, action, reward, after, ended, rate, discount):
    """`q` after one step."""
    # BEGIN SOLUTION
    target = reward + (0.0 if ended else discount * q[after].max())
    q[state, action] += rate * (target - q[state, action])
    return q
    # END SOLUTION


# %%
lab3.check_q_learning(q_learning)

# %% [markdown]
# ## Exercise 4: SARSA
# The same with the action that *is* taken next, exploration and all:
# $Q(s, a) \mathrel{+}= \alpha\,[\,r + \gamma Q(s', a') - Q(s, a)\,]$.

# %%
def sarsa(q, state, action, reward, after, next_action, ended, rate, discount):
    """`q` after one step and the choice of the next action."""
    # BEGIN SOLUTION
    target = reward + (0.0 if ended else discount * q[after, next_action])
    q[state, action] += rate * (target - q[state, action])
    return q
    # END SOLUTION


# %%
lab3.check_sarsa(sarsa)


# %%
def learn(on_policy, steps, seed=0):
    """Distance of the learned values from the optimum along the way, and the values."""
    rng = np.random.default_rng(seed)
    q, visits, distances = np.zeros((LEVELS + 1, 2)), np.zeros((LEVELS + 1, 2)), []
    state, action = 2, SOLID
    for step in range(steps):
        epsilon = max(1.0 - step / (0.8 * steps), 0.02)
        after = rng.choice(LEVELS + 1, p=chances[state, action])
        reward = float(rng.random() < rewards[state, action])
        next_action = int(rng.integers(2)) if rng.random() < epsilon else int(q[after].argmax())
        visits[state, action] += 1
        rate = visits[state, action] ** -0.6
        if on_policy:
            q = sarsa(q, state, action, reward, after, next_action, after == GONE, rate, DISCOUNT)
        else:
            q = q_learning(q, state, action, reward, after, after == GONE, rate, DISCOUNT)
        state, action = (int(rng.integers(LEVELS)), int(rng.integers(2))) if after == GONE else (after, next_action)
        if step % 500 == 0:
            distances.append(np.abs(q - optimal)[:LEVELS].max())
    return distances, q


for name, on_policy in (("Q-learning", False), ("SARSA", True)):
    distances, learned = learn(on_policy, 100_000)
    plt.plot(np.arange(len(distances)) * 500, distances, label=name)
    same = (learned.argmax(axis=1) == optimal.argmax(axis=1))[:LEVELS]
    print(f"{name}: largest error {distances[-1]:.2f}, optimal action in {same.sum()} of {LEVELS} states")
plt.xlabel("steps")
plt.ylabel("largest error of a value")
plt.legend()
plt.show()

# %% [markdown]
# ## A user whose state is hidden
# `RecGym-LongTermSatisfaction-v0` (Choc and Kale; Mladenov et al., 2019): clickbait c engages now, and lowers a hidden
# exposure $x_{t+1} = .7\, x_t - 2 (c - \tfrac12) + \text{noise}$, on which all engagement rests. The exposure is not
# observed, but the history is.
#
# ## Exercise 5: rebuild the hidden state
# Estimate the exposure from the last items' clickbait, the latest first.

# %%
def exposure(history):
    """(num_envs,) from the clickbait of the last items (num_envs, num_items), the latest first."""
    # BEGIN SOLUTION
    return (0.7 ** np.arange(history.shape[1]) * -2 * (history - 0.5)).sum(axis=1)
    # END SOLUTION


# %%
lab3.check_exposure(exposure)

# %% [markdown]
# Now a table: 15 ranges of the estimated exposure, and three actions: show the candidate with the least, the middle or
# the most clickbait. Your `q_learning` does one step for one user; this is the same for a thousand.

# %%
NUM_USERS, RANGES, HORIZON = 1000, 15, 60
envs = gymnasium.make_vec("RecGym-LongTermSatisfaction-v0", num_envs=NUM_USERS, variant="very_sensitive", action="item",
                          observation="dict", autoreset_mode="SameStep")


def act(observation, action):
    """Candidates of each user by rank of their clickbait: 0 the least, 1 the middle, 2 the most."""
    order = np.argsort(observation["candidates"][..., 0], axis=1)
    return order[np.arange(len(action)), np.array([0, order.shape[1] // 2, -1])[action]]


def state_of(observation, shown):
    """Ranges of the estimated exposure; before anything was shown it is taken to be 0."""
    history = np.where(np.arange(observation["history"].shape[1]) < shown, observation["history"][..., 0], 0.5)
    return np.digitize(exposure(history), np.linspace(-3, 3, RANGES - 1))


def play(q, epsilon, rng, visits=None):
    """Mean return of one session of all users; with a count of visits (num_states, num_actions) it learns."""
    observation, _ = envs.reset(seed=int(rng.integers(10**6)))
    total, state = 0.0, state_of(observation, 0)
    for step in range(HORIZON):
        action = np.where(rng.random(NUM_USERS) < epsilon, rng.integers(3, size=NUM_USERS), q[state].argmax(axis=1))
        observation, reward, *_ = envs.step(act(observation, action))
        after, total = state_of(observation, step + 1), total + reward.mean()
        if visits is not None:
            target = reward + 0.9 * (step < HORIZON - 1) * q[after].max(axis=1)
            met = np.bincount(state * 3 + action, minlength=q.size).reshape(q.shape)
            moves = np.bincount(state * 3 + action, target - q[state, action], q.size).reshape(q.shape)
            visits += met > 0
            q += moves / np.maximum(met, 1) / np.maximum(visits, 1)  # the rate is 1 / visits
        state = after
    return total


rng = np.random.default_rng(0)
table, visits = np.zeros((RANGES, 3)), np.zeros((RANGES, 3))
for session in range(200):
    play(table, max(1 - session / 140, 0.1), rng, visits)
planner = SatisfactionPlanner(LongTermSatisfaction(variant="very_sensitive"))
always = {"always the most clickbait": [0.0, 0.0, 1.0], "always the least": [1.0, 0.0, 0.0]}
bounds = {name: np.tile(values, (RANGES, 1)) for name, values in always.items()} | {"learned table": table}
for name, q in bounds.items():
    print(f"{name:26} return {np.mean([play(q, 0.0, rng) for _ in range(5)]):7.1f}")
print(f"{'optimum, all c available':26} return {planner.start_value(planner.best()):7.1f} (dynamic programming)")

# %% [markdown]
# **Discuss.** Where does the table lose what the optimum has? Why does SARSA end farther from the optimal values than
# Q-learning while it still explores, and when would you want its values?
#
# Sources: Sutton & Barto, *Reinforcement learning*, 2018, chapters 4 and 6; Mladenov et al., *Advantage amplification
# in slowly evolving latent-state environments*, IJCAI 2019.
