"""Pure. What is read aloud, said and asked in a retrospective."""

from __future__ import annotations

GROUND_RULES = (
    "We are here to understand how this came about and to get better at our work. Nobody will be judged on what they say here.",
    "Everyone did what made sense with what they could see, the goals they had and the time available. If it looks odd to us now, we have not yet understood it.",
    "We know the ending; they did not. Let us stay in the moment we are talking about.",
    "Speak from your own seat: what I saw, thought, tried. Let others speak from theirs.",
    "Ask “how” and “what”. Swap “why didn’t …” for “what did it look like?”.",
    "Two accounts can differ and both be useful. We write both down.",
    "No fixing while we explore. Ideas go to the parking list.",
    "Names help us ask the right person; verdicts do not help at all. You can ask to be unnamed in the text.",
    "Anyone may call a pause, for any reason.",
)

OPENING = (
    "Thank you for coming. For the next {length} we will walk through what happened from the beginning, and at each turn I will ask what it looked like to you. "
    "I was not there, so I will ask plain questions; please correct me. We are not looking for the cause or for fixes today: I will keep a list for those. "
    "If you were close to this, you know most about it, and that makes you the teacher in this room. Is there anything that would make it easier to speak openly?"
)

CLOSING = (
    "What did you learn that you did not know this morning? What would you like to tell someone who was not here? "
    "Thank you. The draft reaches you by {date}, and you can change what is written about your part."
)

#: When you hear …, say ….
REDIRECTS = (
    ("“They should have …”", "What were they seeing at that point? What were the options?"),
    ("“Why didn’t you …?”", "Can we ask that as: what was on your mind then?"),
    ("“It was human error.”", "That is where it gets interesting: what made that action look right?"),
    ("“The cause is simply …”", "Good candidate. What else had to be true?"),
    ("“We just need to …”", "Parked. Before we fix: what does it do on an ordinary day?"),
    ("Someone blames themselves", "Thank you for saying it. Who else could have done the same in that seat?"),
    ("Silence from one seat", "What did this look like from support, or from the database side?"),
    ("One voice dominates", "I would like to hear two others on this before we go on."),
    ("A leader starts to probe a person", "May I turn that into a question about the situation?"),
    ("The group turns defensive", "What I am not asking is whose doing this was. What I am asking is how it came about."),
)

#: A conversation of 30 to 40 minutes with one person.
CONVERSATION = (
    "Start with their role and their usual work.",
    "“Take me back to just before.”",
    "Let the story run, without stopping it.",
    "Walk it again, stopping at points of change.",
    "Contrast: “When does this usually go fine?”",
    "Close: “What have I not asked?”",
)
CONVERSATION_CARE = "Do not show the graph of the outcome first, and have your notes confirmed by the person."

#: At each point of change.
PROBES = (
    "What drew your attention?",
    "What did you take it to mean?",
    "What were you trying to achieve?",
    "What were the options?",
    "What did you expect?",
    "How sure were you?",
    "What would a newer colleague have seen?",
)

#: Field of a written account -> its question. The last question, about what is for the facilitator alone, is stored apart.
ACCOUNT = {
    "began": "What were you doing when this began for you?",
    "noticed": "What did you first notice, and what did you make of it?",
    "hard_and_helped": "What was hard, and what helped?",
    "surprised": "What surprised you?",
    "ask_about": "What should we be sure to ask about?",
}
PRIVATE_QUESTION = "Anything you would rather tell the facilitator privately?"

#: Field of a perspective -> its label and its question.
PERSPECTIVE = {
    "saw": ("Saw", "What was on the screen, in the channel, in the room?"),
    "knew": ("Knew", "What was certain at that moment?"),
    "believed": ("Believed", "What was taken to be going on?"),
    "expected": ("Expected", "What was to happen next?"),
    "did": ("Did", "What followed from it?"),
}


def length_in_words(minutes: int) -> str:
    """Return how long it is, as one says it: “hour”, “45 minutes”."""
    return {15: "quarter of an hour", 30: "half hour", 60: "hour", 90: "hour and a half", 120: "two hours"}.get(minutes, f"{minutes} minutes")


#: The three questions after the meeting, on a scale of five, and the one for words.
SURVEY = {
    "said": "I could say what I wanted",
    "learned": "I learned something about the system or another team’s work",
    "well_spent": "The time was well spent",
}
SCALE = ("Not at all", "Little", "Partly", "Mostly", "Fully")
SURVEY_WORDS = "One thing to do differently"

#: The three lines of looking back: field -> its question, and what belongs there.
LOOK_BACK = {
    "helped": ("Did it help?", "What is different since: in the system, in how people work. “Not that we can tell” is an answer."),
    "surprised": ("Did it surprise us?", "What came otherwise than expected, also for the better."),
    "follows": ("What follows?", "What to keep, to undo, or to look at again. Nothing is fine, too."),
}
