"""Pictures and documents of modules: kept by content, in a local folder."""
