"""Uploads that go on where a broken line has left them: the core of tus 1.0 (https://tus.io/protocols/resumable-upload)."""
