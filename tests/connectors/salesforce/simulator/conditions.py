"""Definitions of pushes that the tests aim at a receiver."""

from bridge.connectors.salesforce.simulator import Callout, OutboundMessage, Setup
from bridge.connectors.salesforce.simulator.push import changed, created

MESSAGES = Setup(
    outbound=(
        OutboundMessage(
            object="Case",
            fields=("CaseNumber", "Subject", "Origin", "Send_To_Engineering__c", "CSAT__c",
                    "Jira_Due__c", "SystemModstamp"),
        ),
        OutboundMessage(object="Account", fields=("Name",), when=changed("Name")),
        OutboundMessage(object="CaseComment", fields=("ParentId", "CommentBody"), when=created),
    )
)  # fmt: skip
CALLOUTS = Setup(
    outbound=(),
    callouts=(Callout(object="Case", fields=("Subject", "Account.Name", "Severity__c")),),
)
