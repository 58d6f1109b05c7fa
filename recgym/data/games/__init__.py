"""A fictional games store: 864 games in 24 genres.

`catalog.csv.gz` is the output of `python -m recgym.data.games.build`,
whose words are in `vocabulary/` and `shared.toml`.
"""
