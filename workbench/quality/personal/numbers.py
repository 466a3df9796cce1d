"""Numbers that are given to one person: cards, accounts, national identity. Checksums are python-stdnum's."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module

from workbench.quality.personal.base import DIGITS, PersonalDetector, Votes
from workbench.quality.personal.naming import together
from workbench.quality.personal.words import IDENTITY

__all__ = ["DETECTORS"]

_FIRST = 24  # values that tell whether it is worth going on
_SEPARATORS = re.compile(r"[\s.\-/]")
_IBAN = re.compile(r"[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,30}")
_CARD = re.compile(r"\d(?:[ -]?\d){12,18}")
#: The networks' own ranges with the lengths they give: Visa, Mastercard, American Express, Discover, JCB, Diners, Maestro, UnionPay, Mir.
_NETWORKS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}|3[47]\d{13}|6(?:011|4[4-9]\d|5\d\d)\d{12}"
    r"|35(?:2[89]|[3-8]\d)\d{12}|3(?:0[0-5]|09|[689]\d)\d{11}|(?:5018|5020|5038|5893|6304|6759|676[1-3])\d{8,15}|62\d{14,17}|220[0-4]\d{12}"
)


@dataclass(frozen=True)
class _Scheme:
    """A country's number: ``form`` of its text without separators; ``telling`` where it is more than digits with one check digit."""

    country: str
    module: str
    form: str
    telling: float = 0.45


# Letters, or a date beside the checksum, tell much; nine digits of which the last is a checksum could be a company's as well.
_SCHEMES = (
    _Scheme("GB NHS number", "gb.nhs", r"\d{10}"),
    _Scheme("DE Steuer-ID", "de.idnr", r"[1-9]\d{10}", 0.8),
    _Scheme("FR NIR", "fr.nir", r"[12378]\d{4}[0-9ABab]{2}\d{6,8}", 0.95),
    _Scheme("FR numéro fiscal", "fr.nif", r"[0-3]\d{12}", 0.7),
    _Scheme("ES DNI", "es.dni", r"\d{8}[A-Za-z]", 0.95),
    _Scheme("ES NIE", "es.nie", r"[XYZxyz]\d{7}[A-Za-z]", 0.95),
    _Scheme("IT codice fiscale", "it.codicefiscale", r"[A-Za-z]{6}\w{2}[A-Za-z]\w{2}[A-Za-z]\w{3}[A-Za-z]", 0.98),
    _Scheme("PL PESEL", "pl.pesel", r"\d{11}", 0.9),
    _Scheme("NL BSN", "nl.bsn", r"\d{8,9}"),
    _Scheme("BE rijksregisternummer", "be.nn", r"\d{11}", 0.95),
    _Scheme("SE personnummer", "se.personnummer", r"(?:\d{2})?\d{6}\+?\d{4}", 0.9),
    _Scheme("FI henkilötunnus", "fi.hetu", r"\d{6}[+A-Ya-y]?\d{3}\w", 0.95),
    _Scheme("NO fødselsnummer", "no.fodselsnummer", r"\d{11}", 0.95),
    _Scheme("DK CPR", "dk.cpr", r"\d{10}", 0.5),
    _Scheme("PT NIF", "pt.nif", r"[1-35689]\d{8}", 0.4),
    _Scheme("PT cartão de cidadão", "pt.cc", r"\d{9}[A-Za-z0-9]{2}\d", 0.9),
    _Scheme("BR CPF", "br.cpf", r"\d{11}", 0.9),
    _Scheme("IN Aadhaar", "in_.aadhaar", r"[2-9]\d{11}", 0.6),
    _Scheme("IN PAN", "in_.pan", r"[A-Za-z]{3}[PHph][A-Za-z]\d{4}[A-Za-z]", 0.9),
    _Scheme("AU TFN", "au.tfn", r"\d{8,9}"),
    _Scheme("CA SIN", "ca.sin", r"[1-79]\d{8}", 0.4),
    _Scheme("ZA identity", "za.idnr", r"\d{13}", 0.9),
    _Scheme("TR kimlik", "tr.tckimlik", r"[1-9]\d{10}", 0.9),
    _Scheme("KR RRN", "kr.rrn", r"\d{13}", 0.9),
    _Scheme("IE PPS", "ie.pps", r"\d{7}[A-Wa-w][A-IWa-iw]?", 0.9),
    _Scheme("GR AMKA", "gr.amka", r"\d{11}", 0.85),
    _Scheme("RO CNP", "ro.cnp", r"[1-9]\d{12}", 0.95),
    _Scheme("CZ rodné číslo", "cz.rc", r"\d{9,10}", 0.75),
    _Scheme("HR OIB", "hr.oib", r"\d{11}", 0.5),
    _Scheme("SI EMŠO", "si.emso", r"\d{13}", 0.95),
    _Scheme("BG EGN", "bg.egn", r"\d{10}", 0.85),
    _Scheme("EE isikukood", "ee.ik", r"[1-8]\d{10}", 0.9),
    _Scheme("LT asmens kodas", "lt.asmens", r"[3-6]\d{10}", 0.9),
    _Scheme("LV personas kods", "lv.pvn", r"[0-3]\d{10}", 0.8),
    _Scheme("IS kennitala", "is_.kennitala", r"\d{10}", 0.9),
    _Scheme("IL identity", "il.idnr", r"\d{9}", 0.4),
    _Scheme("MX CURP", "mx.curp", r"[A-Za-z]{4}\d{6}[HMhm][A-Za-z]{5}\w\d", 0.98),
    _Scheme("CL RUT", "cl.rut", r"\d{7,8}[\dKk]", 0.6),
    _Scheme("AR CUIL", "ar.cuit", r"2[0347]\d{9}", 0.7),
    _Scheme("EC cédula", "ec.ci", r"[0-3]\d{9}", 0.6),
    _Scheme("DO cédula", "do.cedula", r"\d{11}", 0.5),
    _Scheme("CH AHV", "ch.ssn", r"756\d{10}", 0.95),
    _Scheme("AT Versicherungsnummer", "at.vnr", r"\d{10}", 0.6),
    _Scheme("MY NRIC", "my.nric", r"\d{12}", 0.5),
    _Scheme("TH PIN", "th.pin", r"[1-8]\d{12}", 0.55),
)
_NINO = re.compile(r"(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D]", re.IGNORECASE)
_SSN = re.compile(r"(?!000|666|9)\d{3}[- ](?!00)\d{2}[- ](?!0000)\d{4}")
_SSN_DIGITS = re.compile(r"(?!000|666|9)\d{3}(?!00)\d{2}(?!0000)\d{4}")
_LEAST = 0.3  # of the first values, or the scheme is given up


