"""Who was there: roster, rotating code, signed sheet, corrections, and what absence amounts to (docs/attendance.md)."""
