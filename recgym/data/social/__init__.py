"""A fictional social network: 864 posts, friends' posts and advertisements on 24 topics.

`catalog.csv.gz` is the output of `python -m recgym.data.social.build`, whose words are in `vocabulary/` and
`shared.toml`.
"""
