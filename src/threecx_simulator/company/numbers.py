"""Telephone numbers that exist in a country's plan, by Google's metadata (`phonenumbers`)."""

from random import Random

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType
from phonenumbers.shortnumberinfo import is_emergency_number

_KINDS = (PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE)
_TRIES = 40


def outside_number(random: Random, country: str, mobile: bool) -> str:
    """A valid number of that country in E.164."""
    kind = _KINDS[mobile]
    example = phonenumbers.example_number_for_type(country, kind)
    if example is None:
        raise ValueError(f"There is no numbering plan for {country}")
    digits = str(example.national_number)
    for _ in range(_TRIES):
        made = digits[:3] + "".join(random.choice("0123456789") for _ in digits[3:])
        number = phonenumbers.PhoneNumber(country_code=example.country_code, national_number=int(made))
        if phonenumbers.is_valid_number(number):
            return phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return phonenumbers.format_number(example, PhoneNumberFormat.E164)


def emergency_numbers(country: str) -> tuple[str, ...]:
    """What is dialled for help in that country."""
    short = (f"{number:0{digits}}" for digits in (2, 3) for number in range(10**digits))
    return tuple(number for number in short if is_emergency_number(number, country))
