"""Visits: pages, leaving, and coming back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from recgym.compiled import Flags, Floats, Ints, kernel, sigmoid
from recgym.response import Response
from recgym.state import State


@dataclass(frozen=True, eq=False)
class Visits:
    """Visits end, and users come back or not.

    A visit ends after a page with a probability that clicks lower and disappointment raises; its length is roughly
    geometric, as in browsing logs. A user who leaves comes back after some days with a probability that rests on
    trust; otherwise the user is lost and the session terminates.

    Writes: page, visit (num_envs,) int64; days_away (num_envs,), 0 within a visit; left, churned (num_envs,) bool;
    context (num_envs,) int64, row of the context sentence.
    """

    context_stay: NDArray[np.float64]  # (num_contexts,) lowers the logit of leaving
    context_shape: tuple[int, ...]  # weekdays, daytimes, devices, seasons, campaigns
    leave_bias: float = -0.75
    leave_click: float = -0.5
    leave_disappointment: float = 0.5
    leave_purchase: float = 0.8
    return_bias: float = 4.5
    return_trust: float = 3.0
    """Weight of trust - 0.5 in the logit of coming back."""
    return_click: float = 0.1
    return_patience: float = 0.0
    """Weight of patience in the logit of coming back."""
    gap_days: float = 8.0
    gap_trust: float = 6.0
    """Days away are floor(1 + x), x exponential of mean m = gap_days - gap_trust x trust: 1 + 1 / (exp(1 / m) - 1) days
    on average, which is about m + 0.5."""
    campaign_days: float = 14.0
    """The last part of the context is drawn anew after a day away with a chance of 1 in so many."""
    num_uniforms: ClassVar[int] = 8

    def reset(self, state: State, u: NDArray[np.float64]) -> None:
        num_envs = state.num_envs
        state["page"] = np.zeros(num_envs, dtype=np.int64)
        state["visit"] = np.zeros(num_envs, dtype=np.int64)
        state["days_away"] = np.zeros(num_envs)
        state["left"] = np.zeros(num_envs, dtype=bool)
        state["churned"] = np.zeros(num_envs, dtype=bool)
        parts = (u[:, :5] * self.context_shape).astype(np.int64)
        state["context"] = np.ravel_multi_index(tuple(parts.T), self.context_shape)

    def step(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response, u: NDArray[np.float64]
    ) -> None:
        for name in ("page", "visit", "context", "days_away", "left", "churned"):
            after[name] = before[name].copy()
        _visits(after["page"], after["visit"], after["context"], after["days_away"], after["left"], after["churned"],
                before["patience"], after["trust"], response.clicked, response.stayed, response.purchased, u,
                self._leave, self._returns, self.context_stay, self._shape, self.campaign_days)  # fmt: skip

    def __post_init__(self) -> None:
        leave = (self.leave_bias, self.leave_click, self.leave_disappointment, self.leave_purchase)
        returns = (self.return_bias, self.return_trust, self.return_click, self.gap_days, self.gap_trust,
                   self.return_patience)  # fmt: skip
        object.__setattr__(self, "_leave", np.array(leave))
        object.__setattr__(self, "_returns", np.array(returns))
        object.__setattr__(self, "_shape", np.array(self.context_shape))


@kernel
def _visits(
    page: Ints, visit: Ints, context: Ints, days_away: Floats, left: Flags, churned: Flags, patience: Floats,
    trust: Floats, clicked: Flags, stayed: Flags, purchased: Flags, u: Floats, leave: Floats, returns: Floats,
    context_stay: Floats, context_shape: Ints, campaign_days: float,
) -> None:  # fmt: skip
    for lane in range(len(u)):
        clicks, disappointed, bought = 0, 0, False
        for slot in range(clicked.shape[1]):
            clicks += clicked[lane, slot]
            disappointed += clicked[lane, slot] and not stayed[lane, slot]
            bought |= purchased[lane, slot]
        logit = leave[0] + leave[1] * clicks + leave[2] * disappointed + leave[3] * bought
        logit -= patience[lane] + context_stay[context[lane]]
        left[lane] = u[lane, 0] < sigmoid(logit)
        if not left[lane]:
            page[lane], days_away[lane], churned[lane] = page[lane] + 1, 0.0, False
            continue
        coming = returns[0] + returns[1] * (trust[lane] - 0.5) + returns[2] * clicks + returns[5] * patience[lane]
        churned[lane] = u[lane, 1] > sigmoid(coming)
        page[lane], visit[lane] = 0, visit[lane] + 1
        days_away[lane] = np.floor(1.0 - np.log1p(-u[lane, 2]) * (returns[3] - returns[4] * trust[lane]))
        context[lane] = _next_context(context[lane], days_away[lane], u[lane, 3:], context_shape, campaign_days)


@kernel
def _next_context(context: int, days: float, u: Floats, shape: Ints, campaign_days: float) -> int:
    """The weekday moves on by the days away, the season rarely; daytime and campaign are drawn, the device stays."""
    weekdays, daytimes, devices, seasons, campaigns = shape
    campaign, context = context % campaigns, context // campaigns
    season, context = context % seasons, context // seasons
    device, weekday = context % devices, context // devices // daytimes
    weekday = (weekday + int(days)) % weekdays
    if u[1] < days / 91:
        season = (season + 1) % seasons
    if u[2] < days / campaign_days:
        campaign = int(u[3] * campaigns)
    return (((weekday * daytimes + int(u[0] * daytimes)) * devices + device) * seasons + season) * campaigns + campaign
