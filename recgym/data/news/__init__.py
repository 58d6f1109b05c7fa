"""A fictional newspaper: 864 articles in 24 categories.

`catalog.csv.gz` is the output of `python -m recgym.data.news.build`,
whose words are in `vocabulary/` and `shared.toml`.
"""
