"""Logging in, sessions, tokens, and the three administrators who are kept apart."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select, update

from kernel.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from kernel.identity import actors, directory, service
from kernel.identity.actor import Actor
from kernel.identity.models import ApiToken, Holding, LoginSession, Person, Post, Unit
from tests.support.people import PASSWORD
from tests.support.world import World

IDLE = timedelta(minutes=60)
NEW_PASSWORD = "Another-horse-8"


def login(world: World, username: str = "lin", password: str = PASSWORD) -> tuple[bool, str]:
    """Try to log in; returns whether it worked, with the cookie or the reason."""
    with world.platform.db.write() as session:
        proof = service.check_password(session, username, password)
        opened, words = service.login(session, world.now, username, proof, hours=12)
        return opened is not None, words


def cookie_speaks_for(world: World, value: str) -> Actor | None:
    with world.platform.db.read() as session:
        found = actors.actor_by_cookie(session, world.now, world.platform.catalogue, value, IDLE)
    return found[0] if found else None


def token_speaks_for(world: World, value: str) -> Actor:
    with world.platform.db.read() as session:
        return actors.actor_by_token(session, world.now, world.platform.catalogue, value)


def make_token(world: World, username: str = "lin", days: int | None = 30, role: str | None = None) -> str:
    expires = None if days is None else timedelta(days=days)
    with world.platform.db.write() as session:
        return service.create_token(session, world.now, username, "test", expires=expires, role=role)


def test_the_right_password_opens_a_session_that_speaks_for_the_person(world: World) -> None:
    ok, cookie = login(world)
    actor = cookie_speaks_for(world, cookie)
    assert ok
    assert actor is not None
    assert (actor.username, actor.may("incident.handle")) == ("lin", True)


def test_only_the_hash_of_a_cookie_is_stored(world: World) -> None:
    _, cookie = login(world)
    with world.platform.db.read() as session:
        assert cookie not in session.scalars(select(LoginSession.token_hash)).all()


def test_unknown_user_wrong_password_locked_and_disabled_account_get_the_same_words(world: World) -> None:
    words = {login(world, "nobody")[1], login(world, "lin", "wrong")[1]}
    for _ in range(5):
        login(world, "he", "wrong")
    words.add(login(world, "he")[1])
    with world.platform.db.write() as session:
        session.execute(update(Person).where(Person.username == "zhou").values(disabled_at=world.now))
    words.add(login(world, "zhou")[1])
    assert words == {service.WRONG}


def test_five_wrong_passwords_lock_for_fifteen_minutes_even_for_the_right_one(world: World) -> None:
    for _ in range(5):
        login(world, password="wrong")
    assert not login(world)[0]
    world.clock.advance(timedelta(minutes=15, microseconds=-1))
    assert not login(world)[0]
    world.clock.advance(timedelta(microseconds=1))
    assert login(world)[0]


def test_a_right_password_forgets_the_wrong_ones_before_it(world: World) -> None:
    for _ in range(3):
        for _ in range(4):
            login(world, password="wrong")
        assert login(world)[0]


def test_a_session_ends_after_its_hours(world: World) -> None:
    _, cookie = login(world)
    for _ in range(12 * 2):
        assert cookie_speaks_for(world, cookie)
        _touch(world)
        world.clock.advance(timedelta(minutes=30))
    assert cookie_speaks_for(world, cookie) is None


def test_a_session_ends_when_nobody_uses_it(world: World) -> None:
    _, cookie = login(world)
    world.clock.advance(IDLE - timedelta(microseconds=1))
    assert cookie_speaks_for(world, cookie)
    world.clock.advance(timedelta(microseconds=1))
    assert cookie_speaks_for(world, cookie) is None


def _touch(world: World) -> None:
    with world.platform.db.write() as session:
        for number in session.scalars(select(LoginSession.id)).all():
            actors.touch_session(session, world.now, number)


def test_logging_out_ends_the_own_session_and_nobody_elses(world: World) -> None:
    _, mine = login(world)
    _, other = login(world, "he")
    actor, stranger = cookie_speaks_for(world, mine), cookie_speaks_for(world, other)
    assert actor is not None
    assert stranger is not None
    with world.platform.db.write() as session:
        assert actor.session_id is not None
        with pytest.raises(NotFound):
            service.logout(session, world.now, stranger, actor.session_id)
        service.logout(session, world.now, actor, actor.session_id)
    assert cookie_speaks_for(world, mine) is None
    assert cookie_speaks_for(world, other) is not None


def test_a_new_password_ends_the_other_sessions_and_replaces_the_old_one(world: World) -> None:
    _, here = login(world)
    _, elsewhere = login(world)
    actor = cookie_speaks_for(world, here)
    assert actor is not None
    with world.platform.db.write() as session:
        service.change_password(session, world.now, actor, PASSWORD, NEW_PASSWORD)
    assert cookie_speaks_for(world, here)
    assert cookie_speaks_for(world, elsewhere) is None
    assert not login(world)[0]
    assert login(world, password=NEW_PASSWORD)[0]


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("wrong", NEW_PASSWORD, "old_password"),
        (PASSWORD, PASSWORD, "new_password"),
        (PASSWORD, "Short-1", "new_password"),
        (PASSWORD, "alllowercaseletters", "new_password"),
        (PASSWORD, "My-name-is-lin-9", "new_password"),
        (PASSWORD, "Password-2026-x", "new_password"),
        (PASSWORD, "A1-" + "x" * 200, "new_password"),
    ],
)
def test_a_bad_change_of_password_names_its_field(world: World, old: str, new: str, field: str) -> None:
    actor = world.actor("lin")
    with world.platform.db.new_write() as session, pytest.raises(Invalid) as refused:
        service.change_password(session, world.now, actor, old, new)
    assert [e.field for e in refused.value.errors] == [field]


def test_the_three_administrators_roles_never_meet_in_one_person(world: World) -> None:
    with world.platform.db.new_write() as session:
        person = service.person_by_name(session, "sysadmin")
        post = session.scalars(select(Post).where(Post.name == "审计管理员")).one()
        with pytest.raises(Conflict, match="三员分立"):
            service.grant(session, world.now, world.platform.catalogue, person, post)


def test_administrators_may_not_touch_the_business(world: World) -> None:
    for name in ("sysadmin", "secadmin", "auditor"):
        actor = world.actor(name)
        for permission in ("incident.handle", "incident.decide", "incident.report"):
            with pytest.raises(Forbidden):
                actor.demand(permission)


def test_a_token_speaks_until_it_expires(world: World) -> None:
    value = make_token(world, days=30)
    assert token_speaks_for(world, value).username == "lin"
    world.clock.advance(timedelta(days=30))
    with pytest.raises(Unauthenticated):
        token_speaks_for(world, value)


def test_a_token_without_end_speaks_until_it_is_revoked(world: World) -> None:
    value = make_token(world, days=None)
    world.clock.advance(timedelta(days=4000))
    assert token_speaks_for(world, value)
    with world.platform.db.write() as session:
        session.execute(update(ApiToken).values(revoked_at=world.now))
    with pytest.raises(Unauthenticated):
        token_speaks_for(world, value)


def test_tokens_asked_about_together_each_speak_for_their_own_person(world: World) -> None:
    names = ("lin", "sysadmin", "auditor")
    tokens = {name: make_token(world, name) for name in names}
    ask = partial(actors.actors_at_a_glance, world.platform.db, world.now, world.platform.catalogue)
    found = ask([*tokens.values(), "sst_unknown", ""])
    assert {name: found.pop(token).username for name, token in tokens.items()} == {n: n for n in names}
    assert found == {}
    for name, token in tokens.items():
        alone = ask([token])[token]
        assert (alone.grants, alone.rights) == (world.actor(name).grants, world.actor(name).rights)


def test_a_token_of_a_disabled_person_and_an_unknown_token_are_refused(world: World) -> None:
    value = make_token(world)
    with world.platform.db.write() as session:
        session.execute(update(Person).where(Person.username == "lin").values(disabled_at=world.now))
    for wrong in (value, "sst_unknown", ""):
        with pytest.raises(Unauthenticated):
            token_speaks_for(world, wrong)


def test_a_machine_token_carries_one_role_and_none_that_the_person_lacks(world: World) -> None:
    assert token_speaks_for(world, make_token(world, "lin", role="engineer")).may("incident.handle")
    assert token_speaks_for(world, make_token(world, "lin", role="supervisor")).rights == {}


def test_rights_are_limited_to_the_units_scope(world: World) -> None:
    assert world.actor("wang").scopes("incident.read") is None
    assert world.actor("sun").scopes("incident.read") == {"suixi"}
    assert world.actor("qian").scopes("incident.read") == frozenset()
    assert not world.actor("qian").may("incident.read")


def test_a_post_counts_only_while_it_is_held(world: World) -> None:
    before, after = world.now - timedelta(days=1), world.now + timedelta(days=1)
    for since, until in ((after, None), (before, world.now)):
        with world.platform.db.write() as session:
            mine = select(Person.id).where(Person.username == "lin").scalar_subquery()
            session.execute(update(Holding).where(Holding.person_id == mine).values(since=since, until=until))
        assert world.actor("lin").rights == {}
        with world.platform.db.read() as session:
            assert directory.people_with_role(session, world.now, ["engineer"]) == []


@pytest.mark.parametrize("name", ["", "a b", "a/b", "张三;", "x\n"])
def test_a_user_name_of_other_signs_is_refused(world: World, name: str) -> None:
    with world.platform.db.new_write() as session, pytest.raises(Invalid):
        service.add_person(session, world.now, name, "x")


def test_user_names_and_unit_keys_are_given_once(world: World) -> None:
    with world.platform.db.new_write() as session:
        with pytest.raises(Conflict):
            service.add_person(session, world.now, "lin", "x")
        key = session.scalars(select(Unit.key)).first()
        with pytest.raises(Conflict):
            service.add_unit(session, world.now, str(key), "x")
