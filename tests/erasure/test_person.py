"""Who is meant: ids and addresses join, names do not."""

import pytest

from bridge.canonical.event import Actor
from bridge.canonical.personal import personal
from bridge.canonical.record import Comment, Feedback
from bridge.erasure.person import Known, Namesakes, meant

ACCOUNT = "712020:6f0a3f52-8f2b-5c39-9d0e-2b1f6a7f9c11"
CONTACT = "003000000000001AAA"


def known(connection: str, **values: str) -> Known:
    return Known(connection=connection, values=frozenset(values.items()))


def test_people_are_found_where_the_models_mark_them() -> None:
    case = {"title": "Anna Smith", "contact": {"id": CONTACT, "name": "Anna Smith", "email": None}}
    comment = {"author": {"name": "Ben"}, "body": "hello", "public": True}
    actor = {"id": ACCOUNT, "name": "Anna Smith", "kind": "person"}

    assert list(personal(Feedback, case)) == [{"id": CONTACT, "name": "Anna Smith"}]
    assert list(personal(Comment, comment)) == [{"name": "Ben"}]
    assert list(personal(Actor, actor)) == [{"id": ACCOUNT, "name": "Anna Smith"}]
    assert list(personal(Feedback, {"contact": None, "unknown": {"name": "x"}})) == []


def test_an_address_finds_all_ids_of_its_owner_across_systems() -> None:
    at_jira = known("jira", id=ACCOUNT, name="Anna Smith", email="Anna@Example.com")
    at_salesforce = known("salesforce", id=CONTACT, name="A. Smith", email="anna@example.com")
    later = known("salesforce", id=CONTACT, email="anna@new.example")
    other = known("jira", id="557058:other", name="Ben", email="ben@example.com")

    person = meant(["ANNA@example.com"], [at_jira, at_salesforce, later, other])

    assert person.keys == {ACCOUNT, CONTACT, "anna@example.com", "anna@new.example"}
    assert person.names == {"Anna Smith", "A. Smith"}
    assert set(person.found) == {at_jira, at_salesforce, later}


def test_a_name_that_two_people_have_is_refused_with_what_tells_them_apart() -> None:
    one = known("jira", id="557058:one", name="Anna Smith")
    two = known("jira", id="557058:two", name="anna smith")

    with pytest.raises(Namesakes) as refused:
        meant(["Anna Smith"], [one, two])

    assert refused.value.people == ("557058:one", "557058:two")


def test_an_id_chooses_among_namesakes_and_says_whose_name_goes_too() -> None:
    one = known("jira", id="557058:one", name="Anna Smith")
    two = known("jira", id="557058:two", name="Anna Smith")

    person = meant(["557058:one"], [one, two])

    assert person.keys == {"557058:one"}
    assert person.namesakes == ("557058:two",)


def test_one_name_at_two_systems_is_one_person() -> None:
    person = meant(
        ["anna smith"],
        [
            known("jira", id=ACCOUNT, name="Anna Smith"),
            known("salesforce", id=CONTACT, name="Anna Smith"),
        ],
    )

    assert person.keys == {ACCOUNT, CONTACT}


def test_what_nobody_in_our_records_has_is_taken_as_given() -> None:
    person = meant(["003000000000001", "Anna Smith"], [])

    assert person.keys == {CONTACT}
    assert person.names == {"Anna Smith"}
    assert person.found == ()
