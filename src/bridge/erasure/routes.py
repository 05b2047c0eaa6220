"""`/api/v1/erasures`: count where a person stands, then erase. For admins; audited without the person."""

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from bridge.access import audit
from bridge.access.guard import Admin
from bridge.access.problems import ACTS, READS, Problem
from bridge.access.repeats import AdminAct
from bridge.access.state import Data, Time
from bridge.canonical.ids import random_id
from bridge.canonical.kind import Kinds
from bridge.erasure import store
from bridge.erasure.eraser import Eraser, telling
from bridge.erasure.person import Namesakes, Person, meant

REMAINS = (
    "what the vendors hold themselves, and what they send from now on: erase the person there first",
    "backups of the database, until they expire",
    "logs that were written before; Bridge writes no personal data there",
    "mappings/people.yaml: take the person out of it, then: bridge rules activate",
    "stored sets of mappings that name the person: they explain old decisions, and a rollback returns to them",
    "alarms and cards that were sent already",
    "names of API keys, which the audit needs to say who acted",
)
Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=254)]
router = APIRouter(prefix="/api/v1", tags=["erasures"], responses=READS)


class Wish(BaseModel):
    """An e-mail, a name, an account id, a Salesforce contact or user id; `also` is more of the same person."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"person": "anna@example.com", "why": "asked by letter"}]},
    )

    person: Word
    also: tuple[Word, ...] = Field(default=(), max_length=20)
    why: str = Field(default="", max_length=1_000)


class Appearance(BaseModel):
    """Where a person was found: field and value of what a model marks as personal."""

    connection: str
    values: dict[str, str]


class Count(BaseModel):
    """What an erasure would touch. It is refused while something is open or unread."""

    found: list[Appearance]
    namesakes: list[str] = Field(description="Others whose name goes too, by an id of each.")
    rows: dict[str, int]
    open_deliveries: list[str]
    unread_messages: list[str]
    mapping_sets: list[str] = Field(description="Stored sets of mappings that name the person.")
    remains: list[str] = Field(description="What Bridge cannot erase.")


class Erased(BaseModel):
    """`marker` stands where the person stood."""

    marker: str
    rows: dict[str, int]
    remains: list[str]


@router.post("/erasures:count", summary="Where does this person stand?")
def count(who: Admin, request: Request, database: Data, clock: Time, wish: Wish) -> Count:
    """Nothing is changed. The answer holds personal data, so that who asked is in the audit."""
    person = _person(request, database, wish)
    found = store.standing(database, Eraser(person, ""))
    with database.transaction() as session:
        audit.record(
            session, who, "erase.count", "person", reason="", difference=found.counts,
            now=clock.now(),
        )  # fmt: skip
    return Count(
        found=[
            Appearance(connection=one.connection, values=dict(sorted(one.values)))
            for one in person.found
        ],
        namesakes=list(person.namesakes),
        rows=found.counts,
        open_deliveries=list(found.deliveries),
        unread_messages=list(found.messages),
        mapping_sets=list(found.mapping_sets),
        remains=list(REMAINS),
    )


@router.post("/erasures", summary="Erase a person", responses=ACTS)
def erase(act: AdminAct, request: Request, database: Data, wish: Wish) -> Response:
    """Cannot be undone. Rows, history and counts stay, with a marker in the person's place.

    Asked again after it was interrupted, it erases what is left, under another marker.
    """

    def work() -> Erased:
        person, marker = _person(request, database, wish), random_id("erased")
        eraser = Eraser(person, marker)
        _refuse_open(store.standing(database, eraser))
        with database.transaction() as session:
            act.record(session, "erase", marker, reason=eraser.text(wish.why))
        rows = store.erase(database, eraser)
        with database.transaction() as session:
            act.record(session, "erased", marker, difference=rows)
        return Erased(marker=marker, rows=rows, remains=list(REMAINS))

    return act.once_outside(work)


def _person(request: Request, database: Data, wish: Wish) -> Person:
    kinds: Kinds = request.app.state.world.kinds
    try:
        person = meant((wish.person, *wish.also), store.known(database, kinds))
    except Namesakes as error:
        raise Problem(
            "namesakes",
            "Several people have this name",
            status=409,
            detail="name the one who is meant by an id or an e-mail",
            more={"people": list(error.people)},
        ) from error
    if not person.found and not any(telling(value) for value in person.values):
        raise Problem(
            "nobody-found",
            "Nobody is known by this",
            status=404,
            detail="give an e-mail, an id, or a whole name: a single word may mean anything",
        )
    return person


def _refuse_open(found: store.Standing) -> None:
    if not found.deliveries and not found.messages:
        return
    raise Problem(
        "still-on-its-way",
        "Something about this person is still on its way",
        status=409,
        detail=(
            f"{len(found.deliveries)} deliveries are open and {len(found.messages)} messages are not"
            " read yet; wait until they are through, or cancel the deliveries, and ask again"
        ),
        more={"deliveries": list(found.deliveries[:50]), "messages": list(found.messages[:50])},
    )
