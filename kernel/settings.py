"""Configuration: `SHOUSHI_*` environment variables, each also as `SHOUSHI_*_FILE`.

Secrets are `SecretStr`, so that they appear in no log, repr or page.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from email.errors import HeaderParseError
from email.headerregistry import Address
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from kernel.errors import ConfigError

PREFIX = "SHOUSHI_"


class Settings(BaseModel):
    """All that an operator may set. Field `x_y` is read from `SHOUSHI_X_Y`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    data_dir: Path = Field(default=Path("data"), description="where the SQLite file, mail and backups live")
    database_url: SecretStr | None = Field(
        default=None, description="SQLAlchemy URL; default SQLite in data_dir"
    )
    contract: str = Field(default="huaibei-2025", description="contract file by name or path")
    alert_classes: Path | None = Field(
        default=None, description="table of alert names and fault classes; default the one that ships"
    )
    base_url: str = Field(
        default="http://127.0.0.1:8000", description="how people reach the platform, for links"
    )
    session_hours: int = Field(default=12, ge=1, le=168, description="a session ends after so many hours")
    session_idle_minutes: int = Field(
        default=60, ge=5, le=720, description="…or after so long without a request"
    )
    secure_cookies: bool = Field(default=False, description="set Secure on cookies (behind HTTPS)")
    reminder_days: int = Field(
        default=3, ge=1, le=90, description="remind of what awaits a decision after so many days"
    )
    mail_from: str = Field(default="shoushi@localhost", description="sender of all mail")
    smtp_host: str | None = Field(
        default=None, description="mail server; without one mail is written to data_dir"
    )
    smtp_port: int = Field(default=587, ge=1, le=65535)
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_ca_file: Path | None = Field(default=None, description="trust this CA for the mail server")
    smtp_timeout: float = Field(default=20.0, gt=0, description="seconds")
    sms_url: str | None = Field(default=None, description="SMS gateway; without one nobody gets an SMS")
    sms_token: SecretStr | None = Field(default=None, description="bearer token for the SMS gateway")
    webhook_secret: SecretStr | None = Field(
        default=None, description="key that signs webhooks; without one none are sent"
    )
    webhook_digest: Literal["sha256", "sm3"] = Field(default="sha256", description="hash of that signature")
    dingtalk_secret: SecretStr | None = Field(
        default=None, description="the DingTalk robots' signing secret (加签)"
    )
    http_timeout: float = Field(default=10.0, gt=0, le=60, description="seconds for robots, webhooks, SMS")
    private_addresses: bool = Field(
        default=False, description="let robots and webhooks lead to private addresses"
    )
    imap_host: str | None = Field(default=None, description="mailbox asked for alerts; without it none is")
    imap_port: int = Field(default=993, ge=1, le=65535, description="TLS from the first byte")
    imap_user: str | None = None
    imap_password: SecretStr | None = None
    imap_folder: str = "INBOX"
    imap_ca_file: Path | None = Field(default=None, description="trust this CA for the mailbox")
    worker_processes: int = Field(default=1, ge=1, le=64, description="PostgreSQL only")
    web_processes: int = Field(default=1, ge=1, le=64, description="PostgreSQL only")
    worker_metrics_port: int | None = Field(
        default=None,
        ge=1,
        le=65472,
        description="loopback port of the first worker process's /metrics; each further one has the next",
    )
    signing_key: SecretStr | None = Field(
        default=None, description="SM2 private key, 64 hexadecimal digits; default data_dir/signing.key"
    )
    font_dir: Path | None = Field(default=None, description="folder with 仿宋 and 小标宋 faces for PDF files")
    web_threads: int | None = Field(
        default=None, ge=2, le=200, description="requests worked on at once; 3 on SQLite, 40 on PostgreSQL"
    )
    one_core: bool = Field(default=True, description="keep each process on one core, where its threads meet")
    tick_seconds: float = Field(default=0.5, gt=0, le=60, description="how often the deadline engine looks")
    review_days: int = Field(default=7, ge=1, le=90, description="days after closing to hand in a review")
    review_calendar: Literal["natural", "working"] = Field(
        default="natural", description="which days those are"
    )
    probes: Path | None = Field(default=None, description="TOML file of probes, brought in at every start")
    heartbeat_url: SecretStr | None = Field(
        default=None, description="asked (GET) each minute in which all deadlines were found in order"
    )
    duty_starts: str = Field(
        default="08:30", pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="when a duty shift begins"
    )
    drill_secrets: Path | None = Field(
        default=None, description="YAML file of passwords for playbooks, plain or ansible-vault"
    )
    drill_vault_password: SecretStr | None = Field(default=None, description="opens that file")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @field_validator("mail_from")
    @classmethod
    def _an_address(cls, value: str) -> str:
        try:
            address = Address(addr_spec=value)
        except (ValueError, HeaderParseError, IndexError):
            raise ValueError("should be an e-mail address") from None
        if not address.username or not address.domain:
            raise ValueError("should be an e-mail address")
        return value

    @field_validator("heartbeat_url")
    @classmethod
    def _a_page(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not re.match(r"https?://[^/\s]+", value.get_secret_value()):
            raise ValueError("should look like https://host/path")
        return value

    @field_validator("database_url")
    @classmethod
    def _a_url(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not re.match(r"\w+(\+\w+)?://", value.get_secret_value()):
            raise ValueError("should look like sqlite:///file or postgresql://user@host/name")
        return value

    @property
    def url(self) -> str:
        """The database URL, with the default filled in."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.data_dir / 'shoushi.sqlite'}"


def load_settings(environ: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """Read the settings, resolving `*_FILE`; raises ConfigError that names the variable."""
    environ = dict(os.environ if environ is None else environ)
    for name, path in list(environ.items()):
        if name.startswith(PREFIX) and name.endswith("_FILE"):
            bare = name.removeprefix(PREFIX).removesuffix("_FILE").lower()
            if bare in Settings.model_fields and bare not in overrides:
                overrides[bare] = _read_secret(name, path)
    values = {
        field: environ[PREFIX + field.upper()]
        for field in Settings.model_fields
        if environ.get(PREFIX + field.upper())
    }
    try:
        return Settings.model_validate(values | overrides)
    except ValidationError as error:
        lines = [f"{PREFIX}{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors()]
        raise ConfigError("; ".join(lines)) from None


def _read_secret(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").rstrip("\n")
    except OSError as error:
        raise ConfigError(f"{name}: cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{name}: {path} is not UTF-8 text") from None
