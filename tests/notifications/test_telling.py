"""Who is told of what, how, and what of it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from pathlib import Path

import pytest

from tests.notifications.conftest import Here, free_port
from workbench.app.local import LocalWorkspace
from workbench.core.clock import now
from workbench.core.config import Settings
from workbench.core.errors import Forbidden, InvalidInput, NotFound, PipelineNotFound, TooManyRequests
from workbench.core.principals import Principal
from workbench.notifications.outbox import Outbox

GRANTS = "version: 1\ngrants: [{to: analyst, what: 'pipeline:flights', may: [read, run]}]\n"


def everywhere(here: Here, ws: LocalWorkspace | None = None) -> str:
    """All channels connected; returns the key of the webhook."""
    verbs = (ws or here.ws).notifications
    verbs.connect("email", address="ada@example.org")
    verbs.connect("slack", secret=here.receiver.url.replace("/hook", "/slack"))
    said = verbs.connect("webhook", secret=here.receiver.url)
    assert said.key is not None and verbs.settings().key is None
    verbs.subscribe(("failed",), ("mine", "owned", "pipeline:flights"), ("app", "email", "webhook", "slack"))
    return said.key


def states(here: Here) -> dict[str, str]:
    (told,) = here.ws.notifications.list()
    return {each.channel: each.state for each in told.deliveries}


def test_a_failure_is_told_once_by_each_channel(here: Here) -> None:
    here.ws.notifications.mail_password("s3cret!")
    key = everywhere(here)
    run = here.run("failed")
    assert here.look() == 1 and here.look() == 0
    assert here.send() == 3 and here.send() == 0

    (mail,) = here.mail.mails
    text = mail.get_content()
    assert mail["Subject"] == "flights failed" and mail["To"] == "ada@example.org" and mail["From"] == "Workbench <robot@example.org>"
    assert "Step 'clean' failed in cell 3: <b> password=***" in text and "second line" not in text and "hunter2" not in text
    assert f"workbench pipelines repair {run}" in text and f"https://lab.example.org/lab?workbench-pipeline=flights&run={run}" in text
    assert base64.b64encode(b"\0robot\0s3cret!").decode() in here.mail.signed_in[0]

    by_path = {"Workbench-Signature" in headers: (headers, body) for headers, body in here.receiver.got}
    headers, body = by_path[True]
    at, _, given = headers["Workbench-Signature"].removeprefix("t=").partition(",v1=")
    assert hmac.compare_digest(given, hmac.new(key.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest())
    told = json.loads(body)
    assert (told["event"], told["pipeline"], told["run_id"], told["id"]) == ("failed", "flights", run, headers["Workbench-Delivery"])
    assert told["id"] in mail["Message-ID"]
    assert "&lt;b&gt;" in json.loads(by_path[False][1])["text"]

    (listed,) = here.ws.notifications.list(unread=True)
    assert (listed.title, listed.read, {each.state for each in listed.deliveries}) == ("flights failed", False, {"sent"})
    assert here.ws.notifications.read((listed.id,)) == () and here.ws.notifications.list()[0].read
    # Neither the addresses of webhooks nor keys and passwords stand anywhere as they are.
    kept = b"".join(path.read_bytes() for path in Path(here.ws.settings.state).glob("meta.db*") if path.is_file())
    assert not any(secret.encode() in kept for secret in ("abc123", key, "s3cret!"))


def test_servers_that_are_away_are_asked_again_and_hold_up_nobody(here: Here) -> None:
    everywhere(here)
    here.mail.answer, here.receiver.answer = "451 later", 503
    here.run("failed")
    here.look()
    assert here.send() == 0 and set(states(here).values()) == {"waiting"}
    assert here.send() == 0 and here.ws.notifications.list()[0].deliveries[0].tries == 1  # not yet
    here.mail.answer, here.receiver.answer = "250 taken", 200
    assert here.send(timedelta(seconds=31)) == 3 and set(states(here).values()) == {"sent"}
    assert len(here.mail.mails) == 1 and len(here.receiver.got) == 2


def test_what_is_refused_is_given_up_at_once_and_what_is_silent_after_a_day(here: Here) -> None:
    everywhere(here)
    here.mail.answer, here.receiver.answer = "550 no", 404
    here.run("failed")
    here.look()
    here.send()
    assert set(states(here).values()) == {"failed"}
    reasons = {each.channel: each.reason for each in here.ws.notifications.list()[0].deliveries}
    assert reasons["email"] == "the mail server refuses it (550)" and reasons["slack"] == "the server answers 404"
    here.mail.answer = "421 closing"
    here.run("failed")
    here.look()
    for _ in range(8):
        here.send(timedelta(days=2))
    newest = here.ws.notifications.list()[0]
    assert next((each.state, each.tries) for each in newest.deliveries if each.channel == "email") == ("failed", 8)


def test_nobody_is_told_of_what_she_may_not_see_when_it_is_told(here: Here) -> None:
    ws = here.ws
    for name, roles in (("ann", ("analyst",)), ("eve", ())):
        ws.users.add(name, roles)
    ann, eve = (ws.as_principal(Principal(name=name, roles=roles)) for name, roles in (("ann", ("analyst",)), ("eve", ())))
    ws.compliance.apply(GRANTS)
    with pytest.raises(PipelineNotFound):
        eve.notifications.subscribe(("failed",), ("pipeline:flights",))
    everywhere(here, ann)
    eve.notifications.connect("webhook", secret=here.receiver.url)
    eve.notifications.subscribe(("failed",), ("mine",), ("app", "webhook"))

    # Her own, which she may read; others', of which she sees no words, for she may look at the pipeline; eve's own, without its words.
    here.run("failed", "ann")
    here.look()
    here.send()
    assert [hook["error"] for hook in here.hooks() if "error" in hook] == ["Step 'clean' failed in cell 3: <b> password=*** is wrong"]
    here.receiver.got.clear()
    here.run("failed", "bob")
    here.run("failed", "eve")
    here.look()
    here.send()
    assert [hook["error"] for hook in here.hooks() if "error" in hook] == ["What went wrong is told to who may read it."] * 3
    assert len(ann.notifications.list()) == 3 and len(eve.notifications.list()) == 1
    waits = [each.state for each in ws.services.notifications.shelf.listed("ann", False, 9)[0][2]]
    assert waits == ["sent"] * 3

    # What waits when a grant goes, or a user, is withheld.
    here.receiver.got.clear()
    run = here.run("failed", "ann")
    here.look()
    ws.compliance.apply("version: 1\ngrants: []\n")
    here.send()
    assert {hook["error"] for hook in here.hooks() if hook.get("run_id") == run} <= {"What went wrong is told to who may read it."}
    here.run("failed", "bob")
    here.look()
    here.send()
    assert [each.state for each in ws.services.notifications.shelf.listed("ann", False, 9)[0][2]] == ["withheld"] * 3
    here.run("failed", "ann")
    here.look()
    ws.users.disable("ann")
    here.receiver.got.clear()
    assert here.send() == 0 and not here.receiver.got
    narrowed = ws.as_principal(Principal(name="eve", roles=(), only=("gold.*",)))
    with pytest.raises(Forbidden):
        narrowed.notifications.connect("email", address="eve@example.org")


def test_each_kind_of_event_is_told_to_whom_it_concerns(here: Here) -> None:
    ws = here.ws
    ws.users.add("ann", ("admin",))
    ann = ws.as_principal(Principal(name="ann"))
    # By default: what failed, what works again, and what waits for one, of one's own and what one owns.
    here.run("failed", error={"code": "held_back", "message": "A gate does not hold."})
    here.run("succeeded")
    here.run("succeeded")
    here.run("cancelled")
    assert here.look() == 4
    titles = ["flights has recovered", "flights was held back by a gate"]
    assert [each.title for each in ws.notifications.list()] == titles == [each.title for each in ann.notifications.list()]
    ws.notifications.subscribe(("succeeded", "cancelled"), ("mine",), ("app",))
    ws.notifications.unsubscribe(1)
    assert [each.events for each in ws.notifications.settings().subscriptions] == [("succeeded", "cancelled")]
    with pytest.raises(NotFound):
        ws.notifications.unsubscribe(2)
    here.run("cancelled")
    here.run("failed")
    here.look()
    assert (ws.notifications.list()[0].event, ann.notifications.list()[0].event) == ("cancelled", "failed")


def test_missed_dates_and_datasets_that_are_not_fresh(here: Here) -> None:
    ws = here.ws
    import pyarrow as pa

    ws.datasets.write("gold.delays", pa.table({"a": [1]}), "create")
    ws.notifications.subscribe(("missed", "stale"), ("mine", "freshness:delays:1h"), ("app",))
    assert ws.notifications.settings().subscriptions[-1].about == ("mine", "freshness:gold.delays:1h")
    ws.schedules.add("flights", "hourly")
    ws.services.schedules.ticker.tick(ws.schedules.get("flights").next[3])
    assert here.look() == 1 and here.look() == 0
    (missed,) = ws.notifications.list()
    assert missed.event == "missed" and "makes up for 3 dates" in (missed.error or "")
    assert here.look(timedelta(hours=2)) == 1 and here.look(timedelta(hours=3)) == 0
    assert ws.notifications.list()[0].title == "gold.delays is not fresh"
    ws.datasets.write("gold.delays", pa.table({"a": [2]}))
    assert [each.event for each in ws.notifications.list()] == ["missed"]  # it is over


def test_webhooks_do_not_reach_into_the_servers_own_network(settings: Settings) -> None:
    with LocalWorkspace(settings) as ws:
        for wrong in ("http://example.org/x", "https://127.0.0.1/x", "https://[::1]/", "https://me:pw@example.org/", "ftp://example.org"):
            with pytest.raises(InvalidInput):
                ws.notifications.connect("slack", secret=wrong)
        said = ws.notifications.connect("webhook", secret=f"https://localhost:{free_port()}/hook")
        assert said.webhook == "localhost"
        found = ws.notifications.test("webhook")
        assert not found.ok and found.message == "It did not come out: the address cannot be reached from here."
        with pytest.raises(TooManyRequests):
            ws.notifications.test("webhook")
    open_ones = settings.notifications.model_copy(update={"allow_private_addresses": True})
    with LocalWorkspace(settings.model_copy(update={"notifications": open_ones})) as ws, pytest.raises(InvalidInput):
        ws.notifications.connect("slack", secret="http://169.254.169.254/latest/meta-data")


def gathering(here: Here) -> Outbox:
    """As of a worker that was just started, and has nothing in its memory."""
    settings, services = here.ws.settings, here.ws.services
    said = settings.notifications.model_copy(update={"gather_minutes": 5.0})
    return Outbox(services.notifications.shelf, settings.model_copy(update={"notifications": said}), services.telling)


def test_what_follows_a_message_is_gathered_and_nothing_of_it_is_lost(here: Here) -> None:
    everywhere(here)
    here.ws.notifications.subscribe(("approval",), ("mine",), ("email",))
    here.run("failed")
    here.look()
    assert gathering(here).send(now()) == 3 and len(here.mail.mails) == 1 and len(here.receiver.got) == 2
    runs = [here.run("failed") for _ in range(30)]
    assert here.look() == 30
    assert gathering(here).send(now()) == 30, "a webhook is read by programs"
    assert len(here.mail.mails) == 1 and len(here.hooks()) == 2 + 30
    delivery = next(each for each in here.ws.notifications.list()[0].deliveries if each.channel == "email")
    assert (delivery.state, delivery.reason) == ("waiting", "it is sent with what follows")
    # A question is told at once.
    here.ask()
    here.look()
    assert gathering(here).send(now()) == 1 and here.mail.mails[1]["Subject"] == "flights waits for your approval"
    here.receiver.got.clear()
    assert gathering(here).send(now() + timedelta(minutes=4)) == 0
    assert gathering(here).send(now() + timedelta(minutes=6)) == 60
    mail = here.mail.mails[2]
    text = mail.get_content()
    assert mail["Subject"] == "flights failed, 30 times"
    assert all(text.count(f"Run {run} of flights") == 1 for run in runs) and "password=***" in text and "hunter2" not in text
    (slack,) = here.hooks()
    assert slack["text"].count("flights failed: Step 'clean' failed in cell 3: &lt;b&gt; password=***") == 30
    assert all({each.state for each in told.deliveries} == {"sent"} for told in here.ws.notifications.list(limit=100))
    assert gathering(here).send(now() + timedelta(minutes=20)) == 0


def test_gathered_mail_that_does_not_come_out_is_tried_again_as_one(here: Here) -> None:
    everywhere(here)
    here.mail.answer, here.receiver.answer = "451 later", 503
    for _ in range(3):
        here.run("failed")
    here.look()
    assert gathering(here).send(now()) == 0
    here.mail.answer, here.receiver.answer = "250 taken", 200
    assert gathering(here).send(now() + timedelta(seconds=31)) == 9
    (mail,) = here.mail.mails
    assert mail["Subject"] == "flights failed, 3 times" and len(here.receiver.got) == 3 + 1
