"""A fictional search index: documents for words that mean several things, six for each meaning.

`catalog.csv.gz` is the output of `python -m recgym.data.search.build`, whose words are in `vocabulary/` and
`shared.toml`.
"""
