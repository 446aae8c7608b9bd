"""repairs on incidents; drills and repairs hold machines in one table

Revision: 0020
"""

from alembic import op
import sqlalchemy as sa

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "machine_hold",
        sa.Column("machine", sa.String(length=255), nullable=False),
        sa.Column("holder", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("machine", name=op.f("pk_machine_hold")),
    )
    op.create_index(op.f("ix_machine_hold_holder"), "machine_hold", ["holder"], unique=False)
    op.execute(
        "INSERT INTO machine_hold (machine, holder) "
        "SELECT t.target, d.number FROM drill_target t JOIN drill d ON d.id = t.drill_id"
    )
    op.drop_index(op.f("ix_drill_target_drill_id"), table_name="drill_target")
    op.drop_table("drill_target")
    op.create_table(
        "repair_target",
        sa.Column("id", _ID, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("repair", sa.String(length=40), nullable=False),
        sa.Column("modules", sa.Text(), nullable=False),
        sa.Column("inventory", sa.Text(), nullable=False),
        sa.Column("values", sa.Text(), nullable=False),
        sa.Column("retired", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_repair_target")),
        sa.UniqueConstraint("name", name=op.f("uq_repair_target_name")),
    )
    op.create_index("ix_repair_target_repair", "repair_target", ["retired", "repair"], unique=False)
    op.create_table(
        "repair_run",
        sa.Column("id", _ID, nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("incident_id", _ID, nullable=False),
        sa.Column("target_id", _ID, nullable=False),
        sa.Column("target", sa.String(length=80), nullable=False),
        sa.Column("repair", sa.String(length=40), nullable=False),
        sa.Column("checksum", sa.String(length=64), nullable=False),
        sa.Column("inventory", sa.Text(), nullable=False),
        sa.Column("values", sa.Text(), nullable=False),
        sa.Column("frozen", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("asked_by", sa.String(length=64), nullable=False),
        sa.Column("asked_name", sa.String(length=80), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(length=64), nullable=True),
        sa.Column("decided_name", sa.String(length=80), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision_text", sa.Text(), nullable=True),
        sa.Column("stopped_by", sa.String(length=80), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("holder", sa.String(length=80), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_repair_run_incident_id")),
        sa.ForeignKeyConstraint(["target_id"], ["repair_target.id"], name=op.f("fk_repair_run_target_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_repair_run")),
        sa.UniqueConstraint("number", name=op.f("uq_repair_run_number")),
    )
    op.create_index("ix_repair_run_incident", "repair_run", ["incident_id", "id"], unique=False)
    op.create_index("ix_repair_run_state", "repair_run", ["state", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_repair_run_state", table_name="repair_run")
    op.drop_index("ix_repair_run_incident", table_name="repair_run")
    op.drop_table("repair_run")
    op.drop_index("ix_repair_target_repair", table_name="repair_target")
    op.drop_table("repair_target")
    op.create_table(
        "drill_target",
        sa.Column("target", sa.String(length=255), nullable=False),
        sa.Column("drill_id", _ID, nullable=False),
        sa.ForeignKeyConstraint(["drill_id"], ["drill.id"], name=op.f("fk_drill_target_drill_id")),
        sa.PrimaryKeyConstraint("target", name=op.f("pk_drill_target")),
    )
    op.create_index(op.f("ix_drill_target_drill_id"), "drill_target", ["drill_id"], unique=False)
    op.execute(
        "INSERT INTO drill_target (target, drill_id) "
        "SELECT h.machine, d.id FROM machine_hold h JOIN drill d ON d.number = h.holder"
    )
    op.drop_index(op.f("ix_machine_hold_holder"), table_name="machine_hold")
    op.drop_table("machine_hold")
