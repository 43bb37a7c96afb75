"""Everyday words for a stretch of time, read into a half-open range; days and hours are those of the given zone."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tools.moments import MONTHS, said_day, said_moment

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
           "december")  # fmt: skip
_CLOCK = r"(?P<hour>\d{1,2})(?:[:.h](?P<minute>\d{2}))? ?(?P<half>am|pm|a\.m\.|p\.m\.|o'clock|h)?"
_LUNCH_HOUR = 12
_PARTS = {"morning": (0, 12), "afternoon": (12, 18), "evening": (18, 24), "night": (18, 24)}
_UNITS = {"second": 1, "sec": 1, "minute": 60, "min": 60, "hour": 3600, "hr": 3600, "day": 86400, "week": 604800}
_COUNTS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "ten": 10, "twenty": 20,
           "thirty": 30, "few": 3, "a few": 3, "couple of": 2, "a couple of": 2, "half an": 0.5}  # fmt: skip
_COUNT = rf"(?P<count>\d+|{'|'.join(sorted(_COUNTS, key=len, reverse=True))})"
_UNIT = r"(?P<unit>seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?)"
_DAY = (
    r"(?:the )?(?P<day>day before yesterday|today|yesterday|(?:(?:last|this) )?"
    rf"(?:{'|'.join(_DAYS)})|\d{{4}}-\d{{2}}-\d{{2}}|"
    rf"(?:{'|'.join(_MONTHS)}|jan|feb|mar|apr|jun|jul|aug|sep|sept|oct|nov|dec) "
    rf"\d{{1,2}}(?:st|nd|rd|th)?|\d{{1,2}}(?:st|nd|rd|th)?(?: of)? (?:{'|'.join(_MONTHS)}))"
)


@dataclass(frozen=True, slots=True)
class TimeRange:
    """A half-open range with the words it was read from; either end may be open."""

    since: datetime | None
    until: datetime | None
    start: int
    end: int

    @property
    def since_text(self) -> str:
        """ISO 8601 in UTC, or empty."""
        return "" if self.since is None else self.since.astimezone(UTC).isoformat(timespec="seconds")

    @property
    def until_text(self) -> str:
        """ISO 8601 in UTC, or empty."""
        return "" if self.until is None else self.until.astimezone(UTC).isoformat(timespec="seconds")


def say_period(range_: TimeRange) -> str:
    """The stretch of time in words: ``March 2026``, ``5 March 2026``, ``since 5 March 2026, 14:00``."""
    since, until = range_.since, range_.until
    if since is None or until is None:
        return f"since {_say_end(since)}" if since else f"before {_say_end(until)}" if until else ""
    is_first = since == _midnight(since).replace(day=1)
    if is_first and until == (since + timedelta(days=32)).replace(day=1):
        return f"{MONTHS[since.month - 1]} {since.year}"
    if is_first and since.month == 1 and until == since.replace(year=since.year + 1):
        return str(since.year)
    if since == _midnight(since) and until == _midnight(until):
        last = until - timedelta(days=1)
        return said_day(since) if last <= since else f"{said_day(since)} to {said_day(last)}"
    return f"{_say_end(since)} to {_say_end(until)}"


def _say_end(moment: datetime) -> str:
    return said_day(moment) if moment == _midnight(moment) else said_moment(moment)


_PAIR = ("one_minute", "two_minute")
_CENTURY = 36_525 * 86_400
Ends = tuple[datetime | None, datetime | None]
Reader = Callable[[re.Match[str], datetime], Ends | None]


def read_time(low: str, now: datetime) -> TimeRange | None:
    """The stretch of time that a lower-case text names, or ``None``. ``now`` must carry the person's time zone."""
    found: TimeRange | None = None
    for pattern, reader in _READERS:
        for match in pattern.finditer(low):
            ends = reader(match, now)
            if ends is not None:
                one = TimeRange(*ends, *match.span())
                found = one if found is None else _meet(found, one)
    return found


def _meet(one: TimeRange, two: TimeRange) -> TimeRange:
    """ "yesterday after 14:00": the first reading wins where the second lies inside its words."""
    if one.start <= two.start and two.end <= one.end:
        return one
    sinces = [t for t in (one.since, two.since) if t]
    untils = [t for t in (one.until, two.until) if t]
    start, end = min(one.start, two.start), max(one.end, two.end)
    return TimeRange(max(sinces, default=None), min(untils, default=None), start, end)


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _whole_day(day: datetime) -> Ends:
    return day, day + timedelta(days=1)


