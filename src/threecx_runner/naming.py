"""Python's names on n8n's wire: camel case, with acronyms kept."""

_ACRONYMS = {"dtmf": "DTMF"}


def camel(name: str) -> str:
    """`collect_dtmf` → `collectDTMF`, `max_digits` → `maxDigits`, `dtmf_input` → `dtmfInput`."""
    first, *rest = name.split("_")
    return first + "".join(_ACRONYMS.get(word, word.capitalize()) for word in rest)


def field_camel(name: str) -> str:
    """Parameters and output fields: as `camel`, acronyms too become words (`dtmf_input` → `dtmfInput`)."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
