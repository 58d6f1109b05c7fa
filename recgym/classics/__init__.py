"""Published user models as equations: constants with the authors' defaults, and kernels for one lane.

Nothing here holds a state or draws a number: a kernel is told the uniforms or normals it needs. RecSim's three models
are checked against RecSim itself, number by number (`tests/reference`).
"""

from recgym.classics.boredom import Boredom
from recgym.classics.interest_evolution import InterestEvolution
from recgym.classics.interest_exploration import InterestExploration
from recgym.classics.long_term_satisfaction import LongTermSatisfaction

__all__ = ["Boredom", "InterestEvolution", "InterestExploration", "LongTermSatisfaction"]
