"""smtplib, one thread and one connection each: with ready octets, or with an `EmailMessage` built for every person.

`"way": "ready"` sends the same octets to everybody: nothing is personal, so this is smtplib itself. `"way": "built"`
is what the documentation of Python's `email` shows, for each person: names, an own link, `send_message`.
"""

import json
import smtplib
import ssl
import sys
import threading
import time
from email.message import EmailMessage
from email.utils import formatdate
from pathlib import Path
from typing import Any


def opened(asked: dict[str, Any]) -> smtplib.SMTP:
    """A connection, ready to send."""
    name = "bench.example.org"
    if asked["security"] == "tls":
        return smtplib.SMTP_SSL(
            "127.0.0.1", asked["port"], local_hostname=name, context=ssl.create_default_context(), timeout=60
        )
    line = smtplib.SMTP("127.0.0.1", asked["port"], local_hostname=name, timeout=60)
    if asked["security"] == "starttls":
        line.starttls(context=ssl.create_default_context())
    return line


def built(number: int, html: str, text: str) -> EmailMessage:
    """One person's message."""
    message = EmailMessage()
    message["From"] = "The Daily Lantern <roundup@lantern.example.org>"
    message["To"] = f"Reader Number {number} <reader{number}@example.com>"
    message["Subject"] = "The bridge that two towns built"
    message["Date"] = formatdate()
    message["Message-ID"] = f"<{number}.bench@lantern.example.org>"
    message["List-Unsubscribe"] = f"<https://roundup.lantern.example.org/u/{number:032}>"
    message.set_content(text.replace("TOKEN", f"{number:032}"))
    message.add_alternative(html.replace("TOKEN", f"{number:032}"), subtype="html")
    return message


def send(asked: dict[str, Any], numbers: range) -> None:
    """One thread's share."""
    line, (ready, html, text) = opened(asked), asked["issue"]
    for number in numbers:
        sender, to = f"bounces+{number}@lantern.example.org", f"reader{number}@example.com"
        if asked["way"] == "ready":
            line.sendmail(sender, [to], ready)
        else:
            line.send_message(built(number, html, text), sender, [to])
    line.quit()


def main() -> None:
    """See the module."""
    asked = json.loads(sys.argv[1])
    folder, total, lines = Path(asked["folder"]), asked["messages"], asked["connections"]
    html, text = ((folder / name).read_text(encoding="utf-8") for name in ("issue.html", "issue.txt"))
    asked["issue"] = (folder / "issue.eml").read_bytes(), html, text
    shares = [range(first, total, lines) for first in range(lines)]
    threads = [threading.Thread(target=send, args=(asked, share)) for share in shares]
    began, used = time.perf_counter(), time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds, cpu = time.perf_counter() - began, time.process_time() - used
    print(json.dumps({"messages": total, "seconds": seconds, "cpu": cpu}))


if __name__ == "__main__":
    main()
