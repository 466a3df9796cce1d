"""Attacks by what is told beside an answer: errors, plans, completion, other states of a dataset, other faces, what was asked before."""

from __future__ import annotations

P = "select id, name from silver.people order by id limit 3"

ERRORS = [
    (f"select {what} from silver.people", twin)
    for what, twin in (
        ("phone::int", "select name[6:]::int from silver.people"), ("note::date", "select '2020-01-01'::date"), ("mail::double", "select n::double from silver.people"),
        ("cast(code as int)", "select cast(id as int) from silver.people"), ("txt::int", "select try_cast(txt as int) from silver.people where id < 3"),
        ("1 / (id - 7700000018)", "select 1 / id from silver.people"), ("1 // n", P), ("1 % n", P), ("9223372036854775807 + pay", "select 1 + id from silver.people"),
        ("9223372036854775807 + id", P), ("(id * 9223372036854775807)", P), ("bonus::tinyint", "select n::tinyint from silver.people"), ("id::tinyint", P),
        ("level::utinyint", P), ("cost::decimal(3, 2)", P), ("(cost * 1e30)::decimal(38, 2)", P), ("error(phone)", P), ("error(txt)", P), ("error(name || pay)", P),
        ("if(pay > 0, error('more'), 1)", "select if(id > 0, 1, error('x')) from silver.people"), ("case when region = 'south' then error('there') end", P),
        ("case when phone like 'cnrya%' then error('a') end", P), ("case when id > 1000 then error('there') else 1 end", P), ("strptime(note, '%Y')", P),
        ("date_trunc(note, seen)", P), ("list_extract(list, 99)", P), ("sqrt(-pay)", P), ("ln(score - 10)", P), ("chr(bonus::int)", P), ("phone::uuid", P),
        ("phone::json", P), ("to_json(note)->>note", P), ("regexp_matches('x', '(' || phone)", P), ("regexp_matches('x', '(' || name)", P),
        ("phone::enum('a')", P), ("home.missing", P), ("home.stret", P), ("phne", P), ("pays", P), ("attrs.k", P), ("date '2020-01-01' + id::int * 100000000", P),
        ("factorial(id::int)", P), ("raw::varchar::int", P), ("name::bool", P), ("array_value(n)[3]", P), ("[1, 2][pay]", P), ("sum(id * 9223372036854775)", P),
        ("getbit('101'::bit, n)", P), ("from_base64(mail)", P), ("unhex(mail)", P), ("make_date(2020, n, 1)", P), ("('2020-' || n || '-01')::date", P),
    )
] + [
    (f"select id from silver.people where {condition}", "select id from silver.people where n >= 0 and txt like 'no%'")
    for condition in (
        "txt::int > 0", "region = 'south' and txt::int > 0", "region <> 'south' and txt::int > 0", "id > 1000 and txt::int > 0", "txt::int > 0 and region = 'south'",
        "1 // n > 0", "n > 0 and 1 // n > 0", "case when id > 1000 then error('x') else true end", "id + 9223372028154775790 > 0", "id * id * id * id > 0",
        "name::int = 1 or true", "(select error('x') where region = 'south') is null", "id > 100 and (select error('none'))::bool", "id = error(name)::int",
        "exists (select 1 from silver.people q where q.id = 1 // n)", "pay::tinyint = 1", "bonus::int > 0", "phone::int is null", "id in (select txt::int from silver.people)",
        "regexp_matches(txt, '(' || case when region = 'south' then ')' else 'x)' end)", "try(txt::int) is null", "coalesce(try_cast(txt as int), error(txt)::int) > 0",
    )
] + [
    ("select count(*) from (select id from silver.people where name = 'q') a join (select r.range as r, cast('x' || r.range as int) as x from range(30) r) b on a.id = b.r", "select count(*) from silver.people a join range(30) b on a.id = b.range"),
    ("select count(*) from (select id from silver.people where name = 'q') a join (select r.range as r, cast('x' || r.range as int) as x from range(500) r) b on a.id = b.x", "select count(*) from silver.people a join range(500) b on a.id = b.range"),
    ("select count(*) from (select id from silver.people where name = 'q') a, (select r.range as r from range(700) r where cast('x' || r.range as int) = 1) b where a.id = b.r", P),
    *(
        (f"select max(b.x) from (select id from silver.people where name = 'q') a join (select r.range as r, cast('x' || r.range as int) as x from range({n}) r) b on a.id = b.r", P)
        for n in (60, 120, 240, 480, 30_000)
    ),
    ("select count(*) from silver.nothing n join (select r.range as r from range(300) r where cast('x' || r.range as int) = 1) b on n.id = b.r", "select count(*) from silver.nothing"),
    ("select count(*) from silver.nothing n join (select r.range as r from range(900) r where cast('x' || r.range as int) = 1) b on n.id = b.r", "select count(*) from silver.nothing"),
    ("select n.id from silver.nothing n, (select cast(name as int) from silver.open) b", "select count(*) from silver.nothing n, silver.open"),
    ("select (select id from silver.nothing), (select cast(max(name) as int) from silver.open where exists (from silver.nothing))", "select (select id from silver.nothing)"),
    ("select id from silver.nothing where (select cast(name as int) from silver.open limit 1) = 1", "select count(*) from silver.nothing"),
    ("select id from silver.people where (id * 1500)::smallint % 7 < 9 limit 2", "select id from silver.people limit 2"),
    ("select id from silver.people where case when id = 29 then error('there ' || name) else true end limit 2", P),
    ("select id from silver.people where (id + 9223372036854775780) % 7 < 9 limit 2", P),
    ("select exists (select 1 from silver.people where (id * 1500)::smallint % 7 < 9) as v", "select exists (select 1 from silver.people where id > 0)"),
    ("select max(b.x) from (select range as r from range(50000) where range % 7 = 9) a join (select id, (id * 1500)::smallint as x from silver.people) b on a.r = b.id", P),
    ("select (id * 1000)::smallint as v from silver.people order by name::int, id", P),
    ("select id from silver.nothing where (select sum(id + 9223372036854775807) from silver.open) = 1", "select count(*) from silver.nothing"),
    ("select phone from silver.people where id = (select id from silver.people)", P),
    ("select * from silver.people order by phone::int", P),
    ("select max(txt::int) over (partition by region) from silver.people", P),
    ("select id from silver.people group by id having max(txt)::int > 0", P),
    ("select * from silver.people limit (select max(pay) from silver.people)", P),
    ("select * from silver.people offset (select count(*) - 31 from silver.people)", P),
    ("select * from range((select count(*) from silver.people) // 31)", P),
    ("select id from silver.people p where txt::int = (select max(q.txt::int) from silver.people q where q.region = 'south')", P),
    ("select secret from silver.payroll", P), ("select secret from silver.payrol", P), ("select * from gold.vaul", P), ("select * from gold.saf", P), ("select * from vaults", P),
    ("select * from payrol", P), ("from silver.peopl", P), ("from silver.*", P), ("from silver", P), ("describe silver.payroll", P), ("describe gold.vault", P),
    ("summarize gold.safe", P), ("describe bronze.raws", P),
]  # fmt: skip

