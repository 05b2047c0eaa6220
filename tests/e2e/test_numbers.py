"""The numbers after the whole story, asked over HTTP, and the departments of who acted in it."""

from pathlib import Path

import httpx
from sqlalchemy import select

from bridge.demo.run import wait
from bridge.demo.stage import Stage
from bridge.demo.story import play
from bridge.ledger.tables import EventRow

MAPPINGS = Path(__file__).parents[2] / "mappings"


def test_the_story_has_its_numbers() -> None:
    stage = Stage.up(MAPPINGS, seed=5)
    try:
        played = play(stage, lambda: wait(stage, lambda: None), lambda _: None)
        key = {"Authorization": f"Bearer {stage.key.token}"}
        with httpx.Client(base_url=stage.url, headers=key) as client:
            found = client.get("/api/v1/stats?since=1d").json()
            strangers = client.get("/api/v1/people/unattributed?since=1d").json()
            median = found["feedback_to_task"]["median"]["event"]
            event = client.get(f"/api/v1/events/{median}").json()
        with stage.bridge.database.reading() as session:
            told = select(EventRow.department, EventRow.actor_kind).where(
                EventRow.kind == "work_item.updated", EventRow.actor_kind == "person"
            )
            departments = {row.department for row in session.execute(told)}
    finally:
        stage.close()

    tasks = len(played.serious) + 1  # and the one click
    assert found["feedback_to_task"]["n"] == tasks
    assert event["subject"].startswith("salesforce:Case:")
    assert found["progress_to_board"]["n"] >= len(played.done)
    assert found["due_moves"]["later"] == 1
    assert found["due_moves"]["largest"]["days"] == 28
    assert found["seam_to_engineering"]["n"] == len(played.done)
    assert sum(found["seam_to_engineering"]["open"].values()) == tasks - len(played.done)
    assert sum(found["seam_to_customer"]["open"].values()) == len(played.done)
    assert found["needs_person"]["n"] == 0
    assert departments == {"engineering"}
    assert found["seam_to_engineering"]["ended_by"] == {"engineering": len(played.done)}
    assert {one["connection"] for one in strangers} == {"salesforce"}
