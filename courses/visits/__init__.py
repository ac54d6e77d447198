"""The field visit as an object: host, safety sheet, members, check-in by both sides, consents, photos, what is told back."""
