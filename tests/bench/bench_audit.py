"""How long `shoushi audit` takes against ``csv.DictReader`` alone over the same 200,000 rows and more.

Two files: the sample repeated as it is (few tickets, each very long), and repeated under new numbers and
in other years (many tickets, times that repeat little).
"""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

Row = tuple[str, float, float, float, str]
SAMPLE = Path(__file__).parents[3] / "shared" / "data" / "servicenow-incident-log.csv"
ROWS, ROUNDS = 200_000, 3
FLOOR = "import csv,sys\nfor row in csv.DictReader(open(sys.argv[1],newline='',encoding='utf-8')): pass"


def repeated(path: Path, *, renamed: bool) -> None:
    """Write the sample again and again until it has at least ``ROWS`` rows."""
    with SAMPLE.open(newline="", encoding="utf-8") as source:
        reader = csv.DictReader(source)
        rows = list(reader)
        names = list(reader.fieldnames or [])
    with path.open("w", newline="", encoding="utf-8") as target:
        writer = csv.DictWriter(target, names)
        writer.writeheader()
        for copy in range(-(-ROWS // len(rows))):
            writer.writerows({**row, **_moved(row, copy)} if renamed else row for row in rows)


def _moved(row: dict[str, str], copy: int) -> dict[str, str]:
    times = {
        name: row[name].replace("-2016 ", f"-{2016 + 4 * (copy % 20)} ")
        for name in ("opened_at", "sys_updated_at")
    }
    return {**times, "number": f"{row['number']}{copy:03}"}


def seconds(*commands: list[str]) -> list[float]:
    """Median wall time of each whole process, start-up included; taken in turns, so that load hits all."""
    found: list[list[float]] = [[] for _ in commands]
    for _ in range(ROUNDS):
        for command, times in zip(commands, found, strict=True):
            begun = perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            times.append(perf_counter() - begun)
    return [median(times) for times in found]


def run() -> list[Row]:
    """Rows of (name, ours, floor, ratio, target); figures are seconds."""
    if not SAMPLE.exists():
        return []
    found: list[Row] = []
    with TemporaryDirectory() as folder:
        for name, renamed in (("same numbers", False), ("new numbers", True)):
            path = Path(folder) / f"{renamed}.csv"
            repeated(path, renamed=renamed)
            bare = [sys.executable, "-c", FLOOR, str(path)]
            command = [
                sys.executable,
                "-m",
                "sla.cli",
                "audit",
                str(path),
                "--format",
                "servicenow",
                "--json",
            ]
            floor, ours = seconds(bare, command)
            found.append((f"audit, {ROWS:,} rows, {name}, seconds", ours, floor, ours / floor, "ratio <= 3"))
    return found


if __name__ == "__main__":
    for row in run():
        print(row)
