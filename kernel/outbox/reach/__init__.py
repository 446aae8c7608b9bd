"""By which ways a person is reached, and which of them they want for what."""

from kernel.outbox.reach.service import Way, addresses, ways

__all__ = ["Way", "addresses", "ways"]
