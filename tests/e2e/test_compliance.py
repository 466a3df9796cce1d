"""The compliance panel: a policy is written, looked at and put in force; a dataset is seen as somebody; people get tokens."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import httpx
import pyarrow as pa
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.pages import open_catalog, open_lab, reach, remembered, set_theme
from tests.e2e.stage import Lab
from workbench.app.local import LocalWorkspace
from workbench.core.config import load_settings
from workbench.core.principals import Principal, local_principal

pytestmark = pytest.mark.e2e
Shot = Callable[[str], None]
NOBODYS = "version: 1\n"  # what holds where nobody has written a policy
POLICY = """version: 1
grants:
  - {to: viewer, what: bronze.airlines}
  - {to: analyst, what: bronze.*}
masks:
  - {name: where planes are built, what: [bronze.planes.manufacturer], mask: {kind: partial, first: 2}}
  - {name: tails, what: [bronze.planes.tailnum], mask: {kind: hash}}
rows:
  - {name: own makes, what: [bronze.planes], where: manufacturer IN principal.makes}
"""


@pytest.fixture
def api(lab: Lab) -> Iterator[httpx.Client]:
    """The workspace's API; at the end the policy of nobody holds again."""
    with lab.api() as client:
        yield client
        if client.get("/compliance/policy").json()["text"] != NOBODYS:
            assert client.post("/compliance/policy", json={"text": NOBODYS, "note": "as it was"}).is_success


def opened(page: Page, lab: Lab) -> Locator:
    open_lab(page, lab.page())
    page.locator(".jp-LauncherCard", has_text="Compliance").click()
    return page.get_by_role("region", name="Compliance", exact=True)


def write(page: Page, panel: Locator, text: str) -> None:
    editor = panel.get_by_role("textbox", name="Policy")
    editor.click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(text)


# A refused check is a refused request.
@pytest.mark.usefixtures("console_errors_expected")
def test_a_policy_is_checked_while_it_is_written_and_applied_once_its_changes_were_seen(
    page: Page, lab: Lab, api: httpx.Client, shot: Shot
) -> None:
    before = api.get("/compliance/policy").json()["version"]
    panel = opened(page, lab)
    if before == 0:
        expect(panel).to_contain_text("Nobody has written a policy yet")
        shot("compliance-empty")
        panel.get_by_role("button", name="Begin with a template").click()
        expect(panel.get_by_role("status", name="Check")).to_contain_text("Right.")
        expect(panel.get_by_role("textbox", name="Policy")).to_contain_text("what: bronze.*")  # a zone that is there
        shot("compliance-template")
    write(page, panel, POLICY.replace("to: viewer", "to: viewr"))
    check = panel.get_by_role("status", name="Check")
    expect(check).to_contain_text("Line 3: The policy is not right at grants.0: There is no role 'viewr'. Did you mean viewer?")
    expect(panel.get_by_role("button", name="Review and apply")).to_be_disabled()
    check.get_by_role("button", name="Line 3").click()
    expect(panel.get_by_role("textbox", name="Policy")).to_be_focused()
    shot("compliance-error")
    # A slip that is no error: what it meets nothing with is told at its line, and what was perhaps meant.
    write(
        page,
        panel,
        POLICY.replace("what: [bronze.planes], where", "what: [bronze.planez], where").replace("planes.tailnum", "planes.tailnumb"),
    )
    expect(check).to_contain_text("It can be applied")
    warnings = panel.get_by_role("list", name="Warnings").get_by_role("listitem")
    expect(warnings).to_have_count(2)
    expect(warnings.nth(0)).to_contain_text("Line 7: There is no column tailnumb in bronze.planes. Did you mean tailnum?")
    expect(warnings.nth(1)).to_contain_text("Line 9: There is no dataset bronze.planez. Did you mean bronze.planes?")
    expect(panel.get_by_role("button", name="Review and apply")).to_be_enabled()
    panel.get_by_role("button", name="Review and apply").click()
    expect(panel.get_by_role("button", name=re.compile("^Apply as version"))).to_be_visible()
    expect(warnings).to_have_count(2)  # who puts it in force sees them, too
    warnings.nth(1).get_by_role("button", name="Line 9").click()
    expect(panel.get_by_role("textbox", name="Policy")).to_be_focused()
    shot("compliance-warnings")
    write(page, panel, POLICY)
    expect(check).to_contain_text("Right.")
    expect(warnings).to_have_count(0)
    # What is written and not in force is there after a reload.
    remembered(page, lab, "workbench:compliance", "own makes")
    remembered(page, lab, "layout-restorer:data", "workbench-compliance")
    page.reload()
    expect(panel.get_by_role("textbox", name="Policy")).to_contain_text("own makes")
    # Somebody else is faster: it is said, and nothing of hers is undone unseen.
    api.post("/compliance/policy", json={"text": NOBODYS + "# the other one's\n", "note": "by another"}).raise_for_status()
    expect(panel).to_contain_text(f"Version {before + 1} in force")  # nobody has read again here
    panel.get_by_role("button", name="Review and apply").click()
    panel.get_by_role("textbox", name="Note").fill("first rules")
    expect(panel.get_by_role("alert")).to_contain_text("The policy has changed meanwhile")
    expect(panel.get_by_role("button", name=re.compile("^Apply as version"))).to_be_disabled()
    shot("compliance-conflict")
    expect(panel.get_by_role("group", name=re.compile("^Changes to version"))).to_contain_text("the other one's")
    panel.get_by_role("button", name=re.compile("^Go on from version")).click()
    shot("compliance-changes")
    panel.get_by_role("button", name=f"Apply as version {before + 2}").click()
    expect(panel).to_contain_text(re.compile(rf"Version {before + 2} in force, by .* first rules"))
    assert api.get("/compliance/policy").json()["text"] == POLICY
    panel.get_by_role("button", name="Versions").click()
    versions = panel.get_by_role("table", name="Versions").get_by_role("row")
    expect(versions.nth(1)).to_contain_text("first rules")
    versions.nth(2).get_by_role("button", name=str(before + 1)).click()
    shot("compliance-versions")
    versions.nth(2).get_by_role("button", name="Restore").click()
    panel.get_by_role("button", name=f"Apply as version {before + 3}").click()
    expect(panel).to_contain_text(f"Version {before + 3} in force")
    assert api.get("/compliance/policy").json()["text"] == NOBODYS + "# the other one's\n"


