"""The blameless coach: reads prose for verdicts on people and asks a question instead. Rule-based, offline, advisory.

masking.py     what is left alone: code, quotes, addresses; and what kind of text each line is (pure)
words.py       persons, roles, names, verbs of human work: the classes that rules are made of (pure)
rules.py       what a rule is; tables/ holds them as data, by what they look for: sayings and pictures, plain words, frames and clauses (pure)
sayings.py     sayings in all their forms: how tables/sayings_*, plain_* and pictures_*.yaml are read (pure)
lookup.py      which rules have a chance in a sentence (pure)
audiences.py   what the profiles learning and public look for besides (pure)
actions.py     when an action item can be told from done (pure)
texts.py       what the author reads: reason, question, example (pure)

`postmortems/blameless.py` applies them to a text; `postmortems/coaching.py` to a post-mortem, with what people chose to keep.
"""
