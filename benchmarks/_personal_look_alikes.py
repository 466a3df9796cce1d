"""Columns that only look as if they held personal data, for ``_personal_columns.py``: one list of them for each part, none in both."""

from __future__ import annotations

import random
import string

from _personal_makers import Make, by_faker, day, luhn

__all__ = ["LookAlike", "number", "other_look_alikes", "own_look_alikes"]

#: What such columns are called, what makes their values, their kind.
LookAlike = tuple[tuple[str, ...], Make, str]


def _digits(count: int, first: str = "") -> Make:
    return lambda rng: first + "".join(rng.choices(string.digits, k=count - len(first)))


def _ean(rng: random.Random) -> str:
    digits = "".join(rng.choices(string.digits, k=12))
    return digits + str(-sum(int(d) * (3 if at % 2 else 1) for at, d in enumerate(digits)) % 10)


def _isbn10(rng: random.Random) -> str:
    digits = "".join(rng.choices(string.digits, k=9))
    check = sum(int(d) * (10 - at) for at, d in enumerate(digits)) * 10 % 11
    return f"{digits[0]}-{digits[1:4]}-{digits[4:]}-{'X' if check == 10 else check}"


def _withluhn(count: int, first: str = "") -> Make:
    def make(rng: random.Random) -> str:
        digits = first + "".join(rng.choices(string.digits, k=count - len(first) - 1))
        return digits + str(luhn(digits))

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


def number(low: float, high: float, places: int) -> Make:
    return lambda rng: f"{rng.uniform(low, high):.{places}f}"


def _moment(form: str, first: int = 2015, last: int = 2026) -> Make:
    return lambda rng: day(rng, first, last).strftime(form)


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


def own_look_alikes() -> tuple[LookAlike, ...]:
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
        (("imei",), _withluhn(15, "35"), "text"),
        (("siren",), _withluhn(9), "text"),
        (("siret",), _withluhn(14), "text"),
        (("routing_number", "aba"), _aba, "text"),
        (("tracking_number",), _letters("1ZA99A99999999999"), "text"),
        (("parcel_id",), _digits(12), "text"),
        (("serial_no", "serial"), _letters("AA99999999"), "text"),
        (("vin",), _letters("WAA99A9A999999999"), "text"),
        (("version", "app_version", "firmware"), _version, "text"),
        (("release",), _joined(number(0, 9, 0), number(0, 30, 0), number(0, 99, 0), by="."), "text"),
        (("netmask",), _of("255.255.255.0", "255.255.0.0", "255.255.255.128", "255.0.0.0", "255.255.254.0"), "text"),
        (("account_key", "cust_id", "customer_id"), _digits(9), "text"),
        (("customer_no",), _digits(11), "integer"),
        (("id", "row_id", "pk"), _digits(8), "integer"),
        (("price", "amount", "unit_cost"), number(1, 900, 2), "decimal"),
        (("x", "width", "ratio"), number(-90, 90, 5), "float"),
        (("dimensions", "position_mm"), _joined(number(0, 90, 3), number(0, 90, 3), by=", "), "text"),
        (("city", "town"), _of(*_CITIES), "text"),
        (("origin_city",), _of(*_CITIES), "text"),
        (("product_name", "item_name", "product"), _joined(_of(*_ADJECTIVES), _of(*_THINGS)), "text"),
        (("name",), _joined(_of(*_ADJECTIVES), _of(*_THINGS)), "text"),
        (("job_title", "position"), by_faker("en_US", "job"), "text"),
        (("country", "nation"), by_faker("en_US", "country"), "text"),
        (("color", "colour_name"), by_faker("en_US", "color_name"), "text"),
        (("month",), _of("January", "February", "March", "April", "May", "June", "July", "August"), "text"),
        (("uuid", "guid"), _letters("hhhhhhhh-hhhh-4hhh-ahhh-hhhhhhhhhhhh"), "text"),
        (("sha256", "digest"), _letters("h" * 40), "text"),
        (("hex_color",), _letters("#hhhhhh"), "text"),
        (("path", "file_name"), by_faker("en_US", "file_path"), "text"),
        (("url", "link"), by_faker("en_US", "url"), "text"),
        (("user_agent",), by_faker("en_US", "user_agent"), "text"),
        (("domain", "host"), by_faker("en_US", "domain_name"), "text"),
        (("slogan", "tagline"), by_faker("en_US", "catch_phrase"), "text"),
        (("comment", "remarks", "description"), by_faker("en_US", "sentence"), "text"),
        (("currency",), by_faker("en_US", "currency_code"), "text"),
        (("zip", "postcode"), _digits(5), "text"),
        (("order_date", "shipped_on", "created"), _moment("%Y-%m-%d"), "date"),
        (("founded", "launch_date"), _moment("%d.%m.%Y", 1950, 2020), "text"),
        (("quantity", "stock"), number(0, 500, 0), "integer"),
        (("score", "result"), _joined(number(0, 6, 0), number(0, 6, 0), by=":"), "text"),
        (("time_of_day",), _letters("19:49:59"), "text"),
        (("range", "size_range"), _joined(number(10, 50, 0), number(50, 99, 0), by="-"), "text"),
        (("sku", "part_number"), _letters("AAA-9999-a"), "text"),
        (("isin",), _letters("US9999999999"), "text"),
        (("npm_package",), _joined(_of("@acme", "@types", "@corp"), _letters("aaaaaa"), by="/"), "text"),
        (("remote",), _joined(_of("git@host"), _letters("aaaa/aaaaa.git"), by=":"), "text"),
        (("metric", "measurement"), number(-5, 5, 6), "float"),
        (("checksum8",), _letters("hh:hh:hh:hh"), "text"),
    )


