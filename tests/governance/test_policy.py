"""A policy as a file and as decisions: what it grants, which mask holds, and what it refuses to be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from workbench.core.errors import Conflict, InvalidInput, NotFound, Unauthenticated
from workbench.core.principals import Principal
from workbench.governance.policy.decide import Described, DescribedColumn, decide
from workbench.governance.policy.file import from_yaml
from workbench.governance.policy.granted import may, may_on, roles_of
from workbench.governance.policy.held import one_policy
from workbench.governance.policy.patterns import pattern
from workbench.governance.policy.records import Grant, Mask, MaskRule, Policy, Role, RowRule
from workbench.governance.policy.rights import Rights
from workbench.governance.policy.store import PolicyStore
from workbench.governance.policy.unmet import Known, unmet
from workbench.governance.users import UserService
from workbench.store import Store

PEOPLE = Described(
    "u",
    "silver.people",
    (
        DescribedColumn(1, "id"),
        DescribedColumn(2, "mail", frozenset({"Contact"})),
        DescribedColumn(3, "Straße", former=frozenset({"road"})),
    ),
    frozenset({"hr"}),
    ("silver.staff",),
)
ANALYST = Principal(name="ana", roles=("analyst",))


def seen(policy: Policy, who: Principal = ANALYST) -> dict[str, str | None]:
    return {one.column.name: one.mask.kind if one.mask else None for one in decide(policy, who, PEOPLE).seen}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(f"sqlite:///{tmp_path / 'meta.db'}")
    made.migrate()
    return made


GRANTS = [
    ("silver.people", ["id", "mail", "Straße"]),
    ("silver.*", ["id", "mail", "Straße"]),
    ("*.people", ["id", "mail", "Straße"]),
    ("s*r.pe*le", ["id", "mail", "Straße"]),
    ("silver.people.mail", ["mail"]),
    ("silver.*.*a*", ["mail", "Straße"]),
    ("silver.people.MAIL", []),
    ("silver.people.STRASSE", []),  # a grant is for just the name it says
    ("silver.staff", []),  # its former name
    ("SILVER.people", []),
    ("gold.*", []),
    ("silver", []),
    ("notebook:*", []),
]


@pytest.mark.parametrize(("what", "columns"), [grant for grant in GRANTS if grant[0] != "silver"])
def test_a_grant_is_for_what_it_says(what: str, columns: list[str]) -> None:
    policy = Policy(grants=(Grant(to="analyst", what=what),))
    assert list(seen(policy)) == columns
    assert Rights(policy, ANALYST).sees("silver.people") is (what not in ("silver.staff", "SILVER.people", "gold.*", "notebook:*"))
    assert may(policy, ANALYST, "read", "silver.people") is (len(columns) == 3)
    assert not may(policy, ANALYST, "write", "silver.people")
    assert not seen(policy, Principal(name="ana", roles=("viewer",)))


@pytest.mark.timeout(60)
def test_a_pattern_is_never_long_in_telling() -> None:
    """Whoever has a token of her own made for datasets says which, and all wait while that is compared."""
    name = "silver.people_of_" + "a" * 111
    for many in ("*" * 120, "*a" * 60, "a*" * 60):
        for dots in (False, True):
            assert not pattern(f"silver.{many}Z", dots)(name)
            assert pattern(f"silver.*{many}", dots)(name)


def test_write_and_manage_include_what_is_less() -> None:
    granted = (Grant(to="user:ana", what="silver.*", may=("write",)), Grant(to="ops", what="*.*", may=("manage",)))
    policy = Policy(grants=granted, roles={"ops": Role()})
    ops = Principal(name="o", roles=("ops",))
    assert [may(policy, ANALYST, right, "silver.people") for right in ("read", "write", "manage")] == [True, True, False]  # type: ignore[arg-type]
    assert [may(policy, ops, right, "gold.x") for right in ("read", "write", "manage")] == [True, True, True]  # type: ignore[arg-type]
    assert not may(policy, Principal(name="user:ana", roles=()), "read", "silver.people")


RULES = [
    ({"tags": ("contact",)}, {"id": None, "mail": "null", "Straße": None}),
    ({"tags": ("HR",)}, {"id": "null", "mail": "null", "Straße": "null"}),  # the dataset's tag is every column's
    ({"what": ("silver.people.mail",)}, {"id": None, "mail": "null", "Straße": None}),
    ({"what": ("silver.people.MAIL",)}, {"id": None, "mail": "null", "Straße": None}),
    ({"what": ("Silver.people.strasse",)}, {"id": None, "mail": None, "Straße": "null"}),
    ({"what": ("silver.people.road",)}, {"id": None, "mail": None, "Straße": "null"}),
    ({"what": ("silver.staff.*",)}, {"id": "null", "mail": "null", "Straße": "null"}),
    ({"what": ("silver.people",)}, {"id": "null", "mail": "null", "Straße": "null"}),
    ({"what": ("silver.*.mail",), "to": ("engineer",)}, {"id": None, "mail": None, "Straße": None}),
    ({"what": ("silver.*.mail",), "to": ("viewer",)}, {"id": None, "mail": "null", "Straße": None}),  # an analyst is a viewer, too
    ({"what": ("silver.*.mail",), "unless": ("user:ana",)}, {"id": None, "mail": None, "Straße": None}),
    ({"what": ("silver.*.mail",), "to": ("user:ana",), "unless": ("viewer",)}, {"id": None, "mail": None, "Straße": None}),
]


@pytest.mark.parametrize(("about", "expected"), RULES)
def test_a_rule_holds_for_more_rather_than_less(about: dict[str, tuple[str, ...]], expected: dict[str, str | None]) -> None:
    assert seen(Policy(masks=(MaskRule(name="m", mask=Mask(kind="null"), **about),))) == expected
    about = {key: tuple(".".join(one.split(".")[:2]) for one in value) if key == "what" else value for key, value in about.items()}
    filtered = decide(Policy(rows=(RowRule(name="r", where="true", **about),)), ANALYST, PEOPLE).filters
    assert bool(filtered) == (any(expected.values()) and "contact" not in about.get("tags", ()))


def test_of_several_masks_the_one_that_shows_least_holds_and_all_are_told() -> None:
    kinds = [Mask(kind="partial", first=1), Mask(kind="round", step=1), Mask(kind="hash"), Mask(kind="constant", value=1)]
    rules = tuple(MaskRule(name=mask.kind, what=("silver.people.mail",), mask=mask) for mask in kinds)
    for count, held in enumerate(("partial", "round", "hash", "constant"), 1):
        (mail,) = [one for one in decide(Policy(masks=rules[:count]), ANALYST, PEOPLE).seen if one.mask]
        assert (mail.mask and mail.mask.kind, len(mail.rules), mail.rules[0]) == (held, count, held)


def test_nobody_becomes_an_admin_by_inheritance_or_in_a_circle() -> None:
    roles = {"a": Role(inherits=("b",)), "b": Role(inherits=("a", "viewer")), "c": Role(inherits=("admin",))}
    assert roles_of(Policy(roles=roles), Principal(name="x", roles=("a", "ghost"))) == {"a", "b", "viewer"}
    assert "admin" not in roles_of(Policy(roles=roles), Principal(name="x", roles=("c",)))
    assert decide(Policy(grants=()), Principal(name="x", roles=("admin", "c")), PEOPLE).whole
    assert not decide(Policy(grants=()), Principal(name="x", roles=("c",)), PEOPLE).allowed


def test_raw_text_in_quarantine_is_for_who_may_write_everywhere() -> None:
    aside = Described("q", "quarantine.silver_people", (DescribedColumn(1, "text"),))
    policy = Policy(grants=(Grant(to="analyst", what="*.*"), Grant(to="engineer", what="*.*", may=("write",))))
    assert not decide(policy, ANALYST, aside).allowed and not Rights(policy, ANALYST).sees(aside.name)
    engineer = Principal(name="e", roles=("engineer",))
    assert decide(policy, engineer, aside).allowed and Rights(policy, engineer).sees(aside.name)
    # It holds the clear values: to nobody who sees anything masked or filtered, be it of another dataset, which this one may be made of.
    mask, row = {"name": "m", "mask": {"kind": "null"}}, {"name": "r", "where": "false"}
    for rules in (
        {"masks": (MaskRule.model_validate(mask | {"what": ("silver.other.pay",)}),)},
        {"masks": (MaskRule.model_validate(mask | {"tags": ("pii",), "to": ("engineer",)}),)},
        {"rows": (RowRule.model_validate(row | {"what": ("silver.people",)}),)},
    ):
        part = policy.model_copy(update=rules)
        assert not decide(part, engineer, aside).allowed and not Rights(part, engineer).sees(aside.name)
        meant = {key: tuple(rule.model_copy(update={"unless": ("user:e",)}) for rule in found) for key, found in rules.items()}
        assert decide(policy.model_copy(update=meant), engineer, aside).allowed


def test_things_beside_datasets_are_granted_by_path() -> None:
    policy = Policy(grants=(Grant(to="viewer", what="dashboard:delays/*"), Grant(to="viewer", what="*.*")))
    assert may_on(policy, ANALYST, "read", "dashboard:delays/by/carrier.ipynb")
    assert not may_on(policy, ANALYST, "read", "dashboard:other.ipynb")
    assert not may_on(policy, ANALYST, "read", "notebook:delays/x")


WRONG = [
    ("a: [", "no YAML"),
    ("[]", "version"),
    ("roles: {}", "does not say its version"),
    ("version: 2", "version: it is 2, and should be 1"),
    ("version: 1\nroles: {admin: {}}", "roles.admin: The role admin cannot be changed"),
    ("version: 1\nroles: {a: {inherits: [admin]}}", "Nobody inherits the role admin"),
    ("version: 1\nroles: {a: {inherits: [vewer]}}", "Did you mean viewer"),
    ("version: 1\ngrants: [{to: viewr, what: gold.x}]", "grants.0: There is no role 'viewr'. Did you mean viewer"),
    ("version: 1\ngrants: [{to: viewer, what: gold}]", "names no dataset"),
    ("version: 1\ngrants: [{to: viewer, what: gold..x}]", "names no dataset"),
    ("version: 1\ngrants: [{to: viewer, on: gold.x}]", "grants.0.what: it is missing"),
    ("version: 1\nrows: [{name: a, what: [gold.x], wher: a = 1}]", "rows.0.wher: there is no such field (did you mean where?)"),
    ("version: 1\nmaks: []", "maks: there is no such field (did you mean masks?)"),
    ("version: 1\ngrants: [{to: viewer, what: gold.x, waht: x}]", "grants.0.waht: there is no such field (did you mean what?)"),
    ("version: 1\ngrants: [{to: viewer, what: gold.x, may: read}]", "grants.0.may: it is read, and should be a list"),
    ("version: 1\nroles: {a: b}", "roles.a: it is b, and should be a mapping"),
    ("version: 1\nmasks: [{name: a, tags: [x], mask: {kind: round, step: -5}}]", "step: it is -5, and should be above 0"),
    ("version: 1\nmasks: [{name: a, mask: {kind: hash}}]", "it needs tags or what"),
    ("version: 1\nmasks: [{name: a, tags: [x], mask: {kind: round}}]", "needs step or unit"),
    ("version: 1\nmasks: [{name: a, tags: [x], mask: {kind: hide}}]", "masks.0.mask.kind: it is hide, and should be null,"),
    ("version: 1\nmasks: [{name: a, tags: [x], mask: {kind: hash}}, {name: a, tags: [y], mask: {kind: hash}}]", "Two rules are named 'a'"),
    ("version: 1\nmasks: [{name: a, tags: [x], mask: {kind: expression, expression: 'value) FROM x --'}}]", "cannot be read"),
    ("version: 1\nmasks: [{name: a, tags: [x], mask: {kind: expression, expression: '(select 1)'}}]", "only use the row's own columns"),
    ("version: 1\nmasks: [{name: a, tags: [x], mask: {kind: expression, expression: 'getenv(value)'}}]", "getenv is not available"),
    ("version: 1\nrows: [{name: a, what: [gold.x], where: 'exists (from y)'}]", "only use the row's own columns"),
    ("version: 1\nrows: [{name: a, what: [gold.x], where: 'sum(x) > 1'}]", "sum is not available"),
    ("version: 1\nrows: [{name: a, what: [gold.x], where: 'a = 1) OR (true'}]", "cannot be read"),
    ("version: 1\nrows: [{name: a, what: [gold.x], where: 'a = 1 /*'}]", "cannot be read"),
    ("version: 1\nrows: [{name: a, what: [gold.x.y], where: 'a = 1'}]", "names a column"),
]


@pytest.mark.parametrize(("text", "words"), WRONG, ids=[words for _, words in WRONG])
def test_a_file_with_an_error_is_refused_and_says_where(store: Store, text: str, words: str) -> None:
    kept = PolicyStore(store)
    kept.apply("version: 1\ngrants: []", ANALYST)
    with pytest.raises(InvalidInput) as error:
        kept.apply(text, ANALYST)
    assert words in str(error.value)
    assert kept.current() == (1, Policy(grants=()))


PLACES = """version: 1
roles:
  nurse: {inherits: [viewer]}