def _valid(scheme: _Scheme, form: re.Pattern[str]) -> Callable[[str], bool]:
    # Only of a form that was met: to import all of them takes longer than to judge a hundred columns.
    module = import_module(f"stdnum.{scheme.module}")

    def valid(text: str) -> bool:
        return form.fullmatch(text) is not None and bool(module.is_valid(text))

    return valid


@lru_cache(maxsize=1)
def _forms() -> tuple[tuple[_Scheme, re.Pattern[str]], ...]:
    return tuple((scheme, re.compile(scheme.form)) for scheme in _SCHEMES)


def _identity(values: Sequence[str], hinted: bool) -> Votes:
    """The scheme that most of the values are of; of several the one that tells most."""
    plain = [_SEPARATORS.sub("", text) for text in values]
    best = _own_forms(values, plain)
    first = plain[:_FIRST]
    for scheme, form in _forms():
        if sum(form.fullmatch(text) is not None for text in first) < _LEAST * len(first):
            continue
        valid = _valid(scheme, form)
        if sum(map(valid, first)) < _LEAST * len(first):
            continue
        matched = sum(map(valid, plain))
        found = Votes(matched, f"the checksum of {scheme.country}", scheme.telling)
        if (found.matched, found.telling or 0) > (best.matched, best.telling or 0):
            best = found
    return best


def _own_forms(values: Sequence[str], plain: Sequence[str]) -> Votes:
    """Numbers without a checksum that are told by the form they are written in."""
    nino = Votes(sum(_NINO.fullmatch(text) is not None for text in plain), "the form of a GB National Insurance number", 0.9)
    ssn = Votes(sum(_SSN.fullmatch(text) is not None for text in values), "the form of a US social security number", 0.85)
    # python-stdnum knows today's counties only, and people are older than some.
    resident = Votes(sum(map(_resident, plain)), "the checksum of CN resident identity", 0.98)
    return max(nino, ssn, resident, key=lambda votes: votes.matched)


