"""Pure. Classes of words: who is a person, what only people do, which words name machines. Rules name classes, seldom single words."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

TABLES = Path(__file__).parent / "tables"
#: Takes the place of the last letter of a word that stands for a person. Offsets stay valid, and a rule begins where a person was.
MARK = "\ue000"
#: Takes the place of code, quotes and addresses.
HOLE = "\ue001"
ACCENTED = "À-ÖØ-ÞĀĆČĎĐĒĘĚĞĢĪĶŁŃŇŌŐŘŚŞŠŤŪŮŰŹŻŽ"

PRONOUNS = "we|I|he|she|they|you|who|whoever|someone|somebody|anyone|anybody|everyone|everybody|no[ -]one|nobody|(?:none|neither|some|most|all) of (?:us|them|you)|one of us"
ROLES = (
    "engineers?|developers?|devs?|SREs?|DBAs?|sysadmins?|admins?|administrators?|responders?|reviewers?|authors?|committers?|maintainers?|contributors?"
    "|on-?calls?|on-?callers?|interns?|trainees?|apprentices?|juniors?|seniors?|contractors?|consultants?|employees?|technicians?|electricians?|analysts?"
    r"|testers?|QA|personnel|staff|staffers?|colleagues?|co-?workers?|team-?mates?|team[ -]members?|crew members?|members? of (?:the |our )?(?:\w+ )?(?:team|staff)"
    "|teams?|squads?|crews?|departments?|vendors?|suppliers?|subcontractors?|management|leadership|managers?|leads?|leaders?|directors?|executives?|execs?|boss(?:es)?"
    "|supervisors?|foremen|foreman|(?:advisory|change|review|steering|approval) (?:board|committee|group)|commanders?|facilitators?|operators?|people|humans?|persons?|folks|guys?|architects?|programmers?|coders?|specialists?|experts?|approvers?|owners?|newcomers?"
    "|new hires?|hires?|ops|devops|support|(?:platform|network|networking|data|database|infrastructure|infra|security|storage|operations|application|vendor) (?:group|guild|side|crew)"
    "|(?:support|service|help ?desk) agents?|(?:night|day|early|late|evening|weekend|morning) (?:shift|crew)|predecessors?|successors?|coordinators?|dispatchers?|programme managers?|CTO|CEO|CIO|CISO|COO"
    "|(?:service|help|support) ?-?desks?|(?:network|security) operations(?: cent(?:re|er))?|NOC|SOC|head office|the board|(?:change|release|problem|duty) managers?|captains?|pilots?|inspectors?|auditors?|surgeons?|nurses?|drivers? on duty|pair|trio"
    "|(?:cloud|hosting|internet|telecom|connectivity|managed|upstream|transit|colo|payment|our|the|mail|DNS) (?:service )?(?:providers?|carriers?|hosters?)|carriers?|net-?ops|sec-?ops|infra|corporate IT|partners?|agency|integrators?|leadership team|C-suite|middle management"
    "|(?:night|day|early|late|evening|morning|weekend|overnight|duty|batch|ops|operations|trading|payments|network|monitoring|control|change|incident|security|dispatch|front|dealing) desk"
    "|(?:first|second|third)-line(?: support)?|(?:1st|2nd|3rd)[ -]line(?: support)?|tier[ -](?:1|2|3|one|two|three) support|lads?|lasses|chaps?|blokes?|new (?:starters?|joiners?|recruits?)|recruits?"
    "|graduates?|freelancers?|novices?|rookies?|old hands?|product owners?|scrum masters?|project office|PMO|CAB|committee|war room|incident (?:bridge|room)|officers?|clerks?|designers?"
    "|pharmacists?|physicians?|clinicians?|doctors?|paramedics?|midwi(?:fe|ves)|radiographers?|trainers?|teachers?|mechanics?|machinists?|welders?|fitters?|plumbers|pickers|couriers?|cashiers?|traders?|bookkeepers?"
    "|controllers? on (?:duty|shift)|(?:air traffic|yard|duty|shift|area) controllers?|signallers?|signalmen|stewards?|producers? on the (?:title|game)|animators?|artists?|moderators?|researchers?|scientists?|statisticians?"
    "|(?:delivery|truck|lorry|van|bus|train|tram|ambulance|taxi|tanker) drivers?|(?:field|cable|vendor) installers?|(?:network|shift|capacity|event|route|production|radio|city|release) planners?|(?:executive|senior|lead|game|line) producers?"
    "|librarians?|registrars?|secretar(?:y|ies)|receptionists?|deput(?:y|ies)|heads? of (?:[a-z]+ ?){1,2}|ministers?|councillors?|civil servants?|ministry|council|trustees?|shareholders?|investors?|founders?|co-?founders?|chair(?:man|woman|person)"
    "|(?:the|our|whole|night|day|early|late|next|previous|outgoing|incoming) shift|volunteers?|procurement|product (?:managers?|people|side|team|group)|the business(?: side)?|programme board|project board|project managers?|account managers?|technologists?|packing (?:line|hall)|control room|ward managers?|matrons?"
    "|(?:platform|data|payments?|mobile|front-?end|back-?end|network|release|site|cloud|systems?|software|security|product|quality|infrastructure|storage|database|field|test|crew|capacity) (?:engineering|planning|scheduling)|(?:branch|ward|regional|site|plant|programme|depot|shop|store) managers?|customer care|ticket office|programme office|night staff|day staff"
    "|C-level|higher-ups|the brass|hosting (?:company|firm)|software house|back office|remote hands|outsourcers?|sponsors?|submitters?|accountants?|lawyers?|fellows?"
)
#: Before a role, these make a machine of it: "the Kubernetes operator", "the package manager", "the database user".
MACHINE_MODIFIER = re.compile(
    r"(?:account|alert|backup|bandwidth|boot|buffer|cache|cert|certificate|cloud|cluster|config|configuration|connection|container|content"
    r"|custom|database|dependency|device|disk|elasticsearch|entity|event|extension|file|helm|image|ingress|istio|job|k8s|kafka|key"
    r"|kubernetes|license|load|lock|memory|mongo|mysql|network-policy|node|object|openshift|operator-lifecycle|package|partition|password"
    r"|plugin|pod|postgres|postgresql|power|process|prometheus|queue|redis|region|resource|root|secret|secrets|service|session|snapshot"
    r"|state|storage-class|system|task|thread|traffic|transaction|volume|window"
    r")",
    re.IGNORECASE,
)
#: Roles that machines have too; others ("engineer", "developer") never follow such a word as a machine.
AMBIGUOUS_ROLE = re.compile(
    r"(?:admin|admins|author|coordinator|coordinators|director|dispatcher|lead|leader|leaders|leads|manager|managers|operator|operators"
    r"|owner|owners|user|users"
    r")",
    re.IGNORECASE,
)

#: Given names from many places, without those that are also words or products of the trade (Jenkins, Chef, Amber, Mark, Will, Grace, Ruby, Jade, Rust ...).
GIVEN = frozenset((TABLES / "given_names.txt").read_text(encoding="utf-8").split())
CAPITAL = rf"[A-Z{ACCENTED}]"
GIVEN_SMALL = frozenset(name.casefold() for name in GIVEN)

ADVERBS = (
    "then|also|again|simply|just|completely|repeatedly|explicitly|apparently|clearly|obviously|still|even|really|initially|wrongly|unfortunately|always|never|ever"
    "|definitely|certainly|surely|probably|easily|totally|entirely|once again|yet again|somehow|actually|at least|all|both|either|routinely|consistently|often|frequently"
    "|straight[- ]up|flat[- ]out|outright|basically|literally|evidently|intentionally|wilfully|willfully|just plain|quietly|openly"
    "|consciously|deliberately|knowingly|carelessly|badly|blindly|blithely|happily|conveniently|only|later|himself|herself|themselves|perhaps|maybe|likely|already|instead"
)
IRREGULAR = (
    "been|done|gone|had|made|taken|caught|thought|known|seen|read|reread|run|rerun|told|put|set|kept|left|sent|found|felt|held|built|rebuilt|bought|brought|taught|spent|met|led|paid|said"
    "|begun|come|become|shut|cut|let|hit|got|gotten|understood|written|rewritten|spoken|stood|withheld|withdrawn|withstood|overseen|foreseen|given|forgiven|shown|chosen|drawn|frozen|woken|sought|dug"
    "|lost|won|sat|slept|lain|laid|lent|meant|kept|heard|fed|fled|fought|hung|hurt|quit|rid|rung|risen|sold|shot|shaken|spread|split|stuck|struck|stolen|swept|swung|sworn|torn|thrown|overthrown|undone|redone|undergone"
    "|worn|wound|broken|borne|beaten|bent|bet|bitten|blown|burst|cast|dealt|driven|fallen|flown|forgotten|grown|hidden|leapt|learnt|ridden|shrunk|slid|sped|spelt|spun|sprung|sunk|swum|upset|overridden|overtaken|overcome|mistaken|misread|misled|reset|offset|input"
)
#: A past participle by its looks.
PARTICIPLE = rf"(?:{IRREGULAR}|(?!(?:red|need|feed|seed|speed|bed|shed|embed|ten|seven|eleven|open|often|even|then|token|screen|golden|hidden|when|green)\b)[a-z][a-z-]*(?:ed|en))"
#: What people do when they work with care; machines that do it are named as the doer.
WORK = (
    "(?:re-?|double-|cross-|peer |pre-|load[- ]|code[- ])?(?:caught|checked|tested|verified|validated|reviewed|noticed|spotted|documented|configured|communicated|escalated|paged|prioriti[sz]ed"
    "|addressed|fixed|known|seen|reali[sz]ed|anticipated|foreseen|considered|asked|told|informed|notified|acknowledged|rolled back|reverted|removed|rushed|merged"
    "|deployed|pushed|done|made|followed|read|run|set up|planned|updated|monitored|investigated|declared|flagged|raised|avoided|prevented|questioned|rehearsed"
    "|consulted|warned|involved|audited|inspected|challenged|approved|announced|mentioned|reported|handled|managed|written|trained|briefed|discussed|called|taken"
    "|introduced|implemented|added|upgraded|patched|renewed|clarified|recogni[sz]ed|identified|discovered|detected|found|picked up|thought|scheduled|assigned|mitigated"
    "|stopped|limited|contained|spared|resolved|cleaned up|decommissioned|disabled|labell?ed|coordinated|agreed|shipped|released|automated|measured|simulated|practi[sc]ed|learned|paid)"
)
#: The same work, as it stands after "did not" and "failed to".
WORK_BASE = (
    "(?:re-?|double-|cross-)?(?:check|verify|test|notice|act|react|respond|escalate|reali[sz]e|read|follow|think|consult|ask|review|catch|document|write down|write|communicate|look|tell"
    "|inform|warn|page|declare|plan|consider|validate|anticipate|foresee|question|rehearse|prepare|recogni[sz]e|appreciate|spot|listen|take|pay|bother|care|flag|raise"
    "|mention|coordinate|heed|investigate|understand the|answer|pick up|reply|call|wait|intervene|attend|join|assign|watch|maintain|renew|rotate|patch|back up|share|disclose|admit|apologi[sz]e|acknowledge|learn from|roll back|revert|communicate|supervise|oversee|finish (?:the|his|her|their)|complete (?:the|his|her|their)|announce|notify|involve|inspect|challenge|test|stick to|adhere|comply|do (?:his|her|their|our) |perform|alert (?:anyone|the team|us)"
    "|update (?:the )?(?:ticket|docs?|documentation|runbook|status|plan|page|wiki|team)|clean up|hand over|sign off|think of|account for|give|set up|make sure|ensure|keep an eye|see the|see that|see this)"
)
#: What would have been done with more care, in a condition.
CARE = (
    "(?:double-|cross-)?(?:tested|checked|verified|validated|reviewed|noticed|spotted|caught|documented|communicated|escalated|paged|followed|consulted|informed|told|notified|"
    "warned|asked|planned|considered|monitored|investigated|addressed|fixed|anticipated|rehearsed|questioned|discussed|briefed|trained|involved|done (?:properly|earlier|sooner|first)|better|more)"
)
#: Work of people, as a noun that can have a quality.
EFFORT = (
    "(?:handling|communications?|planning|preparation|preparations|testing|reviews?|code reviews?|documentation|runbooks?|leadership|management|coordination|engineering|teamwork|work|workmanship|efforts?"
    "|hand-?overs?|judge?ments?|decisions?|decision[- ]making|choices?|attitude|discipline|supervision|oversight|change management|incident management|incident response|operations|craftsmanship|hygiene"
    "|(?:rollout|release|migration|capacity|test|backup|deployment) (?:plan|planning|strategy|process)|process|procedures?|practices?|housekeeping|ownership|follow-?up|diligence|training|reasoning|thinking|culture)"
)
MACHINES = (
    "(?:probes?|hooks?|schedulers?|monitors?|monitoring(?: system)?|alerts?|alerting|alarms?|health ?checks?|checks?|systems?|pipelines?|CI|linters?|test suites?|tests?|unit tests?|canary|canaries|validators?|controllers?"
    "|jobs?|scripts?|tools?|tooling|limits?|limiters?|breakers?|balancers?|firewalls?|proxy|proxies|cron|automation|bots?|watchdogs?|agents?|gateways?|servers?|services?|clusters?|nodes?|kubelet|daemons?|compilers?"
    "|type checkers?|analy[sz]ers?|schemas?|policy|policies|guards?|gates?|heartbeats?|sweepers?|collectors?|operators?|autoscalers?|software|apps?|applications?|api|database|cache|client|library|provider|platform|CDN|edge|origin)"
)
#: A person or a team, in one or a few words; a role, or a word with a MARK that is no "we" or "they". NAME: any word with a capital letter.
WHO = (
    r"(?:him|her|everyone|everybody|(?:(?:the|our|this|that|these|those|their|his|her|every|each|all|any|some|both|an?|another|new|other|junior|senior) (?:(?!(?:can|could|may|might|will|would|to|not|did|do|does|is|are|was|were|has|have|had|and|or|that|which)\b)[\w'’-]+ ){0,3}?)?"
    rf"(?:(?:{ROLES}|desk|starters?|joiners?|crowd|bridge)(?![\w-])|(?!(?:w|h|sh|the|yo|wh|whoeve|no[ -]?on|nobod)?{MARK})[\w@.'’-]*{MARK}))"
)
NAME = rf"(?-i:{CAPITAL}[^\W\d_]+)"
#: What a post-mortem is about, as people call it.
MISHAP = (
    "(?:outages?|incidents?|failures?|downtime|disruptions?|interruptions?|breach(?:es)?|crash(?:es)?|mess|disaster|fiasco|debacle|problems?|issues?|troubles?|delays?|loss(?:es)?|corruption|leaks?|regressions?"
    "|blackout|stoppage|standstill|affair|episode|saga|business|thing|story|night|evening|morning|day|weekend|P1|sev-?1|collapse|breakdown|damage|chaos|misery|pain|grief|backlog|slowdown|degradation)"
)
#: What follows a person and still belongs to that person: "the engineer on call", "the author of the change", "the operator, who was new,".
AFTER_PERSON = (
    rf"(?:,? (?:on[- ](?:call|duty|shift|site)|in charge|at the time|that (?:day|night)|involved|responsible|himself|herself|themselves|here"
    rf"|wh{MARK} ['\w -]{{1,50}}?|(?:of|from|in|on|at|behind|for) (?:the |our |this |that )?[\w-]+(?: [\w-]+){{0,2}}?),?)?"
)
ADVERB = rf"(?: (?:{ADVERBS}),?){{0,2}}"
#: What may stand between a person and what that person is said to have done.
AUXILIARY = (
    "(?:(?: (?:has|had|have|did|do|does|was|were|is|are|be|been|being|not|never|got|went and|then|and|seems? to|seemed to|appears? to|appeared to|managed to|decided to|chose to|proceeded to|happened to|tend(?:s|ed)? to"
    "|kept|keeps|started|ended up|would|will|could|might|must|may|to|by|so|too|far|way|a bit|rather|pretty|quite|very|all|both|again|also|just|simply|only|still|even|once|basically|really|[a-z]{3,}ly)(?:n['’]t)?|['’](?:d|s|ve|re)){0,5})"
)
CLASSES = {
    "<SUBJECT>": rf"{MARK}{AFTER_PERSON}(?:[^\n;.]{{0,80}}?(?: and| but| then| yet| or|,| wh{MARK}))?" + AUXILIARY,
    "<AUX>": AUXILIARY,
    "<P>": MARK + AFTER_PERSON + ADVERB,
    "<P,>": MARK + AFTER_PERSON,
    "<P!>": MARK,
    "<P3>": rf"(?<=[a-z])(?<!\bw){MARK}" + AFTER_PERSON + ADVERB,
    # A role, or a name, that something belongs to.
    "<OF>": rf"(?:(?<![\w@.-])(?:{ROLES})(?:['’]s|(?<=s)['’])|(?-i:\b[A-Z][a-z]+)['’]s)",
    "<ADV>": ADVERB,
    "<PP>": PARTICIPLE,
    "<WORK>": WORK,
    "<DO>": WORK_BASE,
    "<EFFORT>": EFFORT,
    "<CARE>": CARE,
    "<MACHINE>": MACHINES,
    "<UNSURE>": r"(?:\b(?:not|never)|n['’]t) (?:be )?(?:clear|known|certain|sure|know|tell|say)\b|\b(?:whether|unclear|unlikely|doubtful|unknown|hard to (?:say|tell|know)|(?:might|would|could) not have (?:helped|changed|made))\b",
    "<NOT>": "(?: not|n['’]t)",
    "<MISHAP>": MISHAP,
    "<WHOLE>": rf"(?:it all|all (?:of )?(?:it|this|that)|everything|the lot|(?:the|this|that|our|your|\w+['’]s)(?: [\w-]+){{0,3}} {MISHAP})",
    "<NAME>": NAME,
    "<WHO>": WHO,
}
PERSON = re.compile(rf"(?<![\w@.-])(?:{PRONOUNS}|{ROLES})(?![\w'’-])".replace("[ -]", "(?: |-)").replace(" ", " +"), re.IGNORECASE)
#: Names that begin a sentence of a chat in small letters, but for those that are words too.
WORDS_TOO = re.compile(
    r"(?:said|rob|ray|jack|frank|carol|jean|robin|rosa|roman|ross|roy|victor|vera|an|li|al|art|ed|mina|ming|wei|ken|ted|leo|kai|tara|tim|toni|jin|yan|xin|uma|ade|asha|mika|min|ana|dolly|elif|emi|eli|eva|ike|jess|kota|mandy|nana|noel|patsy|polly|randy|remi|sally|scott|tamer|terry|una|wanda|viet|june|parth)",
    re.IGNORECASE,
)
CHATTED_NAME = re.compile(
    r"^\W*(?:(?:lol|so|and|but|then|ok|okay|yeah|honestly|well|today|yesterday|tbh|fyi|also)[,:]? )?(?P<name>[^\W\d_]{2,20})(?= [a-z])", re.IGNORECASE
)
HANDLE = re.compile(r"(?<![\w.@/])@[A-Za-z][\w.-]{0,38}\w(?![\w@])")
CAPITALISED = re.compile(rf"(?<![\w@.'’-]){CAPITAL}[^\W\d_]+(?![\w'’-])")
SURNAME = re.compile(rf" {CAPITAL}[\w'’-]*[^\W\d_A-Z](?![\w'’-])")
TITLED = re.compile(r"(?<!\w)(?:Mr|Mrs|Ms|Dr|Prof)\.? [A-Z][a-z]+(?![\w'’-])")
#: Departments that are called by what they do, known by the capital letter: "Security signed it off".
DEPARTMENT = re.compile(
    r"(?<![\w@.’'-])(?:(?:Finance|Corporate|Group|Central|Local) IT|IT|Engineering|Legal|Sales|Marketing|Finance|Procurement|Facilities|Security|Compliance|Networking|Product|Operations|Infrastructure|Development|Release Engineering|Platform(?: Engineering| Ops)?|Support|Customer (?:Success|Care|Service)|Operations|Data(?: Platform| Engineering)|Growth|QA|Sec(?:urity )?Ops|Ad Ops|Ops|Community|Live[- ]Ops|Payments|Merchandising|Logistics|Purchasing|Communications|Business|Management|HQ|HR|(?:product|community|account|programme|project|change|release|customer|middle) management|customer (?:success|care)|engineering|marketing|procurement|sales|merchandising)"
    r"(?= +(?:has|had|have|did|didn['’]t|never|was|were|is|just|then|also|ignored|forgot|refused|failed|signed|dropped|missed|let|left|kept|skipped|decided|knew|thought|assumed|went|sat|took|told|pushed|approved|blocked|overruled|neglected|waved|brushed|should|could|ought|needs?|must|does|do|is|are|always|constantly|keeps?|kept|thinks?|cares?|cared|promised|promises|made|makes|gave|put|took|left|rushed|insisted|refuses|ignores|forgets|skipped|skips|overlooked|underestimated|underestimates|broke|messed|pushes|wants?|wanted|only|simply|rarely|seldom|hardly|still|again|once|could|would|will)\b)"
)
#: "I" is a person, "i" is an index.
LONE_I = re.compile(r"i")


@lru_cache(maxsize=64)
def participants(names: tuple[str, ...]) -> re.Pattern[str] | None:
    """Return a pattern for the people of this review: whole names, and their first names."""
    known = {part for name in names if name.strip() for part in (name.strip(), name.split()[0]) if len(part) > 1}
    if not known:
        return None
    return re.compile(rf"(?<![\w@.'’-])(?:{'|'.join(sorted(map(re.escape, known), key=len, reverse=True))})(?![\w'’-])")


def mark_people(text: str, names: tuple[str, ...] = ()) -> str:
    """Return the text with a MARK on the last letter of everything that stands for a person. As long as before."""
    letters = list(text)
    for found in PERSON.finditer(text):
        if not is_machine(text, found) and not LONE_I.fullmatch(found[0]):
            letters[found.end() - 1] = MARK
    chatted = CHATTED_NAME.match(text)
    if chatted and chatted["name"] in GIVEN_SMALL and not WORDS_TOO.fullmatch(chatted["name"]):
        letters[chatted.end("name") - 1] = MARK
    for found in CAPITALISED.finditer(text):
        if found[0] in GIVEN:
            letters[(SURNAME.match(text, found.end()) or found).end() - 1] = MARK
    for pattern in (HANDLE, TITLED, DEPARTMENT, participants(names)):
        for found in pattern.finditer(text) if pattern else ():
            letters[found.end() - 1] = MARK
    return "".join(letters)


def is_machine(text: str, found: re.Match[str]) -> bool:
    """Tell a machine with a person's title ("the cert-manager operator") from a person."""
    if not AMBIGUOUS_ROLE.fullmatch(found[0]):
        return False
    before = text[max(0, found.start() - 30) : found.start()].split()
    return bool(before) and bool(MACHINE_MODIFIER.fullmatch(before[-1].strip("*_(")))


#: A choice of whole words, one of which is the end of a word: "n't".
NEGATED = re.compile(r"\\b\(\?:(?P<choices>(?:[^()|]+\|)*n\['’\]t(?:\|[^()|]+)*)\)")


def negated(found: re.Match[str]) -> str:
    """Return the choice so that "n't" is found where no word begins."""
    whole = [one for one in found["choices"].split("|") if one != "n['’]t"]
    return rf"(?:\b(?:{'|'.join(whole)})|n['’]t)"


def expand(pattern: str) -> str:
    """Return a rule's pattern with its classes spelled out; one space matches any number of them."""
    pattern = pattern.replace(r"\ue000", MARK)
    for name, spelled in CLASSES.items():
        pattern = pattern.replace(name, spelled)
    pattern = NEGATED.sub(negated, pattern)
    pattern = pattern.replace("[- ]", "(?:-| )").replace("[ -]", "(?: |-)")
    return re.sub(r" (\?)?", lambda found: " *" if found[1] else " +", pattern)
