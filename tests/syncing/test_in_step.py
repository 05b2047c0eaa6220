"""Two records that agree: edits go across once, echoes nowhere, and nothing older overwrites anything."""

from datetime import timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from bridge.ledger.tables import LinkRow, LinkState
from syncing.pair import SOURCES, SYNC, Pair

CARRIED = SYNC.replace(
    "tracker: body, owner: latest}",
    "tracker: body, owner: latest, as: {plain_text: {limits: {crm: 250}}}}",
)


def test_two_that_agree_are_left_alone(pair: Pair) -> None:
    assert pair.owed() == []
    pair.quiet()

    assert (pair.crm.asked, pair.tracker.asked) == ([], [])


def test_an_edit_at_either_end_is_written_once_at_the_other(pair: Pair) -> None:
    pair.change("crm", Title="Reboots twice")
    assert pair.issue("summary") == "Reboots twice"

    pair.change("tracker", summary="Reboots thrice", priority="Low")

    assert (pair.case("Title"), pair.case("Severity")) == ("Reboots thrice", "Low")
    assert pair.tracker.writes == [{"summary": "Reboots twice"}]
    assert pair.crm.writes == [{"Title": "Reboots thrice", "Severity": "Low"}]


def test_a_to_b_to_a_by_people_is_three_changes_and_each_goes_across(pair: Pair) -> None:
    for title in ("B", "Reboots", "B"):
        pair.change("crm", Title=title)
        assert pair.issue("summary") == title

    assert [w["summary"] for w in pair.tracker.writes] == ["B", "Reboots", "B"]
    assert [after for where, after in pair.changes("title") if where == "crm"][1:] == [
        "B",
        "Reboots",
        "B",
    ]


def test_a_value_that_was_empty_and_one_that_is_emptied_go_across(pair: Pair) -> None:
    pair.change("tracker", due="2026-12-24", text=None)
    assert (pair.case("Promised"), pair.case("Body")) == ("2026-12-24T00:00:00Z", None)

    pair.change("tracker", due=None)

    assert pair.case("Promised") is None


def test_a_status_goes_by_a_move_beside_the_fields(pair: Pair) -> None:
    pair.change("crm", State="done", Title="Done")

    assert (pair.issue("status"), pair.issue("summary")) == ("done", "Done")
    assert [row.action for row in pair.owed()] == ["tracker.set_issue", "tracker.move_issue"]


def test_the_owner_has_its_way(pair: Pair) -> None:
    pair.change("tracker", due="2026-12-24")
    pair.change("crm", Promised="2026-12-31T00:00:00Z")

    assert (pair.case("Promised"), pair.issue("due")) == ("2026-12-24T00:00:00Z", "2026-12-24")
    assert pair.tracker.writes == []


def test_what_a_vendor_cuts_is_no_news(pair: Pair) -> None:
    long = "It reboots each night at three, and then again at four in the morning"

    pair.change("tracker", text=long)

    assert pair.case("Body") == f"{long[:39]}…"
    assert pair.issue("text") == long
    assert len(pair.crm.writes) + len(pair.tracker.writes) == 1


def test_what_is_too_long_for_its_field_leads_to_the_whole(
    new_pair: Pair,
) -> None:
    new_pair.sources = SOURCES.replace("{key: key,", "{key: key, url: link,")
    new_pair.live_by(CARRIED)
    new_pair.begin(
        case={"Body": "Short"}, issue={"text": "Short", "link": "https://tracker.test/T-7"}
    )

    new_pair.change("tracker", text="It reboots. " * 40)

    sent = new_pair.owed()[-1].args["fields"]["Body"]
    assert len(sent) <= 250
    assert "https://tracker.test/T-7" in sent


def test_what_a_vendor_writes_in_its_own_way_never_goes_to_and_fro(pair: Pair) -> None:
    pair.crm.makes = lambda _, value: (
        value.replace("\n", "\r\n").rstrip() if isinstance(value, str) else value
    )

    pair.change("tracker", text="one\ntwo \n", summary="Reboots ")

    assert pair.case("Body") == "one\r\ntwo"
    assert (pair.issue("text"), pair.tracker.writes) == ("one\ntwo \n", [])
    assert len(pair.crm.writes) == 1


def test_what_a_system_makes_of_our_value_is_no_edit_where_we_were_the_last(pair: Pair) -> None:
    pair.crm.makes = lambda name, value: value.upper() if name == "Title" else value

    pair.hear(pair.edit("tracker", summary="loud"))
    pair.hear(pair.say("crm", ours=True))
    pair.quiet()

    assert (pair.case("Title"), pair.issue("summary")) == ("LOUD", "loud")
    assert pair.tracker.writes == []


def test_an_automation_at_the_other_end_has_the_last_word_and_then_it_is_quiet(pair: Pair) -> None:
    pair.crm.makes = lambda name, value: value.upper() if name == "Title" else value

    pair.change("tracker", summary="loud")

    assert (pair.case("Title"), pair.issue("summary")) == ("LOUD", "LOUD")


