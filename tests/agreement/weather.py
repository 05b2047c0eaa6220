"""What goes wrong: letters, answers, tokens, vendors, and Bridge itself."""

from dataclasses import dataclass, field

from agreement.mail import Letter
from agreement.world import World

VENDORS = ("jira", "jira-dc", "salesforce", "teams")
TOKENS = ("jira", "jira-dc", "salesforce", "session")
FATES = ("lost", "all lost", "twice", "late")
ECHOES = ("lost", "late")
UNHEARD = ("answer lost", "killed")
SEARCH_LAG, USUAL_LAG = 480.0, 30.0  # seconds; the first is what the overlap of searches covers
ENDS = ("started again", "stopped", "killed before", "killed after")
_OF_JIRA = {"make": ("POST", "/issue"), "change": ("PUT", "/issue")}
WRITES = {
    "jira": _OF_JIRA,
    "jira-dc": _OF_JIRA,
    "salesforce": {"make": ("POST", "sobjects"), "change": ("PATCH", "sobjects")},
    "teams": {"make": ("POST", ""), "change": ("POST", "")},
}
ANSWERS = ("cut_before", "cut_after", "server_error_before", "server_error_after", "rate_limited")


@dataclass(kw_only=True)
class Weather:
    """Draws nothing by itself: whoever calls says what befalls whom."""

    world: World
    faults: int = 0  # calls that were disturbed one by one
    _out: set[str] = field(default_factory=set)
    _expired: set[str] = field(default_factory=set)

    def letter(self, which: int) -> Letter | None:
        """One of those under way."""
        under_way = self.world.mail.sorted()
        return under_way[which % len(under_way)] if under_way else None

    def befall(self, which: int, fate: str, by: float) -> None:
        """One of the webhooks under way, or all, does not come as it was sent."""
        letter = self.letter(which)
        if letter is None:
            return
        mail, name = self.world.mail, _of(letter)
        match fate:
            case "lost":
                self._say(f"a webhook is lost: {name}")
                mail.lose(letter)
            case "all lost":
                self._say(f"all webhooks under way are lost: {len(mail.letters)}")
                mail.lose_all()
            case "twice":
                self._say(f"a webhook comes twice, {by:.0f} s apart: {name}")
                mail.double(letter, after=by)
            case _:
                self._say(f"a webhook is late by {by:.0f} s: {name}")
                mail.delay(letter, by)

    def disturb(self, vendor: str, answer: str, write: str) -> None:
        """The next write of a sort to a vendor gets no answer, or a bad one, before or after it is done."""
        method, path = WRITES[vendor][write]
        self._say(f"{vendor}: the next {method} {path} ends in {answer}")
        self.world.there.faults[vendor].next(answer, method=method, path_contains=path)
        self.faults += 1

    def deafen(self, site: str, how: str) -> None:
        """The next issue is made there, and neither the answer nor the webhook says so."""
        if how == "killed":
            self.world.doom.at, self.world.doom.path = "after", "/issue"
        else:
            self.disturb(site, "cut_after", "make")
        self.world.mail.swallowed.add((site, "jira:issue_created"))

    def muffle(self, vendor: str, fate: str, by: float) -> None:
        """What the vendor tells of the next write of Bridge is lost, or late."""
        self._say(f"{vendor}: what it tells of the next write of Bridge is {fate} ({by:.0f} s)")
        self.world.mail.echoes[vendor] = (fate, by)

    def search_lags(self, site: str, *, lags: bool) -> None:
        """What is changed there now, searches will know some minutes later than usual."""
        self.world.there.sites[site].set_index_lag(SEARCH_LAG if lags else USUAL_LAG)

    def turn(self, vendor: str) -> None:
        """It is out, or back."""
        out = vendor not in self._out
        self._say(f"{vendor} is {'out' if out else 'back'}")
        self._out ^= {vendor}
        self.world.there.faults[vendor].configure(outage=out)

    def expire_or_renew(self, token: str) -> None:
        there = self.world.there
        if token in self._expired:
            self._say(f"the token of {token} is renewed")
            self._expired.discard(token)
            there.org.approve() if token == "salesforce" else there.sites[
                token
            ].restore_credentials()
            return
        self._say(f"the token of {token} expires")
        if token == "session":
            there.org.expire_sessions()
            return
        self._expired.add(token)
        there.org.revoke() if token == "salesforce" else there.sites[token].revoke_credentials()

    def end(self, how: str) -> None:
        """Bridge ends, and is started again at once, or is not there until the next such blow."""
        world = self.world
        if world.bridge is None:
            world.say("Bridge is up again")
            world.up()
            return
        if how.startswith("killed"):
            world.doom.at = how.removeprefix("killed ")
            return
        world.say(f"Bridge is {how}")
        world.down()
        if how == "started again":
            world.up()

    def calm(self) -> None:
        """It is over: every vendor answers, every token is valid, Bridge runs."""
        for faults in self.world.there.faults.values():
            faults.calm()
        self.world.mail.swallowed.clear()
        self.world.mail.echoes.clear()
        self._out.clear()
        for token in sorted(self._expired):
            self.expire_or_renew(token)
        self.world.doom.at = self.world.doom.path = ""
        if self.world.bridge is None:
            self.world.up()

    def _say(self, text: str) -> None:
        self.world.say(text)


def _of(letter: Letter) -> str:
    place = letter.webhook.url.removeprefix("https://bridge.test/webhooks/").partition("/")[0]
    return f"{place} {letter.webhook.label}".replace("jira:", "")
