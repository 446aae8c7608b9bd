"""life of a penalty

Revision: 0004
"""

from alembic import op
import sqlalchemy as sa

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("penalty", sa.Column("balance", sa.BigInteger(), nullable=True))
    op.add_column("penalty", sa.Column("since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("penalty", sa.Column("contest_until", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE penalty SET since = created_at")
    op.execute("UPDATE penalty SET balance = CASE WHEN state = 'reversed' THEN 0 ELSE amount END")
    with op.batch_alter_table("penalty", schema=None) as batch_op:
        batch_op.alter_column("balance", existing_type=sa.BigInteger(), nullable=False)
        batch_op.alter_column("since", existing_type=sa.DateTime(timezone=True), nullable=False)
    op.create_index("ix_penalty_state_since", "penalty", ["state", "since", "id"], unique=False)
    # not in a batch: that would make the table anew and lose its guards
    op.add_column("penalty_entry", sa.Column("instalment", sa.String(length=40), nullable=True))
    op.create_index("ix_penalty_entry_instalment", "penalty_entry", ["instalment", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_penalty_entry_instalment", "penalty_entry")
    op.drop_column("penalty_entry", "instalment")
    op.drop_index("ix_penalty_state_since", "penalty")
    with op.batch_alter_table("penalty", schema=None) as batch_op:
        batch_op.drop_column("contest_until")
        batch_op.drop_column("since")
        batch_op.drop_column("balance")
