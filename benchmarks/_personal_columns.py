"""Labelled columns: what holds personal data and what only looks like it, of many countries, dirty as data is.

Two parts that share no generator of people. The development part is Faker's, in the countries that most data comes from, with look-alikes
of this file's own. The held-out part is of mimesis, and of Faker in other countries, its columns named otherwise, its look-alikes others:
nothing was tuned on it. Neither part knows the detectors' lists or code. The seed is fixed: the columns are the same every time.
"""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

__all__ = ["DEVELOPMENT", "HELD_OUT", "Column", "columns"]

DEVELOPMENT, HELD_OUT = "development", "held out"
Make = Callable[[random.Random], Any]


@dataclass(frozen=True)
class Column:
    """``tag`` is what it holds; None: nothing personal."""

    part: str
    dataset: str
    name: str
    kind: str
    values: tuple[str, ...]
    tag: str | None


@dataclass(frozen=True)
class _Spec:
    part: str
    names: tuple[str, ...]
    make: Make
    tag: str | None
    kind: str = "text"
    dataset: str = "silver.t"
    vague: bool = True  # may also be called something that says nothing


_VAGUE = {
    DEVELOPMENT: ("value", "col_3", "field7", "data", "c12", "info", "attr_b", "x", "raw", "f_04", "content", "text"),
    HELD_OUT: ("v", "column_9", "var21", "payload", "item_value", "entry", "kolumne_a", "champ4", "dato", "misc", "ext_2", "zz"),
}


def columns(part: str, every: int = 1) -> Iterator[Column]:
    """The columns of a part; with ``every`` one in so many, the same ones every time."""
    specs = _development() if part == DEVELOPMENT else _held_out()
    for number, spec in enumerate(specs):
        if every == 1 or random.Random(f"chosen {part} {number}").random() < 1 / every:
            yield _column(spec, random.Random(f"{part} {number}"))


def _column(spec: _Spec, rng: random.Random) -> Column:
    name = rng.choice(_VAGUE[spec.part]) if spec.vague and rng.random() < 0.25 else rng.choice(spec.names)
    found = (spec.make(rng) for _ in range(rng.choice((25, 40, 70, 110))))
    values = [str(value) for value in found if value not in (None, "")]
    if spec.kind == "text" and rng.random() < 0.5:
        values = [_dirty(value, rng) for value in values]
    distinct = list(dict.fromkeys(values))
    rng.shuffle(distinct)
    return Column(spec.part, spec.dataset, name, spec.kind, tuple(distinct), spec.tag)


def _dirty(value: str, rng: random.Random) -> str:
    """Typos, other case, white space, what people write where they know nothing: of one value in six."""
    if rng.random() > 1 / 6:
        return value
    at = rng.randrange(len(value))
    return rng.choice(
        (
            value[:at] + value[at + 1 :],
            value[:at] + rng.choice(string.ascii_lowercase + string.digits) + value[at:],
            value.upper(),
            value.lower(),
            f"  {value} ",
            rng.choice(("n/a", "unknown", "-", "???", "none", "NULL", "see file", "x")),
            value.replace(" ", ""),
        )
    )


# ------------------------------------------------------------------------------------------------------------------- people

_COUNTRIES = {
    DEVELOPMENT: (
        "en_US",
        "en_GB",
        "de_DE",
        "fr_FR",
        "es_ES",
        "it_IT",
        "pt_BR",
        "nl_NL",
        "pl_PL",
        "sv_SE",
        "ja_JP",
        "zh_CN",
        "ru_RU",
        "el_GR",
        "tr_TR",
        "en_IN",
        "en_CA",
    ),
    HELD_OUT: (
        "cs_CZ",
        "da_DK",
        "fi_FI",
        "no_NO",
        "hu_HU",
        "ro_RO",
        "uk_UA",
        "ko_KR",
        "pt_PT",
        "es_MX",
        "de_AT",
        "fr_CA",
        "hr_HR",
        "sk_SK",
        "sl_SI",
        "bg_BG",
        "et_EE",
        "lt_LT",
        "lv_LV",
        "id_ID",
        "en_AU",
        "de_CH",
        "nl_BE",
        "es_AR",
        "he_IL",
        "zh_TW",
        "en_IE",
        "es_CO",
        "en_NZ",
        "fr_BE",
    ),
}


