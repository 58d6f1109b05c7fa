"""The catalogue: what a file has to look like, what is said when it does not, and which items are alike."""

import gzip
import os
import pickle
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from recgym.catalog import Catalog, CatalogError, nearest_neighbours

GOOD = """item_id,title,brand,department,category,description,price,colour
A1,Gooseneck Kettle,Brewmont,Kitchen,Kettles,Pours slowly.,39.99,black
A2,"Kettle, glass",,Kitchen,Kettles,,25,clear
A3,Rag Doll,Merrydale,Toys,Dolls,"Soft
and washable.",19.5,red
"""


def write(folder: Path, text: str | bytes, name: str = "shop.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode("utf-8") if isinstance(text, str) else text)
    return path


def assert_same(one: Catalog, two: Catalog) -> None:
    assert one.fingerprint == two.fingerprint
    for name in ("item_ids", "titles", "texts", "department_names", "category_names"):
        assert getattr(one, name) == getattr(two, name)
    np.testing.assert_array_equal(one.categories, two.categories)
    assert list(one.attributes) == list(two.attributes)
    for name, values in one.attributes.items():
        np.testing.assert_array_equal(values, two.attributes[name])


def test_load_reads_texts_groups_and_attributes(tmp_path):
    catalog = Catalog.load(write(tmp_path, GOOD), required=("price",))
    assert catalog.num_items == 3 and catalog.num_categories == 2
    assert catalog.item_ids == ("A1", "A2", "A3")
    assert catalog.texts[0] == "Gooseneck Kettle. Brewmont. Kitchen > Kettles. Pours slowly."
    assert catalog.texts[1] == "Kettle, glass. Kitchen > Kettles"
    assert catalog.department_names == ("Kitchen", "Toys") and catalog.category_names == ("Kettles", "Dolls")
    assert catalog.departments.tolist() == [0, 0, 1] and catalog.categories.tolist() == [0, 0, 1]
    assert list(catalog.attributes) == ["price"], "a column of words is no attribute"
    assert catalog.attributes["price"].tolist() == [39.99, 25.0, 19.5]
    with pytest.raises(ValueError, match="read-only"):
        catalog.attributes["price"][0] = 0


def test_without_departments_all_items_are_in_one(tmp_path):
    catalog = Catalog.load(write(tmp_path, "item_id,title,category\n1,Kettle,Kettles\n"))
    assert catalog.department_names == ("All",) and catalog.texts == ("Kettle. Kettles",)


def test_a_text_column_replaces_the_composed_text(tmp_path):
    catalog = Catalog.load(write(tmp_path, "item_id,title,category,text\n1,Kettle,Kettles,boils water\n"))
    assert catalog.texts == ("boils water",)


def test_a_text_column_has_a_text_in_every_row(tmp_path):
    path = write(tmp_path, "item_id,title,category,text\n1,Kettle,Kettles,boils water\n2,Pot,Kettles,  \n")
    with pytest.raises(CatalogError, match=r"'text'.*empty in row 2 \(2\).*fill it in"):
        Catalog.load(path)


def test_byte_order_mark_windows_line_ends_and_blank_lines_are_fine(tmp_path):
    text = "\ufeff" + GOOD.replace("\n", "\r\n") + "\r\n\r\n"
    assert Catalog.load(write(tmp_path, text)).item_ids == ("A1", "A2", "A3")


def test_defaults_fill_what_is_missing_and_nothing_else(tmp_path):
    path = write(tmp_path, GOOD)
    defaults = {"price": 1.0, "margin": 0.3, "list_price": "price"}
    for source in (path, Catalog.load(path)):
        catalog = Catalog.load(source, required=("price", "margin", "list_price"), defaults=defaults)
        assert catalog.attributes["price"].tolist() == [39.99, 25.0, 19.5]
        assert catalog.attributes["list_price"].tolist() == [39.99, 25.0, 19.5]
        assert catalog.attributes["margin"].tolist() == [0.3] * 3


def test_star_counts_become_rating_and_num_ratings(tmp_path):
    text = "item_id,title,category,ratings_1,ratings_2,ratings_3,ratings_4,ratings_5\n"
    path = write(tmp_path, text + "a,A,C,1,0,0,0,3\nb,B,C,0,0,0,0,0\nc,D,C,0,0,4,0,0\n")
    attributes = Catalog.load(path, required=("rating",)).attributes
    assert attributes["num_ratings"].tolist() == [4, 0, 4]
    assert attributes["rating"].tolist() == [4.0, 3.5, 3.0], "an item without ratings gets the mean of all ratings"
    nobody = Catalog.load(write(tmp_path, text + "a,A,C,0,0,0,0,0\n")).attributes
    assert nobody["rating"].tolist() == [3.0]


BAD_ROWS = {
    "duplicate id": (["x,T,C,1", "x,T,C,2"], ["unique ids", "'x' in rows 1, 2", "rename"]),
    "empty id": ([",T,C,1"], ["'item_id'", "empty in row 1"]),
    "empty title": (["x,  ,C,1"], ["'title'", "empty in row 1 (x)", "fill it in"]),
    "empty category": (["x,T,,1"], ["'category'", "empty in row 1 (x)"]),
    "word for a price": (["x,T,C,cheap"], ["'price'", "expected a number", "'cheap' in row 1 (x)", "12.99"]),
    "currency": (["x,T,C,$5", "y,T,C,6"], ["'$5' in row 1 (x)"]),
    "empty price": (["x,T,C,", "y,T,C,6"], ["'' in row 1 (x)"]),
    "nan": (["x,T,C,nan"], ["'price'", "nan in row 1 (x)"]),
    "infinity": (["x,T,C,inf"], ["'price'", "inf in row 1 (x)"]),
    "negative": (["x,T,C,-3"], ["'price'", "0 or more", "-3.0 in row 1 (x)"]),
    "too few cells": (["x,T,C"], ["4 cells", "row 1 has 3", "double quotes"]),
    "too many cells": (["x,T,C,1,2", "y,T,C,1"], ["4 cells", "row 1 has 5"]),
    "many": ([f"x{i},T,C,-1" for i in range(9)], ["row 3 (x2) and 6 more"]),
}


@pytest.mark.parametrize("case", BAD_ROWS)
def test_bad_rows_are_named_with_the_cure(tmp_path, case):
    rows, fragments = BAD_ROWS[case]
    path = write(tmp_path, "\n".join(["item_id,title,category,price", *rows]))
    with pytest.raises(CatalogError) as error:
        Catalog.load(path, required=("price",))
    for fragment in ("shop.csv", *fragments):
        assert fragment in str(error.value)


BAD_COLUMNS = {
    "price above list price": ("price,list_price", "9,8", ["'list_price'", "at least the price", "8 < 9 in row 1"]),
    "margin above one": ("margin", "30", ["'margin'", "0 to 1", "30.0 in row 1", "0.3 for 30 %"]),
    "margin below zero": ("margin", "-0.1", ["'margin'", "-0.1 in row 1"]),
    "rating above five": ("rating", "6", ["'rating'", "1 to 5"]),
    "negative stars": ("ratings_1,ratings_2,ratings_3,ratings_4,ratings_5", "1,-1,0,0,0", ["'ratings_2'", "-1.0"]),
    "some stars only": ("ratings_1,ratings_2", "1,1", ["all five stars", "ratings_3"]),
    "stars and rating": ("rating,ratings_1,ratings_2,ratings_3,ratings_4,ratings_5", "3,1,1,1,1,1", ["either"]),
    "negative days": ("days_online", "-1", ["'days_online'"]),
    "column twice": ("price,price", "1,1", ["named twice", "'price'"]),
}


@pytest.mark.parametrize("case", BAD_COLUMNS)
def test_bad_columns_are_named_with_the_cure(tmp_path, case):
    header, row, fragments = BAD_COLUMNS[case]
    with pytest.raises(CatalogError) as error:
        Catalog.load(write(tmp_path, f"item_id,title,category,{header}\nx,T,C,{row}\n"))
    for fragment in fragments:
        assert fragment in str(error.value)


def test_unknown_column_that_is_mostly_numbers_must_be_numbers(tmp_path):
    with pytest.raises(CatalogError, match=r"'weight'.*'2kg' in row 2 \(b\)"):
        Catalog.load(write(tmp_path, "item_id,title,category,weight\na,T,C,1\nb,T,C,2kg\nc,T,C,3\n"))


def test_what_follows_from_a_wrong_column_is_not_told_twice(tmp_path):
    path = write(tmp_path, "item_id,title,category,price\nx,T,C,-3\n")
    with pytest.raises(CatalogError) as error:
        Catalog.load(path, required=("price",), defaults={"list_price": "price"})
    assert len(error.value.problems) == 1 and "'price'" in error.value.problems[0]
    path = write(tmp_path, "item_id;title;category;price\nx;T;C;1,5\n")
    with pytest.raises(CatalogError, match="comma-separated") as error:
        Catalog.load(path)
    assert len(error.value.problems) == 1


def test_a_column_that_has_to_be_there_is_not_to_be_left_out(tmp_path):
    path = write(tmp_path, "item_id,title,category,price,margin\nx,T,C,cheap,some\n")
    with pytest.raises(CatalogError) as error:
        Catalog.load(path, required=("price",))
    price, margin = error.value.problems
    assert "leave the column out" not in price and "leave the column out" in margin


def test_missing_columns_are_guessed(tmp_path):
    path = write(tmp_path, "item_id,Title,categry,pric\nx,T,C,1\n")
    with pytest.raises(CatalogError) as error:
        Catalog.load(path, required=("price", "margin"))
    assert len(error.value.problems) == 4
    assert "'title'" in str(error.value) and "did you mean the column 'Title'?" in str(error.value)
    assert "did you mean the column 'categry'?" in str(error.value)
    assert "did you mean the column 'pric'?" in str(error.value)
    assert "a column 'margin'" in str(error.value)


def test_a_catalogue_given_as_object_is_checked_too(tmp_path):
    catalog = Catalog.load(write(tmp_path, GOOD))
    # A price is none: it has a meaning of its own.
    with pytest.raises(CatalogError, match="'list_price', got price; add it"):
        Catalog.load(catalog, required=("list_price",))
    with pytest.raises(CatalogError, match="'margin'.*0 to 1"):
        Catalog.load(catalog, defaults={"margin": 30.0})


def test_all_problems_are_reported_at_once(tmp_path):
    path = write(tmp_path, "item_id,title,category,price,margin\nx,,C,-1,2\nx,T,,1,0.5\n")
    with pytest.raises(CatalogError) as error:
        Catalog.load(path)
    assert len(error.value.problems) == 5


def test_a_category_lies_in_one_department(tmp_path):
    path = write(tmp_path, "item_id,title,department,category\na,T,Men,Shoes\nb,T,Women,Shoes\n")
    with pytest.raises(CatalogError, match="'Shoes' in Men, Women"):
        Catalog.load(path)


NOT_A_CATALOGUE = {
    "empty file": (b"", "shop.csv", "an empty file"),
    "header only": (b"item_id,title,category\n", "shop.csv", "a header only"),
    "semicolons": (b"item_id;title;category\nx;T;C\n", "shop.csv", "comma-separated"),
    "binary": (b"\x89PNG\r\n\xff\xfe\x00", "shop.csv", "not a CSV file in UTF-8"),
    "open quote": (b'item_id,title,category\nx,"T,C\n', "shop.csv", "not a CSV file"),
    "truncated gzip": (gzip.compress(GOOD.encode() * 50)[:-20], "shop.csv.gz", "not a complete gzip file"),
    "plain text called gz": (GOOD.encode(), "shop.csv.gz", "not a complete gzip file"),
    "damaged gzip": (gzip.compress(GOOD.encode())[:12] + b"\xff" * 99, "shop.csv.gz", "not a complete gzip file"),
    "other format": (b"[]", "shop.json", "ending in .csv"),
}


@pytest.mark.parametrize("case", NOT_A_CATALOGUE)
def test_files_that_are_no_catalogue(tmp_path, case):
    content, name, fragment = NOT_A_CATALOGUE[case]
    with pytest.raises(CatalogError, match=fragment):
        Catalog.load(write(tmp_path, content, name))


def test_no_such_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="no catalogue at .*nowhere.csv"):
        Catalog.load(tmp_path / "nowhere.csv")


