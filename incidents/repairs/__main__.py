"""`python -m incidents.repairs NUMBER`: the process that runs one approved repair; the worker starts it."""

from __future__ import annotations

import sys

from incidents.repairs.running import execute
from kernel.cli.context import open_platform


def main(number: str) -> int:
    """Run it; 0 when it ended, however, 3 when another process has it."""
    return 0 if execute(open_platform(), number) else 3


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
