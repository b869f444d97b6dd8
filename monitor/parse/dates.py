"""A date as somebody wrote it → an aware moment in UTC, or None; whatever the text, nothing is raised.

First the forms that standards name (RFC 3339, W3C-DTF, ISO 8601, RFC 822), then any text in which a
day, a month in one of thirty languages and a year can be told apart. No zone means UTC.
The surprising rule: 03/04/2024 is None unless the caller knows the order: a wrong date is worse than none.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta

_TEXT_CAP = 200  # characters; the longest date form known has 60
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)  # nothing on the web is older
_AHEAD = timedelta(days=2)  # zones reach 14 h; the rest is a clock that is wrong

_ISO = re.compile(
    r"""(?P<year>\d{4})-?(?:(?P<month>\d\d)(?:-?(?P<day>\d\d))?|-(?P<month1>\d)(?:-(?P<day1>\d{1,2}))?)?(?!\d)
        (?:(?:[T\s_]|,\s)\s*(?P<hour>\d{1,2})(?::?(?P<minute>\d{1,2})(?::?(?P<second>\d{1,2})(?:[.,:]\d*)?)?)?
        \s*(?P<zone>[A-Za-z(+\-−][\x20-\x7e−]*)?|(?P<day_zone>Z|[+\-]\d\d:\d\d))?$""",
    re.VERBOSE | re.IGNORECASE,
)
_ORDINAL = re.compile(r"(\d{4})-?(\d{3})(?!\d)(?:T(\d\d):?(\d\d)(?::?(\d\d))?(?:\.\d+)?)?\s*([A-Za-z+\-].*)?$")
_WEEK = re.compile(r"(\d{4})-?W(\d\d)(?:-?([1-7]))?$", re.IGNORECASE)
_SHORT_ISO = re.compile(r"(\d\d)-(\d\d)-(\d\d)(?!\d)(.*)$")
_SHORT_ORDINAL = re.compile(r"(\d\d)-?(\d{3})(?!\d)(T.*)?$")
_COMPACT = re.compile(r"((?:19|20)\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(?:Z|\+0000)?$", re.IGNORECASE)
_EPOCH = re.compile(r"\d{9,10}(?:\d{3})?(?:\.\d+)?$")
_RFC822 = re.compile(
    r"""(?:[A-Za-z]{3,9}\.?,?\s+)?(?P<day>\d{1,2})[\s-](?P<month>[A-Za-z]{3,9})\.?,?[\s-](?P<year>\d{4})
        \s+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?
        \s*(?P<zone>[A-Za-z+-][\w:/+-]*)?$""",
    re.VERBOSE,
)

_CLOCK = re.compile(
    r"(?<![\d.:/-])(?P<before>오전|오후|上午|下午|午前|午後|[ap]\.?m\.?)?\s*"
    r"(?P<hour>\d{1,2})\s?(?:[:h시時时点]|(?<=\d)\.(?=\d\d(?:\s*(?:uhr|$|[ap]\.?m)|\.\d\d\b(?!\d))))\s?(?P<minute>\d{1,2})?"
    r"(?:\s?[:.m분分]\s?(?P<second>\d{1,2})\s?[s초秒]?)?(?:[.,]\d+)?[분分]?"
    r"\s*(?P<after>[ap]\.?\s?m\b\.?|μμ|πμ)?",
    re.IGNORECASE,
)
_BARE_HOUR = re.compile(r"\b(?P<hour>\d{1,2})\s*(?P<after>[ap]\.?m)\b\.?", re.IGNORECASE)
_OFFSET = re.compile(r"(?:(?:GMT|UTC|UT|Z)\s*)?([+\-−])\s?(\d{1,2})(?::?(\d{1,2}))?(?!\d)", re.IGNORECASE)
_WORD_ZONE = re.compile(r"[A-Za-z]{1,5}")
_CJK_DAY = re.compile(r"(\d{4}|\d{2})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일号]?")
_Y_M_D = re.compile(r"(?<!\d)(\d{4})\s*[-/.]\s*(\d{1,2})\s*[-/.]\s*(\d{1,2})(?!\d)\.?")
_D_M_Y = re.compile(r"(?<![\d])(\d{1,2})\s*([-/.])\s*(\d{1,2})\s*[-/.]\s*(\d{4}|\d\d)(?!\d)")
_VIETNAMESE = re.compile(r"(\d{1,2})\s*th[aá]ng\s*(\d{1,2})\s*(?:,|năm|nam)?\s*(\d{4})", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+(?:['’\u0300-\u036f][^\W\d_]+)*")
_NUMBER = re.compile(r"\d+")
_BY_NUMBER = re.compile(r"\d[.\s,/-]*(?:de |of |den |di )?([^\W\d_]+)")
_BEFORE_NUMBER = re.compile(r"([^\W\d_]+)[.\s,/-]*\d")

# Hours from UTC. RFC 2822 says of the military letters that they mean nothing: they count as UTC.
# IST is India's (Israel and Ireland write an offset), CST and BST are North America's and Britain's.
_ZONES: dict[str, float] = {
    **dict.fromkeys(("ut", "utc", "gmt", "z", "wet", "zulu"), 0),
    **dict.fromkeys(("bst", "cet", "met", "mez", "west", "wat"), 1),
    **dict.fromkeys(("cest", "mest", "mesz", "eet", "sast", "cat", "hec"), 2),
    **dict.fromkeys(("eest", "msk", "idt", "eat", "trt", "ast3"), 3),
    "irst": 3.5, "gst": 4, "msd": 4, "samt": 4, "pkt": 5, "yekt": 5, "ist": 5.5, "npt": 5.75,
    **dict.fromkeys(("wib", "ict"), 7),
    **dict.fromkeys(("hkt", "sgt", "awst", "pht", "myt", "wita"), 8),
    **dict.fromkeys(("jst", "kst", "wit"), 9),
    "acst": 9.5, "aest": 10, "acdt": 10.5, "aedt": 11, "nzst": 12, "nzdt": 13,
    "nst": -3.5, "ndt": -2.5,
    **dict.fromkeys(("adt", "brt", "art", "clst"), -3),
    **dict.fromkeys(("edt", "ast", "at", "clt"), -4),
    **dict.fromkeys(("est", "et", "cdt", "pet", "cot"), -5),
    **dict.fromkeys(("cst", "ct", "mdt"), -6),
    **dict.fromkeys(("mst", "mt", "pdt"), -7),
    **dict.fromkeys(("pst", "pt", "akdt"), -8),
    "akst": -9, "hst": -10,
}  # fmt: skip

# Twelve columns a line, alternatives by "|"; accents do not count, nor do case and a final dot.
_MONTH_LINES = """
january|jan february|feb march|mar april|apr may june|jun july|jul august|aug september|sep|sept october|oct november|nov december|dec
januar|janner|jaenner februar|feber marz|maerz|mrz april mai juni juli august september oktober|okt november dezember|dez
janvier|janv fevrier|fevr|fev mars avril|avr mai juin juillet|juil aout septembre octobre novembre decembre
enero|ene febrero marzo abril|abr mayo junio julio agosto|ago septiembre|setiembre|set octubre noviembre diciembre|dic
gennaio|gen febbraio marzo aprile maggio|mag giugno|giu luglio|lug agosto settembre ottobre|ott novembre dicembre
janeiro fevereiro marco abril maio junho julho agosto setembro outubro|out novembro dezembro
januari februari maart|mrt april mei juni juli augustus september oktober november december
stycznia|styczen|sty lutego|luty|lut marca|marzec kwietnia|kwiecien|kwi maja|maj czerwca|czerwiec|cze lipca|lipiec|lip sierpnia|sierpien|sie wrzesnia|wrzesien|wrz pazdziernika|pazdziernik|paz listopada|listopad|lis grudnia|grudzien|gru
ledna|leden|led unora|unor|uno brezna|brezen|bre dubna|duben|dub kvetna|kveten|kve cervna|cerven|cvn cervence|cervenec|cvc srpna|srpen zari|zar rijna|rijen|rij listopadu prosince|prosinec|pro
januara februara marca aprila maja juna jula augusta septembra oktobra novembra decembra
januarja februarja marec aprila maj junij|junija julij|julija avgust|avgusta|avg septembra oktobra novembra decembra
sijecnja|sijecanj veljace|veljaca ozujka|ozujak travnja|travanj svibnja|svibanj lipnja|lipanj srpnja|srpanj kolovoza|kolovoz rujna|rujan listopada studenoga|studenog|studeni prosinca|prosinac
января|январь|янв февраля|февраль|фев марта|март|мар апреля|апрель|апр мая|май|маи июня|июнь|июн июля|июль|июл августа|август|авг сентября|сентябрь|сен|сент октября|октябрь|окт ноября|ноябрь|ноя декабря|декабрь|дек
січня|сiчня|сiч|сич|січ лютого|лют березня|бер квітня|квiтня|квітень|кві травня|тра червня|чер липня|лип серпня|сер вересня|вер жовтня|жов листопада|лис грудня|гру
януари|яну февруари март април май юни юли август септември|сеп октомври ноември|ное декември
јануар|јануара|јан фебруар|фебруара|феб март|марта април|априла мај|маја јун|јуна јул|јула август|августа септембар|септембра октобар|октобра новембар|новембра децембар|децембра
ocak subat mart nisan mayis haziran temmuz agustos eylul ekim kasim aralik
januari februari mars april maj juni juli augusti september oktober november december
januar februar mars april mai juni juli august september oktober november desember|des
tammikuu|tammikuuta helmikuu|helmikuuta maaliskuu|maaliskuuta huhtikuu|huhtikuuta toukokuu|toukokuuta kesakuu|kesakuuta heinakuu|heinakuuta elokuu|elokuuta syyskuu|syyskuuta lokakuu|lokakuuta marraskuu|marraskuuta joulukuu|joulukuuta
januar februar|februari marcius|marc aprilis|apr majus|maj junius julius augusztus szeptember|szept oktober november december
ιανουαριου|ιανουαριος|ιαν φεβρουαριου|φεβρουαριος|φεβ μαρτιου|μαρτιος|μαρ|μαω|μαρτ απριλιου|απριλιος|απρ μαιου|μαιος|μαι ιουνιου|ιουνιος|ιουν|ιον ιουλιου|ιουλιος|ιουλ|ιολ αυγουστου|αυγουστος|αυγ σεπτεμβριου|σεπτεμβριος|σεπ|σεπτ οκτωβριου|οκτωβριος|οκτ νοεμβριου|νοεμβριος|νοε δεκεμβριου|δεκεμβριος|δεκ
ianuarie|ian februarie martie aprilie mai iunie|iun iulie|iul august septembrie octombrie noiembrie|noi decembrie
jaanuar|jaanuari veebruar|veebruari marts|martsi aprill|aprilli mai juuni juuli august|augusti september|septembri oktoober|oktoobri november|novembri detsember|detsembri
janvaris|janvari februaris|februari marts|marta aprilis|aprili maijs|maija junijs|junijs julijs|julija augusts|augusta septembris|septembri oktobris|oktobri novembris|novembri decembris|decembri
sausio|sausis vasario|vasaris kovo|kovas balandzio|balandis geguzes|geguze birzelio|birzelis liepos|liepa rugpjucio|rugpjutis rugsejo|rugsejis spalio|spalis lapkricio|lapkritis gruodzio|gruodis
januari februari maret april mei juni juli agustus|agt|ags september oktober november desember
يناير فبراير مارس أبريل|ابريل مايو يونيو يوليو أغسطس|اغسطس سبتمبر أكتوبر|اكتوبر نوفمبر ديسمبر
ינואר|בינואר פברואר|בפברואר מרץ|במרץ|מרס אפריל|באפריל מאי|במאי יוני|ביוני יולי|ביולי אוגוסט|באוגוסט ספטמבר|בספטמבר אוקטובר|באוקטובר נובמבר|בנובמבר דצמבר|בדצמבר
जनवरी फरवरी मार्च अप्रैल मई जून जुलाई अगस्त सितंबर|सितम्बर अक्टूबर|अक्तूबर नवंबर|नवम्बर दिसंबर|दिसम्बर
gener febrer marc abril maig juny juliol agost setembre octubre novembre desembre
"""  # noqa: E501  a table reads by its rows
# Thai months, with marks that a word pattern would split at.
_THAI = [
    "มกราคม",
    "กุมภาพันธ์",
    "มีนาคม",
    "เมษายน",
    "พฤษภาคม",
    "มิถุนายน",
    "กรกฎาคม",
    "สิงหาคม",
    "กันยายน",
    "ตุลาคม",
    "พฤศจิกายน",
    "ธันวาคม",
]
_LEVANTINE = {
    "كانون الثاني": 1, "شباط": 2, "آذار": 3, "نيسان": 4, "أيار": 5, "حزيران": 6,
    "تموز": 7, "آب": 8, "أيلول": 9, "تشرين الأول": 10, "تشرين الثاني": 11, "كانون الأول": 12,
}  # fmt: skip
_HINDI_OR_THAI = re.compile("[\u0900-\u097f\u0e00-\u0e7f]+")


def _fold(word: str) -> str:
    """Drop case and accents, as month names are compared."""
    if word.isascii():
        return word.lower()
    split = unicodedata.normalize("NFD", word.lower().replace("ł", "l").replace("ı", "i"))
    return "".join(mark for mark in split if not unicodedata.combining(mark))


def _month_table() -> dict[str, int]:
    table: dict[str, int] = {}
    for line in _MONTH_LINES.strip().splitlines():
        for number, names in enumerate(line.split(), 1):
            for name in names.split("|"):
                table.setdefault(_fold(name), number)
    for doubtful in _TWO_MONTHS:
        del table[doubtful]
    return table


_TWO_MONTHS = ("listopada",)  # November in Polish and Czech, October in Croatian: a wrong month is worse than none
_MONTHS = _month_table()
# Weekday names that are also months: French, Italian, Spanish Tuesday; Portuguese has "set", "out".
_ALSO_WEEKDAY = frozenset({"mar"})


def parse_date(text: str, *, day_first: bool | None = None) -> datetime | None:
    """Return the moment `text` names, aware and in UTC, or None. Never raises, however long the text.

    `day_first` settles 03/04/2024 where the caller knows the habit of the place; without it such a
    date is read only when one of the two numbers exceeds twelve, they are equal, or AM/PM shows
    an American hand.
    """
    if not text:
        return None
    line = " ".join(text[:_TEXT_CAP].split())
    if not line or (len(text) > _TEXT_CAP and len(text.strip()) > _TEXT_CAP):
        return None
    try:
        return _standard(line) or _in_words(line, day_first)
    except (ValueError, OverflowError):
        return None


def sane(moment: datetime | None, now: datetime) -> datetime | None:
    """Return `moment` unless it cannot be a news date: before 1990, or more than two days ahead of `now`."""
    if moment is None or moment < _EARLIEST or moment > now + _AHEAD:
        return None
    return moment


def _standard(line: str) -> datetime | None:
    if found := _RFC822.match(line):
        month = _MONTHS.get(_fold(found["month"]))
        if month:
            return _moment(
                found["year"], month, found["day"], found["hour"], found["minute"], found["second"], found["zone"]
            )
    if line[0].isdigit():
        return _digits_first(line)
    return None


def _digits_first(line: str) -> datetime | None:
    if found := _COMPACT.match(line):
        year, month, day, hour, minute, second = found.groups("0")
        return _moment(year, month, day, hour, minute, second, "Z")
    if _EPOCH.match(line):
        return _from_epoch(line)
    if found := _ISO.match(line):
        month, day = found["month"] or found["month1"], found["day"] or found["day1"]
        if not _is_time_word(found["zone"]):
            return _moment(
                found["year"], month or 1, day or 1, found["hour"], found["minute"], found["second"],
                found["zone"] or found["day_zone"],
            )  # fmt: skip
    return _rarely_written(line)


def _rarely_written(line: str) -> datetime | None:
    """Read ISO 8601's ordinal and week dates, and its years of two digits."""
    if found := _ORDINAL.match(line):
        year, day_of_year, hour, minute, second, zone = found.groups()
        start = _moment(year, 1, 1, hour, minute, second, zone)
        return start + timedelta(days=int(day_of_year) - 1) if start and 1 <= int(day_of_year) <= 366 else None
    if found := _WEEK.match(line):
        monday = datetime.fromisocalendar(int(found[1]), int(found[2]), int(found[3] or 1))
        return monday.replace(tzinfo=UTC)
    if found := _SHORT_ISO.match(line):
        year, month, day, rest = found.groups()
        return _digits_first(f"{_full_year(year)}-{month}-{day}{rest}")
    if found := _SHORT_ORDINAL.match(line):
        return _digits_first(f"{_full_year(found[1])}-{found[2]}{found[3] or ''}")
    return None


def _is_time_word(zone: str | None) -> bool:
    """AM and PM stand where a zone may: such a time is read by the second way."""
    return bool(zone) and zone is not None and zone.lower().startswith(("am", "pm", "a.m", "p.m"))


def _from_epoch(line: str) -> datetime | None:
    number = float(line)
    seconds = number / 1000 if number >= 1e11 else number
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=int(seconds))