@lru_cache(maxsize=64)
def _faker(locale: str) -> Any:
    from faker import Faker

    return Faker(locale)


def _by_faker(locale: str, method: str, **options: Any) -> Make:
    def make(rng: random.Random) -> Any:
        fake = _faker(locale)
        fake.seed_instance(rng.getrandbits(64))
        return getattr(fake, method)(**options)

    return make


@lru_cache(maxsize=64)
def _mimesis(locale: str) -> Any:
    from mimesis import Generic
    from mimesis.locales import Locale

    return Generic(Locale(locale))


def _by_mimesis(locale: str, provider: str, method: str, **options: Any) -> Make:
    def make(rng: random.Random) -> Any:
        fake = _mimesis(locale)
        fake.reseed(rng.getrandbits(63))
        return getattr(getattr(fake, provider), method)(**options)

    return make


_NAMES = {
    DEVELOPMENT: {
        "email": ("email", "e_mail", "customer_email", "Mail", "contact_email", "user_email"),
        "phone": ("phone", "phone_number", "mobile", "tel", "Telefon", "fax", "home_phone", "telephone"),
        "person name": ("name", "full_name", "customer_name", "contact_name", "patient", "employee_name", "Name"),
        "given": ("first_name", "firstname", "given_name", "Vorname", "prenom"),
        "family": ("last_name", "surname", "lastName", "Nachname", "apellido"),
        "postal address": ("address", "street_address", "home_address", "shipping_address", "Adresse", "address_line_1"),
        "iban": ("iban", "IBAN", "account", "bank_account"),
        "payment card": ("card_number", "credit_card", "cc_number", "card"),
        "ip address": ("ip", "ip_address", "client_ip", "remote_addr", "last_ip"),
        "mac address": ("mac", "mac_address", "device_mac"),
        "birth date": ("dob", "date_of_birth", "birth_date", "birthday", "Geburtsdatum", "date_naissance"),
        "user name": ("username", "user_name", "login", "nickname"),
        "passport": ("passport", "passport_no", "passport_number"),
        "gender": ("gender", "sex", "Geschlecht", "sexe"),
        "pay": ("salary", "annual_income", "base_salary", "Gehalt", "wage"),
        "health": ("diagnosis", "blood_type", "allergies", "icd10_code"),
        "special category": ("religion", "ethnicity", "political_party", "sexual_orientation"),
        "location": ("latitude", "home_lat", "gps", "lon", "geo"),
    },
    HELD_OUT: {
        "email": ("cust_mail_addr", "KontaktEmail", "courriel", "correo_e", "emailAdres", "primary_email_1", "eMailPrivat", "sähköposti"),
        "phone": ("emp_tel_priv", "num_tel", "MobileNo", "telefonszam", "tel_domicile", "cell_phone_2", "puhelin", "mobil", "phoneHome"),
        "person name": (
            "cust_full_name",
            "jmeno",
            "PatientName",
            "contact_person",
            "nome_completo",
            "nimi",
            "full name (as in ID)",
            "account_holder",
        ),
        "given": ("FName", "etunimi", "fornavn", "jmeno", "given_nm_first_name", "emp_first_name"),
        "family": ("LName", "sukunimi", "etternavn", "prijmeni", "family_name_birth", "emp_last_name"),
        "postal address": ("addr_line1", "lakcim", "bill_to_address", "adresse_postale", "morada", "residential_address", "MailingAddress"),
        "iban": ("cust_iban_no", "Konto", "bank_acct", "payout_iban"),
        "payment card": ("ccNum", "PaymentCardNo", "kartennummer", "tarjeta"),
        "ip address": ("src_ip", "login_ip_addr", "ClientIPv4", "ip_adresse"),
        "mac address": ("wifi_mac", "MACAddr", "hw_mac_address"),
        "birth date": ("PatientDOB", "GebDat", "fecha_nac", "birth_dt", "syntymäaika", "date_of_birth_1", "datum_narozeni"),
        "user name": ("login_name", "UserName", "screen_name", "twitter_handle"),
        "passport": ("PassportNo", "passeport_num", "traveller_passport"),
        "gender": ("cust_gender_cd", "sexo", "Geslacht", "kön", "patient_sex"),
        "pay": ("gross_annual_salary", "gehalt_brutto", "salaire", "emp_wage_amt", "monthly_income"),
        "health": ("primary_diagnosis", "bloodGroup", "known_allergies", "chronic_condition"),
        "special category": ("patient_religion", "ethnic_group", "union_member", "Konfession"),
        "location": ("last_location", "user_lat", "home_longitude", "gps_coordinates"),
    },
}
_PEOPLE = (
    ("email", "email", "email"),
    ("phone", "phone", "phone_number"),
    ("person name", "person name", "name"),
    ("person name", "given", "first_name"),
    ("person name", "family", "last_name"),
    ("postal address", "postal address", "street_address"),
    ("postal address", "postal address", "address"),
    ("national id", "national id", "ssn"),
    ("iban", "iban", "iban"),
    ("user name", "user name", "user_name"),
)
# What a column of national numbers is called where it comes from; no two countries say it alike.
_ID_NAMES = {
    "en_US": "ssn",
    "en_GB": "ni_number",
    "fr_FR": "num_secu_nir",
    "es_ES": "dni",
    "it_IT": "codice_fiscale",
    "pt_BR": "cpf",
    "nl_NL": "bsn",
    "pl_PL": "pesel",
    "sv_SE": "personnummer",
    "zh_CN": "身份证号",
    "tr_TR": "tc_kimlik",
    "en_IN": "aadhaar",
    "en_CA": "sin",
    "el_GR": "amka",
    "cs_CZ": "rodne_cislo",
    "da_DK": "cpr_nr",
    "fi_FI": "hetu",
    "no_NO": "fodselsnummer",
    "ro_RO": "cnp",
    "ko_KR": "주민등록번호",
    "hr_HR": "oib",
    "sk_SK": "rodne_cislo",
    "sl_SI": "emso",
    "bg_BG": "egn",
    "et_EE": "isikukood",
    "lt_LT": "asmens_kodas",
    "lv_LV": "personas_kods",
    "es_MX": "curp",
    "de_AT": "svnr",
    "de_CH": "ahv_nr",
    "nl_BE": "rijksregisternummer",
    "he_IL": "teudat_zehut",
    "en_IE": "pps_number",
    "fr_BE": "niss",
    "es_CO": "nuip",
    "pt_PT": "nif",
}
_ID_METHODS = {"pl_PL": "pesel", "pt_BR": "cpf", "en_IN": "aadhaar_id", "es_ES": "nie", "es_MX": "curp", "ro_RO": "ssn", "pt_PT": "vat_id"}


