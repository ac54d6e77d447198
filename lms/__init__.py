"""The kernel of Peduli: people, learning, progress, privacy and the plugin contract. It knows no plugin by name."""

__version__ = "0.1.0"
