"""Pure. What the columns of a table or the keys of objects mean: guessed from their names and values, and corrected by people."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from incidents.lib.timestamps import TimeError, read_human, read_machine
from incidents.lib.zones import zone_named

# Field -> what people read beside the choice.
FIELDS = {
    "time": "Time",
    "time_day_first": "Time, as day/month/year",
    "time_month_first": "Time, as month/day/year",
    "date": "Date",
    "end": "End",
    "zone": "Time zone",
    "text": "Text",
    "title": "Title",
    "actor": "Who or what",
    "kind": "Kind or status",
    "url": "Link",
    "id": "Identifier",
    "thread": "Thread or parent",
    "milestone": "Milestone",
}
# Names without spaces and signs, best first.
_NAMES = {
    "time": "timestamp datetime occurredat eventtime eventtimestamp time startedat starttime startsat start began begin beganat startdate when "
    "at dateandtime datetimeutc timeutc utctime utc ts epoch unixtime eventat loggedat logtime createdat created createdon createdtime "
    "creationtime creationdate datecreated createddate timecreated publishedat published postedat posted sentat receivedat reportedat "
    "requestedat displayat recordedat finishedat firsttimestamp firstseen firstoccurred triggeredat openedat openedon opened occurred detectedat raisedat raised logged "
    "submittedat lasttimestamp "
    "updatedat updated updatedon updateddate lastupdated modifiedat lastmodified statechangetime date day "
    "eventtimems timestampms timems tsms timestampmillis epochms timegenerated t zeitstempel zeitpunkt zeit uhrzeit datumzeit datumuhrzeit beginn erstelltam erstellt "
    "horodatage heure dateheure datedebut debut marcadetiempo fechahora hora dataora ora datahora datum fecha data",
    "date": "date day eventdate startdate datum tag jour fecha data dia giorno",
    "end": "endedat endtime endsat end enddate finishedat finished until resolvedat closedat completedat endedon resolvedon closedon completedon resolved closed endtimestamp ende endzeit beendetam fin datefin heurefin hasta",
    "zone": "timezone zone tz utcoffset tzname zeitzone fuseau fuseauhoraire zonahoraria",
    "text": "text message msg description event summary body content details detail note notes comment what entry update activity action log "
    "eventdescription shortdescription longdescription reason msgtext messagetext title "
    "rawmessage logmessage textpayload renderedmessage rendereddescription eventdata line logline raw m mt eventname statement observation beschreibung "
    "ereignis nachricht meldung vorgang bemerkung notiz kommentar massnahme evenement descriptif libelle commentaire mensaje descripcion evento suceso "
    "messaggio descrizione mensagem descricao headline name subject eventmessage alertname betreff titel objet titre asunto titulo",
    "title": "title subject headline name summary shortdescription betreff titel objet titre asunto titulo",
    "actor": "actor user username userdisplayname author authorname who person creator createdby reporter reportedby sender sendername senderfullname from "
    "agent responder member login performedby operator engineer by handle nick owner assignee bearbeiter benutzer verfasser autor "
    "melder absender auteur utilisateur personne responsable usuario persona utente autore responsabile host hostname source system service "
    "component team computer quelle email",
    "kind": "kind eventtype type category eventcategory status state action newstatus tostring currentstatus originalstatus art typ kategorie zustand etat statut categorie estado tipo",
    "url": "url link permalink htmlurl href weburl externalurl",
    "id": "eventid uuid guid messageid logid externalkey externalid entryid uid id key",
    "thread": "threadts threadid thread parentid parent replyto inreplyto",
    "milestone": "milestone",
}
NAMES = {field: tuple(names.split()) for field, names in _NAMES.items()}
PARTS = ("name", "displayname", "username", "login", "summary", "email", "fullname", "realname")
KINDS = {
    "alert": "alert warning critical alarm firing triggered trigger incidenttrigger problem down open opened",
    "page": "page paged paging notify notified notification",
    "acknowledgement": "acknowledgement acknowledged acknowledge ack acked",
    "escalation": "escalation escalated escalate",
    "status": "status statuschange investigating identified monitoring inprogress statusupdate update",
    "severity": "severity severitychange prioritychange",
    "role": "role assign assigned assignment joined commander",
    "message": "message chat comment msg",
    "hypothesis": "hypothesis theory suspicion",
    "decision": "decision decided",
    "action": "action task remediation",
    "change": "change deploy deployment release config configchange changed rollout",
    "impact": "impact outage customerimpact",
    "mitigation": "mitigation mitigated mitigating fix",
    "resolution": "resolution resolved resolve closed",
    "recovery": "recovery recovered ok up cleared",
    "communication": "communication comms announcement statuspage email",
    "note": "note notes annotation info",
}
KIND_OF = {word: kind for kind, words in KINDS.items() for word in words.split()}
MILESTONES = {"impact_started", "detected", "acknowledged", "mitigated", "resolved"}
SIGNS = re.compile(r"[^a-z0-9]+")
BRACKETS = re.compile(r"\s*[(\[].*?[)\]]\s*")
CLOCK_ONLY = re.compile(r"\s*\d{1,2}[:.h]\d\d(?:[:.]\d\d(?:[.,]\d+)?)?\s*(?:[ap]\.?m\.?)?\s*(?:[A-Z]{1,5}|[+\-]\d\d:?\d\d)?\s*", re.IGNORECASE)
NUMBERED = re.compile(
    r"[Tt]ime|[Dd]ate|[Ss]tamp|epoch|zeit|datum|heure|fecha|hora|_(?:at|ts|on)$|[a-z](?:At|Ts)(?:Ms)?$"
)  # names of columns whose numbers may be times
CODE = re.compile(r"[A-Za-z]+(?:[._:-]+[A-Za-z]+)+|[a-z]+(?:[A-Z][a-z]+)+")  # "check.down", "error_activity", "StatusChanged"
COMPARISON = re.compile(r"[<>=!]+|(?:is |not |or |and |greater|less|more|equals?|than|to|above|below|gte?|lte?|eq| )+", re.IGNORECASE)
WORDS = re.compile(r"[\s_-]+|(?<=[a-z])(?=[A-Z])")
PLANNED = re.compile(r"due|deadline|target|planned|expir|\bnext|\beta\b", re.IGNORECASE)  # in the names of times
SWITCHES = {"true", "false"}
SERIAL = re.compile(r"(?:3[6-9]|4\d|5[0-4])\d{3}\.\d{2,15}")  # from 1998 to 2050
SHARE = 0.6  # of a column's values that must be what it is taken for
ORDERS = {"time_day_first": True, "time_month_first": False}


@dataclass(frozen=True)
class Looks:
    """What the values of a column look like, each as a share of those that are filled."""

    filled: int
    full: float  # date and time, or epoch
    clock: float
    day: float
    number: float
    length: float
    unique: bool
    same: bool  # one value in all of several rows
    samples: tuple[str, ...]


def plain_name(name: str) -> str:
    """Return a column's name as it is compared: "Created At (UTC)" -> "createdat"."""
    name = name.lower()
    if not name.isascii():
        name = "".join(each for each in unicodedata.normalize("NFKD", name.replace("ß", "ss")) if not unicodedata.combining(each))
    return SIGNS.sub("", BRACKETS.sub("", name)) or SIGNS.sub("", name)


