"""Anything that people, vendors, the network and Bridge may do, in any order; then everything calms down."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from typing_extensions import override

from agreement.binders import BINDING, Binders
from agreement.deeds import JIRA, SALESFORCE, TEXTS, Pair
from agreement.people import AT_CASES, AT_ISSUES, RARE_DEEDS, SEVERITIES, SITE_OF, People
from agreement.talkers import LATER, WAYS, Talkers
from agreement.verdict import count, judge, questions, settle
from agreement.weather import ANSWERS, ECHOES, ENDS, FATES, TOKENS, UNHEARD, VENDORS, Weather
from agreement.world import World

MOST_PAIRS = 4
ANY = st.integers(0, 11)
WAITS = st.sampled_from([0.0, 1.0, 5.0, 30.0, 120.0, 900.0])
POLLS = 2  # rounds of searches until everything that no message told has been found, and followed
POLL_SECONDS = 15 * 60.0
PACED = 30.0  # searches fall on one moment of our clock: what they ask waits for the budget
HALF_AN_HOUR = 1800.0
CROSSED = 60.0  # by then what was said is on the other side, where nothing is in the way
MAKING = 15  # messages and calls until what a case asks for is made, where not much is in the way
BETWEEN = 10  # steps at least, for a calm takes as long as all of them
Deed = list[tuple[int, str, int, float]]


def busy(deeds: Sequence[str]) -> st.SearchStrategy[Deed]:
    """Some of these: whose, which, with what value, and the seconds that pass then."""
    seconds = st.sampled_from([0.0, 1.0, 20.0])
    return st.lists(st.tuples(ANY, st.sampled_from(deeds), ANY, seconds), min_size=1, max_size=4)


class Agreement(RuleBasedStateMachine):
    """`new_world` is set by who runs it. The verdict falls at the end of each run, and on the way."""

    new_world: ClassVar[Callable[[], World]]
    tally: ClassVar[Counter[str]]

    @initialize(side=st.sampled_from([SALESFORCE, JIRA]), file=st.booleans())
    def begin(self, side: str, *, file: bool) -> None:
        """A pair at each site agrees already; others are opened in whatever weather there is. On both
        something is said at once, and no answer tells Bridge that its copy was made."""
        self.world = type(self).new_world()
        self.people = People(world=self.world)
        self.talkers = Talkers(people=self.people)
        self.binders = Binders(people=self.people)
        self.weather = Weather(world=self.world)
        for product in sorted(SITE_OF):
            self.people.open_case(product, "high")
        self.world.wait(60.0)
        self._judge()
        for which in range(len(SITE_OF)):
            self.somebody_says_something(which, side, "public", cut=True, file=file)
        self.world.wait(CROSSED)
        self.steps = self.calmed = 0
        self.over = False

    @invariant()
    def one_more_step(self) -> None:
        self.steps = getattr(self, "steps", 0) + 1

    def pair(self, which: int) -> Pair:
        pairs = self.people.deeds.pairs
        return pairs[which % len(pairs)]

    @rule(
        product=st.sampled_from(sorted(SITE_OF)),
        severity=st.sampled_from(sorted(SEVERITIES)),
        unheard=st.sampled_from(["", "", *UNHEARD]),
    )
    def a_case_is_opened(self, product: str, severity: str, unheard: str) -> None:
        """`unheard`: that its issue is made is told by nobody, neither by the answer."""
        if len(self.people.deeds.pairs) < MOST_PAIRS:
            if unheard:
                self.weather.deafen(SITE_OF[product], unheard)
            pair = self.people.open_case(product, severity)
            self.world.clock.advance(1)
            for _ in range(MAKING if unheard else 0):
                if self.people.issue(pair) is None:
                    self.bridge_reads_one_message()
                    self.bridge_makes_one_call()
                    self.world.clock.advance(1)

    @rule(deeds=busy(AT_CASES))
    def people_work_on_cases(self, deeds: Deed) -> None:
        """Each does one thing to one of the pairs, and some time passes."""
        for which, deed, value, seconds in deeds:
            self.people.do(self.pair(which), deed, value)
            self.world.clock.advance(seconds)

    @rule(deeds=busy(AT_ISSUES))
    def people_work_on_issues(self, deeds: Deed) -> None:
        self.people_work_on_cases(deeds)

    @rule(deeds=busy(AT_ISSUES), by=WAITS)
    def what_people_did_to_issues_is_told_in_the_opposite_order(
        self, deeds: Deed, by: float
    ) -> None:
        self.people_work_on_cases(deeds)
        self.world.say(f"webhooks under way come in the opposite order, {by:.0f} s apart")
        self.world.mail.reverse(by)

    @rule(which=ANY, deed=st.sampled_from(AT_ISSUES), value=ANY, out=st.booleans())
    def an_edit_is_told_by_nobody_and_found_late(
        self, which: int, deed: str, value: int, *, out: bool
    ) -> None:
        """Its message is lost, and the next search does not find it yet, or fails."""
        pair, before = self.pair(which), self.world.mail.numbers
        self.weather.search_lags(pair.site, lags=not out)
        self.people.do(pair, deed, value)
        self.weather.search_lags(pair.site, lags=False)
        self.world.say("nobody tells of that")
        self.world.mail.lose_since(before)
        if out:
            self.weather.turn(pair.site)
            self.world.wait(HALF_AN_HOUR)
            self.weather.turn(pair.site)
        self.world.clock.advance(1)

    @rule(deeds=busy((*AT_CASES, *AT_ISSUES)))
    def people_work_on_both(self, deeds: Deed) -> None:
        self.people_work_on_cases(deeds)

    @rule(
        which=ANY,
        name=st.sampled_from(["title", "body", "severity"]),
        sides=st.permutations([SALESFORCE, JIRA]),
        seconds=st.sampled_from([2.0, 20.0]),
    )
    def both_ends_are_edited(self, which: int, name: str, sides: list[str], seconds: float) -> None:
        self.people.disagree(self.pair(which), name, (sides[0], sides[1]), seconds)

    @rule(which=ANY, name=st.sampled_from(TEXTS), seconds=st.sampled_from([2.0, 20.0]), by=WAITS)
    def what_is_overwritten_is_told_late(
        self, which: int, name: str, seconds: float, by: float
    ) -> None:
        """Its message comes before that of our write."""
        pair, before = self.pair(which), self.world.mail.numbers
        self.people.edit_issue(pair, name)
        self.world.say(f"that is told {by:.0f} s late")
        self.world.mail.delay_since(before, by)
        self.world.clock.advance(seconds)
        self.people.edit_case(pair, name)
        self.weather.muffle(pair.site, "late", 2 * by)
        self.world.wait(by)

    @rule(
        which=ANY,
        side=st.sampled_from([SALESFORCE, JIRA]),
        way=st.sampled_from(WAYS),
        cut=st.booleans(),
        file=st.booleans(),
    )
    def somebody_says_something(
        self, which: int, side: str, way: str, *, cut: bool, file: bool
    ) -> None:
        """A comment or a file. `cut`: it is public, and no answer tells Bridge that its copy was made."""
        pair = self.pair(which)
        to = pair.site if side == SALESFORCE else SALESFORCE
        if cut:
            self.weather.disturb(to, "cut_after", "make")
        tell = self.talkers.share if file else self.talkers.say
        tell(pair, side, "public" if cut else way)
        self.world.clock.advance(1)

    @rule(which=ANY, comment=ANY, deed=st.sampled_from(LATER))
    def somebody_thinks_better_of_it(self, which: int, comment: int, deed: str) -> None:
        self.talkers.think_better(self.pair(which), comment, deed)
        self.world.clock.advance(1)

    @rule(which=ANY, side=st.sampled_from([SALESFORCE, JIRA]), seconds=WAITS)
    def a_comment_is_hidden_for_a_while(self, which: int, side: str, seconds: float) -> None:
        """What was taken back is not made again."""
        pair = self.pair(which)
        place = len(pair.said)
        self.talkers.say(pair, side, "public")
        self.world.wait(CROSSED)
        for deed in ("hide", "show", "change") if len(pair.said) > place else ():
            self.talkers.think_better(pair, place, deed)
            self.world.wait(seconds)

    @rule(which=ANY, deeds=busy(AT_ISSUES), seconds=WAITS)
    def a_case_lies_in_the_bin_for_a_while(self, which: int, deeds: Deed, seconds: float) -> None:
        """Meanwhile people work on its issue, and are done with that."""
        self.people.delete_case(self.pair(which))
        self.world.wait(seconds)
        for _, deed, value, moment in deeds:
            self.people.do(self.pair(which), deed, value)
            self.world.clock.advance(moment)
        self.world.wait(seconds)
        self.people.undelete_case(self.pair(which))

    @rule(which=ANY, deed=st.sampled_from(RARE_DEEDS))
    def a_record_moves_goes_or_comes_back(self, which: int, deed: str) -> None:
        self.people.do(self.pair(which), deed, 0)
        self.world.clock.advance(1)

    @rule(which=ANY, fate=st.sampled_from(FATES), by=WAITS)
    def a_webhook_goes_astray(self, which: int, fate: str, by: float) -> None:
        self.weather.befall(which, fate, by)

    @rule(vendor=st.sampled_from(VENDORS[:3]), fate=st.sampled_from(ECHOES), by=WAITS)
    def what_a_vendor_tells_of_our_write_goes_astray(
        self, vendor: str, fate: str, by: float
    ) -> None:
        self.weather.muffle(vendor, fate, by)

    @rule(which=ANY, deed=st.sampled_from(BINDING))
    def somebody_says_what_belongs_together(self, which: int, deed: str) -> None:
        self.binders.do(self.pair(which), deed)
        self.world.clock.advance(1)

    @rule(
        vendor=st.sampled_from(VENDORS),
        answer=st.sampled_from(ANSWERS),
        write=st.sampled_from(["make", "change"]),
    )
    def an_answer_is_lost(self, vendor: str, answer: str, write: str) -> None:
        self.weather.disturb(vendor, answer, write)

    @rule(vendor=st.sampled_from(VENDORS))
    def a_vendor_is_out_or_back(self, vendor: str) -> None:
        self.weather.turn(vendor)

    @rule(token=st.sampled_from(TOKENS))
    def a_token_expires_or_is_renewed(self, token: str) -> None:
        self.weather.expire_or_renew(token)

    @rule()
    def bridge_reads_one_message(self) -> None:
        self.world.mail.deliver()
        self.world.read_one()

    @rule()
    def bridge_makes_one_call(self) -> None:
        self.world.act_once()

    @rule(seconds=WAITS)
    def time_passes(self, seconds: float) -> None:
        self.world.wait(seconds)

    @rule(end=st.sampled_from(ENDS))
    def bridge_ends(self, end: str) -> None:
        self.weather.end(end)

    @precondition(lambda self: self.steps - self.calmed >= BETWEEN)
    @rule(take=st.sampled_from([SALESFORCE, JIRA]))
    def everything_calms_down(self, take: str = JIRA) -> None:
        """The weather is over, the searches have gone round, and everything has been done; then
        somebody answers what is asked."""
        self.world.say("everything calms down")
        self.calmed = self.steps
        self.weather.calm()
        self.world.wait(POLLS * (POLL_SECONDS + 60))
        self._judge()
        for asked in questions(self.people):
            if asked in questions(self.people):  # an answer may settle another
                self.people.decide(*asked, take)
        self.world.wait(60.0)
        self._judge()
        assert not questions(self.people), "a question stays open after it was answered"

    def _judge(self) -> None:
        wrong = judge(self.people)
        self.over = bool(wrong)
        assert not wrong, "\n".join(["", *self.world.story, "", "Then:", *wrong])
        settle(self.people)

    @override
    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        try:
            if not self.over:
                self._end()
        finally:
            self.world.close()

    def _end(self) -> None:
        self.everything_calms_down()
        self.tally.update(
            runs=1, steps=self.steps, lines=len(self.world.story), **count(self.people)
        )
