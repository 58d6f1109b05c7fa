"""Dynamics: how a step moves the user. Each class owns a few state variables; the simulator runs them in order."""

from recgym.dynamics.attention import Attention
from recgym.dynamics.boredom import Boredom
from recgym.dynamics.calendar import Calendar
from recgym.dynamics.circle import WEARY, Circle
from recgym.dynamics.dose import Dose
from recgym.dynamics.history import History
from recgym.dynamics.holdings import Holdings
from recgym.dynamics.intent import Evidence, Intent
from recgym.dynamics.interest import Drift
from recgym.dynamics.knowledge import Knowledge
from recgym.dynamics.leaning import Leaning
from recgym.dynamics.market import Market
from recgym.dynamics.need import Need
from recgym.dynamics.patience import Patience
from recgym.dynamics.price import ReferencePrice
from recgym.dynamics.protocol import Dynamics, Foreseeable
from recgym.dynamics.repertoire import Repertoire, Wear, acquaintance
from recgym.dynamics.satiation import Satiation
from recgym.dynamics.strain import Strain
from recgym.dynamics.tracing import Tracing
from recgym.dynamics.trust import Trust
from recgym.dynamics.visits import Visits

__all__ = [
    "Attention", "Boredom", "Calendar", "Circle", "Dose", "Drift", "Dynamics", "Evidence", "Foreseeable", "History",
    "Holdings", "Intent", "Knowledge", "Leaning", "Market", "Need", "Patience", "ReferencePrice", "Repertoire",
    "Satiation", "Strain", "Tracing", "Trust", "Visits", "WEARY", "Wear", "acquaintance",
]  # fmt: skip
