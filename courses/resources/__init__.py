"""The resource activity type: a document of the library or a page elsewhere, and why it is worth opening."""
