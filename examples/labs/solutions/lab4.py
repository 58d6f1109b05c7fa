# %% [markdown]
# # Lab 4: deep reinforcement learning on embedded histories
#
# **Aim.** After this lab you can write the targets of DQN and the advantages and objective of PPO, train both on what a
# language model makes of a history, and measure what the language adds over ids. 60 minutes.
#
# A table needs a few states (lab 3), and there is no end of histories. So a network takes the place of the table. Its
# input is what a viewer liked, skipped and was shown, what they say of themselves and their circumstances, each as a
# vector of a language model (lab 1), beside a few counters and what can be seen of 20 candidates.

# %%
import hashlib

import matplotlib.pyplot as plt
import numpy as np
import torch

from baselines.algorithms import TUNED
from baselines.heuristics import RandomRecommender
from baselines.oracles import MYOPIC
from baselines.recommender import EVALUATION_SEED, SEED_STRIDE, evaluate, make_lanes
from baselines.sb3 import TrainedRecommender, make_model
from checks import lab4

ENV_ID, NUM_USERS, STEPS, DISCOUNT = "RecGym-Video-v0", 300, 16_000, 0.95
ONE = {"action": "item", "fill": "none"}  # a page is one of 20 candidates


def held_out(policy, encoder=None, **view):
    """(NUM_USERS,) returns of viewers whom no training meets; the same viewers for every policy."""
    lanes = make_lanes(ENV_ID, NUM_USERS, agent_encoder=encoder, **view)
    return evaluate(policy, lanes, EVALUATION_SEED).returns


# %% [markdown]
# ## Exercise 1: the target of DQN
# DQN (Mnih et al., 2015) regresses $Q(s, a)$ on $y = r + \gamma \max_{a'} \hat Q(s', a')$. $\hat Q$ is an older copy of
# the network: a target that moves with every step of the regression is chased in circles. Once a session has
# *terminated* (the viewer is lost) there is nothing to come. One that was only *truncated* (60 pages, and we stop
# looking) would have gone on: its target keeps the next value (Pardo et al., 2018).

# %%
def td_target(rewards, next_values, terminated, discount):
    """(batch,) from rewards, terminated (batch,) 0 or 1, and next_values (batch, num_actions) of the older network."""
    # BEGIN SOLUTION
    return rewards + discount * (1 - terminated) * next_values.max(axis=1)
    # END SOLUTION


# %%
lab4.check_target(td_target)

# %% [markdown]
# Now train. A page is one item, chosen among 20 candidates. `learn` also returns what every session of the training was
# worth, in order.

# %%
def learn(algorithm, encoder=None, seed=0, **view):
    """A model after STEPS pages, and the returns of the sessions it learned from."""
    model = make_model(
        algorithm, ENV_ID, seed=seed * SEED_STRIDE, settings=TUNED[algorithm], agent_encoder=encoder, **view
    )
    returns = []
    model.get_env().session = lambda value, length: returns.append(value)
    return model.learn(STEPS), np.array(returns)


dqn, dqn_returns = learn("DQN", **ONE)
batch = dqn.replay_buffer.sample(2000)  # its dones are 0 where a session was truncated
with torch.no_grad():
    values = dqn.q_net(batch.observations).gather(1, batch.actions)[:, 0].numpy()
    next_values = dqn.q_net_target(batch.next_observations).numpy()
target = td_target(batch.rewards.numpy()[:, 0], next_values, batch.dones.numpy()[:, 0], DISCOUNT)
print(f"DQN's values explain {1 - np.var(target - values) / np.var(target):.0%} of the variance of your targets")

# %% [markdown]
# ## Exercise 2: advantages
# PPO makes actions that went better than expected more likely. How much better, *generalised advantage estimation* says
# (Schulman et al., 2016): with $\delta_t = r_t + \gamma V(s_{t+1}) - V(s_t)$ it is
# $\hat A_t = \delta_t + \gamma \lambda \hat A_{t+1}$, from the last step backwards. Where a session ends, neither
# $V(s_{t+1})$ nor $\hat A_{t+1}$ counts: they are those of the next session.

# %%
def advantages(rewards, values, ended, discount, decay):
    """(num_steps,) from rewards, ended (num_steps,) 0 or 1, values (num_steps + 1,), the last of what comes after."""
    # BEGIN SOLUTION
    found, later = np.zeros(len(rewards)), 0.0
    for t in reversed(range(len(rewards))):
        going = 1.0 - ended[t]
        delta = rewards[t] + discount * going * values[t + 1] - values[t]
        found[t] = later = delta + discount * decay * going * later
    return found
    # END SOLUTION


# %%
lab4.check_advantages(advantages)

# %% [markdown]
# Stable-Baselines3 computes the same. Up to the last end of a session in its buffer the two have to agree.

# %%
ppo, ppo_returns = learn("PPO", **ONE)
buffer, lane = ppo.rollout_buffer, 0
starts = np.flatnonzero(buffer.episode_starts[:, lane])
steps = int(starts[-1])  # whole sessions only
rewards, values = buffer.rewards[:steps, lane], buffer.values[: steps + 1, lane]
mine = advantages(rewards, values, buffer.episode_starts[1 : steps + 1, lane], ppo.gamma, ppo.gae_lambda)
print(f"{steps} pages, largest difference {np.abs(mine - buffer.advantages[:steps, lane]).max():.1e}")

# %% [markdown]
# ## Exercise 3: the clipped objective
# With $\rho = \pi_\text{new}(a \mid s) / \pi_\text{old}(a \mid s)$ PPO maximises the mean of
# $\min\big(\rho \hat A,\ \text{clip}(\rho, 1 - \epsilon, 1 + \epsilon)\, \hat A\big)$ (Schulman et al., 2017): several
# passes over the same pages, and no reason to move farther than ε from the policy that collected them.

