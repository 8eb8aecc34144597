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


_SHOWN = {"id": "ID", "url": "URL", "tls": "TLS", "per": "per"}


def field_label(name: str) -> str:
    """A field of the credential as n8n shows it: `max_calls_per_hour` → `Max Calls per Hour`."""
    return " ".join(_SHOWN.get(word, word.capitalize()) for word in name.split("_"))
