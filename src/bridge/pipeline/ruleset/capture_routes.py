"""`POST /api/v1/rules:capture`: a stored event as a test of a rule, with other people in it."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from bridge.access.guard import Operator
from bridge.access.problems import READS, Problem, described, not_found
from bridge.access.state import Data
from bridge.canonical.event import Event
from bridge.errors import RuleError
from bridge.ledger import store as ledger
from bridge.ledger.facts import Facts
from bridge.pipeline.acts.routes import TheWorld
from bridge.pipeline.ruleset.routes import Text
from bridge.pipeline.world import World
from bridge.rules.capture import Captured, Uncaptured, Wish, capture
from bridge.rules.decision import Answer
from bridge.rules.engine import decide
from bridge.rules.problem import MappingProblems, did_you_mean
from bridge.rules.ruleset import Rule, RuleSet

Word = Annotated[str, Field(min_length=1, max_length=200)]
router = APIRouter(
    prefix="/api/v1/rules", tags=["rules"], responses={**READS, **described(404, 409, 422)}
)


class CaptureWish(BaseModel):
    """`rule`: left out, the only one that matched. `files`: mappings by path; left out, the active set."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"event": "evt_x", "rule": "feedback-becomes-engineering-task"}]
        },
    )

    event: Word
    rule: Word | None = None
    files: dict[str, Text] | None = Field(default=None, min_length=1, max_length=500)
    name: str = Field(default="", max_length=2_000, description="of the test")
    keep: tuple[Word, ...] = Field(
        default=(), max_length=100, description="fields whose real words stay"
    )
    brief: bool = Field(default=False, description="only the fields that the rule looks at")


class CaptureView(BaseModel):
    """The test. `replaced`: fields whose words were. `differs`: what the test asks for otherwise than
    the rule did of the event as it was, and `because` the fields that do it; both empty when all is well.
    """

    rule: str
    test: dict[str, Any]
    replaced: tuple[str, ...]
    differs: tuple[str, ...]
    because: tuple[str, ...]


@router.post(":capture", summary="An event as a test of a rule")
def capture_event(_: Operator, database: Data, world: TheWorld, wish: CaptureWish) -> CaptureView:
    """What was known of the event is given, what the rule says now is expected. Nothing is stored.

    People and free text are replaced, the same by the same.
    """
    with database.reading() as session:
        event, facts = _stored(session, wish.event)
        rules = _rules(session, world, wish.files)
        rule = _rule(rules, wish.rule, event, facts)
        asked = Wish(name=wish.name, keep=wish.keep, brief=wish.brief)
        found = _captured(event, facts, rule, rules, world=world, wish=asked)
    return CaptureView(
        rule=found.rule,
        test=dict(found.test),
        replaced=found.replaced,
        differs=found.differs,
        because=found.because,
    )


def _stored(session: Session, wanted: str) -> tuple[Event, Facts]:
    row = ledger.event(session, wanted)
    if row is None:
        raise not_found(f"event {wanted}")
    if not row.facts:
        text = f"{wanted} is not decided yet, or what it was decided with is not kept any more"
        raise Problem("no-facts", "This event cannot be decided again", status=409, detail=text)
    return ledger.as_event(row), Facts.from_json(row.facts)


def _rules(session: Session, world: World, files: Mapping[str, str] | None) -> RuleSet:
    try:
        return world.sets.active(session) if files is None else world.sets.compile(files)
    except MappingProblems as error:
        problems = [str(one) for one in error.problems]
        raise Problem(
            "mappings-at-fault",
            "The mappings have faults",
            status=422,
            detail=problems[0],
            more={"problems": problems},
        ) from None
    except RuleError as error:
        raise Problem(
            "no-active-set", "No mappings are active here", status=409, detail=str(error)
        ) from None


def _rule(rules: RuleSet, wanted: str | None, event: Event, facts: Facts) -> Rule:
    """The rule asked for, or the only one that matches."""
    known = {rule.id: rule for rule in rules.rules}
    if wanted is not None and wanted not in known:
        raise not_found(f"rule {wanted}{did_you_mean(wanted, known)}")
    found = [wanted] if wanted else _matching(rules, event, facts)
    if len(found) != 1:
        text = (
            f"{len(found)} rules match it ({', '.join(found)})" if found else "no rule matches it"
        )
        raise Problem("which-rule", "Say of which rule", status=409, detail=f"{text}; name one")
    return known[found[0]]


def _matching(rules: RuleSet, event: Event, facts: Facts) -> Sequence[str]:
    decisions = decide(event, facts, rules)
    return list(dict.fromkeys(one.rule for one in decisions if one.answer is Answer.MATCHED))


def _captured(
    event: Event, facts: Facts, rule: Rule, rules: RuleSet, *, world: World, wish: Wish
) -> Captured:
    try:
        return capture(event, facts, rule, rules, kinds=world.kinds, wish=wish)
    except Uncaptured as error:
        raise Problem(
            "not-capturable", "No test can be made of this", status=409, detail=str(error)
        ) from None
