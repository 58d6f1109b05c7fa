"""python -m baselines: one file per command, each with an `add` that declares it."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from baselines import (
    ablation,
    bounds,
    claims,
    cluster,
    compare,
    demo,
    docs,
    latency,
    learn,
    play,
    processes,
    report,
    run,
    share,
    slateq,
    study,
    train,
    tune,
    zoo,
)  # fmt: skip
from baselines.errors import Refused
from recgym.arguments import did_you_mean
from recgym.extras import install

COMMANDS = (
    demo, run, report, compare, train, play, latency, tune, study, bounds, ablation, learn, slateq, claims, share,
    cluster, zoo, docs,
)  # fmt: skip

EXTRAS = {"optuna": "study", "yaml": "zoo"}  # package -> the extra that brings it, if it is not "baselines"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command: 0 if all went well, 1 if part of it failed, 2 for a request that cannot be carried out."""
    processes.one_thread()
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    try:
        options = _parse(arguments)
        return options.run(options)
    except SystemExit as exit_request:  # argparse has printed its message
        return int(exit_request.code or 0)
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return 130
    except BrokenPipeError:  # `... play m.zip | head`: the reader has seen enough, as in `recgym`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Refused as problem:
        print(f"python -m baselines: {problem}", file=sys.stderr)
        return 2
    except ModuleNotFoundError as missing:
        if (missing.name or "").split(".")[0] in ("baselines", "recgym", ""):
            raise
        extra = EXTRAS.get((missing.name or "").split(".")[0], "baselines")
        cure = f"needs {missing.name}. Install it with: {install(extra)}"
        print(f"python -m baselines: {missing if 'pip install' in str(missing) else cure}", file=sys.stderr)
        return 2


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m baselines", description="Agents for RecGym, measured.")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add(commands)
    if not arguments:
        parser.print_help(sys.stderr)
        parser.exit(2)
    if not arguments[0].startswith("-") and arguments[0] not in commands.choices:
        hint = did_you_mean(arguments[0], commands.choices)
        parser.error(f"unknown command {arguments[0]!r}.{hint} `python -m baselines --help` lists them.")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
