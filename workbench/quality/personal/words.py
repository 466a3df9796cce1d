"""Words of columns' names, by what they say, in the languages that data most often comes in."""

from __future__ import annotations

from workbench.quality.personal.naming import listed

__all__ = [
    "ADDRESS",
    "BIRTH",
    "COMPANY",
    "GENDER",
    "GIVEN",
    "HEALTH",
    "IDENTITY",
    "LOCATION",
    "PAY",
    "PERSON",
    "PERSON_NAME",
    "PHONE",
    "SPECIAL",
    "SURNAME",
    "THING",
    "USER",
]

#: Who a column is about.
PERSON = listed("says-person")
#: What is no person, and yet has a name.
THING = listed("says-thing")
GIVEN = listed("says-given")
SURNAME = listed("says-surname")
PERSON_NAME = listed("says-person-name")
USER = listed("says-user")
PHONE = listed("says-phone")
BIRTH = listed("says-birth")
ADDRESS = listed("says-address")
GENDER = listed("says-gender")
HEALTH = listed("says-health")
PAY = listed("says-pay")
SPECIAL = listed("says-special")
LOCATION = listed("says-location")
#: Where a place is one of things, not of people.
COMPANY = listed("says-company")
IDENTITY = listed("says-identity")
