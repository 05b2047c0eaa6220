"""Comments on cases, as they are carried here."""

from typing import Any

from bridge.canonical.ref import Ref
from bridge.connectors.salesforce.comments import (
    AddCaseComment,
    DeleteCaseComment,
    EditCaseComment,
)
from bridge.connectors.salesforce.file_actions import AddFile, DeleteFile
from bridge.connectors.salesforce.marks import COMMENT
from bridge.connectors.salesforce.settings import SalesforceSettings
from bridge.connectors.talk import Asked, Said, Talk


def _add(said: Said) -> Asked:
    return AddCaseComment.kind, {
        "body": said.body,
        "published": said.public,
        "original": said.original,
    }


def _edit(said: Said, case: Any, key: str) -> Asked:
    return EditCaseComment.kind, {"body": said.body, "mark": key, "original": said.original}


def _delete(case: Any) -> Asked:
    return DeleteCaseComment.kind, {}


def _page(settings: SalesforceSettings, ref: Ref, key: str) -> str:
    return settings.record_url(ref.kind, ref.id)


TALK = Talk[SalesforceSettings](
    on="Case",
    comment=COMMENT,
    markup="text",
    shades=False,
    quoted=lambda text: text,
    add=_add,
    edit=_edit,
    delete=_delete,
    bring=lambda file: (AddFile.kind, dict(vars(file))),
    remove=lambda _: (DeleteFile.kind, {}),
    account=lambda settings: settings.user_id,
    page=_page,
)
