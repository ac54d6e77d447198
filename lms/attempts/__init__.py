"""Attempts and scores of submittable activities: kept, regraded and listed by the kernel for every type."""