def test_parquet_without_pyarrow_names_the_package(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ImportError, match=r'pip install -e "\.\[parquet\]"'):
        Catalog.load(write(tmp_path, b"PAR1", "shop.parquet"))


def test_parquet_gives_the_same_catalogue_as_csv(tmp_path):
    pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is optional")
    from pyarrow import csv, parquet

    path = write(tmp_path, GOOD)
    options = csv.ParseOptions(newlines_in_values=True)
    parquet.write_table(csv.read_csv(path, parse_options=options), tmp_path / "shop.parquet")
    assert_same(Catalog.load(path), Catalog.load(tmp_path / "shop.parquet"))
    with pytest.raises(CatalogError, match="not a parquet file"):
        Catalog.load(write(tmp_path, b"PAR1", "broken.parquet"))
    assert pyarrow


@pytest.mark.parametrize("name", ["copy.csv", "copy.csv.gz"])
def test_save_and_load_round_trip(tmp_path, name):
    catalog = Catalog.load(write(tmp_path, GOOD), defaults={"margin": 1 / 3})
    catalog.save(tmp_path / name)
    assert_same(catalog, Catalog.load(tmp_path / name))
    first = (tmp_path / name).read_bytes()
    catalog.save(tmp_path / name)
    assert (tmp_path / name).read_bytes() == first


