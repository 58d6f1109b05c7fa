"""recgym play: a person chooses what a user sees."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Any

import gymnasium
import numpy as np

from recgym.candidates import Retrieval
from recgym.classics import Classic
from recgym.cli.environments import ID_HELP, registered_id, seed
from recgym.env import RecEnv
from recgym.rendering import last_page, story
from recgym.rendering.classics import offer, truth
from recgym.rendering.text import bar, item_line
from recgym.scenarios.scenario import Scenario
from recgym.state import State

RANDOM_TRIES = 20
ALL = ("all",)  # the one source of a classic's items
HELP = """\
Type the numbers of the items to show, the first one on top: {example}
  {source:14} the items of a source, in their order, as many as there are places; also after numbers
  hint           the truth about the user that an agent never sees
  ?              this help
  q              stop here
Places left open are filled with the items listed after your last one."""


class InputProblem(ValueError):
    """What was typed cannot be shown; the message says why and what can."""


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    parser = commands.add_parser("play", help="choose the pages of a session yourself")
    parser.add_argument("env_id", type=registered_id, metavar="ID", help=ID_HELP)
    parser.add_argument("--seed", type=seed, default=0, help="which user (default 0)")
    parser.set_defaults(run=play)


def play(options: argparse.Namespace) -> int:
    """One session, then how random pages would have done with the same user."""
    env = gymnasium.make(options.env_id)
    env.reset(seed=options.seed)
    unwrapped: RecEnv = env.unwrapped
    setting = unwrapped.sessions.setting
    print(_help(setting))
    trace: list[story.Page] = []
    over = False
    while not over:
        print(_view(setting, unwrapped.state, len(trace) + 1))
        action = _ask(setting, unwrapped.state)
        if action is None:
            break
        _, reward, terminated, truncated, info = env.step(action)
        trace.append(info | {"reward": reward})
        over = terminated or truncated
        print(*last_page(setting, trace), sep="\n")
    if over:
        ending = _ending(setting, unwrapped.state) if terminated else "The session is over: its last page was shown."
        print(f"\n{ending}")
    if trace:
        _compare(env, options.seed, trace, over)
    else:
        print("No page was shown.")
    env.close()
    return 0


def _ending(setting: Scenario | Classic, state: State) -> str:
    """Why a session ended early."""
    return f"{setting.ENDS}." if isinstance(setting, Classic) else story.standing(state)


def help_text(per_source: int, slate_size: int, sources: Sequence[str] = Retrieval.SOURCES) -> str:
    """What can be typed, with an example that fills a page from all over the list."""
    num_candidates = per_source * len(sources)
    numbers = (slot * num_candidates // slate_size + 1 for slot in reversed(range(slate_size)))
    return HELP.format(example=" ".join(map(str, numbers)), source=sources[min(1, len(sources) - 1)])


def parse(line: str, per_source: int, slate_size: int, sources: Sequence[str] = Retrieval.SOURCES) -> list[int]:
    """Positions among the candidates (from 0) for what a person typed, one per place of the slate.

    Args:
        line: Numbers from 1 and names of sources, separated by spaces or commas; a source gives its first items, as
            many as there are places left.
        per_source: Candidates of each source.
        slate_size: Places; those left open repeat the last position, which the environment turns into the next items.
        sources: Their names, in the order of the candidates.

    Raises:
        InputProblem: nothing, too much, something twice, or something that is no candidate.
    """
    num_candidates = per_source * len(sources)
    positions: list[int] = []
    for word in line.replace(",", " ").split():
        if word in sources:
            first, left = sources.index(word) * per_source, slate_size - len(positions)
            if left <= 0:
                raise InputProblem(f"a page has {slate_size} places, and none is left for {word!r}")
            positions += range(first, first + min(per_source, left))
        elif word.isdecimal() and 1 <= int(word) <= num_candidates:
            positions.append(int(word) - 1)
        else:
            known = ", ".join(sources)
            raise InputProblem(f"{word!r} is neither an item (1 to {num_candidates}) nor a source ({known})")
    if not positions:
        raise InputProblem("type the numbers of the items to show, ? for help or q to stop")
    twice = sorted({position + 1 for position in positions if positions.count(position) > 1})
    if twice:
        raise InputProblem(f"item {twice[0]} is named twice; a page shows an item once")
    if len(positions) > slate_size:
        raise InputProblem(f"a page has {slate_size} places, and these are {len(positions)} items; leave some out")
    return positions + [positions[-1]] * (slate_size - len(positions))


def _layout(setting: Scenario | Classic) -> tuple[int, int, Sequence[str]]:
    """Candidates of each source, slate size, and the sources, as `parse` wants them; a classic's items have but one."""
    simulator = setting.simulator
    sources = ALL if isinstance(setting, Classic) else setting.simulator.retrieval.sources
    return simulator.num_candidates // len(sources), simulator.slate_size, sources


