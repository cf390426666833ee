"""The coach's rules: own sentences, what must stay silent, properties of masking, and the measure on sentences and reports of others."""

import csv
import os
import time
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postmortems import blameless
from postmortems.blameless import lint
from postmortems.coach import actions, masking
from postmortems.coach.lookup import lookup
from postmortems.coach.rules import rules
from postmortems.coach.texts import ADVICE

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
DATA = Path(os.environ.get("DEBRIEF_SHARED_DATA", ROOT / "../shared/data"))
LABELLED = DATA.parent / "blameless.tsv"
REPORTS = DATA / "reports"


def rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t"))


OWN = rows(HERE / "coach" / "sentences.tsv")
FLAGGED = [row for row in OWN if row["label"] == "flag"]
#: Rounds of sentences, each frozen and measured once before the rules were mended for it.
ROUNDS = rows(HERE / "coach" / "rounds.tsv")


@cache
def found_in(text, kind):
    """Return what the coach asks about; several measures look at the same thousands of sentences."""
    return lint(text, kind)


def said(text, kind="prose", **options):
    return {one.category for one in (lint(text, kind, **options) if options else found_in(text, kind))}


@pytest.mark.parametrize("row", FLAGGED, ids=lambda row: row["text"][:60])
def test_it_asks_about(row):
    assert row["category"] in said(row["text"], row["kind"])


@pytest.mark.parametrize("row", [row for row in OWN if row["label"] == "ok"], ids=lambda row: row["text"][:60])
def test_it_is_silent_about(row):
    assert found_in(row["text"], row["kind"]) == []


# What the specification lists as must-not-fire, in sentences of our own where it gives only words.
SILENT = """\
The load balancer should have failed over to the other zone.
The alert should have fired at 14:05; it fired at 14:31.
The circuit breaker should have stopped the retries.
The failure should have been detected by the probe.
Every service should have an owner.
Each cluster should have automated backups.
This could have been a lot worse.
The token could have been used to read data; we found no evidence.
What would have helped you notice?
The root certificate, the root user, the root CA and the root span are listed.
The /root partition was full.
There was no single root cause.
The root cause is still unknown.
Justin opened the channel just after 14:00, just in time for the just-in-time build.
We ran git blame.
We ran `git blame` on it.
This is a blameless review, written not to assign blame.
Human error is never the end of an inquiry.
The user error rate (4xx) was flat.
User errors became visible at 11:37.
The forgot-password flow was slow.
The client library forgot cached credentials.
The Kubernetes operator failed to reconcile.
The package manager ignored the lockfile.
We missed our 99.9 % SLO.
Images are lazy loaded, and the timeout was too aggressive.
Nobody was hurt, and nobody was notified.
> whoever did this broke prod
```
the engineer should have checked
```
See https://example.org/human-error-is-the-root-cause for more.
[Reading](https://example.org/they-should-have-known-better) was shared.
She wrote "we should have checked the replica first" in the channel.
Er schrieb „we should have checked it“ in den Kanal.
The banner said 'you should have checked this first' in red.
<!-- the engineer forgot to -->
"""


def test_the_list_of_what_must_not_fire():
    text = SILENT.replace("\n", "\n\n").replace("```\n\nthe engineer should have checked\n\n```", "```\nthe engineer should have checked\n```")
    assert [one.text for one in lint(text, "prose")] == []
    for title in ("What could have gone better?", "Root Causes and Trigger"):
        assert lint(title, "heading") == [] == lint(f"# {title}\n")
    for event in ("Root cause investigation started", '14:12 Sam: "ugh, we should have checked"', '14:20 @lee wrote: "my mistake"'):
        assert lint(event, "timeline") == []
    for action in ("Retrain the anomaly model", "Revoke the leaked npm token", "Make sure the release job exits non-zero when a check fails"):
        assert lint(action, "action") == []
    assert lint("we should have checked, my mistake", "chat") == []


@pytest.mark.parametrize("row", FLAGGED, ids=lambda row: row["text"][:40])
def test_code_and_quotes_are_left_alone(row):
    text = row["text"]
    found = [(one.category, one.start, one.end) for one in lint(text, row["kind"])]
    assert [(one.category, one.start, one.end) for one in lint(f"{text}\n\n```\n{text}\n```\n", row["kind"])] == found
    assert lint(f"> {text}", row["kind"]) == []
    assert lint(f"~~~\n{text}\n~~~", row["kind"]) == []


