"""`/api/v1/rules/sets`, `/rules/diff`: every set that was ever active, whole, and what differs."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel
from sqlalchemy.orm import Session

from bridge.access.guard import Operator, Viewer
from bridge.access.paging import Word
from bridge.access.problems import READS, Problem, described
from bridge.access.state import Data
from bridge.pipeline.ruleset.routes import ActivationView, Comparison
from bridge.rules import store, versions
from bridge.rules.difference import differences, phrase
from bridge.rules.versions import Unresolved

router = APIRouter(prefix="/api/v1/rules", tags=["rules"], responses={**READS, **described(409)})
SOME = {"version": "`active`, `previous`, a hash, or the beginning of one"}


class SetView(BaseModel):
    """A set of mappings. `withdrawn_at`: rolled back, and not taken up again by itself."""

    hash: str
    active: bool
    created_at: datetime
    created_by: str
    withdrawn_at: datetime | None
    files: dict[str, int]
    activations: list[ActivationView]


class SetFiles(BaseModel):
    """The files of a set, as they were, by path below `mappings/`."""

    hash: str
    files: dict[str, str]


@router.get("/sets/{version}", summary="A set of mappings, and when it was active")
def one(_: Viewer, database: Data, version: str) -> SetView:
    """`version` is `active`, `previous`, a hash, or the beginning of one; `files` gives their lines."""
    with database.reading() as session:
        row = versions.whole(session, resolved(session, version))
        return SetView(
            hash=row.hash,
            active=row.hash == store.active_hash(session),
            created_at=row.created_at,
            created_by=row.created_by,
            withdrawn_at=row.withdrawn_at,
            files={name: len(text.splitlines()) for name, text in sorted(row.files.items())},
            activations=[
                ActivationView.model_validate(each)
                for each in versions.activations(session, row.hash)
            ],
        )


@router.get("/sets/{version}/files", summary="The files of a set")
def files(_: Operator, database: Data, version: str) -> SetFiles:
    """`people.yaml` may be among them."""
    with database.reading() as session:
        row = versions.whole(session, resolved(session, version))
        return SetFiles(hash=row.hash, files=row.files)


@router.get("/diff", summary="What differs between two sets")
def diff(
    _: Operator,
    database: Data,
    a: Annotated[Word, Query(description=SOME["version"])] = versions.PREVIOUS,
    b: Annotated[Word, Query(description=SOME["version"])] = versions.ACTIVE,
) -> Comparison:
    """By meaning: rules, sources, maps and people, and which keys of them."""
    with database.reading() as session:
        left, right = (versions.whole(session, resolved(session, one)) for one in (a, b))
    found = differences(left.files, right.files)
    return Comparison(before=left.hash, after=right.hash, changed=phrase(found), differences=found)


def resolved(session: Session, version: str) -> str:
    """The whole hash of a version. Raises a problem that says what else could be meant."""
    try:
        return versions.resolve(session, version)
    except Unresolved as error:
        if error.meant:
            raise Problem(
                "ambiguous-version",
                "Several sets are meant",
                status=409,
                detail=str(error),
                more={"meant": list(error.meant)},
            ) from None
        raise Problem("no-such-version", "No set is meant", status=404, detail=str(error)) from None
