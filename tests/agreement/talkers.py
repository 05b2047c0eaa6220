"""People who comment and share files: on cases and on issues, for everybody or for few, and who think
better of it."""

from dataclasses import dataclass

from agreement.crossing import note_copies
from agreement.deeds import JIRA, SALESFORCE, Pair, Said
from agreement.people import People

WAYS = ("public", "internal", "restricted")
CLOUD = "jira"
LATER = ("change", "hide", "show", "delete")


@dataclass(kw_only=True)
class Talkers:
    people: People
    _words: int = 0

    def say(self, pair: Pair, side: str, way: str) -> None:
        """A case knows no roles: what is not public there is not published. A Data Center knows no
        internal notes: what is not public there is restricted."""
        issue = self.people.issue(pair)
        said = self._new(pair, side, hidden=way != "public")
        if said is None:
            return
        said.text = f"{said.mark} first"
        self._tell(pair, said, f"says, {way}: {said.text}")
        if side == SALESFORCE:
            org = self.people.world.there.org
            said.id = org.comment(pair.case, said.text, published=not said.hidden)
        elif issue is not None:
            noted = way == "internal" and pair.site == CLOUD
            role = "Developers" if said.hidden and not noted else None
            said.id = self.people.site(pair).comment(
                issue["key"], said.text, internal=noted, visible_to=role
            )
        pair.said.append(said)

    def share(self, pair: Pair, side: str, way: str) -> None:
        """A file. Jira has no private ones."""
        issue = self.people.issue(pair)
        said = self._new(pair, side, hidden=way != "public" and side == SALESFORCE)
        if said is None:
            return
        said.file, said.text = True, f"{said.mark}.txt"
        self._tell(pair, said, f"shares {'a private' if said.hidden else 'a'} file: {said.text}")
        if side == SALESFORCE:
            org = self.people.world.there.org
            said.id = org.attach(
                pair.case, said.text, f"what {said.text} says", private=said.hidden
            )
        elif issue is not None:
            site = self.people.site(pair)
            said.id = site.attach(issue["key"], said.text, f"what {said.text} says")
        pair.said.append(said)

    def _new(self, pair: Pair, side: str, *, hidden: bool) -> Said | None:
        """Nothing can be said on what is not there."""
        issue = self.people.issue(pair)
        if side in pair.gone or (side == JIRA and issue is None):
            return None
        self._words += 1
        return Said(
            spared=pair.left_alone or pair.unsettled,
            side=side,
            id="",
            number=self._words,
            at=self.people.world.clock.now(),
            hidden=hidden,
            ever=hidden,
            shown=not hidden,
        )

    def think_better(self, pair: Pair, which: int, deed: str) -> None:
        """Somebody changes, hides, shows or deletes one of his comments."""
        if not pair.said:
            return
        said = pair.said[which % len(pair.said)]
        issue = self.people.issue(pair)
        if said.gone or said.side in pair.gone or (said.side == JIRA and issue is None):
            return
        if said.file and deed != "delete":
            return
        note_copies(self.people, pair)
        self._tell(pair, said, f"{deed}s {said.what}")
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
            case "delete" if said.file:
                org.detach(said.id)
            case "delete":
                org.delete("CaseComment", said.id)
            case _:
                org.edit("CaseComment", said.id, IsPublished=deed == "show")

    def _at_issue(self, pair: Pair, key: str, said: Said, deed: str) -> None:
        site = self.people.site(pair)
        match deed:
            case "change":
                site.edit_comment(key, said.id, said.text)
            case "delete" if said.file:
                site.detach(key, said.id)
            case "delete":
                site.delete_comment(key, said.id)
            case "hide":
                role = None if pair.site == CLOUD else "Developers"
                site.hide_comment(key, said.id, visible_to=role)
            case _:
                site.show_comment(key, said.id)

    def _tell(self, pair: Pair, said: Said, text: str) -> None:
        who, where = ("Sam", "case") if said.side == SALESFORCE else ("Dana", "the issue of")
        self.people.deeds.count += 1
        self.people.world.say(f"{who}, on {where} {pair.name}, {text}")
