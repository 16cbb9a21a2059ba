"""`--metrics`: what Prometheus and its kin ask for, at an address of its own.

It is never one of the public pages: whoever reaches those through the web server in front must not read here how many
readers there are. The only file that knows prometheus_client.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import click
from prometheus_client import CollectorRegistry, Counter, Gauge, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from roundup import __version__
from roundup.errors import RoundupError
from roundup.measuring import Measure, measures
from roundup.office import Office
from roundup.reports import RunReport, RunState
from roundup.words import borrowed, say


class Metrics:
    """The numbers of this process, and of the newsletter that it works for."""

    def __init__(self, office: Office) -> None:
        self.registry = CollectorRegistry()
        #: As the settings are by now: whoever reads them anew puts another here.
        self.office = office
        self.registry.register(_Newsletter(lambda: self.office))
        made = Gauge("roundup_build_info", "The version that is at work.", ["version"], registry=self.registry)
        made.labels(__version__).set(1)
        self._runs = Counter(
            "roundup_runs", "Runs of the daily job, by how they ended.", ["state"], registry=self.registry
        )
        self._answered = Counter(
            "roundup_worker_answered",
            "Messages of this worker that the mail server answered, whatever it said.",
            registry=self.registry,
        )
        for state in RunState:
            # From 0 on: the first failure is to be seen as a rise.
            self._runs.labels(state.value)
        self._ended = Gauge("roundup_last_run_timestamp_seconds", "When the last run ended.", registry=None)
        self._took = Gauge("roundup_last_run_seconds", "How long the last run took.", registry=None)
        self._has_run = False
        self._answers = Counter(
            "roundup_page_answers", "Answers of the public pages, by their status.", ["status"], registry=self.registry
        )

    def delivered(self, count: int) -> None:
        """So many messages of this worker were answered."""
        self._answered.inc(count)

    def ran(self, report: RunReport) -> None:
        """A run has ended."""
        for each in (report, report.weekly):
            if each is not None:
                self._runs.labels(each.state.value).inc()
        if not self._has_run:
            # Before, there is nothing to tell: 0 would be 1970, which is late.
            self._has_run = True
            self.registry.register(self._ended)
            self.registry.register(self._took)
        self._ended.set_to_current_time()
        self._took.set(report.seconds)

    def answered(self, status: int) -> None:
        """A public page was asked for."""
        self._answers.labels(str(status)).inc()


class _Newsletter(Collector):
    """Asks the database at each visit, in a connection of its own."""

    def __init__(self, office: Callable[[], Office]) -> None:
        self._office = office

    def collect(self) -> Iterable[Metric]:
        """See `Collector`."""
        # Read whole before anything is told: half of the numbers would look like a loss.
        office = self._office()
        try:
            with office.store.to_read() as ledgers:
                sources = [source.name for source in office.newsroom.sources]
                found = list(measures(ledgers, office.schedule, sources=sources, now=office.clock()))
        except RoundupError:
            found = []
        yield from map(_family, found)
        readable = "1 if the database could be read for these numbers; else 0."
        yield GaugeMetricFamily("roundup_database_readable", readable, value=float(bool(found)))


def _family(measure: Measure) -> Metric:
    names = list(measure.samples[0][0]) if measure.samples else []
    family = GaugeMetricFamily(measure.name, measure.help, labels=names)
    for labels, value in measure.samples:
        family.add_metric([labels[name] for name in names], value)
    return family


class Counted:
    """Pages whose answers are counted."""

    def __init__(self, pages: ASGIApp, metrics: Metrics) -> None:
        self._pages = pages
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._metrics.answered(message["status"])
            await send(message)

        await self._pages(scope, receive, counted)


@contextmanager
def metrics_page(office: Office, address: str) -> Iterator[Metrics | None]:
    """The numbers, told at `HOST:PORT` or at that port of this machine as long as the block lasts; None if the address
    is empty. Raises `RoundupError`."""
    if not address:
        yield None
        return
    host, _, port = address.rpartition(":")
    host = host.strip("[]") or "127.0.0.1"
    if not port.isdecimal() or int(port) > 65535:
        raise click.UsageError(f"--metrics: “{address}” is no port; write one such as 9464, or 127.0.0.1:9464.")
    metrics = Metrics(office)
    try:
        server, thread = start_http_server(int(port), addr=host, registry=metrics.registry)
    except OSError as error:
        why = borrowed(error.strerror or error)
        raise RoundupError(
            say("The numbers cannot be told on {host}:{port}: {why}.", host=host, port=port, why=why)
        ) from None
    where = f"http://{f'[{host}]' if ':' in host else host}:{server.server_port}/metrics"
    click.echo(say("Numbers for Prometheus: {address}", address=where))
    try:
        yield metrics
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
