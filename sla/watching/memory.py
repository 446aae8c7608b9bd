"""The watcher's memory: a small file, replaced as a whole, so that a restart forgets nothing."""

from __future__ import annotations

import json
import logging
from datetime import datetime
from pathlib import Path
from typing import Any

from kernel.errors import ConfigError
from sla.watching.rules import Gap, State

log = logging.getLogger(__name__)
TIMES = ("well_at", "absent_from", "absent_at", "told_at")
PLAIN = ("failures", "why", "detail")


def load(path: Path) -> State:
    """Return what was remembered; a file that cannot be understood is as good as none."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        known: dict[str, Any] = {n: raw[n] and datetime.fromisoformat(raw[n]) for n in TIMES}
        known |= {name: raw[name] for name in PLAIN}
        owed = [Gap(datetime.fromisoformat(a), datetime.fromisoformat(b), why) for a, b, why in raw["owed"]]
        return State(**known, owed=tuple(owed))
    except FileNotFoundError:
        return State()
    except OSError as error:
        raise ConfigError(f"--state: {path}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError) as error:
        log.warning("%s cannot be understood and is begun anew: %s", path, error)
        return State()


def save(path: Path, state: State) -> None:
    """Write the state; raises ConfigError when the file cannot be written."""
    raw = {name: at.isoformat() if (at := getattr(state, name)) else None for name in TIMES}
    raw |= {name: getattr(state, name) for name in PLAIN}
    owed = [(gap.start.isoformat(), gap.end.isoformat(), gap.why) for gap in state.owed]
    draft = path.with_name(path.name + ".new")
    try:
        draft.write_text(json.dumps(raw | {"owed": owed}, indent=1), encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        raise ConfigError(f"--state: {path}: {error.strerror}") from None
