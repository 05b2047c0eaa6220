"""Faults: seeded rates, scripted ones, and what is fair."""

import pytest

from bridge.connectors.simulation.faults import Fault, Faults


def test_without_rates_nothing_fires() -> None:
    faults = Faults(1)

    assert [faults.draw("GET", "/x").fault for _ in range(50)] == [None] * 50
    assert not faults.count


def test_the_same_seed_draws_the_same() -> None:
    def drawn(seed: int) -> list[Fault | None]:
        faults = Faults(seed)
        faults.configure(rate_limited=0.2, cut_after_rate=0.2)
        return [faults.draw("POST", "/x").fault for _ in range(60)]

    assert drawn(7) == drawn(7)
    assert drawn(7) != drawn(8)
    assert {Fault.RATE_LIMITED, Fault.CUT_AFTER, None} == set(drawn(7))


def test_a_scripted_fault_fires_once_on_its_match() -> None:
    faults = Faults()
    faults.next("cut_after", method="POST", path_contains="/issue")

    assert faults.draw("GET", "/issue").fault is None
    assert faults.draw("POST", "/project").fault is None
    assert faults.draw("POST", "/issue").fault is Fault.CUT_AFTER
    assert faults.draw("POST", "/issue").fault is None
    assert faults.count == {"cut_after": 1}


def test_only_fair_faults_fire() -> None:
    faults = Faults(only=lambda method, _: {"rate_limited"} if method == "POST" else set())
    faults.configure(rate_limited=1, cut_after=1, latency=1)

    assert faults.draw("GET", "/x").fault is None
    assert faults.draw("POST", "/x").fault is Fault.RATE_LIMITED
    assert faults.draw("POST", "/x").latency == 0


def test_an_outage_swallows_everything_until_calm() -> None:
    faults = Faults()
    faults.configure(outage=True)

    assert faults.draw("GET", "/x").outage
    faults.calm()
    assert not faults.draw("GET", "/x").outage
    assert faults.count["outage"] == 1


def test_calm_forgets_rates_and_scripts() -> None:
    faults = Faults()
    faults.configure(server_error_before=1)
    faults.next("cut_before")

    faults.calm()

    assert faults.draw("GET", "/x").fault is None


def test_latency_comes_in_vendor_seconds() -> None:
    faults = Faults()
    faults.configure(latency_rate=1, latency_seconds=3)

    assert faults.draw("GET", "/x").latency == 3


@pytest.mark.parametrize("rates", [{"no_such": 0.1}, {"cut_after": 2}, {"latency": -0.1}])
def test_wrong_rates_are_refused(rates: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"no fault|between 0 and 1"):
        Faults().configure(**rates)


def test_an_unknown_scripted_fault_is_refused() -> None:
    with pytest.raises(ValueError, match="no fault 'cut'"):
        Faults().next("cut")
