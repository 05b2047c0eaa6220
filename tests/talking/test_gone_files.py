"""A file that goes before it was brought: nothing of it is left for a person to look at."""

from sqlalchemy import select

from bridge.alarms.tables import AlarmRow
from talking.forum import PRODUCTS, SEARCHES, Forum

SOON = 60.0  # seconds in which what was told is done
LATE = 10.0


def vanished(forum: Forum, name: str) -> None:
    """Put on an issue and heard of, then taken off; of that the letters are still on their way."""
    site, key = forum.site(name), forum.key(name)
    file = site.attach(key, "log.txt", b"ebb")
    forum.world.mail.deliver()
    site.detach(key, file)


def alarms(forum: Forum) -> dict[str, str]:
    """Of what is dead."""
    query = select(AlarmRow).where(AlarmRow.kind == "dead")
    with forum.world.running.database.reading() as session:
        return {row.key: row.state for row in session.scalars(query)}


def test_a_file_whose_end_is_told_a_moment_later_is_not_brought_and_nobody_is_woken(
    all_seeing: Forum,
) -> None:
    for name in PRODUCTS:
        vanished(all_seeing, name)
        for letter in all_seeing.world.mail.letters:
            letter.at += LATE
    all_seeing.world.wait(SOON)

    assert all_seeing.owed() == [("attachment", "expired")] * 2
    assert {row.reason for row in all_seeing.rows()} == {
        "it is not to be seen there any more: it was deleted"
    }
    assert alarms(all_seeing) == {}


def test_a_file_whose_end_no_message_told_is_dead_until_a_search_has_found_out(
    all_seeing: Forum,
) -> None:
    for name in PRODUCTS:
        vanished(all_seeing, name)
        all_seeing.world.mail.letters.clear()
    all_seeing.world.wait(SOON)
    before, down = all_seeing.owed(), alarms(all_seeing)
    all_seeing.world.wait(2 * SEARCHES)

    assert before == [("attachment", "dead")] * 2
    assert set(down.values()) == {"down"}
    assert all_seeing.owed() == [("attachment", "cancelled")] * 2
    assert {row.reason for row in all_seeing.rows()} == {
        "it is not to be seen there any more: it was deleted"
    }
    assert set(alarms(all_seeing).values()) == {"up"}
