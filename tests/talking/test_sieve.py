"""Which files are brought."""

from typing import Any

import pytest
from pydantic import ValidationError

from bridge.pipeline.talking.sieve import refusal
from bridge.rules.sync_talk import AttachmentsForm

FORM = AttachmentsForm.model_validate({"max": "10MB", "types": ["image/*", "application/pdf"]})


@pytest.mark.parametrize(
    ("file", "why"),
    [
        ({"name": "a.png", "type": "image/png", "size": 10_000_000}, ""),
        ({"name": "a.PDF", "size": 1}, ""),
        ({"name": "a.pdf", "type": "Application/PDF; x=1", "size": 1}, ""),
        ({"name": "a.png", "type": "image/png", "size": 10_000_001}, "10,000,001 bytes"),
        ({"name": "a.exe", "size": 1}, "which is not brought"),
        ({"name": "a", "size": 1}, "application/octet-stream"),
        ({"name": "a.html", "type": "image/png", "size": 1}, "it is of type text/html"),
        ({"name": "a", "type": "image/png", "size": 1}, ""),
        ({"name": "a.png", "type": "image/png"}, "does not say how large"),
    ],
)
def test_size_and_type_decide(file: dict[str, Any], why: str) -> None:
    found = refusal(FORM, file)

    assert why in found
    assert bool(found) is bool(why)


@pytest.mark.parametrize(
    ("said", "size"), [("10MB", 10_000_000), ("500 kB", 500_000), ("7", 7), (8, 8)]
)
def test_a_size_is_said_as_people_say_it(said: str | int, size: int) -> None:
    assert AttachmentsForm.model_validate({"max": said}).max == size


@pytest.mark.parametrize("said", ["10 pages", "0", "", "-1MB"])
def test_what_is_no_size_is_refused(said: str) -> None:
    with pytest.raises(ValidationError):
        AttachmentsForm.model_validate({"max": said})
