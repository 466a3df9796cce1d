"""Who shares threads with whom: places are left for others, the one with the fewest is next, and beyond a line calls are refused."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
from starlette.responses import Response

from workbench.api.lanes import Lane, LeftError
from workbench.core.errors import Unavailable


class Calls:
    """Calls that last until they are told to end; ``running`` says whose are being carried out."""

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        self.running: list[str] = []
        self.ends: dict[str, list[threading.Event]] = {}
        self.tasks: list[asyncio.Task[Any]] = []

    def start(self, who: str, count: int = 1) -> None:
        self.tasks += [asyncio.create_task(self._one(who)) for _ in range(count)]

    async def _one(self, who: str) -> None:
        end = threading.Event()

        def work() -> Response:
            self.running.append(who)
            self.ends.setdefault(who, []).append(end)
            end.wait(120)
            self.running.remove(who)
            return Response()

        async with self.lane.admit(who) as in_thread:
            await in_thread(work)

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not true():
                await asyncio.sleep(0.005)

    def end(self, who: str) -> None:
        self.ends[who].pop().set()

    async def end_all(self) -> None:
        for task in self.tasks:
            while not task.done():
                for ends in self.ends.values():
                    for end in ends:
                        end.set()
                await asyncio.sleep(0.005)


def play(story: Callable[[Calls], Any], lane: Lane) -> None:
    async def run() -> None:
        calls = Calls(lane)
        try:
            await story(calls)
        finally:
            await calls.end_all()

    asyncio.run(run())


def test_some_who_start_all_they_may_leave_places_for_the_next() -> None:
    async def story(calls: Calls) -> None:
        for who, places in (("a", 8), ("b", 4), ("c", 2), ("d", 1)):
            calls.start(who, 20)
            await calls.until(lambda who=who, places=places: calls.running.count(who) >= places)  # type: ignore[misc]
            await asyncio.sleep(0.05)  # one more would have begun by now
            assert calls.running.count(who) == places
        assert len(calls.running) == 15
        calls.start("late")
        await calls.until(lambda: "late" in calls.running)

    play(story, Lane(16, 8, 24))


def test_who_has_the_fewest_running_is_next_however_long_the_others_wait() -> None:
    async def story(calls: Calls) -> None:
        calls.start("greedy", 10)
        calls.start("other", 1)
        await calls.until(lambda: len(calls.running) == 3)
        assert calls.running.count("greedy") == 2 and "other" in calls.running
        calls.start("third", 1)
        calls.start("fourth", 1)
        await calls.until(lambda: "third" in calls.running)
        calls.end("greedy")
        await calls.until(lambda: "fourth" in calls.running)
        assert calls.running.count("greedy") == 1

    play(story, Lane(4, 2, 20))


def test_one_call_more_than_may_wait_is_refused_and_those_that_are_cancelled_free_their_places() -> None:
    async def story(calls: Calls) -> None:
        calls.start("a", 5)
        await calls.until(lambda: len(calls.running) == 2)
        with pytest.raises(Unavailable):
            await calls._one("a")
        for task in calls.tasks[2:]:
            task.cancel()
        await calls.until(lambda: all(task.done() for task in calls.tasks[2:]))
        calls.start("a", 3)
        calls.end("a")
        await calls.until(lambda: len(calls.ends["a"]) == 2 and len(calls.running) == 2)
        assert not any(task.done() for task in calls.tasks[-3:])

    play(story, Lane(4, 2, 3))


def test_who_goes_while_she_waits_leaves_the_line_and_nothing_is_carried_out_for_her() -> None:
    async def story(calls: Calls) -> None:
        lane, carried = calls.lane, list[str]()
        calls.start("a", 2)
        await calls.until(lambda: len(calls.running) == 2)
        going = asyncio.Event()

        async def one(name: str, gone: asyncio.Event) -> None:
            async def left() -> None:
                await gone.wait()

            async with lane.admit("a", left) as in_thread:
                await in_thread(lambda: carried.append(name) or Response())  # type: ignore[func-returns-value]

        first = asyncio.create_task(one("gone", going))
        second = asyncio.create_task(one("stays", asyncio.Event()))
        await calls.until(lambda: len(lane._waiting) == 2)
        going.set()
        with pytest.raises(LeftError):
            await first
        assert [who for who, _ in lane._waiting] == ["a"] and not carried
        calls.end("a")
        await second
        assert carried == ["stays"]
        # Who is let in at the moment at which she goes is carried out or leaves, and her place is free again either way.
        both = asyncio.Event()
        third = asyncio.create_task(one("both", both))
        calls.start("a")
        await calls.until(lambda: len(calls.running) == 2 or third.done())
        both.set()
        await asyncio.gather(third, return_exceptions=True)
        calls.end("a")
        await calls.until(lambda: len(calls.running) < 2 and not lane._waiting)

    play(story, Lane(4, 2, 3))
