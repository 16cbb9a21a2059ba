"""Approving an issue: the page that the mail to its editor leads to.

GET shows one rendering and one button, and changes nothing: mail scanners follow links. POST approves that rendering
and no other, and delivers nothing: the next run does. Both are safe to repeat. Whoever has the link has the editor's
mail; what it leads to is about one rendering, which the token names and signs.
"""

from collections.abc import Callable

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from roundup import messages
from roundup.approving import Approver, Seen, Standing
from roundup.messages import Addressee
from roundup.model import IssueKey
from roundup.proposals import Proposal
from roundup.tokens import Purpose
from roundup.web.pages import Pages
from roundup.web.site import Site

#: The page holds a frame of our own and nothing else.
_WITH_A_FRAME = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src https:; frame-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
}
#: The issue itself, which feeds and templates made: no script, no form, no way out of its frame.
_IN_THE_FRAME = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src https:; form-action 'none'; "
    "frame-ancestors 'self'; base-uri 'none'; sandbox"
}


class ApprovalPages:
    """The answers at `/approve/TOKEN`."""

    def __init__(self, pages: Pages, site: Site) -> None:
        self._pages = pages
        self._site = site

    async def show(self, request: Request) -> Response:
        """GET and HEAD: the issue and one button."""
        return await self._answer(request, lambda approver, *which: approver.look(*which, now=self._site.clock()))

    async def act(self, request: Request) -> Response:
        """POST: this rendering is approved. The body is not asked for its words: whoever holds the token and posts
        means it."""
        return await self._answer(request, lambda approver, *which: approver.approve(*which, now=self._site.clock()))

    async def issue(self, request: Request) -> Response:
        """The issue alone, for the frame, as `roundup preview` writes it."""
        found = self._read(request)
        if found is None:
            return self._unknown()
        approver, key, rendering = found
        seen = await to_thread.run_sync(lambda: approver.look(key, rendering, now=self._site.clock()))
        if seen.proposal is None:
            return self._unknown()
        return self._pages.plain(self._filled(seen.proposal, approver.rule.editor).encode(), headers=_IN_THE_FRAME)

    async def _answer(self, request: Request, ask: Callable[[Approver, IssueKey, str], Seen]) -> Response:
        found = self._read(request)
        if found is None:
            return self._unknown()
        seen = await to_thread.run_sync(lambda: ask(*found))
        if seen.proposal is None or seen.standing is not Standing.WAITS:
            return self._pages.page("approval.html", standing=seen.standing.value)
        return self._asking(seen.proposal, seen.people, found[0], request.path_params["token"])

    def _asking(self, proposal: Proposal, people: int, approver: Approver, token: str) -> Response:
        record, words = proposal.record, self._site.masthead.words
        own = {
            "token": token,
            "subject": record.subject,
            "fingerprint": record.fingerprint,
            "day": words.full_day(record.key.day),
            "until": words.full_moment(approver.rule.ends(proposal).astimezone(self._site.masthead.zone)),
        }
        return self._pages.page(
            "approve.html",
            own=own,
            headers=_WITH_A_FRAME,
            people=people,
            zone=f"{self._site.masthead.zone}",
            sends=approver.rule.sends,
            pieces=len(proposal.stored.told["pieces"]),
            variants=len(proposal.stored.variants),
        )

    def _read(self, request: Request) -> tuple[Approver, IssueKey, str] | None:
        """Which rendering a token names; None: none, or nobody is asked here."""
        read = self._site.secret.read_approval_token(request.path_params["token"])
        return None if read is None or self._site.approver is None else (self._site.approver, *read)

    def _filled(self, proposal: Proposal, editor: str) -> str:
        secret = self._site.secret
        addressee = Addressee(email=editor, name="", key=secret.stranger(editor), purpose=Purpose.TEST)
        return messages.filled(proposal.stored.rendered, addressee, secret)[0]

    def _unknown(self) -> Response:
        return self._pages.page("unknown-link.html", status=404)
