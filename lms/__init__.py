"""The kernel of Peduli: people, learning, progress, privacy and the plugin contract. It knows no plugin by name."""

import gc

__version__ = "0.1.0"

# What a start loads stays for good: to search it for garbage every 700 objects is a tenth of a start. `create_app` sets what holds from then on.
gc.set_threshold(1_000_000)