def test_a_dataset_is_seen_as_somebody_beside_as_it_is(page: Page, lab: Lab, api: httpx.Client, shot: Shot) -> None:
    api.post("/compliance/policy", json={"text": POLICY, "note": "for a look"}).raise_for_status()
    facts = {"name": "vera", "display_name": "Vera Voss", "roles": ["analyst"], "attributes": {"makes": ["EMBRAER"]}}
    assert api.post("/users", json=facts).status_code in (200, 409)
    open_lab(page, lab.page())
    open_catalog(page)
    reach(page, "planes").click(button="right")
    page.get_by_role("menuitem", name="Who sees this?").click()
    panel = page.get_by_role("region", name="Compliance", exact=True)
    panel.get_by_role("combobox", name="As whom").select_option("user:vera")
    expect(panel).to_contain_text(re.compile("vera sees all . columns \\(2 masked\\) and some of the rows."))
    columns = panel.get_by_role("table", name="Columns as they are seen")
    expect(columns.get_by_role("row", name=re.compile("^manufacturer"))).to_contain_text("its first 2 characters")
    expect(columns.get_by_role("row", name=re.compile("^tailnum"))).to_contain_text("tails")
    expect(panel.get_by_role("region", name="Rows that are seen")).to_contain_text("makes of vera: EMBRAER")
    hers = panel.get_by_role("table", name="Rows as vera sees them")
    expect(hers.get_by_title(re.compile(", masked \\("))).to_have_count(2)  # each with a lock
    expect(hers.get_by_role("cell", name=re.compile(r"^EM\*+$")).first).to_be_visible()
    expect(panel.get_by_role("table", name="Rows as you see them").get_by_role("cell", name="N10156")).to_be_visible()
    expect(hers.get_by_role("cell", name="N10156")).to_have_count(0)
    shot("compliance-try")
    panel.get_by_role("combobox", name="As whom").select_option("role:viewer")
    expect(panel).to_contain_text("anybody with the role viewer sees nothing of bronze.planes")
    set_theme(page, "JupyterLab Dark")
    panel.get_by_role("combobox", name="As whom").select_option("user:vera")
    expect(hers.get_by_role("cell", name=re.compile(r"^EM\*+$")).first).to_be_visible()
    shot("compliance-try-dark")
    panel.get_by_role("tab", name="Policy").click()
    expect(panel.get_by_role("textbox", name="Policy")).to_contain_text("own makes")
    shot("compliance-policy-dark")
    set_theme(page, "JupyterLab Light")
    # What was made of filtered rows, with nothing left that the filter could ask for, is closed until it is released.
    totals = {"sql": "CREATE OR REPLACE TABLE bronze.fleet AS SELECT count(*) AS planes FROM bronze.planes", "confirm": True}
    assert api.post("/query", json=totals).is_success
    panel.get_by_role("tab", name="Try").click()
    chosen = panel.get_by_role("combobox", name="Dataset")
    # Typed and entered at once, before what is called so is known.
    chosen.click()
    expect(panel.get_by_role("option", name="bronze.airlines")).to_be_visible()
    page.keyboard.insert_text("bronze.fleet")
    page.keyboard.press("Enter")
    expect(panel).to_contain_text("vera sees the one column and no row.")
    made = panel.get_by_role("region", name="Whose rows bronze.fleet was made of")
    expect(made).to_contain_text("bronze.planes")
    shot("compliance-row-sources")
    made.get_by_role("button", name="Release").click()
    made.get_by_role("textbox", name="Reason").fill("a number of planes tells of none")
    made.get_by_role("button", name="Release").first.click()
    expect(made).to_contain_text("released by")
    expect(panel).to_contain_text("vera sees the one column and all rows.")
    made.get_by_role("button", name="Take back").click()
    expect(panel).to_contain_text("vera sees the one column and no row.")
    assert api.post("/query", json={"sql": "DROP TABLE bronze.fleet", "confirm": True}).is_success


