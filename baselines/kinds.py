"""The kinds of baselines: what each knows and learns, and where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Kind(NamedTuple):
    """A family of baselines."""

    title: str
    text: str  # Markdown


KINDS: Mapping[str, Kind] = {
    "rule": Kind(
        "Rules",
        """They learn nothing and go by what can be seen of the candidates. Most rank by one feature; `content` is the
nearest neighbour, in the language model's space, of what the user liked. `mmr` fills a slate item by item with what
is relevant and unlike the items before it (maximal marginal relevance, Carbonell & Goldstein, SIGIR 1998); its
`relevance_weight` is 0.7. `linear` is a weighted sum of all features whose weights `python -m baselines tune` found
by search for this very environment and view: how far one comes without a look at the state of the user.""",
    ),
    "logs": Kind(
        "From logs",
        """Collaborative filtering: who liked this also liked that. These learn from sessions that a policy with known
propensities recorded (`baselines.logs`): on half of the pages it shows what is popular, on the others random
candidates. A like is a click that did not disappoint.

Every user is new: a session is all there is of them. So what they liked on the pages so far is folded in as one more
row of the matrix of sessions and items. Before the first like there is nothing to fold in, and popularity decides:
the share of an item's showings that were liked.

- `user-knn`: the most similar sessions vote, by cosine (Resnick et al., CSCW 1994).
- `item-knn`: the sum of an item's cosines to what was liked (Sarwar et al., WWW 2001), by the `implicit` library.
- `als`: factors by weighted least squares (Hu, Koren & Volinsky, ICDM 2008), by `implicit`; a new user's factors
  solve the same equation.
- `bpr`: factors by descent on pairs (Rendle et al., UAI 2009), by `implicit`; a new user's are the mean of those of
  what they liked.
- `lstm`: a network that predicts what is liked next (after Hidasi et al., ICLR 2016). Items go in and out as their
  language-model embeddings. The others among which it has to find the next one are drawn from what was shown, so that
  being shown often does not count as being liked.""",
    ),
    "bandit": Kind(
        "Contextual bandits",
        """They learn while they act which shown items are liked, and explore in three ways. The payoff of an item is
linear in its features, some of them similarities in the language model's space, times the session's counters (Chu et
al., AISTATS 2011): what makes an item liked may depend on the state of the user. `epsilon-greedy` shows random slates
on a tenth of the pages, `linucb` adds one standard deviation of the estimate (Li et al., WWW 2010), `thompson` draws
the weights from their posterior (Agrawal & Goyal, ICML 2013). Evaluated, they rank by the expected payoff and explore
no more. What a page does to later pages counts for nothing: what they miss is what looking ahead is worth. In the
classics, which keep no counters, a constant takes their place.""",
    ),
    "tabular": Kind(
        "Tables",
        """Q-learning and SARSA (Sutton & Barto, 2018, sections 6.4 and 6.5) with learning rates that fall with the
visits (Even-Dar & Mansour, JMLR 2003). There are few states: five of the session's counters, each cut into two or
three ranges (has a query, compares or buys, pages looked at for this query, recent clicks, contentment). And few
actions: rank by one feature, or by the sum of two. So a table learns when to follow which rule. The same code finds
the planned optimum of the suite's small worlds (`tests/test_tabular.py`).""",
    ),
    "deep": Kind(
        "Deep reinforcement learning",
        """The algorithms of [Stable-Baselines3](https://stable-baselines3.readthedocs.io) (Raffin et al., JMLR 2021)
and its contributions, with the settings of `baselines/algorithms.py`, or those that a study has found for the domain.
Which action views an algorithm can take follows from its action spaces.

And own agents, where it has none (`baselines/deep/`). All but the last share one network over users and items side
by side, and one mechanism that gathers what many lanes live through and turns it into lambda-returns, without a replay
buffer or a target network (after Gallici et al., ICLR 2025).

- `slateq`: the value of a slate is that of no click, and what a click on each item adds, by its chance (Ie et al.,
  IJCAI 2019). Who clicks what is known where the environment's choice model can be observed, and learned elsewhere.
  Slates are exact; `search` "greedy" and "top" are the paper's heuristics.
- `softmax-q`: the value of a single item, the lead of a slate, from user and item side by side; expected SARSA of a
  softmax policy.
- `reinforce`: a policy over items, its gradient corrected for slates of K items and for pages that an earlier policy
  has shown (Chen et al., WSDM 2019).
- `wolpertinger`: an actor gives a point in the space of items, and a critic chooses among the candidates nearest to it
  (Dulac-Arnold et al., 2015).
- `gems`: a fifth of its steps is a log of random slates, from which a variational auto-encoder learns;
  Stable-Baselines3's SAC then acts in its latent space (Deffayet et al., WSDM 2023, from the paper's description).

Evaluated, all show what they hold for best, and draw nothing.""",
    ),
    "privileged": Kind(
        "Privileged",
        """Yardsticks, no recommenders: they know the user's hidden state and the response model. `myopic` shows what
earns most on this page. `reference` adds what a page does to the user at prices found by search (`python -m baselines
tune`); it is the score's 1, and no proven optimum.""",
    ),
}
