"""Puts a test into the text of a mapping file, at the end of a rule's tests. Nothing else moves."""

from collections.abc import Mapping
from typing import Any

import yaml

from bridge.errors import RuleError
from bridge.rules.yaml_text import block, flow


def insert_test(text: str, rule: str, test: Mapping[str, Any]) -> tuple[str, int]:
    """The text with the test in it, and the line the test begins at.

    Comments, layout and line ends stay as they are. Raises RuleError for a rule that is not there.
    """
    tests = _tests(yaml.compose(text, Loader=yaml.CSafeLoader), rule)
    if tests.flow_style:
        return _inside(text, tests.value[-1].end_mark, test)
    return _below(text, tests, test)


def _tests(root: Any, rule: str) -> yaml.SequenceNode:
    rules = _under(root, "rules")
    for one in rules.value if isinstance(rules, yaml.SequenceNode) else ():
        found, name = _under(one, "tests"), _under(one, "id")
        wanted = name is not None and name.value == rule
        if wanted and isinstance(found, yaml.SequenceNode) and found.value:
            return found
    raise RuleError(f"no rule `{rule}` with tests stands in this file")


def _under(node: Any, key: str) -> Any:
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    return next((value for name, value in pairs if name.value == key), None)


def _below(text: str, tests: yaml.SequenceNode, test: Mapping[str, Any]) -> tuple[str, int]:
    """After the lines of the last test, under its dash."""
    lines = text.splitlines(keepends=True)
    last = _last(tests)
    at = last.end_mark.line + (last.end_mark.column > 0)
    ending = "\r\n" if lines[0].endswith("\r\n") else "\n"
    made = block([dict(test)], indent=" " * tests.start_mark.column).replace("\n", ending)
    if not lines[at - 1].endswith(("\n", "\r")):
        lines[at - 1] += ending
    return "".join([*lines[:at], made, *lines[at:]]), at + 1


def _inside(text: str, end: yaml.Mark, test: Mapping[str, Any]) -> tuple[str, int]:
    """Behind the last test of a list in brackets."""
    lines = text.splitlines(keepends=True)
    line = lines[end.line]
    lines[end.line] = f"{line[: end.column]}, {flow(test)}{line[end.column :]}"
    return "".join(lines), end.line + 1


def _last(node: Any) -> Any:
    """The value that ends last in a node: a block's own mark stands before what follows the block,
    and a text's behind the blank lines that are part of it."""
    if isinstance(node, yaml.CollectionNode) and node.value and not node.flow_style:
        last = node.value[-1]
        return _last(last[1] if isinstance(last, tuple) else last)
    return node
