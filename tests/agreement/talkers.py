"""People who comment: on cases and on issues, for everybody or for few, and who think better of it."""

from dataclasses import dataclass

from agreement.deeds import JIRA, SALESFORCE, Pair, Said
from agreement.people import People

WAYS = ("public", "internal", "restricted")
LATER = ("change", "hide", "show", "delete")


@dataclass(kw_only=True)
class Talkers:
    people: People
    _words: int = 0

    def say(self, pair: Pair, side: str, way: str) -> None:
        """A case knows no roles: what is not public there is not published."""
        issue = self.people.issue(pair)
        if side in pair.gone or (side == JIRA and issue is None):
            return
        self._words += 1
        hidden = way != "public"
        said = Said(
            side=side,
            id="",
            number=self._words,
            hidden=hidden,
            ever=hidden,
            shown=not hidden,
        )
        said.text = f"{said.mark} first"
        self._tell(pair, said, f"says, {way}: {said.text}")
        if side == SALESFORCE:
            said.id = self.people.world.there.org.comment(
                pair.case, said.text, published=not hidden
            )
        elif issue is not None:
            role = "Developers" if way == "restricted" else None
            said.id = self.people.site(pair).comment(
                issue["key"], said.text, internal=way == "internal", visible_to=role
            )
        pair.said.append(said)

    def think_better(self, pair: Pair, which: int, deed: str) -> None:
        """Somebody changes, hides, shows or deletes one of his comments."""
        if not pair.said:
            return
        said = pair.said[which % len(pair.said)]
        issue = self.people.issue(pair)
        if said.gone or said.side in pair.gone or (said.side == JIRA and issue is None):
            return
        self._tell(pair, said, f"{deed}s the comment {said.mark}")
        if deed == "change":
            self._words += 1
            said.text = f"{said.mark} again {self._words}"
        if said.side == SALESFORCE:
            self._at_case(said, deed)
        elif issue is not None:
            self._at_issue(pair, issue["key"], said, deed)
        said.gone = deed == "delete"
        said.hidden = (said.hidden or deed == "hide") and deed != "show"
        said.ever |= said.hidden
        said.shown |= not said.hidden

    def _at_case(self, said: Said, deed: str) -> None:
        org = self.people.world.there.org
        match deed:
            case "change":
                org.edit("CaseComment", said.id, CommentBody=said.text)
            case "delete":
                org.delete("CaseComment", said.id)
            case _:
                org.edit("CaseComment", said.id, IsPublished=deed == "show")

    def _at_issue(self, pair: Pair, key: str, said: Said, deed: str) -> None:
        site = self.people.site(pair)
        match deed:
            case "change":
                site.edit_comment(key, said.id, said.text)
            case "delete":
                site.delete_comment(key, said.id)
            case "hide":
                site.hide_comment(key, said.id)
            case _:
                site.show_comment(key, said.id)

    def _tell(self, pair: Pair, said: Said, text: str) -> None:
        who, where = ("Sam", "case") if said.side == SALESFORCE else ("Dana", "the issue of")
        self.people.deeds.count += 1
        self.people.world.say(f"{who}, on {where} {pair.name}, {text}")
