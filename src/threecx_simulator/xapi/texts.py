"""How the XAPI writes times and durations."""

from datetime import UTC, datetime, time


def stamp(moment: datetime) -> str:
    """A time: UTC, `Z`, fractions only when there are any."""
    shown = moment.astimezone(UTC).replace(tzinfo=None).isoformat()
    return (shown.rstrip("0") if "." in shown else shown) + "Z"


def duration(seconds: float) -> str:
    """An ISO 8601 duration as .NET writes it: `PT1M59.975875S`, `P5DT13H43M24.96S`, `PT0S`."""
    micros = round(seconds * 1e6)
    whole, micro = divmod(micros, 1_000_000)
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    fraction = f"{second}.{micro:06}".rstrip("0") if micro else str(second)
    clock = "".join(
        (
            f"{hour}H" if hour else "",
            f"{minute}M" if minute else "",
            f"{fraction}S" if second or micro else "",
        )
    )
    shown = "P" + (f"{days}D" if days else "") + (f"T{clock}" if clock else "")
    return shown if len(shown) > 1 else "PT0S"


def clock(at: time) -> str:
    """A time of day with the seven digits that .NET gives its seconds (t)."""
    return f"{at:%H:%M:%S}.0000000"