_RESIDENT = re.compile(r"[1-9]\d{5}(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]")


def _resident(text: str) -> bool:
    if _RESIDENT.fullmatch(text) is None:
        return False
    from stdnum.cn import ric

    return bool(ric.calc_check_digit(text) == text[-1].upper())


def _digits_of_ssn(values: Sequence[str], hinted: bool) -> Votes:
    """Nine digits, of which a number's zeros at the beginning are missing."""
    matched = sum(len(text) >= 7 and _SSN_DIGITS.fullmatch(text.zfill(9)) is not None for text in (_SEPARATORS.sub("", v) for v in values))
    return Votes(matched, "the form of a US social security number", 0.2)


def _iban(values: Sequence[str], hinted: bool) -> Votes:
    from stdnum import iban

    return Votes(sum(_IBAN.fullmatch(text) is not None and bool(iban.is_valid(text)) for text in values), "the checksum of an IBAN")


def _card(values: Sequence[str], hinted: bool) -> Votes:
    from stdnum import luhn

    def card(text: str) -> bool:
        if not _CARD.fullmatch(text):
            return False
        digits = re.sub(r"\D", "", text)
        return _NETWORKS.fullmatch(digits) is not None and len(set(digits)) > 1 and bool(luhn.is_valid(digits))

    return Votes(sum(map(card, values)), "a card network's range and the Luhn checksum")


_PASSPORT = re.compile(r"[A-Z]{0,3}\d{6,9}[A-Z]?|[A-Z0-9]{8,9}", re.IGNORECASE)


def _passport(values: Sequence[str], hinted: bool) -> Votes:
    return Votes(sum(_PASSPORT.fullmatch(_SEPARATORS.sub("", text)) is not None for text in values), "the form of a passport's number", 0.1)


# What has a checksum of the same kind, or the same number of digits, and belongs to no person.
_OTHER_NUMBERS = together(
    "isbn ean gtin upc barcode sku imei iccid serial serialnumber siren siret routing routingnumber aba tracking trackingnumber order "
    "ordernumber orderno orderid invoice invoicenumber invoiceno parcel shipment container vin lei isin cusip sedol duns ein vat vatid "
    "ustid part partnumber article articlenumber product productid item itemid ticket timestamp epoch ts hash checksum cnpj "
    "registrationnumber companyregistration kvk transaction transactionid batch lot version asset meter"
)

DETECTORS = (
    PersonalDetector(
        "iban",
        _iban,
        together("iban ibannumber"),
        together("account accountnumber bankaccount konto compte cuenta conto"),
        alone=0.7,
        allowed=0.5,
        said=0.3,
        telling=0.99,
        fewest=3,
    ),
    PersonalDetector(
        "payment card",
        _card,
        together(
            "creditcard creditcardnumber ccnumber ccnum cardnumber cardno card debitcard kreditkarte "
            "kreditkartennummer kartennummer cartebancaire tarjeta numerotarjeta cartadicredito cartao paymentcard"
        ),
        together("pan number payment cc"),
        together("imei iccid tracking serial sim loyalty gift"),
        DIGITS,
        alone=0.75,
        allowed=0.6,
        said=0.35,
        telling=0.95,
        fewest=6,
    ),
    PersonalDetector(
        "national id",
        _identity,
        IDENTITY,
        together("id number identity identifier tax pid citizen person personal insurance"),
        _OTHER_NUMBERS,
        DIGITS,
        alone=0.8,
        allowed=0.75,
        said=0.35,
        telling=0.5,
        fewest=10,
    ),
    PersonalDetector(
        "national id",
        _digits_of_ssn,
        together("ssn ssnumber socialsecurity socialsecuritynumber socialsecurityno socsec"),
        kinds=DIGITS,
        alone=None,
        allowed=None,
        said=0.7,
    ),
    PersonalDetector(
        "passport",
        _passport,
        together(
            "passport passportnumber passportno passportid reisepass reisepassnummer passnummer passeport "
            "numeropasseport pasaporte numeropasaporte passaporto numeropassaporto passaporte paspoort paspoortnummer paszport pasport "
            "pasaport travelDocument 护照 护照号 パスポート 여권 여권번호 загранпаспорт διαβατήριο"
        ),
        kinds=DIGITS,
        alone=None,
        allowed=None,
        said=0.5,
        telling=0.2,
    ),
)
