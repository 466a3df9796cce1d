"""Engineers take data in where SQL lets them write, and nothing else: attacks with their benign twins."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from loading import ADMIN, ANN, CANARY, ERIN, IVAN, POLICY, WALT, World, make

from workbench.app.local import LocalWorkspace
from workbench.core.errors import (
    AlreadyExists,
    DatasetNotFound,
    Forbidden,
    HeldBack,
    InvalidInput,
    InvalidSQL,
    NotFound,
    RunNotFound,
    Unavailable,
    WorkbenchError,
)
from workbench.core.principals import Principal
from workbench.ingest.recipes.records import Recipe, Trim
from workbench.ingest.records import Correction, LoadOptions
from workbench.runs.context import RunContext, use_context

Act = Callable[[World], Any]
NARROW = ERIN.model_copy(update={"only": ("bronze.n_*",)})
LOOKS = ERIN.model_copy(update={"looks_only": True})
ROWS = "id,total\n9,9\n"
RECIPE = Recipe(steps=(Trim(),))


@pytest.fixture(scope="module")
def w(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = make(tmp_path_factory.mktemp("loading"))
    with world.ws:
        yield world


def plain(w: World) -> None:
    """The twin of those that name what is not hers: a file that is. Once is enough."""
    if "plain" not in w.done:
        w.done.add("plain")
        assert w.look(ERIN, ROWS).rows == 1


def path_of(name: str) -> Act:
    return lambda w: w.by(ERIN).ingest.load(name, LoadOptions(name="bronze.x"))


def stage(who: Principal) -> Act:
    return lambda w: w.by(who).ingest.stage(w.folder / "inside.csv")


def sources(noun: str, *given: Any) -> Act:
    return lambda w: getattr(w.by(ERIN).sources, noun)(*given)


def recipes(noun: str, *given: Any, who: Principal = ERIN, **more: Any) -> Act:
    return lambda w: getattr(w.by(who).recipes, noun)(*given, **more)


def rejected(w: World, who: Principal, into: str) -> str:
    """A load of which one record does not parse; gives that record's id."""
    if w.ws.services.catalog.tables.one(into) is None:
        w.load(ADMIN, "id,n\n1,1\n2,2\n", into)
    w.load(who, f"id,n\n3,{who.name}s text\n", into, mode="append", drift="keep")
    return next(each.id for each in w.ws.ingest.misfits(into) if each.value == f"{who.name}s text")


