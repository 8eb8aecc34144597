"""n8n's rules for the texts of a node, each a function from a text to what is wrong with it (n8n/shims.md section 5).

They follow eslint-plugin-n8n-nodes-base 1.16.7 and @n8n/eslint-plugin-community-nodes 0.32.0, which read the printed
TypeScript; here the JSON file and field can be named.
"""

import re
from collections.abc import Callable, Iterator

Rule = Callable[[str], str | None]

_SMALL = re.compile(
    r"\b(?:an?d?|a[st]|because|but|by|en|for|i[fn]|neither|nor|o[fnr]|only|over|per|so|some|tha[tn]|the|to|up|upon|vs?\.?"
    r"|versus|via|when|with|without|yet)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\s:–—-]+|.")  # noqa: RUF001 -- the same dashes as in n8n's title-case package
_EMOJI = re.compile("[\U0001f000-\U0001faff\u2300-\u23ff\u2600-\u27bf\ufe0f]")
_ACRONYMS = {"ID": r"\b[Ii]d(s?)\b", "URL": r"\b[Uu]rl(s?)\b", "JSON": r"\b[Jj]son\b"}
_BRANDS = ("n8n",)
_WEAK = {
    "Resource to consume",
    "Resource to operate on",
    "Operation to perform",
    "Action to perform",
    "Method of authentication",
}
_TAG = re.compile(r"</?(h\d|p|b|em|i|a|ol|ul|li|code|br)( [^>]*)?>")


def faults(text: str, *rules: Rule) -> Iterator[str]:
    """What each rule has to say."""
    return (told for rule in rules if (told := rule(text)) is not None)


def untrimmed(text: str) -> str | None:
    """Single spaces, none at the ends."""
    return "has spaces too many" if text != text.strip() or re.search(r"\s{2,}", text) else None


def emoji(text: str) -> str | None:
    """None anywhere."""
    return "holds an emoji; use words" if _EMOJI.search(text) else None


def acronyms(text: str) -> str | None:
    """ID, URL and JSON in capitals."""
    wrong = [right for right, pattern in _ACRONYMS.items() if re.search(pattern, text)]
    return f"write {', '.join(wrong)} in capitals" if wrong else None


def title_case(text: str) -> str | None:
    """As n8n's title-case package has it; a brand keeps its own case."""
    wanted = "".join(_titled(text, match) for match in _WORD.finditer(text))
    return f"is not in Title Case; write {wanted!r}" if text != wanted else None


def _titled(text: str, match: re.Match[str]) -> str:
    word = match.group()
    edge = match.start() == 0 or match.end() == len(text)
    manual = re.search(r".(?=[A-Z]|\..)", word)
    if manual or word in _BRANDS or (_SMALL.search(word) and not edge):
        return word
    return re.sub(r"[A-Za-z0-9\u00C0-\u00FF]", lambda first: first.group().upper(), word, count=1)


def sentence_case(text: str) -> str | None:
    """A capital first; after it, capitals only in words that are all capitals or have digits."""
    first, *rest = text.split(" ")
    wrong = [
        word for word in rest if word[:1].isupper() and not word.isupper() and not any(map(str.isdigit, word))
    ]
    if not first[:1].isupper() or wrong:
        return f"is not in sentence case: {' '.join(wrong) or first}"
    return "ends with a period" if text.endswith(".") else None


def capital_first(text: str) -> str | None:
    """Descriptions begin with a capital."""
    return "begins with a small letter" if text[:1].islower() else None


def periods(text: str) -> str | None:
    """No final period after one sentence, one after several."""
    sentences = text.replace("e.g.", "").split(". ")
    if len(sentences) == 1 and text.endswith("."):
        return "is one sentence: remove the final period"
    return (
        "has several sentences: end with a period" if len(sentences) > 1 and not text.endswith(".") else None
    )


def markup(text: str) -> str | None:
    """No line breaks, backticks or stray angle brackets; links with their protocol."""
    if re.search(r"</? ?br ?/?>", text):
        return "holds a line break tag; make one text of it"
    if "`" in text:
        return "holds backticks; write the word alone"
    if re.search(r"href=[\"'](?!https://)", text):
        return "has a link without https://"
    return "has angle brackets; write &lt; and &gt;" if re.search(r"<[^>]*>", _TAG.sub("", text)) else None


def weak(text: str) -> str | None:
    """Says something."""
    return "says nothing: tell what the user decides here" if text in _WEAK else None


def hyphenated(text: str) -> str | None:
    """Comma-separated."""
    return 'write "comma-separated" with a hyphen' if "omma separated" in text else None


DISPLAY_NAME = (untrimmed, emoji, acronyms, title_case)
DESCRIPTION = (untrimmed, emoji, acronyms, capital_first, periods, markup, weak, hyphenated)
PLACEHOLDER = (untrimmed, acronyms)
ACTION = (untrimmed, emoji, sentence_case)
