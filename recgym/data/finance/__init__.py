"""A fictional bank's shelf: 864 financial products in 24 categories.

`catalog.csv.gz` is the output of `python -m recgym.data.finance.build`, whose words are in `vocabulary/` and
`shared.toml`. They are words for a simulation, not advice.
"""
