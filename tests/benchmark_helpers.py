"""A fabricated benchmark, whose statistics are known because its scores are chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from baselines.results import MEASURED, MEASURES, PACKAGES, Results, Row

ENV_IDS = ("RecGym-News-v0", "RecGym-Video-v0")
FLOOR, TOP = 5.0, 25.0  # returns of scores 0 and 1
KINDS = {"random": "rule", "reference": "privileged", "myopic": "privileged", "popular": "rule"}


def row(env_id: str, baseline: str, seed: int, score: float, **other) -> Row:
    """A measured row with this score, if `fabricated` puts it beside the yardsticks."""
    steps = 0 if baseline in KINDS else 1000
    return {
        "env_id": env_id, "baseline": baseline, "seed": seed, "kind": KINDS.get(baseline, "deep"), "view": "slate",
        "steps": steps, "sessions": 50, "first_session": 1_000_000 + 50 * seed, "status": MEASURED, "score": score,
        **{name: 0.01 * position + 0.1 * score for position, name in enumerate(MEASURES)},
        "return": FLOOR + (TOP - FLOOR) * score, "wall_seconds": 2.0, "cpu_seconds": 1.0,
        "config_hash": f"{env_id[7:9]}{baseline}", **dict.fromkeys(PACKAGES, "1.0"), "problem": "", **other,
    }  # fmt: skip


def fabricated(scores: Mapping[str, Sequence[Sequence[float]]], env_ids: Sequence[str] = ENV_IDS) -> Results:
    """Tables of these scores, baseline -> environment by environment -> seed by seed, and of the two yardsticks."""
    seeds = max(len(runs) for of_baseline in scores.values() for runs in of_baseline)
    everything = {"random": [[0.0] * seeds] * len(env_ids), "reference": [[1.0] * seeds] * len(env_ids), **scores}
    rows = [row(env_id, baseline, seed, score)
            for baseline, of_baseline in everything.items()
            for env_id, runs in zip(env_ids, of_baseline, strict=False)
            for seed, score in enumerate(runs)]  # fmt: skip
    curves, groups = [], []
    for one in rows:
        key = {name: one[name] for name in ("env_id", "baseline", "seed")}
        if one["steps"]:
            curves += [
                key | {"step": step, "return": FLOOR + (one["return"] - FLOOR) * step / 1000} for step in (500, 1000)
            ]
        groups += [key | {"attribute": "segment", "level": level, "return": one["return"] + change}
                   for level, change in (("explorer", -1.0), ("researcher", 0.5), ("cost-conscious", 2.0))]  # fmt: skip
    return Results(rows, curves, groups)


def noisy(num_baselines: int, num_seeds: int, env_ids: Sequence[str] = ENV_IDS) -> Results:
    """Baselines of rising skill whose runs differ."""
    rng = np.random.default_rng(0)
    scores = {f"agent {number}": rng.normal(number / num_baselines, 0.1, (len(env_ids), num_seeds)).tolist()
              for number in range(num_baselines)}  # fmt: skip
    return fabricated({"myopic": [[0.55] * num_seeds] * len(env_ids), **scores}, env_ids)
