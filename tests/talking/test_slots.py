"""Pairs of comments and their copies follow the links of their records: a merge, a dismissed create."""

from agreement.people import People
from patience import until
from talking.forum import PRODUCTS, SEARCHES, Forum
from talking.town_hall import Hall, Linked

SOON = 60.0


def test_after_a_merge_a_changed_comment_changes_the_copy_that_is_there(
    all_seeing: Forum,
) -> None:
    world, org = all_seeing.world, all_seeing.world.there.org
    people = People(world=world)
    for name, pair in all_seeing.pairs.items():
        site, key = all_seeing.site(name), all_seeing.key(name)
        said = site.comment(key, "Ebb")
        asked = org.comment(pair.case, "Flood", published=True)
        world.wait(SOON)
        old, pair.case = pair.case, people.make_case(pair, "Gateway", "low")
        org.merge("Case", old, into=pair.case)
        world.wait(SEARCHES)
        site.edit_comment(key, said, "Low tide")
        org.edit("CaseComment", asked, CommentBody="High tide")
        world.wait(SEARCHES)

    assert [sorted(all_seeing.on_case(one)) for one in PRODUCTS] == [["High tide", "Low tide"]] * 2
    assert [sorted(all_seeing.on_issue(one)) for one in PRODUCTS] == [["High tide", "Low tide"]] * 2


def test_what_waited_for_a_create_that_was_dismissed_crosses_when_it_is_changed_after_another_link(
    hall: Hall,
) -> None:
    jira, org = hall.stage.jira, hall.stage.salesforce
    jira.faults.configure(outage=True)
    pair = Linked(stage=hall.stage, case=hall.case(), issue="")
    said = org.comment(pair.case, "It reboots", published=True)
    assert until(lambda: hall.waiting(pair.case) == 1)
    pair.dismiss_create()
    jira.faults.calm()
    pair.issue = jira.create_issue("Reboots", "Task")
    pair.link()
    before = pair.on_issue()  # what was said before a link by hand stays where it is

    org.edit("CaseComment", said, CommentBody="It reboots at night")
    pair.settle()

    assert (before, pair.texts(pair.on_issue())) == ([], ["It reboots at night"])
    assert pair.owed() == [("comment", "cancelled"), ("comment", "succeeded")]
