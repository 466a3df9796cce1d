"""Databases, watched folders and storage, as a person meets them where data is added; with a real PostgreSQL and real folders."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.pages import dataset, import_page, open_catalog, open_lab, type_ahead
from tests.e2e.stage import Lab

pytestmark = pytest.mark.e2e
Shot = Callable[[str], None]


@pytest.fixture(autouse=True)
def nothing_is_left(lab: Lab) -> Iterator[None]:
    """Each test finds no connection of another's, whose database is gone."""
    yield
    with lab.api() as api:
        for each in api.get("/sources/connections").json():
            assert api.delete(f"/sources/connections/{each['name']}").is_success


def add_data(page: Page, lab: Lab, way: str) -> Locator:
    """The page where data is added, at one of its ways."""
    open_lab(page, lab.page())
    open_catalog(page)
    page.get_by_role("button", name="Add data").first.click()
    found = import_page(page)
    found.get_by_role("tab", name=way).click()
    return found


def rows_of(lab: Lab, sql: str) -> list[list[object]]:
    with lab.api() as api:
        answer = api.post("/query", json={"sql": sql})
        assert answer.is_success, answer.text
        return list(answer.json()["rows"])


def say(form: Locator, **fields: str) -> None:
    for label, value in fields.items():
        form.get_by_label(label, exact=True).fill(value)


@pytest.fixture
def shop(postgres_database: str) -> Iterator[dict[str, str]]:
    """A real PostgreSQL with orders, and what its form asks for."""
    import psycopg

    address = postgres_database.replace("+psycopg", "")
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("CREATE TABLE orders (id bigint PRIMARY KEY, item text, total numeric(10, 2), changed timestamptz)")
        rows = "SELECT n, 'item ' || n, n * 1.25, timestamptz '2026-01-01' + n * interval '1 hour' FROM generate_series(1, 40) n"
        connection.execute(f"INSERT INTO orders {rows}")
        connection.execute("CREATE VIEW dear AS SELECT * FROM orders WHERE total > 40")
    parts = urlsplit(address)
    yield {
        "address": address,
        "Host": str(parts.hostname),
        "Port": str(parts.port),
        "Database": parts.path.strip("/"),
        "User": str(parts.username),
        "Password": unquote(parts.password or ""),
    }


def connect(found: Locator, name: str, shop: dict[str, str], **other: str) -> Locator:
    """Fill in the form of a new connection and save it; returns its row."""
    found.get_by_role("button", name="New connection").click()
    form = found.get_by_role("form", name="New connection")
    fields = {key: value for key, value in shop.items() if key != "address"}
    say(form, Name=name, **{**fields, **other})
    form.get_by_role("button", name="Save and test").click()
    return found.get_by_role("listitem", name=name, exact=True)


def test_a_table_of_postgresql_is_imported_and_later_only_what_is_new(page: Page, lab: Lab, shop: dict[str, str], shot: Shot) -> None:
    import psycopg

    found = add_data(page, lab, "Databases")
    row = connect(found, "shop", shop)
    expect(row.get_by_role("status")).to_contain_text("PostgreSQL")
    expect(row).to_contain_text("2 tables can be read")
    assert shop["Password"] not in found.inner_text()
    shot("sources-databases")
    tables = found.get_by_role("list", name="What can be read from shop")
    expect(tables.get_by_role("listitem").filter(has_text="public.dear")).to_contain_text("view")
    tables.get_by_role("button", name="public.orders").click()
    expect(found.get_by_role("table", name="First rows")).to_contain_text("item 1")
    found.get_by_role("button", name="Import as is").click()
    expect(found).to_contain_text("40 rows into bronze.orders.")
    with psycopg.connect(shop["address"], autocommit=True) as connection:
        connection.execute("INSERT INTO orders VALUES (41, 'late', 5, '2026-03-01'), (42, 'later', 6, '2026-03-02')")
        connection.execute("UPDATE orders SET item = 'mended' WHERE id = 1")  # not seen: its time did not change
    found.get_by_role("button", name="Add more data").click()
    tables.get_by_role("button", name="public.orders").click()
    choice = found.get_by_label("Only what is new, by")
    choice.select_option("changed")
    expect(choice.get_by_role("option", name="by item")).to_have_count(0)  # of text none is the greatest
    expect(found.get_by_text("Only rows whose changed is above")).to_be_visible()
    rows = found.get_by_role("table", name="First rows")
    expect(rows).to_contain_text("later")
    expect(rows).not_to_contain_text("item 1")
    shot("sources-since")
    found.get_by_role("button", name="Add to bronze.orders").click()
    expect(found).to_contain_text("2 rows into bronze.orders.")
    assert rows_of(lab, "select count(*), sum(total), count(*) filter (where item = 'mended') from bronze.orders") == [[42, "1036.00", 0]]


