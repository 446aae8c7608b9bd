"""disclosures

Revision: 0011
"""

from alembic import op
import sqlalchemy as sa

from kernel.db.appendonly import append_only_ddl

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "disclosure",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("actor_name", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("form", sa.String(length=16), nullable=False),
        sa.Column("records", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disclosure")),
    )
    with op.batch_alter_table("disclosure", schema=None) as batch_op:
        batch_op.create_index("ix_disclosure_actor", ["actor", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_disclosure_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_disclosure_digest"), ["digest"], unique=False)
        batch_op.create_index("ix_disclosure_kind", ["kind", "id"], unique=False)

    for table in ("disclosure",):
        for statement in append_only_ddl(table, op.get_bind().dialect.name):
            op.execute(statement)


def downgrade() -> None:
    with op.batch_alter_table("disclosure", schema=None) as batch_op:
        batch_op.drop_index("ix_disclosure_kind")
        batch_op.drop_index(batch_op.f("ix_disclosure_digest"))
        batch_op.drop_index(batch_op.f("ix_disclosure_at"))
        batch_op.drop_index("ix_disclosure_actor")

    op.drop_table("disclosure")
