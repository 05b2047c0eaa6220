"""Who an account is at Jira, and who has an address, on Cloud and on Data Center."""

from bridge.connectors.jira.roster import who, with_email
from connectors.jira.sites import World


def test_an_account_is_told_by_its_id_or_user_name(world: World) -> None:
    cloud = world.settings.flavour == "cloud"
    world.sim.show_email("dana")

    found = who(world.client, "712020:1f0c" if cloud else "dana")

    assert found is not None
    assert (found.name, found.email, found.active) == ("Dana Reyes", "dana@example.com", True)


def test_nobody_has_an_account_that_is_not_there(world: World) -> None:
    assert who(world.client, "712020:dead") is None


def test_who_left_is_not_active(world: World) -> None:
    world.sim.show_email("dana")
    world.sim.deactivate("dana")

    (found,) = with_email(world.client, "Dana@example.com")

    assert not found.active


def test_only_the_whole_address_is_a_match(world: World) -> None:
    world.sim.show_email("dana")

    assert with_email(world.client, "dana@example.co") == []


def test_cloud_finds_nobody_by_an_address_that_is_not_shown(world: World) -> None:
    found = with_email(world.client, "ivo@example.com")

    assert [one.name for one in found] == (
        [] if world.settings.flavour == "cloud" else ["Ivo Brandt"]
    )


def test_our_own_account_is_no_person_on_cloud(world: World) -> None:
    ours = world.client.myself()

    found = who(world.client, str(ours.get("accountId") or ours.get("name")))

    assert found is not None
    assert found.person == (world.settings.flavour != "cloud")
