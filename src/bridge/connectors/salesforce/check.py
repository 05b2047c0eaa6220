"""What `bridge doctor` asks of an org: who we are, what is left, what we may see and write."""

from collections.abc import Iterator, Sequence

from bridge.connectors.checking import CheckResult
from bridge.connectors.salesforce.client import SalesforceClient
from bridge.connectors.salesforce.ids import same_id
from bridge.connectors.salesforce.metadata import Describe
from bridge.errors import CredentialError, DeliveryError

DAILY = "DailyApiRequests"
LOW_SHARE = 0.1
_APP = (
    "Setup > External Client App Manager: client credentials flow on, a Run-As user named;"
    " url is the org's My Domain"
)
_LEVELS = "give the Run-As user's permission set this object and its fields (field-level security)"


def check(client: SalesforceClient) -> Sequence[CheckResult]:
    """One line for each thing; nothing after a log-in that fails."""
    credentials = _credentials(client)
    if not all(line.ok for line in credentials):
        return credentials
    return [*credentials, _limits(client), *_objects(client)]


def _credentials(client: SalesforceClient) -> list[CheckResult]:
    try:
        organization, user = client.identity()
    except CredentialError as error:
        return [CheckResult(name="credentials", ok=False, detail=str(error), remedy=_APP)]
    except DeliveryError as error:
        remedy = f"is {client.settings.host} right, and can this machine reach it?"
        return [CheckResult(name="reachable", ok=False, detail=str(error), remedy=remedy)]
    lines = [CheckResult(name="credentials", ok=True, detail=f"logged in as {user or 'a user'}")]
    for name, ours, theirs in (
        ("organization_id", client.settings.organization_id, organization),
        ("user_id", client.settings.user_id, user),
    ):
        if ours and theirs and not same_id(ours, theirs):
            detail = f"{name} is {ours}, the token is for {theirs}"
            lines.append(CheckResult(name=name, ok=False, detail=detail, remedy=f"set {name}"))
    return lines


def _limits(client: SalesforceClient) -> CheckResult:
    try:
        daily = client.limits().get(DAILY)
    except DeliveryError as error:
        return CheckResult(name="limits", ok=False, detail=str(error), remedy=_APP)
    if daily is None:
        return CheckResult(name="limits", ok=True, detail=f"{DAILY} is not shown to this user")
    return CheckResult(
        name="limits",
        ok=daily.remaining > daily.max * LOW_SHARE,
        detail=f"{daily.remaining} of {daily.max} API calls left in these 24 hours",
        remedy="find what uses them up: Setup > Company Information > API Requests",
    )


def _objects(client: SalesforceClient) -> Iterator[CheckResult]:
    for name, fields in client.settings.objects.items():
        try:
            describe = client.describe_anew(name)
        except DeliveryError as error:
            yield CheckResult(name=name, ok=False, detail=str(error), remedy=_LEVELS)
            continue
        yield _object(describe, fields)
        yield _write_key(client, describe)


def _object(describe: Describe, fields: Sequence[str]) -> CheckResult:
    missing = [field for field in fields if describe.field(field) is None]
    rights = {
        "read": describe.object.queryable,
        "create": describe.object.createable,
        "edit": describe.object.updateable,
    }
    lacking = [right for right, given in rights.items() if not given]
    problems = [f"no {right} access" for right in lacking] + [
        f"no field {name}" for name in missing
    ]
    return CheckResult(
        name=describe.object.name,
        ok=not problems,
        detail="; ".join(problems) or "can be read, made and edited",
        remedy="" if not problems else _LEVELS,
    )


def _write_key(client: SalesforceClient, describe: Describe) -> CheckResult:
    """Without the field `create_record` is refused; without `unique` two may be made."""
    wanted = client.settings.write_key_field
    field = describe.field(wanted)
    fine = field is not None and field.external_id and field.unique
    return CheckResult(
        name=f"{describe.object.name}.{wanted}",
        ok=fine,
        detail="external id, unique" if fine else "not there, or no external id, or not unique",
        remedy=""
        if fine
        else f"add {wanted}: Text(255), External ID, Unique, case sensitive; needed by create_record",
    )