# Each with what refuses it, and the twin that nothing refuses.
ATTACKS: dict[str, tuple[Act, type[WorkbenchError], Act]] = {
    # what she reaches
    "a file of the server": (path_of("/etc/passwd"), Forbidden, lambda w: w.load(ERIN, ROWS, "bronze.own")),
    "a file of the workspace": (path_of("inside.csv"), Forbidden, lambda w: w.load(ADMIN, ROWS, "bronze.admins")),
    "a file by its address": (path_of("file:///etc/passwd"), Forbidden, plain),
    "the lake's own files": (path_of(".workbench/lake"), Forbidden, plain),
    "a pattern of files": (path_of("*.csv"), Forbidden, lambda w: w.by(ADMIN).ingest.preview(str(w.folder / "*.csv"))),
    "a bucket": (path_of("s3://bucket/key.csv"), Forbidden, plain),
    "a path that is looked at": (
        lambda w: w.by(ERIN).ingest.preview(str(w.folder / "inside.csv")),
        Forbidden,
        lambda w: w.by(ADMIN).ingest.preview(str(w.folder / "inside.csv")),
    ),
    "a path that is queued": (
        lambda w: w.by(ERIN).ingest.start(str(w.folder / "inside.csv")),
        Forbidden,
        lambda w: w.by(ERIN).ingest.start(w.up(ERIN, ROWS), LoadOptions(name="bronze.queued")),
    ),
    "a path that is staged": (stage(ERIN), Forbidden, stage(ADMIN)),
    "a path through query.ingest": (
        lambda w: w.by(ERIN).query.ingest(w.folder / "inside.csv", "x"),
        Forbidden,
        lambda w: w.by(ADMIN).query.ingest(w.folder / "inside.csv", "bronze.admins_too"),
    ),
    "another's upload": (
        lambda w: w.by(ERIN).ingest.preview(w.up(IVAN, ROWS)),
        NotFound,
        lambda w: w.by(IVAN).ingest.preview(w.up(IVAN, ROWS)),
    ),
    "an upload by way of dots": (
        lambda w: w.by(ERIN).ingest.preview(w.up(ERIN, ROWS).rpartition("/")[0] + "/../../meta.db"),
        NotFound,
        lambda w: w.by(ERIN).ingest.preview(w.up(ERIN, ROWS)),
    ),
    "this machine by its address": (path_of("http://127.0.0.1:1/a.csv"), Unavailable, plain),
    "a private network": (path_of("http://10.0.0.1/a.csv"), Unavailable, plain),
    "a cloud's metadata": (path_of("http://[::ffff:169.254.169.254]/latest/"), Unavailable, plain),
    "a connection that is not granted": (
        path_of("connection:pay/orders"),
        NotFound,
        lambda w: w.by(ERIN).ingest.load("connection:shop/orders", LoadOptions(name="bronze.orders", since="id")),
    ),
    "from where on, by filtered rows": (
        lambda w: w.by(ERIN).ingest.load("connection:shop/orders", LoadOptions(name="silver.regions", mode="append", since="id")),
        Forbidden,
        lambda w: w.by(WALT).ingest.preview("connection:shop/orders", LoadOptions(name="silver.regions", mode="append", since="id")),
    ),
    "tables of one that is not granted": (sources("tables", "pay"), NotFound, sources("tables", "shop")),
    "a new connection": (sources("connect", "mine", "sqlite", {"path": "x.db"}), Forbidden, sources("connections")),
    "a watched folder": (sources("watch", "."), Forbidden, lambda w: w.by(ADMIN).sources.watch(str(w.folder))),
    # where she may write
    "a namespace that is not hers": (
        lambda w: w.load(ERIN, ROWS, "silver.new"),
        Forbidden,
        lambda w: w.load(ERIN, ROWS, "silver.e_new"),
    ),
    "a dataset that she only reads": (
        lambda w: w.load(ERIN, ROWS, "gold.shown", mode="append"),
        Forbidden,
        lambda w: w.load(WALT, "id,total\n8,8\n", "gold.shown", mode="append"),
    ),
    "over a dataset that is hidden": (
        lambda w: w.load(ERIN, ROWS, "silver.canary", mode="overwrite"),
        Forbidden,
        lambda w: w.load(ERIN, "id,total\n4,4\n", "silver.open", mode="append"),
    ),
    "an analyst's load": (lambda w: w.load(ANN, ROWS, "bronze.anns"), Forbidden, lambda w: w.load(IVAN, ROWS, "bronze.ivans")),
    "an analyst's upload": (lambda w: w.up(ANN, ROWS), Forbidden, lambda w: w.up(IVAN, ROWS)),
    "a token that only looks": (lambda w: w.load(LOOKS, ROWS, "bronze.l"), Forbidden, lambda w: w.load(ERIN, ROWS, "bronze.l")),
    "a token for other datasets": (
        lambda w: w.load(NARROW, ROWS, "bronze.other"),
        Forbidden,
        lambda w: w.load(NARROW, ROWS, "bronze.n_one"),
    ),
    "a name in other capitals": (
        lambda w: w.load(ERIN, ROWS, "bronze.JUDGED"),
        AlreadyExists,
        lambda w: w.load(ERIN, ROWS, "bronze.judged_anew"),
    ),
    # what is kept from her stays as it is
    "over masked values": (
        lambda w: w.load(ERIN, "id,name,pay\n1,x,1\n", "silver.people", mode="overwrite"),
        Forbidden,
        lambda w: w.load(ERIN, "id,name,pay\n7,eve,1\n", "silver.people", mode="append"),
    ),
    "masked values by key": (
        lambda w: w.load(ERIN, "id,name,pay\n1,x,1\n", "silver.people", mode="upsert", keys=("id",)),
        Forbidden,
        lambda w: w.load(ERIN, "id,total\n4,40\n", "silver.open", mode="upsert", keys=("id",)),
    ),
    "over rows that are filtered": (
        lambda w: w.load(ERIN, "id,region\n1,north\n", "silver.regions", mode="overwrite", force=True),
        Forbidden,
        lambda w: w.load(WALT, "id,region\n3,canary\n", "silver.regions", mode="append"),
    ),
    "a column more where she sees a part": (
        lambda w: w.load(ERIN, "id,name,pay,more\n1,x,1,1\n", "silver.people", mode="append"),
        InvalidInput,
        lambda w: w.load(ERIN, "id,total,more\n5,5,5\n", "silver.open", mode="append"),
    ),
    "past a gate": (
        lambda w: w.load(ERIN, "id,total\n6,-1\n", "silver.open", mode="append", force=True),
        HeldBack,
        lambda w: w.load(ERIN, "id,total\n6,1\n", "silver.open", mode="append", force=True),
    ),
    "a gate that looks into a hidden dataset": (
        lambda w: w.load(ERIN, "id,key\n2,k2\n", "bronze.judged", mode="append"),
        Forbidden,
        lambda w: w.load(ADMIN, "id,key\n2,k2\n", "bronze.judged", mode="append"),
    ),
    # recipes
    "a recipe of masked values": (
        recipes("apply", "silver.people", RECIPE, "silver.e_people"),
        Forbidden,
        recipes("apply", "silver.people", RECIPE, "gold.people", who=WALT),
    ),
    "a recipe tried on masked values": (
        recipes("preview", "silver.people", RECIPE, "silver.e_people"),
        Forbidden,
        recipes("preview", "silver.open", RECIPE, "silver.e_open"),
    ),
    "steps proposed by filtered rows": (recipes("propose", "silver.regions"), Forbidden, recipes("propose", "silver.open")),
    "a recipe of what is hidden": (
        recipes("apply", "silver.canary", RECIPE, "silver.e_stolen"),
        DatasetNotFound,
        recipes("apply", "silver.open", RECIPE, "silver.e_open"),
    ),
    "a recipe into what is not hers": (
        recipes("apply", "silver.open", RECIPE, "gold.open"),
        Forbidden,
        recipes("apply", "silver.open", RECIPE, "gold.open", who=WALT),
    ),
    "a recipe over masked values": (
        recipes("apply", "silver.open", RECIPE, "silver.people", force=True),
        Forbidden,
        recipes("apply", "silver.open", RECIPE, "silver.e_again"),
    ),
    "gold by who may not write it": (
        recipes("promote", "silver.open", force=True),
        Forbidden,
        recipes("apply", "silver.open", RECIPE, "gold.promoted", who=WALT),
    ),
    "the recipe of what is hidden": (
        recipes("get", "gold.canary"),
        DatasetNotFound,
        lambda w: (w.by(ERIN).recipes.apply("silver.open", RECIPE, "silver.e_got"), w.by(ERIN).recipes.get("silver.e_got")),
    ),
    # quarantine
    "records of what is hidden": (
        lambda w: w.by(ERIN).ingest.misfits("silver.canary"),
        DatasetNotFound,
        lambda w: w.by(ERIN).ingest.misfits("silver.open"),
    ),
    "records corrected where she sees a part": (
        lambda w: w.by(ERIN).ingest.correct("silver.people", (Correction(id="x", row={}),)),
        Forbidden,
        lambda w: w.by(ERIN).ingest.correct("bronze.mine", (Correction(id=rejected(w, ERIN, "bronze.mine"), row={"n": "5"}),)),
    ),
    "records discarded where she may not write": (
        lambda w: w.by(ERIN).ingest.discard("gold.shown", ("x",)),
        Forbidden,
        lambda w: w.by(ERIN).ingest.discard("bronze.mine", (rejected(w, ERIN, "bronze.mine"),)),
    ),
    # what others have done
    "another's report": (
        lambda w: w.by(ERIN).ingest.report(w.load(WALT, "id,region\n4,canary\n", "silver.regions", mode="append").run_id),
        RunNotFound,
        lambda w: w.by(IVAN).ingest.report(w.load(ERIN, ROWS, "bronze.reported").run_id),
    ),
}