@pytest.mark.usefixtures("console_errors_expected")
def test_what_is_wrong_with_a_connection_is_said_in_words_and_mended(page: Page, lab: Lab, shop: dict[str, str], shot: Shot) -> None:
    found = add_data(page, lab, "Databases")
    row = connect(found, "broken", shop, Port="1")
    expect(row.get_by_role("alert")).to_contain_text("No server listens at")
    expect(found.get_by_text("The tables of broken could not be read.")).to_be_visible()
    row.get_by_role("button", name="Change").click()
    form = found.get_by_role("form", name="Change broken")
    # What was said is there; the secret is not, and must be said again.
    expect(form.get_by_label("Host", exact=True)).to_have_value(shop["Host"])
    expect(form.get_by_label("Password", exact=True)).to_have_value("")
    say(form, Port=shop["Port"], Password="wrong")
    form.get_by_role("button", name="Save and test").click()
    expect(row.get_by_role("alert")).to_contain_text("refuses this user or password")
    shot("sources-refused")
    row.get_by_role("button", name="Change").click()
    say(form, Password=shop["Password"], Database="nowhere")
    form.get_by_role("button", name="Save and test").click()
    expect(row.get_by_role("alert")).to_contain_text("has no database 'nowhere'")
    row.get_by_role("button", name="Change").click()
    say(form, Password=shop["Password"], Database=shop["Database"])
    form.get_by_role("button", name="Save and test").click()
    expect(row.get_by_role("status")).to_contain_text("answers")
    # A query, and one that is none; what was typed stays.
    query = found.get_by_label("Query", exact=True)
    query.fill("delete from orders")
    query.press("Control+Enter")
    expect(found.get_by_role("alert")).to_contain_text("SELECT")
    found.get_by_role("button", name="Add more data").click()
    expect(query).to_have_value("delete from orders")
    query.fill("select item, total from orders where total > 40")
    query.press("Control+Enter")
    expect(found.get_by_role("table", name="First rows")).to_contain_text("item 33")
    for _ in range(2):
        found.get_by_role("button", name="Do not take it in").click()
    # It is forgotten when a person says so twice.
    row.get_by_role("button", name="Disconnect").click()
    row.get_by_role("button", name="Keep it").click()
    row.get_by_role("button", name="Disconnect").click()
    row.get_by_role("button", name="Forget broken").click()
    expect(row).to_have_count(0)


@pytest.mark.full
def test_a_sqlite_file_is_connected_by_its_path(page: Page, lab: Lab) -> None:
    with sqlite3.connect(lab.folder / "notes.db") as notes:
        notes.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)")
        notes.executemany("INSERT INTO notes VALUES (?, ?)", [(n, f"note {n}") for n in range(1, 6)])
    found = add_data(page, lab, "Databases")
    found.get_by_role("button", name="New connection").click()
    form = found.get_by_role("form", name="New connection")
    form.get_by_label("Kind", exact=True).select_option("sqlite")
    expect(form.get_by_label("Password", exact=True)).to_have_count(0)
    say(form, Name="notebook", File="notes.db")
    form.get_by_label("File", exact=True).press("Enter")
    expect(found.get_by_role("listitem", name="notebook", exact=True).get_by_role("status")).to_contain_text("SQLite")
    found.get_by_role("button", name="notes", exact=True).click()
    found.get_by_role("button", name="Import as is").click()
    expect(found).to_contain_text("5 rows into bronze.notes.")
    # Updated by key, above the greatest id: the greatest itself is read again, and replaces itself.
    with sqlite3.connect(lab.folder / "notes.db") as notes:
        notes.execute("INSERT INTO notes VALUES (6, 'note 6')")
        notes.execute("UPDATE notes SET text = 'last' WHERE id = 5")
    found.get_by_role("button", name="Add more data").click()
    found.get_by_role("button", name="notes", exact=True).click()
    found.get_by_role("radio", name="Update by key").check()
    keys = found.get_by_role("group", name="Columns that identify a row")
    if not keys.get_by_role("button", name="Remove key column id").count():
        keys.get_by_role("button", name="Add a key column").click()
        keys.get_by_role("combobox", name="New key column").fill("id")
        keys.get_by_role("combobox", name="New key column").press("Enter")
    found.get_by_label("Only what is new, by").select_option("id")
    found.get_by_role("button", name="Update bronze.notes").click()
    expect(found).to_contain_text(re.compile("into bronze.notes"))
    assert rows_of(lab, "select count(*), max(text) filter (where id = 5) from bronze.notes") == [[6, "last"]]


