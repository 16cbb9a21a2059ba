"""Who mails confirmations while the pages are served: one thread, one mail after another, within the hour's ration."""

import threading
from collections.abc import Callable, Iterator

from roundup.clock import Clock
from roundup.confirming import Asking
from roundup.errors import RoundupError
from roundup.model import Accepted, Deferred, Message, NotOffered, Outcome, Refused, Unknown
from roundup.sending import Sender
from roundup.sending.singly import NoWayError, offered
from roundup.signing_up import Rationing, Signup, SignupBook, SignupState
from roundup.web.troubles import kind_and_place

#: How often it looks for sign-ups that another process took in, and after trouble, in seconds.
_LOOKS_EVERY, _RESTS_FOR = 2.0, 30.0
#: How long closing waits for the answer to a mail whose octets have gone out, in seconds.
_CLOSES_WITHIN = 10.0


class Mailroom:
    """Its thread is at work between `open` and `close`."""

    def __init__(
        self,
        book: SignupBook,
        sender: Sender,
        asking: Asking,
        *,
        rationing: Rationing,
        clock: Clock,
        tell: Callable[[str], None],
    ) -> None:
        """`tell` is told in a sentence what is wrong with the way out, once until it is well again."""
        self._book = book
        self._sender = sender
        self._asking = asking
        self._rationing = rationing
        self._clock = clock
        self._tell = tell
        self._told = ""
        self._awake = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._work, name="mailroom", daemon=True)

    def open(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """There is a new sign-up."""
        self._awake.set()

    def close(self) -> None:
        """Finish the mail that is on its way, and end. A mail server that does not answer is not waited for longer
        than ten seconds: that mail is in doubt then, as if the process had been killed over it."""
        self._closing = True
        self._awake.set()
        self._thread.join(_CLOSES_WITHIN)

    def _work(self) -> None:
        while not self._closing:
            self._awake.clear()
            try:
                well = self.mail_all()
            except RoundupError as error:
                well = False
                self._say(str(error))
            except Exception as error:  # noqa: BLE001 - whatever one mail does, people sign up tomorrow, too
                well = False
                self._say(kind_and_place(error))
            self._awake.wait(_LOOKS_EVERY if well else _RESTS_FOR)

    def mail_all(self) -> bool:
        """Mail whatever waits and may go now. False: there is no way out at present. Raises `RoundupError`."""
        signup = self._book.next(self._rationing, at=self._clock())
        if signup is None:
            return True
        on_its_way = signup

        def messages() -> Iterator[Message]:
            nonlocal on_its_way
            following: Signup | None = on_its_way
            while following is not None:
                on_its_way = following
                yield self._asking.message(following, at=self._clock())
                following = None if self._closing else self._book.next(self._rationing, at=self._clock())

        try:
            for outcome in offered(self._sender, messages(), stop=lambda: self._closing):
                self._settle(on_its_way, outcome)
        except NoWayError as error:
            # It was offered to nobody: it may wait for a way.
            self._book.give_back(on_its_way.id)
            self._say(str(error))
            return False
        self._told = ""
        return True

    def _settle(self, signup: Signup, outcome: Outcome) -> None:
        now = self._clock()
        match outcome:
            case Accepted():
                self._book.settle(signup.id, SignupState.SENT, at=now)
            case Deferred(reply=reply):
                self._book.settle(signup.id, SignupState.WAITING, trouble=f"{reply.code} {reply.text}", at=now)
            case NotOffered(why=why):
                self._book.settle(signup.id, SignupState.WAITING, trouble=why, at=now)
            case Refused(reply=reply):
                self._book.settle(signup.id, SignupState.FAILED, trouble=f"{reply.code} {reply.text}", at=now)
            case Unknown(why=why):
                # In doubt it is not sent a second time: who waits for it signs up again.
                self._book.settle(signup.id, SignupState.FAILED, trouble=why, at=now)

    def _say(self, trouble: str) -> None:
        if trouble != self._told and not self._closing:
            self._told = trouble
            self._tell(trouble)
