"""Dates and lengths as publishers write them. Pure.

Belongs here: RFC 822 and 2822 (RSS), RFC 3339 and W3CDTF (Atom, Dublin Core), and what real feeds have instead of them.
Does not: which of an item's dates counts (`parse.py`), times within an episode (`chapters.py`).
"""

import re
from datetime import UTC, datetime, timedelta

__all__ = ["parse_bytes", "parse_date", "parse_duration_s"]

OLDEST_YEAR = 1900  # software that knows no date writes the year 1
CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d{1,9})?)?(?: ?(?P<half>[AaPp])\.?[Mm]\b\.?)?"
NTH, AT = r"(?:st|nd|rd|th|\.)?", r"(?:,| -| at| um)?"
FORMS = tuple(
    re.compile(form)
    for form in (
        # 2024-02-28, 2024-02-28T09:00:00.000Z, 2024/02/28 09:00
        rf"(?P<year>\d{{4}})[-/](?P<month>\d{{1,2}})[-/](?P<day>\d{{1,2}})(?:[Tt ,]{{1,3}}{CLOCK})?",
        # Wed, 28 Feb 2024 09:00:00 GMT, 28-Feb-24, 28. Februar 2024 um 9:00
        rf"(?P<day>\d{{1,2}}){NTH}[ -](?P<name>[^\W\d]{{3,12}})\.?,?[ -](?P<year>\d{{4}}|\d{{2}})\b(?:{AT} {CLOCK})?",
        # February 28, 2024 9:00 PM
        rf"(?P<name>[^\W\d]{{3,12}})\.? (?P<day>\d{{1,2}}){NTH},? (?P<year>\d{{4}})\b(?:{AT} {CLOCK})?",
        # Wed Feb 28 09:00:00 2024
        rf"(?P<name>[^\W\d]{{3,12}}) (?P<day>\d{{1,2}}) {CLOCK} (?P<year>\d{{4}})",
    )
)
OFFSET = re.compile(r"(?:GMT|UTC|UT)?(?P<sign>[+-])(?P<hours>\d{1,2}):?(?P<minutes>\d{2})?\b", re.IGNORECASE)
# hours east of Greenwich. Any other name is taken as UTC, as no zone at all is
ZONES = {
    "ast": -4,
    "adt": -3,
    "est": -5,
    "edt": -4,
    "et": -5,
    "cst": -6,
    "cdt": -5,
    "ct": -6,
    "mst": -7,
    "mdt": -6,
    "mt": -7,
    "pst": -8,
    "pdt": -7,
    "pt": -8,
    "akst": -9,
    "akdt": -8,
    "hst": -10,
    "bst": 1,
    "west": 1,
    "cet": 1,
    "mez": 1,
    "cest": 2,
    "mesz": 2,
    "eet": 2,
    "eest": 3,
    "msk": 3,
    "jst": 9,
    "kst": 9,
    "aest": 10,
    "aedt": 11,
    "nzst": 12,
    "nzdt": 13,
}
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# the beginnings of German, French, Spanish, Portuguese, Italian and Dutch names that are not English ones
FOREIGN_MONTHS = {
    "jän": 1,
    "ene": 1,
    "gen": 1,
    "fév": 2,
    "fev": 2,
    "mär": 3,
    "mrz": 3,
    "maa": 3,
    "avr": 4,
    "abr": 4,
    "mai": 5,
    "mag": 5,
    "mei": 5,
    "juin": 6,
    "giu": 6,
    "juil": 7,
    "lug": 7,
    "aoû": 8,
    "aou": 8,
    "ago": 8,
    "set": 9,
    "okt": 10,
    "out": 10,
    "ott": 10,
    "dez": 12,
    "déc": 12,
    "dic": 12,
}


def parse_date(text: str | None) -> datetime | None:
    """The moment in UTC, or None for what cannot be read: today's is never put in its place.

    A date without a zone, or with one that is not known, is taken as UTC; a day alone as its first moment there.
    Two-digit years are those of RFC 2822, section 4.3. A date in the future is a date.
    """
    plain = " ".join((text or "").split())[:100]
    for form in FORMS:
        if found := form.search(plain):
            return _moment(found, rest=plain[found.end() :])
    return None


def _moment(found: re.Match[str], *, rest: str) -> datetime | None:
    parts = found.groupdict()
    month = int(parts["month"]) if "month" in parts else _month(parts["name"])
    year = int(parts["year"])
    if len(parts["year"]) == 2:
        year += 2000 if year < 50 else 1900
    hour, minute = int(parts["hour"] or 0), int(parts["minute"] or 0)
    second = min(int(parts["second"] or 0), 59)  # a leap second has no place in datetime
    if parts["half"]:
        hour = hour % 12 + (12 if parts["half"] in "Pp" else 0)
    next_day = hour == 24 and minute == second == 0  # ISO 8601's other name for midnight
    try:
        local = datetime(year, month, int(parts["day"]), 0 if next_day else hour, minute, second, tzinfo=UTC)
        moment = local + timedelta(days=next_day) - _offset(rest.strip())
    except (ValueError, OverflowError):
        return None
    return moment if moment.year >= OLDEST_YEAR else None


def _month(name: str) -> int:
    """1 to 12; 0, which no date has, for what is no month."""
    start = name.casefold()[:3]
    if start in MONTHS:
        return MONTHS.index(start) + 1
    return FOREIGN_MONTHS.get(name.casefold()[:4]) or FOREIGN_MONTHS.get(start, 0)


def _offset(zone: str) -> timedelta:
    """What the zone is ahead of UTC."""
    if found := OFFSET.match(zone):
        ahead = timedelta(hours=int(found["hours"]), minutes=int(found["minutes"] or 0))
        return -ahead if found["sign"] == "-" else ahead
    name = re.match(r"[A-Za-z]{1,5}", zone)
    return timedelta(hours=ZONES.get(name[0].lower(), 0) if name else 0)


def parse_duration_s(text: str) -> int | None:
    """Seconds, for `itunes:duration`: seconds alone, `mm:ss` or `hh:mm:ss`; None for anything else, and for 0."""
    parts = text.strip().split(":")
    if not 1 <= len(parts) <= 3 or not all(re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,9})?", part) for part in parts):
        return None
    return int(sum(float(part) * 60**place for place, part in enumerate(reversed(parts)))) or None


def parse_bytes(text: str) -> int | None:
    """An enclosure's length; None for anything but a number of bytes, and for 0."""
    text = text.strip()
    return (int(text) or None) if text.isdecimal() and len(text) <= 15 else None