def test_a_file_that_comes_into_a_watched_folder_becomes_a_table(page: Page, lab: Lab, shot: Shot) -> None:
    folder = lab.folder / "arrivals"
    folder.mkdir()
    found = add_data(page, lab, "Watched folders")
    expect(found.get_by_text("No folder is watched yet.")).to_be_visible()
    found.get_by_role("button", name="Watch a folder").click()
    form = found.get_by_role("form", name="Watch a folder")
    say(form, **{"Folder or pattern": "arrivals"})
    form.get_by_role("button", name="Watch it").click()
    row = found.get_by_role("list", name="Folders that are watched").get_by_role("listitem").filter(has_text="arrivals")
    expect(row).to_contain_text("into bronze.arrivals")
    (folder / "day1.csv").write_text("id,who\n1,Ada\n2,Zoë\n")
    row.get_by_role("button", name="Look now").click()
    expect(row).to_contain_text("1 file taken")
    expect(row).to_contain_text("day1.csv succeeded")
    expect(dataset(page, "arrivals")).to_contain_text("2")
    # The worker looks by itself, too; what cannot be taken in is said with its reason.
    (folder / "day2.csv").write_text("id,who\n3,Eve\n")
    expect(row).to_contain_text("2 files taken")
    expect(dataset(page, "arrivals")).to_contain_text("3")
    (folder / "day3.parquet").write_text("no Parquet at all")
    row.get_by_role("button", name="Look now").click()
    expect(row).to_contain_text("1 failed")
    expect(row).to_contain_text("Not taken in: day3.parquet")
    shot("sources-watches")
    row.get_by_role("button", name="Stop").click()
    row.get_by_role("button", name="Watch it no longer").click()
    expect(found.get_by_text("No folder is watched yet.")).to_be_visible()
    assert rows_of(lab, "select count(*) from bronze.arrivals") == [[3]]


@pytest.mark.full
@pytest.mark.usefixtures("console_errors_expected")
def test_a_folder_that_is_not_there_is_not_watched_and_what_was_typed_stays(page: Page, lab: Lab) -> None:
    found = add_data(page, lab, "Watched folders")
    found.get_by_role("button", name="Watch a folder").click()
    form = found.get_by_role("form", name="Watch a folder")
    say(form, **{"Folder or pattern": "nowhere/at/all", "Dataset": "kept"})
    form.get_by_label("Folder or pattern").press("Enter")
    expect(form.get_by_role("alert")).to_contain_text("There is no folder")
    found.get_by_role("tab", name="Files").click()
    found.get_by_role("tab", name="Watched folders").click()
    expect(form.get_by_label("Dataset", exact=True)).to_have_value("kept")
    form.get_by_role("button", name="Cancel").click()


@pytest.mark.full
def test_folders_and_patterns_are_typed_by_example(page: Page, lab: Lab, shot: Shot) -> None:
    for month in (1, 2):
        folder = lab.folder / "typed" / f"month={month}"
        folder.mkdir(parents=True)
        (folder / "part.csv").write_text(f"id,v\n{month},x\n")
    found = add_data(page, lab, "Files")
    field = found.get_by_role("textbox", name="Path or address")
    found.get_by_role("list", name="Examples").get_by_role("button", name="data/flights-*.csv.gz").click()
    expect(field).to_be_focused()
    expect(field).to_have_value("data/flights-*.csv.gz")
    shot("sources-files")
    for typed, name in (("typed/", "typed"), ("typed/**/part.csv", None)):
        field.fill(typed)
        field.press("Enter")
        # Hive's folders say a column.
        expect(found.get_by_label("Name of month", exact=True)).to_be_visible()
        if name:
            found.get_by_role("button", name=re.compile("^Import")).click()
            expect(found).to_contain_text(f"2 rows from 2 files into bronze.{name}.")
            found.get_by_role("button", name="Add more data").click()
        else:
            found.get_by_role("button", name="Do not take it in").click()


def test_a_file_of_a_bucket_is_taken_in_by_its_address(page: Page, lab: Lab, s3_server: Any, shot: Shot) -> None:
    from workbench.core.config import load_settings
    from workbench.ingest.sources.s3 import _store

    store = _store(load_settings(lab.folder, env=s3_server.environment).lake)
    with store.open_output_stream(f"{s3_server.bucket}/shops/bucket_towns.csv") as stream:
        stream.write(b"name;mail;visits\n" + b"".join(b"shop %d;shop%d@example.org;%d,5\n" % (n, n, n) for n in range(40)))
    found = add_data(page, lab, "Files")
    field = found.get_by_role("textbox", name="Path or address")
    field.fill(f"s3://{s3_server.bucket}/shops/bucket_towns.csv")
    field.press("Enter")
    expect(found.get_by_role("form", name="How it is taken in").get_by_label("Delimiter")).to_have_value(";")
    found.get_by_role("button", name=re.compile("^Import")).click()
    expect(found).to_contain_text("40 rows into bronze.bucket_towns.")
    assert rows_of(lab, "select sum(visits) from bronze.bucket_towns") == [[800.0]]
    # What looks like personal data is a click away.
    expect(found).to_contain_text("1 column looks like personal data: mail (email).")
    shot("sources-personal")
    found.get_by_role("button", name="Review", exact=True).click()
    expect(page.get_by_role("listbox", name="Findings").get_by_role("option")).to_contain_text(["bronze.bucket_towns.mail"])
    shot("sources-review")