def _help(setting: Scenario | Classic) -> str:
    return help_text(*_layout(setting))


def _ask(setting: Scenario | Classic, state: State) -> Any | None:
    """An action, asked for until one can be shown; None to stop, also at the end of the input."""
    while True:
        try:
            line = input("> ").strip().lower()
        except EOFError:
            print("\nThe input has ended.")
            return None
        if line in ("q", "quit", "exit"):
            return None
        if line in ("?", "help"):
            print(_help(setting))
        elif line == "hint":
            print(*_hint(setting, state), sep="\n")
        else:
            try:
                return np.array(parse(line, *_layout(setting)))
            except InputProblem as problem:
                print(f"{problem}.")


def _view(setting: Scenario | Classic, state: State, page: int) -> str:
    """What the person may know: the user's words and the candidates by source."""
    if isinstance(setting, Classic):
        return "\n".join((f"\n── Slate {page}", *offer(setting, state)))
    lines = [
        f"\n── Page {page} ── {story.standing(state)}",
        f"“{' '.join(story.says(setting, state))}”",
        story.context(setting, state),
        f"search: {story.query(setting, state) or 'nothing in particular'}",
    ]
    each, sources = setting.simulator.retrieval.per_source, setting.simulator.retrieval.sources
    for position, row in enumerate(state["candidates"][0]):
        if position % each == 0:
            lines.append(sources[position // each])
        lines.append(f"{position + 1:4}  {item_line(story.card(setting, int(row)))}")
    return "\n".join(lines)


def _hint(setting: Scenario | Classic, state: State) -> Sequence[str]:
    """The hidden truth in a few lines."""
    if isinstance(setting, Classic):
        return truth(setting, state)
    click = setting.simulator.response.funnel(state, state["candidates"]).click[0]
    best = np.argsort(-click, kind="stable")[: setting.simulator.slate_size]
    likely = ", ".join(f"{position + 1} ({click[position]:.0%})" for position in best)
    return (
        f"trust      {bar(float(state['trust'][0]))}    {story.need(setting, state)}",
        f"readiness  {bar(float(state['readiness'][0]))}",
        f"most likely to be clicked once seen: {likely}",
    )


def _compare(env: gymnasium.Env[Any, Any], session_seed: int, trace: Sequence[story.Page], over: bool) -> None:
    """Print the person's return beside random pages for the same user."""
    env.action_space.seed(session_seed)
    limit = None if over else len(trace)
    returns = [random_return(env, session_seed, env.action_space.sample, limit) for _ in range(RANDOM_TRIES)]
    length = "the whole session" if over else f"the same {len(trace)} page{'s' * (len(trace) > 1)}"
    yours = story.total(trace)
    ahead = sum(yours > other for other in returns)
    print(f"Your return: {yours:+.2f} in {len(trace)} page{'s' * (len(trace) > 1)}.")
    print(f"Random pages for this user, {length}: {np.mean(returns):+.2f} on average of {RANDOM_TRIES} tries; "
          f"you beat {ahead} of them.")  # fmt: skip


def random_return(
    env: gymnasium.Env[Any, Any], session_seed: int, choose: Callable[[], Any], limit: int | None = None
) -> float:
    """The return of a session with actions from `choose`, over at most `limit` steps."""
    env.reset(seed=session_seed)
    total, steps, over = 0.0, 0, False
    while not over and steps != limit:
        _, reward, terminated, truncated, _ = env.step(choose())
        total, steps, over = total + float(reward), steps + 1, terminated or truncated
    return total
