"""What a sync may say of comments, and what it is told where it cannot be."""

from rules import syncing


def test_a_sync_may_carry_comments_alone() -> None:
    both = syncing.text(more="    comments: {from: [jira], public: true}\n")
    fields = both[both.index("    fields:") :]

    (sync,) = syncing.loaded(both.replace(fields, "")).syncs

    assert sync.form.comments is not None
    assert sync.form.comments.origin == ("jira",)
    assert sync.form.comments.public


def test_a_sync_that_does_nothing_is_refused() -> None:
    text = syncing.text()
    nothing = text.replace(text[text.index("    fields:") :], "")

    (problem,) = syncing.problems(nothing)

    assert "say what agrees: `fields`, `comments` or `attachments`" in problem


def test_comments_come_from_one_of_the_two_and_hang_on_what_can_bear_them() -> None:
    strange = syncing.text(more="    comments: {from: [jirra]}\n")
    sources = {
        name: text.replace("object: Case}", "object: Account}")
        for name, text in syncing.SOURCES.items()
    }

    (unknown,) = syncing.problems(strange)
    found = syncing.problems(syncing.text(more="    comments: {}\n"), sources=sources)

    assert "`jirra` is neither of the two connections" in unknown
    assert any("no comment can be said on Account of salesforce" in one for one in found)


def test_a_check_warns_where_nothing_tells_which_issues_few_may_see() -> None:
    level = "      restricted_to: security.name   # what is said on such an issue is as restricted as it is\n"
    silent = {name: text.replace(level, "") for name, text in syncing.SOURCES.items()}
    files = syncing.text(more="    comments: {}\n")

    (told,) = syncing.reviewed({}, files, sources=silent)

    assert "warning: source `engineering-work` does not tell which issues few may see" in told
    assert "let it read and track `restricted_to`, or say `restricted: public`" in told
    assert syncing.reviewed({}, files) == []
    allowed = files.replace("comments: {}", "comments: {restricted: public}")
    assert syncing.reviewed({}, allowed, sources=silent) == []