def _people(part: str, rounds: int) -> Iterator[_Spec]:
    names = _NAMES[part]
    for _ in range(rounds):
        for locale in _COUNTRIES[part]:
            for tag, called, method in _PEOPLE:
                if tag == "national id":
                    if locale not in _ID_NAMES or locale in ("es_CO", "pt_PT"):
                        continue
                    yield _Spec(
                        part, (_ID_NAMES[locale], "national_id", "id_number"), _by_faker(locale, _ID_METHODS.get(locale, "ssn")), tag
                    )
                elif tag == "iban" and locale in ("ja_JP", "zh_CN", "en_IN", "ru_RU", "ko_KR", "uk_UA", "id_ID"):
                    continue
                else:
                    yield _Spec(part, names[called], _by_faker(locale, method), tag, vague=tag != "user name")


def _by_name_only(part: str, rounds: int) -> Iterator[_Spec]:
    """What nobody could tell without the column's name."""
    names, fake = _NAMES[part], "en_US" if part == DEVELOPMENT else "en_AU"
    genders = {
        DEVELOPMENT: ("M", "F", "male", "female", "Mann", "Frau"),
        HELD_OUT: ("muž", "žena", "K", "M", "F", "W", "man", "vrouw", "other"),
    }[part]
    words = {
        "health": (
            "E11.9",
            "I10",
            "A+",
            "0-",
            "AB+",
            "penicillin",
            "peanuts",
            "asthma",
            "J45.909",
            "type 2 diabetes",
            "hypertension",
            "none known",
        ),
        "special category": (
            "Catholic",
            "Muslim",
            "Hindu",
            "Jewish",
            "atheist",
            "Protestant",
            "Buddhist",
            "Green",
            "Labour",
            "white",
            "Asian",
            "yes",
            "no",
        ),
    }
    for _ in range(rounds):
        yield _Spec(part, names["birth date"], lambda rng: _day(rng, 1935, 2010).isoformat(), "birth date", "date", vague=False)
        yield _Spec(part, names["birth date"], lambda rng: _day(rng, 1935, 2010).strftime("%d.%m.%Y"), "birth date", vague=False)
        yield _Spec(part, names["birth date"], lambda rng: _day(rng, 1935, 2010).strftime("%m/%d/%Y"), "birth date", vague=False)
        yield _Spec(part, names["passport"], _by_faker(fake, "passport_number"), "passport", vague=False)
        yield _Spec(part, names["gender"], lambda rng: rng.choice(genders), "gender", vague=False)
        yield _Spec(part, names["pay"], lambda rng: rng.randrange(18_000, 250_000), "pay", "integer", vague=False)
        yield _Spec(part, names["pay"], lambda rng: f"{rng.uniform(1500, 9000):.2f}", "pay", "decimal", vague=False)
        for tag, some in words.items():
            yield _Spec(part, names[tag], lambda rng, some=some: rng.choice(some), tag, vague=False)
        yield _Spec(
            part, names["location"], lambda rng: f"{rng.uniform(-89, 89):.6f}", "location", "float", "silver.customers", vague=False
        )
        yield _Spec(
            part, names["location"], lambda rng: f"{rng.uniform(-80, 80):.5f}, {rng.uniform(-170, 170):.5f}", "location", vague=False
        )
        yield _Spec(part, names["payment card"], _by_faker(fake, "credit_card_number"), "payment card")
        yield _Spec(part, names["payment card"], _grouped_card, "payment card")
        yield _Spec(part, names["ip address"], _by_faker(fake, "ipv4"), "ip address")
        yield _Spec(part, names["ip address"], _by_faker(fake, "ipv6"), "ip address")
        yield _Spec(part, names["mac address"], _by_faker(fake, "mac_address"), "mac address")
        yield _Spec(part, names["user name"], _by_faker(fake, "user_name"), "user name", vague=False)


