"""What a new text begins with: templates of activities, and snippets for the text that one is writing."""
