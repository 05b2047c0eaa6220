"""Acts at the command line: shown first, asked for, done through the API, and audited."""

import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from bridge.demo.story import issues_by_title
from bridge.pipeline.caps import store
from bridge.pipeline.caps.store import Written
from bridge.pipeline.caps.use import Use
from caps.held import hold_rule
from cli.house import MAPPINGS, House
from patience import until


def test_a_replay_shows_its_plan_and_does_nothing_without_a_yes(own_house: House) -> None:
    refused = own_house.run("replay", role="operator", input="n\n")
    (dead,) = own_house.asked("deliveries", "--state", "dead")

    assert refused.exit_code == 1
    assert "by rule: goes-nowhere 1" in refused.output
    assert dead["replay_id"] == ""
    assert own_house.asked("audit", "--verb", "replay") == []


def test_a_replay_runs_its_plan_once_the_cause_is_mended(own_house: House) -> None:
    plan = own_house.asked("replay", "--why", "NOPE is there now", role="operator")

    ran = own_house.run("replay", "--plan", plan["id"], "--yes", role="operator")
    own_house.settle()

    (act,) = own_house.asked("audit", "--verb", "replay")
    after = own_house.asked("replays", "show", plan["id"])
    assert ran.exit_code == 0, ran.output
    assert "1 of 1 owed again" in ran.output
    assert (act["principal"], act["target"], act["reason"]) == (
        "a operator",
        plan["id"],
        "NOPE is there now",
    )
    assert (after["state"], after["done"], after["total"]) == ("done", 1, 1)


def test_a_group_is_replayed_by_the_command_that_failures_prints(own_house: House) -> None:
    page = own_house.run("failures").output
    (group,) = re.findall(r"bridge replay --group '([^']+)'", page)

    ran = own_house.run("replay", "--group", group, "--yes", "--why", "mended", "--json")
    own_house.settle()

    (dead,) = own_house.asked("deliveries", "--state", "dead")
    assert ran.exit_code == 0
    assert dead["replay_id"].startswith("rpl_")


def test_a_dead_delivery_goes_out_with_another_value(own_house: House) -> None:
    (dead,) = own_house.asked("deliveries", "--state", "dead")
    words = ("deliveries", "edit", dead["id"], "--set", "project=ENG")

    shown = own_house.run(*words, "--dry-run", role="operator")
    refused = own_house.run(*words, role="operator", input="n\n")
    wrong = own_house.run("deliveries", "edit", dead["id"], "--set", "projekt=ENG")
    done = own_house.run(*words, role="operator", input="y\nNOPE is no project\n")
    own_house.settle()

    (act,) = own_house.asked("audit", "--verb", "edit")
    assert "project: NOPE → ENG" in shown.output
    assert refused.exit_code == 1
    assert "jira.create_issue does not take this: projekt" in " ".join(wrong.output.split())
    assert f"{dead['id']} is superseded by it" in " ".join(done.output.split())
    assert act["reason"] == "NOPE is no project"
    assert own_house.asked("deliveries", "--state", "dead") == []


def test_a_replay_is_paused_watched_and_cancelled(own_house: House) -> None:
    """One a minute, of which the first goes at once."""
    plan = own_house.asked("replay", "--state", "succeeded", "--pace", "1", "--why", "a try")
    act = {"Idempotency-Key": "1", "Authorization": f"Bearer {own_house.keys['operator']}"}
    url = f"{own_house.stage.url}/api/v1/replays/{plan['id']}"
    assert httpx.post(f"{url}:run", headers=act).is_success

    paused = own_house.run("replays", "pause", plan["id"], role="operator")
    listed = own_house.run("replays", "--state", "paused")
    resumed = own_house.run("replays", "resume", plan["id"], role="operator")
    own_house.run("replays", "pause", plan["id"], role="operator")
    watched = own_house.run("replays", "follow", plan["id"])
    status = own_house.run("status")
    items = own_house.run("replays", "items", plan["id"])
    stopped = own_house.run("replays", "cancel", plan["id"], role="operator")
    wrong = own_house.run("replay", "--pace", "quick")

    assert f"bridge replays resume {plan['id']}\n" in paused.output
    assert "paused" in listed.output
    assert f"bridge replays follow {plan['id']}\n" in resumed.output
    assert "by a operator: a try" in " ".join(watched.output.split())
    assert "paused by somebody" in " ".join(watched.output.split())
    assert f"bridge replays resume {plan['id']}\n" in watched.output
    assert watched.exit_code == 1
    assert "1 replay paused, half done: bridge replays --state paused" in status.output
    assert items.output.count("planned: sent once more") == plan["total"]
    assert "cancelled after" in stopped.output
    assert "write 120 (a minute), or 10% (of the limits)" in " ".join(wrong.output.split())