grants:
  - {to: viewer, what: gold.x}
masks:
  - name: v1.2 pay
    tags: [x]
    mask:
      kind: round
      step: 5
rows:
  - {name: a, what: [gold.x], where: "n > 1"}
"""


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("[viewer]", "[vewer]", 3),
        ("to: viewer", "to: vewer", 5),
        ("tags: [x]", "what: [x]", 7),
        ("kind: round", "kind: hide", 10),
        ("step: 5", "step: -5", 11),
        ("n > 1", "n > (select 1)", 13),
        ("masks:", "masks: ]", 6),
        ("version: 1", "", None),
    ],
)
def test_an_error_names_its_line(old: str, new: str, line: int | None) -> None:
    with pytest.raises(InvalidInput) as error:
        from_yaml(PLACES.replace(old, new))
    assert error.value.details.get("line") == line


def test_a_bare_null_is_the_mask_that_shows_nothing() -> None:
    rule = "version: 1\nmasks:\n  - {name: pay, what: [silver.people.pay], mask: {kind: %s}}\n"
    assert from_yaml(rule % "null") == from_yaml(rule % "'null'")
    with pytest.raises(InvalidInput, match="kind"):
        from_yaml(rule.replace("kind: %s", "value: 1"))


def test_what_is_said_twice_is_refused_for_the_first_would_be_gone() -> None:
    rule = "  - {name: pay, what: [silver.people.pay], mask: {kind: 'null'}}\n"
    with pytest.raises(InvalidInput, match="says 'masks' a second time at line 5") as error:
        from_yaml(f"version: 1\nmasks:\n{rule}grants: []\nmasks: []\n")
    assert error.value.details["line"] == 5 and error.value.fix
    with pytest.raises(InvalidInput, match="says 'mask' a second time at line 3"):
        from_yaml(f"version: 1\nmasks:\n{rule.rstrip()[:-1]}, mask: {{kind: hash}}}}\n")


def test_versions_are_kept_and_none_is_overwritten_unseen(store: Store) -> None:
    first, second = PolicyStore(store), PolicyStore(store)
    assert (first.current(), first.get().version, first.history()) == ((0, Policy()), 0, ())
    first.apply("version: 1\ngrants: []", ANALYST, "nothing", base=0)
    with pytest.raises(Conflict, match="changed since version 0"):
        second.apply("version: 1", ANALYST, base=0)
    second.apply("version: 1 # all again", Principal(name="bo"), base=1)
    assert first.current() == (2, Policy())
    assert [(v.version, v.by, v.note) for v in first.history()] == [(2, "bo", ""), (1, "ana", "nothing")]
    assert first.get(2).text == "version: 1 # all again"
    with pytest.raises(NotFound, match="no version 3"):
        first.get(3)


def test_what_is_decided_together_is_decided_on_one_policy(store: Store) -> None:
    kept, other = PolicyStore(store), PolicyStore(store)
    kept.apply("version: 1", ANALYST)
    with one_policy():
        assert kept.current()[0] == 1
        other.apply("version: 1\ngrants: []", ANALYST)
        with one_policy():
            assert kept.current() == other.current() == (1, Policy())
    assert kept.current() == (2, Policy(grants=()))


KNOWN = Known(
    datasets={"silver.people": ("id", "mail", "home"), "silver.tours": ("id", "region"), "gold.totals": ("n",)},
    former={"silver.staff": "silver.people"},
    tags=frozenset({"HR"}),
    column_tags=frozenset({"Contact"}),
    users={"ana": (("analyst",), {"regions": ("north",)}), "bo": (("nurs",), {})},
    pipelines=lambda: ("daily",),
    ever=lambda name: ("id", "mail", "e_mail", "home", "home.street") if name == "silver.people" else (),
    views=("silver.by_day",),
)
# What meets something, and what does not, with the line and what is said of it.
UNMET: list[tuple[str, int | None, str]] = [
    ("grants: [{to: analyst, what: silver.*}, {to: analyst, what: bronze.*}, {to: analyst, what: '*.*'}]", None, ""),
    ("grants:\n- {to: analyst, what: silver.poeple}", 4, "There is no dataset silver.poeple. Did you mean silver.people?"),
    ("grants: [{to: analyst, what: SILVER.people}]", 3, "There is no dataset SILVER.people. Did you mean silver.people?"),
    ("grants: [{to: analyst, what: silvr.*}]", 3, "There is no dataset silvr.*. Did you mean silver.*?"),
    ("grants: [{to: analyst, what: silver.people.mial}]", 3, "There is no column mial in silver.people. Did you mean mail?"),
    ("grants: [{to: analyst, what: silver.people.e_mail}]", 3, "There is no column e_mail in silver.people."),  # grants go by today's names
    ("grants: [{to: analyst, what: silver.staff}]", 3, "There is no dataset silver.staff."),
    ("grants: [{to: 'user:anna', what: silver.people}]", 3, "There is no user anna. Did you mean ana?"),
    ("grants: [{to: analyst, what: 'pipeline:dayly'}]", 3, "There is no pipeline dayly. Did you mean daily?"),
    ("grants: [{to: analyst, what: 'dashboard:sales'}]", 3, "Nothing asks for grants on dashboards"),
    ("grants: [{to: analyst, what: 'pipeline:d*'}, {to: analyst, what: 'notebook:x'}, {to: 'user:ana', what: 'pipeline:daily'}]", None, ""),
    ("grants: [{to: analyst, what: silver.by_day}, {to: analyst, what: 'silver.by_*'}, {to: analyst, what: silver.by_day.n}]", None, ""),
    ("grants: [{to: analyst, what: silver.by_dai}]", 3, "There is no dataset silver.by_dai. Did you mean silver.by_day?"),
    ("masks: [{name: m, what: [silver.by_day.mail], mask: {kind: hash}}]", 3, "silver.by_day is a view, for which no mask"),
    ("rows: [{name: r, what: [Silver.By_Day], where: 'true'}]", 3, "silver.by_day is a view, for which no mask"),
    ("masks: [{name: m, tags: [hr, CONTACT], what: [Silver.PEOPLE.Mail, silver.staff.e_mail], mask: {kind: hash}}]", None, ""),
    ("masks: [{name: m, what: [silver.people.home.street, silver.*.region], unless: ['user:ana'], mask: {kind: hash}}]", None, ""),
    ("masks: [{name: m, tags: [contakt], mask: {kind: hash}}]", 3, "Nothing has the tag contakt. Did you mean Contact?"),
    ("masks: [{name: m, what: [silver.people.hoem], mask: {kind: hash}}]", 3, "There is no column hoem in silver.people. Did you mean"),
    ("masks: [{name: m, what: [gold.total], mask: {kind: hash}}]", 3, "There is no dataset gold.total. Did you mean gold.totals?"),
    ("rows: [{name: r, tags: [hr], what: [silver.tours], where: region IN principal.regions}]", None, ""),
    ("rows: [{name: r, tags: [contact], where: 'true'}]", 3, "The tag contact is on columns only, and rows are"),
    ("rows: [{name: r, what: [silver.tours], where: region IN principal.region}]", 3, "No user has the attribute region: who has none"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "words"), UNMET, ids=[words or text for text, _, words in UNMET])
def test_what_meets_nothing_that_there_is_is_told(text: str, line: int | None, words: str) -> None:
    text = f"version: 1\nroles: {{nurs: {{}}}}\n{text}"
    found = unmet(text, from_yaml(text), KNOWN)
    assert [each.line for each in found] == ([line] if words else [])
    assert all(f"{each.message} {each.fix or ''}".startswith(words) for each in found)


def test_a_role_that_somebody_has_and_nobody_defines_is_told() -> None:
    (told,) = unmet("version: 1\nroles: {nurse: {}}", from_yaml("version: 1\nroles: {nurse: {}}"), KNOWN)
    assert told.message.startswith("bo has the role nurs,") and told.fix == "Did you mean nurse?"
    assert unmet("version: 1", Policy(roles={"nurs": Role()}), replace(KNOWN, datasets={})) == ()


def test_users_sign_in_with_a_password_that_is_not_kept(store: Store, tmp_path: Path) -> None:
    users = UserService(store)
    users.add("ana", ["analyst"], {"regions": ["north"], "level": 3}, password="correct horse")
    assert users.sign_in("ana", "correct horse").principal == Principal(
        name="ana", roles=("analyst",), attributes={"regions": ("north",), "level": 3}
    )
    for name, password in (("ana", "correct horsf"), ("ana", ""), ("bo", "correct horse"), ("ana", "correct horse" * 200)):
        with pytest.raises(Unauthenticated, match="name or the password is not right"):
            users.sign_in(name, password)
    users.disable("ana")
    with pytest.raises(Unauthenticated):
        users.sign_in("ana", "correct horse")
    with pytest.raises(InvalidInput, match="too short"):
        users.change("ana", password="short")
    assert not any(b"correct horse" in path.read_bytes() for path in tmp_path.glob("meta.db*") if path.is_file())


@pytest.mark.parametrize(
    "attributes", [{"Region": "x"}, {"name": "x"}, {"roles": ["x"]}, {"a b": 1}, {"x": None}, {"x": 1.5}, {"x": [1, "a"]}, {"x": {"y": 1}}]
)
def test_attributes_are_what_can_be_compared(store: Store, attributes: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        UserService(store).add("ana", attributes=attributes)
    assert UserService(store).list() == ()