def _grouped_card(rng: random.Random) -> str:
    digits = "4" + "".join(rng.choices(string.digits, k=14))
    digits += str(_luhn(digits))
    return " ".join(digits[at : at + 4] for at in range(0, 16, 4))


def _luhn(digits: str) -> int:
    doubled = [int(d) * (2 if at % 2 == 0 else 1) for at, d in enumerate(reversed(digits))]
    return -sum(d - 9 if d > 9 else d for d in doubled) % 10


def _day(rng: random.Random, first: int, last: int) -> Any:
    from datetime import date, timedelta

    return date(first, 1, 1) + timedelta(days=rng.randrange((last - first) * 365))


# -------------------------------------------------------------------------------------------------------------- look-alikes


def _digits(count: int, first: str = "") -> Make:
    return lambda rng: first + "".join(rng.choices(string.digits, k=count - len(first)))


def _ean(rng: random.Random) -> str:
    digits = "".join(rng.choices(string.digits, k=12))
    return digits + str(-sum(int(d) * (3 if at % 2 else 1) for at, d in enumerate(digits)) % 10)


def _isbn10(rng: random.Random) -> str:
    digits = "".join(rng.choices(string.digits, k=9))
    check = sum(int(d) * (10 - at) for at, d in enumerate(digits)) * 10 % 11
    return f"{digits[0]}-{digits[1:4]}-{digits[4:]}-{'X' if check == 10 else check}"


def _with_luhn(count: int, first: str = "") -> Make:
    def make(rng: random.Random) -> str:
        digits = first + "".join(rng.choices(string.digits, k=count - len(first) - 1))
        return digits + str(_luhn(digits))

    return make


def _aba(rng: random.Random) -> str:
    digits = "".join(rng.choices(string.digits, k=8))
    return digits + str(-sum(int(d) * w for d, w in zip(digits, (3, 7, 1) * 3, strict=False)) % 10)


def _letters(pattern: str) -> Make:
    """``A`` a capital, ``a`` a small letter, ``9`` a digit, ``h`` a hexadecimal one, the rest as it is."""
    kinds = {"A": string.ascii_uppercase, "a": string.ascii_lowercase, "9": string.digits, "h": "0123456789abcdef"}
    return lambda rng: "".join(rng.choice(kinds[one]) if one in kinds else one for one in pattern)


