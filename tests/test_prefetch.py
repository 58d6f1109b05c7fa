"""Where rows lie, and that asking for them changes nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recgym.prefetch import LINE, aligned, prefetch_ahead, whole_lines

TYPES = st.sampled_from([np.float32, np.float64])


@given(st.integers(1, 9), st.integers(1, 40), TYPES, st.integers(0, 15))
def test_aligned_rows_begin_at_a_line_and_are_copied_only_if_they_do_not(num_rows, num_columns, dtype, offset):
    values = np.arange(offset + num_rows * num_columns, dtype=dtype)[offset:].reshape(num_rows, num_columns)
    placed = aligned(values)
    assert placed.ctypes.data % LINE == 0 and placed.dtype == dtype and np.array_equal(placed, values)
    assert aligned(placed) is placed


@pytest.mark.parametrize(("num_columns", "room"), [(1, 1), (3, 4), (8, 8), (9, 16), (16, 16), (17, 32), (32, 32)])
def test_whole_lines_are_parts_or_multiples_of_a_line(num_columns, room):
    """A line is 16 numbers of 4 bytes."""
    rows = np.arange(5 * num_columns, dtype=np.float32).reshape(5, num_columns)
    padded = whole_lines(rows)
    assert padded.shape == (5, room) and padded.ctypes.data % LINE == 0
    assert np.array_equal(padded[:, :num_columns], rows) and not padded[:, num_columns:].any()


def test_asking_changes_nothing():
    values = np.arange(12.0).reshape(4, 3)
    rows = np.array([[3, -1, 0], [1, 2, -1]])
    for lane in range(2):
        prefetch_ahead(values, rows, lane)
        prefetch_ahead(values[:, 1], rows, lane)
    assert np.array_equal(values, np.arange(12.0).reshape(4, 3))
