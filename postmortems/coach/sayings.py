"""Pure. Sayings as people know them -> patterns: "{drop} the ball" stands for every form of the verb. tables/sayings_*.yaml holds them by family.

{drop}       the verb in all its forms          one's     his, her, their, the team's
(a/b)        either                             sb        us, him, everyone, the customers
(a/b)?       either or nothing                  ...       up to three words
<DO>         a class of words.py
"""

from __future__ import annotations

import re

from postmortems.coach.words import NAME, WHO

#: Past tense and past participle, where they are not made with -ed.
IRREGULAR = {
    "be": "is|are|was|were|been|being|['’]s|['’]re",
    "bear": "bore|borne",
    "bend": "bent",
    "bite": "bit|bitten",
    "bleed": "bled",
    "blow": "blew|blown",
    "break": "broke|broken",
    "bring": "brought",
    "build": "built",
    "burn": "burnt",
    "bury": "buried",
    "bust": "bust",
    "buy": "bought",
    "cast": "cast",
    "catch": "caught",
    "cling": "clung",
    "come": "came",
    "cost": "cost",
    "creep": "crept",
    "cry": "cried",
    "cut": "cut",
    "deal": "dealt",
    "dig": "dug",
    "do": "did|done|does",
    "draw": "drew|drawn",
    "drive": "drove|driven",
    "eat": "ate|eaten",
    "fall": "fell|fallen",
    "feed": "fed",
    "feel": "felt",
    "fight": "fought",
    "find": "found",
    "fly": "flew|flown",
    "get": "got|gotten",
    "give": "gave|given",
    "go": "went|gone|goes",
    "grind": "ground",
    "grow": "grew|grown",
    "hang": "hung",
    "have": "has|had|['’]ve|['’]d",
    "hear": "heard",
    "hide": "hid|hidden",
    "hit": "hit",
    "hold": "held",
    "keep": "kept",
    "know": "knew|known",
    "lay": "laid",
    "lead": "led",
    "leap": "leapt",
    "learn": "learnt",
    "leave": "left",
    "lend": "lent",
    "let": "let",
    "lie": "lay|lain|lying",
    "lose": "lost",
    "make": "made",
    "meet": "met",
    "mistake": "mistook|mistaken",
    "oversleep": "overslept",
    "pay": "paid",
    "put": "put",
    "quit": "quit",
    "read": "read",
    "ride": "rode|ridden",
    "ring": "rang|rung",
    "rise": "rose|risen",
    "run": "ran|run",
    "say": "said",
    "see": "saw|seen",
    "sell": "sold",
    "send": "sent",
    "set": "set",
    "shake": "shook|shaken",
    "shoot": "shot",
    "show": "shown",
    "shut": "shut",
    "sing": "sang|sung",
    "sink": "sank|sunk",
    "sit": "sat",
    "sleep": "slept",
    "slide": "slid",
    "smell": "smelt",
    "speak": "spoke|spoken",
    "spell": "spelt",
    "spend": "spent",
    "spin": "spun",
    "split": "split",
    "spread": "spread",
    "stand": "stood",
    "steal": "stole|stolen",
    "stick": "stuck",
    "strike": "struck",
    "string": "strung",
    "swear": "swore|sworn",
    "sweep": "swept",
    "swim": "swam|swum",
    "swing": "swung",
    "take": "took|taken",
    "teach": "taught",
    "tear": "tore|torn",
    "tell": "told",
    "think": "thought",
    "throw": "threw|thrown",
    "undo": "undid|undone",
    "wake": "woke|woken",
    "wear": "wore|worn",
    "win": "won",
    "wring": "wrung",
    "write": "wrote|written",
}
#: Words, or parts of words, that say nothing about what a sentence may hold.
COMMON = frozenset(
    re.findall(
        r"\w+",
        """
        the a an and or of to in on at by for from with as was were is are be been being has have had it its this that these those our not no all
        one out up any so if we they he she his her their him them who which what there then than but will would can could may might must do does
        did done more new time other into over after before when how end here page back code work first right way some such
        """,
    )
)
DOUBLING = re.compile(r"[^aeiou][aeiou][bdgklmnprt]$")
NEVER_DOUBLED = frozenset(
    {"listen", "answer", "happen", "open", "offer", "cover", "wander", "weather", "paper", "hammer", "muster", "bother", "shoulder", "flounder", "fumble"}
)
ONES = r"(?:his|her|their|our|its|my|your|some(?:one|body)['’]s|[\w-]+['’]s?)(?: (?:own|collective|whole))?"
SOMEBODY = rf"(?:us|them|me|you|anyone|people|others|(?:(?:the|our|all|other|these|any) (?:[\w-]+ )?)?(?:customers?|users?|company|business|side|world|rest(?: of (?:us|them))?)|{WHO}|{NAME})"
#: A choice of words of which one is or begins with "n't".
NEGATION = re.compile(r" \((?P<choices>(?:[^()|]*\|)*n't[^()|]*(?:\|[^()|]*)*)\)")
#: A bracket that only groups.
BARE = re.compile(r"\((?!\?)")
#: What a saying is made of, to find a part of a word that none of its forms can do without. "l?" and "\\w" say nothing.
PIECE = re.compile(r"\(\?[=!:<-][^()]*|<[A-Z][A-Z,!3]*>|\(|\)(?:[?*+]|\{0,\d*\})?|[|/]|\{[a-z-]+\}|one's|\[[^\]]*\]|\\\w|[a-zA-Z]+(?![?*])")
PARTS = re.compile(r"(?P<letters>\[[^\]]*\])|\{(?P<verb>[a-z-]+)\}|\b(?P<ones>one's)|\b(?P<somebody>sb)\b|(?P<gap>\.\.\.)|(?P<slash>/)|(?P<apostrophe>')")


