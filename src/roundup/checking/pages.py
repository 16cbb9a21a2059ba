"""The public pages as a mail program meets them from outside: RFC 8058's one-click POST with a probe token.

The probe is a test token like those of test mails: `roundup serve` knows it by its signature, and it stands for nobody,
so that nothing is changed. A token that nobody signed must be refused: a server that answers 200 to everything would
let people believe that they have left.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from roundup.checking import Finding
from roundup.checking.catalogue import finding
from roundup.gathering.asking import Answer, AskingError, CertificateError, ask, certificate_ends
from roundup.tokens import Purpose, Secret
from roundup.words import say, say_many

#: A certificate that ends sooner was not renewed when it should have been (Let's Encrypt renews 30 days before).
_LEFT = timedelta(days=14)
_ONE_CLICK = "List-Unsubscribe=One-Click"
_BOUNDARY = "roundup-check"
#: RFC 8058 §3.1: a client should send the first form, and may send the second.
_FORMS = (
    (
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n'
        f"--{_BOUNDARY}--\r\n".encode(),
        f"multipart/form-data; boundary={_BOUNDARY}",
    ),
    (_ONE_CLICK.encode(), "application/x-www-form-urlencoded"),
)


def judge(public_url: str, secret: Secret, *, now: datetime) -> Iterator[Finding]:
    """What is wrong with the pages at `public_url`, which ends in a slash."""
    probe = f"{public_url}u/{secret.token(secret.stranger('check'), Purpose.TEST)}"
    try:
        for body, kind in _FORMS:
            wrong = _answered(probe, ask("POST", probe, body=body, kind=kind), public_url)
            if wrong is not None:
                yield wrong
                return
        yield from _stranger(public_url)
    except CertificateError as error:
        yield finding(
            "pages-certificate",
            say(
                "{url} has no certificate that can be trusted ({why}), so that nobody can leave with one click: renew "
                "it at your web server.",
                url=public_url,
                why=error,
            ),
        )
    except AskingError as error:
        yield finding(
            "pages-unreachable",
            say(
                "The public pages cannot be reached at {url} ({why}), so that nobody can leave: start `roundup serve` "
                "and the web server in front of it, or correct [newsletter] public_url.",
                url=public_url,
                why=error,
            ),
        )
    else:
        yield from _certificate(public_url, now)


def _answered(probe: str, answer: Answer, public_url: str) -> Finding | None:
    """What is wrong with the answer to a one-click POST; None: nothing."""
    if answer.status == 200:
        return None
    if 300 <= answer.status < 400:
        return finding(
            "pages-redirect",
            say(
                "{url} answers a one-click unsubscribe with a redirect to {where}, which mail programs do not follow "
                "(RFC 8058 §3.1): set [newsletter] public_url to where it leads, or let your web server hand on the "
                "request as it is.",
                url=public_url,
                where=answer.headers.get("location", "?").replace(probe.rpartition("/")[2], "…"),
            ),
        )
    if answer.status == 404:
        return finding(
            "pages-secret",
            say(
                "{url} does not know the links that this newsletter mails (it answers 404): either no `roundup serve` "
                "is there, or it works with another secret or in another directory than this one.",
                url=public_url,
            ),
        )
    return finding(
        "pages-refuse",
        say(
            "{url} answers a one-click unsubscribe with {status} in place of 200: let your web server hand on POST "
            "requests without a login, a cookie or a check for robots.",
            url=public_url,
            status=answer.status,
        ),
    )


def _stranger(public_url: str) -> Iterator[Finding]:
    """A token that nobody signed."""
    answer = ask("POST", f"{public_url}u/{'A' * 32}", body=_ONE_CLICK.encode(), kind=_FORMS[1][1])
    if answer.status == 200:
        yield finding(
            "pages-strange",
            say(
                "{url} answers 200 to any address, so it is not `roundup serve` that answers, and whoever leaves there "
                "stays on the list: let your web server hand on everything below it to `roundup serve`.",
                url=public_url,
            ),
        )


def _certificate(public_url: str, now: datetime) -> Iterator[Finding]:
    ends = certificate_ends(public_url) if public_url.startswith("https:") else None
    if ends is not None and ends - now < _LEFT:
        yield finding(
            "pages-certificate-ends",
            say_many(
                "The certificate of {url} ends in {count} day, and then nobody can leave with one click: see why your "
                "web server did not renew it.",
                "The certificate of {url} ends in {count} days, and then nobody can leave with one click: see why your "
                "web server did not renew it.",
                (ends - now).days,
                url=public_url,
            ),
        )
