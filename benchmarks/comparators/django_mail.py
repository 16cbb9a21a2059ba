"""Django's mail backend: `EmailMultiAlternatives` for every person, one thread and one open connection each.

Runs in an environment of its own, in which only Django is installed.
"""

import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail import DNS_NAME, EmailMultiAlternatives, get_connection


def send(numbers: range, html: str, text: str) -> None:
    """One thread's share."""
    connection = get_connection()
    connection.open()
    for number in numbers:
        message = EmailMultiAlternatives(
            "The bridge that two towns built",
            text.replace("TOKEN", f"{number:032}"),
            "The Daily Lantern <roundup@lantern.example.org>",
            [f"Reader Number {number} <reader{number}@example.com>"],
            headers={"List-Unsubscribe": f"<https://roundup.lantern.example.org/u/{number:032}>"},
            connection=connection,
        )
        message.attach_alternative(html.replace("TOKEN", f"{number:032}"), "text/html")
        message.send()
    connection.close()


def main() -> None:
    """See the package."""
    asked: dict[str, Any] = json.loads(sys.argv[1])
    folder, total, lines = Path(asked["folder"]), asked["messages"], asked["connections"]
    html = (folder / "issue.html").read_text(encoding="utf-8")
    text = (folder / "issue.txt").read_text(encoding="utf-8")
    settings.configure(
        EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
        EMAIL_HOST="127.0.0.1",
        EMAIL_PORT=asked["port"],
        DEFAULT_CHARSET="utf-8",
    )
    # Looked up once and kept: a slow name server is not what is measured.
    DNS_NAME.get_fqdn()
    threads = [threading.Thread(target=send, args=(range(first, total, lines), html, text)) for first in range(lines)]
    began, used = time.perf_counter(), time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds, cpu = time.perf_counter() - began, time.process_time() - used
    print(json.dumps({"messages": total, "seconds": seconds, "cpu": cpu}))


if __name__ == "__main__":
    main()