def _of(*words: str) -> Make:
    return lambda rng: rng.choice(words)


def _number(low: float, high: float, places: int) -> Make:
    return lambda rng: f"{rng.uniform(low, high):.{places}f}"


def _moment(form: str, first: int = 2015, last: int = 2026) -> Make:
    return lambda rng: _day(rng, first, last).strftime(form)


def _version(rng: random.Random) -> str:
    return ".".join(str(rng.randrange(top)) for top in (4, 20, 12, 30))


def _joined(*makes: Make, by: str = " ") -> Make:
    return lambda rng: by.join(str(make(rng)) for make in makes)


_ADJECTIVES = (
    "Oak",
    "Classic",
    "Ergo",
    "Steel",
    "Velvet",
    "Nordic",
    "Compact",
    "Ultra",
    "Rose",
    "Victoria",
    "Florence",
    "Madison",
    "Charlotte",
    "Lincoln",
)
_THINGS = ("chair", "table", "lamp", "drill", "jacket", "sneaker", "bottle", "monitor", "keyboard", "blender", "sofa", "backpack", "tent")
_CITIES = (
    "London",
    "Paris",
    "Berlin",
    "Madrid",
    "Rome",
    "Vienna",
    "Sofia",
    "Florence",
    "San Jose",
    "Santiago",
    "Jackson",
    "Houston",
    "Lincoln",
    "Austin",
    "Charlotte",
    "Victoria",
    "Adelaide",
    "Sydney",
    "Salvador",
    "Belém",
    "San Antonio",
    "Santa Maria",
    "Los Angeles",
    "Bari",
    "Lyon",
    "Gdańsk",
    "Oslo",
    "Bergen",
    "Malmö",
    "Aarhus",
    "Turku",
    "Porto",
    "Braga",
    "Napoli",
    "Genoa",
    "Valencia",
    "Murcia",
    "Lille",
    "Nantes",
    "Köln",
    "Essen",
    "Bonn",
    "Leeds",
    "York",
    "Bath",
    "Derby",
    "Durham",
    "Raleigh",
    "Orlando",
    "Tampa",
    "Denver",
    "Phoenix",
    "Dallas",
    "Reno",
    "Boise",
)


