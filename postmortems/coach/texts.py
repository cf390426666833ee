"""Pure. What the author reads: by category a name, the reason, and the question to answer instead. No word here is one that the rules find."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Advice:
    name: str
    reason: str
    question: str


ADVICE = {
    "person_blame": Advice(
        "A verdict on someone",
        "This reads as a verdict on someone. Readers then guard themselves, and the next review hears less.",
        "Keep who acted, a role is enough, and add what they saw and were aiming for. Which condition let this action have that effect?",
    ),
    "human_error": Advice(
        "A label where the explanation begins",
        "This label closes the question just where it opens.",
        "What did the screen show? What made the action look right? Which part of the design let one action reach this far?",
    ),
    "counterfactual": Advice(
        "What did not happen",
        "This describes something that did not happen, so it cannot explain what did.",
        "What happened instead, and how did it make sense then? If it is an idea for the future, move it to the action items.",
    ),
    "judgement": Advice(
        "A word that judges",
        "The word gives a verdict, and the observation behind it is missing.",
        "Which observation is behind this word? Put the observation here and leave the word out.",
    ),
    "hindsight": Advice(
        "Told from the ending",
        "We know this because we know the ending; at the time there was more on the screen than this.",
        "What was visible at that time, and what else asked for attention?",
    ),
    "single_cause": Advice(
        "One cause for a joint effect",
        "Several conditions usually have to line up.",
        "What else had to be true? You could write “one contributing factor was …”, or name the trigger.",
    ),
    "passive_evasion": Advice(
        "The doer is missing",
        "Someone or something did this. Without it the reader loses what was known and expected. Naming a role is no accusation.",
        "Which role or mechanism, aiming at what, and what made the result possible?",
    ),
    "punitive_action": Advice(
        "Asks people to be different",
        "This asks people to change; a change to the system lasts longer.",
        "What could the system do so that the same action is harder to take unnoticed, easier to see, or easier to undo?",
    ),
    "vague_action": Advice(
        "Nobody could tell when it is done",
        "The action has no object, limit or proof yet.",
        "How will someone else see that this is done? For example “Alert when the queue is older than 5 minutes”. An investigation has a time box and a result to publish.",
    ),
    "why_question": Advice(
        "A question that asks for a defence",
        "Asked why, people explain themselves; asked what and how, they tell what they met.",
        "What did they see, and how did it look to them? For example “What made this look safe at the time?”",
    ),
    "exposure": Advice(
        "Inside information for outsiders",
        "This text is meant for readers outside, who have no need of names of people or machines.",
        "Would a role, or what the machine does, say it as well?",
    ),
}
CATEGORIES = tuple(ADVICE)
NOTHING_FOUND = "No listed phrases found. Read it once more as the person closest to the event."
NOT_CHECKED = "Not checked: the coach knows English only."