def test_there_are_attacks_enough() -> None:
    assert len(ATTACKS) >= 25


@pytest.mark.sampled(every=2)
@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_refused_and_its_twin_is_not(w: World, name: str) -> None:
    attack, refusal, twin = ATTACKS[name]
    before = {each.name: each.snapshot_id for each in w.ws.services.lake.infos()}
    with pytest.raises(refusal) as refused:
        attack(w)
    if "report" not in name:
        assert {each.name: each.snapshot_id for each in w.ws.services.lake.infos()} == before
    assert refused.value.fix
    told = f"{refused.value} {refused.value.fix} {refused.value.details}".replace("silver.canary", "").replace("gold.canary", "")
    assert CANARY not in told and "98765432" not in told
    twin(w)


# ---------------------------------------------------------------------------------------------------------- what is told


def test_sql_and_ingestion_answer_alike_to_who_may_not_write(w: World) -> None:
    """Also whether the name is taken by what is hidden, or by nothing."""
    told = set()
    for name in ("silver.canary", "silver.robins", "gold.canary"):
        with pytest.raises(Forbidden) as by_sql:
            w.by(ERIN).query.run(f"create table {name} as select 1 as a")
        with pytest.raises(Forbidden) as by_load:
            w.load(ERIN, ROWS, name)
        with pytest.raises(Forbidden) as queued:
            w.by(ERIN).ingest.start(w.up(ERIN, ROWS), LoadOptions(name=name))
        for each in (by_sql, by_load, queued):
            told.add(f"{each.value} {each.value.fix}".replace(name, "..."))
    assert len(told) == 1, told