def _in_words(line: str, day_first: bool | None) -> datetime | None:
    """Read a date in any order of words: first the clock, then the zone behind it, then the day."""
    clock = _clock(line)
    hour, minute, second, zone, rest, is_american = clock
    day = _calendar_day(rest, day_first if day_first is not None or not is_american else False)
    if day is None:
        return None
    return _moment(*day, hour, minute, second, zone)


def _clock(line: str) -> tuple[int, int, int, str, str, bool]:
    """Return hour, minute, second, the zone's text, the line without them, and whether AM/PM was said."""
    found = _CLOCK.search(line)
    if found is None or (found["minute"] is None and not re.search("[시時时点]", found[0])):
        found = _BARE_HOUR.search(line)
        if found is None:
            return 0, 0, 0, "", line, False
        minute = second = 0
        half = found["after"]
    else:
        minute, second = int(found["minute"] or 0), int(found["second"] or 0)
        half = found["after"] or found["before"]
    hour = _on_24(int(found["hour"]), half)
    before, behind = line[: found.start()], line[found.end() :]
    zone, behind = _split_zone(behind.strip())
    is_american = bool(half) and half[:1] in "aApP"
    if half and not half.isascii() and "가" <= half[0] <= "힣" and not zone:
        zone = "KST"  # Korean feeds that write 오전/오후 write Korean time
    return hour, minute, second, zone, f"{before} {behind}", is_american


