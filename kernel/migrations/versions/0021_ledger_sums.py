"""the ledger's sums from an index

Revision: 0021
"""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_penalty_sums", "penalty", ["state", "amount", "balance"])


def downgrade() -> None:
    op.drop_index("ix_penalty_sums", "penalty")