def test_a_preview_names_only_what_is_seen(w: World) -> None:
    for who, alike in ((ERIN, {"silver.e_alike"}), (ADMIN, {"silver.e_alike", "silver.canary_alike"})):
        assert {each.dataset for each in w.look(who, "lat,lon\n1,1\n", "bronze.fresh").resembles} == alike
    for name in ("silver.canary", "silver.robins"):
        told = w.look(ERIN, "id,other\n1,1\n", name, mode="append")
        assert (told.exists, told.differences, told.taken, told.partition_by) == (False, (), None, ())
        assert told.warnings[0].startswith(f"You may not write to {name}.")
    shown = w.look(ERIN, "id,other\n1,1\n", "silver.open", mode="append")
    assert shown.exists and {each.column for each in shown.differences} >= {"total", "other"}


def test_whose_content_is_there_is_told_to_who_sees_all_of_it(w: World) -> None:
    content = "id,region\n50,canary\n"
    theirs = w.load(WALT, content, "silver.regions", mode="append")
    assert w.look(WALT, content, "silver.regions", mode="append").taken == theirs.run_id
    assert w.look(ERIN, content, "silver.regions", mode="append").taken is None
    hers = w.load(ERIN, content, "silver.regions", mode="append")
    assert not hers.unchanged and hers.rows == 1 and hers.run_id != theirs.run_id
    again = w.load(ERIN, content, "silver.regions", mode="append")  # her own she knows
    assert again.unchanged and again.run_id == hers.run_id
    with pytest.raises(AlreadyExists) as there:
        w.load(ERIN, "id,region\n51,x\n", "silver.regions")
    assert "content" not in str(there.value)


def test_a_load_into_what_is_seen_in_part_tells_of_the_file_alone(w: World) -> None:
    part = w.load(ERIN, "id,name,pay\n11,x,5\n", "silver.people", mode="append")
    assert (part.rows, part.quality, part.dimensions, part.verdict) == (1, None, (), "")
    report = w.by(ERIN).ingest.report(part.run_id)
    assert (report.rows, report.quality, report.dimensions) == (1, None, ())
    whole = w.load(ERIN, "id,total\n12,1\n", "silver.open", mode="append", drift="keep")
    assert w.by(ERIN).ingest.report(whole.run_id).quality == whole.quality is not None
    assert w.ws.datasets.read("silver.people").filter(w.ws.datasets.read("silver.people")["id"].to_numpy() == 11)["pay"].to_pylist() == [5]