def test_who_waits_for_a_replay_is_told_that_somebody_else_paused_it(own_house: House) -> None:
    plan = own_house.asked("replay", "--state", "succeeded", "--pace", "1", "--why", "a try")
    act = {"Idempotency-Key": "1", "Authorization": f"Bearer {own_house.keys['operator']}"}
    url = f"{own_house.stage.url}/api/v1/replays/{plan['id']}"
    with ThreadPoolExecutor(1) as waiting:
        ran = waiting.submit(own_house.run, "replay", "--plan", plan["id"], "--yes", "--why", "x")
        assert until(lambda: httpx.get(url, headers=act).json()["state"] == "running")
        assert httpx.post(f"{url}:pause", headers=act).is_success
        told = ran.result()

    assert told.exit_code == 1
    assert f"by whom: bridge audit --target {plan['id']}" in " ".join(told.output.split())
    assert f"bridge replays resume {plan['id']}\n" in told.output


def test_what_no_delivery_fits_is_said_and_is_no_fault(own_house: House) -> None:
    nothing = own_house.run("replay", "--connection", "teams")

    assert nothing.exit_code == 0
    assert nothing.output == "nothing to replay: no delivery fits\n"


def test_a_cancelled_delivery_is_not_dead_any_more(own_house: House) -> None:
    (dead,) = own_house.asked("deliveries", "--state", "dead")

    refused = own_house.run("cancel", dead["id"], input="n\n")
    done = own_house.run("cancel", dead["id"], "--why", "answered by phone", "--yes")

    assert refused.exit_code == 1
    assert done.output == "1 cancelled\n"
    assert own_house.asked("deliveries", "--state", "dead") == []
    assert own_house.run("failures").output == "nothing is dead\n"


def test_a_hold_is_released_and_its_cards_go_out(own_house: House) -> None:
    (hold,) = own_house.asked("holds")
    before = len(own_house.asked("deliveries", "--state", "accepted"))

    done = own_house.run("holds", "release", hold["id"], "--why", "looked at", role="operator")
    own_house.settle()

    assert done.output == "released: 1 delivery\n"
    assert own_house.asked("holds") == []
    assert len(own_house.asked("deliveries", "--state", "accepted")) == before + 1
    assert (
        "released by a operator: looked at" in own_house.run("holds", "--state", "released").output
    )


def test_a_hold_says_whose_it_is_and_what_happens_by_itself(own_house: House) -> None:
    (hold,) = own_house.asked("holds")

    done = own_house.run(
        "holds", "set", hold["id"], "--in", "2099-12-24T18:00Z", "--then", "discard",
        "--owner", "anna", "--may-decide", "admin", role="operator",
    )  # fmt: skip
    refused = own_house.run("holds", "release", hold["id"], role="operator")

    terms = "owner anna, decided by the role admin or above, discard by itself at"
    assert f"{terms} 2099-12-24 18:00:00 UTC" in done.output
    assert terms in " ".join(own_house.run("holds").output.split())
    assert "this needs the role admin" in refused.output
    assert refused.exit_code == 2


def test_a_hold_is_discarded_only_after_a_yes(own_house: House) -> None:
    (hold,) = own_house.asked("holds")

    refused = own_house.run("holds", "discard", hold["id"], input="n\n")
    done = own_house.run("holds", "discard", hold["id"], "--yes")

    assert refused.exit_code == 1
    assert done.output == "cancelled: 1 delivery\n"
    assert own_house.asked("deliveries", "--state", "held") == []


