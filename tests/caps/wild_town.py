"""A town whose rule `wild` may write little, beside a rule `calm` that may write much."""

from collections.abc import Callable

from pipeline.town import Town

RULES = """
version: 1
rules:
  - id: wild
    description: Every word about a case is told.
    when: [feedback.created, feedback.updated]
    caps: {%s}
    do: [{chat.post: {channel: wild, title: "wild: ${feedback.title}"}}]
    tests: [{name: t, given: {event: feedback.deleted}, expect: []}]
  - id: calm
    description: The same, elsewhere.
    when: [feedback.created, feedback.updated]
    caps: {writes_per_hour: none, per_record: none}
    do: [{chat.post: {channel: calm, title: "calm: ${feedback.title}"}}]
    tests: [{name: t, given: {event: feedback.deleted}, expect: []}]
"""
NewTown = Callable[[str], Town]