def _on_24(hour: int, half: str | None) -> int:
    if not half:
        return hour
    is_afternoon = half.lower().startswith("p") or half in ("오후", "下午", "午後", "μμ")
    if is_afternoon:
        return hour + 12 if hour < 12 else hour
    return 0 if hour == 12 else hour


def _split_zone(behind: str) -> tuple[str, str]:
    """Split what follows a clock into its zone and the rest (asctime puts the year there)."""
    behind = behind.lstrip("(,")
    if found := _OFFSET.match(behind):
        return found[0], behind[found.end() :]
    if (found := _WORD_ZONE.match(behind)) and found[0].lower() in _ZONES:
        rest = behind[found.end() :]
        if offset := _OFFSET.match(rest.lstrip()):
            return found[0] + offset[0], rest.lstrip()[offset.end() :]
        return found[0], rest
    return "", behind


def _calendar_day(rest: str, day_first: bool | None) -> tuple[int, int, int] | None:
    """Return year, month, day."""
    if found := _CJK_DAY.search(rest):
        return _full_year(found[1]), int(found[2]), int(found[3])
    if found := _VIETNAMESE.search(rest):
        return int(found[3]), int(found[2]), int(found[1])
    if found := _Y_M_D.search(rest):
        return int(found[1]), int(found[2]), int(found[3])
    if found := _D_M_Y.search(rest):
        return _numeric_day(int(found[1]), found[2], int(found[3]), _full_year(found[4]), day_first)
    return _named_day(rest)


