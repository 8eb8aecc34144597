"""Rows as a CSV file that a spreadsheet opens as it stands."""

import csv
import io
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


def _cell(value: Any) -> Any:
    """A name like `=1+1` stays text in a spreadsheet; a number with its plus sign is one already."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t") and not value[1:].isdigit():
        return f"'{value}"
    return value
