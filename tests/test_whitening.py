"""Whitening against its definitions: covariances, reconstruction errors, hand-made cones."""

from __future__ import annotations

import numpy as np
import pytest

from recgym.whitening import Projection, anisotropy, fit_whitening

METHODS = ("none", "center", "pca", "zca", "relaxed")


@pytest.fixture
def embeddings() -> np.ndarray:
    """(400, 6) float32 with very unequal, correlated axes and a large mean."""
    rng = np.random.default_rng(0)
    return (rng.normal(size=(400, 6)) * [5, 3, 2, 1, 0.5, 0.1] @ rng.normal(size=(6, 6)) + 4).astype(np.float32)


def mapped(projection: Projection, x: np.ndarray) -> np.ndarray:
    """The projection before its rows are scaled to length 1."""
    return (x.astype(np.float64) - projection.mean) @ projection.matrix


@pytest.mark.parametrize("size", [6, 3])
@pytest.mark.parametrize("method", ["pca", "zca"])
def test_whitened_covariance_is_the_identity(embeddings, method, size):
    y = mapped(fit_whitening(embeddings, method, size), embeddings)
    np.testing.assert_allclose(y.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(y.T @ y / len(y), np.eye(size), atol=1e-6)


def test_zca_is_the_symmetric_root_and_pca_when_it_reduces(embeddings):
    matrix = fit_whitening(embeddings, "zca").matrix
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-9)
    covariance = np.cov(embeddings.astype(np.float64).T, bias=True)
    np.testing.assert_allclose(matrix @ matrix, np.linalg.inv(covariance), rtol=1e-6)
    np.testing.assert_array_equal(
        fit_whitening(embeddings, "zca", 3).matrix, fit_whitening(embeddings, "pca", 3).matrix
    )


def test_relaxed_leaves_the_square_root_of_each_variance(embeddings):
    covariance = np.cov(embeddings.astype(np.float64).T, bias=True)
    y = mapped(fit_whitening(embeddings, "relaxed"), embeddings)
    expected = np.sqrt(np.linalg.eigvalsh(covariance)[::-1])
    np.testing.assert_allclose(y.T @ y / len(y), np.diag(expected), atol=1e-6 * expected[0])


def test_none_and_center_change_no_axis_at_full_size(embeddings):
    np.testing.assert_array_equal(mapped(fit_whitening(embeddings, "none"), embeddings), embeddings)
    np.testing.assert_allclose(
        mapped(fit_whitening(embeddings, "center"), embeddings), embeddings - embeddings.mean(axis=0, dtype=np.float64)
    )


@pytest.mark.parametrize("method", ["none", "center"])
def test_reduction_loses_exactly_the_smallest_eigenvalues(embeddings, method):
    projection = fit_whitening(embeddings, method, 2)
    np.testing.assert_allclose(projection.matrix.T @ projection.matrix, np.eye(2), atol=1e-12)
    x = embeddings - projection.mean
    lost = ((x - x @ projection.matrix @ projection.matrix.T) ** 2).sum() / len(x)
    np.testing.assert_allclose(lost, np.linalg.eigvalsh(x.T @ x / len(x))[:-2].sum(), rtol=1e-6)
    assert (projection.mean == 0).all() == (method == "none")


@pytest.mark.parametrize("method", METHODS)
def test_apply_gives_float32_unit_rows_of_any_leading_shape(embeddings, method):
    projection = fit_whitening(embeddings, method, 4)
    rows = projection.apply(embeddings)
    assert rows.shape == (400, 4) and rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(projection.apply(embeddings.reshape(20, 20, 6)), rows.reshape(20, 20, 4), atol=1e-6)
    np.testing.assert_allclose(projection.apply(embeddings[7]), rows[7], atol=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_the_same_axes_and_signs_whatever_the_order_of_rows(embeddings, method):
    first = fit_whitening(embeddings, method, 4)
    second = fit_whitening(embeddings[::-1], method, 4)
    np.testing.assert_allclose(first.matrix, second.matrix, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("method", ["pca", "zca", "relaxed"])
def test_axes_without_variance_get_no_weight(method):
    """Three rows span two dimensions once they are centred: whitening must not blow up rounding noise in the others."""
    x = np.random.default_rng(1).normal(size=(3, 8))
    projection = fit_whitening(x, method)
    assert np.linalg.matrix_rank(projection.matrix) == 2
    assert np.abs(projection.matrix).max() < 10
    np.testing.assert_array_equal(projection.apply(projection.mean), 0)


def test_whitening_opens_a_cone():
    x = np.random.default_rng(2).normal(size=(500, 16)) * np.linspace(1, 0.1, 16) + 3
    cosine, rank = anisotropy(x)
    white_cosine, white_rank = anisotropy(fit_whitening(x, "pca").apply(x))
    assert cosine > 0.9 and abs(white_cosine) < 0.01
    assert rank < 6 and white_rank > 15.9


def test_anisotropy_of_known_sets():
    assert anisotropy(np.eye(5)) == pytest.approx((0.0, 5.0))
    assert anisotropy(np.tile([3.0, 4.0], (7, 1))) == pytest.approx((1.0, 1.0))
    assert anisotropy(np.array([[1.0, 0.0], [-2.0, 0.0]])) == pytest.approx((-1.0, 1.0))
    assert anisotropy(np.vstack((np.eye(4), -np.eye(4)))) == pytest.approx((-1 / 7, 4.0))


def test_mean_cosine_equals_the_mean_over_pairs(embeddings):
    unit = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    pairs = (unit @ unit.T)[np.triu_indices(len(unit), k=1)]
    assert anisotropy(embeddings)[0] == pytest.approx(pairs.mean(dtype=np.float64), abs=1e-6)


@pytest.mark.parametrize(
    ("embeddings", "method", "size", "message"),
    [
        (np.eye(3), "pac", None, "unknown whitening method 'pac'; choose from none, center, pca, zca, relaxed"),
        (np.eye(3), "pca", 4, "between 1 and the embeddings' 3, but got 4"),
        (np.eye(3), "pca", 0, "but got 0"),
        (np.ones(3), "none", None, r"shape \(3,\)"),
        (np.ones((1, 3)), "center", None, "at least 2"),
        (np.array([[1.0, 2.0], [np.nan, 1.0]]), "none", None, "row 1 holds NaN"),
        (np.ones((5, 3)), "pca", None, "all 5 rows are equal"),
    ],
)
def test_wrong_input_says_what_came(embeddings, method, size, message):
    with pytest.raises(ValueError, match=message):
        fit_whitening(embeddings, method, size)


def test_a_row_of_zeros_has_no_direction():
    with pytest.raises(ValueError, match="row 1 is all zeros"):
        anisotropy(np.array([[1.0, 0.0], [0.0, 0.0]]))
    with pytest.raises(ValueError, match=r"takes embeddings \(..., 3\), but got shape \(2,\)"):
        fit_whitening(np.eye(3), "none").apply(np.ones(2))
