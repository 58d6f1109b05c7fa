"""Your own catalogue: a CSV file, embedded once by a language model, then simulated.

    python examples/04_own_catalogue.py --catalog examples/tea_shop.csv
"""

from __future__ import annotations

import argparse
import sys

import gymnasium

import recgym
from recgym.encoders import Encoder


def main(path: str, encoder: Encoder | str, pages: int, **settings: int) -> float:
    try:
        catalog = recgym.Catalog.load(path, required=("price",), defaults={"margin": 0.3, "list_price": "price"})
    except recgym.CatalogError as problems:
        sys.exit(str(problems))  # all of them, each with its cure
    print(f"{catalog.num_items} items in {catalog.num_categories} categories, fingerprint {catalog.fingerprint[:12]}")
    env = gymnasium.make("RecGym-Ecommerce-v0", catalog=path, encoder=encoder, render_mode="ansi", **settings)
    env.reset(seed=0)
    env.action_space.seed(0)
    total = 0.0
    for _ in range(pages):
        _, reward, terminated, truncated, _ = env.step(env.action_space.sample())
        total += float(reward)
        if terminated or truncated:
            break
    print(env.render())
    print(f"return of random pages: {total:.2f}")
    return total


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--catalog", default="examples/tea_shop.csv")
    parser.add_argument("--encoder", default="all-MiniLM-L6-v2", help="a model's name, a folder or a table (.npz)")
    parser.add_argument("--pages", type=int, default=10)
    options = parser.parse_args()
    main(options.catalog, options.encoder, options.pages)
