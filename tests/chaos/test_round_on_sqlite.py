"""A round of fixed weather on one process over SQLite. `make chaos` draws more."""

from chaos.round import Plan, play


def test_nothing_is_lost_doubled_or_out_of_order_in_bad_weather() -> None:
    # killed, killed while it starts, its clock wrong; Jira limits and loses answers
    outcome = play(Plan(kind="sqlite", seed=268, seconds=7.0))

    assert outcome.wrong == (), f"{outcome.again}\n{outcome.story}"
    assert outcome.writes > 10
