"""The one engine for time: every deadline in the product is a row here."""

from sla.deadlines.engine import fire
from sla.deadlines.models import ARMED, CANCELLED, FIRED, BlindTime, Deadline
from sla.deadlines.service import Wanted, arm, arm_new

__all__ = ["ARMED", "CANCELLED", "FIRED", "BlindTime", "Deadline", "Wanted", "arm", "arm_new", "fire"]