def _own_look_alikes() -> tuple[tuple[tuple[str, ...], Make, str], ...]:
    return (
        (("order_no", "order_number", "orderId"), _letters("99999-999-99"), "text"),
        (("order_id", "purchase_no"), _digits(10), "text"),
        (("order_number",), _letters("555-999-9999"), "text"),
        (("invoice_no",), _letters("INV-9999-99999"), "text"),
        (("created_at_ms", "ts", "event_time"), _digits(13, "17"), "integer"),
        (("epoch", "timestamp"), _digits(10, "17"), "integer"),
        (("snapshot", "run_ts"), _moment("%Y%m%d120501"), "text"),
        (("ean", "gtin", "barcode"), _ean, "text"),
        (("isbn",), _isbn10, "text"),
        (("imei",), _with_luhn(15, "35"), "text"),
        (("siren",), _with_luhn(9), "text"),
        (("siret",), _with_luhn(14), "text"),
        (("routing_number", "aba"), _aba, "text"),
        (("tracking_number",), _letters("1ZA99A99999999999"), "text"),
        (("parcel_id",), _digits(12), "text"),
        (("serial_no", "serial"), _letters("AA99999999"), "text"),
        (("vin",), _letters("WAA99A9A999999999"), "text"),
        (("version", "app_version", "firmware"), _version, "text"),
        (("release",), _joined(_number(0, 9, 0), _number(0, 30, 0), _number(0, 99, 0), by="."), "text"),
        (("netmask",), _of("255.255.255.0", "255.255.0.0", "255.255.255.128", "255.0.0.0", "255.255.254.0"), "text"),
        (("account_key", "cust_id", "customer_id"), _digits(9), "text"),
        (("customer_no",), _digits(11), "integer"),
        (("id", "row_id", "pk"), _digits(8), "integer"),
        (("price", "amount", "unit_cost"), _number(1, 900, 2), "decimal"),
        (("x", "width", "ratio"), _number(-90, 90, 5), "float"),
        (("dimensions", "position_mm"), _joined(_number(0, 90, 3), _number(0, 90, 3), by=", "), "text"),
        (("city", "town"), _of(*_CITIES), "text"),
        (("origin_city",), _of(*_CITIES), "text"),
        (("product_name", "item_name", "product"), _joined(_of(*_ADJECTIVES), _of(*_THINGS)), "text"),
        (("name",), _joined(_of(*_ADJECTIVES), _of(*_THINGS)), "text"),
        (("job_title", "position"), _by_faker("en_US", "job"), "text"),
        (("country", "nation"), _by_faker("en_US", "country"), "text"),
        (("color", "colour_name"), _by_faker("en_US", "color_name"), "text"),
        (("month",), _of("January", "February", "March", "April", "May", "June", "July", "August"), "text"),
        (("uuid", "guid"), _letters("hhhhhhhh-hhhh-4hhh-ahhh-hhhhhhhhhhhh"), "text"),
        (("sha256", "digest"), _letters("h" * 40), "text"),
        (("hex_color",), _letters("#hhhhhh"), "text"),
        (("path", "file_name"), _by_faker("en_US", "file_path"), "text"),
        (("url", "link"), _by_faker("en_US", "url"), "text"),
        (("user_agent",), _by_faker("en_US", "user_agent"), "text"),
        (("domain", "host"), _by_faker("en_US", "domain_name"), "text"),
        (("slogan", "tagline"), _by_faker("en_US", "catch_phrase"), "text"),
        (("comment", "remarks", "description"), _by_faker("en_US", "sentence"), "text"),
        (("currency",), _by_faker("en_US", "currency_code"), "text"),
        (("zip", "postcode"), _digits(5), "text"),
        (("order_date", "shipped_on", "created"), _moment("%Y-%m-%d"), "date"),
        (("founded", "launch_date"), _moment("%d.%m.%Y", 1950, 2020), "text"),
        (("quantity", "stock"), _number(0, 500, 0), "integer"),
        (("score", "result"), _joined(_number(0, 6, 0), _number(0, 6, 0), by=":"), "text"),
        (("time_of_day",), _letters("19:49:59"), "text"),
        (("range", "size_range"), _joined(_number(10, 50, 0), _number(50, 99, 0), by="-"), "text"),
        (("sku", "part_number"), _letters("AAA-9999-a"), "text"),
        (("isin",), _letters("US9999999999"), "text"),
        (("npm_package",), _joined(_of("@acme", "@types", "@corp"), _letters("aaaaaa"), by="/"), "text"),
        (("remote",), _joined(_of("git@host"), _letters("aaaa/aaaaa.git"), by=":"), "text"),
        (("metric", "measurement"), _number(-5, 5, 6), "float"),
        (("checksum8",), _letters("hh:hh:hh:hh"), "text"),
    )


