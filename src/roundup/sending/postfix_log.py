"""The referee that reads a local Postfix's log.

It never guesses. A message is queued when the queue manager says so. It is not queued only when all of this holds: the
log is this relay's and up to date (a word that we have it log appears in it), it reaches back to when the message may
first have been offered, every session of ours is over, nothing that it says speaks of missing lines, and the message
either was never named or was thrown away in so many words. Everything else is undecided.
"""

import secrets
import zlib
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from roundup import clock
from roundup.sending.log_files import LogFiles
from roundup.sending.log_stamps import age
from roundup.sending.postfix_lines import Testimony, stamp_of
from roundup.sending.referee import Judgement, Verdict, never
from roundup.words import borrowed, figures, say


@dataclass(frozen=True, slots=True, kw_only=True)
class PostfixLog:
    """Implements `roundup.sending.referee.Referee`. All lengths of time are seconds."""

    path: Path
    #: Makes the relay log a word; raises `OSError`. See `roundup.sending.log_mark`.
    mark: Callable[[str], None]
    #: How long the relay may take to come to rest, once the log has been read.
    limit: float = 30.0
    #: How long the log is watched after that, for writers that do not keep lines in order.
    grace: float = 1.0
    #: How long to wait before the log is looked at again.
    pause: float = 0.1
    now: clock.Clock = clock.now
    stopwatch: Callable[[], float] = clock.stopwatch
    wait: Callable[[float], None] = clock.wait

    def judge(self, message_ids: Collection[str], *, since: datetime, stop: Callable[[], bool] = never) -> Judgement:
        """See `Referee`."""
        if not message_ids:
            return Judgement(verdicts={})
        word = "roundup" + secrets.token_hex(8)
        testimony = Testimony((each.encode() for each in message_ids), word=word.encode())
        trouble = _Hearing(referee=self, testimony=testimony, since=since, stop=stop).hear(word)
        unsettled = testimony.unsettled

        def verdict(message_id: bytes) -> Verdict:
            if message_id in testimony.queued:
                return Verdict.QUEUED
            return Verdict.UNDECIDED if trouble or message_id in unsettled else Verdict.NOT_QUEUED

        verdicts = {each: verdict(each.encode()) for each in message_ids}
        if Verdict.UNDECIDED not in verdicts.values():
            return Judgement(verdicts=verdicts)
        kept = say(
            "{path} does not say what became of messages that the relay began to take: {count}.",
            path=self.path,
            count=len(unsettled),
        )
        return Judgement(verdicts=verdicts, trouble=trouble or kept)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hearing:
    """One reading of the log."""

    referee: PostfixLog
    testimony: Testimony
    since: datetime
    stop: Callable[[], bool]

    def hear(self, word: str) -> str:
        """Hear what the log says. Returns in a sentence why its silence proves nothing; empty: it does."""
        path, refused = self.referee.path, ""
        try:
            self.referee.mark(word)
        except OSError as error:
            refused = say(
                "The relay could not be reached to see whether {path} is its log: {error}.",
                path=path,
                error=borrowed(error),
            )
        try:
            log = LogFiles(path, since=self.since)
            try:
                return self._follow(log, refused)
            finally:
                log.close()
        except (OSError, EOFError, zlib.error) as error:
            return say(
                "The relay's log cannot be read: {error}. Check [delivery] relay_log, and who may read that file.",
                error=borrowed(error),
            )

    def _follow(self, log: LogFiles, refused: str) -> str:
        first = b""
        for batch in _all(log):
            first = first or _first_stamp(batch)
            self.testimony.hear(batch)
            if self.stop():
                return self._unrest()
        if refused:
            return refused
        if not self._await_rest(log):
            return self._unrest()
        if not self._reaches_back(log, first):
            since = f"{self.since:%Y-%m-%d %H:%M:%S %Z}"
            return say(
                "{path} and the files it was rotated into do not reach back to {since}, when the first "
                "message may have been offered.",
                path=self.referee.path,
                since=since,
            )
        doubt = self.testimony.reason_to_doubt
        return f"{self.referee.path} {doubt}." if doubt else ""

    def _await_rest(self, log: LogFiles) -> bool:
        """Whether the relay came to rest, and was watched for as long as the grace."""
        referee, testimony = self.referee, self.testimony
        began = referee.stopwatch()
        at_rest: float | None = None
        while not testimony.all_queued:
            present = referee.stopwatch()
            if at_rest is None and testimony.is_at_rest:
                at_rest = present
            rested = at_rest is not None and present - at_rest >= referee.grace
            if present - began >= referee.limit or self.stop() or (rested and not testimony.unsettled):
                return rested
            referee.wait(referee.pause)
            for batch in log.new_batches():
                testimony.hear(batch)
        return True

    def _unrest(self) -> str:
        path, limit = self.referee.path, self.referee.limit
        if self.stop():
            return say("The reading of {path} was stopped.", path=path)
        if not self.testimony.mark_stamp:
            return say(
                "{path} did not show within {limit} s what the relay was made to log: it is another server's "
                "log, or is written late. Check [delivery] relay_log.",
                path=path,
                limit=figures(limit),
            )
        return say(
            "Connections to the relay that were still open after {limit} s: {open_sessions}.",
            limit=figures(limit),
            open_sessions=self.testimony.open_sessions,
        )

    def _reaches_back(self, log: LogFiles, first: bytes) -> bool:
        if log.reaches_back:
            return True
        old = age(first, self.testimony.mark_stamp)
        return old is not None and self.referee.now().timestamp() - old <= self.since.timestamp()


def _all(log: LogFiles) -> Iterator[list[bytes]]:
    yield from log.old_batches()
    yield from log.new_batches()


def _first_stamp(lines: list[bytes]) -> bytes:
    """The first line's that has a program and its process id."""
    heads = (line.partition(b"]: ") for line in lines)
    return next((stamp_of(head) for head, found, _ in heads if found), b"")