def test_a_message_after_our_own_write_still_carries_the_edit_of_a_person(pair: Pair) -> None:
    told = pair.edit("tracker", summary="By engineering")
    pair.edit("crm", Body="By support")  # its message comes late
    pair.hear(told)  # and is sent only after we have written

    pair.hear(pair.say("crm"))
    pair.quiet()

    assert (pair.case("Title"), pair.issue("text")) == ("By engineering", "By support")
    assert (len(pair.crm.writes), len(pair.tracker.writes)) == (1, 1)


def test_a_message_from_before_our_write_sets_nothing_back(pair: Pair) -> None:
    before = pair.edit("tracker", sprint="7")  # says nothing that is in the sync
    told = pair.edit("crm", Title="New")
    pair.hear(told)
    assert pair.issue("summary") == "New"

    pair.hear(before)  # it has the old title
    pair.quiet()

    assert (pair.case("Title"), pair.issue("summary")) == ("New", "New")
    assert (pair.crm.writes, pair.tracker.writes) == ([], [{"summary": "New"}])


def test_an_edit_from_before_our_write_that_is_told_after_it_is_written_over_once(
    pair: Pair,
) -> None:
    late = pair.edit("crm", Promised="2026-12-31T00:00:00Z")
    pair.hear(pair.edit("tracker", due="2026-12-24"))  # whose word counts, so nothing is read first

    pair.hear(late)
    pair.quiet()

    assert pair.case("Promised") == "2026-12-24T00:00:00Z"
    assert len(pair.crm.writes) == 1


def test_a_message_from_before_that_shows_what_we_have_written_proves_nothing(pair: Pair) -> None:
    late = pair.edit("tracker", sprint="7")  # with the title that is written later
    pair.change("tracker", summary="Between")
    pair.hear(pair.edit("crm", Title="Reboots"))
    pair.forget()

    pair.hear(late, pair.edit("crm", Body="More"))
    pair.quiet()

    assert (pair.case("Title"), pair.issue("summary")) == ("Reboots", "Reboots")
    assert (pair.crm.writes, pair.tracker.writes) == ([], [{"text": "More"}])


def test_who_sets_it_back_after_our_write_is_heard_even_if_our_echo_was_lost(pair: Pair) -> None:
    pair.hear(pair.edit("crm", Title="New"))  # its echo is never told

    pair.change("tracker", summary="Reboots")

    assert (pair.case("Title"), pair.issue("summary")) == ("Reboots", "Reboots")


def test_an_edit_by_a_clock_that_is_behind_ours_is_heard_once_the_record_is_read(
    pair: Pair,
) -> None:
    pair.hear(pair.edit("crm", Title="New"))  # its echo is never told
    written = pair.tracker.records["7"]["stamp"]
    pair.edit("tracker", summary="Reboots")
    pair.tracker.records["7"]["stamp"] = written - timedelta(milliseconds=500)

    pair.hear(pair.say("tracker"))
    assert pair.case("Title") == "New"  # it may be from before our write
    pair.hear(pair.edit("crm", Body="More"))  # the issue is read before this is written

    assert (pair.case("Title"), pair.issue("summary")) == ("Reboots", "Reboots")


def test_of_two_edits_the_later_one_stands_whatever_comes_first(pair: Pair) -> None:
    early = pair.edit("crm", Title="Earlier")
    late = pair.edit("tracker", summary="Later")

    pair.hear(late, early)
    pair.quiet()

    assert (pair.case("Title"), pair.issue("summary")) == ("Later", "Later")


def test_an_older_fact_that_comes_late_never_overwrites_what_a_person_has_set_since(
    pair: Pair,
) -> None:
    early = pair.edit("crm", State="in_progress")
    pair.edit("tracker", status="done")  # nobody tells of it
    pair.clock.advance(60)

    pair.hear(early)
    pair.quiet()

    assert (pair.case("State"), pair.issue("status")) == ("done", "done")
    assert pair.tracker.writes == []
    assert pair.tracker.reads_made > 0


def test_an_edit_that_nobody_has_told_yet_is_not_overwritten_by_an_earlier_one(pair: Pair) -> None:
    early = pair.edit("crm", Title="Earlier", Severity="Low")
    pair.edit("tracker", summary="Later", priority="Highest")  # a second after; told only then

    pair.hear(early)
    pair.quiet()

    assert (pair.case("Title"), pair.issue("summary")) == ("Later", "Later")
    assert pair.tracker.writes == []
    assert [row.step for row in pair.owed() if row.state == "held"] == ["ask:severity/priority"]


def test_where_only_one_end_has_a_say_nothing_is_read_before_a_write(pair: Pair) -> None:
    pair.hear(pair.edit("tracker", due="2026-12-24"))
    assert (len(pair.crm.writes), pair.crm.reads_made) == (1, 0)

    pair.hear(pair.edit("tracker", summary="Read first"))

    assert (len(pair.crm.writes), pair.crm.reads_made) == (2, 1)


def test_a_record_that_cannot_be_understood_is_written_by_what_is_known_of_it(pair: Pair) -> None:
    pair.crm.edit("1", Severity="Enormous")  # the source's map has no such word

    pair.hear(pair.edit("tracker", summary="Told all the same"))

    assert pair.case("Title") == "Told all the same"


