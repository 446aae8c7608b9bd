"""`python -m drills.conductor NUMBER`: the process that conducts one drill; the worker starts it."""

from __future__ import annotations

import sys

from drills.conductor.conduct import conduct
from kernel.cli.context import open_platform


def main(number: str) -> int:
    """Conduct the drill; 0 when it came to an end, 3 when somebody else conducts it."""
    return 0 if conduct(open_platform(), number) else 3


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
