"""One environment for every history; `lms.migrate` says which history and on which connection."""

import sqlalchemy as sa
from alembic import context

config = context.config
owns = config.attributes["owns"]


def include_name(name, kind, parents):
    """Keep each history to its own tables."""
    return kind != "table" or owns(name)


def include_object(item, name, kind, reflected, compare_to):
    """Keep each history to its own tables, on the side of the models too."""
    return kind != "table" or (owns(name) and not item.info.get("view"))


def render_item(kind, item, autogen_context):
    """Write our column types as what they are in the database, so that a migration stands on its own."""
    if kind != "type":
        return False
    return repr_of(item.impl_instance) if isinstance(item, sa.types.TypeDecorator) else False


def repr_of(item):
    """Write a plain SQLAlchemy type."""
    return f"sa.{item!r}"


context.configure(
    connection=config.attributes["connection"],
    target_metadata=config.attributes["target_metadata"],
    version_table=config.attributes["version_table"],
    include_name=include_name,
    include_object=include_object,
    render_as_batch=True,
    render_item=render_item,
    compare_type=True,
)
context.run_migrations()
