"""What was said in a call that nobody had: transcripts, summaries, moods, and sound of the right length."""

import math
from array import array
from collections.abc import Iterator
from functools import cache
from random import Random

from threecx_simulator.company.past import PastCall

RATE = 8000  # samples a second, 16 bit, mono
_SECOND = RATE * 2
_HEADER = 44
_TOPICS = {
    "en": (
        (
            "an order that has not arrived",
            "The delivery was promised for this week. We check with the carrier and call back.",
        ),
        ("an invoice with a wrong amount", "The amount is corrected and a new invoice goes out today."),
        ("an appointment next week", "The appointment is moved to Thursday at ten."),
        ("a device that does not start", "We went through the steps together; it works again."),
        ("a quotation", "The quotation goes out by e-mail this afternoon."),
    ),
    "de": (
        (
            "eine Bestellung, die nicht angekommen ist",
            "Die Lieferung war für diese Woche zugesagt. Wir fragen nach und rufen zurück.",
        ),
        (
            "eine Rechnung mit falschem Betrag",
            "Der Betrag wird berichtigt, die neue Rechnung geht heute hinaus.",
        ),
        ("einen Termin in der nächsten Woche", "Der Termin wird auf Donnerstag um zehn verlegt."),
        ("ein Gerät, das nicht startet", "Wir sind die Schritte gemeinsam durchgegangen, es läuft wieder."),
        ("ein Angebot", "Das Angebot kommt heute Nachmittag per E-Mail."),
    ),
    "fr": (
        (
            "une commande qui n'est pas arrivée",
            "La livraison était promise pour cette semaine. Nous vérifions et nous rappelons.",
        ),
        (
            "une facture d'un montant erroné",
            "Le montant est corrigé et une nouvelle facture part aujourd'hui.",
        ),
        ("un rendez-vous la semaine prochaine", "Le rendez-vous est déplacé à jeudi, dix heures."),
        ("un appareil qui ne démarre pas", "Nous avons revu les étapes ensemble ; il fonctionne de nouveau."),
        ("un devis", "Le devis part cet après-midi par courriel."),
    ),
    "es": (
        (
            "un pedido que no ha llegado",
            "La entrega estaba prometida para esta semana. Lo comprobamos y devolvemos la llamada.",
        ),
        (
            "una factura con un importe equivocado",
            "El importe se corrige y hoy sale una factura nueva.",
        ),
        ("una cita de la semana que viene", "La cita pasa al jueves a las diez."),
        ("un aparato que no arranca", "Hemos repasado los pasos juntos; vuelve a funcionar."),
        ("un presupuesto", "El presupuesto sale esta tarde por correo electrónico."),
    ),
}
_LINES = {
    "en": (
        "{who}: Good day, how can I help you?\n{caller}: It is about {topic}.\n{who}: {answer}\n{caller}: Thank you very much.",
        "The caller asked about {topic}. {answer}",
    ),
    "de": (
        "{who}: Guten Tag, was kann ich für Sie tun?\n{caller}: Es geht um {topic}.\n{who}: {answer}\n{caller}: Vielen Dank.",
        "Der Anruf betraf {topic}. {answer}",
    ),
    "fr": (
        "{who}: Bonjour, que puis-je faire pour vous ?\n{caller}: Bonjour, j'appelle pour {topic}.\n"
        "{who}: {answer}\n{caller}: Merci beaucoup.",
        "La personne a appelé pour {topic}. {answer}",
    ),
    "es": (
        "{who}: Buenos días, ¿en qué puedo ayudarle?\n{caller}: Llamo por {topic}.\n"
        "{who}: {answer}\n{caller}: Muchas gracias.",
        "La llamada era por {topic}. {answer}",
    ),
}


def _scene(call: PastCall, language: str) -> dict[str, str]:
    topics = _TOPICS.get(language, _TOPICS["en"])
    topic, answer = topics[call.number % len(topics)]
    talk = call.talk or call.segments[-1]
    return {
        "who": talk.destination.name or talk.destination.number,
        "caller": talk.source.name or talk.source.number,
        "topic": topic,
        "answer": answer,
    }


def transcript(call: PastCall, language: str) -> str:
    """The conversation, line by line."""
    return _LINES.get(language, _LINES["en"])[0].format(**_scene(call, language))


def summary(call: PastCall, language: str) -> str:
    """One or two sentences."""
    return _LINES.get(language, _LINES["en"])[1].format(**_scene(call, language))


def sentiment(call: PastCall) -> int:
    """1 (angry) to 5 (happy)."""
    return (1, 2, 3, 3, 4, 4, 5)[call.number % 7]


class Sound:
    """A recording as a WAV of `seconds`: two voices in turn, made as it is read."""

    def __init__(self, number: int, seconds: float) -> None:
        self._seed = number % 8
        self._samples = max(1, int(seconds * RATE))

    def __len__(self) -> int:
        return _HEADER + self._samples * 2

    def read(self, start: int, stop: int) -> Iterator[bytes]:
        """The bytes at these places."""
        if start < _HEADER:
            yield self._header()[start : min(stop, _HEADER)]
        at = max(start, _HEADER) - _HEADER
        end = min(stop, len(self)) - _HEADER
        while at < end:
            second, within = divmod(at, _SECOND)
            part = _voice(self._seed, (second // 3) % 2)[within : min(_SECOND, within + end - at)]
            yield part
            at += len(part)

    def _header(self) -> bytes:
        size = self._samples * 2
        fields: tuple[bytes | int, ...] = (
            b"RIFF",
            36 + size,
            b"WAVEfmt ",
            16,
            1,
            1,
            RATE,
            _SECOND,
            2,
            16,
            b"data",
            size,
        )
        widths = (0, 4, 0, 4, 2, 2, 4, 4, 2, 2, 0, 4)
        return b"".join(
            one if isinstance(one, bytes) else one.to_bytes(width, "little")
            for one, width in zip(fields, widths, strict=True)
        )


@cache
def _voice(seed: int, turn: int) -> bytes:
    """One second of something like syllables; whole periods, so that seconds join without a click."""
    pitch = 110 + 10 * seed if turn else 190 + 10 * seed
    loud = Random(seed * 2 + turn)  # noqa: S311 (sound, no secrets)
    syllables = [loud.uniform(0.3, 1.0) for _ in range(4)]
    samples = array("h")
    for at in range(RATE):
        place = at / RATE * 4
        swell = syllables[int(place)] * math.sin(math.pi * (place % 1.0))
        wave = math.sin(2 * math.pi * pitch * at / RATE) + 0.4 * math.sin(4 * math.pi * pitch * at / RATE)
        samples.append(int(7000 * swell * wave))
    return samples.tobytes()
