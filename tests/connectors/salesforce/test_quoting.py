"""Quoting is the library's own, and what else its package would load stays away."""

import subprocess
import sys

from bridge.connectors.salesforce.quoting import format_external_id, format_soql


def test_a_value_cannot_leave_its_quotes() -> None:
    query = format_soql(
        "SELECT Id FROM Case WHERE Subject = {} OR Id IN {}", "' OR '1'='1", ["a'b"]
    )

    assert query == r"SELECT Id FROM Case WHERE Subject = '\' OR \'1\'=\'1' OR Id IN ('a\'b')"


def test_a_value_cannot_leave_its_part_of_a_path() -> None:
    assert format_external_id("Key__c", "a/b?c") == "Key__c/a%2Fb%3Fc"


def test_neither_a_soap_client_nor_an_xml_library_is_loaded() -> None:
    program = (
        "import sys; import bridge.connectors.salesforce;"
        "print(sorted(sys.modules.keys() & {'zeep', 'lxml', 'simple_salesforce'}))"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert done.stdout == "[]\n"
