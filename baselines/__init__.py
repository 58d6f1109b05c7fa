"""Baselines for RecGym: heuristics, privileged references, Stable-Baselines3, and measurements that compare them."""
