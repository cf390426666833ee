"""What a facilitator is given: texts and agendas as data, questions and an order of conversations from the timeline. All of it pure.

texts.py        ground rules, opening, closing, redirects, the guide for a conversation, the form of an account
agendas.py      run sheets by template and length; planned and spent time of each block
people.py       names in a timeline -> people: who is who, when they were active
interviews.py   people and turning points -> whom to talk to first, and why
questions.py    entries -> questions by the kind of statement
invitation.py   a meeting -> an iCalendar request (RFC 5545, RFC 5546)
"""
