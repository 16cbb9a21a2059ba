"""A run's report, told to whoever did not start the run: the editor by mail, a log, a webhook, a dead man's switch.

Whatever fails here is said and stops nothing: the issue is what matters. A letter or call that could not be made waits
in the ledger of notices, and the next run makes it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from roundup.announcing import Announcers
from roundup.clock import stopwatch
from roundup.errors import RoundupError
from roundup.letters import letter
from roundup.messages import Letterhead
from roundup.model import Accepted, NotOffered, Refused, Unknown
from roundup.notices import KEPT_FOR, Notice, Way
from roundup.noticing import MailWhen, Told, call_about, document, letter_about, went_well
from roundup.reports import RunReport, RunState
from roundup.sending import Sender
from roundup.sending.singly import NoWayError, offered
from roundup.store import Ledgers, Store
from roundup.words import say

#: So many are told in one run; what remains waits for the next.
_AT_ONCE = 5
#: So long all letters of a run may take: a mail server that is silent must not keep the next issue waiting.
_LETTERS_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporting:
    """Whoever is told, and what telling them takes."""

    told: Told
    editor: str
    mail: MailWhen
    announcers: Announcers
    letterhead: Letterhead
    sender: Sender
    store: Store

    def report(self, report: RunReport, *, at: datetime, stop: Callable[[], bool] = lambda: False) -> list[str]:
        """Tell them. `at`: now, by the clock; `stop`: whether this process is to end. Returns a sentence for each whom
        nothing could be told."""
        until = stopwatch() + _LETTERS_SECONDS
        if report.state in (RunState.DRY_RUN, RunState.RUNNING):
            return []
        # What is pressed last would be pressed late if a mail server hangs.
        troubles = [self._pressed(report), self._logged(report, at)]
        if self.mail is not MailWhen.NEVER or self.announcers.webhook is not None:
            try:
                with self.store.to_write() as ledgers:
                    self._note(ledgers, report, at)
                    troubles += self._told_what_waits(ledgers, at, lambda: stop() or stopwatch() > until)
            except RoundupError as error:
                # Without its ledger nobody would know what was told before, and the editor have a letter at every run.
                troubles.append(str(error) if str(error) != report.because else "")
        return [trouble for trouble in troubles if trouble]

    def _pressed(self, report: RunReport) -> str:
        if self.announcers.switch is None:
            return ""
        return self.announcers.switch.press(went_well=went_well(report))

    def _logged(self, report: RunReport, at: datetime) -> str:
        if self.announcers.log is None or report.is_quiet:
            return ""
        return self.announcers.log.announce(document(report, self.told, at=at))

    def _note(self, ledgers: Ledgers, report: RunReport, at: datetime) -> None:
        made = [letter_about(report, self.told, self.mail, at=at)]
        made += [call_about(report, self.told, at=at)] if self.announcers.webhook is not None else []
        for notice in made:
            if notice is not None and ledgers.notices.note(notice, at=at):
                ledgers.notices.prune(at - KEPT_FOR)

    def _told_what_waits(self, ledgers: Ledgers, at: datetime, stop: Callable[[], bool]) -> Iterator[str]:
        for _ in range(_AT_ONCE):
            notice = ledgers.notices.claim(at=at)
            if notice is None:
                return
            trouble, again = self._mailed(notice, at, stop) if notice.way is Way.MAIL else self._called(notice)
            ledgers.notices.settle(notice, trouble=trouble, again=again, at=at)
            yield trouble

    def _mailed(self, notice: Notice, at: datetime, stop: Callable[[], bool]) -> tuple[str, bool]:
        """Why it could not be mailed, and whether that is worth another try."""
        parts = [("plain", notice.content)]
        message = letter(self.letterhead, self.editor, notice.subject, parts, number=f"report-{notice.name}", at=at)
        try:
            (outcome,) = offered(self.sender, [message], stop=stop)
        except NoWayError as error:
            return _unmailed(error), True
        if isinstance(outcome, Accepted):
            return "", False
        if isinstance(outcome, Refused):
            why = f"{outcome.reply.code} {outcome.reply.text}"
            return say("The report was refused by the editor's mail server: {why}", why=why), False
        if isinstance(outcome, NotOffered | Unknown):
            return _unmailed(outcome.why), True
        return _unmailed(f"{outcome.reply.code} {outcome.reply.text}"), True

    def _called(self, notice: Notice) -> tuple[str, bool]:
        if self.announcers.webhook is None:
            return "", False
        trouble = self.announcers.webhook.announce(notice.content)
        return trouble, bool(trouble)


def _unmailed(why: object) -> str:
    return say("The report could not be mailed to the editor, and will be tried again: {why}", why=why)
