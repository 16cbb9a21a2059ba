"""The editor's desk: the page on which an editor decides in two minutes that today's issue is right.

What is to be seen is made in `looking.py`; what an editor does goes through `editing.py` (the word on the issue) or
`acting.py` (what becomes of it). GET changes nothing.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial

from anyio import sleep, to_thread
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from roundup import wiring
from roundup.desk import frames
from roundup.desk.acting import Acting
from roundup.desk.at_work import AtWork
from roundup.desk.editing import Editing
from roundup.desk.guard import Guard, Token
from roundup.desk.live import Live
from roundup.desk.looking import Looking, Opening
from roundup.desk.pages import Pages, folder, number_of
from roundup.desk.past import key_of, past_sight
from roundup.desk.sight import Sight
from roundup.editors_copy import EditorsCopy
from roundup.errors import HeldError, RoundupError
from roundup.forms import FormError
from roundup.words import say

__all__ = ["Desk", "Looking", "Opening"]

_FRAME_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; "
    "img-src {own}; frame-ancestors {own}"
)
_SAVED = 'attachment; filename="issue-{day}.eml"'
_STATIC = {"desk.css": "text/css", "desk.js": "text/javascript"}
#: What stands for a picture that cannot be had.
_NO_PICTURE = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="560" height="315">'
    b'<rect width="560" height="315" fill="#8886"/></svg>'
)
#: How often the browser is told of what has changed, in seconds.
_BEAT = 0.05


class Desk:
    """The desk of one newsletter, as an ASGI application."""

    def __init__(self, looking: Looking, *, port: int) -> None:
        self._looking = looking
        self._work = AtWork()
        self._token = Token()
        self._editing = Editing(looking)
        self._acting = Acting(looking, self._work)
        self._pages = Pages(looking, self._editing, self._work, self._token)
        self._pictures: dict[str, tuple[str, bytes]] = {}
        #: Every picture of a mail that was shown, by what the desk calls it.
        self._known: dict[str, str] = {}
        self._notice = ""
        self._closing = False
        self._own = f"http://127.0.0.1:{port} http://localhost:{port}"
        self.app = Starlette(
            routes=self._routes(),
            middleware=[Middleware(Guard, port=port)],
            exception_handlers={FormError: self._refused, HeldError: self._held, RoundupError: self._held},
            lifespan=self._lifespan,
        )

    def close(self) -> None:
        """No more events are told: whoever listens may go."""
        self._closing = True

    def _routes(self) -> list[Route]:
        get = ["GET"]
        return [
            Route("/", self._today, methods=get),
            Route("/change", self._change, methods=["POST"]),
            Route("/act", self._act, methods=["POST"]),
            Route("/send", self._send_page, methods=get),
            Route("/skip", self._skip_page, methods=get),
            Route("/issues", self._issues, methods=get),
            Route("/issues/{key:path}/frame", self._past_frame, methods=get),
            Route("/issues/{key:path}", self._issue, methods=get),
            Route("/frame", self._frame, methods=get),
            Route("/issue.html", self._html, methods=get),
            Route("/issue.txt", self._text, methods=get),
            Route("/issue.eml", self._eml, methods=get),
            Route("/source", self._source, methods=get),
            Route("/picture/{name}", self._picture, methods=get),
            Route("/events", self._events, methods=get),
            Route("/static/{name}", self._static, methods=get),
        ]

    @asynccontextmanager
    async def _lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        live = Live(self._looking)
        live.open()
        try:
            yield
        finally:
            await to_thread.run_sync(live.close)
            await to_thread.run_sync(self._work.stop)

    # Pages ---------------------------------------------------------------------------------------------------------

    def _today(self, request: Request) -> Response:
        notice, self._notice = self._notice, ""
        return self._pages.today(chosen=request.query_params, links=self._acting.links, notice=notice)

    def _issues(self, _request: Request) -> Response:
        return self._pages.issues()

    def _issue(self, request: Request) -> Response:
        return self._pages.issue(past_sight(self._looking, key_of(request.path_params["key"])))

    def _send_page(self, _request: Request) -> Response:
        """The last question before everybody is mailed."""
        sight = self._looking.sight
        if not sight.fingerprint or sight.is_frozen:
            raise HeldError(say("There is no issue to send."))
        if sight.trouble:
            raise HeldError(sight.trouble)
        tally = self._acting.would_reach()
        return self._pages.page("send.html", here="today", sight=sight, tally=tally, people=tally.unfinished)

    def _skip_page(self, _request: Request) -> Response:
        return self._pages.page("skip.html", here="today", sight=self._looking.sight)

    # Doing ---------------------------------------------------------------------------------------------------------

    async def _change(self, request: Request) -> Response:
        def does(form: Mapping[str, str]) -> str:
            told = self._editing.act(form)
            # What was said of the issue was said of another one.
            self._work.forget()
            return told

        return await self._do(request, does)

    async def _act(self, request: Request) -> Response:
        return await self._do(request, self._acting.act)

    async def _do(self, request: Request, does: Callable[[Mapping[str, str]], str]) -> Response:
        """Do something, and show the page that it was done on. With script the page comes back at once; without, the
        browser is sent to it, so that loading it again does nothing again."""
        form = await self._token.form(request)
        by_script = "x-desk" in request.headers
        return await to_thread.run_sync(partial(self._done, form, does, by_script=by_script))

    def _done(self, form: Mapping[str, str], does: Callable[[Mapping[str, str]], str], *, by_script: bool) -> Response:
        notice, alarm = "", ""
        try:
            notice = does(form)
        except RoundupError as error:
            alarm = str(error)
            self._looking.look_at_word()
        past = form.get("page", "")
        if past and not alarm and not by_script:
            return RedirectResponse(f"/issues/{key_of(past)}", status_code=303)
        if past:
            return self._pages.issue(past_sight(self._looking, key_of(past)), notice=notice, alarm=alarm)
        if by_script or alarm:
            return self._pages.today(chosen=form, links=self._acting.links, notice=notice, alarm=alarm)
        # Told on the page that the browser is sent to.
        self._notice = notice
        return RedirectResponse("/", status_code=303)

    def _held(self, _request: Request, error: Exception) -> Response:
        return self._pages.page("trouble.html", status=409, what=str(error), alarm=str(error))

    def _refused(self, _request: Request, error: Exception) -> Response:
        status = error.status if isinstance(error, FormError) else 400
        told = (
            say("This page is of an earlier start of the desk, so nothing was done. Load it again.")
            if status == 403
            else say("What was sent is longer than anybody writes, or no form of the desk's, so nothing was done.")
        )
        return self._pages.page("trouble.html", status=status, what=told, alarm=told)

    # The mail ------------------------------------------------------------------------------------------------------

    def _copy(self, request: Request) -> EditorsCopy:
        copy = self._looking.copy_of(number_of(request.query_params))
        if copy is None:
            raise HeldError(say("There is nothing new, so there is no mail."))
        return copy

    def _frame(self, request: Request) -> Response:
        return self._framed(self._copy(request), request)

    def _past_frame(self, request: Request) -> Response:
        sight: Sight = past_sight(self._looking, key_of(request.path_params["key"]))
        return self._framed(sight.copy, request) if sight.copy is not None else Response(status_code=404)

    def _framed(self, copy: EditorsCopy, request: Request) -> Response:
        chosen = request.query_params
        scheme: frames.Scheme = "dark" if chosen.get("scheme") == "dark" else "light"
        self._known |= frames.addresses(copy.html)
        content = frames.framed(copy.html, scheme=scheme, pictures=chosen.get("pictures") != "off")
        return self._boxed(content.encode(), "text/html; charset=utf-8")

    def _html(self, request: Request) -> Response:
        return self._boxed(self._copy(request).html.encode(), "text/html; charset=utf-8")

    def _text(self, request: Request) -> Response:
        return self._boxed(self._copy(request).text.encode(), "text/plain; charset=utf-8")

    def _source(self, request: Request) -> Response:
        return self._boxed(self._copy(request).eml, "text/plain; charset=utf-8")

    def _eml(self, request: Request) -> Response:
        answer = self._boxed(self._copy(request).eml, "message/rfc822")
        answer.headers["Content-Disposition"] = _SAVED.format(day=self._looking.sight.key.day)
        return answer

    def _boxed(self, content: bytes, kind: str) -> Response:
        """What came out of feeds: in a frame without script, that asks nobody but us for anything."""
        policy = _FRAME_POLICY.format(own=self._own)
        headers = {"Content-Type": kind, "Content-Security-Policy": policy, "Referrer-Policy": "no-referrer"}
        return Response(content, headers=headers)

    def _picture(self, request: Request) -> Response:
        """A picture of the issue that is to be seen, and no other."""
        name = request.path_params["name"]
        url = _pictures(self._looking.sight).get(name) or self._known.get(name)
        if url is None:
            return Response(status_code=404)
        if name not in self._pictures:
            found = wiring.visitor(self._looking.settings).picture(url)
            if found is not None:
                self._pictures[name] = found
        kind, octets = self._pictures.get(name, ("image/svg+xml", _NO_PICTURE))
        # A sandboxed frame is of no origin.
        headers = {"Content-Type": kind, "Cross-Origin-Resource-Policy": "cross-origin", "Cache-Control": "max-age=60"}
        return Response(octets, headers=headers)

    # The browser ---------------------------------------------------------------------------------------------------

    async def _events(self, _request: Request) -> Response:
        """Server-sent events (HTML Standard §9.2): the revision, whenever it changes."""

        async def told() -> AsyncIterator[str]:
            before, beats = "", 0
            while not self._closing:
                revision, beats = self._pages.revision, beats + 1
                if revision != before:
                    before = revision
                    yield f"data: {revision}\n\n"
                elif beats % 200 == 0:
                    # Whoever has gone is noticed by writing to them.
                    yield ": still here\n\n"
                await sleep(_BEAT)

        return StreamingResponse(told(), media_type="text/event-stream")

    def _static(self, request: Request) -> Response:
        name = request.path_params["name"]
        kind = _STATIC.get(name)
        if kind is None:
            return PlainTextResponse(say("There is nothing here."), status_code=404)
        if name == "desk.css":
            return Response(self._pages.style(), media_type=kind)
        return FileResponse(folder() / name, media_type=kind)


def _pictures(sight: Sight) -> dict[str, str]:
    """The addresses of all pictures that are to be seen, by what the desk calls them."""
    in_the_mail = frames.addresses(sight.copy.html) if sight.copy is not None else {}
    pieces = sight.issue.pieces if sight.issue is not None else ()
    shown = (each.shown.picture for each in pieces)
    return in_the_mail | {frames.name_of(each.url): each.url for each in shown if each is not None}
