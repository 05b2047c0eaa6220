"""`/api/v1/deliveries/{id}:edit`: a dead delivery goes out with other values."""

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy.orm import Session

from bridge.access.problems import ACTS, READS, Problem, no_reason, not_found
from bridge.access.repeats import OperatorAct
from bridge.outbox import store
from bridge.pipeline.acts import editing
from bridge.pipeline.acts.editing import Edit, Edited, NotTaken
from bridge.pipeline.acts.routes import TheWorld

router = APIRouter(prefix="/api/v1", tags=["acts"], responses=READS)
Path = Annotated[str, StringConstraints(min_length=1, max_length=400)]
MOST = 100  # values of one edit


class EditWish(BaseModel):
    """Values by path (`priority`, `fields.Severity__c`), and paths that are to have none any more."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"set": {"priority": "High"}, "why": "Urgent is gone from the scheme"}]
        },
    )

    values: dict[Path, Any] = Field(default={}, alias="set", max_length=MOST)
    without: list[Path] = Field(default=[], alias="unset", max_length=MOST)
    why: str = Field(
        default="", max_length=2_000, description="Must be said, but in a dry run: it is audited."
    )
    dry_run: bool = Field(default=False, description="Say what would change, and change nothing.")


class ChangeView(BaseModel):
    """What is personal, or nobody knows not to be, is `(not shown)`."""

    name: str
    before: str
    after: str


class EditView(BaseModel):
    """`id` is the delivery that goes out; null in a dry run."""

    id: str | None
    of: str
    state: str
    reason: str
    changes: list[ChangeView]
    warning: str


@router.post("/deliveries/{delivery_id}:edit", summary="Send with other values", responses=ACTS)
def edit(act: OperatorAct, world: TheWorld, delivery_id: str, wish: EditWish) -> Response:
    """What is dead alone. The values must be such as its action takes; the record stays the same.

    What goes out is a delivery of its own, under the same write key; the old one is superseded.
    """

    def work(session: Session) -> EditView:
        old = store.one(session, delivery_id)
        if old is None:
            raise not_found(f"delivery {delivery_id}")
        asked = Edit(values=wish.values, without=wish.without)
        try:
            if wish.dry_run:
                found = editing.rehearse(session, world, old, asked, now=act.now)
                return _view(found, delivery_id, dry_run=True)
            if not wish.why.strip():
                raise no_reason(f"nobody has said why {delivery_id} is sent with other values")
            by = act.principal.name
            done = editing.edit(session, world, old, asked, by=by, why=wish.why, now=act.now)
        except NotTaken as error:
            raise _refused(str(error)) from error
        view = _view(done, delivery_id, dry_run=False)
        told = view.model_dump(include={"id", "changes"})
        act.record(session, "edit", delivery_id, reason=wish.why, difference=told)
        return view

    return act.once(work)


def _view(found: Edited, of: str, *, dry_run: bool) -> EditView:
    row = found.row
    return EditView(
        id=None if dry_run else row.id,
        of=of,
        state=row.state,
        reason=row.reason,
        changes=[ChangeView(**vars(one)) for one in found.changes],
        warning=found.warning,
    )


def _refused(why: str) -> Problem:
    return Problem("not-edited", "These values cannot be sent", status=422, detail=why)