def looks_of(values: Sequence[str]) -> Looks:
    filled = [value.strip() for value in values if value.strip()][:200]
    full = clock = day = number = 0
    for value in filled[:60]:
        shape = time_shape(value)
        full += shape == "full"
        clock += shape == "clock"
        day += shape == "day"
        number += value.replace(".", "", 1).lstrip("-").isdigit()
    count = min(len(filled), 60) or 1
    length = sum(map(len, filled)) / (len(filled) or 1)
    return Looks(
        len(filled),
        full / count,
        clock / count,
        day / count,
        number / count,
        length,
        len(set(filled)) == len(filled) > 0,
        len(set(filled)) == 1 < len(filled),
        tuple(dict.fromkeys(filled))[:3],
    )


def time_shape(value: str) -> str:
    """Return "full", "clock", "day" or "" for what of a time a value holds."""
    if len(value) > 60 or not any(c.isdigit() for c in value):
        return ""
    try:
        moment = read_machine(value)
    except TimeError:
        if CLOCK_ONLY.fullmatch(value):
            return "clock"
        if excel_day(value) is not None:
            return "full"
        try:
            moment = read_human(value)
        except TimeError:
            return ""
        if not moment.local or len(value) > 40:
            return ""
    if not moment.local:
        return ""
    if moment.needs == "date":
        return "clock" if CLOCK_ONLY.fullmatch(value) else ""
    return "day" if moment.precision == "day" else "full"