@pytest.mark.parametrize(
    "change", [str.upper, str.lower, lambda text: text.replace("'", "’"), lambda text: text.replace(" ", "  "), lambda text: text.replace(" ", "\n", 2)]
)
def test_case_apostrophes_and_spaces_change_nothing(change):
    named = {"Elena", "Kenji", "Raj", "Tomasz", "Dave", "Sarah", "Tom", "Anna", "@"}
    for row in FLAGGED:
        if row["kind"] == "prose" and not any(name in row["text"] for name in named):
            assert row["category"] in said(change(row["text"])), change(row["text"])


@given(st.text(alphabet=st.sampled_from(list("ab \n`*_>\"'“”‘’[]()<!-#|~@.:?/\\\u00a0é😀\r\t")), max_size=200))
def test_masking_keeps_the_length(text):
    for kind in ("prose", "timeline"):
        assert len(masking.masked(text, kind)) == len(text)


@given(
    st.lists(
        st.sampled_from([row["text"] for row in FLAGGED] + ["\n\n", "```\n", "> ", "- ", "😀", "14:02 ", '"', "# Timeline\n", "# Actions\n", "\r\n", "|"]),
        max_size=8,
    ).map("".join)
)
def test_offsets_lie_inside_and_name_the_words(text):
    for kind in ("document", *blameless.KINDS):
        for one in lint(text, kind):
            assert 0 <= one.start < one.end <= len(text)
            assert text[one.start : one.end] == one.text


#: Texts on which patterns like these explode.
HOSTILE = (
    "<!--",
    "[a](",
    '"',
    "`",
    "*",
    "we ",
    "the team ",
    "had the team ",
    "should have been ",
    "'a ",
    "> ",
    "(",
    "x",
    "who ",
    "without ",
    "nobody and ",
    "one ",
    "nobody in the ",
    "everyone in the ",
    "if the had been would ",
    "with one call and we ",
    "everything that ",
    "was supposed to and ",
)


def test_a_sentence_is_searched_for_what_it_may_hold():
    """Of more than a thousand patterns few run on a sentence; 50 kB of prose, some 600 sentences, take a third of a second on a busy machine."""
    index = lookup()
    every = sum(len(rule.searches) for rule in index.rules)
    texts = [" ".join(row["text"].lower().split()) for row in [*OWN, *ROUNDS]]
    run = [sum(len(searches) for _rule, searches in index.possible(text)) for text in texts]
    assert every > 1000
    assert sum(run) / len(run) < every / 20


