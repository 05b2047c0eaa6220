"""Syncs as they load: every mistake at its place, and what carries a value across."""

import pytest

from bridge.converters.contract import NotCarried
from bridge.rules.agree import End, Owner
from bridge.rules.difference import differences
from rules.syncing import SOURCES, loaded, problems, reviewed, sync, text

STOP = """    stop: {jira: '"no-sync" in work_item.labels'}\n"""


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (text().replace("customer-feedback", "customer-feedbak"), "9:15: no source `customer-feedbak`; did you mean `customer-feedback`?"),
        (text().replace("engineering-work]", "customer-feedback]"), "9:14: both are of connection `salesforce`; a sync is between two connections"),
        (text("{salesforce: titel, jira: title, owner: latest}"), "12:22: feedback has no field `titel`; did you mean `title`?"),
        (text("{salesforce: title, jira: estimate, owner: latest}"), "12:35: source engineering-work reads `estimate` from no field of issue; say in its `fields` which one"),
        (text("{salesforce: title, owner: latest}"), "12:9: `jira` is missing: which field of work_item?"),
        (text("{salesforce: title, jira: title, ownr: latest}"), "12:9: `owner` is missing"),
        (text("{salesforce: title, jira: title, owner: latest, mapp: urgency}"), "12:57: unknown key `mapp`; did you mean `map`?"),
        (text("{salesforce: title, jira: title, owner: latets}"), "12:49: no owner `latets`; did you mean `latest`?"),
        (text("{salesforce: title, jira: title, owner: teams}"), "12:49: no owner `teams`; known: ask, jira, latest, salesforce"),
        (text("{salesforce: title, jira: key, owner: salesforce}"), "12:35: changes of `key` are not kept by source engineering-work, so none would be seen"),
        (text("{salesforce: status_name, jira: resolution, owner: latest}"), "12:41: `resolution` is read from `resolution.name` of issue, which nobody can write; let jira own the field"),
        (text("{salesforce: severity, jira: priority, owner: ask}"), "12:9: `severity` and `priority` are not of one type; say with `map` or `as` what carries one to the other"),
        (text("{salesforce: severity, jira: priority, owner: ask, map: urgncy}"), "12:65: no map `urgncy`; did you mean `urgency`?"),
        (text("{salesforce: severity, jira: priority, owner: ask, map: few}"), "12:65: map `few` has no word for `low` of customer-feedback, so it cannot reach engineering-work; add it"),
        (text("{salesforce: severity, jira: priority, owner: ask, map: many}"), "12:65: map `many` makes `Medium` of `medium` and `low`, so a `Medium` of engineering-work may come back as either"),
        (text("{salesforce: severity, jira: priority, owner: ask, map: urgency}").replace("critical: Highest", "criticl: Highest", 1), "map `urgency` has the key `criticl`, which `severity` of customer-feedback never is; did you mean `critical`?"),
        (text("{salesforce: body, jira: body, owner: latest}"), "12:9: `body` and `body` are not written alike: one is wiki markup; say `as: plain_text`, or for HTML `as: rich_text`"),
        (text("{salesforce: title, jira: title, owner: latest, as: rich_txt}"), "no converter `rich_txt`; did you mean `rich_text`?"),
        (text("{salesforce: title, jira: title, owner: latest, as: {rich_text: {limt: 5}}}"), "converter `rich_text` has no option `limt`; did you mean `limits`?"),
        (text("{salesforce: title, jira: title, owner: latest, as: {rich_text: {limits: {jira: 5}}}}"), "option `limits.jira` of converter `rich_text`: Input should be greater than or equal to 200"),
        (text("{salesforce: title, jira: title, owner: latest, as: {rich_text: {limits: {jria: 500}}}}"), "option `limits`: no system or connection `jria`; did you mean `jira`?"),
        (text("{salesforce: promised, jira: due, owner: latest, as: {date: {moments: {salesforce: Europe/Atlantis}}}}"), "option `moments.salesforce` of converter `date`: no such time zone: 'Europe/Atlantis'"),
        (text("{salesforce: title, jira: title, owner: latest, as: text, map: urgency}"), "`map` or `as`, not both"),
        (text("{salesforce: title, jira: title, owner: latest}", more="    never: {jira: [summary]}\n"), "13:35: `title` is `summary`, which stands in `never`; take the pair out, or let jira own it"),
        (text(more="    never: {jria: [summary]}\n"), "`jria` is neither of the two connections; did you mean `jira`?"),
        (text(more="    stop: {jira: work_item.labls}\n"), "10:27: `work_item` has no field `labls`; did you mean `labels`?"),
        (text(more="    stop: {salesforce: has(work_item.labels)}\n"), "there is no `work_item` here"),
        (text("{salesforce: title, jira: title, owner: latest}\n      - {salesforce: title, jira: sprint, owner: jira}"), "13:22: `title` stands in another pair of this sync already; take one out"),
        (text("{salesforce: status, jira: status, owner: salesforce}\n      - {salesforce: status_name, jira: status_name, owner: salesforce}"), "13:41: another pair of this sync writes `status.name` as well; take one out"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_at_its_place(file: str, said: str) -> None:
    found = problems(file)

    assert any(said in line for line in found), found
    assert all(line.startswith("syncs/0.yaml:") for line in found)


def test_two_syncs_must_not_write_one_field_of_one_record() -> None:
    other = text().partition("maps:")[0] + "syncs:" + text().partition("syncs:")[2]
    second = other.replace("id: case-and-issue", "id: again").replace("[task]", "[task, bug]")

    assert problems(text(), second) == [
        (
            "syncs/1.yaml:8:22: `title` of the same record is written by sync `case-and-issue` too;"
            " let one of the two write it"
        ),
        (
            "syncs/1.yaml:8:35: `title` of the same record is written by sync `case-and-issue` too;"
            " let one of the two write it"
        ),
    ]
    assert problems(text(), second.replace("[task, bug]", "[bug]")) == []


def test_a_map_of_several_to_one_serves_where_only_the_first_source_is_heard() -> None:
    one = sync("{salesforce: severity, jira: priority, owner: salesforce, map: many}").pairs[0]

    assert one.owner is Owner.LEFT
    assert one.carry()("low", End.RIGHT) == "Medium"


def test_a_map_is_read_in_both_directions_and_knows_what_it_does_not_know() -> None:
    pair = sync("{salesforce: severity, jira: priority, owner: ask, map: urgency}").pairs[0]
    carry = pair.carry()

    assert carry("critical", End.RIGHT) == "Highest"
    assert carry("Low", End.LEFT) == "low"
    assert carry(None, End.LEFT) is None
    with pytest.raises(NotCarried, match="its map does not have this word"):
        carry("Blocker", End.LEFT)


def test_a_value_is_written_in_the_words_of_its_vendor() -> None:
    pair = sync("{salesforce: severity, jira: priority, owner: ask, map: urgency}").pairs[0]

    assert pair.left.vendor("critical") == "Critical"  # the first word that is read as it
    assert pair.right.vendor("Highest") == "Highest"
    assert (pair.left.sets, pair.right.sets) == ("Severity__c", "priority")
    assert pair.right.shown({"priority": {"name": "Low", "id": "4"}}) == "Low"


def test_a_status_goes_by_a_transition_and_a_person_by_the_account() -> None:
    status = sync("{salesforce: status, jira: status, owner: salesforce}").pairs[0]
    contact = sync("{salesforce: title, jira: assignee, owner: salesforce, as: text}").pairs[0]

    assert status.right.action is not None
    assert status.right.action.kind == "jira.transition_issue"
    assert status.right.vendor("in_progress") == "indeterminate"
    assert contact.right.vendor({"id": "712020:1f0c", "name": "Dana"}) == "712020:1f0c"


def test_a_word_that_the_other_source_reads_from_none_cannot_be_written() -> None:
    status = text("{salesforce: status, jira: status, owner: salesforce}")
    cut = {
        name: file.replace("done: done, undefined: todo", "undefined: todo")
        for name, file in SOURCES.items()
    }

    assert problems(status) == []
    assert problems(status, sources=cut) == [
        (
            "syncs/0.yaml:12:9: `done` of customer-feedback cannot be written: map `status_category` of"
            " engineering-work's `status` has no word for it; add one"
        )
    ]


def test_a_stop_holds_by_the_record_of_its_end() -> None:
    one = sync(more=STOP)

    assert one.stopped({End.LEFT: {}, End.RIGHT: {"labels": ["no-sync"]}}) is End.RIGHT
    assert one.stopped({End.LEFT: {}, End.RIGHT: {"labels": []}}) is None


def test_without_roles_the_links_that_mirror_are_in_it() -> None:
    by_role = sync()
    mirrors = loaded(text().replace("    roles: [task]\n", "")).syncs[0]

    assert by_role.wants(role="task", relation="originates")
    assert not by_role.wants(role="bug", relation="mirrors")
    assert mirrors.wants(role="bug", relation="mirrors")
    assert not mirrors.wants(role="task", relation="originates")


def test_a_sync_that_changes_is_told_by_meaning() -> None:
    after = text("{salesforce: title, jira: title, owner: jira}")

    found = differences({"syncs/a.yaml": text()}, {"syncs/a.yaml": after})

    assert [(one.what, one.name, str(one.act)) for one in found] == [
        ("sync", "case-and-issue", "changed")
    ]
    assert [key.path for key in found[0].keys] == ["fields"]


UPDATE = """\
version: 1
rules:
  - id: told
    description: A new title is told.
    when: feedback.updated
    each: {linked: work_item, roles: [ROLE]}
    do:
      - jira.update_issue: {FIELDS}
    tests: [{name: t, given: {event: feedback.updated}, expect: []}]
"""


@pytest.mark.parametrize(
    ("role", "fields", "said"),
    [
        ("task", "summary: a", "8:9: `summary` of the same record is written by sync `case-and-issue` too; let one of the two write it"),
        ("bug", "summary: a", "8:9: warning: `summary` of the same record is written by sync"),
        ("task", "fields: {Reporter: a}", "8:9: `reporter` stands in `never` of sync `case-and-issue`; take it out of one of them"),
    ],
)  # fmt: skip
def test_a_rule_does_not_write_what_a_sync_keeps_or_denies(
    role: str, fields: str, said: str
) -> None:
    rules = UPDATE.replace("ROLE", role).replace("FIELDS", fields)

    found = reviewed({"rules/r.yaml": rules}, text(more="    never: {jira: [reporter]}\n"))

    assert any(line.startswith(f"rules/r.yaml:{said}") for line in found), found


def test_a_rule_that_writes_another_field_of_the_record_is_fine() -> None:
    rules = UPDATE.replace("ROLE", "task").replace("FIELDS", "priority: High")

    assert not any("sync" in line for line in reviewed({"rules/r.yaml": rules}, text()))


def test_a_field_that_is_written_back_is_in_no_sync() -> None:
    kept = {
        name: file.replace("problem: Bridge_Problem__c", "problem: Subject")
        for name, file in SOURCES.items()
    }

    found = reviewed({}, text(), sources=kept)

    assert any("`Subject` is written by sync `case-and-issue` too" in line for line in found)


def test_a_converter_has_the_options_that_its_pair_gives_it() -> None:
    (one,) = (
        loaded(
            text(
                "{salesforce: promised, jira: due, owner: latest,"
                " as: {date: {moments: {salesforce: Asia/Shanghai}}}}"
            )
        )
        .syncs[0]
        .pairs
    )

    assert one.carry()("2026-12-01T22:30:00Z", End.RIGHT) == "2026-12-02T00:00:00Z"
    assert one.carry()("2026-12-02T00:00:00Z", End.LEFT) == "2026-12-01T16:00:00Z"


def test_a_sync_that_is_off_is_read_and_does_nothing() -> None:
    off = text(more="    mode: off\n")
    rules = UPDATE.replace("ROLE", "task").replace("FIELDS", "summary: a")
    live = text().replace("id: case-and-issue", "id: again").partition("maps:")[0]
    live += "syncs:" + text().replace("id: case-and-issue", "id: again").partition("syncs:")[2]

    found = loaded(off)

    assert (found.syncs, [sync.id for sync in found.idle]) == ((), ["case-and-issue"])
    assert not any("sync" in line for line in reviewed({"rules/r.yaml": rules}, off))
    assert problems(off, live) == []
    assert problems(text("{salesforce: titel, jira: title, owner: latest}", more="    mode: off\n"))


AMOUNTS = """
version: 1
sources:
  - id: plans
    from: {connection: salesforce, object: Plan__c}
    as: project
    fields: {name: Name, budget: Budget__c}
  - id: works
    from: {connection: jira, object: issue}
    as: work_item
    fields: {title: summary, cost_planned: customfield_10099}
"""


@pytest.mark.parametrize(
    ("currencies", "silent"),
    [("", ["salesforce", "jira"]), (": {currencies: {jira: EUR}}", ["salesforce"]),
     (": {currencies: {jira: EUR, salesforce: EUR}}", [])],
)  # fmt: skip
def test_an_end_whose_amounts_have_no_currency_is_told(currencies: str, silent: list[str]) -> None:
    """An org with one currency has no CurrencyIsoCode, and a number field of Jira has none either."""
    pair = f"{{salesforce: budget, jira: cost_planned, owner: latest, as: {{money{currencies}}}}}"
    wished = text(pair.replace("{money}", "money")).replace(
        "[customer-feedback, engineering-work]", "[plans, works]"
    )

    told = reviewed({}, wished, sources={"sources/s.yaml": AMOUNTS})

    found = [one for one in told if "without a currency" in one]
    assert [one.split("a currency from ")[1].split(",")[0] for one in found] == silent