def _day_of(words: str, now: datetime) -> datetime | None:
    today = _midnight(now)
    if words in ("today", "yesterday", "day before yesterday"):
        return today - timedelta(days=("today", "yesterday", "day before yesterday").index(words))
    weekday = words.split()[-1]
    if weekday in _DAYS:
        back = (today.weekday() - _DAYS.index(weekday)) % 7
        return today - timedelta(days=back or (7 if words.startswith("last") else 0))
    return _date_of(words, today)


def _date_of(words: str, today: datetime) -> datetime | None:
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", words):
            year, month, day = map(int, words.split("-"))
            return today.replace(year=year, month=month, day=day)
        number = re.search(r"\d+", words)
        month_word = next(word for word in re.split(r"[ \d]+", words) if word[:3] in {m[:3] for m in _MONTHS})
        month = next(at for at, name in enumerate(_MONTHS, 1) if name.startswith(month_word[:3]))
        assert number is not None
        found = today.replace(month=month, day=int(number.group()))
        return found if found <= today else found.replace(year=today.year - 1)
    except ValueError:
        return None


def _clock_of(match: re.Match[str], day: datetime) -> datetime | None:
    hour, minute, half = int(match.group("hour")), int(match.group("minute") or 0), match.group("half") or ""
    if half.startswith("p") and hour < 12:
        hour += 12
    if half.startswith("a") and hour == 12:
        hour = 0
    return day.replace(hour=hour, minute=minute) if hour < 24 and minute < 60 else None


def _read_lunch(match: re.Match[str], now: datetime) -> Ends:
    day = _midnight(now)
    if "yesterday" in match.group():
        day -= timedelta(days=1)
    noon = day + timedelta(hours=_LUNCH_HOUR)
    if noon > now:  # said in the morning, "since lunch" can only mean yesterday's
        noon -= timedelta(days=1)
    end = _midnight(noon) + timedelta(days=1) if "yesterday" in match.group() else None
    return (_midnight(noon), noon) if match.group("side") in ("before", "until") else (noon, end)


def _read_clock(match: re.Match[str], now: datetime) -> Ends | None:
    explicit = match.group("minute") or match.group("half") or match.group("at")
    if match.group("side") != "since" and not explicit:
        return None  # "after 3 items" is no time
    at = _clock_of(match, _midnight(now))
    if at is None:
        return None
    if match.group("day"):
        day = _day_of(match.group("day"), now)
        assert day is not None
        at = at.replace(year=day.year, month=day.month, day=day.day)
    elif at > now and match.group("side") in ("since", "after", "from"):
        at -= timedelta(days=1)
    end = _midnight(at) + timedelta(days=1) if match.group("day") else None
    return (at, end) if match.group("side") in ("since", "after", "from") else (_midnight(at), at)


def _read_clock_pair(match: re.Match[str], now: datetime) -> Ends | None:
    day = _midnight(now)
    if not (match.group("one_minute") or match.group("two_minute") or match.group("half")):
        return None  # "from 1 to 5" is no time
    late = (match.group("half") or "").startswith("p")
    hours = [int(match.group(name)) + (12 if late and int(match.group(name)) < 12 else 0) for name in ("one", "two")]
    if not hours[0] < hours[1] <= 24:
        return None
    first, second = (
        timedelta(hours=hour, minutes=int(match.group(name) or 0)) for hour, name in zip(hours, _PAIR, strict=True)
    )
    return day + first, day + second


def _read_part(match: re.Match[str], now: datetime) -> Ends:
    first, last = _PARTS[match.group("part") or "night"]
    day = _midnight(now) - timedelta(days=1 if match.group("when") in ("yesterday", "last") else 0)
    since, until = day + timedelta(hours=first), day + timedelta(hours=last)
    if (match.group("side") or "").startswith(("since", "after")):
        return (until if match.group("side").startswith("after") else since), None
    return since, until


def _read_recent(match: re.Match[str], now: datetime) -> Ends:
    count = match.groupdict().get("count")
    number = float(count) if count and count.isdigit() else float(_COUNTS.get(count or "a", 1))
    seconds = next(size for unit, size in _UNITS.items() if match.group("unit").startswith(unit))
    # Nothing is older than a century; calendars end where people only wrote many digits.
    return now - timedelta(seconds=min(number * seconds, _CENTURY)), None