def excel_day(value: str) -> str | None:
    """Return the time of a cell of Excel saved as its number, 46083.584722: days since 1900 with a part of one."""
    if not SERIAL.fullmatch(value):
        return None
    return (datetime(1899, 12, 30) + timedelta(seconds=round(float(value) * 86400))).isoformat(" ")


def guess_fields(columns: Mapping[str, Sequence[str]], *, named: bool = True) -> dict[str, str]:
    """Return column -> field for the columns that mean something. `named` is False when the names were made up."""
    looks = {name: looks_of(values) for name, values in columns.items()}
    plain = {name: plain_name(name.rpartition(".")[2]) if named else "" for name in columns}
    found: dict[str, str] = {}
    if not any(look.filled for look in looks.values()):  # no values at hand
        return _by_names(plain)

    def pick(field: str, fits: Callable[[Looks], bool], *, values_alone: Callable[[str], bool] | None = None) -> str:
        rank = {name: number for number, name in enumerate(NAMES[field])}
        free = [name for name in columns if name not in found and looks[name].filled]
        ranks = {name: rank[plain[name]] for name in free if plain[name] in rank}
        if field == "text":  # "Log entry", alertDetails: what a name ends in, where none is known whole
            ranks |= {name: 40 + rank[last] for name in free if plain[name] and name not in ranks and (last := _last_word(name)) in rank}
        # A shallow key beats a deep one of a better name (createdAt, user.startedAt), but for texts only one of about the same rank.
        deep = 8 if field in ("text", "title") else 1000
        by_name = sorted(
            (name for name in ranks if fits(looks[name])),
            key=lambda name: (field == "text" and _is_code(looks[name]), name.count(".") * deep + ranks[name]),
        )
        chosen = by_name[0] if by_name else ""
        if not chosen and values_alone is not None:
            chosen = next((name for name in free if values_alone(name)), "")
        if chosen:
            found[chosen] = field
        return chosen

    _pick_time(looks, found, pick, named)
    pick("end", lambda look: look.full + look.clock >= SHARE)
    for name in columns:
        parent = name.rpartition(".")[0]
        if plain[name] in NAMES["url"] and parent and (f"{parent}.value" in columns or plain_name(parent.rpartition(".")[2]) in NAMES["actor"]):
            plain[name] = ""  # the link of a person or of another record
    pick("url", lambda look: any(sample.startswith(("http://", "https://")) for sample in look.samples))
    pick("zone", lambda look: all(zone_named(sample) for sample in look.samples))
    pick("milestone", lambda look: all(sample in MILESTONES for sample in look.samples))
    people = {name for name in columns if named and any(plain_name(part) in NAMES["actor"] for part in name.split(".")[:-1])}
    for name in people:
        if plain[name] in PARTS:
            plain[name] = ""  # user.name is no title
    text = pick("text", lambda look: look.number < 0.5 and look.full < 0.5)
    if text and plain[text] not in ("title", "name", "subject"):
        for name in columns:
            if "." in name and plain[name] == "name" or looks[name].same:
                plain[name] = plain[name] if plain[name] in NAMES["actor"] else ""  # kubernetes.pod.name, a logger's own name: no title
        pick("title", lambda look: look.number < 0.5 and look.full < 0.5)
    if not text and (longest := _longest_text([name for name in columns if name not in found], looks)):
        found[longest] = "text"
    pick("kind", lambda look: look.length <= 40 and look.number < 0.5)
    _pick_actor(columns, found, looks, plain)
    most = max((look.filled for look in looks.values()), default=0)
    id_of = pick("id", lambda look: look.unique and look.filled == most)
    if most < 2 and plain.get(id_of, "") in ("id", "key", "uid"):
        del found[id_of]  # of one object alone it may be the id of what the event is about
    pick("thread", lambda look: look.length <= 100)
    return found


