"""Bridge: integration middleware between Jira, Salesforce and Microsoft Teams."""
