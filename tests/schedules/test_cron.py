"""When a cron expression is due: by clocks that are put forward and back, in leap years, in any zone. Nothing sleeps here."""

from __future__ import annotations

import itertools
import time
from datetime import UTC, datetime, timedelta

import pytest

from workbench.core.errors import InvalidInput
from workbench.pipelines.schedules.cron import PRESETS, read_cron
from workbench.pipelines.schedules.words import in_words

ATHENS, NEW_YORK, LORD_HOWE = "Europe/Athens", "America/New_York", "Australia/Lord_Howe"


def dates(text: str, zone: str, after: str, count: int) -> list[str]:
    """The next dates after a moment (ISO, with its offset), each as the clock there shows it, with its offset."""
    cron = read_cron(text, zone)
    found = cron.first(count, datetime.fromisoformat(after).astimezone(UTC))
    assert list(found) == sorted(set(found)) and all(each.tzinfo is UTC for each in found)
    return [each.astimezone(cron.zone).strftime("%d %H:%M%z")[:-2] for each in found]


# Athens: 29 March 2026, 03:00+02 becomes 04:00+03; 25 October 2026, 04:00+03 becomes 03:00+02. New York: 8 March 2026 at 02:00,
# 1 November at 02:00. Lord Howe's half an hour: 4 October 2026 at 02:00. Samoa had no 30 December 2011.
@pytest.mark.parametrize(
    ("text", "zone", "after", "expected"),
    [
        # the hour left out: at its end, once, and the day after as ever
        ("30 3 * * *", ATHENS, "2026-03-28T12:00+02:00", ["29 04:00+03", "30 03:30+03"]),
        ("*/20 3 * * *", ATHENS, "2026-03-28T12:00+02:00", ["29 04:00+03", "30 03:00+03", "30 03:20+03"]),
        ("10,50 3,4 * * *", ATHENS, "2026-03-29T00:00+02:00", ["29 04:00+03", "29 04:10+03", "29 04:50+03"]),
        ("0 3,4 * * *", ATHENS, "2026-03-29T00:00+02:00", ["29 04:00+03", "30 03:00+03"]),
        ("0 9 * * *", ATHENS, "2026-03-28T12:00+02:00", ["29 09:00+03"]),
        ("30 3 29 3 *", ATHENS, "2025-06-01T12:00+03:00", ["29 04:00+03", "29 03:30+03"]),
        # by the time that passes: nothing is left out, for there was no such hour
        ("*/30 * * * *", ATHENS, "2026-03-29T02:10+02:00", ["29 02:30+02", "29 04:00+03", "29 04:30+03"]),
        ("30 * * * *", ATHENS, "2026-03-29T02:10+02:00", ["29 02:30+02", "29 04:30+03"]),
        ("15 */3 * * *", ATHENS, "2026-03-29T00:00+02:00", ["29 00:15+02", "29 06:15+03"]),
        ("30 */1 29 3 *", ATHENS, "2026-03-01T00:00+02:00", ["29 00:30+02", "29 01:30+02", "29 02:30+02", "29 04:30+03"]),
        # the hour repeated: a fixed time once, the first time; what passes, each time
        ("30 3 * * *", ATHENS, "2026-10-24T12:00+03:00", ["25 03:30+03", "26 03:30+02"]),
        ("30 3 * * *", ATHENS, "2026-10-25T03:10+02:00", ["26 03:30+02"]),
        ("0,30 3 * * *", ATHENS, "2026-10-25T00:00+03:00", ["25 03:00+03", "25 03:30+03", "26 03:00+02"]),
        ("*/30 * * * *", ATHENS, "2026-10-25T02:45+03:00", ["25 03:00+03", "25 03:30+03", "25 03:00+02", "25 03:30+02", "25 04:00+02"]),
        ("45 * * * *", ATHENS, "2026-10-25T03:50+03:00", ["25 03:45+02", "25 04:45+02"]),
        ("30 2 * * *", NEW_YORK, "2026-03-07T12:00-05:00", ["08 03:00-04", "09 02:30-04"]),
        ("30 1 * * *", NEW_YORK, "2026-10-31T12:00-04:00", ["01 01:30-04", "02 01:30-05"]),
        ("10 2 * * *", LORD_HOWE, "2026-10-03T12:00+10:30", ["04 02:30+11", "05 02:10+11"]),
        ("*/15 * * * *", LORD_HOWE, "2026-10-04T01:40+10:30", ["04 01:45+10", "04 02:30+11"]),
        ("0 6 * * *", "Pacific/Apia", "2011-12-29T12:00-10:00", ["31 00:00+14", "31 06:00+14"]),
        # leap days, and days that a month has not
        ("0 0 29 2 *", "UTC", "2026-01-01T00:00+00:00", ["29 00:00+00", "29 00:00+00"]),
        ("0 0 31 * *", "UTC", "2026-01-31T12:00+00:00", ["31 00:00+00", "31 00:00+00"]),
        ("0 0 l * *", "UTC", "2028-02-01T00:00+00:00", ["29 00:00+00", "31 00:00+00"]),
        # a day of the month or of the week, as cron has it
        ("0 0 13 * fri", "UTC", "2026-11-10T00:00+00:00", ["13 00:00+00", "20 00:00+00"]),
        # midnight of another day there
        ("0 0 1 * *", "Asia/Tokyo", "2026-11-30T14:59:59+00:00", ["01 00:00+09"]),
        ("0 0 1 * *", "Asia/Tokyo", "2026-11-30T15:00+00:00", ["01 00:00+09"]),
    ],
)  # fmt: skip
def test_dates_keep_to_the_clock_of_their_zone(text: str, zone: str, after: str, expected: list[str]) -> None:
    assert dates(text, zone, after, len(expected)) == expected


