"""How users respond to a slate: a funnel from looking to committing, and the parameters that make it a domain's."""

from recgym.response.fit import Fit, Shifts, no_shifts
from recgym.response.funnel import READY, Funnel, FunnelResponse, Response, stage
from recgym.response.item_response import ItemResponse
from recgym.response.parameters import FunnelParameters, Habits, Parameters, weighed

__all__ = ["READY", "Fit", "Funnel", "FunnelParameters", "FunnelResponse", "Habits", "ItemResponse", "Parameters",
           "Response", "Shifts", "no_shifts", "stage", "weighed"]  # fmt: skip
