"""From a message to the vendors and back, one fact after another."""

from pipeline.town import Town


def test_a_case_becomes_an_issue_a_card_and_a_key_on_the_case(town: Town) -> None:
    town.case(Title="Reboots", Severity="Critical")

    town.settle()

    assert town.tracker.records == {"1": {"summary": "Reboots"}}
    assert town.chat.asked == ["post T-1"]
    assert town.crm.records["1"]["Key"] == "T-1"
    assert [row.state for row in town.deliveries()] == ["succeeded", "accepted"]
