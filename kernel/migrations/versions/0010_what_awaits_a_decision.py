"""what awaits a decision

Revision: 0010
"""

from alembic import op
import sqlalchemy as sa

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("incident", sa.Column("awaiting", sa.Integer(), server_default="0", nullable=False))
    op.execute("UPDATE incident SET awaiting = 1 WHERE closed = 0")  # the next change counts them
    op.create_index("ix_incident_awaiting", "incident", ["awaiting", "id"], unique=False)
    op.create_table(
        "claim",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("to_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim")),
        sa.UniqueConstraint("number", name=op.f("uq_claim_number")),
    )
    op.create_table(
        "claim_incident",
        sa.Column("claim_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("incident_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_claim_incident_claim_id")),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_claim_incident_incident_id")),
        sa.PrimaryKeyConstraint("claim_id", "incident_id", name=op.f("pk_claim_incident")),
    )
    op.create_index("ix_claim_incident_incident", "claim_incident", ["incident_id", "claim_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_claim_incident_incident", "claim_incident")
    op.drop_table("claim_incident")
    op.drop_table("claim")
    op.drop_index("ix_incident_awaiting", "incident")
    op.drop_column("incident", "awaiting")
