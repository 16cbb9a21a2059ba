"""Requests that arrive together ask the ledger together: one trip to the database, one wait for the disk, for all.

Alone each would wait for the disk in turn, and for whoever is writing there."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from anyio import to_thread

#: As many are asked at once: nobody waits long for the last of them.
_MOST = 500
Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class Together(Generic[Asked, Answer]):
    """Calls of one function, which takes many questions and answers each. It is never called twice at once."""

    def __init__(self, function: Callable[[Sequence[Asked]], Sequence[Answer]], *, at_hand: bool = False) -> None:
        """`at_hand`: it answers within microseconds, so that a thread for it would cost more than it does."""
        self._function = function
        self._at_hand = at_hand
        self._waiting: list[tuple[Asked, asyncio.Future[Answer]]] = []
        self._working: asyncio.Task[None] | None = None

    async def ask(self, asked: Asked) -> Answer:
        """One question's answer. Raises what the function raises."""
        if self._at_hand:
            return self._function([asked])[0]
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, future))
        if self._working is None:
            self._working = asyncio.create_task(self._work())
        return await future

    async def _work(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
                await self._answer(batch)
        finally:
            self._working = None

    async def _answer(self, batch: list[tuple[Asked, asyncio.Future[Answer]]]) -> None:
        try:
            answers = await to_thread.run_sync(self._function, [asked for asked, _ in batch])
        except Exception as error:  # noqa: BLE001 - raised where each was asked
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), answer in zip(batch, answers, strict=True):
            # Whoever asked may have hung up.
            if not future.done():
                future.set_result(answer)