@pytest.mark.full
@pytest.mark.usefixtures("console_errors_expected")
def test_what_is_typed_wrong_is_said_in_words_and_stays_to_be_mended(page: Page, lab: Lab) -> None:
    found = add_data(page, lab, "Files")
    field = found.get_by_role("textbox", name="Path or address")
    wrong = {
        "nowhere.csv": "There is no file",
        "nowhere/*.csv": "There is no file to take in",
        "htp://example.org/a.csv": "Did you mean http://?",
        "http://127.0.0.1:9/a.csv": "private network",
        "s3://": "names no bucket",
        "connection:nothing/there": "There is no connection",
        "/etc/passwd": "workspace",
    }
    for typed, words in wrong.items():
        field.fill(typed)
        field.press("Enter")
        expect(found.get_by_role("alert")).to_contain_text(words)
        found.get_by_role("button", name="Add more data").click()
        expect(field).to_have_value(typed)


def test_storage_is_walked_by_keys_and_a_datasets_files_are_told(page: Page, lab: Lab, shot: Shot) -> None:
    (lab.folder / "walked.csv").write_text("a,b\n1,x\n2,y\n")
    found = add_data(page, lab, "Storage")
    tree = found.get_by_role("tree", name="Storage")
    expect(tree.get_by_role("treeitem", name="bronze")).to_be_visible()
    tree.focus()
    page.keyboard.press("Home")
    expect(tree.get_by_role("treeitem", name="lake", exact=True)).to_have_attribute("aria-selected", "true")
    type_ahead(page, "bronze", tree.get_by_role("treeitem", name="bronze", exact=True, selected=True))
    page.keyboard.press("ArrowRight")
    flights = tree.get_by_role("treeitem", name=re.compile("^bronze.flights"))
    expect(flights).to_contain_text("B")
    page.wait_for_timeout(800)  # what is typed begins anew
    type_ahead(page, "flights", tree.get_by_role("treeitem", name=re.compile("^bronze.flights"), selected=True))
    files = found.get_by_role("region", name="Files of bronze.flights")
    expect(files).to_contain_text("336,776 rows")
    expect(files.get_by_role("table", name="Files").get_by_role("row")).not_to_have_count(0)
    expect(files.get_by_role("list", name="Where space could be saved")).to_contain_text(re.compile("saved here now|workbench datasets"))
    shot("sources-storage")
    page.keyboard.press("ArrowRight")
    expect(tree.get_by_role("treeitem", name="metadata")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(tree.get_by_role("treeitem", name="metadata")).to_have_count(0)
    # A file of the workspace is looked at from here.
    page.wait_for_timeout(800)
    type_ahead(page, "walked", tree.get_by_role("treeitem", name="walked.csv", selected=True))
    page.keyboard.press("Enter")
    expect(found.get_by_role("table", name="First rows")).to_contain_text("y")
    found.get_by_role("button", name="Do not take it in").click()


@pytest.mark.usefixtures("console_errors_expected")
def test_who_may_load_nothing_is_told_whom_to_ask(page: Page, lab: Lab, shot: Shot) -> None:
    """And an engineer is offered what is hers: files, and connections that are granted."""
    from workbench.app.local import LocalWorkspace
    from workbench.core.config import load_settings

    with lab.api() as api:
        me = api.get("/me").json()["name"]
    open_lab(page, lab.page())
    open_catalog(page)
    with LocalWorkspace(load_settings(lab.folder, {})) as ws:
        if me in {user.name for user in ws.users.list()}:
            ws.users.change(me, roles=("analyst",))
        else:
            ws.users.add(me, ("analyst",))
        try:
            page.get_by_role("button", name="Add data").first.click()
            found = import_page(page)
            expect(found.get_by_role("alert")).to_contain_text("You cannot add data here.")
            expect(found.get_by_role("alert")).to_contain_text("Ask who administers the workspace for the role engineer")
            shot("add-data-analyst")
            ws.users.change(me, roles=("engineer",))
            found.get_by_role("button", name="Try again").click()
            expect(found.get_by_role("tab")).to_have_text(["Files", "Databases"])
            expect(found.get_by_role("textbox", name="Address")).to_be_visible()
            found.get_by_role("tab", name="Databases").click()
            expect(found).to_contain_text("No connection to a database is granted to you.")
            shot("add-data-engineer")
        finally:
            ws.users.change(me, roles=("admin",))
