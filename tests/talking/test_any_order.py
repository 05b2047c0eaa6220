"""Whatever is done to a comment, and in whatever order it is told: what is hidden is never seen there."""

from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agreement.wire import Line
from properties import SHARING
from talking.forum import PRODUCTS, SEARCHES, Forum, forum

DEEDS = ("edit", "role", "group", "internal", "show", "delete")
LATE = 100.0  # seconds by which one letter overtakes the other


@dataclass(kw_only=True)
class Said:
    """A comment as its author knows it. `secret`: texts that it has had while it was hidden alone."""

    site: str
    id: str
    text: str
    hidden: bool = False
    ever: bool = False
    gone: bool = False
    secret: list[str] = field(default_factory=list)

    def do(self, there: Forum, deed: str, word: str) -> None:
        site, key = there.site(self.site), there.key(self.site)
        match deed:
            case "edit":
                self.text = word
                site.edit_comment(key, self.id, word)
            case "role":
                site.hide_comment(key, self.id, visible_to="Developers")
            case "group":
                site.hide_comment(key, self.id, visible_to="jira-administrators", group=True)
            case "internal":
                site.hide_comment(key, self.id)
            case "show":
                site.show_comment(key, self.id)
            case _:
                site.delete_comment(key, self.id)
        self.gone = deed == "delete"
        self.hidden = self.hidden if deed in {"edit", "delete"} else deed != "show"
        self.ever = self.ever or self.hidden
        self.secret = [one for one in self.secret if self.hidden or one != self.text]
        if self.hidden and deed == "edit":
            self.secret.append(self.text)


def live(there: Forum, plans: list[list[str]], chance: Random) -> list[Said]:
    """The comments of these plans; what was told of them arrives in any order."""
    said = []
    for number, plan in enumerate(plans):
        site = list(PRODUCTS)[number % 2]
        text = f"T{number}.first."
        one = Said(site=site, id=there.site(site).comment(there.key(site), text), text=text)
        said.append(one)
        for turn, deed in enumerate(plan):
            there.world.clock.advance(1.0)
            if not one.gone and (deed, site) != ("internal", "jira-dc"):  # which it tells nobody
                one.do(there, deed, f"T{number}.{turn}.")
    for letter in there.world.mail.letters:
        letter.at = there.world.clock.monotonic() + chance.uniform(0.0, LATE)
    there.world.wait(SEARCHES)
    return said


@settings(max_examples=4, deadline=None, suppress_health_check=SHARING)
@given(
    plans=st.lists(st.lists(st.sampled_from(DEEDS), max_size=5), min_size=6, max_size=8),
    seed=st.integers(min_value=0, max_value=1_000),
)
def test_what_is_hidden_never_crosses_in_any_order(
    tmp_path_factory: pytest.TempPathFactory, line: Line, plans: list[list[str]], seed: int
) -> None:
    folder: Path = tmp_path_factory.mktemp("order")
    with forum(folder, f"sqlite:///{folder / 'bridge.db'}", line) as there:
        said = live(there, plans, Random(seed))  # noqa: S311  (it shuffles)
        shown = {site: there.on_case(site) for site in PRODUCTS}
        seen = [str(one.after.get("CommentBody")) for one in there.world.there.org.journal]

    secrets = [text for one in said for text in one.secret]
    assert [text for text in secrets if any(text in body for body in seen)] == []
    for one in said:
        over, there_now = one.gone or one.hidden, one.text in shown[one.site]
        assert not (over and there_now), one
        assert there_now or over or one.ever, one
