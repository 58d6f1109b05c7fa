"""Own deep agents, where Stable-Baselines3 has none: they score items with a network, and learn from rollouts."""
