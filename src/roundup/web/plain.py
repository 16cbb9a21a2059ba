"""Pages for when not even roundup's own templates can be used: bare, but whoever leaves sees that it was done."""

from collections.abc import Collection
from html import escape

from roundup.rendering import Masthead

_PAGE = (
    '<!DOCTYPE html>\n<html lang="{language}" dir="{direction}">\n<head>\n<meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{title}</title>\n</head>\n'
    "<body>\n<main>\n<h1>{title}</h1>\n{body}\n</main>\n</body>\n</html>\n"
)
#: Pages that can be shown so.
SHOWN: Collection[str] = ("leave.html", "left.html", "stayed.html", "asked.html", "confirm.html", "confirmed.html")


def plain(name: str, masthead: Masthead) -> str:
    """The page that stands for a template."""
    say, newsletter = masthead.words.say, masthead.name
    told, button = "", ""
    match name:
        case "leave.html":
            title, button = say("Leave {newsletter}?", newsletter=newsletter), say("Unsubscribe")
        case "left.html":
            title = say("You have left")
            told = say("No more issues of {newsletter} will be sent to you.", newsletter=newsletter)
        case "stayed.html":
            title = say("You are back on the list")
        case "asked.html":
            title = say("Look into your inbox")
            told = say(
                "If mail can reach that address, a message is on its way to it. Follow the link in it to confirm, and "
                "you are on the list."
            )
        case "confirm.html":
            title, button = say("One last click"), say("Yes, send me {newsletter}", newsletter=newsletter)
        case "confirmed.html":
            title = say("You are on the list")
        case _:
            title = newsletter
            told = say(
                "This page cannot be shown at the moment. To leave {newsletter}, follow the “Unsubscribe” link at the "
                "end of any issue.",
                newsletter=newsletter,
            )
    body = f'<p role="status">{escape(told)}</p>' if told else ""
    body += f'<form method="post"><button type="submit">{escape(button)}</button></form>' if button else ""
    return _PAGE.format(
        language=escape(masthead.language), direction=masthead.words.direction, title=escape(title), body=body
    )
