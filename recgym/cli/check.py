"""recgym check: the contract checks of `recgym.testing`, one line each."""

from __future__ import annotations

import argparse
import traceback

from recgym.cli.environments import ID_HELP, registered_id
from recgym.described import first_sentence


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    parser = commands.add_parser("check", help="test that an environment keeps RecGym's contract")
    parser.add_argument("env_id", type=registered_id, metavar="ID", help=ID_HELP)
    parser.set_defaults(run=check)


def check(options: argparse.Namespace) -> int:
    """Run every check, also after a failure; 1 if any failed."""
    from recgym import testing

    failed = 0
    for one in testing.CHECKS:
        try:
            one(options.env_id)
        except Exception as error:  # whatever an environment does wrong is a finding, not a reason to stop
            failed += 1
            said = str(error) or traceback.format_exc(limit=-1).strip()
            kind = "" if isinstance(error, AssertionError) else f"{type(error).__name__}: "
            print(f"FAILED  {first_sentence(one)}\n        {kind}{said}", flush=True)
        else:
            print(f"ok      {first_sentence(one)}", flush=True)
    total = len(testing.CHECKS)
    print(f"{options.env_id}: {total - failed} of {total} checks passed")
    return 1 if failed else 0
