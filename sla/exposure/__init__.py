"""Exposure: what open incidents may cost, and how likely that is by what similar ones did."""

from kernel.manifest import Manifest

MANIFEST = Manifest(name="sla.exposure", gauges=("sla.exposure.service:gauges",))
