"""roster and pages

Revision: 0016
"""

from alembic import op
import sqlalchemy as sa

from kernel.db.appendonly import append_only_ddl

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "duty_month",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_by", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_month")),
        sa.UniqueConstraint("month", name=op.f("uq_duty_month_month")),
    )
    op.create_table(
        "duty_change",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("to_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_duty_change_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_change")),
    )
    with op.batch_alter_table("duty_change", schema=None) as batch_op:
        batch_op.create_index("ix_duty_change_time", ["to_at", "id"], unique=False)

    op.create_table(
        "duty_shift",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("month_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("to_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["month_id"], ["duty_month.id"], name=op.f("fk_duty_shift_month_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_duty_shift_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_shift")),
    )
    with op.batch_alter_table("duty_shift", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_duty_shift_month_id"), ["month_id"], unique=False)
        batch_op.create_index("ix_duty_shift_time", ["from_at", "to_at"], unique=False)

    op.create_table(
        "duty_swap",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("asker_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("to_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["asker_id"], ["person.id"], name=op.f("fk_duty_swap_asker_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_duty_swap_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_swap")),
    )
    with op.batch_alter_table("duty_swap", schema=None) as batch_op:
        batch_op.create_index("ix_duty_swap_state", ["state", "id"], unique=False)

    op.create_table(
        "oncall_page",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("incident_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("deadline_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("clock", sa.String(length=40), nullable=False),
        sa.Column("rung", sa.String(length=40), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("target", sa.String(length=10), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["deadline_id"], ["deadline.id"], name=op.f("fk_oncall_page_deadline_id")),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_oncall_page_incident_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_oncall_page_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oncall_page")),
        sa.UniqueConstraint("deadline_id", "person_id", name=op.f("uq_oncall_page_deadline_id_person_id")),
    )
    with op.batch_alter_table("oncall_page", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_oncall_page_incident_id"), ["incident_id"], unique=False)

    for table in ("duty_change",):
        for statement in append_only_ddl(table, op.get_bind().dialect.name):
            op.execute(statement)


def downgrade() -> None:
    with op.batch_alter_table("oncall_page", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_oncall_page_incident_id"))

    op.drop_table("oncall_page")
    with op.batch_alter_table("duty_swap", schema=None) as batch_op:
        batch_op.drop_index("ix_duty_swap_state")

    op.drop_table("duty_swap")
    with op.batch_alter_table("duty_shift", schema=None) as batch_op:
        batch_op.drop_index("ix_duty_shift_time")
        batch_op.drop_index(batch_op.f("ix_duty_shift_month_id"))

    op.drop_table("duty_shift")
    with op.batch_alter_table("duty_change", schema=None) as batch_op:
        batch_op.drop_index("ix_duty_change_time")

    op.drop_table("duty_change")
    op.drop_table("duty_month")
