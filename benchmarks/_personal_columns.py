"""Labelled columns: what holds personal data and what only looks like it, of many countries, dirty as data is.

Two parts that share no generator of people. The development part is Faker's, in the countries that most data comes from, with look-alikes
of this file's own. The held-out part is of mimesis, and of Faker in other countries, its columns named otherwise, its look-alikes others:
nothing was tuned on it. Neither part knows the detectors' lists or code. The seed is fixed: the columns are the same every time.
"""

from __future__ import annotations

import random
import string
from collections.abc import Iterator
from dataclasses import dataclass

from _personal_look_alikes import number, other_look_alikes, own_look_alikes
from _personal_makers import Make, by_faker, by_mimesis, day, luhn

__all__ = ["DEVELOPMENT", "HELD_OUT", "Column", "columns"]

DEVELOPMENT, HELD_OUT = "development", "held out"


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
    for place, spec in enumerate(specs):
        if every == 1 or random.Random(f"chosen {part} {place}").random() < 1 / every:
            yield _column(spec, random.Random(f"{part} {place}"))


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
                        part, (_ID_NAMES[locale], "national_id", "id_number"), by_faker(locale, _ID_METHODS.get(locale, "ssn")), tag
                    )
                elif tag == "iban" and locale in ("ja_JP", "zh_CN", "en_IN", "ru_RU", "ko_KR", "uk_UA", "id_ID"):
                    continue
                else:
                    yield _Spec(part, names[called], by_faker(locale, method), tag, vague=tag != "user name")


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
        yield _Spec(part, names["birth date"], lambda rng: day(rng, 1935, 2010).isoformat(), "birth date", "date", vague=False)
        yield _Spec(part, names["birth date"], lambda rng: day(rng, 1935, 2010).strftime("%d.%m.%Y"), "birth date", vague=False)
        yield _Spec(part, names["birth date"], lambda rng: day(rng, 1935, 2010).strftime("%m/%d/%Y"), "birth date", vague=False)
        yield _Spec(part, names["passport"], by_faker(fake, "passport_number"), "passport", vague=False)
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
        yield _Spec(part, names["payment card"], by_faker(fake, "credit_card_number"), "payment card")
        yield _Spec(part, names["payment card"], _grouped_card, "payment card")
        yield _Spec(part, names["ip address"], by_faker(fake, "ipv4"), "ip address")
        yield _Spec(part, names["ip address"], by_faker(fake, "ipv6"), "ip address")
        yield _Spec(part, names["mac address"], by_faker(fake, "mac_address"), "mac address")
        yield _Spec(part, names["user name"], by_faker(fake, "user_name"), "user name", vague=False)


def _grouped_card(rng: random.Random) -> str:
    digits = "4" + "".join(rng.choices(string.digits, k=14))
    digits += str(luhn(digits))
    return " ".join(digits[at : at + 4] for at in range(0, 16, 4))


def _look_alikes(part: str, rounds: int) -> Iterator[_Spec]:
    own = own_look_alikes() if part == DEVELOPMENT else other_look_alikes()
    for _ in range(rounds):
        for names, make, kind in own:
            yield _Spec(part, names, make, None, kind)
        for locale in _COUNTRIES[part]:
            yield _Spec(part, ("company", "vendor", "supplier_name", "firma"), by_faker(locale, "company"), None)
            yield _Spec(part, ("city", "ville", "ort"), by_faker(locale, "city"), None)
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
    yield _Spec(part, ("store_lat", "sensor_lon"), number(-80, 80, 5), None, "float", vague=False)


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
        yield _Spec(HELD_OUT, names["person name"], by_mimesis(locale, "person", "full_name"), "person name")
        yield _Spec(HELD_OUT, names["given"], by_mimesis(locale, "person", "first_name"), "person name")
        yield _Spec(HELD_OUT, names["family"], by_mimesis(locale, "person", "last_name"), "person name")
        yield _Spec(HELD_OUT, names["phone"], by_mimesis(locale, "person", "phone_number"), "phone")
        yield _Spec(HELD_OUT, names["email"], by_mimesis(locale, "person", "email"), "email")
        yield _Spec(HELD_OUT, names["postal address"], by_mimesis(locale, "address", "address"), "postal address")
        yield _Spec(HELD_OUT, names["user name"], by_mimesis(locale, "person", "username"), "user name", vague=False)
        yield _Spec(HELD_OUT, ("employer", "entreprise", "org_unit"), by_mimesis(locale, "finance", "company"), None)
        yield _Spec(HELD_OUT, ("occupation", "beruf"), by_mimesis(locale, "person", "occupation"), None)
        yield _Spec(HELD_OUT, ("birthplace_city", "stad"), by_mimesis(locale, "address", "city"), None)
        yield _Spec(HELD_OUT, ("region", "kraj"), by_mimesis(locale, "address", "state"), None)
        yield _Spec(HELD_OUT, ("remark", "bemerkung"), by_mimesis(locale, "text", "title"), None)
        yield _Spec(HELD_OUT, ("food", "gericht"), by_mimesis(locale, "food", "dish"), None)


def _held_out() -> list[_Spec]:
    return [*_people(HELD_OUT, 1), *_by_another(), *_by_name_only(HELD_OUT, 5), *_look_alikes(HELD_OUT, 4)]
