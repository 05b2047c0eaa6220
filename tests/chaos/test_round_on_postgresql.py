"""A round of fixed weather on three processes over PostgreSQL. `make chaos` draws more."""

from chaos.round import Plan, play


def test_nothing_is_lost_doubled_or_out_of_order_in_bad_weather() -> None:
    # one frozen past its leases, two killed; Teams loses answers; the database falls over
    outcome = play(Plan(kind="postgresql-3", seed=4424, seconds=9.0))

    assert outcome.wrong == (), f"{outcome.again}\n{outcome.story}"
    assert outcome.writes > 10