def _other_look_alikes() -> tuple[tuple[tuple[str, ...], Make, str], ...]:
    return (
        (("belegnr", "Auftragsnummer"), _letters("99/99999-9"), "text"),
        (("num_commande",), _letters("AA-99999999"), "text"),
        (("ticketRef", "case_ref"), _letters("(999) 9999"), "text"),
        (("shipmentRef",), _digits(11), "text"),
        (("meter_reading_id",), _digits(9), "integer"),
        (("loyaltyNo",), _with_luhn(16, "9"), "text"),
        (("iccid",), _with_luhn(19, "89"), "text"),
        (("gtin14",), _joined(_of("1"), _ean, by=""), "text"),
        (("isbn_13",), _joined(_of("978-"), _letters("9-999-99999-9"), by=""), "text"),
        (("issn",), _letters("9999-9999"), "text"),
        (("lei",), _letters("AAAA00AA99AA9999AA99"), "text"),
        (("fw_rev", "build"), _version, "text"),
        (("oid",), _joined(_of("1.3.6.1"), _number(0, 9, 0), _number(0, 20, 0), by="."), "text"),
        (("recorded", "valid_from"), _moment("%Y/%m/%d %H:%M:%S"), "text"),
        (("epoch_us",), _digits(16, "17"), "integer"),
        (("licence_code",), _letters("AAAAA-AAAAA-99999"), "text"),
        (
            ("species", "taxon"),
            _of(
                "Quercus robur",
                "Canis lupus",
                "Felis catus",
                "Rosa canina",
                "Bellis perennis",
                "Salix alba",
                "Larus argentatus",
                "Parus major",
                "Pica pica",
                "Lynx lynx",
                "Ursus arctos",
                "Vulpes vulpes",
            ),
            "text",
        ),
        (
            ("team", "club"),
            _of(
                "Real Betis",
                "Aston Villa",
                "Ajax",
                "Celtic",
                "Rangers",
                "Benfica",
                "Leeds United",
                "Inter",
                "Lazio",
                "Roma",
                "Sevilla",
                "Santos",
                "Boca",
                "River",
                "Gremio",
            ),
            "text",
        ),
        (
            ("film", "movie_title"),
            _of(
                "Alien",
                "Annie Hall",
                "Erin Brockovich",
                "Forrest Gump",
                "Jackie Brown",
                "Rocky",
                "Amelie",
                "Casablanca",
                "Psycho",
                "Vertigo",
                "Heat",
                "Fargo",
                "Juno",
                "Rebecca",
                "Gandhi",
                "Titanic",
            ),
            "text",
        ),
        (
            ("drug_name",),
            _of("ibuprofen", "aspirin", "metformin", "lisinopril", "omeprazole", "warfarin", "codeine", "insulin", "diazepam", "heparin"),
            "text",
        ),
        (
            ("element",),
            _of("Helium", "Neon", "Argon", "Iron", "Cobalt", "Nickel", "Zinc", "Gold", "Silver", "Tin", "Lead", "Radon", "Xenon"),
            "text",
        ),
        (("gene",), _letters("AAA9"), "text"),
        (("easting_northing",), _joined(_digits(6), _digits(7)), "text"),
        (("strain_pair",), _joined(_number(-1, 1, 4), _number(-1, 1, 4), by=";"), "text"),
        (("voltage", "delta_v"), _number(-80, 80, 4), "float"),
        (("kurs", "fx_rate"), _number(0.5, 1.8, 5), "decimal"),
        (("umsatz", "revenue_eur"), _number(1000, 90000, 2), "decimal"),
        (("cell", "excel_ref"), _letters("A99"), "text"),
        (("wochentag",), _of("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"), "text"),
        (("mois",), _of("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août"), "text"),
        (("jersey", "bib"), _number(1, 99, 0), "integer"),
        (("commit",), _letters("hhhhhhh"), "text"),
        (("s3_key",), _joined(_of("raw"), _letters("9999/99/99"), _letters("aaaaaa.parquet"), by="/"), "text"),
        (("dns_name",), _joined(_letters("aaa99"), _of("eu", "us"), _of("internal"), by="."), "text"),
        (("cidr",), _joined(_of("10.0.0.0", "10.1.0.0", "0.0.0.0"), _of("8", "16"), by="/"), "text"),
        (("tariff_code",), _letters("9999.99.99"), "text"),
        (("iata_route",), _letters("AAA-AAA"), "text"),
        (("flight",), _letters("AA999"), "text"),
        (("tail_number",), _letters("N999AA"), "text"),
        (("gate_time",), _letters("09:29"), "text"),
        (("uptime",), _letters("9d 09:29:29"), "text"),
        (("wallet",), _letters("0x" + "h" * 40), "text"),
        (("message_template",), _of("Dear customer", "Hello there", "Your order shipped", "Welcome back", "Password reset"), "text"),
        (
            ("bank_name",),
            _of(
                "Santander", "BNP Paribas", "Morgan Stanley", "Goldman Sachs", "JP Morgan", "Wells Fargo", "Barclays", "Lloyds", "Rabobank"
            ),
            "text",
        ),
        (
            ("hotel",),
            _of("St. Regis", "Hilton", "Marriott", "Saint James", "Park Hyatt", "Hotel Maria", "Ritz", "Savoy", "Villa Rosa", "Casa Juan"),
            "text",
        ),
        (
            ("ship_name", "vessel"),
            _of("Queen Mary", "Maria Star", "Ever Given", "Emma Maersk", "Svitzer Helen", "Stena Anna", "Norwegian Dawn"),
            "text",
        ),
        (("address_type", "contact_type"), _of("home", "work", "billing", "shipping", "other"), "text"),
        (("phone_model",), _joined(_of("Galaxy", "iPhone", "Pixel", "Xperia"), _number(1, 20, 0)), "text"),
        (("email_template_id",), _digits(6), "integer"),
        (("gender_gap_pct",), _number(0, 30, 2), "float"),
        (("company_salary_total",), _number(100000, 900000, 0), "integer"),
        (("ip_rating",), _letters("IP9"), "text"),
        (("runtime_s",), _number(1, 500, 1), "float"),
        (("hostname",), _letters("srv-aa-99"), "text"),
    )