def other_look_alikes() -> tuple[LookAlike, ...]:
    return (
        (("belegnr", "Auftragsnummer"), _letters("99/99999-9"), "text"),
        (("num_commande",), _letters("AA-99999999"), "text"),
        (("ticketRef", "case_ref"), _letters("(999) 9999"), "text"),
        (("shipmentRef",), _digits(11), "text"),
        (("meter_reading_id",), _digits(9), "integer"),
        (("loyaltyNo",), _withluhn(16, "9"), "text"),
        (("iccid",), _withluhn(19, "89"), "text"),
        (("gtin14",), _joined(_of("1"), _ean, by=""), "text"),
        (("isbn_13",), _joined(_of("978-"), _letters("9-999-99999-9"), by=""), "text"),
        (("issn",), _letters("9999-9999"), "text"),
        (("lei",), _letters("AAAA00AA99AA9999AA99"), "text"),
        (("fw_rev", "build"), _version, "text"),
        (("oid",), _joined(_of("1.3.6.1"), number(0, 9, 0), number(0, 20, 0), by="."), "text"),
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
        (("strain_pair",), _joined(number(-1, 1, 4), number(-1, 1, 4), by=";"), "text"),
        (("voltage", "delta_v"), number(-80, 80, 4), "float"),
        (("kurs", "fx_rate"), number(0.5, 1.8, 5), "decimal"),
        (("umsatz", "revenue_eur"), number(1000, 90000, 2), "decimal"),
        (("cell", "excel_ref"), _letters("A99"), "text"),
        (("wochentag",), _of("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"), "text"),
        (("mois",), _of("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août"), "text"),
        (("jersey", "bib"), number(1, 99, 0), "integer"),
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
        (("phone_model",), _joined(_of("Galaxy", "iPhone", "Pixel", "Xperia"), number(1, 20, 0)), "text"),
        (("email_template_id",), _digits(6), "integer"),
        (("gender_gap_pct",), number(0, 30, 2), "float"),
        (("company_salary_total",), number(100000, 900000, 0), "integer"),
        (("ip_rating",), _letters("IP9"), "text"),
        (("runtime_s",), number(1, 500, 1), "float"),
        (("hostname",), _letters("srv-aa-99"), "text"),
    )
