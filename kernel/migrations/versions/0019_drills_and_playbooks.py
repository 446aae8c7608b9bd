"""drills and playbooks

Revision: 0019
"""

from alembic import op
import sqlalchemy as sa

from kernel.db.appendonly import append_only_ddl

revision = "0019"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "drill",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("scenario", sa.String(length=40), nullable=False),
        sa.Column("form", sa.String(length=16), nullable=False),
        sa.Column("fault_class", sa.String(length=40), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("author", sa.String(length=64), nullable=False),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("head", sa.String(length=64), nullable=False),
        sa.Column("incident", sa.String(length=32), nullable=True),
        sa.Column("real_incident", sa.String(length=32), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("holder", sa.String(length=80), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drill")),
        sa.UniqueConstraint("number", name=op.f("uq_drill_number")),
    )
    with op.batch_alter_table("drill", schema=None) as batch_op:
        batch_op.create_index("ix_drill_begins", ["begins_at", "id"], unique=False)
        batch_op.create_index("ix_drill_state", ["state", "id"], unique=False)

    op.create_table(
        "playbook_release",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("entry", sa.String(length=40), nullable=False),
        sa.Column("checksum", sa.String(length=64), nullable=False),
        sa.Column("decision", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("actor_name", sa.String(length=80), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_playbook_release")),
    )
    with op.batch_alter_table("playbook_release", schema=None) as batch_op:
        batch_op.create_index("ix_playbook_release_entry", ["kind", "entry", "id"], unique=False)

    op.create_table(
        "drill_entry",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("drill_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("actor_name", sa.String(length=80), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["drill_id"], ["drill.id"], name=op.f("fk_drill_entry_drill_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drill_entry")),
        sa.UniqueConstraint("drill_id", "seq", name=op.f("uq_drill_entry_drill_id_seq")),
    )
    op.create_table(
        "drill_item",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("drill_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("owner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("proof", sa.Text(), nullable=True),
        sa.Column("redrill", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(["drill_id"], ["drill.id"], name=op.f("fk_drill_item_drill_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name=op.f("fk_drill_item_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drill_item")),
        sa.UniqueConstraint("drill_id", "seq", name=op.f("uq_drill_item_drill_id_seq")),
    )
    with op.batch_alter_table("drill_item", schema=None) as batch_op:
        batch_op.create_index("ix_drill_item_owner", ["owner_id", "state", "due_at"], unique=False)
        batch_op.create_index("ix_drill_item_state", ["state", "due_at"], unique=False)

    op.create_table(
        "drill_target",
        sa.Column("target", sa.String(length=255), nullable=False),
        sa.Column("drill_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["drill_id"], ["drill.id"], name=op.f("fk_drill_target_drill_id")),
        sa.PrimaryKeyConstraint("target", name=op.f("pk_drill_target")),
    )
    with op.batch_alter_table("drill_target", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_drill_target_drill_id"), ["drill_id"], unique=False)

    for table in ("playbook_release", "drill_entry"):
        for statement in append_only_ddl(table, op.get_bind().dialect.name):
            op.execute(statement)


def downgrade() -> None:
    with op.batch_alter_table("drill_target", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_drill_target_drill_id"))

    op.drop_table("drill_target")
    with op.batch_alter_table("drill_item", schema=None) as batch_op:
        batch_op.drop_index("ix_drill_item_state")
        batch_op.drop_index("ix_drill_item_owner")

    op.drop_table("drill_item")
    op.drop_table("drill_entry")
    with op.batch_alter_table("playbook_release", schema=None) as batch_op:
        batch_op.drop_index("ix_playbook_release_entry")

    op.drop_table("playbook_release")
    with op.batch_alter_table("drill", schema=None) as batch_op:
        batch_op.drop_index("ix_drill_state")
        batch_op.drop_index("ix_drill_begins")

    op.drop_table("drill")
