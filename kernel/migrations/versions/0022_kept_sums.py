"""the ledger's sums kept by what changes the ledger

Revision: 0022
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

FROM_LEDGER = (
    "INSERT INTO penalty_sum (state, cases, amount, balance) "
    "SELECT state, count(*), sum(amount), sum(balance) FROM penalty GROUP BY state"
)


def upgrade() -> None:
    op.create_table(
        "penalty_sum",
        sa.Column("id", _ID, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("cases", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_penalty_sum")),
    )
    op.execute(FROM_LEDGER)
    op.drop_index("ix_penalty_sums", "penalty")


def downgrade() -> None:
    op.create_index("ix_penalty_sums", "penalty", ["state", "amount", "balance"])
    op.drop_table("penalty_sum")