def test_her_loads_are_hers_to_follow_and_to_stop(w: World) -> None:
    run = w.by(ERIN).ingest.start(w.up(ERIN, ROWS, "hers.csv"), LoadOptions(name="bronze.followed"))
    assert w.by(ERIN).runs.get(run.id).params["source"] == "hers.csv"
    assert [event.type for event in w.by(ERIN).runs.events(run.id)] == ["run.queued"]
    for other in (IVAN, ANN):
        for ask in (w.by(other).runs.get, w.by(other).runs.events, w.by(other).runs.cancel):
            with pytest.raises(RunNotFound):
                ask(run.id)
    with pytest.raises(RunNotFound):
        w.by(ANN).ingest.report(run.id)
    assert w.by(ERIN).runs.cancel(run.id).status == "cancelled"
    done = w.load(ERIN, ROWS, "bronze.followed")
    seen = w.by(ERIN).runs.get(done.run_id)
    assert "report" not in seen.attributes and [io.kind for io in (*seen.inputs, *seen.outputs)] == ["file", "table"]
    assert {event.type for event in w.by(ERIN).runs.events(done.run_id)} <= {
        *(f"run.{word}" for word in ("queued", "started", "read", "progress", "metric", "succeeded"))
    }


def test_figures_are_of_what_one_may_correct(w: World) -> None:
    w.load(WALT, "id,region\n70,canary\n", "silver.regions", mode="append")
    w.load(WALT, "id,total\n70,1\n", "gold.shown", mode="append")
    w.load(IVAN, ROWS, "bronze.figured")
    erins, every = w.by(ERIN).ingest.statistics(), w.by(ADMIN).ingest.statistics()
    assert erins.loads < every.loads and {"bronze.figured"} <= {each.dataset for each in erins.datasets}
    assert {"gold.shown"} <= {each.dataset for each in every.datasets} - {each.dataset for each in erins.datasets}
    assert "silver.regions" not in {each.dataset for each in w.by(IVAN).ingest.statistics().datasets}
    with pytest.raises(Forbidden, match="may not write to any dataset"):
        w.by(ANN).ingest.statistics()
    assert w.by(NARROW).ingest.statistics().loads == sum(each.loads for each in w.by(NARROW).ingest.statistics().datasets)


def test_records_set_aside_are_for_who_loaded_or_corrects(w: World) -> None:
    w.ws.datasets.write("silver.people", w.ws.datasets.read("silver.people").slice(0, 1))
    for who in (ERIN, WALT):
        w.load(who, f"id,name,pay\n1,x,{who.name} says canary\n", "silver.people", mode="append", drift="keep")

    def told(who: Principal) -> list[str | None]:
        return [each.value for each in w.by(who).ingest.misfits("silver.people")]

    assert told(ERIN) == ["erin says canary"]
    assert told(IVAN) == []
    assert told(WALT) == told(ADMIN) == ["erin says canary", "walt says canary"]
    # What a step has taken in with her token, of a pipeline that she may start and not look at, is not hers.
    log, report = w.ws.services.log, w.by(ERIN).ingest.statistics()
    step = log.start("step", "hidden.load", ERIN, parent_id=log.start("pipeline", "hidden", ERIN).id)
    with use_context(RunContext(step.id)):
        w.load(ERIN, "id,name,pay\n1,x,the step says canary\n", "silver.people", mode="append", drift="keep")
    assert told(ERIN) == ["erin says canary"] and len(told(ADMIN)) == 3 and w.by(ERIN).ingest.statistics().loads == report.loads
    aside = next(each for each in w.by(ADMIN).ingest.misfits("silver.people") if "step" in str(each.value))
    with pytest.raises(RunNotFound):
        w.by(ERIN).ingest.report(aside.run_id)
    w.by(ADMIN).ingest.discard("silver.people", (aside.id,))
    assert told(ERIN.model_copy(update={"only": ("silver.*",)})) == []
    with pytest.raises(DatasetNotFound):
        told(ANN)
    (mine, theirs) = w.by(ADMIN).ingest.misfits("silver.people")
    assert w.by(WALT).ingest.correct("silver.people", (Correction(id=mine.id, row={"pay": "1"}),)).joined == 1
    assert w.by(WALT).ingest.discard("silver.people", (theirs.id,)).left == 0


