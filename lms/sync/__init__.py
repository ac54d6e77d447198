"""What devices did without a connection, taken in afterwards: each operation once, with a receipt (docs/offline.md)."""
