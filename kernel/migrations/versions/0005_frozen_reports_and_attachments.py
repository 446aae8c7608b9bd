"""frozen reports and attachments

Revision: 0005
"""

from alembic import op
import sqlalchemy as sa

from kernel.db.appendonly import append_only_ddl

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "outbox_file",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_outbox_file")),
    )
    op.create_table(
        "sla_frozen_report",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("period", sa.String(length=8), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("contract", sa.String(length=64), nullable=False),
        sa.Column("figures", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("issued_by", sa.String(length=64), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sla_frozen_report")),
        sa.UniqueConstraint("period", "version", name=op.f("uq_sla_frozen_report_period_version")),
    )
    op.create_table(
        "sla_report_subscription",
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_sla_report_subscription_person_id")
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_sla_report_subscription")),
    )
    op.create_table(
        "outbox_message_file",
        sa.Column("message_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["digest"], ["outbox_file.digest"], name=op.f("fk_outbox_message_file_digest")
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["outbox_message.id"], name=op.f("fk_outbox_message_file_message_id")
        ),
        sa.PrimaryKeyConstraint("message_id", "place", name=op.f("pk_outbox_message_file")),
    )

    for table in ("sla_frozen_report",):
        for statement in append_only_ddl(table, op.get_bind().dialect.name):
            op.execute(statement)


def downgrade() -> None:
    op.drop_table("outbox_message_file")
    op.drop_table("sla_report_subscription")
    op.drop_table("sla_frozen_report")
    op.drop_table("outbox_file")