def test_what_is_set_between_the_look_and_the_write_is_lost_and_both_agree(pair: Pair) -> None:
    """Jira takes no write on the condition that nobody came first: the time of a call remains."""
    meanwhile: list[bytes] = []

    def just_before(_: str, value: object) -> object:
        if not meanwhile:
            pair.tracker.edit("7", summary="Between")
            meanwhile.append(pair.say("tracker"))
        return value

    pair.tracker.makes = just_before
    pair.hear(pair.edit("crm", Title="Earlier"))
    pair.hear(*meanwhile)
    pair.quiet()

    assert (pair.case("Title"), pair.issue("summary")) == ("Earlier", "Earlier")


def test_a_write_that_had_to_wait_takes_what_is_true_when_it_goes(pair: Pair) -> None:
    pair.town.pause("tracker")
    pair.hear(pair.edit("crm", Title="First", Body="Then this"))
    pair.hear(pair.edit("crm", Title="Second"))
    pair.edit("tracker", text="By engineering, later")
    pair.clock.advance(3600)

    pair.resume("tracker")
    pair.quiet()

    assert pair.tracker.writes == [{"summary": "Second"}]
    assert pair.case("Body") == "By engineering, later"


def test_a_label_stops_both_directions_and_its_end_brings_both_in_step(pair: Pair) -> None:
    pair.change("tracker", labels=["no-sync"])
    pair.change("crm", Title="Not to be told")
    pair.change("tracker", priority="Low")
    assert (pair.issue("summary"), pair.case("Severity")) == ("Reboots", "High")

    pair.change("tracker", labels=[])

    assert (pair.issue("summary"), pair.case("Severity")) == ("Not to be told", "Low")


def test_a_box_at_the_other_end_stops_as_well_also_what_is_on_its_way(pair: Pair) -> None:
    pair.town.pause("tracker")
    pair.hear(pair.edit("crm", Title="On its way"))
    pair.hear(pair.edit("crm", Product="Stopped"))

    pair.resume("tracker")

    assert pair.tracker.writes == []
    assert [(row.state, row.reason) for row in pair.owed()] == [
        ("unchanged", "stopped at crm: neither end is written")
    ]


def test_what_has_no_word_at_the_other_end_leaves_it_alone_and_is_told(pair: Pair) -> None:
    pair.change("tracker", priority="Blocker", summary="And a title")

    assert (pair.case("Severity"), pair.case("Title")) == ("High", "And a title")
    told = [one.reason for one in pair.town.decisions() if one.rule == "sync:pair"]
    assert any(
        "severity/priority: crm is left alone: its map does not have this word" in one
        for one in told
    )


def test_a_field_that_cannot_be_carried_is_a_problem_of_the_case_until_it_can(pair: Pair) -> None:
    pair.change("tracker", priority="Blocker")
    told = "severity/priority with T-7: crm is left alone: its map does not have this word"
    assert pair.case("Problem") == told

    pair.change("tracker", priority="Low")

    assert (pair.case("Problem"), pair.case("Severity")) == (None, "Low")


def test_explain_tells_of_an_edit_what_went_where_and_why(pair: Pair) -> None:
    pair.change("tracker", priority="Blocker", summary="And a title")
    event = next(one for one in pair.town.events("work_item.updated"))

    (found,) = pair.town.why(event.id)

    (said,) = found.syncs
    assert said.reasons == (
        "title to crm: tracker has changed it",
        "severity/priority: crm is left alone: its map does not have this word",
    )
    assert [row.step for row in said.rows] == ["crm.set_case"]
    assert "Syncs:\n  pair, by link" in found.text
    assert "Deliveries of other rules" not in found.text


def test_a_new_pair_is_brought_in_step_under_its_policy(new_pair: Pair) -> None:
    new_pair.begin(case={"Title": "Older", "Body": None, "Promised": "2026-12-24T00:00:00Z"})

    assert new_pair.case("Title") == "Reboots"  # the issue was changed last
    assert new_pair.case("Body") == "At night"  # it had none
    assert new_pair.case("Promised") is None  # the tracker owns it


def test_what_a_linked_record_was_made_with_counts_where_a_person_made_it(new_pair: Pair) -> None:
    made = new_pair.clock.now() + timedelta(seconds=1)  # as `begin` makes it

    new_pair.begin(issue={"summary": "By engineering", "created": made})

    assert (new_pair.case("Title"), new_pair.issue("summary")) == ("By engineering",) * 2


def test_a_link_that_gave_way_to_another_is_in_no_sync(pair: Pair) -> None:
    def give_way(session: Session) -> None:
        session.execute(update(LinkRow).values(state=LinkState.DEAD))

    pair.town.act(give_way)

    pair.change("tracker", summary="By engineering")

    assert pair.case("Title") == "Reboots"


def test_the_reverse_direction_never_creates(new_pair: Pair) -> None:
    new_pair.tracker.edit("7", summary="Nobody knows me")
    new_pair.hear(new_pair.say("tracker"))

    assert new_pair.crm.records == {}
    assert new_pair.owed() == []