# %%
def clipped(ratios, advantages, clip):
    """(batch,) the objective of every step, from ratios and advantages (batch,)."""
    # BEGIN SOLUTION
    return np.minimum(ratios * advantages, np.clip(ratios, 1 - clip, 1 + clip) * advantages)
    # END SOLUTION


# %%
lab4.check_clipped(clipped)

# %%
ratios = np.linspace(0, 2, 201)
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4))
left.plot(ratios, clipped(ratios, np.ones(201), 0.2), label="advantage 1")
left.plot(ratios, clipped(ratios, -np.ones(201), 0.2), label="advantage -1")
left.set_xlabel("ratio of the new to the old chance")
left.set_ylabel("objective")
left.legend()
for name, returns in {"DQN": dqn_returns, "PPO": ppo_returns}.items():
    right.plot(np.convolve(returns, np.full(100, 0.01), "valid"), label=name)
right.set_xlabel("session")
right.set_ylabel("return, mean of 100 sessions")
right.legend()
plt.show()

# %% [markdown]
# ## Exercise 4: an encoder without language
# Is it the language that helps, or would ids do? A fair control changes nothing else: the same viewers, the same
# candidates, the same length of every vector. So we give the *agent* an encoder of our own, and leave the world as it
# is (`agent_encoder=`). It has to give every text a random direction of its own: equal texts have equal vectors, in
# whatever batch they come, and all others have nothing in common, "tax" and "taxes" as little as "tax" and "tennis".
#
# Seed a generator for each text, `np.random.default_rng(seed).normal(size=self.embedding_dim)`. The seed has to be the
# same tomorrow: `hashlib.sha256(text.encode()).digest()` is, Python's own `hash` is not.

# %%
class Ids:
    """An encoder is anything with a size, a name and unit vectors."""

    embedding_dim = 384
    fingerprint = "ids of lab 4"

    def encode(self, texts):
        """(len(texts), embedding_dim) float32, every row of length 1."""
        # BEGIN SOLUTION
        seeds = [int.from_bytes(hashlib.sha256(text.encode()).digest(), "little") for text in texts]
        vectors = np.stack([np.random.default_rng(seed).normal(size=self.embedding_dim) for seed in seeds])
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
        # END SOLUTION


# %%
lab4.check_ids(Ids().encode)

# %% [markdown]
# Is the world the same? A random policy looks at nothing, so it has to earn the same with both, to the last viewer.

# %%
worlds = [held_out(RandomRecommender(), encoder, **ONE) for encoder in (None, Ids())]
print("the same returns:", np.array_equal(*worlds), f" random {worlds[0].mean():.2f}",
      f" myopic, knows everything {held_out(MYOPIC, **ONE).mean():.2f}")  # fmt: skip

# %% [markdown]
# ## Exercise 5: what does it add?
# The mean difference of the returns of the same $n$ viewers, and half of its 95 % interval, $1.96\, s / \sqrt{n}$,
# where $s$ is the standard deviation of the *differences* (divide by $n - 1$). Viewers differ a lot; pairs take that
# away.

# %%
def added(with_language, without):
    """(mean difference, half width) from returns (num_users,) of the same users."""
    # BEGIN SOLUTION
    difference = with_language - without
    return difference.mean(), 1.96 * difference.std(ddof=1) / np.sqrt(len(difference))
    # END SOLUTION


# %%
lab4.check_added(added)

# %% [markdown]
# Two ways to choose. With `ONE` the agent picks one of 20 candidates, which the service has retrieved with its own
# language model, whatever the agent's encoder. With `action="proto", search="exact"` the agent says with which weights
# likeness to the history and the query, and every visible trait, are to count, and that ranks all 864 videos;
# likeness is measured by the agent's encoder. (Pages of one item and of three: compare within a line, not between
# lines.) Where will the language count? Guess before you run it.

# %%
VIEWS = {
    "DQN, one of 20 candidates": ("DQN", ONE),
    "PPO, one of 20 candidates": ("PPO", ONE),
    "PPO, whole catalogue": ("PPO", {"action": "proto", "search": "exact"}),
}
trained = {("DQN, one of 20 candidates", 0): dqn, ("PPO, one of 20 candidates", 0): ppo}
for name, (algorithm, view) in VIEWS.items():
    for seed in range(1 if algorithm == "DQN" else 2):
        language = trained.get((name, seed)) or learn(algorithm, seed=seed, **view)[0]
        ids = learn(algorithm, Ids(), seed, **view)[0]
        one = held_out(TrainedRecommender(language, algorithm), **view)
        two = held_out(TrainedRecommender(ids, algorithm), Ids(), **view)
        difference, half_width = added(one, two)
        print(f"{name}, seed {seed}: language {one.mean():5.2f}, ids {two.mean():5.2f},",
              f"added {difference:+.2f} ±{half_width:.2f}")  # fmt: skip

# %% [markdown]
# **Discuss.** The interval is over viewers, for one trained network each: do two seeds agree, and whose difference
# would you publish? (Lab 7.) Where ids do as well, what has the language done before the agent is asked? What would
# happen to both agents if tomorrow's platform had new videos only?
#
# Sources: Mnih et al., *Human-level control through deep reinforcement learning*, Nature 2015; Pardo et al., *Time
# limits in reinforcement learning*, ICML 2018; Schulman et al., *High-dimensional continuous control using generalized
# advantage estimation*, ICLR 2016; Schulman et al., *Proximal policy optimization algorithms*, arXiv:1707.06347, 2017;
# Yuan et al., *Where to go next for recommender systems? ID- vs. modality-based recommender models revisited*, SIGIR
# 2023.
