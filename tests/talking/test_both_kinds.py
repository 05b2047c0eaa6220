"""Comments and files between a case and its issue, at a Jira in the cloud and at one of our own."""

from talking.forum import PRODUCTS, SEARCHES, Forum

SOON = 60.0  # seconds in which what was told is done


def test_what_is_said_changed_and_taken_back_is_so_on_the_other_side(all_seeing: Forum) -> None:
    world, org = all_seeing.world, all_seeing.world.there.org
    for name, pair in all_seeing.pairs.items():
        site, key = all_seeing.site(name), all_seeing.key(name)
        kept, gone = site.comment(key, "Ebb"), site.comment(key, "Flood", by="ivo")
        asked = org.comment(pair.case, "Which build?", published=True)
        world.wait(SOON)
        assert sorted(all_seeing.on_case(name)) == sorted(all_seeing.on_issue(name))
        site.edit_comment(key, kept, "Low *tide*")
        site.delete_comment(key, gone)
        org.edit("CaseComment", asked, CommentBody="Which [build]?")
        world.wait(SOON)

    assert [sorted(all_seeing.on_case(one)) for one in PRODUCTS] == [
        ["Low tide", "Which [build]?"]
    ] * 2
    assert [sorted(all_seeing.on_issue(one)) for one in PRODUCTS] == [
        ["Low *tide*", "Which \\[build]?"]
    ] * 2


def test_a_copy_names_its_author_by_the_name_that_people_read(all_seeing: Forum) -> None:
    for name in PRODUCTS:
        all_seeing.site(name).comment(all_seeing.key(name), "Ebb", by="mei")
    all_seeing.world.wait(SOON)

    heads = [all_seeing.heads_on_case(name) for name in PRODUCTS]
    assert heads == [["Mei 陳 (Jira), 23 Nov 2026 09:06 UTC:"]] * 2


def test_what_a_role_or_a_group_alone_may_read_never_crosses(all_seeing: Forum) -> None:
    world = all_seeing.world
    for name in PRODUCTS:
        site, key = all_seeing.site(name), all_seeing.key(name)
        site.comment(key, "For developers: ebb", visible_to="Developers")
        site.comment(key, "For admins: ebb", visible_to="jira-administrators", group=True)
        shown, again = site.comment(key, "Flood"), site.comment(key, "Spring tide")
        world.wait(SOON)
        site.hide_comment(key, shown, visible_to="Developers")
        site.hide_comment(key, again, visible_to="jira-administrators", group=True)
        site.edit_comment(key, shown, "The password is ebb")
        world.wait(SOON)
        site.show_comment(key, shown)
        site.edit_comment(key, again, "The password is ebb, still")
        world.wait(SOON)

    assert [all_seeing.on_case(name) for name in PRODUCTS] == [[], []]
    said = [str(one.after.get("CommentBody")) for one in world.there.org.journal]
    assert [one for one in said if "ebb" in one] == []
    steps = ["comment", "comment", "withdraw_comment", "withdraw_comment"]
    assert [step for step, _ in all_seeing.owed()] == steps * 2


def test_files_are_brought_both_ways_and_taken_away_with_their_originals(all_seeing: Forum) -> None:
    world, org = all_seeing.world, all_seeing.world.there.org
    large = bytes(range(256)) * 3_000  # more than one piece
    for name, pair in all_seeing.pairs.items():
        site, key = all_seeing.site(name), all_seeing.key(name)
        shot = site.attach(key, "shot.png", large, by="ivo")
        log = org.attach(pair.case, "log.txt", "It reboots")
        world.wait(SEARCHES)
        there = [("log.txt", b"It reboots"), ("shot.png", large)]
        assert all_seeing.files_on_case(name) == all_seeing.files_on_issue(name) == there
        site.detach(key, shot)
        org.detach(log)
        world.wait(SEARCHES)

    assert [all_seeing.files_on_case(name) for name in PRODUCTS] == [[], []]
    assert [all_seeing.files_on_issue(name) for name in PRODUCTS] == [[], []]
    steps = sorted(all_seeing.owed())
    assert steps == [("attachment", "succeeded")] * 4 + [("withdraw_attachment", "succeeded")] * 4
