"""recgym list and recgym show."""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Iterable, Sequence

import gymnasium

from recgym import described
from recgym.classics import Classic
from recgym.cli.environments import ID_HELP, registered_id, seed
from recgym.env import RecEnv
from recgym.registration import ENVIRONMENTS
from recgym.rendering import ansi, last_page
from recgym.scenarios.scenario import Scenario
from recgym.whitening import anisotropy

WIDTH = 100


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the two commands."""
    listing = commands.add_parser("list", help="the environments, their action views and spaces")
    listing.set_defaults(run=list_environments)
    show = commands.add_parser("show", help="what an environment models, its settings, and a sample session")
    show.add_argument("env_id", type=registered_id, metavar="ID", help=ID_HELP)
    show.add_argument("--seed", type=seed, default=0, help="of the sample session (default 0)")
    show.add_argument("--realism", action="store_true", help="compare logs under random pages with real logs")
    show.set_defaults(run=show_environment)


def list_environments(options: argparse.Namespace) -> int:
    """Print every id with its scenario in one line, and the spaces of its action views."""
    for env_id in ENVIRONMENTS:
        title = described.docstring_sections(described.scenario_module(env_id))[0].removeprefix(f"{env_id}: ")
        env = gymnasium.make(env_id)
        print(f"{env_id}  {title}")
        print(f"  observation  {env.observation_space}")
        for name, view in described.action_views(env.unwrapped.simulator).items():
            print(f"  action={name:12} {view.space}")
        env.close()
    return 0


def show_environment(options: argparse.Namespace) -> int:
    """Print the description, the facts and a sample session; with --realism also what its logs look like."""
    env = gymnasium.make(options.env_id)
    unwrapped: RecEnv = env.unwrapped
    if options.realism and isinstance(unwrapped.simulator, Classic):
        print(f"recgym show: {options.env_id} is a published model without a catalogue, so there are no real logs to "
              "compare with; leave out --realism", file=sys.stderr)  # fmt: skip
        return 2
    _describe(options.env_id, unwrapped)
    if options.realism:
        from recgym.cli.realism import report

        _heading("Logs under random pages, beside real ones")
        print(report(options.env_id, unwrapped.sessions.setting, options.seed))
    else:
        _heading(f"A session under random pages (seed {options.seed})")
        _sample(env, options.seed)
    env.close()
    return 0


def _describe(env_id: str, env: RecEnv) -> None:
    title, intro, sections = described.docstring_sections(described.scenario_module(env_id))
    print(title if title.startswith(env_id) else f"{env_id} ({title})" if title else env_id)
    for text in (intro, sections.get("Description", "")):
        if text:
            print(f"\n{text}")
    _heading("Spaces")
    _columns([("observation", str(env.observation_space))])
    _columns((f"action={name}", str(view.space)) for name, view in described.action_views(env.simulator).items())
    _heading("Settings")
    arguments = described.arguments(described.config_class(env_id)) + described.common_arguments()
    registered = {name: repr(value) for name, value in gymnasium.spec(env_id).kwargs.items()}
    _columns((f"{a.name} = {registered.get(a.name, a.default)}", a.description) for a in arguments)
    _heading("Reward: weight and meaning of each term")
    terms = described.reward_terms(env.simulator)
    _columns((f"{name.strip('`')}  {weight}", meaning) for name, weight, meaning in terms)
    if isinstance(env.simulator, Classic):
        return
    _heading("Catalogue")
    _columns(_catalog_facts(env.sessions.setting))


def _catalog_facts(setting: Scenario) -> list[tuple[str, str]]:
    catalog, items = setting.simulator.catalog, setting.simulator.items
    raw = setting.encoder.encode(catalog.texts)
    return [
        ("items", f"{catalog.num_items:,} in {catalog.num_categories} categories of {len(catalog.department_names)} "
                  "departments"),
        *((name, f"{values.min():,g} to {values.max():,g}") for name, values in catalog.attributes.items()
          if name in setting.domain.required),
        ("encoder", setting.encoder.fingerprint),
        ("text embeddings", _shape_of_cloud(raw)),
        ("as used", _shape_of_cloud(items.embeddings)),
    ]  # fmt: skip


def _shape_of_cloud(embeddings: object) -> str:
    cosine, rank = anisotropy(embeddings)
    return f"{embeddings.shape[1]} dimensions, mean cosine of two items {cosine:.3f}, effective rank {rank:.1f}"


def _sample(env: gymnasium.Env, session_seed: int) -> None:
    """The first page and the last one in full, and the next three as the shop saw them."""
    env.reset(seed=session_seed)
    env.action_space.seed(session_seed)
    sessions = env.unwrapped.sessions
    trace, over = [], False
    while not over:
        _, reward, terminated, truncated, info = env.step(env.action_space.sample())
        trace.append(info | {"reward": reward})
        over = terminated or truncated
        if len(trace) == 1 or over:
            print(ansi(sessions.setting, env.unwrapped.state, trace), end="")
        elif len(trace) <= 4:
            print(f"Page {len(trace)}", *last_page(sessions.setting, trace), sep="\n")
        elif len(trace) == 5:
            print("...")


def _heading(title: str) -> None:
    print(f"\n{title}\n{'-' * len(title)}")


def _columns(rows: Iterable[Sequence[str]]) -> None:
    """Names on the left, wrapped text on the right."""
    for name, text in rows:
        lines = textwrap.wrap(text, WIDTH - 30) or [""]
        print(f"  {name:27} {lines[0]}".rstrip() if len(name) <= 27 else f"  {name}\n{'':30}{lines[0]}")
        for line in lines[1:]:
            print(f"{'':30}{line}")