def _pick_time(looks: Mapping[str, Looks], found: dict[str, str], pick: Callable[..., str], named: bool) -> None:
    """Pick the column of the time, else those of its clock and its day, or the day alone."""

    def is_time(name: str, share: float) -> bool:
        """Numbers are as often ids as times: only the name of their column tells. What is planned did not happen."""
        return share >= SHARE and not PLANNED.search(name) and (looks[name].number < 0.5 or not named or bool(NUMBERED.search(name.rpartition(".")[2])))

    if not pick("time", lambda look: look.full >= SHARE, values_alone=lambda name: is_time(name, looks[name].full)):
        clock = pick("time", lambda look: look.clock + look.full >= SHARE, values_alone=lambda name: is_time(name, looks[name].clock + looks[name].full))
        day = pick("date", lambda look: look.day >= SHARE, values_alone=lambda name: is_time(name, looks[name].day))
        if day and not clock:
            found[day] = "time"


def _is_code(look: Looks) -> bool:
    """Tell whether a column holds names of types, which say less than any sentence."""
    return all(CODE.fullmatch(sample) for sample in look.samples)


def _longest_text(free: Sequence[str], looks: Mapping[str, Looks]) -> str:
    """Return the column with the longest words, or "" where none has any; a list is text only where nothing else is, a link never."""
    wordy = [name for name in free if looks[name].filled and looks[name].number < 0.5 and looks[name].full < 0.5 and looks[name].length >= 3]
    wordy = [name for name in wordy if not all(sample.startswith(("http://", "https://")) for sample in looks[name].samples)]
    lists = {name for name in wordy if all(sample[0] + sample[-1] == "[]" for sample in looks[name].samples)}
    return max(wordy, key=lambda name: (name not in lists, looks[name].length, name), default="")


def _last_word(name: str) -> str:
    return plain_name(WORDS.split(name.rpartition(".")[2].strip())[-1])


def _by_names(plain: Mapping[str, str]) -> dict[str, str]:
    """Return column -> field by the names alone; `plain` has the plain name of each column."""
    found: dict[str, str] = {}
    for field in ("time", "text", "actor", "kind", "url"):
        ranked = [name for name in plain if name not in found and plain[name] in NAMES[field]]
        if ranked:
            found[min(ranked, key=lambda name: NAMES[field].index(plain[name]))] = field
    return found


def _pick_actor(columns: Mapping[str, Sequence[str]], found: dict[str, str], looks: Mapping[str, Looks], plain: Mapping[str, str]) -> None:
    """The actor may be an object: user.name, author.displayName."""
    rank = {name: number for number, name in enumerate(NAMES["actor"])}
    best: list[tuple[int, int, int, str]] = []
    for name in columns:
        if name in found or not looks[name].filled or looks[name].length > 80 or looks[name].full >= SHARE:
            continue
        if all(sample.lower() in SWITCHES or COMPARISON.fullmatch(sample) or sample[0] in "{[" for sample in looks[name].samples):
            continue  # "call": true, "operator": "greater than"
        *parents, last = [plain_name(part) for part in name.split(".")]
        if plain[name] and last in rank:
            best.append((rank[last], len(parents), 0, name))
        elif parents and parents[-1] in rank and last in PARTS:
            best.append((rank[parents[-1]], len(parents), PARTS.index(last), name))
    if best:
        found[min(best)[3]] = "actor"


def zone_in(name: str) -> str:
    """Return the zone that the name of a time column states: "Time (UTC)", "started_at_utc"."""
    if match := re.search(r"[(\[]\s*([^)\]]{1,40}?)\s*[)\]]", name):
        zone = zone_named(match[1])
        return zone.name if zone else ""
    last = re.split(r"[\s_]+", name.strip())[-1]
    return "UTC" if last.upper() in ("UTC", "GMT") or name.endswith("Utc") else ""