def test_leap_days_are_four_years_apart() -> None:
    first, second = read_cron("0 0 29 2 *", "UTC").first(2, datetime(2026, 1, 1, tzinfo=UTC))
    assert (first.year, second.year) == (2028, 2032)


@pytest.mark.parametrize("zone", [ATHENS, LORD_HOWE, "UTC", "Asia/Kathmandu"])
def test_a_date_follows_from_any_moment_since_the_one_before(zone: str) -> None:
    """Whoever asks, and when: between two dates the next is the same one. So two workers, and one that has slept, agree."""
    start = datetime(2026, 10, 3, 12, tzinfo=UTC)
    for text in ("20 */2 * * *", "20 2,3 * * *"):
        cron = read_cron(text, zone)
        found = cron.first(300, start)
        for before, each in itertools.pairwise(found):
            for share in (0.0, 0.3, 0.999):
                assert cron.first(1, before + share * (each - before - timedelta(microseconds=1))) == (each,)
    hours = list(read_cron("0 * * * *", zone).between(start, start + timedelta(days=30)))
    assert {later - earlier for earlier, later in itertools.pairwise(hours)} <= {
        timedelta(hours=1), timedelta(minutes=30), timedelta(minutes=90)
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "",
        "* * * *",
        "* * * * * *",
        "61 * * * *",
        "0 0 30 2 *",
        "r * * * *",
        "h * * * *",
        "@reboot",
        "0 6 * * mon; ls",
        "a b c d e",
        "0 6 * * 1#9",
    ],
)
def test_what_is_no_expression_is_refused_in_words(text: str) -> None:
    with pytest.raises(InvalidInput) as error:
        read_cron(text, "UTC")
    assert error.value.details["field"] == "cron" and error.value.fix


def test_a_zone_that_there_is_not_is_said() -> None:
    with pytest.raises(InvalidInput, match="Europe/Athen'") as error:
        read_cron("daily", "Europe/Athen")
    assert error.value.details["field"] == "timezone"


def test_an_expression_of_any_length_keeps_nobody_waiting() -> None:
    minutes = ",".join(map(str, range(60)))
    assert len(read_cron(f"{minutes} * * * *", "UTC").first(2, datetime(2026, 1, 1, tzinfo=UTC))) == 2
    for part in ("0", "0-59"):
        began = time.process_time()
        with pytest.raises(InvalidInput, match="500 characters") as refused:
            read_cron(",".join([part] * 30_000) + " * * * *", "UTC").first(100, datetime(2026, 1, 1, tzinfo=UTC))
        assert time.process_time() - began < 5 and len(str(refused.value)) < 1000


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0 * * * *", "Every hour"),
        ("5 * * * *", "At minute 5 of every hour"),
        ("* * * * *", "Every minute"),
        ("*/10 * * * *", "Every 10 minutes"),
        ("0 */6 * * *", "Every 6 hours"),
        ("30 */6 * * *", "At minute 30 of every 6 hours"),
        ("0 6,18 * * *", "At 06:00 and 18:00"),
        ("0 8-18/2 * * 1-5", "On the hour, every 2 hours from 8 to 18 on Monday to Friday"),
        ("*/15 9-17 * * mon-fri", "Every 15 minutes, hour 9 to 17 on Monday to Friday"),
        ("0 6 * * 1#1", "At 06:00 on the first Monday of the month"),
        ("0 6 * * l5", "At 06:00 on the last Friday of the month"),
        ("0 6 1 jan,jul *", "At 06:00 on day 1 of the month in January or July"),
        ("0 6 */2 * *", "At 06:00 on every 2 days of the month"),
    ],
)
def test_a_sentence_says_when(text: str, words: str) -> None:
    assert in_words(text, "UTC") == f"{words}, UTC"
    read_cron(text, "UTC")


def test_presets_are_expressions() -> None:
    for name, text in PRESETS.items():
        assert read_cron(name, "UTC").text == text and in_words(text, "UTC")