def test_the_dataset_of_what_was_set_aside_is_for_who_sees_everything_as_it_is(w: World) -> None:
    masked, filtered, writer = (Principal(name=name, roles=("keeper",), attributes={"region": "north"}) for name in ("max", "flo", "wendy"))
    w.load(ADMIN, "id,name,pay\n1,x,the canary\n2,y,2\n", "silver.people", mode="append", drift="keep")
    aside = "quarantine.silver_people"
    asks: list[Callable[[LocalWorkspace], Any]] = [
        lambda ws: ws.query.run(f"SELECT * FROM {aside}").rows,
        lambda ws: ws.query.arrow(f"SELECT count(*) FROM {aside}").num_rows,
        lambda ws: ws.query.export(f"SELECT value FROM {aside}", format="json").read(),
        lambda ws: ws.query.run(f"CREATE TABLE bronze.copied_{ws.principal.name} AS SELECT * FROM {aside}"),
        lambda ws: ws.query.run(f"SUMMARIZE {aside}").rows,
        lambda ws: ws.datasets.sample(aside).rows,
        lambda ws: ws.datasets.read(aside).num_rows,
        lambda ws: ws.quality.profile(aside).columns,
        lambda ws: ws.catalog.get(aside).columns,
        lambda ws: ws.datasets.snapshots(aside),
    ]
    for ask in asks:
        for who in (masked, filtered, WALT):
            with pytest.raises((DatasetNotFound, InvalidSQL)) as refused:
                ask(w.by(who))
            assert "canary" not in str(refused.value)
        assert ask(w.by(writer))
    for who in (masked, filtered):
        assert aside not in {each.name for each in w.by(who).catalog.list("quarantine")}
    assert aside in {each.name for each in w.by(writer).catalog.list("quarantine")}
    assert any("canary" in str(row) for row in w.by(writer).query.run(f"SELECT * FROM {aside}").rows)


def test_a_dataset_whose_name_leads_to_anothers_records_is_no_way_to_them(w: World) -> None:
    masked = w.by(Principal(name="max", roles=("keeper",), attributes={"region": "north"}))
    w.ws.datasets.write("bronze.max_people", w.ws.datasets.read("silver.people"))
    w.load(ADMIN, "id,name,pay\n1,x,the canary\n2,y,2\n", "bronze.max_people", mode="append", drift="keep")
    assert [each.value for each in masked.ingest.misfits("bronze.max_people")] == ["the canary"]
    policy = w.ws.compliance.policy().text
    w.ws.compliance.apply(policy.replace("what: [silver.people.pay]", "what: [silver.people.pay, bronze.max_people.pay]"))
    try:
        masked.query.run("CREATE TABLE bronze_max.people AS SELECT 1 AS id, 'x' AS name, 2 AS pay")
        assert masked.ingest.misfits("bronze.max_people") == masked.ingest.misfits("bronze_max.people") == ()
        with pytest.raises(Forbidden):
            masked.ingest.discard("bronze_max.people", ("x",))
        w.ws.datasets.drop("bronze.max_people")
        assert masked.ingest.misfits("bronze_max.people") == ()
    finally:
        w.ws.compliance.apply(policy)


def test_answers_that_others_gave_are_told_to_who_sees_all_of_the_dataset(w: World) -> None:
    from workbench.engines.readers import ColumnReading, Reading

    def said(kind: str) -> Reading:
        return Reading(columns=(ColumnReading(place=0, original="id", type=kind),))

    w.load(WALT, "id,region\na,canary\n", "silver.regions", mode="append", drift="keep", reading=said("long"))
    w.load(WALT, "id,total\na,1\n", "bronze.answers", reading=said("string"))
    told = {each.dataset for each in w.by(ERIN).ingest.readings()}
    assert "bronze.answers" in told and "silver.regions" not in told
    assert "silver.regions" in {each.dataset for each in w.by(WALT).ingest.readings()}
    theirs = next(each.id for each in w.by(WALT).ingest.readings() if each.dataset == "silver.regions")
    with pytest.raises(NotFound):
        w.by(ERIN).ingest.forget(theirs)