STATES = [
    (f"select * from silver.moved {state}", "select id, name from silver.moved for version as of 'v1'")
    for state in (
        "for version as of {before}", "for version as of 'dev'", "for version as of 'v1'", "for version as of 'main'", "for version as of 'nosuch'", "for version as of 1",
        "for timestamp as of '2999-01-01'", "for timestamp as of '1999-01-01'", "at (version => {before})", "at (timestamp => '2999-01-01')", "for timestamp as of 'x'",
        "for version as of {before} where region = 'south'", "for version as of {before} order by pay, id limit 5", "tablesample 100%",
    )
] + [
    (f'select {columns} from "silver.moved{state}"', 'select id from "silver.moved#dev"')
    for state in ("@{before}", "#dev", "#v1", "#main", "#dev@{before}", "@1", "#x") for columns in ("*", "pay")
] + [
    ("select pay from silver.moved for version as of {before}", "select id from silver.moved for version as of {before}"),
    ("select salary from silver.moved", "select id from silver.moved"),
    ("select a.pay, b.salary from silver.moved for version as of {before} a join silver.moved b using (id)", "select a.id from silver.moved for version as of {before} a join silver.moved b using (id)"),
    ("select * from silver.fresh", "select id from silver.fresh"),
    ("select * from silver.fresh where region <> 'north'", "select * from silver.fresh where region = 'north'"),
    ("select * from silver.old", "select id from silver.fresh"),
    ("select * from silver.again", "select id from silver.again"),
    ("select * from silver.made", "select id, region from silver.made"),
    ("select p, n, s from silver.made where p > 0", "select id from silver.made where id > 0"),
    ("select max(p) as p, min(n) as n from silver.made", "select max(id) as i from silver.made"),
    ("select length(s) as s, n like '%cnry%' as n from silver.made", "select length(region) as r from silver.made"),
    ("select m.n from silver.made m join silver.people p on m.p = p.pay or m.id = p.id", "select m.id from silver.made m join silver.people p on m.id = p.id"),
    ("from (select n as x from silver.made for version as of 1 union all select n from silver.made)", "select id from silver.made"),
    ("select pay, ssn from silver.again where region <> 'x'", "select id from silver.again where region <> 'x'"),
    ("select count(*) from silver.again union all select count(*) from silver.fresh", "select id from silver.again union all select id from silver.fresh"),
    ("describe silver.moved for version as of {before}", "describe silver.moved"),
    ("summarize silver.again", "summarize silver.open"),
]  # fmt: skip

