"""A made-up catalog of 100,000 datasets with names as people give them, and queries of which the wanted dataset is known.

Names are put together from the words of real catalogs: systems, entities, qualifiers, regions, teams, years, abbreviations, project
names and the code-like names of old systems.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass

from workbench.catalog.index import Entry
from workbench.catalog.index.text import words

__all__ = ["Asked", "catalog", "questions"]


def _split(text: str) -> list[str]:
    return text.split()


SYSTEMS = _split(
    """
    sap salesforce stripe shopify oracle netsuite workday hubspot zendesk jira mixpanel amplitude segment snowplow kafka postgres
    mongo magento adyen paypal klarna braze marketo pardot tableau looker airtable notion github gitlab jenkins sentry datadog
    twilio sendgrid mailchimp intercom dynamics siebel peoplesoft teradata informatica xero quickbooks concur coupa ariba ups dhl
    fedex visa mastercard equifax experian nielsen comscore appsflyer facebook google tiktok linkedin
    """
)
ENTITIES = _split(
    """
    customers orders invoices payments refunds products inventory shipments suppliers employees departments contracts subscriptions
    sessions clicks impressions campaigns leads opportunities accounts tickets returns warehouses stores prices discounts coupons
    reviews ratings events devices sensors readings alerts vehicles routes trips drivers passengers flights airports bookings hotels
    rooms guests claims policies premiums patients visits diagnoses prescriptions labs trades positions portfolios benchmarks loans
    deposits transfers cards merchants terminals chargebacks disputes budgets forecasts ledgers journals assets liabilities taxes
    payroll timesheets candidates interviews trainings surveys responses experiments variants features models predictions embeddings
    documents emails calls chats contacts addresses cities countries currencies exchange_rates holidays weather stations emissions
    meters consumption outages plants batches materials recipes defects inspections machines maintenance parts bills subscribers
    channels programs viewers plays songs artists albums playlists
    """
)
QUALIFIERS = _split(
    """
    daily weekly monthly hourly quarterly raw clean enriched snapshot history current latest archive staging summary detail
    aggregated deduplicated sampled validated rejected corrected merged unified golden reference mapping lookup audit backfill
    incremental full delta export import draft final adjusted scored segmented ranked joined flattened pivoted masked
    """
)
REGIONS = _split(
    """
    emea apac latam dach nordics benelux iberia uk us canada brazil mexico germany france italy spain poland india china japan korea
    australia global
    """
)
TEAMS = _split(
    """
    sales finance marketing logistics operations hr risk compliance product growth support security research legal procurement
    quality pricing fraud credit treasury
    """
)
PARTS = _split(
    """
    id key code name type status category amount quantity price cost tax discount total count rate ratio score rank date time
    timestamp day month year week hour start end created updated deleted valid first last next previous source target origin
    destination street city zip country region latitude longitude email phone url ip agent currency unit weight height width length
    volume temperature pressure speed distance duration age gender segment channel campaign version flag reason comment description
    note title label color size brand model serial number batch lot line level parent child root path hash token signature checksum
    """
)
PREFIXES = _split(
    """
    net gross avg min max sum cum est act plan orig ship bill home work main alt ref ext int src dst cur prev base local
    """
)
FIRST = _split(
    """
    Ada Grace Alan Edsger Barbara Donald Frances Ken Dennis Margaret Katherine Linus Radia Tim Vint Hedy Jean Adele Anita
    """
)
LAST = _split(
    """
    Lovelace Hopper Turing Dijkstra Liskov Knuth Allen Thompson Ritchie Hamilton Johnson Torvalds Perlman Lee Cerf Lamarr
    """
)
TAGS = _split(
    """
    pii gdpr certified deprecated experimental sox hipaa kpi tier1 tier2 realtime batch public internal confidential restricted
    regulatory board ml
    """
)
SENTENCES = (
    "Every {e} that {s} knows of, {q} and kept for {t}.",
    "{q} view of {e} for the {t} team in {r}.",
    "Loaded from {s}; used by {t} for {e} reports.",
    "Numbers behind the {t} dashboard about {e} ({r}).",
    "One row for each of the {e}, as {s} sends them.",
)
SYLLABLES = _split(
    "ba be bi bo da de di do ka ke ki ko la le li lo ma me mi mo na ne ni no ra re ri ro sa se si so ta te ti to va ve vi vo"
)
KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


@dataclass(frozen=True)
class Asked:
    """A query, the dataset that who asks has in mind, the way it is asked, and the typing error that was made."""

    text: str
    wanted: str
    way: str
    typo: str = ""


def catalog(count: int, seed: int = 7) -> list[Entry]:
    """``count`` datasets with 20 columns each, about 60 % described, 70 % owned."""
    chance, names, found = random.Random(seed), set(), []
    projects = ["".join(chance.choice(SYLLABLES) for _ in range(chance.choice((2, 3, 4)))) for _ in range(4_000)]
    while len(found) < count:
        facts = {"e": chance.choice(ENTITIES), "s": chance.choice(SYSTEMS), "q": chance.choice(QUALIFIERS), "t": chance.choice(TEAMS)}
        facts["r"] = chance.choice(REGIONS)
        name = f"{chance.choice(('bronze', 'bronze', 'silver', 'silver', 'gold'))}.{_table(chance, facts, projects)}"
        if name in names:
            continue
        names.add(name)
        said = chance.choice(SENTENCES).format(**{key: text.replace("_", " ") for key, text in facts.items()})
        found.append(
            Entry(
                table_uuid=f"{len(found):08x}-0000-7000-8000-{chance.getrandbits(48):012x}",
                name=name,
                columns=_columns(chance, facts["e"].rstrip("s"), projects),
                description=said if chance.random() < 0.6 else "",
                owner=f"{chance.choice(FIRST)} {chance.choice(LAST)}" if chance.random() < 0.7 else "",
                tags=tuple(chance.sample(TAGS, chance.choice((0, 0, 1, 2)))),
                updated_at=f"2026-{chance.randint(1, 11):02d}-{chance.randint(1, 28):02d}T08:00:00.000000Z",
                rows=chance.randint(1, 10**7),
                size=chance.randint(10**3, 10**9),
            )
        )
    return found


def _table(chance: random.Random, facts: dict[str, str], projects: list[str]) -> str:
    shape, project = chance.random(), chance.choice(projects)
    if shape < 0.08:  # as an old system names its tables
        return f"{''.join(chance.choice('abcdefghklmnprstvz') for _ in range(4))}{chance.randint(10, 99)}_{facts['e']}"
    parts = [facts["s"], facts["e"], facts["q"]]
    if shape < 0.35:
        parts = [facts["t"], facts["e"], facts["q"], facts["r"]]
    elif shape < 0.5:
        parts = [project, facts["e"], facts["q"]]
    elif shape < 0.7:
        parts = [facts["s"], facts["e"], facts["q"], facts["r"]]
    elif shape < 0.8:
        parts = [project, facts["s"], facts["e"]]
    if chance.random() < 0.15:
        parts.append(chance.choice(("v2", "v3", "2022", "2023", "2024", "2025", "bak", "tmp", "test")))
    return "_".join(parts)


def _columns(chance: random.Random, single: str, projects: list[str]) -> tuple[str, ...]:
    found = {"id", f"{single}_id", "created_at", "updated_at"}
    while len(found) < 20:
        kind, part = chance.random(), chance.choice(PARTS)
        if kind < 0.1:
            found.add(part)
        elif kind < 0.4:
            found.add(f"{single}_{part}")
        elif kind < 0.6:
            found.add(f"{chance.choice(PREFIXES)}_{part}")
        elif kind < 0.8:
            found.add(f"{chance.choice(ENTITIES).rstrip('s')}_{part}")
        elif kind < 0.97:
            found.add(f"{chance.choice(PREFIXES)}_{part}_{chance.choice(PARTS)}")
        else:
            found.add(f"{chance.choice(projects)}_{part}")
    return tuple(sorted(found))


def questions(entries: list[Entry], count: int, seed: int = 11) -> list[Asked]:
    """``count`` different queries, each of which one dataset of ``entries`` answers better than all others.

    That is made sure of before a typing error is put in: no other dataset has all the words, as whole words (or, where beginnings
    are typed, as beginnings), in its name, columns, description, owner or tags. Every third has one typing error: two neighbours
    swapped, a letter left out, doubled, or the key beside it, in turn.
    """
    chance, found, texts = random.Random(seed), [], set()
    having = _Having(entries)
    ways = (
        "full name",
        "table",
        "words",
        "words",
        "words out of order",
        "beginnings",
        "name and column",
        "column",
        "name and description",
        "name and owner",
    )
    while len(found) < count:
        entry, way = chance.choice(entries), ways[len(found) % len(ways)]
        text = _ask(chance, entry, way)
        if text is None or text in texts or (way not in ("full name", "table") and not having.only(text, entry.name, way == "beginnings")):
            continue
        if way == "table" and having.tables[text] > 1:
            continue
        kind = ("swapped", "left out", "doubled", "key beside")[len(found) // 3 % 4] if len(found) % 3 == 0 else ""
        mistyped = _mistype(chance, text, kind) if kind else text
        if mistyped is None or mistyped in texts:
            continue
        texts.add(mistyped)
        found.append(Asked(mistyped, entry.name, way, kind))
    return found


class _Having:
    """Which datasets have a word."""

    def __init__(self, entries: list[Entry]) -> None:
        self.tables = Counter(entry.table for entry in entries)
        self.words: dict[str, set[str]] = {}
        for entry in entries:
            texts = (entry.name, *entry.columns, entry.description, entry.owner, *entry.tags)
            for word in {word for text in texts for word in words(text)}:
                self.words.setdefault(word, set()).add(entry.name)

    def only(self, text: str, name: str, beginnings: bool) -> bool:
        """Whether that dataset alone has all of the words."""
        left: set[str] | None = None
        for word in sorted(words(text), key=lambda word: len(self.words.get(word, ()))):
            there = self.words.get(word, set())
            if beginnings:
                there = set().union(*(names for other, names in self.words.items() if other.startswith(word)))
            left = there if left is None else left & there
            if len(left) <= 1:
                break
        return left == {name}


def _ask(chance: random.Random, entry: Entry, way: str) -> str | None:
    named = list(words(entry.table))
    if way == "full name":
        return entry.name
    if way == "table":
        return entry.table
    if way == "words":
        return " ".join(named)
    if way == "words out of order":
        chance.shuffle(named)
        return " ".join(named) if len(named) > 2 else None
    if way == "beginnings":
        return " ".join(word[: max(4, len(word) - chance.randint(1, 3))] for word in named)
    if way == "column":
        telling = [column for column in entry.columns if len(words(column)) == 3]
        return " ".join(words(" ".join(chance.sample(telling, 2)))) if len(telling) > 1 else None
    some = chance.sample(named, min(2, len(named)))
    if way == "name and column":
        return " ".join([*some, *words(chance.choice([c for c in entry.columns if "_" in c]))])
    if way == "name and owner":
        return " ".join([*some, *words(entry.owner)]) if entry.owner else None
    told = [word for word in words(entry.description) if len(word) > 3 and word not in some]
    return " ".join([*some, *chance.sample(told, 2)]) if len(told) > 1 else None


def _mistype(chance: random.Random, text: str, kind: str) -> str | None:
    places = [at for at, letter in enumerate(text) if letter.isalpha() and at and text[at - 1].isalpha()]
    if kind == "swapped":
        places = [at for at in places if text[at] != text[at - 1]]
    if not places:
        return None
    at = chance.choice(places)
    if kind == "swapped":
        return text[: at - 1] + text[at] + text[at - 1] + text[at + 1 :]
    if kind == "left out":
        return text[:at] + text[at + 1 :]
    if kind == "doubled":
        return text[:at] + text[at] + text[at:]
    row = next((keys for keys in KEYS if text[at] in keys), "")
    beside = [row[other] for other in (row.find(text[at]) - 1, row.find(text[at]) + 1) if row and 0 <= other < len(row)]
    return text[:at] + chance.choice(beside) + text[at + 1 :] if beside else None
