"""Metrics for Prometheus. Labels are routes, statuses and states: never numbers, names or logins."""

from collections import Counter as Tally
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector
from starlette.responses import Response

from threecx_runner.api.services import Services


class Metrics:
    """One registry per runner, so that tests may start several in a process."""

    def __init__(self, services: Services) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(_State(services))
        self._requests = Counter(
            "threecx_runner_requests", "Requests answered", ["route", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "threecx_runner_request_seconds",
            "Time to the end of the answer",
            ["route"],
            registry=self._registry,
        )

    def count(self, route: str, status: int, seconds: float) -> None:
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def response(self) -> Response:
        return Response(generate_latest(self._registry), headers={"Content-Type": CONTENT_TYPE_LATEST})


class _State(Collector):
    """Read when asked, never counted twice."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def collect(self) -> Iterator[Metric]:
        services = self._services
        yield GaugeMetricFamily("threecx_runner_calls", "Calls that are up", len(services.view.calls()))
        yield GaugeMetricFamily(
            "threecx_runner_deliveries_waiting", "Deliveries on their way", services.outbox.waiting()
        )
        fates = CounterMetricFamily("threecx_runner_deliveries", "Deliveries by fate", labels=["fate"])
        for fate in ("delivered", "retried", "dead"):
            fates.add_metric([fate], services.outbox.counts[fate])
        yield fates
        yield self._subscriptions()

    def _subscriptions(self) -> Metric:
        states = Tally(state for _, state in self._services.subscriptions.everything())
        family = GaugeMetricFamily("threecx_runner_subscriptions", "Subscriptions by state", labels=["state"])
        for state, count in states.items():
            family.add_metric([state.value], count)
        return family
