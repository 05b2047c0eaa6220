"""The report as a page of a pull request."""

from bridge.pipeline.dry_run.allowance import Allowance
from bridge.pipeline.dry_run.markdown import markdown
from dry_run.past import Past
from pipeline.town import RULES

WIDER = RULES.replace('== "critical"', '== "critical" || has(feedback.product)')
WIDER = WIDER.replace(
    "chat.post: {channel: engineering", 'chat.post: {channel: "${feedback.product}"'
)
DAY = Allowance(connection="tracker", name="daily", seconds=86_400, limit=1_000)


def test_a_reviewer_sees_what_changes_why_and_what_it_costs(busy: Past) -> None:
    found = markdown(busy.report(WIDER, allowances=(DAY,)))

    assert "**2 deliveries added, 0 removed, 2 changed; 5 were owed, 7 would be.**" in found
    assert "| `task` | changed | 2 → 3 | 4 → 6 | 2 | 0 | 2 | 0 |" in found
    assert "- `0003` `feedback.created` 2026-11-23 09:00: `feedback.severity is high" in found
    assert "  - `args.channel`: `engineering` → `Cloud`" in found
    assert "  - daily, 1,000 in 1d: at the busiest 3 (0.3%) then, 4 (0.4%) now" in found


def test_nothing_that_differs_is_one_sentence_and_no_table(busy: Past) -> None:
    found = markdown(busy.report())

    assert "**No difference: 5 deliveries as they were decided.**" in found
    assert "| rule" not in found


def test_what_stands_in_a_record_makes_no_markup(past: Past) -> None:
    """Somebody outside filled it in."""
    past.town.case("1", Number="`1", Title="t", Severity="Critical", Product="`|\n@all <img src=x>")
    past.town.settle()

    found = markdown(past.report(WIDER))

    assert "`engineering` → `'¦ @all <img src=x>`" in found
    assert "- `'1` `feedback.created`" in found