def _numeric_day(first: int, mark: str, second: int, year: int, day_first: bool | None) -> tuple[int, int, int] | None:
    if day_first is None and mark in ".-":
        day_first = True  # nobody writes 12.31.2024 or 12-31-2024 on purpose, and those still resolve below
    if first > 12 or second > 12 or first == second:
        day_first = first > 12 or first == second
    if day_first is None:
        return None
    return (year, second, first) if day_first else (year, first, second)


def _named_day(rest: str) -> tuple[int, int, int] | None:
    month = _month_in(rest)
    numbers = [each for each in _NUMBER.findall(rest) if len(each) <= 4]
    if month is None or len(numbers) < 2:
        return None
    years = [each for each in numbers if len(each) == 4] or [numbers[1]]
    days = [each for each in numbers if each is not years[0] and len(each) <= 2]
    if not days:
        return None
    return _full_year(years[0]), month, int(days[0])


def _month_in(rest: str) -> int | None:
    words = [*_WORD.findall(rest), *_HINDI_OR_THAI.findall(rest)]
    # "Stand des Artikels: 26. Februar": `des` is December in Norwegian, but stands by no number.
    by_number = {*_BY_NUMBER.findall(rest), *_BEFORE_NUMBER.findall(rest)}
    words.sort(key=lambda word: word not in by_number)
    found = [(_fold(word), month) for word in words if (month := _MONTHS.get(_fold(word)))]
    certain = [month for name, month in found if name not in _ALSO_WEEKDAY]
    if certain or found:
        return (certain or [month for _, month in found])[0]
    for number, name in enumerate(_THAI, 1):
        if name in rest:
            return number
    return next((month for name, month in _LEVANTINE.items() if name in rest), None)


