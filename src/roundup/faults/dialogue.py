"""One line's conversation, as the faulty server holds it.

RFC 5321, and RFC 2920: commands may come in groups, a group may begin with the end of the message before it, and each
is answered in its order; answers to one group leave together.
"""

import ssl
from base64 import b64encode
from collections.abc import Callable, Mapping

from roundup.faults import Manners
from roundup.faults.books import Books
from roundup.faults.catalogue import Fault, Step
from roundup.faults.envelopes import fault_in_address, fault_in_sender, parsed
from roundup.faults.logins import WELCOME, Login, login
from roundup.faults.wire import Wire

#: RFC 4954 §4: the longest line of an AUTH exchange, in octets; those of other commands are shorter.
_LONGEST_LINE = 12_288
_END = b"\r\n.\r\n"


class Dialogue(Wire):
    """One line, from the greeting to its end."""

    def __init__(self, books: Books, manners: Manners, context: ssl.SSLContext | None) -> None:
        super().__init__()
        self._books = books
        self._manners = manners
        self._context = context
        self._number = 0
        self._secured = manners.security == "tls"
        self._greeted = self._trusted = False
        self._login: Login | None = None
        self._messages = 0
        self._forget()
        self._verbs: Mapping[bytes, Callable[[bytes], None]] = {
            b"HELO": self._helo,
            b"EHLO": self._ehlo,
            b"STARTTLS": self._starttls,
            b"AUTH": self._auth,
            b"MAIL": self._mail,
            b"RCPT": self._rcpt,
            b"DATA": self._data,
            b"RSET": self._rset,
            b"NOOP": lambda _: self.say(b"250 2.0.0 ok"),
            b"QUIT": lambda _: self.hang_up(b"221 2.0.0 bye\r\n"),
        }

    def began(self) -> None:
        """See `Wire`."""
        self._books.lines += 1
        self._books.open_lines += 1
        self._number = self._books.lines
        if 0 < self._manners.max_connections < self._books.open_lines:
            self.hang_up(b"421 4.7.0 too many connections\r\n")
        else:
            self.say(b"220 faulty.example ESMTP")

    def ended(self) -> None:
        """See `Wire`."""
        self._books.open_lines -= 1

    def _forget(self) -> None:
        """No message is under way."""
        self._sender: str | None = None
        self._smtputf8 = False
        #: Whom the message under way is for, of those that were not refused.
        self._readers: list[str] = []
        self._in_content = False
        #: How far the content was searched for its end.
        self._searched = 0
        #: What breaks off the content.
        self._breaks: Fault | None = None

    # Reading and answering ----------------------------------------------------------------------------------------

    def read(self) -> bool:
        """See `Wire`."""
        return self._read_content() if self._in_content else self._read_command()

    def _do(self, fault: Fault) -> None:
        if fault.waits:
            self.later(self._manners.slow, lambda: self._speak(fault))
        else:
            self._speak(fault)

    def _speak(self, fault: Fault) -> None:
        self.answer(fault.says)
        if fault.closes:
            self.hang_up()

    # Commands -----------------------------------------------------------------------------------------------------

    def _read_command(self) -> bool:
        """One command. False: it has not come yet."""
        end = self.came.find(b"\r\n")
        if end < 0 or end > _LONGEST_LINE:
            if len(self.came) > _LONGEST_LINE:
                self.hang_up(b"500 5.5.2 the line is too long\r\n")
            return False
        line = bytes(self.came[:end])
        del self.came[: end + 2]
        self._books.hear(self._number, line)
        if self.came and not self._manners.pipelining:
            self.hang_up(b"503 5.5.0 one command at a time\r\n")
        elif self._login is not None:
            self._go_on_with(self._login, line)
        else:
            verb, _, rest = line.partition(b" ")
            act = self._verbs.get(verb.upper())
            if act is None or b"\r" in line or b"\n" in line:
                self.say(b"500 5.5.2 not a command of this server")
            else:
                act(rest)
        return True

    def _helo(self, _rest: bytes) -> None:
        self._forget()
        self._greeted = True
        self.say(b"250 faulty.example")

    def _ehlo(self, _rest: bytes) -> None:
        self._forget()
        self._greeted = True
        offered = ["faulty.example", *self._capabilities()]
        self.say(*(f"250-{each}".encode() for each in offered[:-1]), f"250 {offered[-1]}".encode())

    def _capabilities(self) -> tuple[str, ...]:
        manners = self._manners
        may_secure = manners.security == "starttls" and not self._secured
        if may_secure and manners.before_tls is not None:
            return manners.before_tls
        offered = {
            "PIPELINING": manners.pipelining,
            "8BITMIME": manners.eight_bit,
            "SMTPUTF8": manners.smtputf8,
            f"SIZE {manners.size}": manners.size > 0,
            "STARTTLS": may_secure,
            f"AUTH {' '.join(manners.mechanisms)}": bool(manners.username) and not may_secure,
            "ENHANCEDSTATUSCODES": True,
        }
        return tuple(capability for capability, given in offered.items() if given)

    def _starttls(self, _rest: bytes) -> None:
        if self._context is None or self._secured or self._manners.security != "starttls":
            self.say(b"502 5.5.1 not offered")
            return
        self.say(b"220 2.0.0 go on")
        self.secure(self._context)

    def secured(self) -> None:
        """See `Wire`."""
        self._secured, self._greeted = True, False
        self._forget()

    def _auth(self, rest: bytes) -> None:
        mechanism, _, initial = rest.decode("ascii", "replace").partition(" ")
        if self._manners.security == "starttls" and not self._secured:
            self.say(b"538 5.7.11 encrypt first")
        elif not self._manners.username or self._trusted or not self._greeted:
            self.say(b"503 5.5.1 not now")
        elif mechanism.upper() not in self._manners.mechanisms:
            self.say(b"504 5.5.4 not offered")
        else:
            self._login = login(mechanism.upper(), initial.encode(), self._manners)
            self._go_on_with(self._login, None)

    def _go_on_with(self, exchange: Login, answer: bytes | None) -> None:
        try:
            challenge = next(exchange) if answer is None else exchange.send(answer)
        except StopIteration as end:
            self._login = None
            self._trusted = end.value == WELCOME
            self.say(end.value)
        else:
            self.say(b"334 " + b64encode(challenge))

    def _mail(self, rest: bytes) -> None:
        envelope = parsed(rest)
        if 0 < self._manners.max_messages <= self._messages:
            self.hang_up(b"421 4.7.0 enough messages on this line\r\n")
        elif not self._greeted or self._sender is not None:
            self.say(b"503 5.5.1 " + (b"one MAIL at a time" if self._greeted else b"say EHLO first"))
        elif self._manners.username and not self._trusted:
            self.say(b"530 5.7.0 log in first")
        elif envelope is None:
            self.say(b"501 5.5.4 MAIL FROM:<address> was expected")
        elif wrong := fault_in_sender(envelope, self._manners):
            self.say(wrong)
        else:
            self._sender = envelope.address
            self._smtputf8 = "SMTPUTF8" in envelope.parameters
            self.say(b"250 2.1.0 ok")

    def _rcpt(self, rest: bytes) -> None:
        envelope = parsed(rest)
        if self._sender is None:
            self.say(b"503 5.5.1 MAIL comes first")
        elif envelope is None or not envelope.address:
            self.say(b"501 5.5.4 RCPT TO:<address> was expected")
        elif self._manners.always:
            self.say(self._manners.always.encode())
        elif wrong := fault_in_address(envelope.address, smtputf8=self._smtputf8):
            self.say(wrong)
        else:
            fault = self._books.does(envelope.address, Step.RCPT)
            if fault is None or fault.says.startswith(b"25"):
                self._readers.append(envelope.address)
            if fault is None:
                self.say(b"250 2.1.5 ok")
            else:
                self._do(fault)

    def _data(self, _rest: bytes) -> None:
        if self._sender is None:
            self.say(b"503 5.5.1 MAIL comes first")
        elif not self._readers:
            # RFC 2920 §3.1: a client that pipelines says DATA before it knows. The MAIL stands until a RSET.
            self.say(b"554 5.5.1 nobody to take it")
        elif fault := self._fault(Step.DATA):
            self._do(fault)
        else:
            self.say(b"354 go on")
            self._in_content, self._searched = True, 0
            self._breaks = self._fault(Step.CONTENT)

    def _fault(self, step: Step) -> Fault | None:
        return next((fault for each in self._readers if (fault := self._books.does(each, step))), None)

    def _rset(self, _rest: bytes) -> None:
        self._forget()
        self.say(b"250 2.0.0 ok")

    # The message --------------------------------------------------------------------------------------------------

    def _read_content(self) -> bool:
        """The message up to its final dot. False: more is to come."""
        if self._breaks is not None and self.came:
            self._do(self._breaks)
            return False
        if self.came.startswith(_END[2:]):
            self._end_of(b"", 3)
            return True
        end = self.came.find(_END, self._searched)
        if end < 0:
            self._searched = max(0, len(self.came) - len(_END) + 1)
            return False
        self._end_of(bytes(self.came[: end + 2]), end + 5)
        return True

    def _end_of(self, content: bytes, length: int) -> None:
        del self.came[:length]
        fault, readers = self._fault(Step.DOT), self._readers
        self._messages += 1
        self._forget()
        if self.came and not self._manners.pipelining:
            self.hang_up(b"503 5.5.0 one command at a time\r\n")
            return
        if 0 < self._manners.size < len(content):
            self.say(b"552 5.3.4 larger than %d octets" % self._manners.size)
            return
        if fault is None or fault.takes:
            self._books.enter(readers, content)
        if fault is not None:
            self._do(fault)
        elif self._manners.latency:
            self.later(self._manners.latency, lambda: self.say(b"250 2.0.0 taken"))
        else:
            self.say(b"250 2.0.0 taken")
