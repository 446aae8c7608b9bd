from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from kernel.web.i18n import use_language
from kernel.web.moment import Moment, use_moment

NOW = datetime(2025, 3, 3, 1, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def desk() -> Iterator[None]:
    """Chinese, in the contract's zone, at half past nine."""
    use_language("zh")
    use_moment(Moment(NOW, ZoneInfo("Asia/Shanghai"), "token"))
    yield
    use_language("zh")
