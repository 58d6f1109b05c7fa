"""A fictional health coach: 864 suggestions of what to do, in 24 categories.

`catalog.csv.gz` is the output of `python -m recgym.data.health.build`, whose words are in `vocabulary/` and
`shared.toml`. They are words for a simulation, not advice.
"""
