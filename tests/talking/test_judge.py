"""What becomes of a comment at the other side, for every way it can stand."""

from itertools import product

import pytest

from bridge.pipeline.talking.judge import Comment, Copy, Step, judge

STANDINGS = [
    Comment(
        body=body,
        public=public,
        deleted=deleted,
        changed=changed,
        orphan=orphan,
        carried=carried,
        closed=closed,
    )
    for body, public, deleted, changed, orphan, carried, closed in product(
        ("", "Fixed."),
        (True, False, None),
        (False, True),
        (False, True),
        (False, True),
        (False, True),
        (False, True),
    )
]


@pytest.mark.parametrize("copy", Copy)
@pytest.mark.parametrize("unmarked", [False, True])
def test_what_must_not_be_seen_is_never_said(copy: Copy, unmarked: bool) -> None:
    hidden = [
        one
        for one in STANDINGS
        if one.deleted or one.closed or one.public is False or (one.public is None and not unmarked)
    ]

    steps = {judge(one, copy, unmarked=unmarked).step for one in hidden}

    assert not steps & {Step.ADD, Step.EDIT}


@pytest.mark.parametrize("unmarked", [False, True])
def test_a_copy_of_what_must_not_be_seen_is_taken_back_whoever_stopped_the_sync(
    unmarked: bool,
) -> None:
    hidden = [one for one in STANDINGS if (one.public is False or one.closed) and not one.deleted]

    steps = {judge(one, Copy.THERE, unmarked=unmarked).step for one in hidden}

    assert steps == {Step.WITHDRAW}


def test_what_was_taken_back_never_crosses_again() -> None:
    steps = {judge(one, Copy.OVER, unmarked=True).step for one in STANDINGS}

    assert steps == {Step.NOTHING}


@pytest.mark.parametrize(
    ("comment", "copy", "step"),
    [
        (Comment(body="Fixed.", public=True), Copy.NONE, Step.ADD),
        (Comment(body="Fixed.", public=True), Copy.THERE, Step.NOTHING),
        (Comment(body="Fixed.", public=True, changed=True), Copy.THERE, Step.EDIT),
        (Comment(body="Fixed.", public=True, carried=False), Copy.NONE, Step.NOTHING),
        (Comment(body=" \n", public=True), Copy.NONE, Step.NOTHING),
        (Comment(body="Fixed.", public=True, deleted=True), Copy.THERE, Step.WITHDRAW),
        (Comment(body="Fixed.", public=True, deleted=True), Copy.NONE, Step.NOTHING),
        (Comment(body="", public=True, deleted=True, orphan=True), Copy.THERE, Step.NOTHING),
    ],
)
def test_what_may_be_seen_is_said_once_and_changed_when_it_is(
    comment: Comment, copy: Copy, step: Step
) -> None:
    verdict = judge(comment, copy, unmarked=False)

    assert verdict.step is step
    assert verdict.reason


def test_nobody_s_word_on_who_may_see_it_means_nobody_unless_the_sync_says_else() -> None:
    untold = Comment(body="Fixed.", public=None)

    assert judge(untold, Copy.NONE, unmarked=False).step is Step.NOTHING
    assert judge(untold, Copy.NONE, unmarked=True).step is Step.ADD
