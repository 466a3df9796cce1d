"""What stands above and below tables as offices, laboratories and servers write them: names in groups, facts, footnotes, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from workbench.engines.readers import Reading, Source

Read = Callable[..., Source]
GROUPS = '"Table 4.2 Population, 2020-2021",,,,\n,2020,,2021,\nDistrict,Male,Female,Male,Female\n'
NOTES = '\n"(a) Boundary changed in 2019."\n"r: revised"\nSource: National Office\n'


def rows(source: Source) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = source.reader().read_all().to_pylist()
    return found


def test_names_in_groups_have_those_of_their_groups(read: Read) -> None:
    text = GROUPS + "".join(f"D{n},{n},{n + 1},{n + 2},{n + 3}\n" for n in range(20)) + NOTES
    source = read(text)
    assert source.schema.names == ["district", "n2020_male", "n2020_female", "n2021_male", "n2021_female"]
    assert rows(source)[3] == {"district": "D3", "n2020_male": 3, "n2020_female": 4, "n2021_male": 5, "n2021_female": 6}
    assert (len(rows(source)), source.rejected, source.reading.skip) == (20, 3, 2)
    assert source.originals["n2020_male"] == "2020 Male"
    again = read(text, reading=source.reading)
    assert again.schema == source.schema and rows(again) == rows(source)


def test_names_that_are_told_apart_stay_as_they_are(read: Read) -> None:
    source = read("Report,,Draft,,\nid,name,price,count,on\n" + "".join(f"{n},x{n},{n}.5,{n},2024-01-01\n" for n in range(20)))
    assert source.schema.names == ["id", "name", "price", "count", "on"]
    source = read(GROUPS.replace("Female", "Male") + "D,1,2,3,4\n" * 20)
    assert "district" not in source.schema.names  # two of a group are the same: which is which nobody knows


def test_facts_above_a_table_of_four_columns_are_no_header(read: Read) -> None:
    above = "Instrument:\tSpectraMax 340\nOperator:\tJ. Doe\nDate:\t2024-03-01 10:22\n\nWell\tSample\tAbs\tConc\n"
    source = read(above + "".join(f"A{n:02d}\tS{n}\t0.{n + 10}\t{n}.5\n" for n in range(30)), name="plate.tsv")
    assert (source.schema.names, len(rows(source)), source.reading.skip) == (["well", "sample", "abs", "conc"], 30, 4)


@pytest.mark.parametrize("first", ["192.168.1.{n}", "2024-03-01T10:{n:02d}:00Z", "[01/Mar/2024:13:{n:02d}:36"])
def test_the_first_line_of_a_log_is_data(read: Read, first: str) -> None:
    lines = [f'{first.format(n=n)} GET "/a/{n}" Mozilla/5.0 (X11; Linux, like Gecko)' for n in range(10, 50)]
    source = read("\n".join(lines) + "\n", name="access.txt", reading=Reading(delimiter=","))
    assert (source.reading.header, len(rows(source))) == (False, 40)


def test_a_last_line_that_is_a_remark_is_told_as_such(read: Read) -> None:
    source = read("day;text;n\n" + "".join(f"{n % 28 + 1:02d}.03.2024;x;{n}\n" for n in range(30)) + "Disclaimer:;not official;\n")
    (told,) = [each for each in source.warnings if each.startswith("day is text")]
    assert told.endswith("line 32 is the first that is no date in that order. Where the last line is no data, leave it out (`footer=1`).")


def test_commas_of_thousands_do_not_divide_a_file_whose_header_has_none(read: Read) -> None:
    lines = ["id\tvisits\tname", *(f"{n}\t{n + 1},034,567\tn{n}" for n in range(200)), "200\t7,654,321\tone\tmore"]
    source = read("\n".join(lines) + "\n", name="visits.csv")
    assert source.schema.names == ["id", "visits", "name"] and source.reader().read_all().num_rows == 200
    assert source.rejects().column("line").to_pylist() == [202]
