"""Other people in a record: who is personal is somebody else, the same by the same."""

from bridge.canonical.record import Comment, Feedback, WorkItem
from bridge.rules.disguise import Disguise

JANE = {"id": "003x", "name": "Jane Doe", "email": "jane@acme.test"}


def test_people_and_free_text_are_replaced_and_the_rest_is_kept() -> None:
    disguise = Disguise()

    made = disguise.record(
        Feedback,
        {
            "title": "My router",
            "body": "Call Jane",
            "severity": "high",
            "product": "Router",
            "customer": {"ref": "crm:Account:1", "name": "Acme", "value": 5.0},
            "contact": JANE,
            "score": None,
        },
    )

    assert made == {
        "title": "Title 1",
        "body": "Body 1",
        "severity": "high",
        "product": "Router",
        "customer": {"ref": "crm:Account:1", "name": "Acme", "value": 5.0},
        "contact": {"id": "person-1", "name": "Person 1", "email": "person1@example.invalid"},
        "score": None,
    }
    assert disguise.fields == {"title", "body", "contact"}


def test_the_same_person_is_the_same_somebody_in_every_record() -> None:
    disguise = Disguise()

    first = disguise.record(WorkItem, {"assignee": JANE, "reporter": {"id": "004", "name": "Bob"}})
    again = disguise.record(Comment, {"author": {"name": "Jane Doe"}})
    known = disguise.record(
        Comment, {"author": {"id": "003x", "name": "J. Doe", "department": "it"}}
    )

    assert (
        first["assignee"]["name"]
        == again["author"]["name"]
        == known["author"]["name"]
        == "Person 1"
    )
    assert first["reporter"] == {"id": "person-2", "name": "Person 2"}
    assert known["author"]["department"] == "it"


def test_the_same_text_is_the_same_text_and_another_is_another() -> None:
    disguise = Disguise()

    before = disguise.record(Feedback, {"title": "A", "body": "same"})
    after = disguise.record(Feedback, {"title": "B", "body": "same"})

    assert (before["title"], after["title"]) == ("Title 1", "Title 2")
    assert before["body"] == after["body"] == "Body 1"


def test_nothing_stays_nothing_and_what_shall_be_kept_is_kept() -> None:
    disguise = Disguise(keep=["title"])

    made = disguise.record(
        Feedback, {"title": "VIP", "body": "", "contact": None, "status": "todo"}
    )

    assert made == {"title": "VIP", "body": "", "contact": None, "status": "todo"}
    assert disguise.fields == set()


def test_what_was_made_of_a_record_can_be_told_with_the_real_words_again() -> None:
    disguise = Disguise()
    disguise.record(Feedback, {"title": "a", "body": "b"})

    made = {"summary": "[a] Title 1", "facts": ["Body 1", 7]}

    assert disguise.undone(made) == {"summary": "[a] a", "facts": ["b", 7]}
