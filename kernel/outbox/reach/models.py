"""Tables of reach: addresses beside e-mail and telephone, and the channels a person has switched off."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base


class Contact(Base):
    """A person's robot or webhook address; e-mail and telephone stand with the person."""

    __tablename__ = "person_contact"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    channel: Mapped[str] = mapped_column(String(20), primary_key=True)
    address: Mapped[str] = mapped_column(String(254))


class Muted(Base):
    """A channel that a person does not want for a kind of message."""

    __tablename__ = "person_muted"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    channel: Mapped[str] = mapped_column(String(20), primary_key=True)