def test_save_leaves_the_old_file_when_it_fails(tmp_path, monkeypatch):
    catalog = Catalog.load(write(tmp_path, GOOD))

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        catalog.save(tmp_path / "shop.csv")
    assert (tmp_path / "shop.csv").read_text() == GOOD
    assert os.listdir(tmp_path) == ["shop.csv"]
    with pytest.raises(CatalogError, match="ending in .csv or .csv.gz"):
        catalog.save(tmp_path / "shop.xlsx")


odd_texts = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20).filter(str.strip)


@settings(deadline=None)
@given(st.lists(st.tuples(odd_texts, odd_texts, st.floats(0, 1e9)), min_size=1, max_size=5))
def test_odd_texts_survive_a_round_trip(tmp_path_factory, rows):
    titles, categories, prices = zip(*rows, strict=True)
    names = tuple(dict.fromkeys(category.strip() for category in categories))
    catalog = Catalog(
        item_ids=tuple(f"id{i}" for i in range(len(rows))),
        titles=titles,
        texts=titles,
        departments=np.zeros(len(rows), dtype=np.int64),
        categories=np.array([names.index(category.strip()) for category in categories]),
        department_names=('Home, "sweet" home\nand more',),
        category_names=names,
        attributes={"price": np.array(prices)},
    )
    path = tmp_path_factory.mktemp("odd") / "shop.csv"
    catalog.save(path)
    assert_same(catalog, Catalog.load(path))


