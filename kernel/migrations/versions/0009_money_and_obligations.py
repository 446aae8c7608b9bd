"""money and obligations

Revision: 0009
"""

from alembic import op
import sqlalchemy as sa

from kernel.db.appendonly import append_only_ddl

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "contract_fact",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("contract", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("side", sa.String(length=1), nullable=False),
        sa.Column("payer", sa.String(length=40), nullable=True),
        sa.Column("instalment", sa.String(length=40), nullable=True),
        sa.Column("subject", sa.String(length=120), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("withdraws", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("actor_name", sa.String(length=80), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["withdraws"], ["contract_fact.id"], name=op.f("fk_contract_fact_withdraws")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_fact")),
        sa.UniqueConstraint("withdraws", name=op.f("uq_contract_fact_withdraws")),
    )
    with op.batch_alter_table("contract_fact", schema=None) as batch_op:
        batch_op.create_index("ix_contract_fact_contract", ["contract", "id"], unique=False)

    op.create_table(
        "obligation_key",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("contract", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_obligation_key")),
        sa.UniqueConstraint("contract", "key", name=op.f("uq_obligation_key_contract_key")),
    )
    op.create_table(
        "settlement_statement",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("contract", sa.String(length=80), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("half", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("issued_by", sa.String(length=64), nullable=False),
        sa.Column("issued_by_name", sa.String(length=80), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settlement_statement")),
        sa.UniqueConstraint(
            "contract",
            "year",
            "half",
            "version",
            name=op.f("uq_settlement_statement_contract_year_half_version"),
        ),
    )

    for table in ("contract_fact", "settlement_statement"):
        for statement in append_only_ddl(table, op.get_bind().dialect.name):
            op.execute(statement)


def downgrade() -> None:
    op.drop_table("settlement_statement")
    op.drop_table("obligation_key")
    with op.batch_alter_table("contract_fact", schema=None) as batch_op:
        batch_op.drop_index("ix_contract_fact_contract")

    op.drop_table("contract_fact")
