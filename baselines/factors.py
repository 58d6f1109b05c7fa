"""Matrix factorisation of sessions and liked items, by the `implicit` library."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from baselines.collaborative import Arrays, FromLogs, folded_in, matrix_of
from baselines.logs import SessionLog


@dataclass(frozen=True, eq=False)
class LeastSquares:
    """ALS: a user's factors solve the regularised least squares over all items, 1 for liked ones, which weigh alpha.

    Hu, Koren & Volinsky (ICDM 2008), equation 4.
    """

    item_factors: NDArray[np.float32]  # (num_items, num_factors)
    alpha: float
    regularization: float

    def scores(self, liked: NDArray[np.int64], candidates: NDArray[np.int64]) -> NDArray[np.float64]:
        users = self._model.recalculate_user(np.arange(len(liked)), folded_in(liked, len(self.item_factors)))
        return np.einsum("ucf,uf->uc", self.item_factors[candidates], users).astype(np.float64)

    @property
    def _model(self) -> object:
        from implicit.cpu.als import AlternatingLeastSquares

        model = AlternatingLeastSquares(self.item_factors.shape[1], self.regularization, self.alpha, num_threads=1)
        model.item_factors = self.item_factors
        return model

    def arrays(self) -> Arrays:
        return {"item_factors": self.item_factors, "alpha": np.array(self.alpha),
                "regularization": np.array(self.regularization)}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Ranked:
    """BPR: pairs of a liked and another item, the first to be ranked higher (Rendle et al., UAI 2009).

    Stochastic descent has no closed form for a new user: their factors are the mean of those of what they liked.
    """

    item_factors: NDArray[np.float32]  # (num_items, num_factors + 1), the last column the items' biases

    def scores(self, liked: NDArray[np.int64], candidates: NDArray[np.int64]) -> NDArray[np.float64]:
        there = (liked >= 0)[..., None]
        users = (self.item_factors[liked] * there).sum(axis=1) / np.maximum(there.sum(axis=1), 1)
        users[:, -1] = 1.0
        return np.einsum("ucf,uf->uc", self.item_factors[candidates], users).astype(np.float64)

    def arrays(self) -> Arrays:
        return {"item_factors": self.item_factors}


@dataclass(frozen=True)
class AlternatingLeastSquares(FromLogs):
    """The method of LeastSquares."""

    name = "als"
    num_factors: int = 32
    regularization: float = 0.1
    alpha: float = 10.0
    iterations: int = 15

    def fit(self, log: SessionLog, embeddings: NDArray[np.float32], seed: int) -> LeastSquares:
        from implicit.cpu.als import AlternatingLeastSquares as Model

        model = Model(self.num_factors, self.regularization, self.alpha, iterations=self.iterations, num_threads=1,
                      random_state=seed)  # fmt: skip
        model.fit(matrix_of(log), show_progress=False)
        return LeastSquares(model.item_factors, self.alpha, self.regularization)

    def restored(self, arrays: Arrays, embeddings: NDArray[np.float32]) -> LeastSquares:
        return LeastSquares(arrays["item_factors"], float(arrays["alpha"]), float(arrays["regularization"]))


@dataclass(frozen=True)
class BayesianRanking(FromLogs):
    """The method of Ranked."""

    name = "bpr"
    num_factors: int = 32
    learning_rate: float = 0.05
    regularization: float = 0.01
    iterations: int = 100

    def fit(self, log: SessionLog, embeddings: NDArray[np.float32], seed: int) -> Ranked:
        from implicit.cpu.bpr import BayesianPersonalizedRanking

        model = BayesianPersonalizedRanking(self.num_factors, self.learning_rate, self.regularization,
                                            iterations=self.iterations, num_threads=1, random_state=seed)  # fmt: skip
        model.fit(matrix_of(log), show_progress=False)
        return Ranked(model.item_factors)

    def restored(self, arrays: Arrays, embeddings: NDArray[np.float32]) -> Ranked:
        return Ranked(arrays["item_factors"])
