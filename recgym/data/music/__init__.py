"""A fictional music library: 864 tracks in 24 genres.

`catalog.csv.gz` is the output of `python -m recgym.data.music.build`,
whose words are in `vocabulary/` and `shared.toml`.
"""
