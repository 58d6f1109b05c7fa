"""A fictional video platform: 864 videos in 24 categories.

`catalog.csv.gz` is the output of `python -m recgym.data.video.build`,
whose words are in `vocabulary/` and `shared.toml`.
"""
