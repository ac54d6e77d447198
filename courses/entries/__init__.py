"""Field visits and journals: written in private, handed in to one instructor, sealed at rest."""
