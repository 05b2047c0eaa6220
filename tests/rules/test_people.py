"""People: one identity is one person, and nobody found is nobody guessed."""

import pytest

from bridge.rules.model import PersonForm
from bridge.rules.people import people


def test_one_person_may_have_several_identities_at_a_system() -> None:
    dana = PersonForm(name="Dana", department="engineering", identities={"jira": ("a", "b")})
    found = people([dana])

    assert found.find("jira", "b") is dana
    assert found.find("salesforce", "b") is None
    assert found.find("jira", None) is None


def test_an_identity_is_one_persons() -> None:
    forms = [PersonForm(name=n, department="x", identities={"jira": "a"}) for n in ("A", "B")]

    with pytest.raises(ValueError, match="'a' at jira is two people"):
        people(forms)
