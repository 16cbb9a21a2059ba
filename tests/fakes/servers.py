"""A mail server whose every word is in the test that uses it: a script for each connection."""

import contextlib
import re
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager


class Talk:
    """One connection, from the server's side."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._octets = sock.makefile("rb")
        #: The commands that were heard, and the messages.
        self.commands: list[str] = []
        self.messages: list[bytes] = []

    def say(self, *lines: str) -> None:
        self._sock.sendall("".join(line + "\r\n" for line in lines).encode())

    def line(self) -> str:
        """The next command; empty: the client has gone."""
        command = self._octets.readline().decode().rstrip("\r\n")
        if command:
            self.commands.append(command)
        return command

    def message(self) -> None:
        """A whole message, to its final dot."""
        content = b""
        while (line := self._octets.readline()) != b".\r\n":
            if not line:
                return
            content += line.removeprefix(b".")
        self.messages.append(content)

    def is_silent(self, seconds: float) -> bool:
        """Whether the client says nothing for a while."""
        self._sock.settimeout(seconds)
        try:
            return not self._sock.recv(1, socket.MSG_PEEK)
        except TimeoutError:
            return True
        finally:
            self._sock.settimeout(None)

    def reset(self) -> None:
        """Break the connection off rudely."""
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def greet(self, *extensions: str) -> None:
        self.say("220 scripted")
        self.line()
        words = ["scripted", *extensions]
        self.say(*(f"250-{word}" for word in words[:-1]), f"250 {words[-1]}")

    def envelope(self) -> None:
        """MAIL, RCPT and DATA, each answered as it comes."""
        for answer in ("250 ok", "250 ok", "354 go on"):
            self.line()
            self.say(answer)

    def be_polite(self, *extensions: str) -> None:
        """Take everything until QUIT."""
        self.greet(*extensions)
        while command := self.line():
            if command == "DATA":
                self.say("354 go on")
                self.message()
                self.say("250 2.0.0 taken")
            elif command == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")


Script = Callable[[Talk], None]


class ScriptedServer:
    """Plays a script on each connection in turn; the last one for all that follow."""

    def __init__(self, scripts: Sequence[Script]) -> None:
        self.talks: list[Talk] = []
        #: What went wrong in a script.
        self.faults: list[Exception] = []
        self._scripts = scripts
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._threads: list[threading.Thread] = []
        self._accepting = threading.Thread(target=self._accept)
        self._accepting.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                thread = threading.Thread(target=self._play, args=[sock, len(self.talks)], daemon=True)
                self.talks.append(Talk(sock))
                self._threads.append(thread)
                thread.start()

    def _play(self, sock: socket.socket, number: int) -> None:
        talk = self.talks[number]
        with sock, talk._octets:  # noqa: SLF001 - its own half
            try:
                self._scripts[min(number, len(self._scripts) - 1)](talk)
            except OSError:
                pass
            except Exception as error:  # noqa: BLE001 - told to the test
                self.faults.append(error)

    @property
    def messages(self) -> list[bytes]:
        """Every message that came whole."""
        return [message for talk in self.talks for message in talk.messages]

    @property
    def commands(self) -> list[str]:
        """Every command that was heard, without its arguments."""
        return [re.split(r"[ :]", command)[0].upper() for talk in self.talks for command in talk.commands]

    @property
    def busy(self) -> int:
        """How many connections are open."""
        return sum(thread.is_alive() for thread in self._threads)

    def stop(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._accepting.join(timeout=10)
        for thread in self._threads:
            thread.join(timeout=10)
        assert not self.faults


@contextmanager
def a_server(*scripts: Script) -> Iterator[ScriptedServer]:
    """A server at work."""
    server = ScriptedServer(scripts)
    try:
        yield server
    finally:
        server.stop()
