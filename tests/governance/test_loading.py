"""Engineers take data in where SQL lets them write, and nothing else: attacks with their benign twins."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from loading import ADMIN, ANN, CANARY, ERIN, IVAN, WALT, World, make

from workbench.core.errors import (
    AlreadyExists,
    DatasetNotFound,
    Forbidden,
    HeldBack,
    InvalidInput,
    NotFound,
    RunNotFound,
    WorkbenchError,
)
from workbench.core.principals import Principal
from workbench.ingest.recipes.records import Recipe, Trim
from workbench.ingest.records import Correction, LoadOptions

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


def path_of(name: str) -> Act:
    return lambda w: w.by(ERIN).ingest.load(name, LoadOptions(name="bronze.x"))


def stage(who: Principal) -> Act:
    return lambda w: w.by(who).ingest.stage(w.folder / "inside.csv")


def sources(noun: str, *given: Any) -> Act:
    return lambda w: getattr(w.by(ERIN).sources, noun)(*given)


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
    "a file by its address": (path_of("file:///etc/passwd"), Forbidden, lambda w: w.look(ERIN, ROWS)),
    "the lake's own files": (path_of(".workbench/lake"), Forbidden, lambda w: w.look(ERIN, ROWS)),
    "a pattern of files": (path_of("*.csv"), Forbidden, lambda w: w.by(ADMIN).ingest.preview(str(w.folder / "*.csv"))),
    "a bucket": (path_of("s3://bucket/key.csv"), Forbidden, lambda w: w.look(ERIN, ROWS)),
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
    "this machine by its address": (path_of("http://127.0.0.1:1/a.csv"), Forbidden, lambda w: w.look(ERIN, ROWS)),
    "a private network": (path_of("http://10.0.0.1/a.csv"), Forbidden, lambda w: w.look(ERIN, ROWS)),
    "a cloud's metadata": (path_of("http://[::ffff:169.254.169.254]/latest/"), Forbidden, lambda w: w.look(ERIN, ROWS)),
    "a connection that is not granted": (path_of("connection:pay/staff"), NotFound, sources("connections")),
    "tables of one that is not granted": (sources("tables", "pay"), NotFound, sources("connections")),
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
        lambda w: w.by(ERIN).recipes.apply("silver.people", RECIPE, "silver.e_people"),
        Forbidden,
        lambda w: w.by(WALT).recipes.apply("silver.people", RECIPE, "gold.people"),
    ),
    "a recipe tried on masked values": (
        lambda w: w.by(ERIN).recipes.preview("silver.people", RECIPE, "silver.e_people"),
        Forbidden,
        lambda w: w.by(ERIN).recipes.preview("silver.open", RECIPE, "silver.e_open"),
    ),
    "steps proposed by filtered rows": (
        lambda w: w.by(ERIN).recipes.propose("silver.regions"),
        Forbidden,
        lambda w: w.by(ERIN).recipes.propose("silver.open"),
    ),
    "a recipe of what is hidden": (
        lambda w: w.by(ERIN).recipes.apply("silver.canary", RECIPE, "silver.e_stolen"),
        DatasetNotFound,
        lambda w: w.by(ERIN).recipes.apply("silver.open", RECIPE, "silver.e_open"),
    ),
    "a recipe into what is not hers": (
        lambda w: w.by(ERIN).recipes.apply("silver.open", RECIPE, "gold.open"),
        Forbidden,
        lambda w: w.by(WALT).recipes.apply("silver.open", RECIPE, "gold.open"),
    ),
    "a recipe over masked values": (
        lambda w: w.by(ERIN).recipes.apply("silver.open", RECIPE, "silver.people", force=True),
        Forbidden,
        lambda w: w.by(ERIN).recipes.apply("silver.open", RECIPE, "silver.e_again"),
    ),
    "gold by who may not write it": (
        lambda w: w.by(ERIN).recipes.promote("silver.open", force=True),
        Forbidden,
        lambda w: w.by(WALT).recipes.apply("silver.open", RECIPE, "gold.promoted"),
    ),
    "the recipe of what is hidden": (
        lambda w: w.by(ERIN).recipes.get("gold.canary"),
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
