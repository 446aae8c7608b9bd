"""How a ServiceNow-style log is read, ticket by ticket (contract.md §4)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.sla.audit.tickets import figures, save, ticket

MODERATE = "3 - Moderate"


def rows(*told: tuple[str, str], priority: str = MODERATE, **more: str) -> list[dict[str, str]]:
    return ticket(*((state, at, priority) for state, at in told), **more)


def one(path: Path, told: list[dict[str, str]], *options: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The sums and the only ticket's entry."""
    found = figures(save(path / "log.csv", told), *options)
    [entry] = found["details"]
    return found, entry


def test_the_first_row_that_is_not_new_is_the_response(tmp_path: Path) -> None:
    _, entry = one(tmp_path, rows(("New", "09:05"), ("Active", "09:30"), ("Resolved", "10:00")))
    assert entry["response"] == {"state": "met", "due_at": "2025-03-03T09:30:00+08:00"}
    _, late = one(tmp_path, rows(("New", "09:05"), ("Active", "09:31")))
    assert late["response"]["state"] == "missed"


@pytest.mark.parametrize(
    ("priority", "name"), [("1 - Critical", "system_major"), ("2 - High", "system_general")]
)
def test_the_last_rows_priority_is_the_class(priority: str, name: str, tmp_path: Path) -> None:
    told = [*ticket(("Active", "09:10", "4 - Low")), *ticket(("Resolved", "10:00", priority))]
    assert one(tmp_path, told)[1]["fault_class"] == name
    assert one(tmp_path, told, "--as-of", "2025-03-03 09:30")[1]["fault_class"] == name


def test_leaving_resolved_reopens_whatever_the_gap(tmp_path: Path) -> None:
    told = rows(("Resolved", "10:00"), ("Active", "09-03-2025 10:00"), ("Closed", "09-03-2025 11:00"))
    assert one(tmp_path, told)[1]["counted_seconds"] == 2 * 3600


def test_going_from_resolved_to_closed_changes_nothing(tmp_path: Path) -> None:
    told = rows(("Active", "09:10"), ("Resolved", "10:00"), ("Closed", "08-03-2025 10:00"))
    assert one(tmp_path, told)[1]["counted_seconds"] == 3600


def test_awaiting_the_user_is_a_claim_of_the_provider_only(tmp_path: Path) -> None:
    told = rows(
        ("Active", "09:10"), ("Awaiting User Info", "10:00"), ("Active", "12:00"), ("Resolved", "14:00")
    )
    _, entry = one(tmp_path, told)
    assert (entry["repair"]["state"], entry["counted_seconds"]) == ("missed", 5 * 3600)
    provider = entry["provider_view"]
    assert (provider["repair"]["state"], provider["counted_seconds"]) == ("met", 3 * 3600)


def test_other_waiting_states_exclude_nothing(tmp_path: Path) -> None:
    told = rows(("Awaiting Problem", "10:00"), ("Awaiting Vendor", "11:00"), ("Resolved", "14:00"))
    assert one(tmp_path, told)[1]["provider_view"]["counted_seconds"] == 5 * 3600


def test_waiting_that_has_not_ended_runs_until_now(tmp_path: Path) -> None:
    _, entry = one(tmp_path, rows(("Awaiting User Info", "10:00")), "--as-of", "2025-03-03T15:00:00+08:00")
    assert (entry["counted_seconds"], entry["provider_view"]["counted_seconds"]) == (6 * 3600, 3600)


def test_waiting_twice_is_two_claims(tmp_path: Path) -> None:
    wait = "Awaiting User Info"
    told = rows((wait, "10:00"), ("Active", "11:00"), (wait, "12:00"), (wait, "12:30"), ("Resolved", "13:00"))
    assert one(tmp_path, told)[1]["provider_view"]["counted_seconds"] == 2 * 3600


def test_rows_out_of_time_are_clamped_and_counted(tmp_path: Path) -> None:
    found, entry = one(tmp_path, rows(("New", "08:59"), ("Active", "09:20"), ("Resolved", "09:10")))
    assert found["data_faults"] == 2
    assert entry["counted_seconds"] == 20 * 60


def test_a_row_before_its_clamped_predecessor_is_a_fault_too(tmp_path: Path) -> None:
    told = rows(("New", "10:00"), ("Active", "09:30"), ("Active", "09:40"), ("Resolved", "10:00"))
    assert one(tmp_path, told)[0]["data_faults"] == 2


def test_tickets_may_be_mixed_in_the_file(tmp_path: Path) -> None:
    first = rows(("Active", "09:10"), ("Resolved", "10:00"))
    second = rows(("Active", "09:40"), ("Resolved", "15:00"), number="INC2")
    mixed = [row for pair in zip(first, second, strict=True) for row in pair]
    found = figures(save(tmp_path / "log.csv", mixed))
    assert found["incidents"] == 2
    assert found["response"] == {"met": 1, "missed": 1, "pending": 0}
    assert found["repair"] == {"met": 1, "missed": 1, "pending": 0}
    assert (found["penalty_cases"], found["penalty_total"]) == (1, "2300.00")


def test_now_is_the_latest_update_in_the_file(tmp_path: Path) -> None:
    found = figures(
        save(tmp_path / "log.csv", rows(("New", "09:10")), rows(("Active", "09:20"), number="INC2"))
    )
    assert found["as_of"] == "2025-03-03T09:20:00+08:00"
    assert found["response"] == {"met": 1, "missed": 0, "pending": 1}
    assert found["repair"]["pending"] == 2


def test_an_earlier_now_forgets_later_rows_and_tickets(tmp_path: Path) -> None:
    later = rows(("Active", "12:10"), number="INC2", opened="03-03-2025 12:00")
    path = save(tmp_path / "log.csv", rows(("Active", "09:10"), ("Resolved", "09:05")), later)
    found = figures(path, "--as-of", "2025-03-03T09:07:00+08:00")
    assert (found["incidents"], found["data_faults"]) == (1, 0)
    assert found["repair"] == {"met": 1, "missed": 0, "pending": 0}


def test_a_ticket_opened_after_every_update_is_still_counted(tmp_path: Path) -> None:
    found, entry = one(tmp_path, rows(("Resolved", "08:00")))
    assert (found["incidents"], found["data_faults"]) == (1, 1)
    assert (entry["response"]["state"], entry["counted_seconds"]) == ("met", 0)


@pytest.mark.parametrize("text", ["3/3/2025 9:30", "03-03-2025 09:30:00", "03/03/2025 09:30"])
def test_day_month_year_may_be_spelt_in_a_few_ways(text: str, tmp_path: Path) -> None:
    assert one(tmp_path, rows(("Active", text)))[1]["response"]["state"] == "met"


def test_quoted_fields_blank_lines_and_a_byte_order_mark_are_fine(tmp_path: Path) -> None:
    path = save(tmp_path / "log.csv", rows(("Active", "09:10")))
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes() + b"\r\n\r\n")
    assert figures(path)["incidents"] == 1


def test_a_long_field_that_is_not_used_is_fine(tmp_path: Path) -> None:
    told = rows(("Active", "09:10"))
    told[0]["caller"] = "长" * 200_000
    assert figures(save(tmp_path / "log.csv", told))["incidents"] == 1


def test_columns_may_come_in_any_order(tmp_path: Path) -> None:
    from tests.unit.sla.audit.tickets import COLUMNS

    path = save(tmp_path / "log.csv", rows(("Active", "09:10")), columns=COLUMNS[::-1])
    assert figures(path)["response"]["met"] == 1