def forms(verb: str) -> str:
    """Return all forms of a verb, as a group of a pattern."""
    past = IRREGULAR.get(verb)
    if verb == "be":
        return f"(?:be|{past})"
    stem = verb.removesuffix("e") if verb.endswith("e") and not verb.endswith(("ee", "oe")) else verb
    if DOUBLING.search(verb) and verb not in NEVER_DOUBLED:
        stem = verb + verb[-1]
    third = verb[:-1] + "ies" if re.search(r"[^aeiou]y$", verb) else verb + ("es" if re.search(r"(?:s|x|z|ch|sh)$", verb) else "s")
    regular = verb[:-1] + "ied" if re.search(r"[^aeiou]y$", verb) else f"{stem}ed"
    return f"(?:{verb}|{third}|{stem}ing|{past or regular})"


def pattern(saying: str) -> str:
    """Return what finds a saying, whatever its tense and whomever it is said of."""
    return PARTS.sub(part, BARE.sub("(?:", NEGATION.sub(negation, saying)))


def negation(found: re.Match[str]) -> str:
    """Return a choice that holds "n't", which follows its verb without a space."""
    choices = found["choices"].split("|")
    apart, joined = [[one for one in choices if one.startswith("n't") == wanted] for wanted in (False, True)]
    return f"( ({'|'.join(apart)})|{'|'.join(joined)})" if apart else f"({'|'.join(joined)})"


def part(found: re.Match[str]) -> str:
    if found["verb"]:
        return forms(found["verb"])
    if found["letters"]:
        return found["letters"].replace("'", "'’")
    return {"ones": ONES, "somebody": SOMEBODY, "gap": r"(?:[\w'’-]+ ){0,3}[\w'’-]+", "slash": "|", "apostrophe": "['’]"}[found.lastgroup or ""]


def family(sayings: str) -> list[tuple[str, tuple[str, ...]]]:
    """Return for each saying, one a line, its pattern and the parts of words of which a sentence must hold one."""
    lines = [line.strip() for line in sayings.splitlines() if line.strip()]
    return [(f"(?:{pattern(line)})", tuple(sorted(anchors(line)))) for line in lines]


def anchors(saying: str) -> frozenset[str]:
    """Return parts of words of which every form of a saying holds one: the longest, and the fewest of them."""
    return best([anchors_of_choice(PIECE.findall(saying), [])])


def parts_of(pattern: str) -> tuple[str, ...]:
    """Return the same of a pattern as rules are written: with groups that only group, and marks of people."""
    return tuple(sorted(anchors(pattern.replace("(?:", "(").replace(r"\ue000", " "))))


def anchors_of_choice(pieces: list[str], outer: list[str]) -> frozenset[str]:
    """Read pieces up to the bracket that ends this choice, which goes to `outer`, and return what one of each of its alternatives holds."""
    alternatives: list[list[frozenset[str]]] = [[]]
    while pieces:
        piece = pieces.pop(0)
        if piece.startswith(")"):
            outer.append(piece)
            break
        if piece in ("|", "/"):
            alternatives.append([])
        elif piece.startswith("(?"):
            anchors_of_choice(pieces, [])
        elif piece == "(":
            closing: list[str] = []
            choice = anchors_of_choice(pieces, closing)
            if closing == [")"]:  # and not one that may be left out
                alternatives[-1].append(choice)
        elif piece.startswith("{"):
            alternatives[-1].append(frozenset(re.findall(r"[a-z-]{2,}", forms(piece[1:-1]).replace("['’]s", "").replace("['’]re", ""))))
        elif piece.isalpha() and piece not in ("one", "sb"):
            alternatives[-1].append(frozenset({piece.lower()}))
    held = [best(one) for one in alternatives]
    return frozenset().union(*held) if all(held) else frozenset()


def best(choices: list[frozenset[str]]) -> frozenset[str]:
    """Return the choice that fewest sentences hold by chance: no short or common word in it, and few words."""
    return max((one for one in choices if one), key=lambda one: (min(4, *map(rarity, one)), -len(one), min(map(len, one))), default=frozenset())


def rarity(word: str) -> int:
    return 1 if word in COMMON else len(word)