def _read_calendar(match: re.Match[str], now: datetime) -> Ends:
    today = _midnight(now)
    is_last, side = match.group("which") in ("last", "previous"), match.group("side") or ""
    if match.group("span") == "week":
        first = today - timedelta(days=today.weekday() + (7 if is_last else 0))
        following = first + timedelta(days=7)
    else:
        first = today.replace(day=1)
        if is_last:
            first = (first - timedelta(days=1)).replace(day=1)
        following = (first + timedelta(days=32)).replace(day=1)
    if side.startswith("before"):
        return None, first
    return first, (following if is_last and not side.startswith("since") else None)


def _read_day(match: re.Match[str], now: datetime) -> Ends | None:
    day = _day_of(match.group("day"), now)
    if day is None:
        return None
    side = (match.group("side") or "").strip()
    if side in ("since", "from"):
        return day, None
    if side == "after":
        return day + timedelta(days=1), None
    if side in ("before", "until", "till"):
        return None, day
    return _whole_day(day)


def _read_month(match: re.Match[str], now: datetime) -> Ends:
    """A month without a year is the last that has begun."""
    today = _midnight(now)
    month = next(at for at, name in enumerate(_MONTHS, 1) if name.startswith(match.group("month")[:3]))
    year = int(match.group("year")) if match.group("year") else today.year - (month > today.month)
    first = today.replace(year=year, month=month, day=1)
    return _side_of(match.group("side"), first, (first + timedelta(days=32)).replace(day=1))


def _read_year(match: re.Match[str], now: datetime) -> Ends:
    first = _midnight(now).replace(year=int(match.group("year")), month=1, day=1)
    return _side_of(match.group("side"), first, first.replace(year=first.year + 1))


def _side_of(side: str, first: datetime, following: datetime) -> Ends:
    """The stretch itself, or what lies before or after it."""
    if side in ("since", "from"):
        return first, None
    if side == "after":
        return following, None
    return (None, first) if side in ("before", "until", "till") else (first, following)


_READERS: tuple[tuple[re.Pattern[str], Reader], ...] = (
    (
        re.compile(
            r"\b(?:yesterday )?(?P<side>since|after|before|until) lunch(?: ?(?:time|break))?(?: yesterday| today)?\b"
        ),
        _read_lunch,
    ),
    (
        re.compile(
            r"\b(?:between|from) (?P<one>\d{1,2})(?::(?P<one_minute>\d{2}))? ?(?:am|pm|h)? ?(?:and|to|until|-) ?"
            r"(?P<two>\d{1,2})(?::(?P<two_minute>\d{2}))? ?(?P<half>am|pm|o'clock|h)?(?![\w%.]|:\d)"
        ),
        _read_clock_pair,
    ),
    (
        re.compile(rf"(?:\b{_DAY} )?\b(?P<side>since|after|from|before|until|till) (?P<at>at )?{_CLOCK}(?![\w%.]|:\d)"),
        _read_clock,
    ),
    (
        re.compile(
            r"\b(?P<side>since |after )?(?P<when>this|yesterday|last) (?P<part>morning|afternoon|evening|night)\b"
        ),
        _read_part,
    ),
    (
        re.compile(
            rf"\b(?:in |during |over |within )?(?:the )?(?:last|past|previous) (?:{_COUNT} )?{_UNIT}\b(?<!last week)"
        ),
        _read_recent,
    ),
    (re.compile(rf"\b(?:since )?{_COUNT} {_UNIT} ago\b"), _read_recent),
    (re.compile(r"\b(?P<side>since |before )?(?P<which>this|last|previous) (?P<span>week|month)\b"), _read_calendar),
    (re.compile(rf"(?:\b(?P<side>since|after|from|before|until|till|on) )?\b{_DAY}\b"), _read_day),
    (
        re.compile(
            r"\b(?P<side>in|during|throughout|over|for|of|since|from|after|before|until|till) (?:the month of )?"
            rf"(?P<month>{'|'.join(_MONTHS)}|(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)(?= 20\d\d))"
            r"(?:(?: of|,)? (?P<year>20\d\d))?(?![\w-])(?! \d)"
        ),
        _read_month,
    ),
    (
        re.compile(
            r"\b(?P<side>in|during|throughout|since|after|before|until|till) (?:the year )?(?P<year>20[1-3]\d)"
            r"(?=$|[,;?!]| (?:and|only|by)\b|\.(?!\d))"
        ),
        _read_year,
    ),
)
