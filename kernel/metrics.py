"""Our own health as Prometheus metrics. Each platform has its own registry, so tests don't share counts."""

from __future__ import annotations

from threading import Lock

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 60, 600)


class Metrics:
    """The instruments that the kernel and the packages write to."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        r = self.registry
        self.job_runs = Counter("shoushi_job_runs", "Job runs by outcome", ["job", "outcome"], registry=r)
        self.job_seconds = Histogram("shoushi_job_seconds", "Run time", ["job"], registry=r, buckets=SECONDS)
        self.job_late = Gauge("shoushi_job_lateness_seconds", "Start after schedule", ["job"], registry=r)
        self.messages = Counter("shoushi_outbox_attempts", "Delivery attempts", ["channel", "ok"], registry=r)
        self.fired = Counter("shoushi_deadlines_fired", "Deadlines fired", ["clock"], registry=r)
        self.lag = Histogram("shoushi_deadline_lag_seconds", "Noticed after due", registry=r, buckets=SECONDS)
        self.probe_seconds = Histogram(
            "shoushi_probe_seconds", "Time of a check", ["kind", "outcome"], registry=r, buckets=SECONDS
        )
        self.probe_late = Histogram(
            "shoushi_probe_lateness_seconds", "Check began after it was due", registry=r, buckets=SECONDS
        )
        self.pings = Counter(
            "shoushi_heartbeat_pings", "Heartbeats sent after a clean audit", ["outcome"], registry=r
        )
        self.gauges: dict[str, Gauge] = {}
        self.scraping = Lock()

    def outbox(self, channel: str, *, ok: bool) -> None:
        """Count one delivery attempt."""
        self.messages.labels(channel, str(ok).lower()).inc()

    def gauge(self, name: str, help_text: str, value: float, **labels: str) -> None:
        """Set a gauge that is computed when somebody scrapes."""
        gauge = self.gauges.get(name)
        if gauge is None:
            gauge = self.gauges[name] = Gauge(name, help_text, list(labels), registry=self.registry)
        (gauge.labels(**labels) if labels else gauge).set(value)

    def forget(self) -> None:
        """Forget the labels of computed gauges: what a scrape does not tell anew is no longer so.

        A probe that was deleted, a share of last month; hold `scraping` until they are computed and rendered.
        """
        for gauge in self.gauges.values():
            gauge.clear()

    def render(self) -> bytes:
        """Return the text exposition."""
        return generate_latest(self.registry)
