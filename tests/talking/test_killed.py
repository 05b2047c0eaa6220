"""The process is killed with each copy that is on its way: amid the call, or after it was heard."""

from collections.abc import Callable, Iterator

from talking.forum import PRODUCTS, SEARCHES, Forum

LARGE = bytes(range(256)) * 1_000
MOMENTS = ("amid", "after")


def deeds(there: Forum, name: str) -> Iterator[Callable[[], object]]:
    """What people do, one thing after the other; each makes Bridge write once at the other side."""
    org, site = there.world.there.org, there.site(name)
    key, case = there.key(name), there.pairs[name].case
    yield lambda: site.comment(key, "Ebb")
    said = str(site.comments(key)[-1]["id"])
    yield lambda: site.edit_comment(key, said, "Low tide")
    yield lambda: site.comment(key, "Flood")
    gone = str(site.comments(key)[-1]["id"])
    yield lambda: site.delete_comment(key, gone)
    yield lambda: org.comment(case, "Which build?", published=True)
    asked = str(org.case_comments(case)[-1]["Id"])
    yield lambda: org.edit("CaseComment", asked, CommentBody="Which build is it?")
    yield lambda: site.attach(key, "shot.png", LARGE)
    shot = str(next(iter(site.site.state.issue(key).attachments)))
    yield lambda: site.detach(key, shot)
    yield lambda: org.attach(case, "log.txt", LARGE)
    yield lambda: site.attach(key, "wave.png", LARGE)


def test_nothing_is_lost_and_nothing_is_there_twice(all_seeing: Forum) -> None:
    world, kills = all_seeing.world, 0
    for turn, name in enumerate(PRODUCTS):
        for number, deed in enumerate(deeds(all_seeing, name)):
            world.doom.at = MOMENTS[(turn + number) % 2]
            deed()
            world.wait(SEARCHES)
            kills += world.doom.at == ""

    files = [("log.txt", LARGE), ("wave.png", LARGE)]
    said = ["Low tide", "Which build is it?"]
    assert kills == 20
    assert [all_seeing.on_case(name) for name in PRODUCTS] == [said, said]
    assert [all_seeing.on_issue(name) for name in PRODUCTS] == [said, said]
    assert [all_seeing.files_on_case(name) for name in PRODUCTS] == [files, files]
    assert [all_seeing.files_on_issue(name) for name in PRODUCTS] == [files, files]
    assert {state for _, state in all_seeing.owed()} <= {"succeeded", "unchanged"}
