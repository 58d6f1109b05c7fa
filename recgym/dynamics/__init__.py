"""Dynamics: how a step moves the user. Each class owns a few state variables; the simulator runs them in order."""

from recgym.dynamics.attention import Attention
from recgym.dynamics.boredom import Boredom
from recgym.dynamics.history import History
from recgym.dynamics.intent import Evidence, Intent
from recgym.dynamics.interest import Drift
from recgym.dynamics.leaning import Leaning
from recgym.dynamics.need import Need
from recgym.dynamics.price import ReferencePrice
from recgym.dynamics.protocol import Dynamics, Foreseeable
from recgym.dynamics.satiation import Satiation
from recgym.dynamics.trust import Trust
from recgym.dynamics.visits import Visits

__all__ = ["Attention", "Boredom", "Drift", "Dynamics", "Evidence", "Foreseeable", "History", "Intent", "Leaning", "Need", "ReferencePrice", "Satiation", "Trust", "Visits"]
