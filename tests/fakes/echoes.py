"""Servers that say what they must not: they quote the passwords that they were given."""

import base64
import re
import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class _Mail(socketserver.StreamRequestHandler):
    """A mail server: as its server's manner is, it breaks off in the middle of AUTH, refuses the login or takes it, and
    quotes the password in whatever it says."""

    def handle(self) -> None:
        password = line = ""
        self._say("220 echo.example ESMTP")
        while given := self.rfile.readline():
            line = given.decode("utf-8", "replace").strip()
            word = line[:4].upper()
            if word in {"EHLO", "HELO"}:
                self._say("250-echo.example\r\n250-PIPELINING\r\n250 AUTH PLAIN LOGIN")
            elif word == "AUTH":
                password = self._login(line)
                if self.server.manner == "breaks":  # type: ignore[attr-defined]
                    self.wfile.write(f"535 bad password {password}".encode())
                    return
                if self.server.manner == "refuses":  # type: ignore[attr-defined]
                    self._say(f"535-5.7.8 bad password {password}\r\n535 5.7.8 you said: {line}")
                    continue
                self._say(f"235 2.7.0 welcome, {password}")
            elif word == "RCPT" and "ada@" in line:
                self._say(f"550 5.7.1 not with the password {password}, that is {_plain(password)}")
            elif word == "DATA":
                self._say(f"354 go on, {password}")
                while self.rfile.readline() not in {b".\r\n", b""}:
                    pass
                self._say(f"451 4.3.0 later, {password.encode().hex()} or {password}")
            elif word == "QUIT":
                self._say(f"221 bye, {password}")
                return
            else:
                self._say(f"250 2.0.0 {password}")

    def _login(self, line: str) -> str:
        kind, _, first = line[5:].partition(" ")
        if not first:
            self._say("334 ")
            first = self.rfile.readline().decode().strip()
        if kind.upper() == "LOGIN":
            self._say("334 UGFzc3dvcmQ6")
            return base64.b64decode(self.rfile.readline()).decode()
        return base64.b64decode(first).decode().split("\0")[-1]

    def _say(self, reply: str) -> None:
        self.wfile.write(f"{reply}\r\n".encode())


def _plain(password: str) -> str:
    return base64.b64encode(f"\0roundup\0{password}".encode()).decode()


class _Database(socketserver.BaseRequestHandler):
    """A PostgreSQL server (protocol 3.0) that asks for the password in the clear, and quotes it as it refuses it."""

    def handle(self) -> None:
        while True:
            length, code = struct.unpack("!II", self.request.recv(8))
            self.request.recv(length - 8) if length > 8 else None
            if code not in {80877103, 80877104}:
                break
            # Neither TLS nor GSSAPI.
            self.request.sendall(b"N")
        self.request.sendall(b"R" + struct.pack("!II", 8, 3))
        password = re.sub(r"\0$", "", self.request.recv(4096)[5:].decode())
        told = b"SFATAL\0C28P01\0M" + f"password {password} (28P01)".encode() + b"\0\0"
        self.request.sendall(b"E" + struct.pack("!I", len(told) + 4) + told)


class _Mailbox(socketserver.StreamRequestHandler):
    """An IMAP server that quotes the password as it refuses it."""

    def handle(self) -> None:
        self.wfile.write(b"* OK echo.example IMAP4rev1\r\n")
        while line := self.rfile.readline().decode("utf-8", "replace").strip():
            tag, _, asked = line.partition(" ")
            if asked.upper().startswith("LOGIN"):
                answer = f"NO [AUTHENTICATIONFAILED] bad password {asked.split()[-1]}"
            elif asked.upper().startswith("LOGOUT"):
                answer = "OK bye"
            else:
                self.wfile.write(b"* CAPABILITY IMAP4rev1\r\n")
                answer = "OK"
            self.wfile.write(f"{tag} {answer}\r\n".encode())


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    manner = ""


@contextmanager
def a_mail_server(manner: str) -> Iterator[int]:
    """One at work, at this port. `manner`: `takes` the login, `refuses` it, or `breaks` off."""
    with _serving(_Mail, manner) as port:
        yield port


@contextmanager
def a_database() -> Iterator[int]:
    """One at work, at this port."""
    with _serving(_Database, "") as port:
        yield port


@contextmanager
def a_mailbox() -> Iterator[int]:
    """One at work, at this port."""
    with _serving(_Mailbox, "") as port:
        yield port


@contextmanager
def _serving(handler: type[socketserver.BaseRequestHandler], manner: str) -> Iterator[int]:
    with _Server(("127.0.0.1", 0), handler) as server:
        server.manner = manner
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield int(server.server_address[1])
        finally:
            server.shutdown()