def test_a_paused_connection_is_called_again_when_it_is_resumed(own_house: House) -> None:
    paused = own_house.run("connections", "pause", "jira", "--why", "an upgrade", role="operator")
    shown = own_house.run("connections").output
    own_house.feedback("Critical")
    before = issues_by_title(own_house.stage)

    own_house.run("connections", "resume", "jira", role="operator")
    own_house.settle()

    assert "bridge connections resume jira" in paused.output
    assert "an upgrade" in shown
    assert sum(map(len, issues_by_title(own_house.stage).values())) > sum(map(len, before.values()))


def test_messages_are_read_again_without_a_second_write(own_house: House) -> None:
    before = own_house.asked("deliveries", "--limit", "1000")

    done = own_house.run("messages", "retranslate", "--state", "translated", "--connection", "jira")
    own_house.settle()

    assert re.fullmatch(r"\d+ messages are read again\n", done.output)
    assert len(own_house.asked("deliveries", "--limit", "1000")) == len(before)


def test_mappings_are_activated_and_rolled_back(own_house: House) -> None:
    first = own_house.asked("rules")["hash"]

    active = own_house.run("rules", "activate", str(MAPPINGS), "--why", "no trouble")
    second = own_house.asked("rules")["hash"]
    back = own_house.run("rules", "rollback", "--yes", "--why", "trouble was better")
    history = own_house.asked("rules", "history")

    assert active.exit_code == back.exit_code == 0, active.output + back.output
    assert second != first == own_house.asked("rules")["hash"]
    assert [one["why"] for one in history][:2] == ["trouble was better", "no trouble"]


def test_what_an_activation_changes_is_shown_before_and_after(own_house: House) -> None:
    first = own_house.asked("rules")["hash"]

    dry = own_house.run("rules", "activate", str(MAPPINGS), "--dry-run")
    between = own_house.asked("rules")["hash"]
    done = own_house.run("rules", "activate", str(MAPPINGS), "--instead-of", first)
    again = own_house.run("rules", "activate", str(MAPPINGS))
    late = own_house.run("rules", "activate", str(MAPPINGS), "--instead-of", first)

    assert "rule goes-nowhere removed  rules/trouble.yaml\n" in dry.output
    assert between == first
    assert "3 rules removed" in done.output
    assert "back to the one before: bridge rules rollback" in done.output
    assert "was active already" in again.output
    assert (late.exit_code, "look again at what this would change" in late.output) == (2, True)


def test_a_folder_with_a_fault_is_refused_by_the_server_with_every_fault(
    own_house: House, tmp_path: Path
) -> None:
    folder = tmp_path / "broken"
    shutil.copytree(MAPPINGS, folder)
    rules = folder / "rules" / "board.yaml"
    text = rules.read_text("utf-8").replace("    when:", "    whem:").replace("each:", "eech:")
    rules.write_text(text, "utf-8")

    dry = own_house.run("rules", "activate", str(folder), "--dry-run")
    real = own_house.run("rules", "activate", str(folder))

    assert dry.output.count("rules/board.yaml:") == 2
    assert "`whem`" in dry.output
    assert dry.exit_code == 1
    assert "The mappings have faults: rules/board.yaml:" in real.output
    assert real.exit_code == 2


def test_a_set_of_old_is_exported_compared_and_made_active_again(
    own_house: House, tmp_path: Path
) -> None:
    first = own_house.asked("rules")["hash"]
    own_house.run("rules", "activate", str(MAPPINGS))
    out = tmp_path / "out"

    own_house.run("rules", "export", first[:6], str(out))
    same = own_house.run("rules", "diff", first[:6], str(out))
    refused = own_house.run("rules", "export", "active", str(out))
    own_house.run("rules", "export", "active", str(out), "--replace")
    found = own_house.asked("rules", "diff", "previous", str(out))
    text = own_house.run("rules", "diff", "previous", "active", "--text").output
    shown = own_house.run("rules", "show", first[:6]).output
    own_house.run("rules", "activate", first[:6], "--why", "as it was")

    assert same.output == "no difference that means anything\n"
    assert "--replace takes them away" in refused.output
    assert not (out / "rules" / "trouble.yaml").exists()
    assert {one["act"] for one in found["differences"]} == {"removed"}
    assert "--- a/rules/trouble.yaml\n+++ /dev/null\n" in text
    assert first in shown
    assert "rules/trouble.yaml" in shown
    assert own_house.asked("rules")["hash"] == first


