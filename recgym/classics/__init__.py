"""Published user models as environments: constants with the authors' defaults, and kernels for one lane.

RecSim's three models are checked against RecSim itself, number by number (`tests/reference`).
"""

from recgym.classics.boredom import Boredom
from recgym.classics.classic import Classic
from recgym.classics.interest_evolution import InterestEvolution
from recgym.classics.interest_exploration import InterestExploration
from recgym.classics.long_term_satisfaction import LongTermSatisfaction

__all__ = ["Boredom", "Classic", "InterestEvolution", "InterestExploration", "LongTermSatisfaction"]
