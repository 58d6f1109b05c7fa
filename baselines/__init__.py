"""Baselines for RecGym: heuristics, privileged references, Stable-Baselines3, and the measurements that compare them."""
