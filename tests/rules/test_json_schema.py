"""What an editor is told of the mapping form: all that loads, and what does not."""

import os
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from typer.testing import CliRunner

from bridge.canonical.kind import standard
from bridge.cli.main import app
from bridge.connectors.registry import actions
from bridge.rules import document
from bridge.rules.folder import read_folder
from bridge.rules.json_schema import json_schema, schema_text
from rules import syncing
from rules.fakes import rule

ROOT = Path(__file__).parents[2]
SHIPPED = read_folder(ROOT / "mappings")
SOURCE = """\
version: 1
sources:
  - id: work
    from: {connection: jira, object: issue}
    as: work_item
    fields: {title: summary, type: {field: issuetype.name, map: kinds, else: task}}
"""
SYNC = syncing.text(
    more="""\
    tests:
      - name: t
        given: {jira: {title: A}, agreed: {jira: {title: null}}, changed_at: {jira: 2026-01-15}}
        expect: {title: {salesforce: A}, body: in_step, due: {left_alone: why}}
"""
)
PEOPLE = "version: 1\npeople: [{name: A, department: b, roles: [{role: c, from: 2026-01-01}]}]\n"


@pytest.fixture(scope="module")
def editor() -> jsonschema_rs.Draft7Validator:
    """What a language server does with a file, as far as the schema goes."""
    schema = json_schema(standard(), actions())
    jsonschema_rs.meta.validate(schema)
    return jsonschema_rs.Draft7Validator(schema, validate_formats=True)


def test_the_schema_is_current() -> None:
    """`UPDATE_GOLDEN=1` writes it anew."""
    text, kept = schema_text(standard(), actions()), ROOT / "mappings" / "schema.json"
    if os.environ.get("UPDATE_GOLDEN") == "1":
        kept.write_text(text, encoding="utf-8")

    assert kept.read_text(encoding="utf-8") == text


def test_the_command_prints_it_and_writes_it(tmp_path: Path) -> None:
    printed = CliRunner().invoke(app, ["rules", "schema"])
    written = CliRunner().invoke(app, ["rules", "schema", "--out", str(tmp_path / "schema.json")])

    assert printed.output == schema_text(standard(), actions())
    assert written.output == ""
    assert (tmp_path / "schema.json").read_text(encoding="utf-8") == printed.output


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_mapping_is_right_and_names_the_schema(
    name: str, editor: jsonschema_rs.Draft7Validator
) -> None:
    file, _ = document.read(name, SHIPPED[name])

    assert file is not None
    assert [error.message for error in editor.iter_errors(file.value)] == []
    first = SHIPPED[name].splitlines()[0]
    named = first.removeprefix("# yaml-language-server: $schema=")
    assert ((ROOT / "mappings" / name).parent / named).resolve() == ROOT / "mappings/schema.json"


@pytest.mark.parametrize("kind", sorted(actions()))
def test_an_action_takes_its_examples_and_an_expression_for_each_value(
    kind: str, editor: jsonschema_rs.Draft7Validator
) -> None:
    action = actions()[kind]
    names = [name for name in action.model_fields if name != action.target]
    computed: dict[str, Any] = dict.fromkeys(names, "${event.id}")
    file, _ = document.read("rules/r.yaml", rule())

    assert file is not None
    for args in (*action.examples, computed):
        file.value["rules"][0]["do"] = [{kind: dict(args)}]
        assert [error.message for error in editor.iter_errors(file.value)] == []


@pytest.mark.parametrize(
    "text",
    [
        rule(more="urgent: maybe"),
        rule(more="origins: [webhok]"),
        rule(more="descripton: x"),
        rule(more="each: work_itm"),
        rule(more="mode: dry"),
        rule(when="feedback.create"),
        rule(when="[feedback.created, work_item.craeted]"),
        rule(do="[]"),
        rule(do="[{teams.post_crd: {channel: a, title: b}}]"),
        rule(do="[{id: x}]"),
        rule(do="[{teams.post_card: {chanel: a, title: b}}]"),
        rule(do="[{teams.post_card: {title: b}}]"),
        rule(do="[{teams.post_card: {channel: 12, title: b}}]"),
        rule(do="[{teams.post_card: {channel: a, title: b, severity: worst}}]"),
        rule(do="[{teams.post_card: {channel: a, title: b, stale_after: 2 hours}}]"),
        rule(do="[{teams.post_card: {channel: a, title: b, links: [{url: 'https://x'}]}}]"),
        rule(do="[{teams.post_card: {channel: a, title: b}, jira.update_issue: {}}]"),
        rule(do="[{expires: 2 hours, teams.post_card: {channel: a, title: b}}]"),
        rule(do="[{merge: always, jira.update_issue: {issue: x}}]"),
        rule(do="[{jira.link_remote: {issue: x, url: 'ftp://x', title: t}}]"),
        rule().replace("event: feedback.created", "event: feedback.create"),
        rule().replace("{event: feedback.created}", "{event: feedback.created, feedbak: {}}"),
        rule().replace("event: feedback.created}", "event: feedback.created, feedback: {titel: x}}"),
        rule().replace("expect: []", "expect: [teams.post_crd]"),
        rule().replace("expect: []", "expect: [{teams.post_crd: {}}]"),
        rule().replace("version: 1", "version: 2"),
        rule().replace("version: 1\n", ""),
        rule().replace("critical: Highest", "critical: [Highest]"),
        SOURCE.replace("as: work_item", "as: work_itm"),
        SOURCE.replace("{title:", "{titel:"),
        SOURCE.replace("map: kinds", "mapp: kinds"),
        SOURCE.replace("object: issue", "objekt: issue"),
        SOURCE + "    tracked: [titel]\n",
        SYNC.replace("in_step", "in step"),
        SYNC.replace("{left_alone: why}", "[left_alone]"),
        SYNC.replace("jira: {title: A}", "jira: A"),
        PEOPLE.replace("department", "departement"),
        PEOPLE.replace("2026-01-01", "January"),
        "- a\n",
    ],
)  # fmt: skip
def test_an_editor_marks_what_is_wrong(text: str, editor: jsonschema_rs.Draft7Validator) -> None:
    file, _ = document.read("f.yaml", text)

    assert file is not None
    assert not editor.is_valid(file.value)


@pytest.mark.parametrize("text", [rule(), rule(more="each: work_item"), SOURCE, SYNC, PEOPLE])
def test_an_editor_leaves_alone_what_is_right(
    text: str, editor: jsonschema_rs.Draft7Validator
) -> None:
    file, _ = document.read("f.yaml", text)

    assert file is not None
    assert [error.message for error in editor.iter_errors(file.value)] == []
