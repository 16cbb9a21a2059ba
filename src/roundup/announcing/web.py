"""Reports over the web: a webhook that takes them as JSON, and a dead man's switch that is only pressed.

Their addresses are as good as passwords, so what is said of them names the server alone.
"""

from urllib.parse import urlsplit, urlunsplit

from roundup.clock import stopwatch
from roundup.gathering.asking import AskingError, ask
from roundup.words import say

#: Healthchecks' and its kin's: what says that something went wrong stands at the end of the path.
_WENT_WRONG = "/fail"
_EVERY_SECONDS = 60.0


class Webhook:
    """Implements `roundup.announcing.Announcer`. `text` in the JSON is what Slack, Mattermost and others show."""

    def __init__(self, url: str) -> None:
        self._url = url

    def announce(self, document: str) -> str:
        """See `Announcer`."""
        return _asked("POST", self._url, "[reports] webhook", body=document.encode(), kind="application/json")


class WebSwitch:
    """Implements `roundup.announcing.Switch`."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._pressed: tuple[bool, float] | None = None

    def press(self, *, went_well: bool) -> str:
        """See `Switch`. Whoever stays wakes twice a minute, which is more than anybody wants to hear."""
        if self._pressed is not None:
            before, when = self._pressed
            if before == went_well and stopwatch() - when < _EVERY_SECONDS:
                return ""
        self._pressed = went_well, stopwatch()
        place = urlsplit(self._url)
        path = place.path if went_well else place.path.rstrip("/") + _WENT_WRONG
        return _asked("GET", urlunsplit(place._replace(path=path)), "[reports] ping")


def _asked(method: str, url: str, setting: str, *, body: bytes = b"", kind: str = "") -> str:
    host = f"{urlsplit(url).hostname or ''} ({setting})"
    try:
        answer = ask(method, url, body=body, kind=kind)
    except AskingError as error:
        return say("The report did not reach {host}: {why}.", host=host, why=error)
    if answer.status // 100 != 2:
        return say("The report did not reach {host}: it answered {status}.", host=host, status=answer.status)
    return ""