def test_a_user_is_added_gets_a_token_once_and_is_shut_out(page: Page, lab: Lab, api: httpx.Client, shot: Shot) -> None:
    name = f"nina{len(api.get('/users').json())}"
    panel = opened(page, lab)
    panel.get_by_role("tab", name="People").click()
    panel.get_by_role("button", name="Add a user").click()
    form = panel.get_by_role("form", name="New user")
    form.get_by_role("textbox", name="Name", exact=True).fill(name)
    form.get_by_role("button", name="Add a role").click()
    form.get_by_role("combobox", name="New role").fill("analyst")
    page.keyboard.press("Enter")
    form.get_by_role("textbox", name="Attributes").fill("makes: BOEING, AIRBUS\nlevel: 3")
    shot("compliance-add")
    form.get_by_role("button", name="Add", exact=True).click()
    person = panel.get_by_role("complementary", name=name)
    expect(person).to_be_visible()
    made = next(user for user in api.get("/users").json() if user["name"] == name)
    assert (made["roles"], made["attributes"]) == (["analyst"], {"makes": ["BOEING", "AIRBUS"], "level": 3})
    person.get_by_role("button", name="Issue one").click()
    person.get_by_role("textbox", name="For").fill("her laptop")
    person.get_by_role("button", name="Issue", exact=True).click()
    secret = person.get_by_role("textbox", name="Token", exact=True)
    expect(secret).to_have_value(re.compile("^wb_"))
    shot("compliance-token")
    token = secret.input_value()
    person.get_by_role("button", name="Copy").click()
    expect(person.get_by_text("Copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == token
    person.get_by_role("button", name="I have it").click()
    expect(secret).to_have_count(0)
    assert token not in page.content()
    expect(person.get_by_role("list", name=f"Tokens of {name}")).to_contain_text("her laptop")
    person.get_by_role("button", name="New secret").click()
    person.get_by_role("alertdialog").get_by_role("button", name="Give another secret").click()
    expect(secret).to_have_value(re.compile("^wb_"))
    assert secret.input_value() != token
    person.get_by_role("button", name="I have it").click()
    person.get_by_role("button", name="Revoke").click()
    person.get_by_role("alertdialog").get_by_role("button", name="Revoke").click()
    expect(person.get_by_role("list", name=f"Tokens of {name}").get_by_role("listitem")).to_have_count(0)
    person.get_by_role("button", name="Disable").click()
    person.get_by_role("alertdialog").get_by_role("button", name="Disable").click()
    expect(person).to_contain_text("refused with any token")
    expect(panel.get_by_role("table", name="Users").get_by_role("row", name=re.compile(name))).to_contain_text("disabled")
    shot("compliance-people")
    page.set_viewport_size({"width": 620, "height": 700})
    person.get_by_role("button", name="Enable").click()
    expect(person.get_by_role("button", name="Disable")).to_be_visible()
    shot("compliance-person-narrow")


@pytest.fixture
def guests(lab: Lab) -> None:
    """A table with personal data, under a name of its own."""
    people = {
        "guest": list(range(60)),
        "mail": [f"guest.{n}@hotel{n % 7}.example.org" for n in range(60)],
        "iban": [f"DE{98 - int(f'37040044{n:010d}131400') % 97:02d}37040044{n:010d}" for n in range(60)],
        "nights": [n % 9 + 1 for n in range(60)],
    }
    with LocalWorkspace(load_settings(lab.folder, {})) as ws:
        ws.datasets.write("bronze.guests", pa.table(people), mode="overwrite")
        ws.query.run("create or replace table bronze.guests_paid as select guest, iban from bronze.guests")


@pytest.mark.usefixtures("guests")
def test_personal_data_is_found_confirmed_by_keys_and_masked_by_a_rule(page: Page, lab: Lab, api: httpx.Client, shot: Shot) -> None:
    api.post("/compliance/policy", json={"text": POLICY, "note": "before the scan"}).raise_for_status()
    panel = opened(page, lab)
    panel.get_by_role("tab", name="Personal data").click()
    panel.get_by_role("combobox", name="Dataset").fill("bronze.guests")
    panel.get_by_role("option", name="bronze.guests", exact=True).click()
    panel.get_by_role("button", name="Scan it").click()
    expect(panel).to_contain_text("Looked at 4 columns of 1 dataset")
    findings = panel.get_by_role("listbox", name="Findings")
    expect(findings.get_by_role("option")).to_have_count(2)
    expect(findings).to_contain_text("pass")  # the evidence
    assert "guest.1@" not in (findings.text_content() or "")
    shot("compliance-found")
    findings.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("r")
    panel.get_by_role("form", name="Reject").get_by_role("textbox", name="Why not").fill("made up")
    page.keyboard.press("Enter")
    expect(findings.get_by_role("option")).to_have_count(1)
    expect(findings).to_be_focused()
    page.keyboard.press("c")
    masked = panel.get_by_role("status", name="What masks them")
    expect(masked).to_contain_text("is masked by no rule of the policy")
    shot("compliance-confirmed")
    masked.get_by_role("button", name="Add 1 rule to the policy").click()
    version = api.get("/compliance/policy").json()["version"] + 1
    panel.get_by_role("button", name=f"Apply as version {version}").click()
    expect(panel).to_contain_text(f"Version {version} in force, by")
    report = api.post("/compliance/access/bronze.guests", json={"role": "analyst"}).json()
    assert sum(column["state"] == "masked" for column in report["columns"]) == 1
    # What was made of it has the tag, too, until a person says that it is none.
    panel.get_by_role("tab", name="Personal data").click()
    panel.get_by_role("combobox", name="Dataset").fill("bronze.guests_paid")
    panel.get_by_role("option", name="bronze.guests_paid").click()
    inherited = panel.get_by_role("region", name="Inherited by bronze.guests_paid")
    expect(inherited).to_contain_text("from bronze.guests.iban")
    inherited.get_by_role("button", name="Clear").click()
    inherited.get_by_role("textbox", name="Reason").fill("of a test")
    shot("compliance-inherited")
    page.keyboard.press("Enter")
    expect(inherited).to_have_count(0)


def test_the_audit_log_is_filtered_verified_and_exported(page: Page, lab: Lab, api: httpx.Client, shot: Shot) -> None:
    api.post("/compliance/policy", json={"text": POLICY, "note": "for the log"}).raise_for_status()
    panel = opened(page, lab)
    panel.get_by_role("tab", name="Audit").click()
    entries = panel.get_by_role("table", name="Audit log")
    expect(entries.get_by_role("row", name=re.compile("compliance.apply")).first).to_be_visible()
    panel.get_by_role("button", name="Verify").click()
    expect(panel.get_by_role("status", name="Check of the audit log")).to_contain_text("As it was written")
    entries.get_by_role("row").nth(1).get_by_role("button").click()
    expect(panel.get_by_role("complementary", name=re.compile("^Entry"))).to_contain_text("Policy")
    shot("compliance-audit")
    with page.expect_download() as download:
        panel.get_by_role("button", name="Export").click()
    exported = [json.loads(line) for line in download.value.path().read_text().splitlines()]
    assert [entry["seq"] for entry in exported] == sorted((entry["seq"] for entry in exported), reverse=True)
    assert any(entry["verb"] == "compliance.apply" and entry["outcome"] == "allowed" for entry in exported)
    panel.get_by_role("searchbox", name="By whom").fill("nobody-of-that-name")
    expect(panel).to_contain_text("There is no such entry")


@pytest.fixture
def an_analyst(lab: Lab) -> Iterator[str]:
    """The person at JupyterLab is one of the users, and no administrator; at the end she is one again."""
    admin, name = Principal(name="the-test"), local_principal().name
    with LocalWorkspace(load_settings(lab.folder, {}), admin) as ws:
        if name not in {user.name for user in ws.users.list()}:
            ws.users.add(name, roles=("admin",))
        ws.users.change(name, roles=("analyst",), attributes={"regions": ("north",)})
        ws.compliance.apply(POLICY, "what an analyst sees")
        try:
            yield name
        finally:
            ws.compliance.apply(NOBODYS, "as it was")
            ws.users.change(name, roles=("admin",))


# What is for administrators is refused, in the catalog beside it too.
@pytest.mark.usefixtures("console_errors_expected")
def test_who_is_no_administrator_sees_herself_and_her_own_tokens(an_analyst: str, page: Page, lab: Lab, shot: Shot) -> None:
    began = datetime.now(UTC)
    panel = opened(page, lab)
    expect(panel.get_by_role("region", name="What the workspace knows of you")).to_contain_text(
        re.compile(f"{an_analyst}.*analyst.*regions: north", re.S)
    )
    expect(panel.get_by_role("tab")).to_have_count(0)
    panel.get_by_role("button", name="Issue one").click()
    panel.get_by_role("textbox", name="For").fill("my notebook")
    panel.get_by_role("button", name="Issue", exact=True).click()
    expect(panel.get_by_role("textbox", name="Token", exact=True)).to_have_value(re.compile("^wb_"))
    panel.get_by_role("button", name="I have it").click()
    expect(panel.get_by_role("list", name=f"Tokens of {an_analyst}")).to_contain_text("my notebook")
    shot("compliance-oneself")
    # Of a dataset that she sees in part: what is kept from her is said quietly, and changes are not offered.
    open_catalog(page)
    reach(page, "planes").dblclick()
    found = page.get_by_role("region", name="Page of bronze.planes")
    found.get_by_role("tab", name="Columns").click()
    expect(found.get_by_role("note")).to_contain_text("The profile of bronze.planes is of rows that are not shown to you.")
    expect(found.get_by_role("button", name="Describe")).to_have_count(0)
    found.get_by_role("tab", name="History").click()
    expect(found.get_by_role("note")).to_have_text("Only administrators see this.")
    shot("page-of-who-sees-a-part")
    found.get_by_role("tab", name="Overview").click()
    expect(found.get_by_text("Updated", exact=True)).to_be_visible()
    expect(found.get_by_role("button", name="Add a tag")).to_have_count(0)
    expect(found.get_by_text("You may not write to silver here.")).to_be_visible()
    expect(found.get_by_role("button", name="Propose the steps to silver")).to_have_count(0)
    expect(found.get_by_role("alert")).to_have_count(0)
    found.get_by_role("tab", name="Usage").click()
    expect(found.get_by_role("note")).to_have_text("Only administrators see this.")
    found.get_by_role("tab", name="Quality").click()
    expect(found.get_by_role("note")).to_contain_text("The quality of bronze.planes is not shown to you")
    expect(found.get_by_role("note")).to_have_count(1)
    # Who only looks at pages has been refused nothing but what a reader of all of it is told.
    with LocalWorkspace(load_settings(lab.folder, {}), Principal(name="the-test")) as ws:
        refused = {entry.verb for entry in ws.compliance.audit_log(user=an_analyst, since=began, refused=True)}
    assert refused <= {"quality.profile", "quality.current"}, refused
