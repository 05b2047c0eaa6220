"""Every event Jira sends: those that concern the business, and why the others are ignored.

Names as in Atlassian's webhooks guide. Issue and version events have the prefix `jira:`, the
others do not.
"""

from collections.abc import Mapping

from bridge.canonical.event import Act

UPDATE = "jira:issue_updated"
ISSUE_EVENTS = {
    "jira:issue_created": Act.CREATED,
    UPDATE: Act.UPDATED,
    "jira:issue_deleted": Act.DELETED,
}
COMMENT_EVENTS = {
    "comment_created": Act.CREATED,
    "comment_updated": Act.UPDATED,
    "comment_deleted": Act.DELETED,
}
VERSION_EVENTS = {
    "jira:version_created": Act.CREATED,
    "jira:version_updated": Act.UPDATED,
    "jira:version_released": Act.UPDATED,
    "jira:version_unreleased": Act.UPDATED,
    "jira:version_moved": Act.UPDATED,
    "jira:version_deleted": Act.DELETED,
    "jira:version_merged": Act.DELETED,  # the same fact as a deletion with `mergedTo`
}
SPRINT_EVENTS = {
    "sprint_created": Act.CREATED,
    "sprint_updated": Act.UPDATED,
    "sprint_started": Act.UPDATED,
    "sprint_closed": Act.UPDATED,
    "sprint_deleted": Act.DELETED,
}
PROJECT_EVENTS = {
    "project_created": Act.CREATED,
    "project_updated": Act.UPDATED,
    "project_archived": Act.UPDATED,
    "project_restored_archived": Act.UPDATED,
    "project_restored_deleted": Act.UPDATED,
    "project_soft_deleted": Act.UPDATED,  # in the bin, from where it may come back
    "project_deleted": Act.DELETED,
}
PROJECT_STATES: Mapping[str, Mapping[str, bool]] = {
    "project_archived": {"archived": True},
    "project_restored_archived": {"archived": False},
    "project_soft_deleted": {"deleted": True},
    "project_restored_deleted": {"deleted": False},
}
CHANGES_AN_ISSUE = "it changes an issue without showing it; a read of the issue will tell"
IGNORED = {
    **dict.fromkeys(
        (
            "worklog_created",
            "worklog_updated",
            "worklog_deleted",
            "jira:worklog_updated",
            "issuelink_created",
            "issuelink_deleted",
            "attachment_created",
            "attachment_deleted",
        ),
        CHANGES_AN_ISSUE,
    ),
    **dict.fromkeys(
        ("issue_property_set", "issue_property_deleted"),
        "properties of issues are kept by apps, ours among them",
    ),
    **dict.fromkeys(
        (
            "issuetype_created",
            "issuetype_updated",
            "issuetype_deleted",
            "filter_created",
            "filter_updated",
            "filter_deleted",
            "user_created",
            "user_updated",
            "user_deleted",
            "board_created",
            "board_updated",
            "board_deleted",
            "board_configuration_changed",
            "option_voting_changed",
            "option_watching_changed",
            "option_unassigned_issues_changed",
            "option_subtasks_changed",
            "option_issuelinks_changed",
            "option_timetracking_changed",
            "option_timetracking_provider_changed",
            "jira_expression_evaluation_failed",
            "app_access_to_objects_blocked",
            "app_access_to_objects_in_container_blocked",
        ),
        "it is about how Jira is set up, not about work",
    ),
}
# Data Center tells of a comment as an update of its issue.
COMMENT_ACTS = {
    "issue_commented": Act.CREATED,
    "issue_comment_edited": Act.UPDATED,
    "issue_comment_deleted": Act.DELETED,
}
