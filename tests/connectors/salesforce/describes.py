"""Describe answers, in the members that we read."""

from collections.abc import Sequence
from typing import Any


def field_describe(name: str, kind: str = "string", **members: Any) -> dict[str, Any]:
    given = {"length": 255} if kind in {"string", "textarea", "url", "email"} else {}
    return {"name": name, "type": kind, "label": name, **given, **members}


def picklist(*pairs: tuple[str, str]) -> list[dict[str, Any]]:
    return [{"active": True, "value": value, "label": label} for value, label in pairs]


def object_describe(name: str, fields: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {
        "name": name,
        "createable": True,
        "updateable": True,
        "queryable": True,
        "fields": list(fields),
    }


CASE_FIELDS = [
    field_describe("Id", "id", createable=False, updateable=False),
    field_describe("CaseNumber", createable=False, updateable=False),
    field_describe("Subject"),
    field_describe("Description", "textarea", length=32_000),
    field_describe(
        "Status",
        "picklist",
        picklistValues=picklist(("New", "New"), ("Working", "In Arbeit"), ("Closed", "Closed")),
    ),
    field_describe("Origin", "picklist", picklistValues=picklist(("Web", "Web"))),
    field_describe("AccountId", "reference", relationshipName="Account"),
    field_describe("ContactId", "reference", relationshipName="Contact"),
    field_describe("Send_To_Engineering__c", "boolean"),
    field_describe("Jira_Key__c", externalId=True, unique=True),
    field_describe("Jira_Status__c", length=40),
    field_describe("Jira_URL__c", "url"),
    field_describe("Bridge_Key__c", externalId=True, unique=True),
    field_describe("Bridge_Problem__c", "textarea"),
    field_describe("Bridge_Synced__c", "datetime"),
]
COMMENT_FIELDS = [
    field_describe("ParentId", "reference"),
    field_describe("CommentBody", "textarea", length=4_000),
    field_describe("IsPublished", "boolean"),
]