def _full_year(year: str) -> int:
    """Two-digit years turn at 70: RFC 2822 says 50, but no feed speaks of the fifties."""
    number = int(year)
    if len(year) == 2:
        return number + (2000 if number < 70 else 1900)
    return number - 543 if 2400 < number < 2700 else number  # the Buddhist era of Thailand


def _moment(
    year: str | int,
    month: str | int,
    day: str | int,
    hour: str | int | None,
    minute: str | int | None,
    second: str | int | None,
    zone: str | None,
) -> datetime | None:
    """Return the moment in UTC; raises ValueError or OverflowError where there is no such moment."""
    hours, seconds = int(hour or 0), int(second or 0)
    extra = timedelta(days=1) if hours == 24 else timedelta()  # ISO 8601 lets a day end at 24:00
    moment = datetime(
        int(year),
        int(month),
        int(day),
        0 if hours == 24 else hours,
        int(minute or 0),
        59 if seconds == 60 else seconds,  # a leap second
        tzinfo=UTC,
    )
    return moment + extra - _offset(zone or "")


def _offset(zone: str) -> timedelta:
    """Return how far `zone` is ahead of UTC; an unknown or impossible one counts as UTC."""
    zone = zone.strip().removeprefix("Etc/")
    if found := _OFFSET.match(zone):
        ahead = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
        if ahead > timedelta(hours=14):
            return timedelta()
        return ahead if found[1] == "+" else -ahead
    found = _WORD_ZONE.match(zone)
    if found is None:
        return timedelta()
    rest = zone[found.end() :].strip()
    if found[0].lower() in _ZONES:
        named = timedelta(hours=_ZONES[found[0].lower()])
        return named + _offset(rest) if _OFFSET.match(rest) else named
    return timedelta()
