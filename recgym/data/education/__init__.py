"""Fictional courses: 960 lessons and exercises for 40 skills.

`catalog.csv.gz` is the output of `python -m recgym.data.education.build`, whose words are in `vocabulary/` and
`shared.toml`. `skills.toml` says which skill needs which before it.
"""
