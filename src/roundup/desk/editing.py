"""The editor's word by hand: every change on the desk becomes a change of `issues/DATE.toml`, and can be undone."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import tomlkit

from roundup import word_changes, word_file
from roundup.desk.looking import Looking
from roundup.desk.order import Card, Cards
from roundup.errors import ChangedElsewhereError, HeldError
from roundup.identity import normal_link
from roundup.model import IssueKey, Omission, Picture
from roundup.ranking import Order
from roundup.word_changes import Change, Names
from roundup.word_file import Written
from roundup.words import mark, say

Form = Mapping[str, str]
ANOTHER = mark("This page was of another issue, so nothing was done. Look at the one that is due now.")
_NOTHING = mark("Nothing was changed.")
_NO_SUCH = mark("This piece is not on the desk any more. Look again.")


def cards_of(looking: Looking) -> Cards | None:
    """The cards of what is to be seen; None for an issue that is frozen, or that nobody could make."""
    sight = looking.sight
    if sight.issue is None:
        return None
    order = Order(looking.settings.ranking.order)
    return Cards(sight.issue, order, counted=sight.counted, lost=sight.lost)


class Editing:
    """Writes what the editor does on the desk. Each change says what it did, in a sentence.

    A button changes the file that its page was made of (`tag`), and no other. A form of texts may be written in for
    minutes: it says of each field what it was drawn with (`was.FIELD`), and only fields that its editor has changed
    are written, unless somebody has written them elsewhere meanwhile (`own`).
    """

    def __init__(self, looking: Looking) -> None:
        self._looking = looking
        #: What was changed here, the last at the end, and what was taken back of it.
        self._done: list[Written] = []
        self._undone: list[Written] = []
        self._of: IssueKey | None = None

    @property
    def can_undo(self) -> bool:
        """Whether there is something to undo."""
        return bool(self._done) and self._is_of_today

    @property
    def can_redo(self) -> bool:
        """Whether something was undone, and nothing changed since."""
        return bool(self._undone) and self._is_of_today

    @property
    def _is_of_today(self) -> bool:
        """Whether what was changed is the issue that is to be seen, and can be changed still."""
        sight = self._looking.sight
        return self._of == sight.key and sight.issue is not None

    def act(self, form: Form) -> str:
        """Do what the form says. Returns what was done. Raises `HeldError`, and then nothing was written."""
        with self._looking.undisturbed():
            if form.get("issue", "") != str(self._looking.sight.key):
                raise HeldError(say(ANOTHER))
            for verb, does in self._verbs().items():
                if verb in form:
                    return does(form)
        raise HeldError(say("Nothing was asked for."))

    def _verbs(self) -> Mapping[str, Callable[[Form], str]]:
        return {
            "undo": self._undo, "redo": self._redo, "pin": self._pin, "unpin": self._unpin, "exclude": self._exclude,
            "include": self._include, "move": self._move, "edit": self._edit, "say": self._say, "add": self._add,
            "take_out": self._take_out, "house": self._house,
        }  # fmt: skip

    # The order -----------------------------------------------------------------------------------------------------

    def _pin(self, form: Form) -> str:
        card = self._card(form["pin"])
        self._write(form.get("tag", ""), lambda also: word_changes.listed("pin", (card.name,), also))
        return say("“{title}” is pinned.", title=card.ranked.shown.title)

    def _unpin(self, form: Form) -> str:
        card = self._card(form["unpin"])
        self._write(form.get("tag", ""), lambda also: word_changes.unlisted("pin", (card.name,), also))
        return say("“{title}” is pinned no more.", title=card.ranked.shown.title)

    def _exclude(self, form: Form) -> str:
        card = self._card(form["exclude"])

        def change(also: Names) -> Change:
            unpinned = word_changes.unlisted("pin", (card.name,), also) if card.ranked.pinned else _nothing
            return _both(unpinned, word_changes.listed("exclude", (card.name,), also))

        self._write(form.get("tag", ""), change)
        return say("“{title}” is left out, of this issue and of all that follow.", title=card.ranked.shown.title)

    def _include(self, form: Form) -> str:
        """What the editor left out comes back to its own place; what else is out is put in second, for the lead makes
        the subject, and a click is not to change that."""
        card, cards = self._card(form["include"]), self._cards()
        sight = self._looking.sight
        by_word = {each.name for group in cards.groups() if group.kind is Omission.EXCLUDED for each in group.cards}
        if card.name in by_word:
            self._write(form.get("tag", ""), lambda also: word_changes.unlisted("exclude", (card.name,), also))
            return say("“{title}” may come in again.", title=card.ranked.shown.title)
        pins = sum(each.pinned for each in sight.issue.pieces) if sight.issue is not None else 0
        names = cards.placed(card.name, max(2, pins + 1))
        self._write(form.get("tag", ""), lambda also: word_changes.in_this_order("pin", names, also))
        return say("“{title}” is in.", title=card.ranked.shown.title)

    def _move(self, form: Form) -> str:
        """`move` is a place, from 1, and a piece: `3|NAME`."""
        place, _, name = form["move"].partition("|")
        card, cards = self._card(name), self._cards()
        if not place.isdecimal() or len(place) > 6:
            raise HeldError(say("Nothing was asked for."))
        names = cards.placed(card.name, int(place))
        self._write(form.get("tag", ""), lambda also: word_changes.in_this_order("pin", names, also))
        where = names.index(card.name) + 1
        return say("“{title}” stands at place {place}.", title=card.ranked.shown.title, place=where)

    # What is said --------------------------------------------------------------------------------------------------

    def _edit(self, form: Form) -> str:
        card = self._card(form["edit"])
        own, before = card.ranked.piece, card.ranked.edit
        self._check_own(form, own_of(before.title, before.excerpt, before.picture))
        changed = _changed(form, ("title", "excerpt", "picture", "alt"))
        values: dict[str, object] = {}
        if "title" in changed:
            values["title"] = changed["title"] if changed["title"] not in ("", own.title) else None
        if "excerpt" in changed:
            excerpt = " ".join(changed["excerpt"].split())
            values["excerpt"] = excerpt if excerpt != own.excerpt else None
        if "picture" in changed or "alt" in changed:
            values |= _picture(own.picture, form.get("picture", "").strip(), form.get("alt", "").strip())
        if not self._write(None, lambda also: word_changes.edited(card.name, values, also)):
            return say(_NOTHING)
        return say("“{title}” is changed in the mail.", title=values.get("title") or card.ranked.shown.title)

    def _say(self, form: Form) -> str:
        word = self._looking.sight.word
        self._check_own(form, own_of(word.subject, word.preheader, word.intro))
        changed = _changed(form, ("subject", "preheader", "intro"))
        values = {key: value.replace("\r\n", "\n") or None for key, value in changed.items()}
        return say("Written down.") if self._write(None, lambda _: word_changes.said(values)) else say(_NOTHING)

    def _add(self, form: Form) -> str:
        given = {key: form.get(key, "").strip() for key in ("title", "link", "excerpt", "author")}
        if not given["title"] or not given["link"]:
            raise HeldError(say("A piece by hand needs a title and a link."))
        values = {key: value for key, value in given.items() if value}
        self._write(None, lambda _: word_changes.added(values))
        return say("“{title}” is added.", title=given["title"])

    def _take_out(self, form: Form) -> str:
        card = self._card(form["take_out"])
        unpinned = card.ranked.pinned

        def change(also: Names) -> Change:
            pin = word_changes.unlisted("pin", (card.name,), also) if unpinned else _nothing
            return _both(pin, word_changes.taken_out(card.ranked.piece.link))

        self._write(form.get("tag", ""), change)
        return say("“{title}” is taken out again.", title=card.ranked.shown.title)

    def _house(self, form: Form) -> str:
        """Appeals, sponsors, and a credit for this issue alone."""
        word = self._looking.sight.word
        self._check_own(form, own_of(word.appeal, word.sponsor, word.credit))
        wanted: dict[str, bool | None] = {"show": True, "hide": False}
        values = {key: wanted.get(form.get(key, "")) for key in ("appeal", "sponsor")}
        text, link = form.get("credit", "").strip(), form.get("credit_link", "").strip()
        credit = {"text": text or None, "link": link if text and link else None}

        def change(document: tomlkit.TOMLDocument) -> None:
            word_changes.said(values)(document)
            word_changes.credited(credit)(document)

        return say("Written down.") if self._write(None, lambda _: change) else say(_NOTHING)

    # Writing -------------------------------------------------------------------------------------------------------

    def _undo(self, form: Form) -> str:
        del form
        if not self.can_undo:
            raise HeldError(say("There is nothing to undo."))
        written = self._done[-1]
        word_file.put_back(self._looking.directory, written)
        self._undone.append(self._done.pop())
        self._looking.look()
        return say("Undone.")

    def _redo(self, form: Form) -> str:
        del form
        if not self.can_redo:
            raise HeldError(say("There is nothing to do again."))
        written = self._undone[-1]
        back = replace(written, before=written.after, after=written.before)
        word_file.put_back(self._looking.directory, back)
        self._done.append(self._undone.pop())
        self._looking.look()
        return say("Done again.")

    def _check_own(self, form: Form, own: str) -> None:
        """Raises `ChangedElsewhereError` if what a form is about was written elsewhere since it was drawn."""
        if form.get("own", "") != own:
            where = f"issues/{self._looking.sight.key}.toml"
            raise ChangedElsewhereError(
                say(
                    "{where} was changed elsewhere meanwhile, so nothing was written. Look at what stands there now, "
                    "and save again.",
                    where=where,
                )
            )

    def _write(self, tag: str | None, change: Callable[[Names], Change]) -> bool:
        """Write a change down; with `tag` only into the file that has it. False: there was nothing to change. Raises
        `ChangedElsewhereError`."""
        looking = self._looking
        sight = looking.sight
        if sight.issue is None:
            raise HeldError(say("This issue cannot be changed any more."))
        written = word_file.change(
            looking.directory, sight.key, change(word_changes.names_of(sight.issue)), check=looking.try_out, tag=tag
        )
        if self._of != sight.key:
            self._done, self._undone, self._of = [], [], sight.key
        if written.after != written.before:
            self._done.append(written)
            self._undone.clear()
        looking.look()
        return written.after != written.before

    def _cards(self) -> Cards:
        cards = cards_of(self._looking)
        if cards is None:
            raise HeldError(say("This issue cannot be changed any more."))
        return cards

    def _card(self, name: str) -> Card:
        """The card of a piece, by its name. Raises `HeldError`."""
        cards = self._cards()
        every = [*cards.cards(), *(each for group in cards.groups() for each in group.cards)]
        found = next((each for each in every if each.name == name), None)
        if found is None and "://" in name:
            found = next((each for each in every if normal_link(each.name) == normal_link(name)), None)
        if found is None:
            raise HeldError(say(_NO_SUCH))
        return found


def _nothing(_document: tomlkit.TOMLDocument) -> None:
    """Change nothing."""


def _both(first: Change, second: Change) -> Change:
    def change(document: tomlkit.TOMLDocument) -> None:
        first(document)
        second(document)

    return change


def own_of(*values: object) -> str:
    """What tells the present word on something from every other: a form of texts carries it."""
    return hashlib.sha256(repr(values).encode()).hexdigest()[:16]


def _changed(form: Form, names: Iterable[str]) -> dict[str, str]:
    """The fields that are others than they were drawn, without the blanks around them."""
    given = {name: form[name].strip() for name in names if name in form}
    return {name: value for name, value in given.items() if value != form.get(f"was.{name}", "").strip()}


def _picture(own: Picture | None, url: str, alt: str) -> dict[str, object]:
    """What the word says of a picture: nothing, if it is the source's own, or was emptied."""
    if not url or (own is not None and (own.url, own.alt) == (url, alt)):
        return {"picture": None, "alt": None}
    return {"picture": url, "alt": alt or None}
