"""A variational auto-encoder of slates: a short vector from which a slate and the clicks on it can be told.

Of GeMS (Deffayet et al., WSDM 2023), from the paper's description. The slate is made of items on offer, so that the
decoder says of every slot in what direction its item lies among the features, and the candidate furthest in that
direction is shown.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from baselines.deep.networks import at
from baselines.deep.seen import Seen


class SlateVAE(nn.Module):
    """Encoder and decoder.

    Args:
        num_features: Length of what is seen of an item.
        slate_size: Slots.
        latent_dim: Length of the vector.
        hidden: Units of each of the two hidden layers.
    """

    def __init__(self, num_features: int, slate_size: int, latent_dim: int, hidden: int) -> None:
        super().__init__()
        self.slate_size, self.latent_dim = slate_size, latent_dim
        size = slate_size * (num_features + 1)
        self.encoder = nn.Sequential(nn.Linear(size, hidden), nn.ReLU(), nn.Linear(hidden, 2 * latent_dim))
        self.decoder = nn.Sequential(nn.Linear(latent_dim, hidden), nn.ReLU(), nn.Linear(hidden, size))

    def encode(self, shown: Tensor, clicked: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance, (rows, latent_dim), of items (rows, slate_size, num_features) and clicks."""
        said = self.encoder(torch.cat((shown, clicked[..., None]), dim=2).flatten(1))
        return said[:, : self.latent_dim], said[:, self.latent_dim :]

    def decode(self, latent: Tensor) -> tuple[Tensor, Tensor]:
        """Directions (rows, slate_size, num_features), and logits of the clicks (rows, slate_size)."""
        said = self.decoder(latent).reshape(len(latent), self.slate_size, -1)
        return said[..., :-1], said[..., -1]


@dataclass(frozen=True)
class SlateLoss:
    """What the auto-encoder makes small: the items' and the clicks' cross-entropies, and the divergence from the prior.

    Summed over a slate's slots and a vector's elements, as the evidence bound has it.
    """

    click_weight: float
    kl_weight: float

    def __call__(self, network: SlateVAE, batch: dict[str, Tensor]) -> Tensor:
        """Of pages with items (rows, num_candidates, num_features), allowed, slate and clicked; one draw each."""
        clicked = batch["clicked"].float()
        mean, log_variance = network.encode(at(batch["items"], batch["slate"]), clicked)
        noise = torch.randn_like(mean)
        directions, logits = network.decode(mean + noise * (log_variance / 2).exp())
        scores = torch.einsum("nsf,nmf->nsm", directions, batch["items"])
        scores = scores.masked_fill(~batch["allowed"][:, None], -1e9)
        items = nn.functional.cross_entropy(scores.flatten(0, 1), batch["slate"].clamp(min=0).flatten())
        clicks = nn.functional.binary_cross_entropy_with_logits(logits, clicked)
        return network.slate_size * (items + self.click_weight * clicks) + self.kl_weight * divergence(
            mean, log_variance
        )


def divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL of normal distributions from the standard one, mean over rows (Kingma & Welling, ICLR 2014, appendix B)."""
    return 0.5 * (mean**2 + log_variance.exp() - 1.0 - log_variance).sum(dim=1).mean()


def decoded(network: SlateVAE, view: Seen, latent: NDArray[np.float32]) -> NDArray[np.int64]:
    """(num_envs, slate_size) positions: slot by slot what is allowed, still free and furthest in its direction."""
    with torch.no_grad():
        directions = network.decode(torch.from_numpy(latent))[0].numpy()
    scores = np.einsum("nsf,nmf->nsm", directions, view.items).astype(np.float64)
    scores = np.where(view.allowed[:, None], scores, scores - 1e6)
    lanes, slates = np.arange(len(scores)), np.empty(scores.shape[:2], dtype=np.int64)
    for slot in range(slates.shape[1]):
        slates[:, slot] = scores[:, slot].argmax(axis=1)
        scores[lanes, :, slates[:, slot]] = -np.inf
    return slates
