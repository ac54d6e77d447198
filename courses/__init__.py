"""Modules as people read and write them: catalogue, player, studio, lessons, field visits, journals, assignments."""
