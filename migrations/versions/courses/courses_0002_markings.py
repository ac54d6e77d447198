"""The levels that an instructor chose in the rubric of an assignment."""

import sqlalchemy as sa
from alembic import op
revision = 'courses_0002'
down_revision = 'courses_0001'
branch_labels = None
depends_on = None


def upgrade():
    """Apply."""
    op.create_table('courses_markings',
    sa.Column('attempt_id', sa.Uuid(), nullable=False),
    sa.Column('levels', sa.JSON(none_as_null=True), nullable=False),
    sa.ForeignKeyConstraint(['attempt_id'], ['attempts.id'], name=op.f('fk_courses_markings_attempt_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('attempt_id', name=op.f('pk_courses_markings'))
    )


def downgrade():
    """Take back."""
    op.drop_table('courses_markings')
