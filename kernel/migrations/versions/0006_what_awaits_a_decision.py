"""what awaits a decision

Revision: 0006
"""

from alembic import op
import sqlalchemy as sa

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("incident", sa.Column("awaiting", sa.Integer(), server_default="0", nullable=False))
    op.execute("UPDATE incident SET awaiting = 1 WHERE closed = 0")  # the next change counts them
    op.create_index("ix_incident_awaiting", "incident", ["awaiting", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_incident_awaiting", "incident")
    op.drop_column("incident", "awaiting")
