"""Whether what was measured before may stand in one table with what is measured now."""

from __future__ import annotations

import math

from baselines.errors import Refused

CURE = "Choose another place by --out, or move this one away"
# Of a mean return: more than two machines or the digits of a table differ by, less than any change of a user.
TOLERANCE = 1e-4


class OtherRun(Refused, RuntimeError):
    """There are measurements that these must not be mixed with; the message says what differs."""


def check_return(where: object, what: str, before: float, now: float, cure: str = CURE) -> None:
    """Refuse to go on where an environment does not return what it did: it is another version.

    Args:
        where: What was measured before, for the message.
        what: What was shown, "random pages".
        before: Mean return then.
        now: Mean return of the same sessions now.
        cure: What to do about it.

    Raises:
        OtherRun: They differ.
    """
    if not math.isclose(before, now, rel_tol=TOLERANCE, abs_tol=TOLERANCE):
        raise OtherRun(f"{where} was measured where {what} returned {before:.4f}, and now {now:.4f}: the environment "
                       f"has changed. {cure}")  # fmt: skip
