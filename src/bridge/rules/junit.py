"""Results of tests as a JUnit file, which CI systems show."""

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from bridge.rules.trial import ExampleResult


def junit(results: Sequence[ExampleResult]) -> str:
    """One suite; a test case is called after its rule and its name."""
    failed = sum(not one.ok for one in results)
    suite = ET.Element(
        "testsuite", name="mappings", tests=str(len(results)), failures=str(failed), errors="0"
    )
    for one in results:
        case = ET.SubElement(
            suite, "testcase", classname=one.rule, name=one.name, file=one.file, line=str(one.line)
        )
        if one.problem is not None:
            text = f"{one.file}:{one.line}: {one.problem.text}"
            ET.SubElement(case, "failure", message=one.problem.text).text = text
    return ET.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"
