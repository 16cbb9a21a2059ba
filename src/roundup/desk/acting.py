"""What the editor decides on the desk: a test mail, hold, skip, send now, retry; and a word on a source."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from roundup import approving, holding, pipeline, retrying, skipping, trying_out, wiring
from roundup.daily import run
from roundup.desk import frames
from roundup.desk.at_work import AtWork
from roundup.desk.editing import ANOTHER
from roundup.desk.looking import Looking
from roundup.desk.past import key_of
from roundup.desk.sight import Sight
from roundup.errors import HeldError, SettingsError
from roundup.following import would_reach
from roundup.gathering import Visitor
from roundup.journal import Tally
from roundup.model import Accepted, IssueKey
from roundup.office import Office, Orders
from roundup.reports import RunReport
from roundup.words import say, say_many

Form = Mapping[str, str]
#: At most so many links are asked about at once.
_LINKS = 200
_AT_ONCE = 16


class Acting:
    """Does what an editor decides, and says what was done. Every method raises `HeldError` or `SettingsError` with a
    sentence if it cannot be done."""

    def __init__(self, looking: Looking, work: AtWork) -> None:
        self._looking = looking
        self._work = work
        #: Of the links that were asked about: what is wrong with each, empty for one that leads somewhere.
        self.links: dict[str, str] = {}

    def act(self, form: Form) -> str:
        """Do what the form says. Returns what was done."""
        verbs: Mapping[str, Callable[[Form], str]] = {
            "test": self._test, "hold": self._hold, "release": self._release, "skip": self._skip, "send": self._send,
            "approve": self._approve,
            "go_on": self._go_on, "retry": self._retry, "accept": self._accept, "mute": self._mute,
            "read": self._read, "check_links": self._check_links,
        }  # fmt: skip
        # A page of a past issue names that; any other page is about the one that is due next.
        if not form.get("page") and "retry" not in form and form.get("issue", "") != str(self._looking.sight.key):
            raise HeldError(say(ANOTHER))
        for verb, does in verbs.items():
            if verb in form:
                return does(form)
        raise HeldError(say("Nothing was asked for."))

    def would_reach(self) -> Tally:
        """Whom the issue would go to now, and who would not have it. Raises `ListError`."""
        looking = self._looking
        office, sight = looking.office, looking.sight
        audience = pipeline.audience_of(sight.variants, cadence=pipeline.cadence_of(sight.key))
        with office.store.to_read() as ledgers:
            return would_reach(
                office.list_file(),
                ledgers.subscribers,
                audience,
                at=looking.now,
                hashed=office.newsroom.secret.forgotten,
            )

    # The issue -----------------------------------------------------------------------------------------------------

    def _test(self, form: Form) -> str:
        sight = self._looking.sight
        if sight.rendered is None:
            raise HeldError(say("There is nothing new, so there is no issue to send."))
        addresses = trying_out.mailable(form.get("test", "").replace(",", " ").split())
        if not addresses:
            raise HeldError(say("Say to whom the test is to go."))
        office = self._sending()
        outcomes = trying_out.send(office, sight.rendered, addresses)
        told = "; ".join(f"{to}: {trying_out.said(each)}" for to, each in outcomes)
        if not all(isinstance(each, Accepted) for _, each in outcomes):
            raise HeldError(told)
        return say("Test sent. {outcomes}", outcomes=told)

    def _hold(self, form: Form) -> str:
        key = self._key(form)
        holding.hold(self._looking.office, key, now=self._looking.now)
        self._looking.look()
        return say("The issue of {key} is on hold.", key=key)

    def _release(self, form: Form) -> str:
        key = self._key(form)
        holding.release(self._looking.office, key, now=self._looking.now)
        self._looking.look()
        return say("The issue of {key} is released; a run goes on with it while it is in time.", key=key)

    def _skip(self, form: Form) -> str:
        key = self._key(form)
        skipping.skip(self._looking.office, key, now=self._looking.now)
        self._looking.read_sources()
        return say("The issue of {key} is skipped. Its pieces wait for the next one.", key=key)

    def _send(self, form: Form) -> str:
        """Send now exactly what the editor has seen: the fingerprint is the page's."""
        sight = self._looking.sight
        if not sight.fingerprint or form.get("fingerprint") != sight.fingerprint:
            raise HeldError(say("The issue has changed since you looked. Look at it, then send it."))
        office = self._sending()
        orders = Orders(now=True, expect=sight.fingerprint, at=self._looking.at)
        self._start(office, lambda: run(office, orders))
        return say("The issue of {key} is on its way.", key=sight.key)

    def _approve(self, form: Form) -> str:
        """Approve exactly what the editor has seen; what is due is delivered at once."""
        sight = self._looking.sight
        seen = form.get("approve", "")
        if not seen or seen != sight.fingerprint:
            raise HeldError(say("The issue has changed since you looked. Look at it, then approve it."))
        office, now = self._sending(), self._looking.now
        self._start(office, lambda: approving.approve_and_deliver(office, sight.key, expect=seen, now=now))
        return say("The issue of {key} is being approved.", key=sight.key)

    def _go_on(self, form: Form) -> str:
        del form
        office = self._sending()
        orders = Orders(at=self._looking.at)
        self._start(office, lambda: run(office, orders))
        return say("The delivery goes on.")

    def _retry(self, form: Form) -> str:
        key = self._key(form)
        office = self._sending()
        self._start(office, lambda: retrying.retry(office, key, in_doubt=False))
        return say("Who has not got the issue of {key} is offered it again.", key=key)

    # The sources ---------------------------------------------------------------------------------------------------

    def _accept(self, form: Form) -> str:
        name = self._source(form["accept"])
        with self._looking.office.store.to_write() as ledgers:
            ledgers.memory.mark(name, muted=False, accepted=True)
        self._looking.read_sources()
        return say("{name}: its next reading is taken whole.", name=name)

    def _mute(self, form: Form) -> str:
        name = self._source(form["mute"])
        with self._looking.office.store.to_write() as ledgers:
            ledgers.memory.mark(name, muted=True)
        self._looking.read_sources()
        return say("{name}: muted.", name=name)

    def _read(self, form: Form) -> str:
        del form
        self._looking.read_sources()
        return say("All sources were read again.")

    def _check_links(self, form: Form) -> str:
        """Ask every page that the issue links to. The one thing on the desk, beside sources and pictures, that asks the
        network for something: when the editor says so."""
        del form
        copy, own = self._looking.sight.copy, self._looking.settings.newsletter.public_url
        found = frames.links(copy.html) if copy is not None else ()
        links = [link for link in found if not own or not link.startswith(own)][:_LINKS]
        self.links = _asked(wiring.visitor(self._looking.settings), links)
        bad = sum(1 for trouble in self.links.values() if trouble)
        if not bad:
            return say("Every link leads somewhere.")
        return say_many("{count} link leads nowhere.", "{count} links lead nowhere.", bad)

    # What it takes -------------------------------------------------------------------------------------------------

    def _sending(self) -> Office:
        """An office that can send, watched by the desk. Raises `SettingsError`."""
        settings, office = self._looking.opening(sends=True, watch=self._work)
        wiring.check_sending(settings, at=self._looking.at)
        return office

    def _start(self, office: Office, does: Callable[[], RunReport]) -> None:
        zone = self._looking.settings.newsletter.zone

        def tell(report: RunReport) -> Sequence[str]:
            self._looking.glance()
            return report.lines(zone)

        self._work.start(office, does, tell=tell)

    def _key(self, form: Form) -> IssueKey:
        """The issue that the page is about. Raises `HeldError` if the form names no issue."""
        given = form.get("issue", "")
        sight: Sight = self._looking.sight
        return sight.key if given in ("", str(sight.key)) else key_of(given)

    def _source(self, name: str) -> str:
        if name not in [source.name for source in self._looking.office.newsroom.sources]:
            raise SettingsError(say("No source is called “{name}”.", name=name))
        return name


def _asked(visitor: Visitor, links: Sequence[str]) -> dict[str, str]:
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return dict(zip(links, pool.map(visitor.trouble, links), strict=True))
