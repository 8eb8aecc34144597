"""Mail addresses of people whose names have letters that addresses have not."""

from unicodedata import normalize

_SPELT = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss", "ø": "o", "ł": "l"}
)  # how people write such letters


def local_part(first: str, last: str) -> str:
    """What stands before the `@`: `juergen.grossmann`; only one name makes no dot."""
    bare = normalize("NFKD", f"{first}.{last}".translate(_SPELT)).encode("ascii", "ignore").decode()
    return bare.lower().replace("'", "").replace(" ", "").strip(".")
