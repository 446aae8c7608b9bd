"""The contract as frozen values: what the agreement fixes and how its open terms are read.

Nothing here holds a number of any contract; ``sla.contract_file`` reads them all from one TOML file.
Durations are ``timedelta``, money is ``Decimal`` yuan, articles are Chinese names such as 第十五条.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

#: Every option that has a second value, with the values it may take (contract.md §2, last paragraph).
OPTIONS: dict[str, tuple[str | bool, ...]] = {
    "start": ("known", "occurred"),
    "penalty.per": ("incident", "clock"),
    "penalty.base": ("annual_fee", "affected_payers"),
    "broadcast.penalised": (False, True),
    "deduct_from": ("city", "pro_rata"),
}

#: The parts of the product that may claim to use a clause, with the label a reader sees.
USERS: dict[str, str] = {
    "response_clock": "响应时钟",
    "repair_clock": "修复时钟",
    "backup_obligation": "备用设备义务",
    "broadcast": "半小时通报",
    "penalty": "违约扣款台账",
    "settlement": "半年结算",
    "delivery": "交付期限",
    "late_payment": "逾期付款",
    "obligations": "履约日历",
    "drills": "应急演练",
    "incidents": "故障处置",
    "oa": "办公业务模块",
    "migration": "数据迁移",
    "permissions": "权限与保密",
    "reports": "服务报告",
    "evidence": "证据与复算",
}


@dataclass(frozen=True, slots=True)
class Party:
    """One side of the agreement: ``a`` is the customer, ``b`` the provider."""

    key: str
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Payer:
    """A payer and its own share of the annual fee (第二十二条), in yuan."""

    key: str
    name: str
    annual_fee: Decimal


@dataclass(frozen=True, slots=True)
class Module:
    """One of the modules of 第五条 and 第六条; ``kind`` is ``upgraded`` or ``new``."""

    key: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class FaultClass:
    """A class of fault and its repair limit (第十五条).

    ``major`` classes start the broadcast grid at once; ``backup`` classes owe backup equipment when the
    limit is reached.
    """

    key: str
    name: str
    limit: timedelta
    article: str
    clause: str
    major: bool
    backup: bool


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of the ladder that calls people while nobody has answered."""

    after: timedelta
    to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Response:
    """The response limit (第十五条) and the ladder that serves it."""

    limit: timedelta
    article: str
    clause: str
    ladder: tuple[Rung, ...]


@dataclass(frozen=True, slots=True)
class Repair:
    """How the repair clock reopens and warns; the limits themselves belong to the fault classes."""

    article: str
    clause: str
    reopening_window: timedelta
    ladder_percent: tuple[int, ...]
    repeat: timedelta


@dataclass(frozen=True, slots=True)
class Major:
    """When a fault becomes major (第十六条): how long, how many payers, how many modules."""

    long: timedelta
    payers: int
    modules: int


@dataclass(frozen=True, slots=True)
class Broadcast:
    """The half-hourly report to party A (第十六条)."""

    article: str
    clause: str
    interval: timedelta
    tolerance: timedelta
    prompt_lead: timedelta
    first_grace: timedelta


@dataclass(frozen=True, slots=True)
class Penalty:
    """The price of one case (第二十五条) and the days to contest it (第二十七条)."""

    article: str
    clause: str
    rate: Decimal
    contest_days: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """The implementation limit in working days (第四条) and what being late costs (第二十四条)."""

    article: str
    clause: str
    development_working_days: int
    total_working_days: int
    late_rate_per_day: Decimal
    terminate_after_days: int
    acceptance_days: int


@dataclass(frozen=True, slots=True)
class Instalment:
    """One half-yearly payment (第二十三条); ``share`` is its part of the annual fee."""

    key: str
    name: str
    share: Decimal
    due: date
    invoice_by: date


@dataclass(frozen=True, slots=True)
class LatePayment:
    """Party A paying late (第二十六条)."""

    article: str
    clause: str
    grace_days: int
    rate_per_day: Decimal


@dataclass(frozen=True, slots=True)
class Drills:
    """How often an emergency drill is due (第十七条)."""

    article: str
    clause: str
    every_months: int


@dataclass(frozen=True, slots=True)
class Reminders:
    """How many days before an obligation's due date those who owe it are reminded."""

    remind_days: tuple[int, ...] = (30, 10, 3)


@dataclass(frozen=True, slots=True)
class Support:
    """Who can be reached (第九条、第十二条)."""

    telephone: str
    onsite_engineers: int
    breach_reply_days: int


@dataclass(frozen=True, slots=True)
class Clause:
    """One term as the terms page shows it; ``value`` already has the file's numbers filled in."""

    key: str
    article: str
    title: str
    text: str
    value: str
    used_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """How an open term is read: the numbered default of contract.md §2, tied to its clause."""

    key: str
    number: int
    clause: str
    title: str
    text: str
    value: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Options:
    """The named options whose second value a contract file may choose."""

    start: str
    penalty_per: str
    penalty_base: str
    broadcast_penalised: bool
    deduct_from: str

    def value(self, name: str) -> str | bool:
        """Return the value of an option by its name in the file, such as ``penalty.per``."""
        found: str | bool = getattr(self, name.replace(".", "_"))
        return found


@dataclass(frozen=True)
class Contract:
    """One version of one agreement; ``digest`` is the SM3 of its canonical form."""

    key: str
    number: str
    title: str
    zone: ZoneInfo
    signed: date
    service_from: date
    service_to: date
    frame_years: int
    annual_fee: Decimal
    parties: Mapping[str, Party]
    payers: Mapping[str, Payer]
    modules: Mapping[str, Module]
    fault_classes: Mapping[str, FaultClass]
    response: Response
    repair: Repair
    major: Major
    broadcast: Broadcast
    penalty: Penalty
    delivery: Delivery
    instalments: tuple[Instalment, ...]
    late_payment: LatePayment
    drills: Drills
    obligations: Reminders
    support: Support
    options: Options
    clauses: Mapping[str, Clause]
    readings: Mapping[str, Reading]
    digest: str
    text: str = field(repr=False, compare=False)

    @property
    def response_limit(self) -> timedelta:
        """The response limit of 第十五条."""
        return self.response.limit

    def readings_of(self, clause: str) -> tuple[Reading, ...]:
        """Return the readings tied to a clause, in their order."""
        return tuple(reading for reading in self.readings.values() if reading.clause == clause)