def test_fingerprint_tells_contents_apart(tmp_path):
    catalog = Catalog.load(write(tmp_path, GOOD))
    others = [
        GOOD.replace("A1", "A9"),
        GOOD.replace("39.99", "39.98"),
        GOOD.replace("Toys", "Games"),
        GOOD.replace("slowly", "fast"),
        GOOD.replace("price", "cost"),
    ]
    prints = {Catalog.load(write(tmp_path, text)).fingerprint for text in [GOOD, *others]}
    assert len(prints) == 6 and catalog.fingerprint in prints and len(catalog.fingerprint) == 64
    assert pickle.loads(pickle.dumps(catalog)).fingerprint == catalog.fingerprint


def test_arrays_of_different_length_are_refused(tmp_path):
    with pytest.raises(CatalogError, match="attribute 'price': expected 1 entries, got 2"):
        Catalog(("a",), ("A",), ("A",), np.zeros(1, int), np.zeros(1, int), ("D",), ("C",), {"price": np.ones(2)})


BY_HAND = {
    "same id twice": ({"item_ids": ("a", "b", "a")}, "item_ids.*unique ids.*'a'.*rename"),
    "empty id": ({"item_ids": ("a", "", "c")}, "item_ids.*empty.*at 1"),
    "blank title": ({"titles": ("A", "B", " ")}, "titles.*empty.*at 2.*fill it in"),
    "empty text": ({"texts": ("", "B", "C")}, "texts.*empty.*at 0"),
    "category -1": ({"categories": np.array([0, -1, 1])}, "categories.*0 to 1.*-1 at 1"),
    "category too high": ({"categories": np.array([0, 1, 2])}, "categories.*0 to 1.*2 at 2"),
    "a category without items": ({"categories": np.array([0, 0, 0])}, "categories.*every name.*none of 1.*leave"),
    "department -1": ({"departments": np.array([-1, 0, 0])}, "departments.*0 to 0.*-1 at 0"),
    "department too high": ({"departments": np.array([0, 0, 5])}, "departments.*0 to 0.*5 at 2"),
}


