"""The pages of the item bank: search, one item with its versions, writing with a live preview, import and export."""
