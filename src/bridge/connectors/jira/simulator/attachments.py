"""Files put on issues and taken away, as the issue's change log tells: a line `Attachment` with its id.

Captured webhooks of Jira Server and clients of Cloud show this line; older ones have no `fieldId` in it.
"""

import mimetypes

from bridge.connectors.jira.simulator import issues
from bridge.connectors.jira.simulator.account import Account
from bridge.connectors.jira.simulator.refusal import Refused
from bridge.connectors.jira.simulator.site import Site
from bridge.connectors.jira.simulator.state import Attachment, Issue

NOT_IN_NAMES = frozenset('\\/":?*<|>')  # Jira's FileNameCharacterCheckerUtil; the status is a guess
UPLOAD_LIMIT = 10_000_000  # bytes: Jira's own default for one attachment (mem)
UNKNOWN = "application/octet-stream"


def add(
    site: Site, issue: Issue, name: str, content: bytes, *, kind: str, actor: Account
) -> Attachment:
    """Raises Refused 400, 413."""
    if set(name) & NOT_IN_NAMES:
        raise Refused(400, "The file name contains an invalid character.")
    if len(content) > UPLOAD_LIMIT:
        raise Refused(413, "The file is larger than the attachment limit.")
    site.permit(actor, "CREATE_ATTACHMENTS")
    made = Attachment(
        id=site.state.new_id("attachment"),
        author=actor,
        name=name,
        type=kind or mimetypes.guess_type(name)[0] or UNKNOWN,
        content=content,
        created=site.state.now(),
    )
    issue.attachments[made.id] = made
    _tell(site, issue, before=None, after=made, actor=actor)
    return made


def remove(site: Site, issue: Issue, ident: int, *, actor: Account) -> None:
    """Raises Refused 404."""
    gone = issue.attachments.pop(ident, None)
    if gone is None:
        raise Refused(404, f"The attachment with id '{ident}' does not exist")
    _tell(site, issue, before=gone, after=None, actor=actor)


def find(site: Site, ident: str) -> tuple[Issue, Attachment]:
    """Raises Refused 404."""
    for issue in site.state.issues.values():
        if ident.isdecimal() and int(ident) in issue.attachments:
            return issue, issue.attachments[int(ident)]
    raise Refused(404, f"The attachment with id '{ident}' does not exist")


def _tell(
    site: Site,
    issue: Issue,
    *,
    before: Attachment | None,
    after: Attachment | None,
    actor: Account,
) -> None:
    item = {
        "field": "Attachment",
        "fieldtype": "jira",
        "fieldId": "attachment",
        "from": str(before.id) if before else None,
        "fromString": before.name if before else None,
        "to": str(after.id) if after else None,
        "toString": after.name if after else None,
    }
    issues.changed(site, issue, [item], actor=actor, kind="issue_updated")