def _look_alikes(part: str, rounds: int) -> Iterator[_Spec]:
    own = _own_look_alikes() if part == DEVELOPMENT else _other_look_alikes()
    for _ in range(rounds):
        for names, make, kind in own:
            yield _Spec(part, names, make, None, kind)
        for locale in _COUNTRIES[part]:
            yield _Spec(part, ("company", "vendor", "supplier_name", "firma"), _by_faker(locale, "company"), None)
            yield _Spec(part, ("city", "ville", "ort"), _by_faker(locale, "city"), None)
        yield from _of_places(part)


def _of_places(part: str) -> Iterator[_Spec]:
    """Where things are: nobody's."""
    import airportsdata

    found = sorted(airportsdata.load("IATA").values(), key=lambda each: each["iata"])
    some = found[:4000] if part == DEVELOPMENT else found[4000:]
    table = "silver.airports" if part == DEVELOPMENT else "gold.stations"
    yield _Spec(part, ("lat", "latitude"), lambda rng: rng.choice(some)["lat"], None, "float", table, vague=False)
    yield _Spec(part, ("lon", "longitude"), lambda rng: rng.choice(some)["lon"], None, "float", table, vague=False)
    yield _Spec(part, ("name",), lambda rng: rng.choice(some)["name"], None, "text", table, vague=False)
    yield _Spec(part, ("city",), lambda rng: rng.choice(some)["city"], None, "text", table)
    yield _Spec(part, ("store_lat", "sensor_lon"), _number(-80, 80, 5), None, "float", vague=False)


def _development() -> list[_Spec]:
    return [*_people(DEVELOPMENT, 2), *_by_name_only(DEVELOPMENT, 8), *_look_alikes(DEVELOPMENT, 6)]


_MIMESIS = (
    "de",
    "en",
    "es",
    "fr",
    "it",
    "nl",
    "pl",
    "pt",
    "sv",
    "tr",
    "cs",
    "da",
    "el",
    "fi",
    "hu",
    "is",
    "et",
    "ru",
    "uk",
    "hr",
    "sk",
    "no",
    "ja",
    "ko",
    "zh",
)


def _by_another() -> Iterator[_Spec]:
    names = _NAMES[HELD_OUT]
    for locale in _MIMESIS:
        yield _Spec(HELD_OUT, names["person name"], _by_mimesis(locale, "person", "full_name"), "person name")
        yield _Spec(HELD_OUT, names["given"], _by_mimesis(locale, "person", "first_name"), "person name")
        yield _Spec(HELD_OUT, names["family"], _by_mimesis(locale, "person", "last_name"), "person name")
        yield _Spec(HELD_OUT, names["phone"], _by_mimesis(locale, "person", "phone_number"), "phone")
        yield _Spec(HELD_OUT, names["email"], _by_mimesis(locale, "person", "email"), "email")
        yield _Spec(HELD_OUT, names["postal address"], _by_mimesis(locale, "address", "address"), "postal address")
        yield _Spec(HELD_OUT, names["user name"], _by_mimesis(locale, "person", "username"), "user name", vague=False)
        yield _Spec(HELD_OUT, ("employer", "entreprise", "org_unit"), _by_mimesis(locale, "finance", "company"), None)
        yield _Spec(HELD_OUT, ("occupation", "beruf"), _by_mimesis(locale, "person", "occupation"), None)
        yield _Spec(HELD_OUT, ("birthplace_city", "stad"), _by_mimesis(locale, "address", "city"), None)
        yield _Spec(HELD_OUT, ("region", "kraj"), _by_mimesis(locale, "address", "state"), None)
        yield _Spec(HELD_OUT, ("remark", "bemerkung"), _by_mimesis(locale, "text", "title"), None)
        yield _Spec(HELD_OUT, ("food", "gericht"), _by_mimesis(locale, "food", "dish"), None)


def _held_out() -> list[_Spec]:
    return [*_people(HELD_OUT, 1), *_by_another(), *_by_name_only(HELD_OUT, 5), *_look_alikes(HELD_OUT, 4)]
