"""`POST /api/v1/rules:try`: a live record under the active mappings, an old set, or files of yours."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Self

from fastapi import APIRouter
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from bridge.access import audit
from bridge.access.guard import Operator
from bridge.access.paging import Word
from bridge.access.problems import READS, Problem, described
from bridge.access.state import Data, Time
from bridge.errors import DeliveryError, Malformed, RuleError, Unconfigured
from bridge.pipeline.acts.routes import TheWorld
from bridge.pipeline.ruleset.routes import Text, path
from bridge.pipeline.ruleset.trying import Answered, Trial, Untried, Wish, try_record
from bridge.pipeline.ruleset.version_routes import resolved
from bridge.pipeline.syncing.standings import SyncStanding
from bridge.pipeline.world import World
from bridge.rules import versions
from bridge.rules.decision import Ask, Decision
from bridge.rules.ruleset import RuleSet
from bridge.rules.template import shown

router = APIRouter(
    prefix="/api/v1/rules", tags=["rules"], responses={**READS, **described(409, 502)}
)


class Try(BaseModel):
    """Which record, under which mappings: `files` of yours, or a `version` that was active."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"record": "00001234", "version": "active"}]},
    )

    record: Word = Field(description="a case number, an issue key, a URL, or a ref")
    files: dict[Annotated[str, AfterValidator(path)], Text] | None = Field(
        default=None, min_length=1, max_length=500
    )
    version: Word = versions.ACTIVE
    on: Word | None = Field(
        default=None, description="only rules that wait for this event: `feedback.created`"
    )
    changed: tuple[Word, ...] = Field(
        default=(), max_length=50, description="fields to pretend a change of"
    )

    @model_validator(mode="after")
    def _one_set(self) -> Self:
        if self.files is not None and "version" in self.model_fields_set:
            raise ValueError("give files or a version, not both")
        return self


class Would(BaseModel):
    """One action as it would be owed. `waits_for`: steps whose result it needs."""

    step: str
    action: str
    connection: str
    target: str | None
    waits_for: tuple[str, ...]
    args: Mapping[str, Any]
    note: str


class Answer(BaseModel):
    """`linked`: the record this answer is about, where the rule says `each`."""

    answer: str
    reason: str
    detail: Mapping[str, Any]
    linked: str
    would: list[Would]


class RuleTried(BaseModel):
    """`pretended`: the event `on` did not happen, it was tried as if."""

    rule: str
    on: str
    pretended: bool
    answers: list[Answer]


class Tried(BaseModel):
    """The record as it is read now, and what each rule about its kind would do with it; and by what
    both ends show now, what each sync would write."""

    version: str
    ref: str
    kind: str
    source: str
    known: bool
    changed: tuple[str, ...]
    record: Mapping[str, Any]
    rules: list[RuleTried]
    syncs: tuple[SyncStanding, ...]


@router.post(":try", summary="What would these mappings do with this record? Audited")
def try_out(who: Operator, database: Data, clock: Time, world: TheWorld, wish: Try) -> Tried:
    """Reads the record from its system now. Nothing is sent and nothing is kept, but who looked:
    values of records hold personal data."""
    rules = _rules(world, wish)
    asked = Wish(record=wish.record, on=wish.on, changed=wish.changed)
    try:
        trial = try_record(world, rules, asked)
    except (Untried, Malformed) as error:
        raise Problem("not-tried", "This cannot be tried", status=422, detail=str(error)) from None
    except (DeliveryError, Unconfigured) as error:
        raise Problem(
            "not-read", "The record cannot be read now", status=502, detail=str(error)
        ) from None
    with database.transaction() as session:
        audit.record(
            session, who, "try", str(trial.ref), reason="", difference={"rules": rules.hash},
            now=clock.now(),
        )  # fmt: skip
    return _view(trial, rules)


def _rules(world: World, wish: Try) -> RuleSet:
    """Raises the same problem as an activation for files with mistakes; their tests may fail."""
    try:
        if wish.files is not None:
            return world.sets.compile(wish.files)
        with world.database.reading() as session:
            return world.sets.by_hash(session, resolved(session, wish.version))
    except RuleError as error:
        problems = str(error).splitlines()
        raise Problem(
            "mappings-at-fault",
            "The mappings have faults",
            status=422,
            detail=problems[0],
            more={"problems": problems},
        ) from None


def _view(trial: Trial, rules: RuleSet) -> Tried:
    return Tried(
        version=rules.hash,
        ref=str(trial.ref),
        kind=trial.sighting.kind,
        source=trial.sighting.source,
        known=trial.known,
        changed=trial.changed,
        record=trial.sighting.record,
        rules=[_tried(one, trial) for one in trial.answers],
        syncs=trial.syncs,
    )


def _tried(one: Answered, trial: Trial) -> RuleTried:
    return RuleTried(
        rule=one.rule.id,
        on=one.on,
        pretended=one.pretended,
        answers=[
            Answer(
                answer=decision.answer,
                reason=decision.reason,
                detail=decision.detail,
                linked=trial.ends.get(decision.target, ""),
                would=list(_would(decision, trial)),
            )
            for decision in one.decisions
        ],
    )


def _would(decision: Decision, trial: Trial) -> Iterator[Would]:
    for ask in decision.asks:
        yield Would(
            step=ask.step,
            action=ask.action,
            connection=ask.connection,
            target=ask.target_ref,
            waits_for=ask.needs,
            args=shown(ask.args),
            note=_note(decision, ask, trial),
        )


def _note(decision: Decision, ask: Ask, trial: Trial) -> str:
    """What is known already of what would become of it."""
    notes = []
    if ask.role is not None and ask.role in trial.linked:
        notes.append(f"makes nothing: {ask.role} is {trial.linked[ask.role]} already")
    if decision.observe:
        notes.append("held: the rule is in mode observe")
    return "; ".join(notes)