FACES = [
    (text, twin, face)
    for face, text, twin in (
        ("explain", "select phone from silver.people where pay > 7700000018", "select id from silver.open"),
        ("explain", "select count(*) from silver.people where region = 'south'", "select count(*) from silver.open"),
        ("explain", "select ssn from silver.people", "select ssn from silver.open"),
        ("explain", "select * from silver.cases", "select id from silver.cases"),
        ("explain", "select secret from silver.cases", "select id from silver.cases"),
        ("explain", "select * from silver.payroll", "select * from silver.open"),
        ("explain", "select * from read_parquet('{file}')", "select * from silver.open"),
        ("explain", "explain analyze select * from silver.people", "explain select * from silver.open"),
        ("explain", "select txt::int from silver.people", "select id from silver.people"),
        ("explain", "select (select txt::int from silver.people limit 1)", "select (select id from silver.people limit 1)"),
        ("explain", "pivot silver.people on phone using count(*)", "pivot silver.open on n using count(*)"),
        ("explain", "pivot silver.people on region using count(*)", "pivot silver.open on region using count(*)"),
        ("explain", "select * from silver.nothing", "select * from silver.open"),
        ("explain", "select * from silver.moved for version as of {before}", "select id from silver.moved for version as of {before}"),
        ("run", "explain select phone from silver.people", "explain select phone from silver.open"),
        ("run", "explain analyze select ssn from silver.people", "explain select ssn from silver.open"),
        ("run", "explain select * from silver.cases", "explain select 1"),
        ("run", "explain select * from silver.open where id in (select id from silver.people)", "explain select * from silver.open where id in (1)"),
        ("run", "explain analyze select * from silver.nothing", "explain select count(*) from silver.open"),
        ("estimate", "select phone from silver.people where region = 'south'", "select id from silver.open"),
        ("estimate", "select * from silver.cases", "select * from silver.open"), ("estimate", "select * from silver.nothing", "select id from silver.people"),
        ("estimate", "select * from gold.vault", "select id from silver.moved for version as of 'v1'"),
        ("complete", "select * from ", "select * from silver.o"),
        ("complete", "select * from silver.p", "select * from silver.pe"),
        ("complete", "select * from gold.", "select * from silver."),
        ("complete", "select * from bronze.", "select * from silver."),
        ("complete", "select c. ", "sel"),
        ("complete", "with c as (from silver.cases) select c.", "with c as (from silver.open) select o.i from c, silver.open o where o."),
        ("complete", "select silver.cases.", "select silver."),
        ("complete", "from silver.cases select s", "from silver.cases select k"),
        ("complete", "select * from silver.payroll p where p.", "select * from silver.open p where p."),
        ("complete", "select * from gold.vault where s", "select * from silver.open where n"),
        ("complete", "select * from silver.cases c where c.", "select * from silver.open c where c."),
        ("sample", "silver.people", "silver.open"), ("sample", "silver.cases", "silver.open"), ("sample", "silver.nothing", "silver.open"),
        ("sample", "silver.payroll", "silver.people"), ("sample", "gold.vault", "silver.people"), ("sample", "silver.moved@{before}", "silver.moved#dev"),
        ("sample", "silver.moved#dev", "silver.moved#v1"), ("read", "silver.people", "silver.open"), ("read", "silver.cases", "silver.open"),
        ("read", "silver.moved@{before}", "silver.moved"), ("read", "gold.safe", "silver.people"), ("read", "silver.again", "silver.fresh"), ("read", "peeple", "people"),
        ("column", "silver.people phone", "silver.people id"), ("column", "silver.cases secret", "silver.cases id"), ("column", "silver.people pays", "silver.people name"),
        ("cut", "select * from silver.people", "select * from silver.open"), ("cut", "select id, pay from silver.people", "select id from silver.open"),
        ("cut", "select id from silver.people where (id * 1500)::smallint % 7 < 9", "select (n * 5)::smallint as v from silver.people"),
        ("cut", "select * from silver.cases", "select id from silver.cases"), ("cut", "from silver.moved for version as of {before}", "from silver.moved"),
        ("arrow", "select * from silver.people", "select * from silver.open"), ("arrow", "select home, attrs, list from silver.people", "select home, attrs, list from silver.open"),
        ("arrow", "select * from silver.cases", "select id from silver.cases"), ("arrow", "select phone::int from silver.people", "select id from silver.people"),
        ("after others", "select * from silver.people", "select * from silver.open"), ("after others", "select id, pay from silver.people order by id", P),
        ("after others", "select count(*) as n from silver.people", "select count(*) as n from silver.open"), ("after others", "summarize silver.people", "summarize silver.open"),
        ("after others", "select max(salary) from silver.moved", "select max(id) from silver.moved"), ("after others", "select * from silver.cases", "select id from silver.cases"),
        ("after others", "select * from silver.payroll", P), ("after others", "select * from gold.vault", P), ("after others", "select now() is null, random() < 2, max(pay) from silver.people", P),
        ("after others", "pivot silver.people on region using count(*)", "pivot silver.open on region using count(*)"), ("after others", "show tables", "show tables"),
    )
]  # fmt: skip

#: family -> (attack, twin) or (attack, twin, face)
GOVERNED = {"errors": ERRORS, "states": STATES, "faces": FACES}
