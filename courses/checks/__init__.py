"""What a careful reader would tell an author: rules and figures for a module, the same for a folder of text and for a draft."""