def test_a_queued_load_has_the_rights_that_its_author_has_by_then(w: World) -> None:
    from workbench.app.ingest_job import _today
    from workbench.ingest.job import AskedLoads

    run = w.by(NARROW).ingest.start(w.up(NARROW, ROWS), LoadOptions(name="bronze.n_later"))
    kept = AskedLoads(w.ws.settings.state).of(run.id)
    assert kept.who is not None
    by_then = _today(w.ws.services, kept.who)
    assert by_then == w.ws.services.users.now(ERIN).model_copy(update={"only": NARROW.only})
    done = w.ws.services.ingest.ingest(kept.source, kept.options, by_then, run_id=run.id)  # as the worker does
    assert (done.run_id, done.dataset, w.ws.runs.get(run.id).status) == (run.id, "bronze.n_later", "succeeded")
    w.ws.users.change("ivan", roles=("analyst",))
    try:
        by_then = _today(w.ws.services, IVAN)
        assert by_then.roles == ("analyst",)
        with pytest.raises(Forbidden, match="may not write"):
            w.load(by_then, ROWS, "bronze.demoted")
    finally:
        w.ws.users.change("ivan", roles=("engineer",))


def test_rows_of_a_load_stay_masked_to_who_is_masked(w: World) -> None:
    assert w.by(ERIN).query.run("select max(pay) from silver.people").rows == ((None,),)


def test_a_state_from_before_is_judged_by_its_own_columns(w: World) -> None:
    """A column that is gone today is none of today's, and a mask that is about it is about the states that have it."""
    from workbench.lake.records import ColumnChange

    w.ws.datasets.write(
        "silver.e_was", w.ws.datasets.read("silver.open").append_column("pay", [[CANARY] * w.ws.catalog.get("silver.open").rows])
    )
    before = w.ws.datasets.snapshots("silver.e_was")[0].id
    w.ws.datasets.alter("silver.e_was", (ColumnChange(action="drop", column="pay"),))
    masked = POLICY.replace("what: [silver.people.pay]", "what: [silver.people.pay, silver.e_was.pay]")
    w.ws.compliance.apply(masked)
    try:
        w.by(ERIN).recipes.preview("silver.e_was", RECIPE, "silver.e_became")
        for ask in (
            lambda: w.by(ERIN).recipes.preview(f"silver.e_was@{before}", RECIPE, "silver.e_became"),
            lambda: w.by(ERIN).recipes.apply(f"silver.e_was@{before}", RECIPE, "silver.e_became"),
            lambda: w.by(ERIN).quality.current(f"silver.e_was@{before}"),
        ):
            with pytest.raises(Forbidden):
                ask()
    finally:
        w.ws.compliance.apply(POLICY)


def test_errors_of_a_connection_tell_who_may_take_from_it_not_where_it_leads(w: World) -> None:
    policy, file = w.ws.compliance.policy().text, w.folder / "hidden place.db"
    sqlite3.connect(file).executescript("create table t (n integer); insert into t values (1)").close()
    w.ws.sources.connect("near", "sqlite", {"path": str(file)})
    server = {"host": "127.0.0.1", "port": 1, "database": "hidden_db", "user": "hidden_user"}
    w.ws.sources.connect("far", "postgresql", server, "secret")
    w.ws.compliance.apply(policy.replace('"connection:shop"', '"connection:*"'))
    try:
        erin = w.by(ERIN)
        assert [table.name for table in erin.sources.tables("near")] == ["t"]
        with pytest.raises(NotFound, match="There are: t"):
            erin.ingest.preview("connection:near/other")
        file.unlink()
        for name, place in (("near", str(file)), ("far", "127.0.0.1:1")):
            for ask in (lambda by: by.sources.tables(name), lambda by: by.ingest.preview(f"connection:{name}/t")):  # noqa: B023
                with pytest.raises(WorkbenchError) as told:
                    ask(w.ws)
                assert place in str(told.value)
                with pytest.raises(WorkbenchError, match=f"{name}. Ask who administers") as told:
                    ask(erin)
                assert place not in str(told.value) and "hidden" not in str(told.value)
    finally:
        w.ws.compliance.apply(policy)
        for name in ("near", "far"):
            w.ws.sources.disconnect(name)