@pytest.mark.parametrize("case", BY_HAND)
def test_a_catalogue_put_together_by_hand_is_checked(case):
    good = {"item_ids": ("a", "b", "c"), "titles": ("A", "B", "C"), "texts": ("A", "B", "C"),
            "departments": np.zeros(3, int), "categories": np.array([0, 1, 1]), "department_names": ("D",),
            "category_names": ("C", "E"), "attributes": {}}  # fmt: skip
    assert Catalog(**good).num_items == 3
    changed, pattern = BY_HAND[case]
    with pytest.raises(CatalogError, match=pattern):
        Catalog(**{**good, **changed})


@settings(deadline=None)
@given(
    arrays(np.int64, st.tuples(st.integers(2, 12), st.integers(1, 3)), elements=st.integers(-2, 2)),
    st.data(),
)
def test_neighbours_are_those_of_brute_force(vectors, data):
    num_items = len(vectors)
    count = data.draw(st.integers(1, num_items - 1))
    neighbours = nearest_neighbours(vectors, count, block_size=data.draw(st.integers(1, 5)))
    assert neighbours.shape == (num_items, count) and neighbours.dtype == np.int64

    def cosine(a, b):
        return round(float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b) or 1)), 9)

    for item in range(num_items):
        others = [other for other in range(num_items) if other != item]
        expected = sorted(others, key=lambda other: (-cosine(vectors[item], vectors[other]), other))
        assert neighbours[item].tolist() == expected[:count]


@pytest.mark.parametrize("count", [0, 3, -1])
def test_neighbour_count_out_of_range(count):
    with pytest.raises(ValueError, match="expected 1 to 2 neighbours of 3 items"):
        nearest_neighbours(np.eye(3), count)


def test_neighbours_of_broken_embeddings():
    with pytest.raises(ValueError, match="finite"):
        nearest_neighbours(np.full((3, 2), np.nan), 1)
    with pytest.raises(ValueError, match=r"shape \(3,\)"):
        nearest_neighbours(np.ones(3), 1)
