"""What waits for an instructor's answer, whatever its kind: visits, journals and assignments."""