def test_a_rollback_shows_what_it_changes_before_it_asks(own_house: House) -> None:
    first = own_house.asked("rules")["hash"]
    own_house.run("rules", "activate", str(MAPPINGS))

    refused = own_house.run("rules", "rollback", input="n\n")
    done = own_house.run("rules", "rollback", input="y\n")

    assert refused.exit_code == 1
    assert "rule goes-nowhere added" in refused.output
    assert f"set {first} is active again" in done.output


@pytest.mark.parametrize(
    "words",
    [
        ("replay", "--yes", "--why", "a try"),
        ("cancel", "--yes"),
        ("holds", "release", "hld_x"),
        ("connections", "pause", "jira"),
        ("rules", "rollback", "--yes"),
        ("rules", "release", "one-click-task"),
        ("rules", "discard", "one-click-task", "--yes"),
        ("messages", "retranslate", "--state", "bad"),
        ("keys", "create", "eve"),
    ],
    ids=" ".join,
)
def test_a_viewer_acts_on_nothing(house: House, words: tuple[str, ...]) -> None:
    refused = house.run(*words, role="viewer")

    assert refused.exit_code == 2
    assert "Your key may not do this" in refused.output


def test_a_held_rule_is_released_by_name(own_house: House) -> None:
    now = own_house.stage.bridge.clock.now()
    with own_house.stage.bridge.database.transaction() as session:
        hold_rule(session, "one-click-task", count=3, now=now)

    shown = own_house.run("holds").output
    done = own_house.run(
        "rules", "release", "one-click-task", "--spare", "2h", "--why", "an import"
    )

    assert "bridge rules release one-click-task  (or discard)" in shown
    assert done.output == "3 deliveries of one-click-task go, and it is counted anew\n"


def test_a_held_rule_is_discarded_only_after_a_look_and_a_yes(own_house: House) -> None:
    now = own_house.stage.bridge.clock.now()
    with own_house.stage.bridge.database.transaction() as session:
        hold_rule(session, "one-click-task", count=3, now=now)

    looked = own_house.run("rules", "discard", "one-click-task", "--dry-run")
    refused = own_house.run("rules", "discard", "one-click-task", input="n\n")
    done = own_house.run("rules", "discard", "one-click-task", "--yes", "--why", "wrong mapping")

    assert "3 of teams teams.post_card" in looked.output
    assert "bridge deliveries show dlv-0" in looked.output
    assert (refused.exit_code, "cancel all 3" in refused.output) == (1, True)
    assert done.output == "3 deliveries of one-click-task are cancelled\n"


def test_caps_that_fit_are_shown_and_written_when_a_person_says_so(own_house: House) -> None:
    place, bridge = own_house.stage.bridge.loaded.settings.mappings, own_house.stage.bridge
    rule = "incident-raised"
    with bridge.database.transaction() as session:
        use = Written(use=Use(writes=70), most=4)
        store.add(session, {rule: use}, now=bridge.clock.now() - timedelta(days=4))
    before = {path.name: path.read_text() for path in (place / "rules").iterdir()}

    table = own_house.run("rules", "caps").output
    patch = own_house.run("rules", "caps", str(place), "--patch").output
    unchanged = {path.name: path.read_text() for path in (place / "rules").iterdir()}
    own_house.run("rules", "caps", str(place), "--write")
    after = {path.name: path.read_text() for path in (place / "rules").iterdir()}

    assert "70 in an hour (99%: 70), 4 to one record" in " ".join(table.split())
    assert "+    caps: {writes_per_hour: 150, per_record: 10}\n" in patch
    assert unchanged == before
    (changed,) = (name for name in after if after[name] != before[name])
    assert after[changed].count("    caps: {writes_per_hour: 150, per_record: 10}\n") == 1
    assert own_house.run("rules", "check", str(place)).exit_code == 0


def test_what_is_sent_again_has_a_reason(own_house: House) -> None:
    silent = own_house.run("replay", "--yes")
    asked = own_house.run("replay", input="y\n\nENG is back\n")

    (act,) = own_house.asked("audit", "--verb", "replay")
    assert silent.exit_code == 2
    assert "--why is missing" in silent.stderr
    assert asked.exit_code == 0, asked.output
    assert act["reason"] == "ENG is back"
