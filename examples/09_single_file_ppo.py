"""PPO in one file, in the manner of CleanRL: nothing between you and the algorithm (Schulman et al., 2017).

    python examples/09_single_file_ppo.py --steps 200000
"""

from __future__ import annotations

import argparse

import gymnasium
import numpy as np
import torch
from torch import nn
from torch.distributions import Normal

import recgym  # noqa: F401 - registers the environments

NUM_STEPS, EPOCHS, BATCH, GAMMA, LAMBDA, CLIP, RATE = 256, 10, 512, 0.95, 0.9, 0.2, 5e-4


def network(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, 128), nn.Tanh(), nn.Linear(128, 128), nn.Tanh(), nn.Linear(128, outputs))


def main(env_id: str, steps: int, num_envs: int = 16, num_steps: int = NUM_STEPS) -> list[float]:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    envs = gymnasium.make_vec(env_id, num_envs=num_envs, action="proto", autoreset_mode="SameStep")
    inputs, outputs = envs.single_observation_space.shape[0], envs.single_action_space.shape[0]
    actor, critic, spread = network(inputs, outputs), network(inputs, 1), nn.Parameter(torch.full((outputs,), -1.0))
    optimizer = torch.optim.Adam([*actor.parameters(), *critic.parameters(), spread], lr=RATE)
    seen = torch.as_tensor(envs.reset(seed=0)[0])
    history, running, finished = [], np.zeros(num_envs), []
    for _ in range(max(steps // (num_steps * num_envs), 1)):
        observed, acted, chance, value, reward, over = [], [], [], [], [], []
        for _ in range(num_steps):
            with torch.no_grad():
                policy = Normal(actor(seen), spread.exp())
                action = policy.sample()
                chance.append(policy.log_prob(action).sum(1))
                value.append(critic(seen)[:, 0])
            observed.append(seen)
            acted.append(action)
            step = envs.step(action.clamp(-1, 1).numpy())
            seen, done = torch.as_tensor(step[0]), step[2] | step[3]
            reward.append(torch.as_tensor(step[1], dtype=torch.float32))
            over.append(torch.as_tensor(done, dtype=torch.float32))
            running += step[1]
            finished += running[done].tolist()
            running[done] = 0.0
        with torch.no_grad():  # generalised advantage estimation (Schulman et al., 2016, eq. 16)
            after, advantage, advantages = critic(seen)[:, 0], torch.zeros(num_envs), []
            for t in reversed(range(num_steps)):
                going = 1 - over[t]
                delta = reward[t] + GAMMA * going * after - value[t]
                advantage = delta + GAMMA * LAMBDA * going * advantage
                advantages.insert(0, advantage)
                after = value[t]
        x, a, old, v, adv = map(torch.cat, (observed, acted, chance, value, advantages))
        target = adv + v
        for _ in range(EPOCHS):
            for rows in torch.randperm(len(x)).split(BATCH):
                policy, gain = Normal(actor(x[rows]), spread.exp()), adv[rows]
                gain = (gain - gain.mean()) / (gain.std() + 1e-8)
                ratio = (policy.log_prob(a[rows]).sum(1) - old[rows]).exp()
                surrogate = torch.min(ratio * gain, ratio.clamp(1 - CLIP, 1 + CLIP) * gain).mean()
                loss = -surrogate + 0.5 * (critic(x[rows])[:, 0] - target[rows]).pow(2).mean()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
        history.append(float(np.mean(finished[-100:])) if finished else float("nan"))
        print(f"{len(history) * num_steps * num_envs:>9,} steps: return {history[-1]:.2f}", flush=True)
    return history


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--env", default="RecGym-Ecommerce-v0")
    parser.add_argument("--steps", type=int, default=200_000)
    options = parser.parse_args()
    main(options.env, options.steps)
