"""python -m recgym.cli."""

import sys

from recgym.cli import main

sys.exit(main())
