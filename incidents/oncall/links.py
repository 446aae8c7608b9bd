"""One-time signed links: whom, which incident and which rung they are for stands in the page's row.

The link carries the row's number, its end, and an HMAC-SM3 over both under the platform's secret; a wrong
one is refused before the database is asked.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from incidents.oncall.models import OncallPage
from kernel.crypto import hmac_hex
from kernel.platform import Platform
from kernel.signing import derived_key

HOURS = 24
_PURPOSE = "answer-link"


def signer(platform: Platform) -> Callable[[OncallPage], str]:
    """Return what makes tokens: many pages go out at once, and the key is read for all of them."""
    key = derived_key(platform.settings, _PURPOSE)
    return lambda page: _signed(key, page.id, int((page.at + timedelta(hours=HOURS)).timestamp()))


def token(platform: Platform, page: OncallPage) -> str:
    """Return the link's token."""
    return signer(platform)(page)


def page_of(platform: Platform, given: str, now: datetime) -> int | None:
    """Return the page that a token was made for, None when it was never made here or has ended."""
    number, _, rest = given.partition(".")
    until, _, _mac = rest.partition(".")
    digits = number + until
    if not (digits.isascii() and digits.isdecimal() and number and until and len(digits) <= 36):
        return None
    right = _signed(derived_key(platform.settings, _PURPOSE), int(number), int(until))
    genuine = hmac.compare_digest(right.encode(), given.encode())
    return int(number) if genuine and now <= datetime.fromtimestamp(int(until), UTC) else None


def _signed(key: bytes, number: int, until: int) -> str:
    mac = hmac_hex(key, f"{number}.{until}".encode())
    return f"{number}.{until}.{mac[:40]}"
