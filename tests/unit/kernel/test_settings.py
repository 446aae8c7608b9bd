from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from kernel.bootstrap import build_platform
from kernel.errors import ConfigError
from kernel.manifest import Catalogue
from kernel.settings import Settings, load_settings


def test_without_any_variable_it_is_sqlite_in_the_data_folder() -> None:
    assert load_settings({}).url == "sqlite:///data/shoushi.sqlite"
    assert load_settings({"SHOUSHI_DATA_DIR": "/srv/s"}).url == "sqlite:////srv/s/shoushi.sqlite"


def test_an_empty_variable_counts_as_not_set() -> None:
    assert load_settings({"SHOUSHI_SMTP_HOST": ""}).smtp_host is None


def test_a_secret_can_come_from_a_file_which_wins_over_the_variable(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret\n", encoding="utf-8")
    settings = load_settings(
        {"SHOUSHI_SMTP_PASSWORD_FILE": str(secret), "SHOUSHI_SMTP_PASSWORD": "from the environment"}
    )
    assert settings.smtp_password is not None
    assert settings.smtp_password.get_secret_value() == "s3cret"


def test_a_field_that_itself_ends_in_file_is_not_taken_for_a_secret(tmp_path: Path) -> None:
    assert load_settings({"SHOUSHI_SMTP_CA_FILE": "/etc/ca.pem"}).smtp_ca_file == Path("/etc/ca.pem")


@pytest.mark.parametrize("content", [None, b"\xff\xfe\xff"])
def test_an_unreadable_secret_file_is_named(tmp_path: Path, content: bytes | None) -> None:
    secret = tmp_path / "secret"
    if content is not None:
        secret.write_bytes(content)
    with pytest.raises(ConfigError, match="SHOUSHI_DATABASE_URL_FILE"):
        load_settings({"SHOUSHI_DATABASE_URL_FILE": str(secret)})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SMTP_PORT", "0"),
        ("SMTP_PORT", "abc"),
        ("SESSION_HOURS", "1000"),
        ("SMTP_SECURITY", "ssl3"),
        ("SMTP_TIMEOUT", "-1"),
        ("LOG_LEVEL", "LOUD"),
        ("SECURE_COOKIES", "perhaps"),
        ("MAIL_FROM", "not an address"),
        ("MAIL_FROM", "a@b\nBcc: c@d"),
        ("DATABASE_URL", "no url"),
        ("DATABASE_URL", "postgresql:host"),
    ],
)
def test_a_bad_value_is_refused_and_its_variable_named(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=f"SHOUSHI_{name}"):
        load_settings({f"SHOUSHI_{name}": value})


def test_all_bad_values_are_named_at_once() -> None:
    with pytest.raises(ConfigError, match=r"SHOUSHI_SMTP_PORT.*SHOUSHI_LOG_LEVEL"):
        load_settings({"SHOUSHI_SMTP_PORT": "x", "SHOUSHI_LOG_LEVEL": "x"})


def test_secrets_show_in_no_repr_and_no_error() -> None:
    settings = load_settings(
        {"SHOUSHI_DATABASE_URL": "postgresql://u:hush@h/d", "SHOUSHI_SMTP_PASSWORD": "hush"}
    )
    assert "hush" not in repr(settings)
    with pytest.raises(ConfigError) as refused:
        load_settings({"SHOUSHI_DATABASE_URL": "u:hush@h/d"})
    assert "hush" not in str(refused.value)


@pytest.mark.parametrize("url", ["mysql://host/db", "nonsense+driver://host/db", "postgresql://host:port/db"])
def test_a_database_that_no_driver_serves_is_a_configuration_error(url: str) -> None:
    with pytest.raises(ConfigError, match="SHOUSHI_DATABASE_URL"):
        build_platform(load_settings({"SHOUSHI_DATABASE_URL": url}), Catalogue(()), ZoneInfo("UTC"))


def test_settings_cannot_be_changed_afterwards() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().smtp_port = 1  # type: ignore[misc]