@pytest.mark.parametrize("part", HOSTILE)
def test_a_longer_text_takes_no_more_than_its_share(part):
    """Four times the text, not sixteen times the time: 50 kB take what twelve times 4 kB take."""
    lint("we had it coming")
    short, long = (min(cost(part * (size // len(part))) for _again in range(2)) for size in (4_000, 16_000))
    assert long < 8 * short + 0.2


def cost(text):
    start = time.process_time()
    lint(text)
    return time.process_time() - start


def test_a_document_tells_its_parts_by_headings():
    text = "# Timeline\n- 10:02 the engineer should have checked\n- Marco broke it\n\n## Action items\n- Improve monitoring.\n- Alert when lag exceeds 60 s\n\n## Lessons\nImprove monitoring.\n"
    assert [(one.category, one.text) for one in lint(text)] == [("person_blame", "Marco broke"), ("vague_action", "Improve")]


def test_a_line_that_begins_with_a_time_is_evidence():
    assert lint("14:02 we should have checked the replica") == []
    assert lint("<sam> we should have checked the replica") == []
    assert said("At noon we should have checked the replica.") == {"counterfactual"}


def test_people_of_the_review_are_known_by_name():
    assert said("Zorblax overlooked the banner of the shop.") == set()
    assert said("Zorblax overlooked the banner of the shop.", names=["Zorblax Quux"]) == {"person_blame"}


def test_a_question_invites():
    assert said("Could we have noticed it earlier?") == set()
    assert said("Why didn't you check the dashboard?") == {"person_blame"}
    assert said("Who approved this?") == {"person_blame"}


def test_profiles_weigh():
    text = "The root cause was a typo. The root cause was a lock. In hindsight the engineer should have checked. He botched it."
    weights = {profile: [(one.category, one.severity) for one in lint(text, "prose", profile=profile)] for profile in blameless.PROFILES}
    assert [severity for category, severity in weights["standard"] if category == "single_cause"] == ["ask", "hint"]
    assert [severity for category, severity in weights["sre"] if category == "single_cause"] == ["hint"]
    assert weights["light"] == [("person_blame", "strong")]
    assert lint("I deleted it accidentally. We skipped the canary.", "prose", profile="public")[-1].severity == "strong"


@pytest.mark.parametrize(
    ("text", "words", "instead"),
    [
        ("Obviously, the limit was low.", "Obviously", ""),
        ("The root cause of the outage was a typo.", "The root cause of the outage was", "A contributing factor of the outage was"),
        ("The table was accidentally deleted.", "was accidentally deleted", "was deleted"),
        ("Great!!!", "!!!", "."),
        ("Marco botched it.", "Marco botched", None),
    ],
)
def test_a_rewrite_is_offered_only_where_it_is_safe(text, words, instead):
    (one,) = lint(text, "prose")
    assert (one.text, one.rewrite) == (words, instead)


def test_other_languages_are_not_checked():
    assert not blameless.is_english("Der Ingenieur hat die Datenbank aus Versehen gelöscht, und niemand hat es über das Wochenende bemerkt.")
    assert blameless.is_english("The engineer deleted the database by accident and nobody noticed it over the whole weekend.")
    assert blameless.is_english("Pool exhausted")


@pytest.mark.parametrize(
    "text",
    [
        "Der Techniker hat den Alarm ignoriert.",
        "L'équipe n'a pas testé la sauvegarde dans le délai.",
        "El equipo no revisó los registros del servidor.",
        "De beheerder heeft het alarm niet gezien, en we hadden dat van de leverancier in de ochtend moeten horen, maar het was zondag.",
        "担当者がアラートを見落としたため、復旧が遅れました。",
        "Инженер забыл проверить резервную копию.",
    ],
)
def test_short_texts_of_other_languages_are_not_checked_either(text):
    assert not blameless.is_english(text)


@pytest.mark.parametrize(
    "text", ["Marco broke it.", "Do not do it.", "Rolled back to 10.2 in la-prod-1", "Nach dem deploy: errors", "", "✅ 10:02", "El Niño job killed"]
)
def test_a_foreign_word_makes_no_other_language(text):
    assert blameless.is_english(text)


def test_what_the_team_switched_off_stays_silent():
    text = "The root cause was a typo. Marco botched it."
    assert said(text) == {"single_cause", "person_blame"}
    assert said(text, off={("single_cause", "ask")}) == {"person_blame"}
    assert said(text, off={("person_blame", "hint")}) == {"single_cause", "person_blame"}


def test_learning_reviews_hear_of_questions_that_ask_for_a_defence():
    text = "Why does the pool start cold? What did the screen show? Why the second restart was slow is told below."
    assert [(one.category, one.severity, one.text) for one in lint(text, "prose", profile="learning")] == [("why_question", "hint", "Why does")]
    assert lint(text, "prose") == []


def test_public_texts_hear_of_names_and_machines_from_inside():
    text = "Ada restarted `db-prod-07` and vault.eu.internal at 10.2.3.4. See https://status.example.org and version 10.2.3 of checkout-api."
    found = lint(text, "prose", names=["Ada Byron"], profile="public")
    assert [one.text for one in found] == ["Ada", "db-prod-07", "vault.eu.internal", "10.2.3.4"]
    assert {(one.category, one.severity) for one in found} == {("exposure", "strong")}
    assert lint(text, "prose", names=["Ada Byron"]) == []


@pytest.mark.parametrize(
    ("given", "rules"),
    [
        (actions.Given("Alert when lag exceeds 60 s", "", True, True, True, 1), []),
        (actions.Given("Tune the alerts", "Done when the pager is quiet for a week", False, False, False, 0), ["VA4", "VA5", "VA6", "VA7"]),
        (actions.Given("Add a second path", "It may help.", True, True, True), ["VA8"]),
        (actions.Given(""), []),
    ],
)
def test_what_an_action_item_leaves_open(given, rules):
    assert [gap.rule for gap in actions.gaps(given)] == rules
    assert all(lint(gap.question, "prose") == [] for gap in actions.gaps(given))


def test_no_advice_says_what_it_advises_against():
    for advice in ADVICE.values():
        assert lint(f"{advice.name}. {advice.reason} {advice.question}", "prose") == []


# The measure on our own sentences that were written before the rules for them ----------------------------------

FRESH, UNSEEN = rows(HERE / "coach" / "fresh.tsv"), rows(HERE / "coach" / "unseen.tsv")
#: Said well enough under a neighbouring name.
NEIGHBOURS = {("person_blame", "human_error"), ("person_blame", "judgement"), ("human_error", "person_blame"), ("hindsight", "judgement")}


def recall(sentences):
    """Share of the flagged sentences in which the coach asks about what is wrong with them, and the innocent ones that it asks about."""
    flagged = [row for row in sentences if row["label"] == "flag"]
    heard = [row for row in flagged if any(one == row["category"] or (row["category"], one) in NEIGHBOURS for one in said(row["text"], row["kind"]))]
    return len(heard) / len(flagged), [row["text"] for row in sentences if row["label"] == "ok" and found_in(row["text"], row["kind"])]


def test_fresh_sentences_of_four_styles(capsys):
    """150 sentences written before the rules of tables/turns.yaml, when 0.70 of them were heard in their category and 2 of 52 innocent ones were asked about."""
    assert len(FRESH) == 150
    styles = {row["style"]: recall([one for one in FRESH if one["style"] == row["style"]])[0] for row in FRESH}
    with capsys.disabled():
        print("\nfresh sentences, recall by style: " + ", ".join(f"{style} {share:.2f}" for style, share in styles.items()))
    share, wrong = recall(FRESH)
    assert share >= 0.97
    assert wrong == []


def test_sentences_that_came_after_the_rules(capsys):
    """Two rounds of idiomatic sentences, each measured once before the rules were mended for it: 0.43, then 0.49; of 24 innocent ones 1 was asked about."""
    shares = {number: recall([row for row in UNSEEN if row["round"] == number]) for number in ("first", "second")}
    with capsys.disabled():
        print("\nunseen sentences, recall by round now: " + ", ".join(f"{number} {share:.2f}" for number, (share, _wrong) in shares.items()))
    assert all(share >= 0.85 and not wrong for share, wrong in shares.values())


#: At first sight, before the rules were mended: round -> recall of plain and of idiomatic wording with the right category and words, and precision.
#: From 7 on by other authors, each of whom knew neither rules nor tables; several by writers of English as a second language. Three labels of 9 were changed after that: the specification names "forgot" and "misread".
FIRST_SIGHT = {
    "1": (0.93, 0.05, 0.95),
    "2": (0.87, 0.40, 0.96),
    "3": (0.84, 0.33, 0.94),
    "4": (0.92, 0.50, 0.94),
    "5": (0.85, 0.28, 0.95),
    "6": (0.93, 0.64, 0.97),
    "7": (0.65, 0.57, 1.00),
    "8": (0.75, 0.80, 0.97),
    "9": (0.58, 0.42, 0.96),
    "10": (0.73, 0.60, 0.92),
    "11": (0.78, 0.75, 0.99),
    "12": (0.82, 0.75, 0.99),
    "13": (0.45, 0.65, 0.98),
    "14": (0.78, 0.57, 0.99),
    "15": (0.80, 0.80, 1.00),
    "16": (0.82, 0.78, 0.99),
    "17": (0.80, 0.75, 1.00),
    "18": (0.84, 0.76, 0.98),
    "19": (0.77, 0.80, 0.98),
    "20": (0.81, 0.76, 0.99),
    "21": (0.83, 0.96, 0.98),
    "22": (0.81, 0.82, 0.97),
    "23": (0.81, 0.70, 1.00),
    "24": (0.79, 0.67, 0.99),
    "25": (0.77, 0.93, 0.98),
    "26": (0.76, 0.63, 0.98),
    "27": (0.75, 0.80, 0.99),
    "28": (0.81, 0.80, 0.98),
    "29": (0.87, 0.80, 0.99),
}
#: The last two, 320 flagged sentences for none of which the rules were mended: 0.91 of the plain and 0.81 of the idiomatic ones were asked about at first sight, under whatever name.
NEVER_MENDED = ("28", "29")
KNOWN_WRONG = {
    "The wrong time zone was set in the container image.",
    "Fix the PDF export of the disciplinary-letter template in the HR tool, which drops page two (HR-88)",
    "The card network's warning letter about late presentment arrived on the 14th.",
    "The keyboard driver types the wrong character whenever two layouts are loaded.",
    "Each dropped call is logged with exactly one cause value, as the standard requires.",
    "We found five contributing conditions, and none of them alone was enough to close the checkout.",
    "Jared merged PR 4821 at 16:50 after the canary had been green for fifteen minutes, which is the bar in our release doc.",
    'The bank\'s letter of 9 June speaks of "gross negligence by the processor"; we quote it because the regulator has asked for it.',
    "The single sign-on page was the one component that kept working in all regions.",
    "It was my fault, I was in a hurry, said the technician on the phone; the work order gave him 15 minutes for a job that normally takes 40.",
    'According to the local newspaper the authority "slept through" the failure; our timeline shows first contact with the provider at 07:52.',
    "The engineer who ran the script had a green dry run in front of him and no sign that it pointed at staging.",
    "Write a contract test for the tax rounding and make it block the merge pipeline, by 12 June",
    "I should have called sooner, Owen said in the interview; we asked what the pager showed him at that point.",
}


def hears(row):
    """Tell whether the coach asks about the right words, and whether for the right reason."""
    start = row["text"].index(row["span"])
    found = [one for one in found_in(row["text"], row["kind"]) if one.start < start + len(row["span"]) and start < one.end]
    return bool(found), any(one.category == row["category"] for one in found)


@pytest.mark.parametrize("number", sorted(FIRST_SIGHT))
def test_rounds_of_plain_and_idiomatic_sentences(number, capsys):
    mine = [row for row in ROUNDS if row["round"] == number]
    assert {row["text"] for row in mine if row["label"] == "ok" and found_in(row["text"], row["kind"])} <= KNOWN_WRONG
    asked, named = {}, {}
    for style in ("plain", "idiom"):
        heard = [hears(row) for row in mine if row["style"] == style]
        asked[style], named[style] = (sum(one) / len(heard) for one in zip(*heard, strict=True))
    with capsys.disabled():
        told = ", ".join(f"{style} {asked[style]:.2f} ({named[style]:.2f} by its name)" for style in asked)
        print(f"\nround {number}: {told}; by its name at first sight {FIRST_SIGHT[number]}")
    assert asked["plain"] >= (0.85 if number in NEVER_MENDED else 0.9)
    assert asked["idiom"] >= 0.6


@pytest.mark.skipif(
    not LABELLED.is_file(), reason=f"a few rules are spoken for by the labelled sentences, which are not at {LABELLED}; set DEBRIEF_SHARED_DATA"
)
def test_no_rule_serves_a_single_sentence():
    """Every rule is the first to speak in at least two sentences of different wording: a class, not a phrase."""
    found = Counter()
    for row in [*OWN, *FRESH, *UNSEEN, *ROUNDS, *rows(LABELLED)]:
        if row["label"] == "flag":
            found.update({one.rule for one in found_in(row["text"], row["kind"]) if one.category == row["category"]})
    assert [rule.id for rule in rules() if found[rule.id] < 2] == []


# The measure on what others wrote -------------------------------------------------------------------------


@pytest.mark.skipif(not LABELLED.is_file(), reason=f"there are no labelled sentences at {LABELLED}; set DEBRIEF_SHARED_DATA to the folder beside them")
def test_precision_and_recall_on_labelled_sentences(capsys):
    hits, false, missed = Counter(), Counter(), []
    for row in rows(LABELLED):
        found = found_in(row["text"], row["kind"])
        if row["label"] == "ok":
            false.update(one.category for one in found)
            continue
        start = row["text"].lower().index(row["span"].lower())
        if any(one.category == row["category"] and one.start < start + len(row["span"]) and start < one.end for one in found):
            hits[row["category"]] += 1
        else:
            missed.append(row)
        allowed = {row["category"], *row["also_ok"].split("|")}
        false.update({one.category for one in found} - allowed)
    misses = Counter(row["category"] for row in missed)
    with capsys.disabled():
        print(f"\n{'category':16} precision recall")
        for category in blameless.ADVICE:
            print(f"{category:16} {ratio(hits[category], false[category]):9.2f} {ratio(hits[category], misses[category]):6.2f}")
        print(f"{'all':16} {ratio(hits.total(), false.total()):9.2f} {ratio(hits.total(), misses.total()):6.2f}")
    assert missed == []
    assert ratio(hits.total(), false.total()) >= 0.95
    assert all(ratio(hits[category], false[category]) >= 0.9 for category in hits)


@pytest.mark.skipif(not LABELLED.is_file(), reason=f"there are no labelled sentences at {LABELLED}; set DEBRIEF_SHARED_DATA to the folder beside them")
def test_the_rules_are_general_in_five_folds(capsys):
    """Each fifth is heard by those rules alone that also speak in the other four or in our own sentences: precision and recall by fold and category."""
    labelled, kinds = rows(LABELLED), list(blameless.ADVICE)
    heard = [found_in(row["text"], row["kind"]) for row in labelled]
    elsewhere = {
        one.rule
        for row in [*OWN, *FRESH, *UNSEEN, *ROUNDS]
        if row["label"] == "flag"
        for one in found_in(row["text"], row["kind"])
        if one.category == row["category"]
    }
    table, totals = [], Counter()
    for fold in range(5):
        known = elsewhere | {
            one.rule
            for number, row in enumerate(labelled)
            if number % 5 != fold and row["label"] == "flag"
            for one in heard[number]
            if one.category == row["category"]
        }
        counts = Counter()
        for row, found in list(zip(labelled, heard, strict=True))[fold::5]:
            categories = {one.category for one in found if one.rule in known}
            if row["label"] == "flag":
                counts["hit" if row["category"] in categories else "missed", row["category"]] += 1
            allowed = {row["category"], *row["also_ok"].split("|")} if row["label"] == "flag" else set()
            counts.update(("false", category) for category in categories - allowed)
        totals += counts
        table.append(counts)
    with capsys.disabled():
        print(f"\n{'five folds':16}" + "".join(f"  fold {fold + 1}   " for fold in range(5)) + " all")
        for category in [*kinds, "all"]:
            cells = [figures(counts, category) for counts in [*table, totals]]
            if any(cell != (1.0, 1.0) or category == "all" for cell in cells) or totals["hit", category]:
                print(f"{category:16}" + " ".join(f"{precision:.2f}/{share:.2f}" for precision, share in cells))
    precision, share = figures(totals, "all")
    assert precision >= 0.95
    assert share >= 0.95


def figures(counts, category):
    """Precision and recall of one category, or of all."""
    number = {what: sum(value for (name, of), value in counts.items() if name == what and category in (of, "all")) for what in ("hit", "missed", "false")}
    return ratio(number["hit"], number["false"]), ratio(number["hit"], number["missed"])


def ratio(right, wrong):
    return right / (right + wrong) if right + wrong else 1.0


@pytest.mark.skipif(not REPORTS.is_dir(), reason=f"there are no published reports at {REPORTS}; set DEBRIEF_SHARED_DATA")
def test_published_reports_are_mostly_left_in_peace(capsys):
    """Published reports have been edited by people who knew how; more than a few findings a thousand words would be noise."""
    words, found, files = 0, Counter(), sorted(path for path in REPORTS.rglob("*") if path.suffix in {".md", ".txt"} and path.is_file())
    for path in files[::6]:
        text = path.read_text(encoding="utf-8", errors="replace")[: blameless.LIMIT]
        words += len(text.split())
        found.update(one.category for one in lint(text))
    with capsys.disabled():
        print(f"\n{len(files[::6])} reports, {words} words, findings per 1,000 words: {1000 * found.total() / words:.2f}")
        print("  " + ", ".join(f"{category} {1000 * number / words:.2f}" for category, number in found.most_common()))
    assert 1000 * found.total() / words < 4
