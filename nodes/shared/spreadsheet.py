"""Rows as a CSV file that a spreadsheet opens as it stands."""

import csv
import io
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

BEGIN = "\ufeff"
"""The mark tells Excel that this is UTF-8."""


def csv_text(rows: Sequence[Sequence[Any]]) -> str:
    """Lines for these rows, as RFC 4180 has them."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([[_cell(value) for value in row] for row in rows])
    return text.getvalue()


_FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
"""What a spreadsheet may take for the begin of a formula, in both widths (OWASP, CSV injection)."""
_NUMBER = re.compile(r"[+-]\d+", re.ASCII)


def _cell(value: Any) -> Any:
    """A name like `=1+1` stays text in a spreadsheet; a number with its plus sign is one already."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str) and _FORMULA.match(value) and not _NUMBER.fullmatch(value):
        return f"'{value}"
    return value
