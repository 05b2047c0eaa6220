"""The weather is drawn from its seed alone, and spares nobody."""

from chaos.script import OF_DATABASES, OF_NODES, OF_VENDORS, draw

NODES = ("n1", "n2", "n3")


def test_one_seed_is_one_weather() -> None:
    first = draw(17, nodes=NODES, postgresql=True, seconds=60)

    assert first == draw(17, nodes=NODES, postgresql=True, seconds=60)
    assert first != draw(18, nodes=NODES, postgresql=True, seconds=60)


def test_in_the_long_run_everything_befalls_everybody() -> None:
    gusts = draw(1, nodes=NODES, postgresql=True, seconds=2_000)

    assert {one.blow for one in gusts} == {*OF_NODES, *OF_VENDORS, *OF_DATABASES}
    assert {one.whom for one in gusts} == {*NODES, "jira", "salesforce", "teams", ""}


def test_a_file_that_one_process_serves_is_not_restarted() -> None:
    gusts = draw(1, nodes=["n1"], postgresql=False, seconds=2_000)

    assert not {one.blow for one in gusts} & set(OF_DATABASES)
