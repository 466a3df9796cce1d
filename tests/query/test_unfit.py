"""Rules that do not fit a dataset's columns: nothing of it is shown, its reader is told whom to ask, and nothing of the rule."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pytest
from somebody import Place

from workbench.core.errors import Forbidden, WorkbenchError
from workbench.core.principals import Principal

POLICY = """
version: 1
grants: [{to: analyst, what: "*.*"}, {to: writer, what: "*.*", may: [read, write]}]
roles: {writer: {}}
rows:
  - {name: compared, what: [silver.compared], where: born IN principal.levels}
  - {name: engines, what: [silver.engines], where: region <> current_user}
  - {name: missing, what: [silver.missing], where: secret_column = 'hidden word'}
masks:
  - {name: odd, what: [silver.masked.born], mask: {kind: expression, expression: "left(value, 4)"}}
"""
ANNA = Principal(name="anna", roles=("analyst",), attributes={"levels": (1, 2)})
WILL = Principal(name="will", roles=("writer",), attributes={"levels": (1, 2)})
DATASETS = ("silver.compared", "silver.missing", "silver.masked", "silver.engines")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    made = Place(tmp_path_factory.mktemp("unfit") / "project", isolated=True)
    for name in (*DATASETS, "silver.open"):
        made.writer.write(name, pa.table({"region": ["north", "7"], "born": pa.array([[1], [2]], pa.list_(pa.int64()))}))
    made.access.policies.apply(POLICY, Principal(name="test"))
    yield made
    made.close()


@pytest.mark.parametrize("name", DATASETS)
def test_nothing_is_shown_and_nothing_of_the_rule_is_told(place: Place, name: str) -> None:
    for sql in (
        f"select * from {name}",
        f"select count(*) from {name}",
        f"select cast(region as int) from {name} limit 1",  # its rows are gathered before
        f"select o.region from silver.open o join {name} n on n.region = o.region",
        f"describe select * from {name}",
    ):
        with pytest.raises(Forbidden) as caught:
            place.rows(sql, ANNA)
        assert caught.value.message == f"The policy for {name} cannot be applied, so nothing of it is shown.", sql
        assert caught.value.fix is not None and "Ask" in caught.value.fix
    assert place.log.list("sql", limit=1)[0].status == "failed"
    with pytest.raises(WorkbenchError, match="cannot be applied"):
        place.do(f"insert into silver.open select * from {name}", who=WILL)
    # Who is no reader of it is not concerned, nor is what is beside it.
    assert len(place.rows(f"select * from {name}")) == 2 and len(place.rows("select * from silver.open", ANNA)) == 2
