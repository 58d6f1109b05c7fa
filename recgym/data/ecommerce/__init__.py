"""A fictional online shop: 3,840 products in 96 categories.

`catalog.csv.gz` is the output of `python -m recgym.data.ecommerce.build`, whose copywriting is in `vocabulary/`.
"""
